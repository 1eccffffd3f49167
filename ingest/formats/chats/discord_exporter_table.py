"""DiscordChatExporter's CSV: ``AuthorID,Author,Date,Content,Attachments,Reactions``, all cells in quotes.

Rule kept: a row is a message. Nothing in it names the channel, so the file's name does. The dates are ISO 8601 in
newer releases and printed for people in older ones: see `discord_times`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ingest.formats.chats import csv_rows
from ingest.formats.chats.discord_files import channel_of, is_notice, media_at, printed_reactions
from ingest.formats.chats.discord_times import Times
from ingest.formats.chats.file_by_file import folder_of
from ingest.formats.chats.model import ChatMessage, Said, Stated, Thread
from ingest.formats.container import Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.model import Export

_HEADER: Final = re.compile(rb'"?AuthorID"?,"?Author"?,"?Date"?,"?Content"?,"?Attachments"?,"?Reactions"?\r?(?:\n|\Z)')
_BETWEEN_LINKS: Final = re.compile(r",(?=https?://)")
_COLUMNS: Final = ("AuthorID", "Author", "Date", "Content", "Attachments", "Reactions")


def is_table(head: bytes) -> bool:
    """Whether a file that begins so is one of these."""
    return _HEADER.match(head) is not None


def read(export: Export, name: str) -> Iterator[Said | Stated | Remark]:
    """Everything in one file.

    Raises:
        MemberBroken: the rest of it cannot be had; what was read before was given.
    """
    title, number = channel_of(name)
    places = _COLUMNS.index("Date")
    dates = (row.cells[places] for row in _rows(export, name) if len(row.cells) > places)
    times = Times(dates, export.day_first, export.zone, name)
    thread = Thread(
        platform="discord",
        key=number or f"name:{title or ''}",
        title=title,
        path=name,
        media_type="text/csv",
        dates=times.rest_on,
    )
    if times.remark is not None:
        yield times.remark
    met = 0
    for row in _rows(export, name):
        met += 1
        if not row.cells:
            yield Remark(text=f"a row could not be read: {row.problem}", path=name, lost=1)
            continue
        yield Said(thread=thread, message=_message(row, times, folder_of(name), export))
    yield Stated(what="messages", count=met, path=name)
    yield Stated(what="conversations", count=1, path=name)


def _rows(export: Export, name: str) -> Iterator[csv_rows.Row]:
    found = csv_rows.rows(export.open(name), delimiter=",")
    next(found, None)  # the header
    return found


def _message(row: csv_rows.Row, times: Times, folder: str, export: Export) -> ChatMessage:
    cells = [*row.cells, *[""] * (len(_COLUMNS) - len(row.cells))]
    author_id, author, date, content, attached, reactions = cells[: len(_COLUMNS)]
    links = (_BETWEEN_LINKS.split(attached) if attached.startswith("http") else attached.split(",")) if attached else []
    notice = is_notice(content)
    extra = ("more cells",) if len(row.cells) > len(_COLUMNS) else ()
    return ChatMessage(
        at=times.moment(date),
        sender=author or author_id or None,
        text=content,
        raw=row.raw,
        side="center" if notice else None,
        attachments=tuple([media_at(link, folder, export) for link in links]),
        system=notice,
        reactions=printed_reactions(reactions.split(",")) if reactions else (),
        unmapped=(("AuthorID", *extra) if author_id and author else extra),
    )
