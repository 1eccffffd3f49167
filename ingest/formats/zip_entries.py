"""The bytes of one entry of a zip file, as many and with the checksum that its directory states, or none.

Rule kept: nothing is trusted that the directory says of an entry but where it begins. More bytes than stated, fewer, or
others than the checksum tells end the reading with a reason; links, encrypted entries and unknown methods have none.
"""

from __future__ import annotations

import bz2
import stat
import zlib
from typing import TYPE_CHECKING, BinaryIO, Protocol

from ingest.formats.container import MemberBroken
from ingest.formats.zip_directory import LOCAL_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.zip_directory import Entry

_LOCAL_MARK = b"PK\x03\x04"
STORED, DEFLATED, _BZIP2, _AES = 0, 8, 12, 99
_ENCRYPTED = 1 | 1 << 6 | 1 << 13
_IN, _OUT = 1 << 16, 1 << 18


class _Engine(Protocol):
    """What decompresses: `decompress` gives at most so many bytes, and keeps or returns what it did not use."""

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        ...

    def feed(self, packed: bytes) -> bytes:
        """Some bytes out of these and of what is kept."""
        ...


class _Inflater:
    """Raw deflate (RFC 1951)."""

    def __init__(self) -> None:
        self._engine = zlib.decompressobj(-15)

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        return self._engine.eof

    def feed(self, packed: bytes) -> bytes:
        """See `_Engine`."""
        return self._engine.decompress(self._engine.unconsumed_tail + packed, _OUT)


class _Bunzipper:
    """Bzip2."""

    def __init__(self) -> None:
        self._engine = bz2.BZ2Decompressor()

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        return self._engine.eof

    def feed(self, packed: bytes) -> bytes:
        """See `_Engine`."""
        return self._engine.decompress(packed, _OUT)


def entry_pieces(source: BinaryIO, entry: Entry, *, overlaps: bool) -> Iterator[bytes]:
    """The bytes of one entry, for readers of formats that are a zip; they may be taken at any time.

    Raises:
        MemberBroken: there are none, at once, or no more of them, later.
    """
    problem = "its bytes overlap with those of another entry" if overlaps else problem_of(entry)
    if problem is not None:
        raise MemberBroken(problem)
    return _checked(source, entry, start_of(source, entry))


def start_of(source: BinaryIO, entry: Entry) -> int:
    """Where the bytes of an entry begin."""
    source.seek(entry.offset)
    local = source.read(LOCAL_SIZE)
    if len(local) < LOCAL_SIZE or not local.startswith(_LOCAL_MARK):
        raise MemberBroken("its bytes are not where the directory says")
    start = entry.offset + LOCAL_SIZE + int.from_bytes(local[26:28], "little")
    return start + int.from_bytes(local[28:30], "little")


def problem_of(entry: Entry) -> str | None:
    """Why an entry has no bytes to be read, as its directory states it; None where it may have."""
    mode = entry.attributes >> 16 if entry.made_on_unix else 0
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "it is a link" if stat.S_ISLNK(mode) else "it is no regular file"
    if entry.flags & _ENCRYPTED or entry.method == _AES:
        return "it is encrypted; hand it in without a password"
    if entry.method not in (STORED, DEFLATED, _BZIP2):
        return f"it is compressed by method {entry.method}, which cannot be read"
    if entry.method == STORED and entry.packed != entry.size:
        return "its two sizes contradict each other"
    return None


def _checked(source: BinaryIO, entry: Entry, start: int) -> Iterator[bytes]:
    """The bytes, of the size and with the checksum that the directory states, or not to the end."""
    checksum, size = 0, 0
    for piece in _unpacked(source, entry, start):
        size += len(piece)
        if size > entry.size:
            raise MemberBroken("more bytes come out of it than it states")
        checksum = zlib.crc32(piece, checksum)
        yield piece
    if size < entry.size:
        raise MemberBroken("fewer bytes come out of it than it states")
    if checksum != entry.crc:
        raise MemberBroken("its checksum is wrong")


def _unpacked(source: BinaryIO, entry: Entry, start: int) -> Iterator[bytes]:
    if entry.method == STORED:
        yield from _packed(source, start, entry.packed, _OUT)
        return
    engine: _Engine = _Inflater() if entry.method == DEFLATED else _Bunzipper()
    waiting = _packed(source, start, entry.packed, _IN)
    while not engine.eof:
        fresh = next(waiting, b"")
        try:
            piece = engine.feed(fresh)
            while piece:
                yield piece
                piece = b"" if engine.eof else engine.feed(b"")
        except (zlib.error, OSError, EOFError):
            raise MemberBroken("its compressed data is damaged") from None
        if not fresh and not engine.eof:
            raise MemberBroken("its compressed data is cut short")


def _packed(source: BinaryIO, start: int, size: int, piece: int) -> Iterator[bytes]:
    at, end = start, start + size
    while at < end:
        source.seek(at)
        content = source.read(min(piece, end - at))
        if not content:
            raise MemberBroken("the archive ends inside of it")
        at += len(content)
        yield content
