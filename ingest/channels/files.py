"""Files handed in at the command line: every path is walked, every item found is given once, with its name.

Rule: nothing is parsed here. A mailbox file or an archive of files is given whole and taken apart once it is stored
(`ingest.unpacking`), and so is a folder that looks like an export that somebody unpacked: it is packed again on its
way in. Any other folder is walked in the order of names, and what cannot be read is an item with a reason, never a
gap. Links are not followed out of the folder.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.channels.export_folders import layout_of
from ingest.channels.file_content import FileContent
from ingest.channels.folder_packing import PackedFolder, pack
from ingest.containers import container_kind_of, envelope_kind
from ingest.formats.container_kinds import ContainerKind, container_kind, may_be
from ingest.formats.detect import HEAD_BYTES, MediaKind, detect
from ingest.formats.maildir import is_maildir, read_maildir
from ingest.submission import DOCUMENT, EMAIL, STREAMED_FROM
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ingest.picture_sets import PictureSet

LARGEST_FILE = 64 << 30
_OWN = (ContainerKind.MAIL, ContainerKind.SELECTION)  # what only the archive itself makes containers of
KINDS = ("eml", "maildir", "file", *(one.value for one in ContainerKind if one not in _OWN))


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundItem:
    """One item of a path: its name, its bytes and what to read them as, or why there are no bytes.

    `source` is printable text for people; `remark` says what is odd about an item that can be taken all the same;
    `beside` are pairs for the envelope's transport.
    """

    source: str
    payload: bytes | FileContent | PackedFolder | PictureSet = field(default=b"", repr=False)
    kind: str = DOCUMENT
    problem: str | None = None
    remark: str | None = None
    beside: tuple[tuple[str, str], ...] = field(default=(), repr=False)

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
        yield from _items_of(path, printable_name(path.name or path.resolve().name or str(path)), kind, without)


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
                elif packed := list(_export_items(here, name, kind, without)):
                    yield from packed
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


def _export_items(path: Path, source: str, kind: str | None, without: Path | None) -> Iterator[FoundItem]:
    """A folder that is an export, or that somebody says is one, as a zip; nothing where it is neither."""
    layout = layout_of(path) if kind is None else None
    if layout is None and kind != ContainerKind.EXPORT:
        return
    problems: list[FoundItem] = []

    def refused(name: bytes, reason: str) -> None:
        inside = printable_name(os.fsdecode(name))
        problems.append(FoundItem(source=f"{source}/{inside}" if inside else source, problem=reason))

    under = os.fsencode(path.resolve().name) if layout is not None and layout.is_part else b""
    try:
        folder = pack(path, refused, under=under, without=without, largest=LARGEST_FILE)
    except InvalidInput as error:
        yield FoundItem(source=source, problem=error.message)
        return
    if folder is None:
        return
    yield from problems
    count = len(folder.files)
    files = "1 file" if count == 1 else f"{count:,} files"
    remark = f"packed by the archive from a folder of {files}; the SHA-256 of each is in the zip"
    yield FoundItem(source=source, payload=folder, kind=envelope_kind(ContainerKind.ZIP), remark=remark)


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
