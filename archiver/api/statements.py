"""Statements of what was handed in over HTTP: an employee's own, or a custodian's by his address."""

from datetime import date
from typing import Annotated, Any

from fastapi import Query, Request
from starlette.responses import Response

from archiver.api.problems import json_answer
from archiver.api.security import SignedIn
from archiver.handed_in import owner_of, statement


def document_of(
    request: Request, principal: SignedIn, custodian: str | None, first: date | None, last: date | None
) -> dict[str, Any]:
    """The document that both the page and the API show."""
    installation = request.app.state.installation
    owner = owner_of(installation, principal, custodian)
    return statement(installation, principal, owner, first=first, last=last)


def statement_of(
    request: Request,
    principal: SignedIn,
    custodian: str | None = None,
    first: Annotated[date | None, Query(alias="from")] = None,
    until: date | None = None,
) -> Response:
    """All that was handed in for an employee."""
    return json_answer(document_of(request, principal, custodian, first, until))
