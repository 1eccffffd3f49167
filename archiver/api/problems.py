"""Errors as answers: ``application/problem+json`` (RFC 9457) for programs, a page for people.

Rule: an answer says what is wrong and what to do, with the fields that the error carries, and never repeats
what was sent; `archiver.problems` has the status of each kind.
"""

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from archiver.api.security import NotSignedIn, TooManyAttempts
from archiver.problems import problem_of
from storage.errors import ArchiveError, InvalidInput, NotFound, TemporarilyUnavailable

if TYPE_CHECKING:
    from starlette.types import Scope

    from archiver.web.pages import Pages

_TYPE = "urn:public-records-archiver:problem:"
_FOR_PROGRAMS = ("/api/", "/healthz", "/readyz")
_RETRY_SECONDS = 5
_LIMIT_SECONDS = 60


class TooLarge(InvalidInput):
    """More was sent than this address takes."""

    kind = "too_large"


class WrongMethod(InvalidInput):
    """The address exists, and does not do this."""

    kind = "wrong_method"


_OWN_STATUS: tuple[tuple[type[ArchiveError], HTTPStatus, str], ...] = (
    (NotSignedIn, HTTPStatus.UNAUTHORIZED, "Sign in first"),
    (TooManyAttempts, HTTPStatus.TOO_MANY_REQUESTS, "Too many attempts"),
    (TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Too large"),
    (WrongMethod, HTTPStatus.METHOD_NOT_ALLOWED, "Not done here"),
)


def status_of(error: ArchiveError) -> tuple[int, str]:
    """HTTP status and title of an error."""
    for kind, status, title in _OWN_STATUS:
        if isinstance(error, kind):
            return status.value, title
    problem = problem_of(error)
    return problem.http, problem.title


def problem_document(error: ArchiveError) -> dict[str, Any]:
    """The members of RFC 9457 §3.1, the error's kind, and its fields."""
    status, title = status_of(error)
    known = {"type": _TYPE + error.kind, "title": title, "status": status, "detail": error.message, "kind": error.kind}
    return {**error.fields, **known}


def json_answer(document: Any, *, status: int = 200, media_type: str = "application/json") -> Response:
    """A document as JSON in ASCII, so that no text of a record can fail to be encoded."""
    content = json.dumps(document, ensure_ascii=True, separators=(",", ":")).encode()
    return Response(content, status_code=status, media_type=media_type)


def answer_error(request: Request, error: ArchiveError) -> Response:
    """The answer to an error, for whoever asked."""
    status, title = status_of(error)
    path = request.scope["path"]
    if path.startswith(_FOR_PROGRAMS):
        answer = json_answer(problem_document(error), status=status, media_type="application/problem+json")
    elif isinstance(error, NotSignedIn) and request.method == "GET":
        target = quote(path) + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(target, safe='')}", status_code=HTTPStatus.SEE_OTHER)
    else:
        pages: Pages = request.app.state.pages
        answer = pages.problem(getattr(request.state, "principal", None), status, title, error.message)
    if isinstance(error, NotSignedIn):
        answer.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TemporarilyUnavailable):
        seconds = _LIMIT_SECONDS if isinstance(error, TooManyAttempts) else _RETRY_SECONDS
        answer.headers["Retry-After"] = str(seconds)
    return answer


def answer_fault(scope: "Scope") -> Response:
    """The answer to an error that nobody foresaw."""
    error = ArchiveError("something went wrong in the archive; try again, and tell the administrator if it stays so")
    return answer_error(Request(scope), error)


def _foreseen(request: Request, error: Exception) -> Response:
    assert isinstance(error, ArchiveError)
    return answer_error(request, error)


def _invalid(request: Request, error: Exception) -> Response:
    """What FastAPI refuses: names the parameter, never its value."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = str(first["loc"][-1])
    return answer_error(request, InvalidInput(f"the parameter {place} is missing or not acceptable", parameter=place))


def _http(request: Request, error: Exception) -> Response:
    """What the router refuses."""
    assert isinstance(error, HTTPException)
    known: ArchiveError
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        known = WrongMethod("this address does not take that method")
    elif error.status_code == HTTPStatus.NOT_FOUND:
        known = NotFound("there is nothing at this address; start at the home page")
    else:
        known = InvalidInput("this request cannot be understood")
    answer = answer_error(request, known)
    answer.headers.update(error.headers or {})
    return answer


def answer_problems(app: FastAPI) -> None:
    """Register the answers."""
    app.add_exception_handler(ArchiveError, _foreseen)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
