"""Files handed in at the command line: every path is walked, every item found is given once, with its name.

Rule: nothing is parsed here. A mailbox file or an archive of files is given whole and taken apart once it is stored
(`ingest.unpacking`), a folder is walked in the order of names, and what cannot be read is an item with a reason,
never a gap. Links are not followed out of the folder.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.containers import container_kind_of, envelope_kind
from ingest.formats.container_kinds import ContainerKind, container_kind, may_be
from ingest.formats.detect import HEAD_BYTES, MediaKind, detect
from ingest.formats.maildir import is_maildir, read_maildir
from ingest.submission import DOCUMENT, EMAIL, STREAMED_FROM
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

LARGEST_FILE = 64 << 30
_PIECE = 1 << 18
_CHANGED = "it changed while it was read; try again when nobody writes to it"
_OWN = (ContainerKind.MAIL, ContainerKind.SELECTION)  # what only the archive itself makes containers of
KINDS = ("eml", "maildir", "file", *(one.value for one in ContainerKind if one not in _OWN))


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
            raise InvalidInput(_CHANGED)

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
                    raise InvalidInput(_CHANGED)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundItem:
    """One item of a path: its name, its bytes and what to read them as, or why there are no bytes.

    `source` is printable text for people; `remark` says what is odd about an item that can be taken all the same.
    """

    source: str
    payload: bytes | FileContent = field(default=b"", repr=False)
    kind: str = DOCUMENT
    problem: str | None = None
    remark: str | None = None

    @property
    def container(self) -> ContainerKind | None:
        """Which kind of container it is, None where it is none."""
        return container_kind_of(self.kind)

    @property
    def bytes_held(self) -> int:
        """How much memory its bytes take."""
        return len(self.payload) if isinstance(self.payload, bytes) else 0


def printable_name(name: str) -> str:
    """A file name as text that can be printed and stored: undecodable bytes and control characters replaced."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)


def find_items(paths: Sequence[Path], kind: str | None = None, *, without: Path | None = None) -> Iterator[FoundItem]:
    """All items below these paths.

    Args:
        paths: files, mailboxes, Maildirs and folders.
        kind: one of `KINDS`, where the caller knows better than the first bytes of each file.
        without: a folder that is passed over and said, such as the archive itself.
    """
    for path in paths:
        yield from _items_of(path, printable_name(path.name or str(path)), kind, without)


def _items_of(path: Path, source: str, kind: str | None, without: Path | None) -> Iterator[FoundItem]:
    waiting = [(path, source)]  # no recursion: folders may be nested as deep as a path is long
    while waiting:
        here, name = waiting.pop()
        try:
            if here is not path and here.is_symlink():
                yield FoundItem(source=name, problem="it is no regular file")
            elif here.is_dir():
                if without is not None and here.samefile(without):
                    yield FoundItem(source=name, problem="it is the archive itself")
                elif kind == "maildir" or (kind is None and is_maildir(here)):
                    yield from _maildir_items(here, name)
                else:
                    inside = sorted(os.listdir(here), reverse=True)  # noqa: PTH208 - names may be undecodable
                    waiting += [(here / one, f"{name}/{printable_name(one)}") for one in inside]
            elif here.is_file():
                yield from _file_items(here, name, kind)
            elif here.exists():
                yield FoundItem(source=name, problem="it is no regular file")
            else:
                yield FoundItem(source=name, problem="it does not exist")
        except OSError as error:
            yield FoundItem(source=name, problem=f"it cannot be read: {error.strerror or type(error).__name__}")


def _maildir_items(path: Path, source: str) -> Iterator[FoundItem]:
    for message in read_maildir(path):
        name = f"{source}/{message.source}"
        if message.problem is not None and not message.raw:
            yield FoundItem(source=name, problem=message.problem)
        else:
            yield FoundItem(source=name, payload=message.raw, kind=EMAIL, remark=message.problem)


def _file_items(path: Path, source: str, kind: str | None) -> Iterator[FoundItem]:
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
        stream.seek(0)
        status = os.fstat(stream.fileno())
        if status.st_size > LARGEST_FILE:
            yield FoundItem(source=source, problem=f"it has {status.st_size:,} bytes, more than {LARGEST_FILE:,}")
            return
        if kind in set(ContainerKind) and not may_be(ContainerKind(kind), head):
            yield FoundItem(source=source, problem=f"it does not begin as a {kind} does; leave out --kind, or name it")
            return
        content = stream.read() if status.st_size < STREAMED_FROM else FileContent.of(path, status)
        yield FoundItem(source=source, payload=content, kind=kind_of_file(head, path.name, kind))


def kind_of_file(head: bytes, name: str, chosen: str | None = None) -> str:
    """As what a file is handed over (`Handover.kind`): a mail, a container of some kind, or any other document.

    Args:
        head: its first 4 kB.
        name: its name.
        chosen: one of `KINDS`, where somebody knows better.
    """
    if chosen in set(ContainerKind):
        return envelope_kind(ContainerKind(chosen))
    if chosen is None:
        container = container_kind(head, name)
        if container is not None:
            return envelope_kind(container)
        is_mail = detect(head, name).kind is MediaKind.EML or name.lower().endswith(".eml")
        return EMAIL if is_mail else DOCUMENT
    return EMAIL if chosen == "eml" else DOCUMENT
