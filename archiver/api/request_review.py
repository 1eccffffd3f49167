"""The review of a request over HTTP: searches put before reviewers, records listed, decided, confirmed, taken back.

Rule: pages and decisions have at most 10,000 records; whoever may not see a record neither lists nor decides it.
"""

import secrets
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request
from pydantic import Field
from starlette.responses import Response

from archiver.api.problems import json_answer
from archiver.api.request_bodies import MOST_RECORDS, Body, Codes, Id, Number, Records, Text, body_of
from archiver.api.request_keeping import After, RequestName, archive_of
from archiver.api.security import SignedIn
from archiver.reviewing import (
    MOST_SAMPLED,
    add_set,
    code,
    confirm,
    disagreements,
    give,
    list_records,
    list_sets,
    sample,
    steps,
    undo,
)
from search.disclosure.review_rows import Decision
from search.grouping import Grouping

_LARGEST_SEED = (1 << 32) - 1
StepNumber = Annotated[int, Path(ge=1, le=1_000_000_000)]
Limit = Annotated[int, Query(ge=1, le=MOST_RECORDS)]
Undecided = Annotated[bool, Query(description="only what is not decided yet")]
Batch = Annotated[int | None, Query(ge=1, le=1_000_000_000)]
Tagged = Annotated[int | None, Query(alias="tag", ge=1, le=1_000_000_000, description="the number of a tag")]


class SetBody(Body):
    """What is searched: one of the first three; and what is left out of it."""

    query: Text | None = None
    saved: Text | None = Field(None, description="a saved search by name")
    frozen: Id | None = Field(None, description="a set that was frozen before")
    without: Annotated[list[Id], Field(max_length=100)] = Field([], description="frozen sets that are left out")


class SampleBody(Body):
    """How many records are drawn; the seed draws the same again."""

    size: Annotated[int, Field(ge=1, le=MOST_SAMPLED)] = 100
    seed: Annotated[int, Field(ge=0, le=_LARGEST_SEED)] | None = None


class DecisionBody(Body):
    """What is decided of records, on which grounds, and what belongs to them and is decided with them."""

    records: Records
    decision: Decision
    exemptions: Codes = Field([])
    note: Text | None = None
    together: Grouping | None = Field(None, alias="with")


class ConfirmationBody(Body):
    """Decisions that are right."""

    records: Records


class BatchBody(Body):
    """Records for one reviewer at a time; null takes them out of their batch."""

    records: Records
    batch: Number | None


def sets(request: Request, principal: SignedIn, request_id: RequestName) -> Response:
    """The frozen searches of a request, each with how complete it was."""
    return json_answer({"sets": list_sets(archive_of(request), principal, request_id)})


def put_set(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[SetBody, Depends(body_of(SetBody))],
) -> Response:
    """Freeze a search and put its records before the reviewers; what is there already stays as it is."""
    document = add_set(
        archive_of(request),
        principal,
        request_id,
        query=body.query,
        saved=body.saved,
        frozen=body.frozen,
        without=body.without,
    )
    return json_answer(document, status=HTTPStatus.CREATED)


def draw(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[SampleBody, Depends(body_of(SampleBody))],
) -> Response:
    """Draw records that no search of the request found, to see whether something was missed."""
    seed = secrets.randbelow(_LARGEST_SEED) if body.seed is None else body.seed
    return json_answer(sample(archive_of(request), principal, request_id, body.size, seed))


def page(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    after: After = "",
    limit: Limit = 100,
    decision: Decision | None = None,
    undecided: Undecided = False,  # noqa: FBT002 - the framework passes by name
    batch: Batch = None,
    tag: Tagged = None,
) -> Response:
    """Records in review, in the order of their ids, and how far the review has come."""
    document = list_records(
        archive_of(request),
        principal,
        request_id,
        after=after,
        limit=limit,
        decision=decision,
        undecided=undecided,
        batch=batch,
        tag=tag,
    )
    return json_answer(document)


def decide(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[DecisionBody, Depends(body_of(DecisionBody))],
) -> Response:
    """Decide records: release, redact, withhold or not_responsive."""
    document = code(
        archive_of(request),
        principal,
        request_id,
        body.records,
        body.decision,
        codes=body.exemptions,
        note=body.note,
        with_groups=body.together,
    )
    return _step(document)


def confirm_all(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[ConfirmationBody, Depends(body_of(ConfirmationBody))],
) -> Response:
    """Confirm decisions, as a second person."""
    return _step(confirm(archive_of(request), principal, request_id, body.records))


def put_batch(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[BatchBody, Depends(body_of(BatchBody))],
) -> Response:
    """Put records into a batch."""
    return _step(give(archive_of(request), principal, request_id, body.records, body.batch))


def every_step(request: Request, principal: SignedIn, request_id: RequestName) -> Response:
    """Every step of a review, with what was written with it."""
    return json_answer({"steps": steps(archive_of(request), principal, request_id)})


def take_back(request: Request, principal: SignedIn, request_id: RequestName, step: StepNumber) -> Response:
    """Take a step back; its records stand as before it."""
    return _step(undo(archive_of(request), principal, request_id, step))


def differing(request: Request, principal: SignedIn, request_id: RequestName) -> Response:
    """Records that say the same and are decided differently."""
    return json_answer({"groups": disagreements(archive_of(request), principal, request_id)})


def _step(document: dict[str, Any]) -> Response:
    return json_answer(document, status=HTTPStatus.CREATED)
