"""Notices to correspondents over HTTP: sent by a person's choice, and listed."""

from http import HTTPStatus

from fastapi import Request
from starlette.responses import Response

from archiver.api.forms import FormFields
from archiver.api.problems import json_answer
from archiver.api.security import SignedIn
from archiver.notices import Notice, notices_of, send_notice


def queue(request: Request, principal: SignedIn, record_id: str, fields: dict[str, str]) -> Notice:
    """Queue the notice that a form asks for: `to` chooses among several, `again` is `yes` for another one."""
    installation = request.app.state.installation
    again = fields.get("again") == "yes"
    return send_notice(installation, principal, record_id, to=fields.get("to") or None, again=again)


def send(request: Request, principal: SignedIn, record_id: str, fields: FormFields) -> Response:
    """Send a notice to the correspondent of a record."""
    queued = queue(request, principal, record_id, fields)
    return json_answer(queued.to_json(), status=HTTPStatus.CREATED)


def notices(request: Request, principal: SignedIn, record_id: str) -> Response:
    """The notices about a record."""
    found = notices_of(request.app.state.installation, principal, record_id)
    return json_answer({"notices": [one.to_json() for one in found]})
