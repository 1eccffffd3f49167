"""Files handed in at the command line: every path is walked, every item found is given once, with its name.

Rule: nothing is parsed here. A mailbox is cut at its separators, a folder is walked in the order of names,
and what cannot be read is an item with a reason, never a gap. Links are not followed out of the folder.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.examiner import DOCUMENT, EMAIL
from ingest.formats.detect import HEAD_BYTES, MediaKind, detect
from ingest.formats.maildir import is_maildir, read_maildir
from ingest.formats.mbox import split_mbox
from ingest.submission import STREAMED_FROM
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

LARGEST_FILE = 64 << 30
_PIECE = 1 << 18
KINDS = ("eml", "mbox", "maildir", "file")


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
        changed = InvalidInput("it changed while it was read; try again when nobody writes to it")
        left = self.size
        try:
            # a pipe put in the place of the file would keep us waiting for its writer
            with os.fdopen(os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb", buffering=0) as stream:
                status = os.fstat(stream.fileno())
                if (status.st_dev, status.st_ino) != self.identity or not stat.S_ISREG(status.st_mode):
                    raise changed
                while piece := stream.read(_PIECE):
                    left -= len(piece)
                    if left < 0:
                        break
                    yield piece
        except OSError as error:
            raise InvalidInput(f"it cannot be read: {error.strerror or type(error).__name__}") from error
        if left:
            raise changed


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
        detected = detect(stream.read(HEAD_BYTES), path.name).kind
        stream.seek(0)
        if kind == "mbox" or (kind is None and detected is MediaKind.MBOX):
            for message in split_mbox(stream):
                name = f"{source}#{message.number}"
                if message.problem is not None and not message.raw:
                    yield FoundItem(source=name, problem=message.problem)
                else:
                    yield FoundItem(source=name, payload=message.raw, kind=EMAIL, remark=message.problem)
            return
        status = os.fstat(stream.fileno())
        if status.st_size > LARGEST_FILE:
            yield FoundItem(source=source, problem=f"it has {status.st_size:,} bytes, more than {LARGEST_FILE:,}")
            return
        is_mail = kind == "eml" or (kind is None and (detected is MediaKind.EML or _named_mail(path)))
        content = stream.read() if status.st_size < STREAMED_FROM else FileContent.of(path, status)
        yield FoundItem(source=source, payload=content, kind=EMAIL if is_mail else DOCUMENT)


def _named_mail(path: Path) -> bool:
    return path.suffix.lower() == ".eml"
