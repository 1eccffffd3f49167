"""The transcriptions of records: added as versions, never changed, and the queue of records that wait to be read.

Rule: a version and the leaf that names it are written together, and with the first of an engine the record leaves the
queue. What a person said is newer than whatever an engine reads later: an engine adds nothing on top of it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, and_, delete, func, insert, select, update

from storage.errors import Conflict, NotFound
from storage.events import EventKind, digest_of_facts
from storage.records import RecordState
from storage.sealing import SealKind
from storage.tables import records
from storage.transaction import PreparedEvent, Transaction, prepare
from storage.transcription import TextSource, Transcription
from storage.transcription_codec import decode, encode
from storage.transcription_tables import awaiting_reading, transcriptions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from storage.events import Event
    from storage.transaction import Store
    from storage.vault import HolderKey

_CHUNK = 500


class ReadingPriority(IntEnum):
    """Whose pictures are read first: what was handed in as a picture, what mail carries, what conversations carry."""

    HANDED_IN = 0
    MAIL = 1
    CONVERSATION = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitingReading:
    """A record whose pictures wait to be read; `attempts` is how often that was begun."""

    record_id: str
    priority: ReadingPriority
    attempts: int
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedTranscription:
    """A version sealed and ready to be added."""

    transcription: Transcription
    sealed: bytes
    event: PreparedEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTranscription:
    """A version opened; `position` is that of the leaf that names it."""

    transcription: Transcription
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLine:
    """A version as a list shows it, without what it says."""

    number: int
    made_at: datetime
    source: TextSource
    position: int


class Transcriptions:
    """The transcriptions of one archive."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def prepare(self, transcription: Transcription, *, key: HolderKey, epoch: int, actor: str) -> PreparedTranscription:
        """Seal a version under the key of its record.

        Args:
            transcription: it; its number is the next one of its record.
            key: the key that the record's description is sealed under.
            epoch: the current epoch.
            actor: who read or corrected.

        Raises:
            ValueError: it breaks a bound of its encoding.
        """
        record_id = transcription.record_id
        name = sealed_name(record_id, transcription.number)
        sealed = self._store.vault.seal(key, SealKind.TRANSCRIPTION, name, encode(transcription))
        event = prepare(
            self._store.vault,
            epoch,
            EventKind.RECORD_TRANSCRIBED,
            self._store.clock(),
            actor,
            (record_id,),
            {"version": transcription.number, "source": transcription.source.value, "author": transcription.author},
            blobs=(hashlib.sha256(sealed).hexdigest(),),
            facts=facts_digest(transcription),
        )
        return PreparedTranscription(transcription=transcription, sealed=sealed, event=event)

    def add(self, transaction: Transaction, prepared: PreparedTranscription) -> int:
        """Write a version and its leaf, and take its record off the queue; returns the leaf's position.

        Raises:
            NotFound: the record was destroyed meanwhile, or there is none.
            Conflict: another version with this number is there, or an engine's would stand on top of a person's.
        """
        one, connection = prepared.transcription, transaction.connection
        active = (records.c.id == one.record_id, records.c.state == RecordState.ACTIVE.value)
        if connection.execute(select(records.c.id).where(*active)).first() is None:
            raise NotFound(f"there is no record {one.record_id}; find its id with: archiver search")
        newest = connection.execute(_newest((one.record_id,))).first()
        if one.number != (1 if newest is None else newest.number + 1):
            raise Conflict("another version of what its pictures say was added meanwhile; try again")
        if newest is not None and newest.source == TextSource.PERSON.value and one.source is TextSource.ENGINE:
            raise Conflict("a person said what its pictures say; no engine reads them again")
        position = transaction.append_prepared(prepared.event)
        row = {
            "record_id": one.record_id,
            "number": one.number,
            "made_at": one.made_at,
            "source": one.source.value,
            "position": position,
            "sealed_transcription": prepared.sealed,
        }
        connection.execute(insert(transcriptions), [row])
        connection.execute(delete(awaiting_reading).where(awaiting_reading.c.record_id == one.record_id))
        return position

    def latest(self, connection: Connection, ids: Sequence[str]) -> dict[str, StoredTranscription]:
        """The newest version of each of these records, opened; those without one, or destroyed, are absent.

        Raises:
            Corrupt: one is not what was sealed.
        """
        rows = [
            row
            for start in range(0, len(ids), _CHUNK)
            for row in connection.execute(_newest(ids[start : start + _CHUNK]))
        ]
        if not rows:
            return {}
        keys = self._store.holder_keys(connection, [row.holder for row in rows])
        return {
            row.record_id: StoredTranscription(
                transcription=open_row(self._store.vault, keys[row.holder], row), position=row.position
            )
            for row in rows
            if row.holder in keys
        }

    def version(self, connection: Connection, record_id: str, number: int) -> Transcription:
        """One version of a record, opened.

        Raises:
            NotFound: there is none with this number.
            Corrupt: it is not what was sealed.
        """
        query = _with_holder().where(transcriptions.c.record_id == record_id, transcriptions.c.number == number)
        row = connection.execute(query).first()
        keys = {} if row is None else self._store.holder_keys(connection, [row.holder])
        if row is None or row.holder not in keys:
            raise NotFound(f"record {record_id} has no version {number} of what its pictures say")
        return open_row(self._store.vault, keys[row.holder], row)

    def versions(self, connection: Connection, record_id: str) -> tuple[VersionLine, ...]:
        """Every version of a record, oldest first."""
        about = transcriptions.c
        query = select(about.number, about.made_at, about.source, about.position)
        rows = connection.execute(query.where(about.record_id == record_id).order_by(about.number))
        return tuple(
            VersionLine(number=row.number, made_at=row.made_at, source=TextSource(row.source), position=row.position)
            for row in rows
        )

    def key_of(self, connection: Connection, record_id: str) -> HolderKey:
        """The key that a record's transcriptions are sealed under.

        Raises:
            NotFound: there is no such record, or it was destroyed.
        """
        holder = connection.execute(select(records.c.holder).where(records.c.id == record_id)).scalar()
        keys = {} if holder is None else self._store.holder_keys(connection, [holder])
        if holder not in keys:
            raise NotFound(f"there is no record {record_id}; find its id with: archiver search", record=record_id)
        return keys[holder]

    def queue(self, transaction: Transaction, wanted: Iterable[tuple[str, ReadingPriority]]) -> None:
        """Let records wait to be read; those that wait already stay as they are.

        The transaction leaves a leaf about each of them, since a backup finds the rows by it.
        """
        priorities = dict(wanted)
        ids = list(priorities)
        waits: set[str] = set()
        for start in range(0, len(ids), _CHUNK):
            mine = awaiting_reading.c.record_id.in_(ids[start : start + _CHUNK])
            found = transaction.connection.execute(select(awaiting_reading.c.record_id).where(mine))
            waits |= set(found.scalars())
        rows = [
            {"record_id": one, "priority": int(priorities[one]), "attempts": 0, "since": transaction.at}
            for one in ids
            if one not in waits
        ]
        if rows:
            transaction.connection.execute(insert(awaiting_reading), rows)

    def unqueue(self, transaction: Transaction, record_id: str) -> None:
        """Let a record wait no longer, with nothing added to it."""
        transaction.connection.execute(delete(awaiting_reading).where(awaiting_reading.c.record_id == record_id))

    def next_waiting(
        self, connection: Connection, *, up_to: ReadingPriority, custodian_id: str | None = None
    ) -> AwaitingReading | None:
        """Which record is read next: the most urgent, and among these the oldest.

        Args:
            connection: where to ask.
            up_to: leave out what is less urgent.
            custodian_id: a custodian whose records come first among the equally urgent.
        """
        query = select(awaiting_reading).join(records, records.c.id == awaiting_reading.c.record_id)
        query = query.where(awaiting_reading.c.priority <= int(up_to))
        order = [awaiting_reading.c.priority, awaiting_reading.c.since, awaiting_reading.c.record_id]
        row = connection.execute(query.order_by(*order).limit(1)).first()
        if row is not None and custodian_id is not None:
            mine = query.where(records.c.custodian_id == custodian_id, awaiting_reading.c.priority == row.priority)
            row = connection.execute(mine.order_by(*order).limit(1)).first() or row
        if row is None:
            return None
        return AwaitingReading(
            record_id=row.record_id, priority=ReadingPriority(row.priority), attempts=row.attempts, since=row.since
        )

    def count_attempt(self, transaction: Transaction, record_id: str, by: int = 1) -> None:
        """Note that reading a record begins, or with -1 that it was broken off for another's reason."""
        change = update(awaiting_reading).where(awaiting_reading.c.record_id == record_id)
        transaction.connection.execute(change.values(attempts=awaiting_reading.c.attempts + by))

    def is_waiting(self, connection: Connection, ids: Sequence[str]) -> set[str]:
        """Those of at most 500 records whose pictures wait to be read."""
        query = select(awaiting_reading.c.record_id).where(awaiting_reading.c.record_id.in_(ids))
        return set(connection.execute(query).scalars())

    def backlog(self, connection: Connection, custodian_id: str | None = None) -> dict[ReadingPriority, int]:
        """How many records wait to be read, by priority; of one custodian, or of all."""
        query = select(awaiting_reading.c.priority, func.count()).group_by(awaiting_reading.c.priority)
        if custodian_id is not None:
            query = query.join(records, records.c.id == awaiting_reading.c.record_id)
            query = query.where(records.c.custodian_id == custodian_id)
        counted = {row[0]: row[1] for row in connection.execute(query)}
        return {one: counted.get(int(one), 0) for one in ReadingPriority}


