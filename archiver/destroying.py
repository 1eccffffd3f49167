"""Destruction of records from the decision to the confirmation, over all floors.

Rules:

- Who may destroy what needs two persons, and an adopted schedule (`archiver/disposition_executing.py`) or a reason why
  it is no record (`archiver/nonrecords.py`). To call `Destroying.destroy` without such a guard would be unlawful.
- A held record is refused inside the transaction that decides, under the write lock under which holds are placed; so a
  hold is either before a destruction, and forbids it, or after it (`retention/hold_standing.py`). No caller can do
  without that.
- After the decision it only rolls forward: index and objects at once; then, at most once a day for all batches
  together, the write-ahead log is cut, the index is written anew, and the epoch is rolled; then absence is
  verified and confirmed. What a kill interrupts goes on at the next `advance`, at every start and every minute.
- A batch is confirmed only where every owner of derived bytes has testified absence after the roll.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

from sqlalchemy import func, select

from retention.hold_standing import HoldStanding
from storage.destructions import BatchState, destroyed_records
from storage.errors import Conflict
from storage.records import RecordState
from storage.shredding import Shredder
from storage.tables import epochs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Connection

    from retention.copy_choosing import CopyRecheck
    from retention.ports import Traces
    from storage.archive import Archive
    from storage.destructions import DestructionBatch, DestructionGuard
    from storage.transaction import Transaction

ROLL_EVERY: Final = timedelta(days=1)
_PAGE: Final = 1_000


class Roller(Protocol):
    """Rolls the epoch; `storage.rotation.Rotation` in the product."""

    def roll(self, actor: str) -> object:
        """Move every key under a new epoch and destroy the older epochs' keys."""
        ...

    def destroyed_through(self) -> int:
        """The highest epoch such that its key and all older ones are destroyed."""
        ...


class _AlsoHolds:
    """What a caller objects to, and what is held; where both object, the hold is what is said."""

    def __init__(self, guard: DestructionGuard | None) -> None:
        self._guard = guard
        self._holds = HoldStanding()

    def objections(self, connection: Connection, record_ids: Sequence[str]) -> Mapping[str, str]:
        """See `DestructionGuard.objections`."""
        others = {} if self._guard is None else self._guard.objections(connection, record_ids)
        return {**others, **self._holds.objections(connection, record_ids)}


