"""A large file as it is handed over: read where its bytes are needed, and refused if it is no longer the same.

Rule: a file is held by its name only between two looks at it, so each look makes sure that the name still leads to
the file that was found, and that it has as many bytes as it had.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHANGED = "it changed while it was read; try again when nobody writes to it"
_PIECE = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContent:
    """The bytes of a large file, as a `ContentSource`: read while they are sealed, and refused if they change."""

    path: Path = field(repr=False)
    size: int
    identity: tuple[int, int]

    @classmethod
    def of(cls, path: Path, status: os.stat_result) -> FileContent:
        """The content of the file that has this status."""
        return cls(path=path, size=status.st_size, identity=(status.st_dev, status.st_ino))

    def pieces(self) -> Iterator[bytes]:
        """See `ContentSource.pieces`."""
        left = self.size
        with self._opened() as descriptor:
            while piece := os.read(descriptor, _PIECE):
                left -= len(piece)
                if left < 0:
                    break
                yield piece
        if left:
            raise InvalidInput(CHANGED)

    @contextmanager
    def ranges(self) -> Iterator[FileRanges]:
        """Random access to it, for who only looks.

        Raises:
            InvalidInput: as `pieces`.
        """
        with self._opened() as descriptor:
            yield FileRanges(size=self.size, descriptor=descriptor)

    @contextmanager
    def _opened(self) -> Iterator[int]:
        try:
            # a pipe put in the place of the file would keep us waiting for its writer
            descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            try:
                status = os.fstat(descriptor)
                if (status.st_dev, status.st_ino) != self.identity or not stat.S_ISREG(status.st_mode):
                    raise InvalidInput(CHANGED)
                yield descriptor
            finally:
                os.close(descriptor)
        except OSError as error:
            raise InvalidInput(f"it cannot be read: {error.strerror or type(error).__name__}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRanges:
    """The bytes of an open file by their offsets."""

    size: int
    descriptor: int

    def read(self, offset: int, length: int) -> bytes:
        """Those from `offset` on, fewer than `length` where the file ends."""
        return os.pread(self.descriptor, length, offset)
