"""messages.html, messages2.html, ... of Telegram Desktop: the pages of one chat, a thousand messages each.

Rule kept: the place of an element decides what it is (export_output_html.cpp of telegramdesktop/tdesktop). A block
that is ``joined`` has the sender of the block before; a ``from_name`` inside ``forwarded`` is not the sender; a notice
has no time of its own and gets none, but the day of the heading above it. The headings are layout and no messages.
Where a title of time ends in ``UTC+01:00`` it is an instant, otherwise the local time of the exporting machine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from ingest.formats.charsets import storable
from ingest.formats.chats.file_by_file import base_name, folder_of
from ingest.formats.chats.html_tree import elements
from ingest.formats.chats.model import Said, Stated, Thread
from ingest.formats.chats.telegram_element import message_of
from ingest.formats.container import ContainerBroken, MemberBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.formats.chats.html_tree import Element
    from ingest.formats.chats.model import Export

_HEAD: Final = 1 << 12
_MOST_HEADS: Final = 20_000
_PAGE: Final = re.compile(r"messages(\d*)\.html\Z", re.IGNORECASE)
_COUNTED: Final = re.compile(r'<div class="message (?:default|service)')
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAY: Final = re.compile(r"\d{1,2} [^\W\d_]+ \d{4}")
_DAY_ID: Final = re.compile(r"message-\d+")


def pages(export: Export) -> tuple[str, ...]:
    """Names of the pages of messages, those of a chat in their order."""
    names = [name for name in export.names if name.lower().endswith((".html", ".htm"))]
    if len(export.names) == 1:
        names = list(export.names)
    named = [name for name in names if _PAGE.search(base_name(name))] or names
    found = [name for name in named[:_MOST_HEADS] if _is_telegram(export.head(name, _HEAD))]
    return tuple(sorted(found, key=lambda name: (folder_of(name), _number(name), name)))


def _number(name: str) -> int:
    match = _PAGE.search(base_name(name))
    return int(match[1][:9] or 1) if match else 0


def _is_telegram(head: bytes) -> bool:
    return (
        b'class="page_wrap' in head
        and b"page_header" in head
        and (b'class="history"' in head or b'<div class="message ' in head)
    )


def by_chat(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The pages of each chat: those of one folder, unless they do not carry Telegram's names."""
    group: list[str] = []
    for name in names:
        together = group and folder_of(group[-1]) == folder_of(name) and _PAGE.search(base_name(name))
        if group and not together:
            yield tuple(group)
            group = []
        group.append(name)
    if group:
        yield tuple(group)


@dataclass(slots=True)
class _Run:
    """What goes on from one message to the next."""

    thread: Thread | None = None
    title: str = ""
    sender: str | None = None
    day: str = ""


def read(export: Export, names: Sequence[str], titles: dict[str, int]) -> Iterator[Said | Stated | Remark]:
    """All messages of one chat, page after page; `titles` counts the chats of each title so far.

    A page that cannot be read is a remark; the others are read.
    """
    run = _Run()
    count = 0
    media = 0
    for name in names:
        try:
            text = export.read(name).decode("utf-8", "surrogateescape")
            count += len(_COUNTED.findall(text))
            for element in elements(text, _wanted):
                if "page_header" in element.classes:
                    run.title = run.title or storable(element.text())
                elif _is_day(element):
                    count -= 1
                    run.day = _day(element.text())
                else:
                    said = _said(element, text, run, name, names[0], titles, export)
                    media += len(said.message.attachments)
                    yield said
        except (ContainerBroken, MemberBroken) as problem:
            yield Remark(text=f"the page could not be read to its end: {problem}", path=name, lost=None)
    yield Stated(what="messages", count=count, path=names[0])
    yield Stated(what="conversations", count=1, path=names[0])
    if media:
        yield Stated(what="media", count=media, path=names[0])


def _wanted(tag: str, attributes: dict[str, str]) -> bool:
    classes = attributes.get("class", "").split()
    return tag == "div" and ("message" in classes or "page_header" in classes)


def _is_day(element: Element) -> bool:
    return (
        "service" in element.classes
        and _DAY_ID.fullmatch(element.attributes.get("id", "")) is not None
        and _DAY.fullmatch(element.text()) is not None
    )


def _day(heading: str) -> str:
    """The day that a heading tells, in English as the program writes it; empty where it is written otherwise."""
    number, month, year = heading.split()
    if month not in _MONTHS:
        return ""
    try:
        return date(int(year), _MONTHS.index(month) + 1, int(number)).isoformat()
    except ValueError:
        return ""


def _said(
    element: Element, text: str, run: _Run, name: str, first: str, titles: dict[str, int], export: Export
) -> Said:
    if run.thread is None:
        times = titles[run.title] = titles.get(run.title, 0) + 1
        run.thread = Thread(
            platform="telegram",
            key=f"name:{run.title}" if times == 1 else f"name:{run.title}#{times}",
            title=run.title or None,
            path=first,
            media_type="text/html",
        )
    raw = text[element.start : element.end].encode("utf-8", "surrogateescape")
    message = message_of(element, raw, run.sender, folder_of(name), export)
    if message.at is None and run.day:
        message = message._replace(day=run.day)
    if not message.system:
        run.sender = message.sender
    return Said(thread=run.thread, message=message)
