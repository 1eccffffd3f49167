"""What follows a request until nothing of it is open, over HTTP: instalments, appeals, notices that hold a release.

Rule: each act is the one of the command line, with the same rights and the same event; an appeal is taken also after
the closing.
"""

from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import Depends, Path, Request
from starlette.responses import Response

from archiver.api.problems import json_answer
from archiver.api.request_bodies import Body, Day, Line, Moment, Text, body_of
from archiver.api.request_keeping import RequestName, archive_of
from archiver.api.security import SignedIn
from archiver.release_notices import end_notice, list_notices, notice_action, send_notice
from archiver.request_appeals import decide_appeal, open_appeal, show_appeals
from archiver.request_instalments import add_instalment, claim_instalment, list_instalments
from search.disclosure.appeals import AppealOutcome
from search.disclosure.release_notices import NoticeEnd

Numbered = Annotated[int, Path(ge=1, le=1_000_000_000)]


class InstalmentBody(Body):
    """What an instalment has, and by when it is to be produced."""

    due: Day
    text: Text


class AppealBody(Body):
    """Who decides an appeal, and why it is made."""

    body: Text
    ground: Text
    received_at: Moment | None = None


class AppealDecisionBody(Body):
    """What was decided of an appeal, and what is to be done otherwise now."""

    outcome: AppealOutcome
    text: Text
    changes: Text | None = None
    at: Moment | None = None


class NoticeBody(Body):
    """A notice that was sent; `until` where the law names no days."""

    kind: Line
    person: Line
    sent: Day
    until: Day | None = None


class ActionBody(Body):
    """When the person went to court; now otherwise."""

    at: Moment | None = None


class NoticeEndBody(Body):
    """Why a notice holds nothing any more."""

    by: Literal["court_order", "consent", "withdrawn"]
    at: Moment | None = None
    text: Text | None = None


def instalments(request: Request, principal: SignedIn, request_id: RequestName) -> Response:
    """The instalments of a request, and until when each lies to be fetched."""
    return json_answer({"instalments": list_instalments(archive_of(request), principal, request_id)})


def plan(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[InstalmentBody, Depends(body_of(InstalmentBody))],
) -> Response:
    """Plan an instalment."""
    told = add_instalment(archive_of(request), principal, request_id, body.due, body.text)
    return _made({"instalments": told})


def claim(request: Request, principal: SignedIn, request_id: RequestName, number: Numbered) -> Response:
    """Say that the requester fetched an instalment."""
    return json_answer({"instalments": claim_instalment(archive_of(request), principal, request_id, number)})


def appeals(request: Request, principal: SignedIn, request_id: RequestName) -> Response:
    """The appeals of a request and the days that its law sets for them."""
    return json_answer(show_appeals(archive_of(request), principal, request_id))


def appeal(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[AppealBody, Depends(body_of(AppealBody))],
) -> Response:
    """Write down an appeal."""
    document = open_appeal(
        archive_of(request),
        principal,
        request_id,
        body=body.body,
        ground=body.ground,
        received_at=body.received_at,
    )
    return _made(document)


def decide(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    number: Numbered,
    body: Annotated[AppealDecisionBody, Depends(body_of(AppealDecisionBody))],
) -> Response:
    """Write down what was decided of an appeal; what is reversed opens a closed request again."""
    document = decide_appeal(
        archive_of(request),
        principal,
        request_id,
        number,
        body.outcome,
        decision=body.text,
        changes=body.changes,
        decided_at=body.at,
    )
    return json_answer(document)


def notices(request: Request, principal: SignedIn, request_id: RequestName) -> Response:
    """The notices of a request, how each day came about, and what holds the release today."""
    return json_answer(list_notices(archive_of(request), principal, request_id))


def send(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[NoticeBody, Depends(body_of(NoticeBody))],
) -> Response:
    """Write down that a notice was sent to somebody whom the records are about."""
    document = send_notice(
        archive_of(request),
        principal,
        request_id,
        kind=body.kind,
        person=body.person,
        sent=body.sent,
        until=body.until,
    )
    return _made(document)


def go_to_court(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    number: Numbered,
    body: Annotated[ActionBody, Depends(body_of(ActionBody))],
) -> Response:
    """Write down that the person went to court; from then on no day ends the notice."""
    return json_answer(notice_action(archive_of(request), principal, request_id, number, at=body.at))


def end(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    number: Numbered,
    body: Annotated[NoticeEndBody, Depends(body_of(NoticeEndBody))],
) -> Response:
    """End a notice by a court's order or by consent, or take it back."""
    why = NoticeEnd(body.by)
    document = end_notice(archive_of(request), principal, request_id, number, why, at=body.at, text=body.text)
    return json_answer(document)


def _made(document: dict[str, Any]) -> Response:
    return json_answer(document, status=HTTPStatus.CREATED)
