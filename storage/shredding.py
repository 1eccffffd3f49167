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
- A key that another record needs is never destroyed: such a destruction is refused (`storage/destruction_refusals.py`).
- A container is destroyed as a record is, by the same steps, and stands in the same rows under its submission's id.
- `confirm` looks at the places themselves, and asks the ledger for the names of what must be absent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, insert, select, update

from storage.destruction_refusals import refuse_unfit, refuse_unfit_containers, refuse_unfit_quarantined
from storage.destruction_rows import blob_names, chunks_of, holders_of, leaves_about, rows_left, take_out
from storage.destructions import (
    DECISIONS,
    WITNESSES,
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
    components,
    destruction_batches,
    destructions,
    epochs,
    objects,
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
        leads_to: RecordState = RecordState.DESTROYED,
    ) -> str:
        """Destroy the keys of these records and everything about them in the database; returns the batch's id.

        Args:
            transaction: the open one; with its commit the records are gone.
            record_ids: the records, at most `MOST_AT_ONCE`; all of them or none.
            actor: who executes it, as the ledger names him.
            payload: reasons and rules, sealed into the event of the decision.
            guard: asked for objections under the write lock.
            leads_to: what the records are afterwards; not active.

        Raises:
            InvalidInput: no record, or too many.
            NotFound: one of them is not there.
            Conflict: one is held, is not active, or shares its key with something that stays.
        """
        wanted = _few(record_ids, "records")
        connection = transaction.connection
        submission_of = refuse_unfit(connection, wanted)
        _ask(connection, guard, wanted, "record")
        batch_id = new_id(Prefix.DESTRUCTION)
        kind = next(kind for kind, state in DECISIONS.items() if state is leads_to)
        decided = transaction.append(kind, actor=actor, subjects=(batch_id,), payload=payload or {})
        doomed = []
        for record_id in wanted:
            subjects = (record_id, submission_of[record_id], batch_id)
            position = transaction.append(EventKind.RECORD_DESTROYED, actor=actor, subjects=subjects)
            doomed.append(
                DestroyedRecord(
                    record_id=record_id, submission_id=submission_of[record_id], batch_id=batch_id, position=position
                )
            )
        take_out(connection, doomed, leads_to)
        _write_batch(transaction, batch_id, decided, transaction.at)
        _write_destroyed(connection, doomed)
        return batch_id

    def decide_containers(
        self,
        transaction: Transaction,
        container_ids: Sequence[str],
        actor: str,
        payload: Mapping[str, Any] | None = None,
        *,
        guard: DestructionGuard | None = None,
    ) -> str:
        """Destroy the keys of these containers and what names their members; what came out of them stays.

        Arguments and errors are those of `decide`; the guard is asked with the ids of the containers.
        """
        wanted = _few(container_ids, "containers")
        refuse_unfit_containers(transaction.connection, wanted)
        _ask(transaction.connection, guard, wanted, "container")
        kinds = (EventKind.DESTRUCTION_DECIDED, EventKind.CONTAINER_DESTROYED)
        return _decide_submissions(transaction, wanted, kinds, actor, payload)

    def decide_quarantined(
        self,
        transaction: Transaction,
        submission_ids: Sequence[str],
        actor: str,
        payload: Mapping[str, Any] | None = None,
        *,
        guard: DestructionGuard | None = None,
    ) -> str:
        """Release submissions that lie in quarantine as not a record: their keys, and what says who handed them in.

        Arguments and errors are those of `decide`; the guard is asked with the ids of the submissions.
        """
        wanted = _few(submission_ids, "submissions")
        refuse_unfit_quarantined(transaction.connection, wanted)
        _ask(transaction.connection, guard, wanted, "submission")
        kinds = (EventKind.RELEASE_DECIDED, EventKind.SUBMISSION_DESTROYED)
        return _decide_submissions(transaction, wanted, kinds, actor, payload)

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

        A restore calls this with every id that a leaf of `WITNESSES` names first, after it has put leaves and
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
            for position, event in leaves_about(connection, chunk, WITNESSES):
                witnessed = DestroyedRecord.witnessed(position, event)
                named[witnessed.record_id] = witnessed
            for record_id in chunk:
                if record_id not in named:
                    raise NotFound(f"the ledger names no destruction of {record_id}", record=record_id)
            again = [named[one] for one in chunk if one not in done]
            for batch_id in dict.fromkeys(one.batch_id for one in again):
                of_batch = [one for one in again if one.batch_id == batch_id]
                take_out(connection, of_batch, self._decided_again(transaction, batch_id))
            _write_destroyed(connection, again)

    def _decided_again(self, transaction: Transaction, batch_id: str) -> RecordState:
        """Write the batch's row where it is missing; what its records are, as its leaf decided."""
        decisions = leaves_about(transaction.connection, [batch_id], DECISIONS)
        if not decisions:
            raise NotFound(f"the ledger names no decision of destruction {batch_id}", batch=batch_id)
        position, event = decisions[0]
        known = select(destruction_batches.c.id).where(destruction_batches.c.id == batch_id)
        if transaction.connection.execute(known).first() is None:
            _write_batch(transaction, batch_id, position, event.at)
        return DECISIONS[event.kind]

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


def _ask(connection: Connection, guard: DestructionGuard | None, wanted: Sequence[str], what: str) -> None:
    """Refuse all where the guard objects to one."""
    objections = (guard or NoObjections()).objections(connection, wanted)
    for one in wanted:
        if one in objections:
            text = f"{what} {one} may not be destroyed: {objections[one]}; nothing was destroyed"
            raise Conflict(text, record=one)


def _few(ids: Sequence[str], what: str) -> list[str]:
    wanted = list(dict.fromkeys(ids))
    if not 0 < len(wanted) <= MOST_AT_ONCE:
        raise InvalidInput(f"a destruction takes 1 to {MOST_AT_ONCE} {what}, not {len(wanted)}")
    return wanted


def _decide_submissions(
    transaction: Transaction,
    wanted: Sequence[str],
    kinds: tuple[EventKind, EventKind],
    actor: str,
    payload: Mapping[str, Any] | None,
) -> str:
    """Destroy submissions that are no records; `kinds` are those of the leaf that decides and of each one's leaf."""
    batch_id = new_id(Prefix.DESTRUCTION)
    decided = transaction.append(kinds[0], actor=actor, subjects=(batch_id,), payload=payload or {})
    doomed = []
    for one in wanted:
        position = transaction.append(kinds[1], actor=actor, subjects=(one, batch_id))
        doomed.append(DestroyedRecord(record_id=one, submission_id=one, batch_id=batch_id, position=position))
    take_out(transaction.connection, doomed, DECISIONS[kinds[0]])
    _write_batch(transaction, batch_id, decided, transaction.at)
    _write_destroyed(transaction.connection, doomed)
    return batch_id


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
