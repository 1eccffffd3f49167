"""Which records belong together: parts of one record, days of one conversation, and those that depend on others.

Rules:

- What a later export added to a day is a part of the same record: these are a family always. The days of a conversation
  are one where their series says so; of mails the archive keeps no threads, each mail runs its own clock.
- Members that are gone are named too: what the rest of a family waits for does not change while it goes.
- A record depends on another where somebody said so; it does not go before that. When the other is gone, that is an
  event of its dependents (`parent_disposed`), read from its destruction and written nowhere, so it cannot be forgotten.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, insert, select, update

from retention.assignment_tables import record_parents
from retention.facts import local_day
from retention.linking import refuse_gone
from storage.catalogue import record_of
from storage.conversation_tables import conversation_parts
from storage.errors import Conflict, InvalidInput, NotFound
from storage.events import EventKind
from storage.records import RecordKind, RecordState
from storage.tables import destruction_batches, destructions, records

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import date
    from zoneinfo import ZoneInfo

    from sqlalchemy import ColumnElement

    from storage.records import Record
    from storage.transaction import Store

_CHUNK: Final = 500
_DEEPEST: Final = 16
_MOST_PARENTS: Final = 100
_OF_EXPORTS: Final = frozenset({RecordKind.CONVERSATION, RecordKind.POST, RecordKind.PAGE})
PARTS: Final = "the parts of one record"
CONVERSATION: Final = "the days of one conversation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Records that go together, and in words what they are; one object for all of them where they are the same."""

    members: tuple[Record, ...]
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parentage:
    """How a record stands to those that it depends on: whether one is still kept, and the days on which others went."""

    kept: bool
    gone: tuple[date, ...]


def families_of(connection: Connection, page: Sequence[Record], by_thread: Collection[str]) -> dict[str, Family]:
    """The families of these records; those that are alone are absent.

    Args:
        connection: a transaction.
        page: the records.
        by_thread: the series whose conversations are families.
    """
    mine = [one for one in page if one.kind in _OF_EXPORTS]
    if not mine:
        return {}
    parts, found = conversation_parts.c, {}
    root: dict[str, str] = {}
    thread: dict[str, bytes] = {}
    for chunk in _chunks([one.id for one in mine]):
        query = select(parts.record_id, parts.root_id, parts.thread).where(parts.record_id.in_(chunk))
        for row in connection.execute(query):
            root[row.record_id], thread[row.record_id] = row.root_id, bytes(row.thread)
    same_root = _same_root(connection, sorted(set(root.values())))
    wanted = {thread[one.id] for one in mine if one.series_id in by_thread and one.id in thread}
    same_thread = _same_thread(connection, sorted(wanted))
    ids = {one for some in same_root.values() if len(some) > 1 for one in some}
    ids |= {one for some in same_thread.values() if len(some) > 1 for one in some}
    opened = {one.id: one for one in page} | _read(connection, sorted(ids - {one.id for one in page}))
    made: dict[tuple[bytes, str | None, str | None], Family] = {}
    for record in mine:
        if record.id not in root:
            continue
        parts_of_it = same_root.get(root[record.id], ())
        in_thread = record.series_id in by_thread
        # members of one conversation and series have the same family, unless one has parts of its own
        key = (
            thread[record.id] if in_thread else b"",
            record.series_id if in_thread else None,
            root[record.id] if len(parts_of_it) > 1 or not in_thread else None,
        )
        if key not in made:
            of_thread = same_thread.get(thread[record.id], ()) if in_thread else ()
            fellows = [one for one in of_thread if opened[one].series_id == record.series_id]
            members = tuple(opened[one] for one in dict.fromkeys([*parts_of_it, *fellows]) if one in opened)
            made[key] = Family(members=members, words=CONVERSATION if len(fellows) > 1 else PARTS)
        if len(made[key].members) > 1:
            found[record.id] = made[key]
    return found


