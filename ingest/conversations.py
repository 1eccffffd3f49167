"""A conversation's day that comes again: what is new of it becomes a part of the record that is there.

Rule: a message is the same where the platform's own id is, or, without one, where minute, sender, words and files
are; what is compared are keyed digests, so that nothing of a destroyed record can be looked up. A part shows what its
export brought that was not there: further messages, and those that changed. What was there stays as it was.

One examiner at a time works on an archive, so what it read before its transaction is still so in it; slices of one
batch see each other through what `settle` remembers until `begin`.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, select

from ingest.formats.chats.date_order import DateOrder, order_of, turned
from ingest.formats.chats.transcript import transcript
from ingest.keyed_digests import KeyedDigest
from ingest.minutes import Minutes
from ingest.participant_handles import HandleRow, Handles
from ingest.superseding import Reading, in_sight, read_at, source_digest, supersede, write_superseded
from storage.conversation_tables import conversation_parts, superseded_records
from storage.many_rows import ManyRows
from storage.participant_tables import record_participants
from storage.records import RecordState
from storage.tables import records

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.superseding import Superseded
    from storage.archive import Archive
    from storage.records import Description, Message
    from storage.transaction import Transaction

TAG_BYTES = 16  # half of what HMAC-SHA-256 gives
_PAIR = 2 * TAG_BYTES
_GONE = "an earlier record of this conversation's day was destroyed or handed over: {}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRow:
    """What is written of a slice's record; see `storage.conversation_tables`."""

    record_id: str
    root_id: str
    thread: bytes
    day: str
    container_id: str | None
    messages: int
    known: int = 0
    changed: int = 0
    lacking: int = 0
    digests: bytes = field(default=b"", repr=False)
    source: bytes = field(default=b"", repr=False)
    dates: str = DateOrder.PRINTED.value

    @property
    def is_part(self) -> bool:
        """Whether it adds to a record that was there."""
        return self.root_id != self.record_id


_PARTS = ManyRows(insert(conversation_parts), *PartRow.__slots__)
_PEOPLE = ManyRows(insert(record_participants), *HandleRow.__slots__)
_part_values = attrgetter(*PartRow.__slots__)
_person_values = attrgetter(*HandleRow.__slots__)


