"""A conversation's day that was read at another date before: the better founded reading stands in the other's place.

Rule kept: what a guess called the third of May may have been the fifth of March. Where the same bytes of a
conversation are read at the day with day and month in each other's place, one of the two readings is wrong: a guess
yields to a file that decides for itself, both yield to what the submitter said, and of two that were said the later
one stands. Two guesses stand beside each other, and each says that it is one. Nothing is destroyed and nothing is
changed: both records stay, each names the other, a leaf says why, and a search finds the one that stands.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, or_, select

from ingest.formats.chats.date_order import DateOrder, is_stronger
from storage.conversation_tables import conversation_parts, superseded_records
from storage.events import EventKind
from storage.records import ComponentRole, RecordState
from storage.tables import records
from storage.transaction import prepare

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import ColumnElement, Connection

    from storage.archive import Archive
    from storage.records import Description
    from storage.transaction import PreparedEvent, Transaction

SOURCE_BYTES: Final = 16
_CHOSEN: Final = 500
_WHY: Final = {
    DateOrder.SAID: "the same messages were read again with the order of day and month that the submitter said",
    DateOrder.PRINTED: "an export of the same messages decides the order of day and month, which was a guess",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A record of a conversation's day, and what its day rests on."""

    record_id: str
    dates: DateOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Superseded:
    """A record, the one that stands in its place, and the leaf that says why."""

    record_id: str
    by_id: str
    event: PreparedEvent


def source_digest(archive: Archive, thread: bytes, description: Description) -> bytes:
    """What finds the same bytes of a conversation again; empty where the record has no source of its own."""
    source = next((one.sha256 for one in description.components if one.role is ComponentRole.ORIGINAL), None)
    if source is None:
        return b""
    message = b"source" + thread + source.encode()
    return hmac.digest(archive.store.keyring.digest_key, message, hashlib.sha256)[:SOURCE_BYTES]


def read_at(archive: Archive, thread: bytes, day: str, source: bytes) -> list[Reading]:
    """The active records in which these bytes were read at this day, and in whose place none stands, oldest first."""
    parts = conversation_parts.c
    query = select(parts.record_id, parts.dates).join(records)
    query = query.where(parts.thread == thread, parts.day == day, parts.source == source, in_sight())
    query = query.where(records.c.state == RecordState.ACTIVE.value)
    with archive.store.read() as connection:
        rows = connection.execute(query.order_by(records.c.position)).all()
    return [Reading(record_id=row.record_id, dates=DateOrder(row.dates)) for row in rows]


def supersede(archive: Archive, actor: str, new: Reading, others: Iterable[Reading]) -> list[Superseded]:
    """Which of the readings at the turned day yield to the new one, or to which of them the new one yields."""
    found = []
    for other in others:
        if is_stronger(new.dates, other.dates) or new.dates is other.dates is DateOrder.SAID:
            found.append(_superseded(archive, actor, other, new))
        elif is_stronger(other.dates, new.dates):
            return [_superseded(archive, actor, new, other)]
    return found


def write_superseded(transaction: Transaction, found: Iterable[Superseded]) -> None:
    """Write what was found; both records are written in the same transaction, or were before."""
    rows = [
        {
            "record_id": one.record_id,
            "by_id": one.by_id,
            "position": transaction.append_prepared(one.event),
        }
        for one in found
    ]
    if rows:
        transaction.connection.execute(insert(superseded_records), rows)


def say_again(archive: Archive, actor: str, container_id: str) -> int:
    """Let the days of an export stand again that was handed in again with the word that was said of it before.

    Returns:
        How many records yield to those that stood before, where another word was said in between.
    """
    parts, rows = conversation_parts.c, superseded_records.c
    mine = select(parts.record_id, parts.root_id, rows.by_id).join(
        superseded_records, or_(rows.record_id == parts.record_id, rows.record_id == parts.root_id)
    )
    yielded = superseded_records.alias()
    stands = ~select(yielded.c.record_id).where(yielded.c.record_id == rows.by_id).exists()
    said = (parts.container_id == container_id, parts.dates == DateOrder.SAID.value, stands)
    with archive.store.read() as connection:
        met = connection.execute(mine.where(*said)).all()
    again = {row.by_id: row.root_id for row in met}
    if not again:
        return 0
    found = [
        _superseded(archive, actor, *(Reading(record_id=one, dates=DateOrder.SAID) for one in pair))
        for pair in again.items()
    ]
    gone = list({one for row in met for one in (row.record_id, row.root_id)})
    with archive.store.write() as transaction:
        for start in range(0, len(gone), _CHOSEN):
            chosen = rows.record_id.in_(gone[start : start + _CHOSEN])
            transaction.connection.execute(delete(superseded_records).where(chosen))
        write_superseded(transaction, found)
    return len(found)


def in_sight() -> ColumnElement[bool]:
    """Of rows of `conversation_parts`: neither the record nor the one that it is a part of was superseded."""
    parts, gone = conversation_parts.c, superseded_records.c.record_id
    is_there = select(gone).where(or_(gone == parts.record_id, gone == parts.root_id)).exists()
    return ~is_there


def superseded_by(connection: Connection, record_id: str) -> str | None:
    """The record that stands in the place of this one, None where none does."""
    rows = superseded_records.c
    found: str | None = connection.execute(select(rows.by_id).where(rows.record_id == record_id)).scalar()
    return found


def supersedes(connection: Connection, record_id: str) -> list[str]:
    """The records in whose place this one stands, in the order in which that was found."""
    rows = superseded_records.c
    query = select(rows.record_id).where(rows.by_id == record_id).order_by(rows.position, rows.record_id)
    return list(connection.execute(query).scalars())


def supersedes_each(connection: Connection, ids: Sequence[str]) -> dict[str, list[str]]:
    """The same for each of some records, at most some hundred; those in nobody's place are left out."""
    rows = superseded_records.c
    query = select(rows.by_id, rows.record_id).where(rows.by_id.in_(ids)).order_by(rows.position, rows.record_id)
    found: dict[str, list[str]] = {}
    for row in connection.execute(query):
        found.setdefault(row.by_id, []).append(row.record_id)
    return found


def out_of_sight(connection: Connection) -> list[str]:
    """The active records in whose place another active one stands: what no search needs to find twice."""
    old, new = records.alias(), records.alias()
    rows = superseded_records.c
    joined = superseded_records.join(old, old.c.id == rows.record_id).join(new, new.c.id == rows.by_id)
    both = (old.c.state == RecordState.ACTIVE.value, new.c.state == RecordState.ACTIVE.value)
    return list(connection.execute(select(rows.record_id).select_from(joined).where(*both)).scalars())


def _superseded(archive: Archive, actor: str, old: Reading, new: Reading) -> Superseded:
    store = archive.store
    subjects = (old.record_id, new.record_id)
    kind = EventKind.RECORD_SUPERSEDED
    payload = {"why": _WHY[new.dates]}
    event = prepare(store.vault, store.current_epoch(), kind, store.clock(), actor, subjects, payload)
    return Superseded(record_id=old.record_id, by_id=new.record_id, event=event)
