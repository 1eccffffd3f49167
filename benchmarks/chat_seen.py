"""An export with stated facts, read as the product reads it: recognised, gathered into records, written and read back.

Rule kept: what counts is what a record says at the end, not what a reader gave on the way. A message that the reader
found and no record has is lost, and does not count as read.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.formats.chats.days import Days
from ingest.formats.chats.model import Said, ThreadKind
from ingest.formats.chats.registry import recognised
from ingest.formats.chats.slices import read_slice, written
from ingest.formats.container import Remark

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.chat_cases import Case
    from ingest.formats.chats.days import Gathered
    from ingest.formats.chats.held_files import HeldFiles
    from ingest.formats.chats.model import ChatMessage, Media

_Words = tuple[str | None, str | None, str]


@dataclass(slots=True)
class Seen:
    """What came out of an export.

    Args:
        messages: those that stand in a record, in the order of the export.
        threads: platform and key of every conversation; posts are none.
        lost: messages that a reader gave and no record has.
        remarks: how much a reader said that it could not read.
        records: how many records there are.
    """

    messages: list[ChatMessage] = field(default_factory=list)
    threads: set[tuple[str, str]] = field(default_factory=set)
    lost: int = 0
    remarks: int = 0
    records: int = 0

    @property
    def senders(self) -> tuple[str, ...]:
        """Who said something, those whom notices name aside."""
        return tuple(sorted({one.sender for one in self.messages if one.sender is not None and not one.system}))


def seen(case: Case) -> Seen:
    """Everything in an export, by every reader that knows it."""
    found = Seen()
    said: list[Said] = []
    records: list[Gathered] = []
    for one in recognised(case.export):
        days = Days(one.READER, case.export.zone)
        for told in one.read(case.export):
            if isinstance(told, Said):
                said.append(told)
                records += days.add(told)
            found.remarks += isinstance(told, Remark)
        records += days.rest()
    found.records = len(records)
    kept = _words_of(records, case.export)
    for each in said:
        message = each.message
        words = (None if message.at is None else message.at.isoformat(), message.sender, message.text)
        if not kept[words]:
            found.lost += 1
            continue
        kept[words] -= 1
        found.messages.append(message)
        if each.thread.kind is ThreadKind.CONVERSATION:
            found.threads.add((each.thread.platform, each.thread.key))
    return found


def _words_of(records: Iterable[Gathered], export: HeldFiles) -> Counter[_Words]:
    """When, who and what of every message, out of the bytes of the records' slices."""

    def opened(media: Media) -> Iterable[bytes]:
        return (media.inline,) if media.inline is not None else export.pieces(media.entry or "")

    words: Counter[_Words] = Counter()
    for one in records:
        content = b"".join(written(one.reading, one.source, one.media, opened))
        words.update((message.at, message.sender, message.text) for message in read_slice(content).messages)
    return words
