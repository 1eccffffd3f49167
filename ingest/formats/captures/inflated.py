"""Compressed bytes as a file that can be read from any place: gzip (RFC 1952), raw deflate (RFC 1951), Zstandard.

Rule kept: memory is bounded whatever comes out. Places to begin from are kept on the way, at the start of every gzip
member and inside of long ones, and thinned out when there are many; so a file of one compressed record after the other
and one that was compressed as a whole are the same to whoever reads. In a frame of Zstandard there is no place to begin
from but its start, so how much is read again is bounded. Bytes that cannot be had end the file, and `problem` says why;
that a file of few bytes unfolds without end is an error.
"""

from __future__ import annotations

import io
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from ingest.formats.captures.compressions import DAMAGE, GZIP, MARK_BYTES
from ingest.formats.container import ContainerBroken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.captures.compressions import Compression

_IN: Final = 1 << 16
_OUT: Final = 1 << 18
_BLOCK: Final = 1 << 16
_BLOCKS_KEPT: Final = 256
_FIRST_SPACING: Final = 1 << 20
_MOST_PLACES: Final = 512
_FREE: Final = 512 << 20
_RATIO: Final = 200
_MOST_AGAIN: Final = 64 << 30


@dataclass(frozen=True, slots=True)
class _Place:
    """Where reading can begin: offset in what comes out, offset in what goes in, and the engine as it was there."""

    out_at: int
    in_at: int
    engine: Any  # None at the beginning of a member


