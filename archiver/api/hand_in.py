"""The addresses of handing in: the pages with their forms, and the API of uploads.

Rule: a page does what the API does, by the same functions, with the same rights.
"""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import Depends, FastAPI, Request
from starlette.responses import RedirectResponse, Response

from archiver.api import uploads
from archiver.api.hand_in_form import hand_in_form
from archiver.api.problems import TooLarge, status_of
from archiver.api.schemas import ProblemDocument, UploadAnswerDocument, UploadDocument
from archiver.api.security import SignedIn
from archiver.web.hand_in import HandInPages, problem_of_form, target_of
from storage.errors import ArchiveError, Conflict, Denied, InvalidInput

_LARGEST_CHOICE = 1 << 20
_MOST_CHOSEN = 50_000
_FORM_SECONDS = 30.0


def _pages(request: Request) -> HandInPages:
    pages: HandInPages = request.app.state.pages.hand_in
    return pages


def hand_in_page(request: Request, principal: SignedIn, done: str = "", draft: str = "") -> Response:
    """The form to hand in with, and what was just handed in."""
    return _pages(request).form(principal, done=done, draft=draft)


async def hand_in(request: Request, principal: SignedIn) -> Response:
    """Hand in what the form holds, and lead to its receipts or to its draft."""
    try:
        answer = await hand_in_form(request, principal)
    except Denied:
        raise
    except ArchiveError as error:
        status, _ = status_of(error)
        return _pages(request).form(principal, problem=problem_of_form(error), status=status)
    return RedirectResponse(target_of(answer), status_code=HTTPStatus.SEE_OTHER)


def drafts_page(request: Request, principal: SignedIn) -> Response:
    """The drafts of whoever asks."""
    return _pages(request).drafts(principal)


def draft_page(request: Request, principal: SignedIn, draft_id: str, saved: str = "") -> Response:
    """A draft to choose from."""
    return _pages(request).draft(principal, draft_id, saved=saved == "yes")


async def many_fields(request: Request) -> dict[str, list[str]]:
    """The fields of a form with many boxes, each with all of its values.

    Raises:
        TooLarge: larger than any choice.
        InvalidInput: not readable, or too slow.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(_FORM_SECONDS):
            async for piece in request.stream():
                body += piece
                if len(body) > _LARGEST_CHOICE:
                    raise TooLarge("this form is too large; choose whole conversations instead of days")
        return parse_qs(bytes(body).decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_CHOSEN)
    except (TimeoutError, ValueError) as error:
        raise InvalidInput("this form cannot be read; open the page and try again") from error


ManyFields = Annotated[dict[str, list[str]], Depends(many_fields)]


def act_on_draft(request: Request, principal: SignedIn, draft_id: str, fields: ManyFields) -> Response:
    """Save a choice, hand in, or discard; where that is refused, the page again with why."""
    try:
        target = _pages(request).act(principal, draft_id, fields)
    except (InvalidInput, Conflict) as error:
        status, _ = status_of(error)
        return _pages(request).draft(principal, draft_id, problem=error.message, status=status)
    return RedirectResponse(target, status_code=HTTPStatus.SEE_OTHER)


def add_hand_in(app: FastAPI) -> None:
    """Register the addresses."""

    def page(path: str, function: Callable[..., Any], method: str) -> None:
        app.add_api_route(path, function, methods=[method], include_in_schema=False, response_model=None)

    page("/hand-in", hand_in_page, "GET")
    page("/hand-in", hand_in, "POST")
    page("/drafts", drafts_page, "GET")
    page("/drafts/{draft_id}", draft_page, "GET")
    page("/drafts/{draft_id}", act_on_draft, "POST")

    problems: dict[int | str, dict[str, Any]] = {
        status: {"model": ProblemDocument} for status in (401, 403, 404, 409, 413, 422, 429, 503)
    }

    def api(
        path: str, function: Callable[..., Any], method: str, status: HTTPStatus, model: type | None = None
    ) -> None:
        answers = problems if model is None else {status.value: {"model": model}, **problems}
        app.add_api_route(
            f"/api/v1{path}",
            function,
            methods=[method],
            status_code=status,
            response_model=None,
            responses=answers,
            operation_id=f"{method.lower()}_{function.__name__}",
        )

    one, part = "/uploads/{upload_id}", "/uploads/{upload_id}/files/{number}"
    api("/submissions", uploads.begin, "POST", HTTPStatus.CREATED, UploadDocument)
    api(one, uploads.show, "GET", HTTPStatus.OK, UploadDocument)
    api(one, uploads.give_up, "DELETE", HTTPStatus.NO_CONTENT)
    api(f"{one}/commit", uploads.commit, "POST", HTTPStatus.CREATED, UploadAnswerDocument)
    api(part, uploads.offset, "HEAD", HTTPStatus.NO_CONTENT)
    api(part, uploads.offset, "GET", HTTPStatus.NO_CONTENT)
    api(part, uploads.append, "PATCH", HTTPStatus.NO_CONTENT)
