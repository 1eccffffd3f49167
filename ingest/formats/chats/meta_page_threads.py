"""Threads and posts of Meta's exports from pages of HTML.

Rule kept: a page prints times without a zone, and so they are given. A conversation that is there as JSON too is read
from there, because JSON says more; that is for the caller to see to. A box whose time cannot be read is given undated
and the page is named, with how many there were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.formats.chats.file_by_file import base_name, folder_of
from ingest.formats.chats.meta_files import MediaFinder
from ingest.formats.chats.meta_messages import joined
from ingest.formats.chats.meta_pages import boxes, participants_of, printed_times, title_of
from ingest.formats.chats.meta_threads import key_of
from ingest.formats.chats.meta_times import PrintedTimes
from ingest.formats.chats.model import ChatMessage, Said, Stated, Thread, ThreadKind
from ingest.formats.container import Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.meta_entries import Keys
    from ingest.formats.chats.meta_pages import Box
    from ingest.formats.chats.meta_threads import Owner
    from ingest.formats.chats.model import Export


def read_page_thread(
    export: Export, pages: list[str], *, platform: str, owner: Owner, single: bool = False
) -> Iterator[Said | Stated | Remark]:
    """All messages of a thread, page by page as given.

    Raises:
        MemberBroken: a page is too large, or has too many elements.
    """
    thread: Thread | None = None
    for name in pages:
        page = _text(export, name)
        times = PrintedTimes(page, day_first=export.day_first)
        if thread is None:
            title, participants = title_of(page), participants_of(page, times)
            thread = Thread(
                platform=platform,
                key=key_of("" if single else base_name(folder_of(name).rstrip("/")), title, participants, name),
                title=title,
                participants=participants,
                owner=owner.of(participants, title),
                path=name if single else folder_of(name),
                media_type="text/html",
            )
        count = undated = 0
        for box in boxes(page, times, MediaFinder(export, name)):
            count += 1
            undated += box.at is None
            yield Said(thread=thread, message=_message(box, thread.owner))
        yield from _account(name, page, count, undated, "messages")


def read_page_posts(
    export: Export, name: str, *, platform: str, owner: str | None, keys: Keys
) -> Iterator[Said | Stated | Remark]:
    """All posts or comments of a page.

    Raises:
        MemberBroken: it is too large, or has too many elements.
    """
    page = _text(export, name)
    times = PrintedTimes(page, day_first=export.day_first)
    kind = "comment" if "comment" in base_name(name) and "posts" not in base_name(name) else "post"
    count = undated = 0
    for box in boxes(page, times, MediaFinder(export, name)):
        count += 1
        undated += box.at is None
        text, title = _said(box, headed=platform != "instagram", of_somebody=kind == "comment")
        message = ChatMessage(
            at=box.at,
            sender=owner,
            text=text,
            raw=box.raw,
            side="right" if owner else None,
            attachments=box.media,
            reactions=box.reactions,
        )
        thread = Thread(
            platform=platform,
            key=keys.key(kind, {"fbid": f"{box.printed} {box.heading or ''}".strip()}, None),
            title=title,
            participants=(owner,) if owner else (),
            owner=owner,
            kind=ThreadKind.POST,
            path=name,
            media_type="text/html",
        )
        yield Said(thread=thread, message=message)
    yield from _account(name, page, count, undated, "posts")


def _said(box: Box, *, headed: bool, of_somebody: bool) -> tuple[str, str | None]:
    """Text and title of a post: Facebook heads it with what was done, Instagram with the caption.

    A comment on Instagram is a table of what was said and whose post it was on.
    """
    if box.rows:
        titled = of_somebody and len(box.rows) > 1
        rest = box.rows[2 if titled else 1 :]
        text = joined([box.text, *(f"{label}: {value}" for label, value in rest)])
        return text, box.rows[1][1] if titled else None
    return (box.text, box.heading) if headed else (joined([box.heading or "", box.text]), None)


def _message(box: Box, owner: str | None) -> ChatMessage:
    return ChatMessage(
        at=box.at,
        sender=box.heading,
        text=box.text,
        raw=box.raw,
        side=None if owner is None else "right" if box.heading == owner else "left",
        attachments=box.media,
        reactions=box.reactions,
    )


def _account(name: str, page: str, count: int, undated: int, what: str) -> Iterator[Stated | Remark]:
    if undated:
        yield Remark(
            text=f"{undated} of its printed times could not be read; what they belong to is undated", path=name
        )
    if not count:
        yield Remark(text=f"no {what} could be told apart in the page", path=name, lost=None)
    stated = max(count, printed_times(page))
    yield Stated(what="messages", count=stated, path=name)
    if what == "posts":
        yield Stated(what=what, count=stated, path=name)


def _text(export: Export, name: str) -> str:
    return export.read(name).decode("utf-8", "surrogateescape").removeprefix("\ufeff")