class InflatedFile(io.RawIOBase):
    """What comes out of compressed bytes, as a file whose length is not known before it was read.

    Args:
        source: the compressed bytes, seekable.
        size: how many there are.
        compression: how they are compressed: as one stream, or as one after the other where streams have a mark.
    """

    def __init__(self, source: BinaryIO, size: int, compression: Compression = GZIP) -> None:
        super().__init__()
        self.problem: str | None = None
        self.trailing = False
        self._source = source
        self._size = size
        self._compression = compression
        self._again = self._furthest = 0
        self._spacing = _FIRST_SPACING
        self._places = [_Place(0, 0, None)]
        self._at = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._begin(self._places[0])

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Set the place of the next read; from the beginning or from here.

        Raises:
            ValueError: it is before the beginning, or counted from the end.
        """
        if whence == io.SEEK_END:
            raise ValueError("the end is not known")
        place = offset + (self._at if whence == io.SEEK_CUR else 0)
        if place < 0:
            raise ValueError("a place before the beginning")
        self._at = place
        return place

    def read(self, size: int | None = -1) -> bytes:
        """So many bytes, fewer only at the end.

        Raises:
            ContainerBroken: more comes out than its size allows.
            ValueError: no size is given.
        """
        if size is None or size < 0:
            raise ValueError("all of it is too much")
        parts: list[bytes] = []
        while size:
            number, skipped = divmod(self._at, _BLOCK)
            part = self._block(number)[skipped : skipped + size]
            if not part:
                break
            parts.append(part)
            self._at += len(part)
            size -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """As `read`, into a buffer."""
        content = self.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def _block(self, number: int) -> bytes:
        """A block of what comes out, shorter at the end; those that were read last are kept."""
        block = self._blocks.get(number)
        if block is None:
            block = self._blocks[number] = self._inflated(number * _BLOCK, _BLOCK)
            if len(self._blocks) > _BLOCKS_KEPT:
                self._blocks.popitem(last=False)
        self._blocks.move_to_end(number)
        return block

    def _inflated(self, at: int, size: int) -> bytes:
        if not self._held_at <= at <= self._out_at:
            self._approach(at)
        parts: list[bytes] = []
        while size:
            while self._out_at <= at:
                if not self._advance():
                    return b"".join(parts)
            skipped = at - self._held_at
            part = self._held[skipped : skipped + size]
            parts.append(part)
            at += len(part)
            size -= len(part)
        return b"".join(parts)

    def _approach(self, at: int) -> None:
        """Go on from the last place before the one that is wanted, unless what is being read is nearer."""
        best = self._places[0]
        for place in self._places:
            if place.out_at > at:
                break
            best = place
        if at < self._held_at or best.out_at > self._out_at:
            self._begin(best)

    def _begin(self, place: _Place) -> None:
        self._engine: Any = None if place.engine is None else place.engine.copy()
        self._in_at = place.in_at
        self._fed = b""
        self._held, self._held_at, self._out_at = b"", place.out_at, place.out_at

    def _advance(self) -> bool:
        """Inflate some more; False at the end, wherever that is."""
        if self._engine is None and not self._next_member():
            return False
        engine = self._engine
        assert engine is not None
        if not self._fed:
            self._source.seek(self._in_at)
            self._fed = self._source.read(min(_IN, self._size - self._in_at))
            self._in_at += len(self._fed)
        fed = bool(self._fed)
        try:
            piece = engine.decompress(self._fed, _OUT)
        except DAMAGE:
            self.problem = "its compressed data is damaged"
            return False
        self._held, self._held_at = piece, self._out_at
        self._out_at += len(piece)
        self._count_again(len(piece))
        if self._out_at > _FREE and self._out_at > _RATIO * self._size:
            raise ContainerBroken("too much comes out of its compressed data for its size")
        self._fed = engine.unused_data if engine.eof else engine.unconsumed_tail
        if engine.eof:
            self._engine = None
        elif not fed and not piece:
            self.problem = "its compressed data is cut short"
            return False
        self._keep()
        return True

    def _count_again(self, size: int) -> None:
        """Bound what is read again, where reading can only begin at the start of a stream."""
        if self._compression.resumable:
            return
        self._again += max(size - max(self._out_at - self._furthest, 0), 0)
        self._furthest = max(self._furthest, self._out_at)
        if self._again > _MOST_AGAIN:
            raise ContainerBroken(
                "it is compressed in one piece that would be read again too often; decompress it and hand in the file"
            )

    def _next_member(self) -> bool:
        """Begin the next stream, if there is one."""
        if self._compression.mark is None:
            if self._out_at or self._in_at:
                return False  # a raw stream has one end
            self._engine = self._compression.begin()
            return True
        at = self._in_at - len(self._fed)
        while len(self._fed) < MARK_BYTES and self._in_at < self._size:
            self._source.seek(self._in_at)
            piece = self._source.read(min(_IN, self._size - self._in_at))
            if not piece:
                break
            self._in_at += len(piece)
            self._fed += piece
        if not self._compression.begins(self._fed):
            self.trailing = bool(self._fed.strip(b"\0")) and at > 0
            return False
        self._engine = self._compression.begin()
        return True

    def _keep(self) -> None:
        """Keep this place to begin from, where the last one is far."""
        last = self._places[-1]
        if self._out_at - last.out_at < self._spacing:
            return
        if self._engine is not None and not self._compression.resumable:
            return
        engine = None if self._engine is None else self._engine.copy()
        self._places.append(_Place(self._out_at, self._in_at - len(self._fed), engine))
        if len(self._places) > _MOST_PLACES:
            self._places = self._places[::2]
            self._spacing *= 2


class RangeOfFile(io.RawIOBase):
    """A range of a seekable file as a file of its own."""

    def __init__(self, source: BinaryIO, start: int, size: int) -> None:
        super().__init__()
        self._source = source
        self._start = start
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Set the place of the next read."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(base + offset, 0)
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        """So many bytes, fewer only at the end."""
        left = max(self._size - self._at, 0)
        wanted = left if size is None or size < 0 else min(size, left)
        self._source.seek(self._start + self._at)
        content = self._source.read(wanted)
        self._at += len(content)
        return content


def pieces_of(source: BinaryIO, at: int, size: int, piece: int = 1 << 16) -> Iterator[bytes]:
    """The bytes from an offset on, in pieces, fewer than `size` where they end; others may read meanwhile."""
    end = at + size
    while at < end:
        source.seek(at)
        content = source.read(min(piece, end - at))
        if not content:
            return
        at += len(content)
        yield content
