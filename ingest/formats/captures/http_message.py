"""An HTTP answer as a capture stores it: its head, and its body without the codings of the transfer (RFC 9112, 9110).

Rule kept: bodies are stored as sent, so chunks are joined and gzip, deflate, Brotli and Zstandard (RFC 9659) undone
here; many programs write down the fields of the answer beside a body from which they had removed the coding already, so
a coding that the bytes contradict is not undone. What ends too early gives what is there, and then the reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ingest.formats.captures.compressions import BROTLI, DAMAGE, GZIP, MARK_BYTES, RAW_DEFLATE, ZLIB, ZSTANDARD
from ingest.formats.charsets import storable
from ingest.formats.container import MemberBroken

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ingest.formats.captures.compressions import Compression

LONGEST_HEAD: Final = 1 << 18
_STATUS: Final = re.compile(r"HTTP/\d(?:\.\d)? +(\d{3})(?: |$)")
_END: Final = re.compile(rb"\r?\n\r?\n")
_CHUNK: Final = re.compile(rb"(?:\r?\n)?[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")
_LONGEST_CHUNK_LINE: Final = 1_000
_OUT: Final = 1 << 18
_KNOWN: Final = ("gzip", "x-gzip", "deflate", "br", "zstd")
_ZLIB_MARK: Final = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_SHORT: Final = "its body ends too early"
_CONTROLS: Final = bytes(set(range(0x20)) - set(b"\t\n\r\f\x1b"))


@dataclass(frozen=True, slots=True)
class HttpHead:
    """Status and fields in lower case, the first of each name; the body begins `length` bytes behind the block."""

    status: int
    fields: Mapping[str, str]
    length: int

    @property
    def media_type(self) -> str:
        """The media type in lower case without parameters; empty where none is stated."""
        return self.fields.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def charset(self) -> str | None:
        """The charset that is stated."""
        return charset_of(self.fields.get("content-type", ""))


def charset_of(content_type: str) -> str | None:
    """The charset parameter of a media type."""
    match = re.search(r";\s*charset\s*=\s*[\"']?([\w.:+-]{1,60})", content_type, re.IGNORECASE)
    return None if match is None else match[1]


def read_head(front: bytes) -> HttpHead | None:
    """The head that a block begins with (its first `LONGEST_HEAD` bytes do); None where it is no HTTP answer."""
    end = _END.search(front)
    head = front[: end.start()] if end is not None else front
    lines = storable(head.decode("latin-1")).replace("\r", "").split("\n")
    status = _STATUS.match(lines[0])
    if status is None:
        return None
    fields: dict[str, str] = {}
    for line in lines[1:]:
        name, separator, value = line.partition(":")
        if separator:
            fields.setdefault(name.strip().lower(), value.strip())
    return HttpHead(int(status[1]), fields, len(front) if end is None else end.end())


def body_of(fields: Mapping[str, str], stored: Iterable[bytes]) -> Iterator[bytes]:
    """A body without its codings.

    Args:
        fields: those of the answer, names in lower case.
        stored: its bytes as they are stored, in pieces.

    Raises:
        MemberBroken: there is no more of it, at once or later.
    """
    waiting: Iterator[bytes] = (piece for piece in stored if piece)
    if "chunked" in fields.get("transfer-encoding", "").lower():
        waiting = _without_chunks(waiting)
    codings = [one.strip().lower() for one in fields.get("content-encoding", "").split(",")]
    for coding in reversed(codings):
        waiting = _decoded(coding, waiting)
    return waiting


def _decoded(coding: str, stored: Iterator[bytes]) -> Iterator[bytes]:
    if coding in ("", "identity", "none"):
        yield from stored
        return
    broken: MemberBroken | None = None
    held = b""
    try:
        while len(held) < _LONGEST_CHUNK_LINE and (piece := next(stored, b"")):
            held += piece
    except MemberBroken as error:
        broken = error
    found = _compression(coding, held)
    if found is not None:
        yield from _inflated(found, held, _going_on(stored, broken))
        return
    if coding in _KNOWN or _is_plain(held):
        if held:
            yield held
        if broken is not None:
            raise broken
        yield from stored
        return
    raise MemberBroken("its body is coded in a way that is not known; it is kept as it was sent")


def _compression(coding: str, held: bytes) -> Compression | None:
    """How bytes of a coding are compressed; None where these are not."""
    if coding in ("gzip", "x-gzip"):
        return GZIP if GZIP.begins(held) else None
    if coding == "deflate":
        if held.startswith(_ZLIB_MARK):
            return ZLIB
        return RAW_DEFLATE if _gives(RAW_DEFLATE, held) else None
    if coding == "zstd":
        return ZSTANDARD if ZSTANDARD.begins(held) else None
    if coding == "br":
        # it has no mark: what looks like something else is Brotli only where something comes out of it
        return None if not held or (_is_plain(held) and not _gives(BROTLI, held)) else BROTLI
    return None


def _gives(compression: Compression, held: bytes) -> bool:
    """Whether something comes out of these bytes, or they are nothing, compressed."""
    engine = compression.begin()
    try:
        return bool(engine.decompress(held, _OUT)) or (engine.eof and not engine.unused_data)
    except DAMAGE:
        return False


def _is_plain(held: bytes) -> bool:
    """Whether bytes that are said to be coded look like text or a known file."""
    start = held[:_LONGEST_CHUNK_LINE]
    if start.translate(None, _CONTROLS) != start:
        return start.startswith((b"\x89PNG", b"GIF8", b"RIFF", b"%PDF-", b"\xff\xd8\xff"))
    try:
        start.decode()
    except UnicodeDecodeError as error:
        return error.start > len(start) - 4  # the last character is only cut
    return True


def _going_on(stored: Iterator[bytes], broken: MemberBroken | None) -> Iterator[bytes]:
    """What follows, or why nothing does."""
    if broken is not None:
        raise broken
    yield from stored


def _inflated(compression: Compression, held: bytes, stored: Iterator[bytes]) -> Iterator[bytes]:
    """What comes out of these bytes, stream after stream; what is behind the last is left."""
    fed = held
    while True:
        engine = compression.begin()
        while not engine.eof:
            try:
                piece = engine.decompress(fed, _OUT)
            except DAMAGE:
                raise MemberBroken("its compressed body is damaged") from None
            if piece:
                yield piece
            fed = engine.unconsumed_tail
            if fed or engine.eof:
                continue
            fed = next(stored, b"")
            if not fed and not piece:
                raise MemberBroken(_SHORT)
        fed = engine.unused_data
        while compression.mark and len(fed) < MARK_BYTES and (more := next(stored, b"")):
            fed += more
        if not compression.begins(fed):
            return


def _without_chunks(stored: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks joined (RFC 9112 §7.1); a body that does not begin with one is taken as it is."""
    held = bytearray()
    line = _chunk_line(held, stored)
    if line is None:
        if held:
            yield bytes(held)
        yield from stored
        return
    while line is not None:
        left = int(line[1], 16)
        del held[: line.end()]
        if not left:
            return  # trailers are not of the body
        while left:
            if not held:
                held += next(stored, b"")
                if not held:
                    raise MemberBroken(_SHORT)
            part = bytes(held[:left])
            del held[:left]
            left -= len(part)
            yield part
        line = _chunk_line(held, stored)
    raise MemberBroken("its body is not divided as it says" if held.strip() else _SHORT)


def _chunk_line(held: bytearray, stored: Iterator[bytes]) -> re.Match[bytes] | None:
    """The line that begins the next chunk, behind the line end of the last; more is taken as it is needed."""
    while True:
        line = _CHUNK.match(bytes(held[:_LONGEST_CHUNK_LINE]))
        if line is not None or len(held) >= _LONGEST_CHUNK_LINE:
            return line
        piece = next(stored, b"")
        if not piece:
            return None
        held += piece
