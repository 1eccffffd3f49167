"""Disclosure requests over HTTP: opened, listed, shown, followed, made longer, given to somebody, closed.

Rule: each act is the one of the command line (`archiver.requesting`), with the same rights and the same event. A
request is named by its number or id.
"""

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Path, Query, Request
from pydantic import Field
from starlette.responses import Response

from archiver.access import Principal
from archiver.api.problems import json_answer
from archiver.api.request_bodies import Body, Cents, Day, Line, Moment, Text, body_of
from archiver.api.security import SignedIn
from archiver.holding import read_rule
from archiver.request_closing import close_request
from archiver.request_tasking import add_task, finish_task
from archiver.requesting import (
    assign_request,
    hold_for_request,
    list_requests,
    note_event,
    open_request,
    show_request,
)
from archiver.wiring import Installation
from retention.ports import ContentRule
from search.disclosure.deadlines import ClockEventKind
from search.disclosure.jurisdictions import RequesterClass
from search.disclosure.request_terms import Closing, Received, RequestTerms
from search.disclosure.request_types import NOTABLE_KINDS, NewEvent
from storage.errors import InvalidInput

MOST_AT_ONCE = 500
_LARGEST_NUMBER = 1_000_000_000

RequestName = Annotated[str, Path(max_length=64, description="the request's number or id")]
TaskNumber = Annotated[int, Path(ge=1, le=_LARGEST_NUMBER)]
Closed = Annotated[bool, Query(description="closed ones, too")]
After = Annotated[str, Query(max_length=64, description="what the page before told as `next`")]


class ReachBody(Body):
    """What a request reaches, for its hold."""

    query: Text | None = Field(None, description="hold what this search finds, now and later")
    custodians: Annotated[list[Line], Field(max_length=1_000)] = Field([], description="addresses of custodians")
    since: Day | None = None
    until: Day | None = None


class OpenBody(ReachBody):
    """Who asks for what; where something is said of its reach, its hold is placed in the same moment."""

    how: Received
    text: Text = Field(description="what is asked for, in the requester's own words")
    title: Line = ""
    name: Line | None = None
    contact: Line | None = None
    organisation: Line | None = None
    received_at: Moment | None = Field(None, description="when it came; now otherwise")
    profile: Line | None = Field(None, description="whose law; the setting's otherwise")
    requester: RequesterClass = RequesterClass.GENERAL
    circumstances: Annotated[list[Line], Field(max_length=20)] = Field([])


class EventBody(Body):
    """What happened to a request."""

    kind: Annotated[Line, Field(json_schema_extra={"enum": list(NOTABLE_KINDS)})]
    at: Moment | None = Field(None, description="when it happened; now otherwise")
    text: Text | None = None
    amount: Cents | None = Field(None, description='of a fee that was asked, as "12.50"')


class ExtensionBody(Body):
    """More time: for a reason that the law lists, or until a day that was agreed on in writing."""

    reason: Line | None = None
    clock: Line | None = None
    agreed_until: Day | None = None
    at: Moment | None = None
    text: Text | None = None


class AssignmentBody(Body):
    """Who takes a request; null for nobody."""

    user: Line | None


class TaskBody(Body):
    """What is to be done, by whom and by when."""

    text: Text
    user: Line | None = None
    due: Day | None = None


class ClosingBody(Body):
    """How a request ended."""

    outcome: Closing


def archive_of(request: Request) -> Installation:
    """The archive that is asked."""
    installation: Installation = request.app.state.installation
    return installation


def requests(
    request: Request,
    principal: SignedIn,
    closed: Closed = False,  # noqa: FBT002 - the framework passes by name
    after: After = "",
    limit: Annotated[int, Query(ge=1, le=MOST_AT_ONCE)] = 100,
) -> Response:
    """The open requests, or all, in the order in which they came, each with what is due next."""
    found = list_requests(archive_of(request), principal, closed=closed, after=after, limit=limit + 1)
    shown = found[:limit]
    return json_answer({"requests": shown, "next": shown[-1]["id"] if len(found) > limit else None})


def open_one(request: Request, principal: SignedIn, body: Annotated[OpenBody, Depends(body_of(OpenBody))]) -> Response:
    """Open a request. `Idempotency-Key` makes a repeated one open nothing more."""
    installation = archive_of(request)
    terms = RequestTerms(
        text=body.text, title=body.title, name=body.name, contact=body.contact, organisation=body.organisation
    )
    document = open_request(
        installation,
        principal,
        terms,
        body.how,
        received_at=body.received_at,
        profile=body.profile,
        requester=body.requester,
        circumstances=frozenset(body.circumstances),
        reach=_rule(installation, body),
        key=request.headers.get("idempotency-key"),
    )
    answer = json_answer(document, status=HTTPStatus.CREATED)
    answer.headers["Location"] = f"/api/v1/requests/{document['id']}"
    return answer


def one(request: Request, principal: SignedIn, request_id: RequestName) -> Response:
    """A request: who asks for what, its clocks with their explanations, what happened, tasks and holds."""
    return json_answer(show_request(archive_of(request), principal, request_id))


def note(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[EventBody, Depends(body_of(EventBody))],
) -> Response:
    """Write down what happened to a request."""
    event = NewEvent(kind=body.kind, at=body.at, text=body.text, cents=body.amount)
    return _noted(request, principal, request_id, event)


def extend(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[ExtensionBody, Depends(body_of(ExtensionBody))],
) -> Response:
    """Make a clock longer."""
    kind = ClockEventKind.EXTENDED if body.agreed_until is None else ClockEventKind.AGREED
    event = NewEvent(
        kind=kind.value,
        at=body.at,
        clock=body.clock,
        reason=body.reason,
        until=body.agreed_until,
        text=body.text,
    )
    return _noted(request, principal, request_id, event)


def assign(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[AssignmentBody, Depends(body_of(AssignmentBody))],
) -> Response:
    """Give a request to an officer or reviewer, or to nobody."""
    return json_answer(assign_request(archive_of(request), principal, request_id, body.user))


def hold(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[ReachBody, Depends(body_of(ReachBody))],
) -> Response:
    """Hold what a request reaches, now and later; it ends by itself after the outcome."""
    installation = archive_of(request)
    rule = _rule(installation, body)
    if rule is None:
        raise InvalidInput("say what is held: query, custodians, since or until")
    return json_answer(hold_for_request(installation, principal, request_id, rule), status=HTTPStatus.CREATED)


def add_one_task(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[TaskBody, Depends(body_of(TaskBody))],
) -> Response:
    """Put something to be done beside a request."""
    document = add_task(archive_of(request), principal, request_id, body.text, user=body.user, due=body.due)
    return json_answer(document, status=HTTPStatus.CREATED)


def finish_one_task(request: Request, principal: SignedIn, request_id: RequestName, number: TaskNumber) -> Response:
    """Say that a task is done."""
    return json_answer(finish_task(archive_of(request), principal, request_id, number))


def close(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[ClosingBody, Depends(body_of(ClosingBody))],
) -> Response:
    """Close a request with its outcome; its holds end by themselves after the days that the law names."""
    return json_answer(close_request(archive_of(request), principal, request_id, body.outcome))


def _noted(request: Request, principal: Principal, request_id: str, event: NewEvent) -> Response:
    return json_answer(note_event(archive_of(request), principal, request_id, event), status=HTTPStatus.CREATED)


def _rule(installation: Installation, body: ReachBody) -> ContentRule | None:
    if body.query is None and not body.custodians and body.since is None and body.until is None:
        return None
    return read_rule(installation, query=body.query, custodians=body.custodians, since=body.since, until=body.until)
