"""Messages of an export gathered into what makes one record: a conversation's day, or a post with its comments.

Rule kept: no message waits for memory. What waits is bounded for the whole export; when there is more, what was
touched longest ago goes out, and messages of the same day that come later go out as a slice of their own, which the
archive joins to the record as a part. An export in order, from whichever end, never comes to that.

What was said at the same moment stays in the order in which it was said: an export that goes from the newest message
to the oldest is turned round.

A moment with an offset belongs to its day in the archive's zone; one that is printed without belongs to the day that
is printed. A message without a moment belongs to no day.
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from ingest.formats.charsets import storable
from ingest.formats.chats.date_order import GUESSED_NOTE, SAID_NOTE, DateOrder, turned
from ingest.formats.chats.model import ThreadKind
from ingest.formats.chats.slices import source_component
from ingest.formats.chats.transcript import transcript
from storage.records import (
    Attachment,
    Conversation,
    Description,
    Letterhead,
    Message,
    Party,
    Reaction,
    RecordKind,
    Version,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zoneinfo import ZoneInfo

    from ingest.formats.chats.model import ChatMessage, Media, Reacted, Said, Thread

MOST_MESSAGES: Final = 5_000
MOST_BYTES: Final = 4 << 20
_MOST_WAITING: Final = 48 << 20
_MESSAGE_BYTES: Final = 800  # what an object of Python costs beside its text
_MOST_THREADS: Final = 100_000  # whose direction is remembered
_LARGEST_WAITING: Final = MOST_BYTES + MOST_MESSAGES * _MESSAGE_BYTES
_LONGEST_TEXT: Final = 1 << 20
_LONGEST_NAME: Final = 2_000
_MOST_PARTICIPANTS: Final = 10_000
_MOST_UNMAPPED: Final = 500
_ORDERS: Final = {DateOrder.GUESSED: GUESSED_NOTE, DateOrder.SAID: SAID_NOTE}
_LOCAL: Final = "times are printed without a zone, and were taken to be those of the archive's zone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What makes one record: its reading, its source, and the media that its messages carry, in order."""

    thread: Thread
    day: str
    reading: Description
    source: bytes = field(repr=False)
    media: tuple[Media, ...]


@dataclass(slots=True)
class _Waiting:
    """One record in the making."""

    thread: Thread
    day: str
    messages: list[ChatMessage] = field(default_factory=list)
    size: int = 0

    def is_of(self, thread: Thread) -> bool:
        """Whether it is a part of this thread."""
        mine = self.thread
        return mine is thread or (mine.key == thread.key and mine.platform == thread.platform)


class Days:
    """Gathers the messages of one export.

    Args:
        reader: name and version of the reader that gives them.
        zone: the archive's.
        most_waiting: bytes that may wait in all.
    """

    def __init__(self, reader: str, zone: ZoneInfo, *, most_waiting: int = _MOST_WAITING) -> None:
        self._reader = reader
        self._zone = zone
        self._calendar = _Calendar(zone)
        self._most_waiting = most_waiting
        self._waiting: OrderedDict[tuple[str, str, str], _Waiting] = OrderedDict()
        self._touched: _Waiting | None = None
        self._size = 0
        self._turned: dict[tuple[str, str], int] = {}

    def add(self, said: Said) -> Sequence[Gathered]:
        """Take a message; gives what went out for it, mostly nothing."""
        thread, message = said
        if thread.kind is ThreadKind.POST:
            day = ""
        else:
            day = message.day if message.at is None else self._calendar.day_of(message.at)
        touched = self._touched
        if touched is not None:
            self._follow(touched, thread, message)
        key = (thread.platform, thread.key, day)
        waiting = self._waiting.get(key)
        if waiting is None:
            waiting = self._waiting[key] = _Waiting(thread, day)
        elif waiting is not touched:
            self._waiting.move_to_end(key)
        self._touched = waiting
        size = len(message.raw) + len(message.text) + _MESSAGE_BYTES
        if message.attachments:
            size += sum(len(one.inline) for one in message.attachments if one.inline is not None)
        waiting.messages.append(message)
        waiting.size += size
        self._size += size
        is_full = len(waiting.messages) >= MOST_MESSAGES or waiting.size >= _LARGEST_WAITING
        if not is_full and self._size <= self._most_waiting:
            return ()
        out = [self._out(key)] if is_full else []
        while self._size > self._most_waiting:
            out.append(self._out(next(iter(self._waiting))))
        return out

    def rest(self) -> Iterator[Gathered]:
        """What waits still, in the order in which it was touched."""
        while self._waiting:
            yield self._out(next(iter(self._waiting)))

    def _out(self, key: tuple[str, str, str]) -> Gathered:
        waiting = self._waiting.pop(key)
        self._size -= waiting.size
        thread = waiting.thread
        is_turned = self._turned.get((thread.platform, thread.key), 0) > 0
        return gathered(thread, waiting.day, waiting.messages, self._reader, self._zone, newest_first=is_turned)

    def _follow(self, before: _Waiting, thread: Thread, message: ChatMessage) -> None:
        """Count whether the thread goes on to later or to earlier moments."""
        at, last = message.at, before.messages[-1].at
        if at is None or last is None or at is last or not before.is_of(thread):
            return
        if (at.tzinfo is None) is not (last.tzinfo is None) or at == last:
            return
        key = (thread.platform, thread.key)
        known = self._turned.get(key)
        if known is not None or len(self._turned) < _MOST_THREADS:
            self._turned[key] = (known or 0) + (1 if at < last else -1)


def day_of(at: datetime, zone: ZoneInfo) -> str:
    """The day of a moment as YYYY-MM-DD."""
    return (at if at.tzinfo is None else at.astimezone(zone)).date().isoformat()