class Destroying:
    """Destroys records of one archive and brings destructions to their end."""

    def __init__(
        self,
        archive: Archive,
        traces: Sequence[Traces],
        roller: Roller,
        *,
        index_generation: Callable[[], int],
        roll_every: timedelta = ROLL_EVERY,
    ) -> None:
        self._archive = archive
        self._shredder = Shredder(archive)
        self._traces = tuple(traces)
        self._roller = roller
        self._index_generation = index_generation
        self._roll_every = roll_every

    def destroy(
        self,
        record_ids: Sequence[str],
        *,
        actor: str,
        payload: Mapping[str, Any] | None = None,
        guard: DestructionGuard | None = None,
        leads_to: RecordState = RecordState.DESTROYED,
        beside: Callable[[Transaction, str], None] | None = None,
    ) -> str:
        """Decide, and erase what can be erased at once; returns the batch's id.

        When it returns the records cannot be opened any more. They are unrecoverable from old copies once
        `advance` has confirmed the batch.

        Args:
            record_ids: all of them or none.
            actor: who does it, for the ledger.
            payload: reasons and rules, for the event of the decision.
            guard: what else may forbid it.
            leads_to: what the records are afterwards.
            beside: what is written in the transaction of the decision, told the batch's id.

        Raises:
            InvalidInput, NotFound, Conflict: see `Shredder.decide`; nothing was destroyed. A held record is a conflict.
            StorageFull, TemporarilyUnavailable: before the decision, nothing was destroyed; after it, the rest follows.
        """
        with self._archive.store.write() as transaction:
            objecting = _AlsoHolds(guard)
            batch_id = self._shredder.decide(
                transaction, record_ids, actor, payload, guard=objecting, leads_to=leads_to
            )
            if beside is not None:
                beside(transaction, batch_id)
        self._erase(batch_id)
        return batch_id

    def destroy_containers(
        self, container_ids: Sequence[str], *, actor: str, payload: Mapping[str, Any] | None, guard: CopyRecheck
    ) -> str:
        """Destroy containers as `destroy` does records; what came out of them stays.

        The guard is no choice of the caller: it asks for holds on what came out of them and on their custodians.

        Raises:
            InvalidInput, NotFound, Conflict: see `Shredder.decide_containers`; nothing was destroyed.
            StorageFull, TemporarilyUnavailable: as `destroy`.
        """
        with self._archive.store.write() as transaction:
            batch_id = self._shredder.decide_containers(transaction, container_ids, actor, payload, guard=guard)
        self._erase(batch_id)
        return batch_id

    def destroy_quarantined(
        self,
        submission_ids: Sequence[str],
        *,
        actor: str,
        payload: Mapping[str, Any] | None,
        guard: DestructionGuard,
        beside: Callable[[Transaction, str], None],
    ) -> str:
        """Destroy submissions that lie in quarantine as `destroy` does records; the guard asks for holds too.

        Raises:
            InvalidInput, NotFound, Conflict: see `Shredder.decide_quarantined`; nothing was destroyed.
            StorageFull, TemporarilyUnavailable: as `destroy`.
        """
        with self._archive.store.write() as transaction:
            batch_id = self._shredder.decide_quarantined(transaction, submission_ids, actor, payload, guard=guard)
            beside(transaction, batch_id)
        self._erase(batch_id)
        return batch_id

    def advance(self, *, actor: str, at_once: bool = False) -> tuple[str, ...]:
        """Bring every unfinished batch as far as it may come now; returns the ids of those confirmed by this call.

        Args:
            actor: who does it, for the ledger.
            at_once: roll now, although the epoch was rolled within the last day.

        Raises:
            StorageFull, TemporarilyUnavailable, Conflict: not now (no space, a long reader, a running rotation).
        """
        for batch in self._in(BatchState.DECIDED):
            self._erase(batch.id)
        erased = self._in(BatchState.ERASED)
        for batch in erased:  # recovery may have erased it, and knows of no index
            self._forget(batch.id)
        if erased and (at_once or self._is_roll_due()):
            self._roll(erased, actor)
        confirmed, refusals = [], []
        for batch in self._in(BatchState.ROLLED):
            try:
                self._confirm(batch, actor)
            except Conflict as refusal:  # one batch of which something is left must not hold up the others
                refusals.append(refusal)
            else:
                confirmed.append(batch.id)
        if refusals:
            raise refusals[0]
        return tuple(confirmed)

    def _in(self, state: BatchState) -> list[DestructionBatch]:
        return [batch for batch in self._shredder.unfinished() if batch.state is state]

    def _ids(self, batch_id: str) -> list[str]:
        """The records of a batch; of containers nothing is derived, so no owner is asked about them."""
        with self._archive.store.read() as connection:
            gone = destroyed_records(connection, batch_id)
        return [one.record_id for one in gone if not one.is_container]

    def _erase(self, batch_id: str) -> None:
        self._forget(batch_id)
        self._shredder.erase(batch_id)

    def _forget(self, batch_id: str) -> None:
        ids = self._ids(batch_id)
        for owner in self._traces:
            owner.forget(ids)

    def _is_roll_due(self) -> bool:
        with self._archive.store.read() as connection:
            last = connection.execute(select(func.max(epochs.c.created_at))).scalar_one()
        return bool(self._archive.store.clock() - last >= self._roll_every)

    def _roll(self, batches: Sequence[DestructionBatch], actor: str) -> None:
        # first, since a long reader may refuse it, and the index would be written anew at every try; what is written
        # to the log after it was read from a database in which the rows are deleted already
        self._archive.store.truncate_log()
        ids = [one for batch in batches for one in self._ids(batch.id)]
        for owner in self._traces if ids else ():
            owner.erase(ids, actor=actor)
        if self._roller.destroyed_through() < max(batch.epoch for batch in batches):
            self._roller.roll(actor)
        for batch in batches:
            self._shredder.mark_rolled(batch.id)

    def _confirm(self, batch: DestructionBatch, actor: str) -> None:
        ids = self._ids(batch.id)
        with self._archive.store.read() as connection:
            listed = len(destroyed_records(connection, batch.id))
        for start in range(0, len(ids), _PAGE):
            for owner in self._traces:
                present = [one for one in owner.confirm(ids[start : start + _PAGE]) if not one.absent]
                if present:
                    raise Conflict(
                        f"destruction {batch.id} is not complete: {present[0].owner} says of record "
                        f"{present[0].record_id}: {present[0].detail}",
                        batch=batch.id,
                        record=present[0].record_id,
                    )
        payload = {
            "records": listed,
            "epoch": self._roller.destroyed_through(),
            "index": self._index_generation(),
            "owners": [owner.owner for owner in self._traces],
        }
        self._shredder.confirm(batch.id, actor=actor, payload=payload)
