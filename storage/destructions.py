"""What is known of destructions: their batches, how far each has come, and which records it took.

Rule: the states of a batch follow each other and never go back. *Decided*: the keys are gone, and the ledger
says so. *Erased*: objects and derived bytes are gone. *Rolled*: no epoch is left that could open an old copy of a
key. *Confirmed*: absence was looked for and found, and the ledger says so. What its records are afterwards, destroyed,
released or transferred, is told by the kind of the leaf that decided it; so it outlives a restore.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Protocol

from sqlalchemy import Connection, select

from storage.errors import NotFound
from storage.events import EventKind
from storage.records import RecordState
from storage.tables import destruction_batches, destructions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from storage.events import Event


class BatchState(StrEnum):
    """How far a destruction has come."""

    DECIDED = "decided"
    ERASED = "erased"
    ROLLED = "rolled"
    CONFIRMED = "confirmed"


DECISIONS: Final = {
    EventKind.DESTRUCTION_DECIDED: RecordState.DESTROYED,
    EventKind.RELEASE_DECIDED: RecordState.RELEASED,
    EventKind.TRANSFER_DECIDED: RecordState.TRANSFERRED,
}
"""What the records of a batch are, by the kind of the leaf that decided it."""
WITNESSES: Final = (EventKind.RECORD_DESTROYED, EventKind.CONTAINER_DESTROYED, EventKind.SUBMISSION_DESTROYED)
"""Kinds of the leaves that name one destroyed record, container, or submission out of quarantine each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DestructionBatch:
    """Records destroyed by one decision. `epoch` is the newest under which their keys can have been wrapped.

    `position` is the ledger leaf of the decision, `confirmed_position` that of the confirmation.
    """

    id: str
    state: BatchState
    epoch: int
    position: int
    decided_at: datetime
    confirmed_at: datetime | None
    confirmed_position: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DestroyedRecord:
    """One record of a batch, or one container, or one submission that lay in quarantine.

    `position` is the ledger leaf that names its destruction. What is a submission and no record has its id as both.
    """

    record_id: str
    submission_id: str
    batch_id: str
    position: int

    @classmethod
    def witnessed(cls, position: int, event: Event) -> DestroyedRecord:
        """What a leaf of `WITNESSES` says.

        Raises:
            ValueError: it has not the subjects of one.
        """
        if event.kind is EventKind.RECORD_DESTROYED:
            record_id, submission_id, batch_id = event.subjects
        else:
            record_id, batch_id = event.subjects
            submission_id = record_id
        return cls(record_id=record_id, submission_id=submission_id, batch_id=batch_id, position=position)

    @property
    def is_container(self) -> bool:
        """Whether it is a container, or lay in quarantine: a submission and no record."""
        return self.record_id == self.submission_id


class DestructionGuard(Protocol):
    """What forbids a destruction; asked inside the transaction that would decide it, under the write lock."""

    def objections(self, connection: Connection, record_ids: Sequence[str]) -> Mapping[str, str]:
        """Why a record may not be destroyed now, by its id, each as one clause without content; empty for none."""
        ...


class NoObjections:
    """The guard of a store by itself, above which nobody can hold anything; the product always brings one."""

    def objections(self, connection: Connection, record_ids: Sequence[str]) -> Mapping[str, str]:
        """None."""
        del connection, record_ids
        return {}


def read_batch(connection: Connection, batch_id: str) -> DestructionBatch:
    """One batch.

    Raises:
        NotFound: there is none with this id.
    """
    row = connection.execute(select(destruction_batches).where(destruction_batches.c.id == batch_id)).first()
    if row is None:
        raise NotFound(f"there is no destruction {batch_id}", batch=batch_id)
    return _batch(row)


def unfinished_batches(connection: Connection) -> list[DestructionBatch]:
    """The batches that are not confirmed, oldest first."""
    unfinished = [state.value for state in BatchState if state is not BatchState.CONFIRMED]
    query = select(destruction_batches).where(destruction_batches.c.state.in_(unfinished))
    return [_batch(row) for row in connection.execute(query.order_by(destruction_batches.c.position))]


def destroyed_records(connection: Connection, batch_id: str) -> list[DestroyedRecord]:
    """The records of a batch, in the order of their leaves."""
    query = select(destructions).where(destructions.c.batch_id == batch_id).order_by(destructions.c.position)
    return [_destroyed(row) for row in connection.execute(query)]


def destruction_of(connection: Connection, record_id: str) -> DestroyedRecord | None:
    """How a record was destroyed, or None if it was not."""
    row = connection.execute(select(destructions).where(destructions.c.record_id == record_id)).first()
    return None if row is None else _destroyed(row)


def destroyed_submissions(connection: Connection, submission_ids: Sequence[str]) -> set[str]:
    """Those of the submissions whose bytes were destroyed with their record; at most some hundred at a time."""
    chosen = destructions.c.submission_id.in_(submission_ids)
    return set(connection.execute(select(destructions.c.submission_id).where(chosen)).scalars())


def _batch(row: Any) -> DestructionBatch:
    return DestructionBatch(
        id=row.id,
        state=BatchState(row.state),
        epoch=row.epoch,
        position=row.position,
        decided_at=row.decided_at,
        confirmed_at=row.confirmed_at,
        confirmed_position=row.confirmed_position,
    )


def _destroyed(row: Any) -> DestroyedRecord:
    return DestroyedRecord(
        record_id=row.record_id, submission_id=row.submission_id, batch_id=row.batch_id, position=row.position
    )