class Conversations:
    """The conversations of one archive, as the examiner meets them."""

    def __init__(self, archive: Archive, *, actor: str = "") -> None:
        self._archive = archive
        self._actor = actor
        self._superseded: dict[str, Superseded] = {}
        self._settled: dict[tuple[bytes, str], list[PartRow]] = {}
        self._days: dict[bytes, frozenset[str]] = {}
        self._handles = Handles(archive)
        self._people: dict[str, HandleRow] = {}

    def begin(self) -> None:
        """Forget what the last batch settled: it is written."""
        self._settled.clear()
        self._superseded.clear()
        self._days.clear()
        self._people.clear()

    def settle(
        self, description: Description, custodian_id: str, record_id: str, container_id: str | None
    ) -> tuple[Description, PartRow]:
        """The description of this slice's record, without what an earlier one has, and the row that says so."""
        conversation = description.conversation
        assert conversation is not None
        thread = self._tag("thread", custodian_id, description.platform or "", conversation.key)[:TAG_BYTES]
        day = conversation.day if description.kind.value == "conversation" else ""
        tags = self._tags(thread, description.messages, ZoneInfo(conversation.zone))
        dates = order_of(description)
        family, gone = self._family(thread, day)
        family = _dated_alike(family, container_id, dates, tags)
        known = _known(family, container_id, tags)
        fresh: list[Message] = []
        brought: list[bytes] = []
        changed = 0
        for message, (tag, content) in zip(description.messages, tags, strict=True):
            there = known.get(tag)
            if there == content:
                continue
            changed += there is not None
            fresh.append(message)
            brought += (tag, content)
        row = PartRow(
            record_id=record_id,
            root_id=family[0].root_id if family else record_id,
            thread=thread,
            day=day,
            container_id=container_id,
            messages=len(tags),
            known=len(tags) - len(fresh),
            changed=changed,
            lacking=_lacking(family, container_id, tags) if family else 0,
            digests=b"".join(brought),
            source=source_digest(self._archive, thread, description),
            dates=dates.value,
        )
        self._stand_in_place(row)
        self._settled.setdefault((thread, day), []).append(row)
        people = self._handles.row(record_id, custodian_id, description)
        if people is not None:
            self._people[record_id] = people
        notes = [_GONE.format(one) for one in gone[:1] if not family]
        if row.is_part:
            description = _reduced(description, tuple(fresh), row)
        if notes:
            description = replace(description, notes=(*description.notes, *notes))
        return description, row

    def write(self, transaction: Transaction, rows: Iterable[PartRow]) -> None:
        """Write the rows of records that are added in the same transaction."""
        rows = list(rows)
        _PARTS.execute(transaction.connection, [_part_values(one) for one in rows])
        people = [one for row in rows if (one := self._people.get(row.record_id)) is not None]
        settled = {one.record_id for several in self._settled.values() for one in several}
        failed = settled - {one.record_id for one in rows}
        found = (one for one in self._superseded.values() if failed.isdisjoint((one.record_id, one.by_id)))
        write_superseded(transaction, found)
        _PEOPLE.execute(transaction.connection, [_person_values(one) for one in people])

    def _stand_in_place(self, row: PartRow) -> None:
        """Remember which record stands in the place of which, where these bytes were read at the turned day before."""
        day = turned(row.day)
        if day is None:
            return
        others = [
            Reading(record_id=one.record_id, dates=DateOrder(one.dates))
            for one in self._settled.get((row.thread, day), ())
            if one.source == row.source
        ]
        if day in self._written_days(row.thread):
            others = read_at(self._archive, row.thread, day, row.source) + others
        new = Reading(record_id=row.record_id, dates=DateOrder(row.dates))
        others = [one for one in others if one.record_id not in self._superseded]
        self._superseded |= {one.record_id: one for one in supersede(self._archive, self._actor, new, others)}

    def _family(self, thread: bytes, day: str) -> tuple[list[PartRow], list[str]]:
        """The active records of this day, the first first, and those that are no longer active."""
        active, gone = [], []
        if day in self._written_days(thread):
            query = select(conversation_parts, records.c.state).join(records)
            query = query.where(conversation_parts.c.thread == thread, conversation_parts.c.day == day, in_sight())
            with self._archive.store.read() as connection:
                rows = connection.execute(query.order_by(records.c.position)).all()
            for row in rows:
                if row.state == RecordState.ACTIVE.value:
                    active.append(_part(row))
                else:
                    gone.append(row.record_id)
        active += self._settled.get((thread, day), ())
        return [one for one in active if {one.record_id, one.root_id}.isdisjoint(self._superseded)], gone

    def _written_days(self, thread: bytes) -> frozenset[str]:
        """The days that the archive has of a conversation: asked once a batch, since most exports bring many days."""
        days = self._days.get(thread)
        if days is None:
            query = select(conversation_parts.c.day).where(conversation_parts.c.thread == thread).distinct()
            with self._archive.store.read() as connection:
                days = self._days[thread] = frozenset(connection.execute(query).scalars())
        return days

    def _tags(self, thread: bytes, messages: Iterable[Message], zone: ZoneInfo) -> list[tuple[bytes, bytes]]:
        """Digests of identity and content, one pair a message.

        Without an id the minute counts, since phones export the same chat with seconds and without: that of the
        record's zone, since one export prints local times and another instants. What is said twice in one minute is
        told apart by how often it was said before. A person is known by his number, not by the name beside it.
        """
        key = self._archive.store.keyring.digest_key
        identity_of = KeyedDigest(key, b"message" + thread)
        content_of = KeyedDigest(key, b"content" + thread)
        said: dict[str, int] = {}
        minutes = Minutes(zone)
        tags = []
        for one in messages:
            if one.id is not None:
                identity = f"id{_sized(one.id)}"
            else:
                files = "".join([_sized(file.name) for file in one.attachments])
                same = f"{_sized(minutes.of(one.at))}{_sized(_who(one.sender))}{_sized(one.text)}{files}"
                before = said.get(same, 0)
                said[same] = before + 1
                identity = f"said{before}:{same}"
            digest = identity_of.of(identity)
            if one.id is None and _is_plain(one):
                content = digest[TAG_BYTES:]  # what it says is what it is known by
            else:
                content = content_of.of(_content(one))[:TAG_BYTES]
            tags.append((digest[:TAG_BYTES], content))
        return tags

    def _tag(self, *parts: str | bytes) -> bytes:
        encoded = [one if isinstance(one, bytes) else one.encode() for one in parts]
        message = b"".join(b"%d:%b" % (len(one), one) for one in encoded)
        return hmac.digest(self._archive.store.keyring.digest_key, message, hashlib.sha256)


