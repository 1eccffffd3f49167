"""Productions over HTTP: planned, made and handed out where they are small, looked up by page number, asked back.

Rule: what stands against a production is told at once and as a whole, in the document of the refusal. Nobody names a
folder or a program of the server from afar.
"""

from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import Depends, Path, Query, Request
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from archiver.api.problems import json_answer, problem_document
from archiver.api.request_bodies import Body, Line, Number, Text, body_of
from archiver.api.request_keeping import RequestName, archive_of
from archiver.api.security import SignedIn
from archiver.producing import Wishes
from archiver.production_plan import Choice
from archiver.production_shelf import open_package, produce_here, produce_here_again, told_plan
from archiver.production_terms import Form
from archiver.production_tools import tools_of
from archiver.production_view import claw_back, list_documents, list_productions, where_given
from storage.errors import Conflict

Numbered = Annotated[int, Path(ge=1, le=1_000_000_000)]
Wanted = Annotated[str, Query(alias="of", max_length=64, description="id of a record, or a page number")]


Ready = Annotated[bool, Query(description="only what is decided, with all that belongs to it")]
Changed = Annotated[bool, Query(description="also what was given before and is decided otherwise now")]
Batches = Annotated[list[int], Query(alias="batch", max_length=1_000, description="only records of these batches")]


class ProductionBody(Body):
    """What is given and how; `check` numbers and writes nothing."""

    prefix: Line | None = None
    instalment: Number | None = None
    batches: Annotated[list[Number], Field(max_length=1_000)] = Field([])
    ready: bool = False
    changed: bool = False
    withheld: Literal["omit", "slip"] = "omit"
    natives: bool = False
    stamps: Annotated[list[Line], Field(max_length=10)] = Field([])
    form: Form = Form.ALL
    check: bool = False


class ClawbackBody(Body):
    """Documents that were given by mistake, each by one of its page numbers, and why they are asked back."""

    pages: Annotated[list[Line], Field(min_length=1, max_length=10_000)]
    reason: Text


def plan(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    ready: Ready = False,  # noqa: FBT002 - the framework passes by name
    changed: Changed = False,  # noqa: FBT002
    batches: Batches = [],  # noqa: B006 - the framework makes a new one
) -> Response:
    """What a production would give, and what stands against it before anything is laid out."""
    choice = Choice(batches=frozenset(batches), ready=ready, changed=changed)
    return json_answer(told_plan(archive_of(request), principal, request_id, choice))


def make(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[ProductionBody, Depends(body_of(ProductionBody))],
) -> Response:
    """Produce what is decided to be given, of at most 500 records, into the folder of the settings."""
    installation = archive_of(request)
    choice = Choice(
        batches=frozenset(body.batches), ready=body.ready, changed=body.changed, sheets=body.withheld == "slip"
    )
    wishes = Wishes(
        choice=choice,
        prefix=body.prefix,
        instalment=body.instalment,
        stamps=tuple(body.stamps),
        natives=body.natives,
        form=body.form,
    )
    tools = tools_of(installation)
    told = produce_here(installation, principal, request_id, wishes, tools, check=body.check)
    return _told(told, HTTPStatus.OK if body.check else HTTPStatus.CREATED)


def make_again(request: Request, principal: SignedIn, request_id: RequestName, number: Numbered) -> Response:
    """Write a production once more, the same byte for byte, into the folder of the settings."""
    installation = archive_of(request)
    told = produce_here_again(installation, principal, request_id, number, tools_of(installation))
    return _told(told, HTTPStatus.OK)


def package(request: Request, principal: SignedIn, request_id: RequestName, number: Numbered) -> Response:
    """The package of a production as one ZIP file, if it lies in the folder of the settings."""
    handed = open_package(archive_of(request), principal, request_id, number)
    headers = {"Content-Disposition": f'attachment; filename="{handed.name}"'}
    return StreamingResponse(handed.pieces, media_type="application/zip", headers=headers)


def productions(request: Request, principal: SignedIn, request_id: RequestName) -> Response:
    """The productions of a request, and what was asked back of them."""
    return json_answer(list_productions(archive_of(request), principal, request_id))


def documents(request: Request, principal: SignedIn, request_id: RequestName, number: Numbered) -> Response:
    """The documents of a production in the order of their pages, as far as one may see them."""
    return json_answer({"documents": list(list_documents(archive_of(request), principal, request_id, number))})


def given(request: Request, principal: SignedIn, wanted: Wanted) -> Response:
    """Where a record was given, in all productions of all requests; or, of a page number, what it is of."""
    return json_answer({"documents": where_given(archive_of(request), principal, wanted)})


def ask_back(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[ClawbackBody, Depends(body_of(ClawbackBody))],
) -> Response:
    """Ask whole documents back by numbers of their pages."""
    document = claw_back(archive_of(request), principal, request_id, body.pages, body.reason)
    return json_answer(document, status=HTTPStatus.CREATED)


def _told(told: dict[str, Any], status: HTTPStatus) -> Response:
    """The account of a production; where something stands against it a refusal that says all of that."""
    if not told["reasons"]:
        return json_answer(told, status=status)
    refused = Conflict("something stands against this production; every reason is told with its records")
    document = {**told, **problem_document(refused)}
    return json_answer(document, status=HTTPStatus.CONFLICT, media_type="application/problem+json")
