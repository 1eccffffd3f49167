"""Destruction at the store's level: decided in one transaction, then only rolled forward.

Rules:

- *Decide* is one transaction: holds are asked again inside it, the wrapped key goes, everything sealed under it
  that stands in the database goes, and the ledger names each record. From its commit on the record cannot be
  opened, whatever happens next.
- What follows (`erase`, an epoch roll, `confirm`) can be repeated at any step and never goes back, so that a
  program killed anywhere leaves a destruction that goes on, and never half a record.
- Of the events about a record, those whose payload describes it lose their payload (digest and size of what was
  handed in, why it was put into a series); leaves stay: that something was captured, when and by whom, that it
  was looked at, and that it was destroyed.
- A key that another record needs is never destroyed: such a destruction is refused.
- `confirm` looks at the places themselves, and asks the ledger for the names of what must be absent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, insert, select, update

from storage.container_tables import container_members
from storage.destruction_rows import blob_names, chunks_of, holders_of, leaves_about, refuse_split, rows_left, take_out
from storage.destructions import (
    BatchState,
    DestroyedRecord,
    DestructionBatch,
    DestructionGuard,
    NoObjections,
    destroyed_records,
    read_batch,
    unfinished_batches,
)
from storage.errors import Conflict, InvalidInput, NotFound
from storage.events import EventKind
from storage.identifiers import Prefix, new_id
from storage.records import RecordState
from storage.tables import (
    awaiting_examination,
    components,
    destruction_batches,
    destructions,
    epochs,
    objects,
    records,
    wrapped_keys,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from storage.archive import Archive
    from storage.transaction import Transaction

MOST_AT_ONCE = 5_000
"""Records of one batch: its decision is one transaction, for which every other writer waits."""


class Shredder:
    """The destructions of one archive. Who may destroy what is asked by the floors above."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def decide(
        self,
        transaction: Transaction,
        record_ids: Sequence[str],
        actor: str,
        payload: Mapping[str, Any] | None = None,
        *,
        guard: DestructionGuard | None = None,
    ) -> str:
        """Destroy the keys of these records and everything about them in the database; returns the batch's id.

        Args:
            transaction: the open one; with its commit the records are gone.
            record_ids: the records, at most `MOST_AT_ONCE`; all of them or none.
            actor: who executes it, as the ledger names him.
            payload: reasons and rules, sealed into the event of the decision.
            guard: asked for objections under the write lock.

        Raises:
            InvalidInput: no record, or too many.
            NotFound: one of them is not there.
            Conflict: one is held, is not active, or shares its key with something that stays.
        """
        wanted = list(dict.fromkeys(record_ids))
        if not 0 < len(wanted) <= MOST_AT_ONCE:
            raise InvalidInput(f"a destruction takes 1 to {MOST_AT_ONCE} records, not {len(wanted)}")
        connection = transaction.connection
        submission_of = _refuse_unfit(connection, wanted)
        objections = (guard or NoObjections()).objections(connection, wanted)
        for record_id in wanted:
            if record_id in objections:
                raise Conflict(
                    f"record {record_id} may not be destroyed: {objections[record_id]}; nothing was destroyed",
                    record=record_id,
                )
        batch_id = new_id(Prefix.DESTRUCTION)
        decided = transaction.append(
            EventKind.DESTRUCTION_DECIDED, actor=actor, subjects=(batch_id,), payload=payload or {}
        )
        doomed = []
        for record_id in wanted:
            subjects = (record_id, submission_of[record_id], batch_id)
            position = transaction.append(EventKind.RECORD_DESTROYED, actor=actor, subjects=subjects)
            doomed.append(
                DestroyedRecord(
                    record_id=record_id, submission_id=submission_of[record_id], batch_id=batch_id, position=position
                )
            )
        take_out(connection, doomed)
        _write_batch(transaction, batch_id, decided, transaction.at)
        _write_destroyed(connection, doomed)
        return batch_id

    def erase(self, batch_id: str) -> None:
        """Remove the objects of a decided batch, durably, then their rows; harmless when it is done already."""
        with self._archive.store.read() as connection:
            if read_batch(connection, batch_id).state is not BatchState.DECIDED:
                return
            gone = destroyed_records(connection, batch_id)
        for chunk in chunks_of(gone):
            holders = holders_of(chunk)
            query = select(objects.c.blob_id).where(objects.c.holder.in_(holders))
            with self._archive.store.read() as connection:
                named = list(connection.execute(query).scalars())
            self._archive.blobs.delete(*named)
            with self._archive.store.write() as transaction:
                ids = [one.record_id for one in chunk]
                transaction.connection.execute(delete(components).where(components.c.record_id.in_(ids)))
                transaction.connection.execute(delete(objects).where(objects.c.holder.in_(holders)))
        self._advance(batch_id, BatchState.DECIDED, BatchState.ERASED)

    def mark_rolled(self, batch_id: str) -> None:
        """Note that no epoch is left that a key of an erased batch was ever wrapped under.

        Raises:
            Conflict: there still is one.
        """
        with self._archive.store.read() as connection:
            batch = read_batch(connection, batch_id)
            left = self._epochs_left(connection, batch)
        if batch.state is not BatchState.ERASED:
            return
        if left:
            raise Conflict(f"the key of epoch {left[0]} is not destroyed yet; rotate the keys first", epoch=left[0])
        self._advance(batch_id, BatchState.ERASED, BatchState.ROLLED)

    def remains(self, batch_id: str) -> tuple[str, ...]:
        """What of a batch is still there, each as a clause that names ids only; empty when all is gone."""
        archive = self._archive
        found: list[str] = []
        with archive.store.read() as connection:
            batch = read_batch(connection, batch_id)
            gone = destroyed_records(connection, batch_id)
            found += [f"the key of epoch {number}" for number in self._epochs_left(connection, batch)]
        for chunk in chunks_of(gone):
            with archive.store.read() as connection:
                found += rows_left(connection, chunk)
                names = blob_names(connection, chunk)
            found += [f"the object {name}" for name in names if archive.blobs.contains(name)]
        return tuple(found)

    def confirm(self, batch_id: str, *, actor: str, payload: Mapping[str, Any] | None = None) -> int:
        """Look for everything that must be gone, and write the confirmation; returns its ledger position.

        Raises:
            Conflict: the batch is not rolled yet, or something of it is still there.
        """
        remains = self.remains(batch_id)
        with self._archive.store.write() as transaction:
            batch = read_batch(transaction.connection, batch_id)
            if batch.confirmed_position is not None:
                return batch.confirmed_position
            if batch.state is not BatchState.ROLLED:
                raise Conflict(f"destruction {batch_id} is only {batch.state.value}", batch=batch_id)
            if remains:
                more = f" and {len(remains) - 1} more" if len(remains) > 1 else ""
                raise Conflict(f"destruction {batch_id} is not complete: there is still {remains[0]}{more}")
            position = transaction.append(
                EventKind.DESTRUCTION_CONFIRMED, actor=actor, subjects=(batch_id,), payload=payload or {}
            )
            values = {
                "state": BatchState.CONFIRMED.value,
                "confirmed_at": transaction.at,
                "confirmed_position": position,
            }
            chosen = destruction_batches.c.id == batch_id
            transaction.connection.execute(update(destruction_batches).where(chosen).values(values))
        return position

    def unfinished(self) -> list[DestructionBatch]:
        """The batches that are not confirmed, oldest first."""
        with self._archive.store.read() as connection:
            return unfinished_batches(connection)

    def replay(self, transaction: Transaction, record_ids: Sequence[str]) -> None:
        """Destroy again what an older copy of the database brought back; the ledger has their leaves already.

        A restore calls this with every id that a `record.destroyed` leaf names first, after it has put leaves and
        their subjects into the database. No leaf is written. What was brought back becomes a decided batch under
        the old decision's id, so that objects, index and epochs follow as after any decision. Safe to repeat.

        Raises:
            NotFound: the ledger names no destruction of one of them.
        """
        connection = transaction.connection
        for chunk in chunks_of(list(dict.fromkeys(record_ids))):
            known = select(destructions.c.record_id).where(destructions.c.record_id.in_(chunk))
            done = set(connection.execute(known).scalars())
            named: dict[str, DestroyedRecord] = {}
            for position, event in leaves_about(connection, chunk, (EventKind.RECORD_DESTROYED,)):
                record_id, submission_id, batch_id = event.subjects
                named[record_id] = DestroyedRecord(
                    record_id=record_id, submission_id=submission_id, batch_id=batch_id, position=position
                )
            for record_id in chunk:
                if record_id not in named:
                    raise NotFound(f"the ledger names no destruction of {record_id}", record=record_id)
            again = [named[one] for one in chunk if one not in done]
            take_out(connection, again)
            self._write_missing_batches(transaction, {one.batch_id for one in again})
            _write_destroyed(connection, again)

    def _write_missing_batches(self, transaction: Transaction, batch_ids: set[str]) -> None:
        for batch_id in batch_ids:
            known = select(destruction_batches.c.id).where(destruction_batches.c.id == batch_id)
            if transaction.connection.execute(known).first() is not None:
                continue
            decisions = leaves_about(transaction.connection, [batch_id], (EventKind.DESTRUCTION_DECIDED,))
            if not decisions:
                raise NotFound(f"the ledger names no decision of destruction {batch_id}", batch=batch_id)
            position, event = decisions[0]
            _write_batch(transaction, batch_id, position, event.at)

    def _epochs_left(self, connection: Connection, batch: DestructionBatch) -> list[int]:
        """Epochs up to the batch's that rows may use or whose key files lie there."""
        query = select(epochs.c.number).where(epochs.c.number <= batch.epoch, epochs.c.state != "retired")
        used = set(connection.execute(query).scalars())
        lying = {number for number in self._archive.keyring.epoch_files() if number <= batch.epoch}
        return sorted(used | lying)

    def _advance(self, batch_id: str, before: BatchState, after: BatchState) -> None:
        with self._archive.store.write() as transaction:
            chosen = (destruction_batches.c.id == batch_id, destruction_batches.c.state == before.value)
            change = update(destruction_batches).where(*chosen).values(state=after.value)
            transaction.connection.execute(change)