class _Calendar:
    """The days of one zone; mostly one message after the other is of the same day, so that is asked first."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._begin: datetime | None = None
        self._end = datetime.min.replace(tzinfo=UTC)
        self._day = ""

    def day_of(self, at: datetime) -> str:
        """As `day_of`."""
        if at.tzinfo is not UTC:
            return day_of(at, self._zone)
        if self._begin is None or not self._begin <= at < self._end:
            self._turn_to(at)
        return self._day

    def _turn_to(self, at: datetime) -> None:
        """The day of this moment, and from when to when all moments are of that day."""
        local = at.astimezone(self._zone)
        self._day, self._begin = local.date().isoformat(), None
        with suppress(OverflowError):  # the last day that there is
            begin = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
            end = begin + timedelta(days=1)
            # on a day when clocks are changed they may be set back into the day before, at a minute past midnight
            if begin.utcoffset() == end.utcoffset():
                self._end = end.astimezone(UTC)
                self._begin = begin.astimezone(UTC)


def gathered(
    thread: Thread, day: str, messages: list[ChatMessage], reader: str, zone: ZoneInfo, *, newest_first: bool = False
) -> Gathered:
    """One record's messages, in order of time where all of them have one, read into a description.

    The source keeps the order of the export. Where that goes from the newest to the oldest (`newest_first`), messages
    of the same moment are turned round.
    """
    source = thread.joint.join([one.raw for one in messages])
    moments = [_instant(one.at, zone) for one in messages if one.at is not None]
    if thread.kind is ThreadKind.CONVERSATION and len(moments) == len(messages):
        places = range(len(messages))
        order = sorted(reversed(places) if newest_first else places, key=moments.__getitem__)
        messages = [messages[place] for place in order]
    first = messages[0]
    is_post = thread.kind is ThreadKind.POST
    if is_post and moments:
        day = day_of(first.at or moments[0], zone)
    said = [f"a reader's copy of fields ({reader}), no original bytes"] if thread.serialised else []
    if any(one.at is not None and one.at.tzinfo is None for one in messages):
        said.append(_LOCAL)
    cut = sum(len(one.text) > _LONGEST_TEXT for one in messages)
    notes = [f"the text of {cut} messages is cut; all of it stands in the source"] if cut else []
    if thread.dates is not DateOrder.PRINTED and turned(day) is not None:
        (notes if thread.dates is DateOrder.GUESSED else said).append(_ORDERS[thread.dates])
    read = tuple([_message(one) for one in messages])
    beside = {name for one in messages for name in one.unmapped}
    reading = Description(
        kind=RecordKind.POST if is_post else RecordKind.CONVERSATION,
        original=_letterhead(thread, first),
        platform=thread.platform,
        conversation=Conversation(
            title=_name(thread.title),
            participants=_participants(thread, messages),
            day=day,
            zone=zone.key,
            key=_cut(thread.key),
            owner=_name(thread.owner),
            url=_name(thread.url),
        ),
        messages=read,
        text=transcript(read),
        sent_at=min(moments, default=None),
        components=(source_component(source, thread.media_type),),
        asserted=tuple(said),
        notes=tuple(notes),
        unmapped=tuple(sorted({_cut(name) for name in beside})[:_MOST_UNMAPPED]),
        reader=reader,
    )
    media = tuple([media for one in messages for media in one.attachments if media.present])
    return Gathered(thread=thread, day=day, reading=reading, source=source, media=media)


def _participants(thread: Thread, messages: list[ChatMessage]) -> tuple[str, ...]:
    """Who takes part by the export's word, and whoever said something."""
    senders = (one.sender for one in messages if one.sender is not None)
    found = dict.fromkeys([*thread.participants, *senders])
    return tuple([_cut(one) for one in list(found)[:_MOST_PARTICIPANTS]])


def _instant(at: datetime, zone: ZoneInfo) -> datetime:
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)


def _letterhead(thread: Thread, first: ChatMessage) -> Letterhead:
    """Who wrote first, of a post its author; when, and the title as what it is about."""
    sender = Party(name=_cut(first.sender)) if first.sender is not None else None
    date = None if first.at is None else first.at.isoformat()
    return Letterhead(sender=sender, date=date, subject=_name(thread.title))


def _message(one: ChatMessage) -> Message:
    at = None if one.at is None else one.at.isoformat()
    sender = None if one.sender is None else one.sender[:_LONGEST_NAME]
    attachments = tuple([_attachment(media) for media in one.attachments]) if one.attachments else ()
    edited_at = None if one.edited_at is None else one.edited_at.isoformat()
    reactions = tuple([_reaction(each) for each in one.reactions]) if one.reactions else ()
    edits = tuple([_version(each) for each in one.edits]) if one.edits else ()
    # in the order of its fields, since naming them takes twice as long
    return Message(
        at,
        sender,
        storable(one.text[:_LONGEST_TEXT]),
        one.side,
        attachments,
        _name(one.reply_to),
        edited_at,
        one.deleted,
        one.system,
        reactions,
        _name(one.id),
        one.edited or edited_at is not None or bool(edits),
        edits,
        _name(one.forwarded_from),
    )


def _reaction(one: Reacted) -> Reaction:
    return Reaction(by=_name(one.by), emoji=_cut(one.emoji))


def _version(one: object) -> Version:
    at, text = getattr(one, "at", None), getattr(one, "text", "")
    return Version(at=None if at is None else at.isoformat(), text=storable(text[:_LONGEST_TEXT]))


def _attachment(media: Media) -> Attachment:
    return Attachment(name=_name(media.name), media_type=_name(media.media_type), present=media.present)


def _cut(text: str) -> str:
    return storable(text[:_LONGEST_NAME])


def _name(text: str | None) -> str | None:
    return None if text is None else storable(text[:_LONGEST_NAME])