def _same_root(connection: Connection, roots: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for chunk in _chunks(roots):
        query = select(conversation_parts.c.root_id, conversation_parts.c.record_id)
        chosen = query.where(conversation_parts.c.root_id.in_(chunk)).order_by(conversation_parts.c.record_id)
        for row in connection.execute(chosen):
            found[row.root_id].append(row.record_id)
    return found


def _same_thread(connection: Connection, threads: Sequence[bytes]) -> dict[bytes, list[str]]:
    found: dict[bytes, list[str]] = defaultdict(list)
    for start in range(0, len(threads), _CHUNK):
        chosen = conversation_parts.c.thread.in_(threads[start : start + _CHUNK])
        query = select(conversation_parts.c.thread, conversation_parts.c.record_id).where(chosen)
        for row in connection.execute(query.order_by(conversation_parts.c.record_id)):
            found[bytes(row.thread)].append(row.record_id)
    return found


def _read(connection: Connection, ids: Sequence[str]) -> dict[str, Record]:
    found = {}
    for chunk in _chunks(ids):
        for row in connection.execute(select(records).where(records.c.id.in_(chunk))):
            found[row.id] = record_of(row)
    return found


def parents_of(connection: Connection, record_ids: Sequence[str], zone: ZoneInfo) -> dict[str, Parentage]:
    """How these records stand to those that they depend on; absent where they depend on none."""
    kept: set[str] = set()
    gone: dict[str, list[date]] = defaultdict(list)
    mine = record_parents.c
    for chunk in _chunks(record_ids):
        query = (
            select(mine.record_id, records.c.state, destruction_batches.c.decided_at)
            .join(records, records.c.id == mine.parent_id)
            .outerjoin(destructions, destructions.c.record_id == mine.parent_id)
            .outerjoin(destruction_batches, destruction_batches.c.id == destructions.c.batch_id)
            .where(mine.record_id.in_(chunk), mine.ended.is_(None))
        )
        for row in connection.execute(query):
            if row.state == RecordState.ACTIVE.value or row.decided_at is None:
                kept.add(row.record_id)
            else:
                gone[row.record_id].append(local_day(row.decided_at, zone))
    return {one: Parentage(kept=one in kept, gone=tuple(sorted(gone.get(one, ())))) for one in sorted({*kept, *gone})}


class Parents:
    """Which records of one archive depend on which."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, record_id: str, parent_id: str, *, actor: str) -> bool:
        """Say that a record depends on another; False where that was said already.

        Raises:
            NotFound: one of them is not there, or no more.
            InvalidInput: they are the same, or the record would depend on too many.
            Conflict: the other depends on this one already.
        """
        if record_id == parent_id:
            raise InvalidInput("a record does not depend on itself; name another with --parent")
        with self._store.write() as transaction:
            connection = transaction.connection
            refuse_gone(connection, record_id)
            refuse_gone(connection, parent_id)
            there = select(record_parents.c.parent_id, record_parents.c.ended)
            rows = {row.parent_id: row.ended for row in connection.execute(there.where(_of(record_id)))}
            if parent_id in rows and rows[parent_id] is None:
                return False
            if len(rows) >= _MOST_PARENTS:
                raise InvalidInput(f"a record depends on at most {_MOST_PARENTS} others")
            _refuse_circle(connection, record_id, parent_id)
            subjects, payload = (record_id, parent_id), {"parent": True}
            position = transaction.append(EventKind.RECORD_LINKED, actor=actor, subjects=subjects, payload=payload)
            values = {"position": position, "ended": None}
            if parent_id in rows:
                chosen = (_of(record_id), record_parents.c.parent_id == parent_id)
                connection.execute(update(record_parents).where(*chosen).values(values))
            else:
                row = {"record_id": record_id, "parent_id": parent_id, **values}
                connection.execute(insert(record_parents), [row])
        return True

    def take_back(self, record_id: str, parent_id: str, *, actor: str) -> None:
        """Say that a record does not depend on another.

        Raises:
            NotFound: there is no such active record, or it was not said.
        """
        chosen = (_of(record_id), record_parents.c.parent_id == parent_id, record_parents.c.ended.is_(None))
        with self._store.write() as transaction:
            connection = transaction.connection
            refuse_gone(connection, record_id)
            if connection.execute(select(record_parents.c.position).where(*chosen)).first() is None:
                raise NotFound(f"record {record_id[:64]} does not depend on that one; see: archiver retention explain")
            subjects, payload = (record_id, parent_id), {"parent": True}
            ended = transaction.append(EventKind.RECORD_UNLINKED, actor=actor, subjects=subjects, payload=payload)
            connection.execute(update(record_parents).where(*chosen).values(ended=ended))

    def of(self, connection: Connection, record_id: str) -> list[str]:
        """The ids of the records that a record depends on, in the order in which that was said."""
        query = select(record_parents.c.parent_id).where(_of(record_id), record_parents.c.ended.is_(None))
        return list(connection.execute(query.order_by(record_parents.c.position)).scalars())


def _of(record_id: str) -> ColumnElement[bool]:
    return record_parents.c.record_id == record_id


def _refuse_circle(connection: Connection, record_id: str, parent_id: str) -> None:
    """Refuse what would let each of several records wait for the other."""
    above = {parent_id}
    for _ in range(_DEEPEST):
        query = select(record_parents.c.parent_id).where(record_parents.c.ended.is_(None))
        found: set[str] = set()
        for chunk in _chunks(sorted(above)):
            found.update(connection.execute(query.where(record_parents.c.record_id.in_(chunk))).scalars())
        if record_id in found:
            raise Conflict("the other record depends on this one; take that back first: archiver record unlink")
        if not found:
            return
        above = found
    raise InvalidInput(f"records depend on each other over at most {_DEEPEST} steps")


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))