def _refuse_unfit(connection: Connection, wanted: list[str]) -> dict[str, str]:
    """The submission of each record, where every one can be destroyed without taking the key of what stays."""
    submission_of: dict[str, str] = {}
    for chunk in chunks_of(wanted):
        rows = {row.id: row for row in connection.execute(select(records).where(records.c.id.in_(chunk)))}
        for record_id in chunk:
            row = rows.get(record_id)
            if row is None:
                raise NotFound(f"there is no record {record_id}; nothing was destroyed", record=record_id)
            if row.state != RecordState.ACTIVE.value:
                raise Conflict(f"record {record_id} is {row.state}; nothing was destroyed", record=record_id)
            submission_of[record_id] = row.submission_id
        _refuse_containers(connection, [row for row in rows.values() if row.holder != row.submission_id])
        _refuse_members(connection, {row.submission_id: row.id for row in rows.values()})
        refuse_split(connection, chunk, set(wanted))
        lenders = [row.submission_id for row in rows.values() if row.holder == row.submission_id]
        _refuse_shared(connection, lenders, set(wanted))
        of = [row.submission_id for row in rows.values()]
        query = select(awaiting_examination.c.submission_id).where(awaiting_examination.c.submission_id.in_(of))
        waiting = connection.execute(query).scalar()
        if waiting is not None:
            raise Conflict(f"submission {waiting} is being examined; try again later", submission=waiting)
    return submission_of