def _who(sender: str | None) -> str | None:
    """A sender by his number or address where there is one: what the owner's phone calls him changes."""
    if sender is not None and sender.endswith(">"):
        return sender[:-1].rpartition(" <")[2]
    return sender


def _is_plain(message: Message) -> bool:
    """Whether it has nothing but words, so far."""
    return not (message.deleted or message.edited_at or message.reactions or message.attachments)


def _content(message: Message) -> str:
    """All of a message that may change while it stays the same message, so written that no two are written alike."""
    content = f"{_sized(message.text)}{message.deleted:d}{_sized(message.edited_at)}"
    if message.reactions:
        content += "r" + "".join([_sized(one.by) + _sized(one.emoji) for one in message.reactions])
    if message.attachments:
        files = [one.sha256 or one.name for one in message.attachments if one.present]
        content += "f" + "".join(map(_sized, files))
    return content


def _sized(text: str | None) -> str:
    return "-" if text is None else f"{len(text)}:{text}"


def parts_of(connection: Connection, root_id: str) -> list[str]:
    """The records that are parts of this one, oldest first, without those in whose place another stands."""
    gone = select(superseded_records.c.record_id)
    query = select(conversation_parts.c.record_id).join(records)
    parts = conversation_parts.c
    chosen = (parts.root_id == root_id, parts.record_id != root_id, parts.record_id.not_in(gone))
    return list(connection.execute(query.where(*chosen).order_by(records.c.position)).scalars())


def part_row(connection: Connection, record_id: str) -> PartRow | None:
    """What was written of a record that came out of an export, None where it did not."""
    row = connection.execute(select(conversation_parts).where(conversation_parts.c.record_id == record_id)).first()
    return None if row is None else _part(row)


def _reduced(description: Description, fresh: tuple[Message, ...], row: PartRow) -> Description:
    beside = description.text.removeprefix(transcript(description.messages))
    notes = [
        f"{row.known:,} of {row.messages:,} messages are in record {row.root_id} already; only the others are shown"
    ]
    if row.changed:
        notes.append(f"{row.changed:,} messages changed since the earlier export")
    if row.lacking:
        notes.append(f"{row.lacking:,} messages of this day that an earlier export has are not in this one")
    text = transcript(fresh) + (beside if fresh else "")
    return replace(description, messages=fresh, text=text, notes=(*description.notes, *notes))


def _dated_alike(
    family: list[PartRow], container_id: str | None, dates: DateOrder, tags: list[tuple[bytes, bytes]]
) -> list[PartRow]:
    """Those that are of this day for sure: where either day was guessed or said, some message must be in both."""
    mine = {tag for tag, _ in tags} if family else set()
    return [
        one
        for one in family
        if one.container_id == container_id
        or dates == one.dates == DateOrder.PRINTED
        or any(tag in mine for tag, _ in _pairs(one.digests))
    ]


def _known(family: list[PartRow], container_id: str | None, tags: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """The messages that are there already, each with what it says.

    What the same export brought counts only where this is the same slice once more, read by another version of the
    reader: a day that is cut into several slices may have the same words on both sides of the cut, which are two.
    """
    own = {tag: content for one in family if one.container_id == container_id for tag, content in _pairs(one.digests)}
    again = sum(tag in own for tag, _ in tags) * 2 > len(tags)
    others = (one for one in family if one.container_id != container_id)
    return {tag: content for one in others for tag, content in _pairs(one.digests)} | (own if again else {})


def _lacking(family: list[PartRow], container_id: str | None, tags: list[tuple[bytes, bytes]]) -> int:
    """How many messages of other exports this one lacks; a day that is cut into several slices says nothing of it."""
    if any(one.container_id == container_id for one in family):
        return 0
    return len({tag for one in family for tag, _ in _pairs(one.digests)} - {tag for tag, _ in tags})


def _pairs(digests: bytes) -> Iterable[tuple[bytes, bytes]]:
    for place in range(0, len(digests), _PAIR):
        yield digests[place : place + TAG_BYTES], digests[place + TAG_BYTES : place + _PAIR]


def _part(row: Any) -> PartRow:
    return PartRow(**{name: getattr(row, name) for name in PartRow.__slots__})
