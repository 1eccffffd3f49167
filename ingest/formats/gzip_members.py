"""A gzip file (RFC 1952) as a container of the one file in it.

Rule kept: the size that the trailer states is not believed for anything; the checksum is verified, and a stream that
is cut short or damaged gives what came out before that with the reason. Several members, one after the other (§2.2),
are one file; what follows the last of them and is no member is passed over and said, as gzip(1) does. A WARC file is
taken apart as it is (`captures.warc_members`), since its members are its records.
"""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING, BinaryIO

from ingest.formats.captures import warc_members
from ingest.formats.captures.warc_members import load
from ingest.formats.captures.warc_records import is_warc
from ingest.formats.container import UNTOLD, Declared, MemberBroken, Remark
from ingest.formats.member_content import file_member

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.container import Circumstances, Found

__all__ = ["READER", "load", "members"]

READER = "gzip 2"
_MARK = b"\x1f\x8b"
_BLOCK = 1 << 18
_OUT = 1 << 20
_GZIP_WINDOW = 31  # 15 bits and a gzip header (zlib's inflateInit2)
_ENDINGS = ((".tgz", ".tar"), (".taz", ".tar"), (".gz", ""), (".z", ""))


def members(source: BinaryIO, name: str, about: Circumstances = UNTOLD) -> Iterator[Found]:
    """See `formats.container.ContainerReader`."""
    size = source.seek(0, io.SEEK_END)
    if is_warc(warc_members.opened_file(source, name, size).stream):
        yield from warc_members.members(source, name, about)
        return
    source.seek(0)
    feed = _Feed(source)
    yield file_member(_inner_name(name), _inflate(feed))
    if feed.trailing:
        yield Remark(text="bytes behind the compressed data were passed over")
    yield Declared(count=1)


def _inner_name(name: str) -> str:
    for ending, instead in _ENDINGS:
        if name.lower().endswith(ending):
            return name[: -len(ending)] + instead
    return name


class _Feed:
    """The compressed bytes, a block at a time; `trailing` tells whether others follow them."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._held = b""
        self.trailing = False

    def begins(self, *, first: bool) -> bool:
        """Whether a member begins here; what is none is passed over, padding with zero bytes in silence."""
        if len(self._held) < len(_MARK):
            self._held += self._source.read(_BLOCK)
        if self._held.startswith(_MARK) or (first and self._held):
            return True
        while self._held and not self._held.strip(b"\0"):
            self._held = self._source.read(_BLOCK)
        self.trailing = bool(self._held)
        return False

    def take(self) -> bytes:
        """The next bytes, empty at the end."""
        held, self._held = self._held or self._source.read(_BLOCK), b""
        return held

    def give_back(self, rest: bytes) -> None:
        """Bytes that were not used."""
        self._held = rest


def _inflate(feed: _Feed) -> Iterator[bytes]:
    first = True
    while feed.begins(first=first):
        first = False
        yield from _one(feed)


def _one(feed: _Feed) -> Iterator[bytes]:
    engine = zlib.decompressobj(_GZIP_WINDOW)
    while not engine.eof:
        held = feed.take()
        try:
            piece = engine.decompress(held, _OUT)
        except zlib.error:
            raise MemberBroken("the compressed data is damaged") from None
        feed.give_back(engine.unused_data if engine.eof else engine.unconsumed_tail)
        if piece:
            yield piece
        elif not held:
            raise MemberBroken("the compressed data is cut short")