def sealed_name(record_id: str, number: int) -> str:
    """What the sealed bytes of a version are bound to: its record and its number."""
    return f"{record_id}.{number}"


def open_row(vault: Any, key: HolderKey, row: Any) -> Transcription:
    """A row of `transcriptions`, opened.

    Raises:
        Corrupt: it is not what was sealed.
    """
    name = sealed_name(row.record_id, row.number)
    return decode(vault.unseal(key, SealKind.TRANSCRIPTION, name, row.sealed_transcription))


def facts_digest(one: Transcription) -> str:
    """The digest by which the leaf binds the plain columns of a version; none of them is content."""
    return _digest(one.record_id, one.number, one.made_at, one.source.value)


def has_facts_of(row: Any, event: Event) -> bool:
    """Whether a row of `transcriptions` has the facts that its leaf names."""
    return _digest(row.record_id, row.number, row.made_at, row.source) == event.facts


def _digest(record_id: str, number: int, made_at: datetime, source: str) -> str:
    at = made_at.astimezone(UTC).isoformat(timespec="microseconds")
    return digest_of_facts({"record": record_id, "version": str(number), "made_at": at, "source": source})


def _with_holder() -> Select[Any]:
    return select(transcriptions, records.c.holder).join(records, records.c.id == transcriptions.c.record_id)


def _newest(ids: Sequence[str]) -> Select[Any]:
    newest = (
        select(transcriptions.c.record_id, func.max(transcriptions.c.number).label("number"))
        .where(transcriptions.c.record_id.in_(ids))
        .group_by(transcriptions.c.record_id)
        .subquery()
    )
    same = and_(newest.c.record_id == transcriptions.c.record_id, newest.c.number == transcriptions.c.number)
    return _with_holder().join(newest, same)
