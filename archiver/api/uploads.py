"""Handing in over HTTP: uploads that can be resumed, after the IETF draft for resumable uploads.

Follows draft-ietf-httpbis-resumable-upload in what it names: ``Upload-Offset``, ``Upload-Length``, ``Upload-Complete``,
``application/partial-upload``, 409 with the expected offset, HEAD for the offset, DELETE to give up. It differs where
several files are one hand-in: a POST lists them, each has an address of its own, and a commit takes all of them.
``Content-Digest`` (RFC 9530 §2) of a request is checked before its bytes are taken.

Rule: bytes are taken in pieces as they come, each durable before its offset is told; a request that breaks off leaves
what was told. A body is read under limits of size and time.
"""

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from archiver.api.hand_in_form import hand_in_form
from archiver.api.problems import TooLarge, json_answer, problem_document
from archiver.api.security import SignedIn
from archiver.uploading import Uploading
from ingest.upload import UploadState
from ingest.upload_pieces import PIECE, WrongOffset, refuse_offset
from storage.errors import InvalidInput

PARTIAL = "application/partial-upload"
_LARGEST_DOCUMENT = 2 << 20
_LARGEST_CHECKED = 8 << 20
_SECONDS = 60.0
_NUMBER = re.compile(r"[0-9]{1,15}")
_SHA256 = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):")
_BOOLEANS = {"?1": True, "?0": False}


async def begin(request: Request, principal: SignedIn) -> Response:
    """Begin an upload: JSON lists its files; multipart/form-data holds them and hands them in at once.

    `Idempotency-Key` makes a repeated request begin nothing new.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return json_answer(await hand_in_form(request, principal), status=HTTPStatus.CREATED)
    if kind != "application/json":
        raise InvalidInput("send the list of files as application/json, or the files as multipart/form-data")
    body = await _whole(request, _LARGEST_DOCUMENT)
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("the body is no JSON") from error
    key = request.headers.get("idempotency-key")

    def start() -> tuple[str, dict[str, Any]]:
        uploading = _uploading(request, principal)
        upload = uploading.begin(document, request=key)
        return upload.id, uploading.document(upload)

    upload_id, made = await run_in_threadpool(start)
    answer = json_answer(made, status=HTTPStatus.CREATED)
    answer.headers["Location"] = f"/api/v1/uploads/{upload_id}"
    return answer


def show(request: Request, principal: SignedIn, upload_id: str) -> Response:
    """An upload: its files and what is there of each; once it is committed, the answer."""
    uploading = _uploading(request, principal)
    return json_answer(uploading.document(uploading.get(upload_id)))


def commit(request: Request, principal: SignedIn, upload_id: str) -> Response:
    """Hand in all files of an upload, in one acknowledgement; asked again, the same answer."""
    return json_answer(_uploading(request, principal).commit(upload_id), status=HTTPStatus.CREATED)


def give_up(request: Request, principal: SignedIn, upload_id: str) -> Response:
    """Give an upload up; what was sent is destroyed."""
    _uploading(request, principal).give_up(upload_id)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def offset(request: Request, principal: SignedIn, upload_id: str, number: int) -> Response:
    """How much of a file is there: the headers `Upload-Offset`, `Upload-Length` and `Upload-Complete`."""
    upload, there = _uploading(request, principal).file(upload_id, number)
    return _told(upload, number, there)


async def append(request: Request, principal: SignedIn, upload_id: str, number: int) -> Response:
    """Append to a file what comes at `Upload-Offset`; answers with the offset behind it."""
    if request.headers.get("content-type", "").strip().lower() != PARTIAL:
        raise InvalidInput(f"send the bytes as {PARTIAL}")
    given = request.headers.get("upload-offset", "")
    complete = _BOOLEANS.get(request.headers.get("upload-complete", "?0").strip())
    if not _NUMBER.fullmatch(given) or complete is None:
        raise InvalidInput("say where the bytes go with Upload-Offset, a number, and Upload-Complete, ?0 or ?1")
    uploading = _uploading(request, principal)
    upload, there = await run_in_threadpool(uploading.file, upload_id, number)
    at = int(given)
    try:
        refuse_offset(at, there)
        async for piece in _pieces(request, upload.about.files[number - 1].size - at):
            at = await run_in_threadpool(uploading.append, upload, number, at, piece)
    except WrongOffset as error:
        return _conflict(error)
    if complete and at != upload.about.files[number - 1].size:
        raise InvalidInput("Upload-Complete says that this is all, and bytes are missing", offset=at)
    return _told(upload, number, at)


def _uploading(request: Request, principal: SignedIn) -> Uploading:
    return Uploading(installation=request.app.state.installation, who=principal)


def _told(upload: UploadState, number: int, there: int) -> Response:
    size = upload.about.files[number - 1].size
    headers = {
        "Upload-Offset": str(there),
        "Upload-Length": str(size),
        "Upload-Complete": "?1" if there == size else "?0",
        "Upload-Limit": f"max-size={size}",
    }
    return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)


def _conflict(error: WrongOffset) -> Response:
    document = problem_document(error) | {
        "type": "https://iana.org/assignments/http-problem-types#mismatching-upload-offset",
        "expected-offset": error.fields["expected"],
        "provided-offset": error.fields["provided"],
    }
    answer = json_answer(document, status=HTTPStatus.CONFLICT, media_type="application/problem+json")
    answer.headers["Upload-Offset"] = str(error.fields["expected"])
    return answer


async def _pieces(request: Request, left: int) -> AsyncIterator[bytes]:
    """The body in pieces of one MiB, also what came before it broke off; checked first where a digest was sent."""
    digest = request.headers.get("content-digest")
    if digest is not None:
        stated = _SHA256.search(digest)
        if stated is None:
            raise InvalidInput("Content-Digest must have sha-256")
        body = await _whole(request, min(left, _LARGEST_CHECKED))
        if hashlib.sha256(body).digest() != base64.b64decode(stated[1]):
            raise InvalidInput("the bytes are not those of Content-Digest; nothing of them was taken, send them again")
        yield body
        return
    held = bytearray()
    try:
        async for piece in _bounded(request, left):
            held += piece
            while len(held) >= PIECE:
                yield bytes(held[:PIECE])
                del held[:PIECE]
    except (ClientDisconnect, TimeoutError):
        if held:
            yield bytes(held)
        return
    if held:
        yield bytes(held)


async def _whole(request: Request, most: int) -> bytes:
    """A body that is of use only as a whole."""
    try:
        return b"".join([piece async for piece in _bounded(request, most)])
    except (ClientDisconnect, TimeoutError) as error:
        raise InvalidInput("the connection broke off, and nothing was taken; send it again") from error


async def _bounded(request: Request, most: int) -> AsyncIterator[bytes]:
    """The body as it comes, of at most so many bytes, none of which may be long in coming."""
    seen = 0
    stream = request.stream()
    while True:
        async with asyncio.timeout(_SECONDS):
            piece = await anext(stream, None)
        if piece is None:
            return
        seen += len(piece)
        if seen > most:
            raise TooLarge("more bytes were sent than belong there")
        if piece:
            yield piece
