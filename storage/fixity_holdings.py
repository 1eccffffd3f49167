"""The third part of a fixity check: what should not be there at all, and what waits for nobody.

(17) Every wrapped key has a
holder and every object's row somebody who names it. (18) A record that a leaf calls destroyed has no key,
and once its batch is confirmed nothing else either. (19) A submission has an outcome or
waits for one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from storage.active_records import IS_ACTIVE
from storage.destruction_rows import blob_names, holders_of, rows_left
from storage.destructions import WITNESSES, BatchState, DestroyedRecord
from storage.events import Event
from storage.fixity_report import Page, Tally
from storage.identifiers import Prefix
from storage.tables import (
    awaiting_examination,
    components,
    destruction_batches,
    ledger_leaves,
    ledger_payloads,
    objects,
    records,
    submissions,
    wrapped_keys,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Column, Connection

    from storage.archive import Archive
    from storage.fixity_report import SealedColumn


class KeyPhase:
    """Pages over the wrapped keys: each belongs to somebody (17).

    A key of a type that neither this floor nor the columns handed down know is not judged.
    """

    name = "keys"
    limit = 1_000

    def __init__(self, archive: Archive, columns: Sequence[SealedColumn]) -> None:
        self._archive = archive
        self._owners: dict[str, Column[Any]] = {
            Prefix.SUBMISSION.value: submissions.c.id,
            Prefix.RECORD.value: records.c.id,
            Prefix.EVENT.value: ledger_payloads.c.event_id,
        } | {one.prefix: one.holder for one in columns if one.prefix}

    def page(self, after: str, limit: int) -> Page:
        """Look for the owners of the next `limit` keys behind a holder."""
        tally = Tally()
        with self._archive.store.read() as connection:
            query = select(wrapped_keys.c.holder).where(wrapped_keys.c.holder > after)
            holders = connection.execute(query.order_by(wrapped_keys.c.holder).limit(limit)).scalars().all()
            for prefix, owner in self._owners.items():
                some = [one for one in holders if one.partition("_")[0] == prefix]
                for missing in _not_there(connection, owner, some):
                    tally.fault("key without holder", missing, "there is a key and nothing that it opens")
        return Page(holders[-1] if holders else None, tally)


class ObjectRowPhase:
    """Pages over the rows of objects: each is a submission's or a component's (17)."""

    name = "objects"
    limit = 1_000

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def page(self, after: str, limit: int) -> Page:
        """Look for who names the next `limit` objects behind a name."""
        tally = Tally()
        with self._archive.store.read() as connection:
            query = select(objects.c.blob_id, objects.c.holder).where(objects.c.blob_id > after)
            rows = connection.execute(query.order_by(objects.c.blob_id).limit(limit)).all()
            ids, holders = [row.blob_id for row in rows], {row.holder for row in rows}
            named = set(connection.execute(select(components.c.blob_id).where(components.c.blob_id.in_(ids))).scalars())
            by_holder = select(submissions.c.blob_id).where(submissions.c.id.in_(holders))
            named |= set(connection.execute(by_holder).scalars())
        for row in rows:
            if row.blob_id not in named:
                detail = f"no submission and no component names the object {row.blob_id}"
                tally.fault("object", row.holder, detail, blob_id=row.blob_id)
        return Page(rows[-1].blob_id if rows else None, tally)


class DestroyedPhase:
    """Pages over the leaves that call a record or a container destroyed (18)."""

    name = "destroyed"
    limit = 200

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def page(self, after: str, limit: int) -> Page:
        """Look for what is left of the next `limit` destroyed records behind a position."""
        tally = Tally()
        with self._archive.store.read() as connection:
            query = select(ledger_leaves.c.position, ledger_leaves.c.leaf)
            query = query.where(ledger_leaves.c.kind.in_([kind.value for kind in WITNESSES]))
            query = query.where(ledger_leaves.c.position > int(after or "-1"))
            rows = connection.execute(query.order_by(ledger_leaves.c.position).limit(limit)).all()
            gone = [one for row in rows if (one := _destroyed_by(row.position, row.leaf)) is not None]
            done = select(destruction_batches.c.id).where(destruction_batches.c.state == BatchState.CONFIRMED.value)
            confirmed = set(
                connection.execute(done.where(destruction_batches.c.id.in_({one.batch_id for one in gone}))).scalars()
            )
            self._look(connection, [one for one in gone if one.batch_id in confirmed], tally)
            self._look_for_keys(connection, [one for one in gone if one.batch_id not in confirmed], tally)
        return Page(str(rows[-1].position) if rows else None, tally)

    def _look(self, connection: Connection, gone: list[DestroyedRecord], tally: Tally) -> None:
        """Nothing at all is left behind a confirmation; looked for together, and named one by one if there is."""
        names = blob_names(connection, gone) if gone else []
        if not gone or not (rows_left(connection, gone) or any(map(self._archive.blobs.contains, names))):
            return
        for one in gone:
            left = rows_left(connection, [one])
            left += [
                f"the object {name}" for name in blob_names(connection, [one]) if self._archive.blobs.contains(name)
            ]
            if left:
                self._fault(one, left, tally)

    def _look_for_keys(self, connection: Connection, gone: list[DestroyedRecord], tally: Tally) -> None:
        """Objects may still be there until the batch is confirmed; keys went with the decision."""
        holders = holders_of(gone)
        with_key = _there(connection, wrapped_keys.c.holder, holders)
        active = select(records.c.id).where(IS_ACTIVE, records.c.id.in_(holders))
        alive = set(connection.execute(active).scalars())
        for one in gone:
            left = [f"the key of {name}" for name in (one.record_id, one.submission_id) if name in with_key]
            left += [f"the active record {one.record_id}"] if one.record_id in alive else []
            if left:
                self._fault(one, left, tally)

    @staticmethod
    def _fault(one: DestroyedRecord, left: list[str], tally: Tally) -> None:
        detail = f"leaf {one.position} says that it was destroyed, and still there is {', '.join(left)}"
        tally.fault("destroyed and still there", one.record_id, detail, record=one.record_id)


class QueuePhase:
    """Pages over submissions without an outcome (19)."""

    name = "queue"
    limit = 1_000

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def page(self, after: str, limit: int) -> Page:
        """A submission without an outcome that nobody will examine would wait for ever."""
        tally = Tally()
        with self._archive.store.read() as connection:
            found = unqueued(connection, after, limit)
        for submission_id, _ in found:
            tally.fault("queue", submission_id, "it has no outcome and does not wait for examination")
        return Page(found[-1][0] if found else None, tally)


def unqueued(connection: Connection, after: str, limit: int) -> list[tuple[str, int]]:
    """Submissions, with their positions, that have no outcome and are not listed as waiting."""
    waits = awaiting_examination.c.submission_id
    joined = submissions.outerjoin(awaiting_examination, waits == submissions.c.id)
    query = select(submissions.c.id, submissions.c.position).select_from(joined)
    query = query.where(submissions.c.outcome.is_(None), waits.is_(None), submissions.c.id > after)
    return [(row.id, row.position) for row in connection.execute(query.order_by(submissions.c.id).limit(limit))]


def unnamed_objects(archive: Archive, blob_ids: Sequence[str]) -> int:
    """How many of these objects no row names: left by an interrupted deposit, never acknowledged, no fault."""
    with archive.store.read() as connection:
        query = select(func.count()).select_from(objects).where(objects.c.blob_id.in_(blob_ids))
        return len(blob_ids) - int(connection.execute(query).scalar_one())


def _destroyed_by(position: int, leaf: bytes) -> DestroyedRecord | None:
    try:
        return DestroyedRecord.witnessed(position, Event.decode(leaf))
    except ValueError:
        return None


def _there(connection: Connection, column: Column[Any], ids: Sequence[str] | set[str]) -> set[str]:
    return set(connection.execute(select(column).where(column.in_(list(ids)))).scalars())


def _not_there(connection: Connection, column: Column[Any], ids: Sequence[str]) -> list[str]:
    missing: list[str] = []
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        there = _there(connection, column, some)
        missing += [one for one in some if one not in there]
    return missing
