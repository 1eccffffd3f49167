"""An export in an archive of files: its entries by name, opened as often as a reader likes, in bounded memory.

Rule kept: nothing is unpacked anywhere; what a reader opens is decompressed while it reads. Of two entries of one name
the first is the file and the other is left to who gives out the rest, so that neither hides the other.
"""

from __future__ import annotations

import io
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, cast

from ingest.formats.container import MemberBroken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

MOST_FILES = 300_000
"""Files of an archive above which it is taken apart as an archive of files, whatever is in it."""
_HEAD_BYTES = 4096
_MOST_HEADS = 16 << 20


class ArchivedFiles:
    """See `model.Export`.

    Args:
        name: the archive's file name.
        sizes: the size that each file states, by name, in the order of the archive.
        pieces: gives the bytes of a file; `MemberBroken` at any time.
        zone: the zone of our archive.
        day_first: what the submitter says.
    """

    def __init__(
        self,
        name: str,
        sizes: Mapping[str, int],
        pieces: Callable[[str], Iterable[bytes]],
        *,
        zone: ZoneInfo,
        day_first: bool | None = None,
    ) -> None:
        self.name = name
        self.zone = zone
        self.day_first = day_first
        self.names: Sequence[str] = tuple(sizes)
        self.opened: set[str] = set()
        self._sizes = sizes
        self._pieces = pieces
        self._heads: dict[str, tuple[int, bytes]] = {}
        self._heads_size = 0

    def has(self, name: str) -> bool:
        """See `Export`."""
        return name in self._sizes

    def size(self, name: str) -> int:
        """See `Export`."""
        return self._sizes.get(name, 0)

    def open(self, name: str) -> BinaryIO:
        """See `Export`."""
        pieces = self.pieces(name)
        self.opened.add(name)
        return cast("BinaryIO", PieceStream(pieces))

    def pieces(self, name: str) -> Iterator[bytes]:
        """The bytes of a file in pieces.

        Raises:
            MemberBroken: there are none.
        """
        if name not in self._sizes:
            raise MemberBroken("it is not in the export")
        return iter(self._pieces(name))

    def head(self, name: str, size: int = _HEAD_BYTES) -> bytes:
        """See `Export`."""
        looked_at, found = self._heads.get(name, (0, b""))
        if looked_at >= size:
            return found[:size]
        # every reader looks at the same first files, so these are kept and others do not push them out
        more = self._head(name, max(size, _HEAD_BYTES))
        if self._heads_size + len(more) - len(found) <= _MOST_HEADS:
            self._heads_size += len(more) - len(found)
            self._heads[name] = (max(size, _HEAD_BYTES), more)
        return more[:size]

    def read(self, name: str, limit: int = 64 << 20) -> bytes:
        """See `Export`."""
        with self.open(name) as stream:
            content = stream.read(limit + 1)
        if len(content) > limit:
            raise MemberBroken("it is larger than can be read")
        return content

    def _head(self, name: str, size: int) -> bytes:
        found = bytearray()
        with suppress(MemberBroken):
            for piece in self.pieces(name):
                found += piece
                if len(found) >= size:
                    break
        return bytes(found[:size])


class PieceStream(io.RawIOBase):
    """Pieces as a stream that is read forward; `read` passes on what the pieces raise."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._held = memoryview(b"")

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """See `io.RawIOBase`."""
        if not self._held:
            self._held = memoryview(next(self._pieces, b""))
        taken = self._held[: len(buffer)]
        buffer[: len(taken)] = taken
        self._held = self._held[len(taken) :]
        return len(taken)

    def read(self, size: int | None = -1) -> bytes:
        """So many bytes, fewer only at the end; all of them without a size."""
        parts: list[bytes | memoryview] = []
        left = size if size is not None and size >= 0 else -1
        while left:
            if not self._held:
                self._held = memoryview(next(self._pieces, b""))
                if not self._held:
                    break
            part = self._held if left < 0 else self._held[:left]
            self._held = self._held[len(part) :]
            left -= len(part) if left > 0 else 0
            parts.append(part)
        return b"".join(parts)
