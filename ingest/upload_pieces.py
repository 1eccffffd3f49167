"""The bytes of an upload while it is under way: sealed pieces of one MiB in files of their own, appended one by one.

Rule: an offset is told only for bytes that would survive a loss of power. A piece is replaced as a whole (written
aside, synced, renamed), so that a connection or a program that breaks off leaves the bytes before it as they were. Only
the last piece of a file is ever short; what is appended to it is sealed with it anew. Every piece is bound to its
upload, its file and its place, so that none can be put in the place of another.

Layout: ``uploads/<upload>/<file>/<piece>``, both numbers counted from 0.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from storage.errors import Conflict, Corrupt, InvalidInput, NotFound
from storage.files import sync_folder, write_whole
from storage.sealing import SealKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage.vault import HolderKey, Vault

PIECE: Final = 1 << 20
_MOST_PIECES: Final = 1 << 20


class WrongOffset(Conflict):
    """Bytes were sent for another place than the one that comes next; `expected` says which that is."""

    kind = "mismatching_upload_offset"


def refuse_offset(provided: int, expected: int) -> None:
    """Refuse bytes for another place than the next.

    Raises:
        WrongOffset: they are.
    """
    if provided != expected:
        raise WrongOffset(
            f"the next byte to be sent is number {expected}; ask for the offset and go on there",
            expected=expected,
            provided=provided,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadPieces:
    """The pieces of one upload; `folder` is that of all uploads. Safe from several threads and programs."""

    vault: Vault
    key: HolderKey = field(repr=False)
    folder: Path

    @property
    def _own(self) -> Path:
        return self.folder / self.key.holder

    def make(self) -> None:
        """Make its folder durable."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self._own.mkdir(mode=0o700, exist_ok=True)
        sync_folder(self.folder)

    def offset(self, number: int) -> int:
        """How many bytes of a file are there.

        Raises:
            NotFound: the upload has ended.
            Corrupt: the last piece is not what was sealed.
        """
        count = self._count(number)
        return 0 if count == 0 else (count - 1) * PIECE + len(self._piece(number, count - 1))

    def append(self, number: int, offset: int, content: bytes) -> int:
        """Append to a file what comes at `offset`; returns the offset behind it, durable.

        Raises:
            WrongOffset: another offset comes next.
            StorageFull, TemporarilyUnavailable: some of it may be there; ask for the offset.
        """
        with self._alone():
            there = self.offset(number)
            refuse_offset(offset, there)
            place = self._own / str(number)
            if not place.is_dir():
                place.mkdir(mode=0o700, exist_ok=True)
                sync_folder(self._own)
            view = memoryview(content)
            while view:
                at, held = divmod(there, PIECE)
                before = self._piece(number, at) if held else b""
                part = view[: PIECE - held]
                sealed = self.vault.seal(self.key, SealKind.DRAFT, self._name(number, at), before + bytes(part))
                write_whole(place / str(at), sealed)
                there += len(part)
                view = view[len(part) :]
            os.utime(self._own)  # whoever tidies sees that somebody is at it
        return there

    def content(self, number: int, size: int, sha256: str | None = None) -> PiecedFile:
        """A whole file of this many bytes, as a `ContentSource`."""
        return PiecedFile(pieces_of=self, number=number, size=size, sha256=sha256)

    def head(self, number: int, length: int) -> bytes:
        """The first bytes of a file, at most a piece."""
        return b"" if self._count(number) == 0 else self._piece(number, 0)[:length]

    def read(self, number: int) -> Iterator[bytes]:
        """The bytes of a file that are there, piece by piece.

        Raises:
            Corrupt: a piece is not what was sealed.
        """
        for at in range(self._count(number)):
            yield self._piece(number, at)

    def remove(self) -> None:
        """Remove all of it; harmless when it is gone."""
        shutil.rmtree(self._own, ignore_errors=True)

    def _count(self, number: int) -> int:
        """How many pieces there are; they lie without a gap, so that a search by halves finds the last."""
        if not self._own.is_dir():
            raise NotFound(f"there is no upload {self.key.holder}; begin again", upload=self.key.holder)
        place = self._own / str(number)
        first, beyond = 0, 1
        while beyond < _MOST_PIECES and (place / str(beyond - 1)).exists():
            first, beyond = beyond, beyond * 2
        while first < beyond - 1:
            middle = (first + beyond) // 2
            if (place / str(middle - 1)).exists():
                first = middle
            else:
                beyond = middle
        return first

    def _piece(self, number: int, at: int) -> bytes:
        try:
            sealed = (self._own / str(number) / str(at)).read_bytes()
        except FileNotFoundError as error:
            raise NotFound(f"there is no upload {self.key.holder}; begin again", upload=self.key.holder) from error
        except OSError as error:
            raise Corrupt("the disk cannot read a piece of an upload", upload=self.key.holder) from error
        return self.vault.unseal(self.key, SealKind.DRAFT, self._name(number, at), sealed)

    def _name(self, number: int, at: int) -> str:
        return f"{self.key.holder}/{number}/{at}"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the right to append; whoever waits for it waits for one piece at most."""
        try:
            descriptor = os.open(self._own, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise NotFound(f"there is no upload {self.key.holder}; begin again", upload=self.key.holder) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


@dataclass(frozen=True, slots=True, kw_only=True)
class PiecedFile:
    """One file of an upload, whole: read while it is sealed as a submission, and refused if it is another."""

    pieces_of: UploadPieces = field(repr=False)
    number: int
    size: int
    sha256: str | None = None

    def pieces(self) -> Iterator[bytes]:
        """See `ContentSource.pieces`.

        Raises:
            InvalidInput: it is not whole, or has another SHA-256 than was said.
            NotFound: the upload has ended.
        """
        digest, size = hashlib.sha256(), 0
        for piece in self.pieces_of.read(self.number):
            digest.update(piece)
            size += len(piece)
            yield piece
        if size != self.size:
            raise InvalidInput(f"file {self.number + 1} is not whole; send the rest of it", number=self.number + 1)
        if self.sha256 is not None and digest.hexdigest() != self.sha256:
            raise InvalidInput(
                f"file {self.number + 1} has another SHA-256 than was said; begin again", number=self.number + 1
            )
