"""Files handed in at the command line: every path is walked, every item found is given once, with its name.

Rule: nothing is parsed here. A mailbox is cut at its separators, a folder is walked in the order of names,
and what cannot be read is an item with a reason, never a gap. Links are not followed out of the folder.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.examiner import DOCUMENT, EMAIL
from ingest.formats.detect import HEAD_BYTES, MediaKind, detect
from ingest.formats.maildir import is_maildir, read_maildir
from ingest.formats.mbox import split_mbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

LARGEST_FILE = 512 * 1024 * 1024
KINDS = ("eml", "mbox", "maildir", "file")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundItem:
    """One item of a path: its name, its bytes and what to read them as, or why there are no bytes.

    `source` is printable text for people; `remark` says what is odd about an item that can be taken all the same.
    """

    source: str
    payload: bytes = field(default=b"", repr=False)
    kind: str = DOCUMENT
    problem: str | None = None
    remark: str | None = None


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
        size = os.fstat(stream.fileno()).st_size
        if size > LARGEST_FILE:
            yield FoundItem(source=source, problem=f"it has {size:,} bytes, more than {LARGEST_FILE:,}")
            return
        is_mail = kind == "eml" or (kind is None and (detected is MediaKind.EML or _named_mail(path)))
        yield FoundItem(source=source, payload=stream.read(), kind=EMAIL if is_mail else DOCUMENT)


def _named_mail(path: Path) -> bool:
    return path.suffix.lower() == ".eml"
