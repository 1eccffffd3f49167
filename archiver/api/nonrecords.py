"""Addresses of the pages of what is no record.

Rule: each act is the one of the command line, with the same rights and the same event. Where it cannot be done, the
page comes again and says why.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from archiver.api.forms import FormFields
from archiver.api.problems import status_of
from archiver.api.security import SignedIn
from archiver.web.nonrecord_page import NonrecordPages
from storage.errors import ArchiveError, Denied

_Deed = Callable[[SignedIn, str, Mapping[str, str]], None]


def _pages(request: Request) -> NonrecordPages:
    pages: NonrecordPages = request.app.state.pages.nonrecords
    return pages


def claims_page(request: Request, principal: SignedIn) -> Response:
    """The claims that this principal may see."""
    return _pages(request).list(principal)


def ask_page(request: Request, principal: SignedIn, record_id: str, fields: FormFields) -> Response:
    """Ask by the form on a record's page, and show the claims."""
    return _done(request, principal, record_id, fields, _pages(request).ask)


def agree_page(request: Request, principal: SignedIn, claim_id: str, fields: FormFields) -> Response:
    """Agree by the form on the page of claims: the records are destroyed."""
    return _done(request, principal, claim_id, fields, _pages(request).agree)


def refuse_page(request: Request, principal: SignedIn, claim_id: str, fields: FormFields) -> Response:
    """Refuse by the form on the page of claims."""
    return _done(request, principal, claim_id, fields, _pages(request).refuse)


def withdraw_page(request: Request, principal: SignedIn, claim_id: str, fields: FormFields) -> Response:
    """Withdraw by the button on the page of claims."""
    return _done(request, principal, claim_id, fields, _pages(request).withdraw)


def _done(request: Request, principal: SignedIn, subject: str, fields: Mapping[str, str], deed: _Deed) -> Response:
    try:
        deed(principal, subject, fields)
    except Denied:
        raise
    except ArchiveError as error:
        status, _ = status_of(error)
        return _pages(request).list(principal, problem=error.message, status=status)
    return RedirectResponse("/nonrecords", status_code=HTTPStatus.SEE_OTHER)


def add_nonrecords(app: FastAPI) -> None:
    """Add the pages of what is no record to an application."""

    def page(path: str, function: Callable[..., Response], method: str) -> None:
        app.add_api_route(path, function, methods=[method], include_in_schema=False, response_model=None)

    page("/nonrecords", claims_page, "GET")
    page("/records/{record_id}/nonrecord", ask_page, "POST")
    page("/nonrecords/{claim_id}/agree", agree_page, "POST")
    page("/nonrecords/{claim_id}/refuse", refuse_page, "POST")
    page("/nonrecords/{claim_id}/withdraw", withdraw_page, "POST")
