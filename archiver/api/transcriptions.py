"""What pictures say over HTTP: every version of it, and corrections as further ones; the page with its form.

Rule: a correction names the version that its author saw (If-Match, RFC 9110 §13.1.1, or the member `version`), and is
refused where that is not the newest any more. What comes is read under limits of size and time.
"""

import asyncio
import json
from collections.abc import Callable
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import Depends, FastAPI, Query, Request
from starlette.responses import RedirectResponse, Response

from archiver.api.problems import TooLarge, json_answer, status_of
from archiver.api.schemas import ProblemDocument, TranscriptionAddedDocument, TranscriptionsDocument
from archiver.api.security import SignedIn
from archiver.transcript_changes import confirmed, with_caption, with_day, with_messages
from archiver.transcript_form import LARGEST, read_form
from archiver.transcripts import add_version, show_transcript
from archiver.web.transcript_page import TranscriptPages
from ingest.captions import CAPTION_FIELDS, caption_from
from storage.errors import Conflict, InvalidInput
from storage.transcription import Transcription

_SECONDS = 30.0
_MOST_FIELDS = 5_000
_PICTURE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
_ACTS = ("messages", "confirm", "day", "caption")


async def _body(request: Request) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(_SECONDS):
            async for piece in request.stream():
                body += piece
                if len(body) > LARGEST:
                    raise TooLarge(f"a transcript is sent in at most {LARGEST >> 20} MB")
    except TimeoutError as error:
        raise InvalidInput("the body did not come in time; send it again") from error
    return bytes(body)


async def _fields(request: Request) -> dict[str, str]:
    body = await _body(request)
    try:
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise InvalidInput("this form cannot be read; open the page and try again") from error
    return {name: values[0] for name, values in fields.items()}


async def _document(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise InvalidInput("send a correction as application/json")
    try:
        document = json.loads(await _body(request))
    except (ValueError, RecursionError) as error:
        raise InvalidInput("the body is no JSON") from error
    if not isinstance(document, dict):
        raise InvalidInput("a correction is a JSON object")
    return document


Fields = Annotated[dict[str, str], Depends(_fields)]
Document = Annotated[dict[str, Any], Depends(_document)]


def _pages(request: Request) -> TranscriptPages:
    pages: TranscriptPages = request.app.state.pages.transcripts
    return pages


def transcript_page(
    request: Request,
    principal: SignedIn,
    record_id: str,
    boxes: str = "",
    first: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> Response:
    """The page of a transcript; `boxes` is "yes" for the places of what was read, `first` the first picture shown."""
    return _pages(request).show(principal, record_id, boxes=boxes == "yes", first=first)


def picture(
    request: Request,
    principal: SignedIn,
    record_id: str,
    component_id: str,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> Response:
    """A page of a picture to look at: pixels that we encoded, never the bytes that came."""
    content: bytes = request.app.state.shown.page(principal, record_id, component_id, page)
    headers = {"Content-Security-Policy": _PICTURE_POLICY, "Content-Disposition": 'inline; filename="picture.jpg"'}
    return Response(content, media_type="image/jpeg", headers=headers)


def correct_page(request: Request, principal: SignedIn, record_id: str, fields: Fields) -> Response:
    """Correct or confirm by a form; where it is refused, the page again with what was typed."""
    try:
        _pages(request).act(principal, record_id, fields)
    except (InvalidInput, Conflict) as error:
        status, _ = status_of(error)
        return _pages(request).show(principal, record_id, problem=error.message, typed=fields, status=status)
    return RedirectResponse(f"/records/{record_id}/transcript", status_code=HTTPStatus.SEE_OTHER)


def transcriptions(
    request: Request, principal: SignedIn, record_id: str, version: Annotated[int | None, Query(ge=1)] = None
) -> Response:
    """One version of what a record's pictures say, the newest by default, and the list of all; ETag is the newest."""
    document = show_transcript(request.app.state.installation, principal, record_id, version)
    answer = json_answer(document)
    answer.headers["ETag"] = f'"{document["newest"]}"'
    return answer


def correct(request: Request, principal: SignedIn, record_id: str, document: Document) -> Response:
    """Add a version: `messages` (all of them, with `title`), `confirm`, `day` or `caption`, one of these."""
    seen = _seen(request, document)
    act = [name for name in _ACTS if document.get(name) is not None]
    if len(act) != 1:
        raise InvalidInput(f"a correction has one of {', '.join(_ACTS)}")
    change = _change_of(act[0], {name: value for name, value in document.items() if name != "version"})
    added = add_version(
        request.app.state.installation, principal, record_id, change, seen=seen, confirms=act[0] == "confirm"
    )
    answer = json_answer(
        {"record": record_id, "version": added.number, "author": added.author}, status=HTTPStatus.CREATED
    )
    answer.headers["ETag"] = f'"{added.number}"'
    return answer


def _seen(request: Request, document: dict[str, Any]) -> int:
    given: Any = document.get("version")
    header = request.headers.get("if-match", "").strip().strip('"')
    if header and header.isascii() and header.isdigit():
        given = int(header[:9])
    if type(given) is not int or given < 1:
        raise InvalidInput('say which version you saw, with the header If-Match: "N" or the member version')
    return given


def _change_of(act: str, document: dict[str, Any]) -> Callable[[Transcription], Transcription]:
    if act == "messages":
        written, title, _ = read_form(document)
        return lambda before: with_messages(before, written, title)
    if act == "confirm":
        if document["confirm"] is not True:
            raise InvalidInput("confirm is true, or is left out")
        return confirmed
    if act == "day":
        try:
            day = date.fromisoformat(str(document["day"]))
        except ValueError as error:
            raise InvalidInput("day is a date like 2026-03-02") from error
        return lambda before: with_day(before, day)
    said = document["caption"]
    if not isinstance(said, dict) or set(said) - set(CAPTION_FIELDS):
        raise InvalidInput(f"a caption has {', '.join(CAPTION_FIELDS)}")
    if not all(value is None or isinstance(value, str) for value in said.values()):
        raise InvalidInput("the members of a caption are texts")
    caption = caption_from(said)
    return lambda before: with_caption(before, caption)


def add_transcriptions(app: FastAPI) -> None:
    """Register the addresses."""
    look = "/records/{record_id}/pictures/{component_id}"
    app.add_api_route(look, picture, methods=["GET"], include_in_schema=False, response_model=None)
    page = "/records/{record_id}/transcript"
    app.add_api_route(page, transcript_page, methods=["GET"], include_in_schema=False, response_model=None)
    app.add_api_route(page, correct_page, methods=["POST"], include_in_schema=False, response_model=None)
    problems: dict[int | str, dict[str, Any]] = {
        status: {"model": ProblemDocument} for status in (401, 403, 404, 409, 413, 422, 429, 503)
    }
    path = "/api/v1/records/{record_id}/transcriptions"
    app.add_api_route(
        path,
        transcriptions,
        methods=["GET"],
        response_model=None,
        responses={200: {"model": TranscriptionsDocument}, **problems},
    )
    app.add_api_route(
        path,
        correct,
        methods=["POST"],
        response_model=None,
        status_code=HTTPStatus.CREATED,
        responses={201: {"model": TranscriptionAddedDocument}, **problems},
    )
