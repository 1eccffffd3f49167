"""Files and fields handed in by one form, as browsers send it without a script (RFC 7578).

Rule: a form is an upload that is begun, sent and committed in one request. Its files go to the disk, sealed, as they
come, so that memory does not follow their size; where the form breaks off or is refused, nothing of it stays.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from archiver.api.problems import TooLarge
from archiver.form_upload import FormUpload
from archiver.uploading import Uploading
from ingest.captions import CAPTION_FIELDS
from ingest.upload_pieces import PIECE
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import Request

    from archiver.access import Principal

_FIELDS = frozenset({*CAPTION_FIELDS, "custodian", "together", "choose", "order"})
_LONGEST_FIELD = 16_384
_LONGEST_HEADER = 4_096
_SECONDS = 60.0
_UNREADABLE = "this form cannot be read; open the page and try again"


@dataclass(slots=True)
class _Part:
    """One part of a form: a field, or a file whose bytes go on."""

    name: str = ""
    filename: str | None = None
    value: bytearray = field(default_factory=bytearray)


class _Form:
    """Parses the form; whole pieces of files are handed on as they fill."""

    def __init__(self, boundary: bytes) -> None:
        self.fields: dict[str, str] = {}
        self.ready: list[tuple[str | None, bytes]] = []  # a name begins a file, None goes on with it
        self._part = _Part()
        self._header_name = bytearray()
        self._header_value = bytearray()
        self._headers: dict[bytes, bytes] = {}
        callbacks: Any = {
            "on_part_begin": self._begin,
            "on_header_field": self._on_name,
            "on_header_value": self._on_value,
            "on_header_end": self._on_header,
            "on_headers_finished": self._on_headers,
            "on_part_data": self._on_data,
            "on_part_end": self._end,
            "on_end": self._whole,
        }
        self.is_whole = False
        self._parser = MultipartParser(boundary, callbacks)

    def write(self, piece: bytes) -> Iterator[tuple[str | None, bytes]]:
        """Take what came; gives the pieces of files that are ready."""
        self._parser.write(piece)
        ready, self.ready = self.ready, []
        yield from ready

    def _begin(self) -> None:
        self._part, self._headers = _Part(), {}

    def _on_name(self, content: bytes, start: int, end: int) -> None:
        self._header_name += content[start:end]
        self._refuse_long(len(self._header_name))

    def _on_value(self, content: bytes, start: int, end: int) -> None:
        self._header_value += content[start:end]
        self._refuse_long(len(self._header_value))

    def _refuse_long(self, length: int) -> None:
        if length > _LONGEST_HEADER:
            raise TooLarge("a name in this form is too long")

    def _on_header(self) -> None:
        self._headers[bytes(self._header_name).lower()] = bytes(self._header_value)
        self._header_name.clear()
        self._header_value.clear()

    def _on_headers(self) -> None:
        kind, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        name = options.get(b"name")
        if kind != b"form-data" or name is None:
            raise InvalidInput(_UNREADABLE)
        self._part.name = name.decode("utf-8", "replace")
        given = options.get(b"filename")
        if given is not None:
            self._part.filename = given.decode("utf-8", "replace")
            if self._part.filename:
                self.ready.append((self._part.filename, b""))
        elif self._part.name not in _FIELDS:
            raise InvalidInput(_UNREADABLE)

    def _on_data(self, content: bytes, start: int, end: int) -> None:
        part = self._part
        if part.filename == "":  # a field for files in which nothing was chosen
            if end > start:
                raise InvalidInput("a file of this form has no name")
            return
        part.value += content[start:end]
        if part.filename is None:
            if len(part.value) > _LONGEST_FIELD:
                raise TooLarge("a field of this form is too long")
            return
        while len(part.value) >= PIECE:
            self.ready.append((None, bytes(part.value[:PIECE])))
            del part.value[:PIECE]

    def _end(self) -> None:
        part = self._part
        if part.filename is None:
            self.fields[part.name] = part.value.decode("utf-8", "replace")
        elif part.filename and part.value:
            self.ready.append((None, bytes(part.value)))

    def _whole(self) -> None:
        self.is_whole = True


async def hand_in_form(request: Request, principal: Principal) -> dict[str, Any]:
    """Hand in what a form holds; the answer of the commit.

    Raises:
        InvalidInput: the form cannot be read, or holds no file.
        TooLarge: a field is too long.
        ArchiveError: as `Uploading.commit`; nothing was taken.
    """
    _, options = parse_options_header(request.headers.get("content-type", "").encode())
    boundary = options.get(b"boundary", b"")
    if not 0 < len(boundary) <= 70:  # noqa: PLR2004 - RFC 2046 §5.1.1
        raise InvalidInput(_UNREADABLE)
    uploading = Uploading(installation=request.app.state.installation, who=principal)
    form, taken = _Form(boundary), FormUpload(uploading)
    try:
        stream = request.stream()
        while True:
            async with asyncio.timeout(_SECONDS):
                piece = await anext(stream, None)
            if piece is None:
                break
            for name, content in form.write(piece):
                await run_in_threadpool(taken.take, name, content)
        if not form.is_whole:
            raise InvalidInput(_UNREADABLE)
        return await run_in_threadpool(taken.commit, form.fields)
    except (ClientDisconnect, MultipartParseError, TimeoutError) as error:
        raise InvalidInput(_UNREADABLE) from error
    finally:
        await run_in_threadpool(taken.close)
