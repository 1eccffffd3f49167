r"""Telegram Desktop's escapes of control characters, which are none of JSON's, made readable and taken back.

Rule kept: the exact bytes come back. Telegram Desktop writes a control character as ``\x1F`` (`SerializeString` in its
export_output_json.cpp), which RFC 8259 section 7 does not know, so no parser reads such a document. Each of them is
handed on as one of the 32 noncharacters U+FDD0 to U+FDEF, which no document holds, and is put back in `raw`. A
document that holds both cannot be told apart and counts as damaged.
"""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from ingest.formats.container import ContainerBroken

if TYPE_CHECKING:
    from ingest.formats.chats.json_stream import Piece

_ESCAPE: Final = re.compile(rb"\\(?:x([01][0-9A-F])|.)", re.DOTALL)
_MARK: Final = re.compile(b"\xef\xb7[\x90-\xaf]")
_FIRST_MARK: Final = 0x90
_UNFINISHED: Final = re.compile(rb"\\x[01]?\Z")


class Readable(io.RawIOBase):
    r"""The document with ``\x`` escapes replaced; `replaced` says whether there were any so far."""

    def __init__(self, source: BinaryIO) -> None:
        super().__init__()
        self._source = source
        self._held = b""
        self.replaced = False

    def readable(self) -> bool:
        """See `io.RawIOBase`."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """About `size` bytes, empty at the end only.

        Raises:
            ContainerBroken: the marks stand in the document itself.
            MemberBroken: the rest cannot be had.
        """
        fresh = self._source.read(size)
        content = self._held + fresh
        self._held = b""
        if fresh:
            content = self._hold_back(content)
            if not content:
                return self.read(size)
        if b"\\x" in content:
            changed = _ESCAPE.sub(_marked, content)
            if changed != content:
                if _MARK.search(content):
                    raise ContainerBroken("its JSON is damaged")
                self.replaced = True
                return changed
        if self.replaced and _MARK.search(content):
            raise ContainerBroken("its JSON is damaged")
        return content

    def _hold_back(self, content: bytes) -> bytes:
        """Leave an escape that goes on in the next block for it."""
        backslashes = len(content) - len(content.rstrip(b"\\"))
        cut = 0
        if backslashes:
            cut = backslashes % 2
        elif match := _UNFINISHED.search(content, max(len(content) - 3, 0)):
            before = content[: match.start() + 1]
            cut = len(content) - match.start() if (len(before) - len(before.rstrip(b"\\"))) % 2 else 0
        if not cut:
            return content
        self._held = content[-cut:]
        return content[:-cut]


def _marked(match: re.Match[bytes]) -> bytes:
    code: bytes | None = match[1]
    return match[0] if code is None else bytes((0xEF, 0xB7, _FIRST_MARK + int(code, 16)))


def restored(piece: Piece) -> tuple[Any, bytes]:
    """Value and exact bytes of a piece of a document in which escapes were replaced."""
    if not _MARK.search(piece.raw):
        return piece.value, piece.raw
    raw = _MARK.sub(lambda match: b"\\x%02X" % (match[0][2] - _FIRST_MARK), piece.raw)
    plain = _MARK.sub(lambda match: b"\\u%04x" % (match[0][2] - _FIRST_MARK), piece.raw)
    try:
        return json.loads(plain.decode("utf-8", "replace"), strict=False), raw
    except (ValueError, RecursionError):
        return piece.value, raw
