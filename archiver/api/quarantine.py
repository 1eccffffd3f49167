"""The quarantine over HTTP: what lies there, what it says, and the decisions on it.

Rule: each act is the one of the command line, with the same rights and the same event; nobody waits here until
something is examined, the answer says that it waits.
"""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Query, Request
from starlette.responses import Response

from archiver.api.forms import FormFields
from archiver.api.problems import json_answer
from archiver.api.security import SignedIn
from archiver.quarantine import examine_again, lying_page, reject, release, show_lying
from archiver.searching import MOST_AT_ONCE
from storage.errors import InvalidInput

_FURTHEST = 1_000_000_000

Limit = Annotated[int, Query(ge=0, le=MOST_AT_ONCE, description="most submissions in this answer")]
Offset = Annotated[int, Query(ge=0, le=_FURTHEST, description="submissions to leave out before the first")]
Rejected = Annotated[bool, Query(description="also what was rejected")]


def lying(
    request: Request, principal: SignedIn, limit: Limit = 100, offset: Offset = 0, *, rejected: Rejected = False
) -> Response:
    """What lies in quarantine, oldest first; the total is exact."""
    installation = request.app.state.installation
    return json_answer(lying_page(installation, principal, limit=limit, offset=offset, rejected=rejected))


def one_lying(request: Request, principal: SignedIn, submission_id: str) -> Response:
    """One submission in quarantine with what it says; the view is an event of the ledger."""
    return json_answer(show_lying(request.app.state.installation, principal, submission_id))


def assign(request: Request, principal: SignedIn, submission_id: str, fields: FormFields) -> Response:
    """Put a submission back to be examined, as that `custodian`'s."""
    act_assign(request, principal, submission_id, fields)
    return _done(submission_id, "waiting", HTTPStatus.ACCEPTED)


def retry(request: Request, principal: SignedIn, submission_id: str, fields: FormFields) -> Response:
    """Put a submission back to be examined."""
    act_retry(request, principal, submission_id, fields)
    return _done(submission_id, "waiting", HTTPStatus.ACCEPTED)


def release_one(request: Request, principal: SignedIn, submission_id: str, fields: FormFields) -> Response:
    """Archive a submission as it is, unread, for that `reason` and, where nobody is known, as that `custodian`'s."""
    record = act_release(request, principal, submission_id, fields)
    return _done(submission_id, "archived", HTTPStatus.CREATED, record=record)


def reject_one(request: Request, principal: SignedIn, submission_id: str, fields: FormFields) -> Response:
    """Reject a submission for that `reason`; its bytes stay."""
    act_reject(request, principal, submission_id, fields)
    return _done(submission_id, "rejected", HTTPStatus.OK)


def act_assign(request: Request, principal: SignedIn, submission_id: str, fields: dict[str, str]) -> None:
    """Assign, as a form asks for it.

    Raises:
        InvalidInput: it names no custodian.
    """
    custodian = fields.get("custodian", "").strip()
    if not custodian:
        raise InvalidInput("name the custodian by his address")
    examine_again(request.app.state.installation, principal, [submission_id], custodian=custodian)


def act_retry(request: Request, principal: SignedIn, submission_id: str, fields: dict[str, str]) -> None:
    """Have it examined again; the form asks for nothing more."""
    del fields  # read all the same, so that what changes something is always sent by a form
    examine_again(request.app.state.installation, principal, [submission_id])


def act_release(request: Request, principal: SignedIn, submission_id: str, fields: dict[str, str]) -> str:
    """Release, as a form asks for it; returns the record's id."""
    custodian = fields.get("custodian", "").strip() or None
    reason = fields.get("reason", "")
    return release(request.app.state.installation, principal, submission_id, custodian=custodian, reason=reason)


def act_reject(request: Request, principal: SignedIn, submission_id: str, fields: dict[str, str]) -> None:
    """Reject, as a form asks for it."""
    reject(request.app.state.installation, principal, [submission_id], reason=fields.get("reason", ""))


def _done(submission_id: str, state: str, status: HTTPStatus, *, record: str | None = None) -> Response:
    document: dict[str, Any] = {"submission": submission_id, "state": state, "record": record}
    return json_answer(document, status=status)
