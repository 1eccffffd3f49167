"""Threads of Messenger and Instagram in JSON: many pages, one conversation.

Rule kept: a page is parsed once where its messages fit into memory, and twice where they do not, because what a
thread is called stands behind its messages. A damaged page gives what can be read of it and is named; the other pages
are read all the same. Every object in a list of messages comes out as a message or is counted as lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.chats.counted import Counted
from ingest.formats.chats.file_by_file import base_name, folder_of
from ingest.formats.chats.json_stream import walk
from ingest.formats.chats.meta_files import MediaFinder
from ingest.formats.chats.meta_messages import MessageReader, meant
from ingest.formats.chats.model import Said, Stated, Thread
from ingest.formats.chats.plain import entries, members
from ingest.formats.container import ContainerBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.json_stream import Piece
    from ingest.formats.chats.model import Export

MOST_HELD: Final = 12 << 20
"""Bytes of messages of one page that are kept while its end is looked at."""
_OVERHEAD: Final = 200
_MARKS: Final = (b'"timestamp_ms"', b'"senderName"')
_STREAMED: Final = frozenset({("messages", "*")})
_ID: Final = re.compile(r"_([A-Za-z0-9]*\d[A-Za-z0-9]*)$")
_SHORTEST_ID: Final = 6
_NUMBERED: Final = re.compile(r"_\d+$")
_PAIR: Final = 2


@dataclass(slots=True)
class Owner:
    """Whose export this is: by the names in the profile, else as the threads with one other person show."""

    names: frozenset[str] = frozenset()
    seen: str | None = None

    def of(self, participants: tuple[str, ...], title: str | None) -> str | None:
        """The owner among these: a thread with one other person bears that person's name."""
        for name in participants:
            if name in self.names:
                return name
        if len(participants) == _PAIR and title in participants and participants[0] != participants[1]:
            self.seen = participants[1] if participants[0] == title else participants[0]
            return self.seen
        return self.seen if self.seen in participants else None


@dataclass(slots=True)
class _Page:
    """One page: what it says of the thread, its messages where they were kept, and why it ended early.

    `stated` is how many messages there are by their times, counted apart from any parsing, `met` by the parser.
    """

    header: dict[str, Any] = field(default_factory=dict)
    held: list[Piece] | None = field(default_factory=list)
    problem: str | None = None
    stated: int = 0
    met: int = 0


def read_thread(
    export: Export,
    pages: list[str],
    *,
    platform: str,
    owner: Owner,
    single: bool = False,
    named: dict[str, int] | None = None,
) -> Iterator[Said | Stated | Remark]:
    """All messages of a thread, page by page as given, each in its own order.

    Args:
        export: where the pages are.
        pages: their names.
        platform: of the thread.
        owner: whose export it is; learns from the thread.
        single: this is one file by itself, so its folder says nothing of the thread.
        named: how many threads so far had each key that is only a name; learns from the thread.
    """
    thread: Thread | None = None
    reader: MessageReader | None = None
    for name in pages:
        page = _page(export, name)
        if thread is None or reader is None:
            thread = _thread(page.header, name, platform=platform, owner=owner, single=single)
            if named is not None and "threadName" in page.header:
                times = named[thread.key] = named.get(thread.key, 0) + 1
                if times > 1:  # another person of that name: two threads never make one record
                    thread = replace(thread, key=f"{thread.key} ({times})")
            reader = MessageReader(thread.owner, MediaFinder(export, name))
        pieces = iter(page.held) if page.held is not None else _messages(export, name)
        yield from _said(pieces, thread, reader, name)
        if page.problem is not None:
            text = f"the file could not be read to its end: {page.problem}"
            yield Remark(text=text, path=name, lost=page.stated - page.met if page.stated > page.met else None)
        yield Stated(what="messages", count=max(page.stated, page.met), path=name)


def _said(pieces: Iterator[Piece], thread: Thread, reader: MessageReader, name: str) -> Iterator[Said | Remark]:
    odd = 0
    for piece in pieces:
        if type(piece.value) is dict:
            yield Said(thread=thread, message=reader.message(piece.value, piece.raw))
        elif piece.problem is not None:
            yield Remark(text=f"a message could not be read: {piece.problem}", path=name, lost=1)
        else:
            odd += 1
    if odd:
        yield Remark(text="among the messages is what is no message of this format", path=name, lost=odd)


def _page(export: Export, name: str) -> _Page:
    page = _Page()
    held = 0
    with export.open(name) as source:
        counted = Counted(source, _MARKS)
        try:
            for piece in walk(counted.stream(), _STREAMED):
                if len(piece.path) == 1:
                    page.header[str(piece.path[0])] = piece.value
                    continue
                page.met += 1
                if page.held is not None:
                    held += len(piece.raw) + _OVERHEAD
                    page.held.append(piece)
                    if held > MOST_HELD:
                        page.held = None
        except ContainerBroken as problem:
            page.problem = str(problem)
            while counted.read(1 << 18):
                pass  # what is behind the damage is counted, not read
    page.stated = sum(counted.counts.values())
    return page


def _messages(export: Export, name: str) -> Iterator[Piece]:
    """The messages of a page that is too large to be kept; its damage was told already."""
    with export.open(name) as stream:
        try:
            for piece in walk(stream, _STREAMED):
                if len(piece.path) > 1:
                    yield piece
        except ContainerBroken:
            return


def _thread(header: dict[str, Any], name: str, *, platform: str, owner: Owner, single: bool) -> Thread:
    listed = (
        meant(one if type(one) is str else members(one).get("name")) for one in entries(header.get("participants"))
    )
    participants = tuple(dict.fromkeys(filter(None, listed)))
    title = meant(header.get("title") or header.get("threadName")).strip() or None
    stem = base_name(name).removesuffix(".json")
    if "threadName" in header and title == stem:
        title = _NUMBERED.sub("", title)  # these exports number the files, and the names of threads with them
    if "threadName" in header:
        key = f"e2ee {title or base_name(name)}"
    else:
        stated = base_name(meant(header.get("thread_path")).rstrip("/"))
        key = key_of(stated or ("" if single else base_name(folder_of(name).rstrip("/"))), title, participants, name)
    return Thread(
        platform=platform,
        key=key,
        title=title,
        participants=participants,
        owner=owner.of(participants, title),
        path=name if single or "threadName" in header else folder_of(name),
    )


def key_of(folder: str, title: str | None, participants: tuple[str, ...], name: str) -> str:
    """The platform's number of a thread, which stands behind its name in that of its folder; names change, it does not.

    Where there is none, what comes nearest: the folder's name, the title, the participants, the file's name.
    """
    match = _ID.search(folder)
    if match and len(match[1]) >= _SHORTEST_ID:
        return match[1]
    return folder or title or ", ".join(sorted(participants)) or base_name(name)