def _refuse_containers(connection: Connection, rows: Sequence[Any]) -> None:
    """A record that was cut out of a container is still in it, as long as the container can be opened."""
    query = select(wrapped_keys.c.holder).where(wrapped_keys.c.holder.in_([row.submission_id for row in rows]))
    living = set(connection.execute(query).scalars())
    for row in rows:
        if row.submission_id in living:
            raise Conflict(
                f"record {row.id} also stands in submission {row.submission_id}, which is not destroyed; "
                "destroy that first; nothing was destroyed",
                record=row.id,
                submission=row.submission_id,
            )


def _refuse_members(connection: Connection, record_of: Mapping[str, str]) -> None:
    """What was taken out of a mailbox file or an archive is still in it, as long as that can be opened."""
    joined = container_members.join(wrapped_keys, wrapped_keys.c.holder == container_members.c.container_id)
    query = select(container_members.c.submission_id, container_members.c.container_id).select_from(joined)
    row = connection.execute(query.where(container_members.c.submission_id.in_(list(record_of))).limit(1)).first()
    if row is not None:
        record = record_of[row.submission_id]
        raise Conflict(
            f"record {record} was taken out of submission {row.container_id}, which still holds it; "
            "destroy that first; nothing was destroyed",
            record=record,
            submission=row.container_id,
        )


def _refuse_shared(connection: Connection, submission_ids: list[str], wanted: set[str]) -> None:
    """A submission that lends its key to several records keeps it until all of them go."""
    query = select(records.c.id, records.c.submission_id).where(
        records.c.submission_id.in_(submission_ids), records.c.state == RecordState.ACTIVE.value
    )
    for row in connection.execute(query):
        if row.id not in wanted:
            raise Conflict(
                f"the bytes of submission {row.submission_id} are also those of record {row.id}, which stays; "
                "nothing was destroyed",
                record=row.id,
                submission=row.submission_id,
            )


def _write_batch(transaction: Transaction, batch_id: str, position: int, at: datetime) -> None:
    row = {
        "id": batch_id,
        "state": BatchState.DECIDED.value,
        "epoch": transaction.epoch,
        "position": position,
        "decided_at": at,
    }
    transaction.connection.execute(insert(destruction_batches), [row])


def _write_destroyed(connection: Connection, destroyed: Sequence[DestroyedRecord]) -> None:
    rows = [
        {
            "record_id": one.record_id,
            "submission_id": one.submission_id,
            "batch_id": one.batch_id,
            "position": one.position,
        }
        for one in destroyed
    ]
    if rows:
        connection.execute(insert(destructions), rows)
