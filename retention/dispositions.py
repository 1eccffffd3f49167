"""Batches of records that one person proposed for destruction and others approve: the rows, and who acted.

Rules:

- The list of a batch is frozen at its proposal, and its digest stands in the leaf. A record is only ever dropped from
  it. What was destroyed is told by the destructions themselves, so that no kill can leave the two at odds.
- A record is in one open batch at most.
- Every act is one short transaction with its leaf, which names the batch and no record (a leaf has 64 KiB).
- A person is told by marks: two acts that have a mark in common are acts of one person, whatever names stand there.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, func, insert, select, update

from retention.tables import (
    LONGEST_DROP_REASON,
    disposition_acts,
    disposition_grounds,
    disposition_records,
    dispositions,
)
from storage.errors import Conflict, InvalidInput, NotFound
from storage.events import EventKind
from storage.identifiers import Prefix, new_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime

    from retention.disposition_steps import Requirement
    from storage.transaction import Transaction

MOST_RECORDS: Final = 100_000
MARK_BYTES: Final = 32
_CHUNK: Final = 500


class State(StrEnum):
    """How far a batch has come; `executed` says that nothing of it is left to destroy."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"
    EXECUTED = "executed"


class BatchAction(StrEnum):
    """What is done to all that a batch lists: `destroy_copies` are containers whose records stand alone."""

    DESTROY = "destroy"
    TRANSFER = "transfer"
    DESTROY_COPIES = "destroy_copies"


OPEN: Final = (State.PROPOSED, State.APPROVED)


class ActKind(StrEnum):
    """What somebody did to a batch."""

    PROPOSE = "propose"
    STEP = "step"
    APPROVE = "approve"
    WITHDRAW = "withdraw"
    EXECUTE = "execute"


KINDS: Final = {
    ActKind.PROPOSE: EventKind.DISPOSITION_PROPOSED,
    ActKind.STEP: EventKind.DISPOSITION_STEP_DONE,
    ActKind.APPROVE: EventKind.DISPOSITION_APPROVED,
    ActKind.WITHDRAW: EventKind.DISPOSITION_WITHDRAWN,
    ActKind.EXECUTE: EventKind.DISPOSITION_EXECUTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatory:
    """A person who acts; `marks` are what he is told by, each `MARK_BYTES` long."""

    actor: str
    marks: frozenset[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class DispositionBatch:
    """A batch as its row has it; `today` is the day for which it was proposed."""

    id: str
    action: BatchAction
    state: State
    today: date
    forecast: bool
    series_id: str | None
    list_sha256: str
    proposed_at: datetime
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Why records are in a batch: the series of a schedule as loaded, the dates, the reasons, and what must be done."""

    series_id: str
    schedule_id: str
    eligible_on: date
    latest_on: date | None
    citation: str
    action: str
    reasons: tuple[str, ...]
    requirements: tuple[Requirement, ...]

    def account(self) -> str:
        """What stands in the column `account`."""
        members = {
            "citation": self.citation,
            "action": self.action,
            "reasons": self.reasons,
            "requirements": [[one.name, one.wait_days, one.ordered] for one in self.requirements],
        }
        return json.dumps(members, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A record for a batch; `size` is that of its bytes as captured, of all its components."""

    record_id: str
    submission_id: str
    size: int
    ground: Ground


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalAct:
    """What somebody did; `step` and `done_on` where it was to record a step."""

    kind: ActKind
    signatory: Signatory
    step: str | None
    done_on: date | None
    at: datetime
    position: int


def propose(
    transaction: Transaction,
    chosen: Sequence[Chosen],
    who: Signatory,
    *,
    today: date,
    forecast: bool,
    series_id: str | None,
    action: BatchAction = BatchAction.DESTROY,
) -> DispositionBatch:
    """Freeze a list; records that are in another open batch are left out of it.

    Raises:
        InvalidInput: more than `MOST_RECORDS`.
        Conflict: no record is left to propose.
    """
    if len(chosen) > MOST_RECORDS:
        raise InvalidInput(f"a batch has at most {MOST_RECORDS:,} records")
    connection = transaction.connection
    taken = in_open_batches(connection, [one.record_id for one in chosen])
    # what came in together goes together, in one slice
    listed = sorted(
        (one for one in chosen if one.record_id not in taken), key=lambda one: (one.submission_id, one.record_id)
    )
    if not listed:
        raise Conflict("every record that may be proposed is in an open batch; see: archiver disposition list")
    numbers: dict[Ground, int] = {}
    for one in listed:
        numbers.setdefault(one.ground, len(numbers) + 1)
    batch_id = new_id(Prefix.DISPOSITION)
    members = [(one.record_id, numbers[one.ground]) for one in listed]
    digest = list_digest(members, {number: ground for ground, number in numbers.items()})
    payload = {
        "action": action.value,
        "today": today.isoformat(),
        "forecast": forecast,
        "series": series_id,
        "records": len(listed),
        "list_sha256": digest,
    }
    position = transaction.append(
        EventKind.DISPOSITION_PROPOSED, actor=who.actor, subjects=(batch_id,), payload=payload
    )
    row: dict[str, Any] = {
        "id": batch_id,
        "action": action.value,
        "state": State.PROPOSED.value,
        "today": today,
        "forecast": forecast,
        "series_id": series_id,
        "list_sha256": digest,
        "proposed_at": transaction.at,
        "position": position,
    }
    connection.execute(insert(dispositions), [row])
    rows_of_grounds = [_ground_row(batch_id, one, number) for one, number in numbers.items()]
    connection.execute(insert(disposition_grounds), rows_of_grounds)
    rows = [
        {
            "disposition_id": batch_id,
            "ordinal": ordinal,
            "record_id": one.record_id,
            "ground": numbers[one.ground],
            "size": one.size,
        }
        for ordinal, one in enumerate(listed, start=1)
    ]
    connection.execute(insert(disposition_records), rows)
    _note(transaction, batch_id, ActKind.PROPOSE, who, position)
    return read_batch(connection, batch_id)


def list_digest(members: Sequence[tuple[str, int]], grounds: Mapping[int, Ground]) -> str:
    """The SHA-256 (hexadecimal) of a frozen list: its grounds by number, then each record with its ground's number."""
    digest = hashlib.sha256()
    for number, ground in grounds.items():
        line = (number, ground.series_id, ground.schedule_id, ground.eligible_on.isoformat(), ground.account())
        digest.update(json.dumps(line, ensure_ascii=False).encode() + b"\n")
    for record_id, number in members:
        digest.update(f"{record_id} {number}\n".encode())
    return digest.hexdigest()


def _ground_row(batch_id: str, ground: Ground, number: int) -> dict[str, Any]:
    return {
        "disposition_id": batch_id,
        "number": number,
        "series_id": ground.series_id,
        "schedule_id": ground.schedule_id,
        "eligible_on": ground.eligible_on,
        "latest_on": ground.latest_on,
        "account": ground.account(),
    }


def act(
    transaction: Transaction,
    batch_id: str,
    kind: ActKind,
    who: Signatory,
    *,
    payload: Mapping[str, Any] | None = None,
    step: str | None = None,
    done_on: date | None = None,
) -> int:
    """Write an act with its leaf; returns the leaf's position. The caller has checked that it may be."""
    position = transaction.append(KINDS[kind], actor=who.actor, subjects=(batch_id,), payload=payload or {})
    _note(transaction, batch_id, kind, who, position, step=step, done_on=done_on)
    return position


def _note(
    transaction: Transaction,
    batch_id: str,
    kind: ActKind,
    who: Signatory,
    position: int,
    *,
    step: str | None = None,
    done_on: date | None = None,
) -> None:
    of = disposition_acts.c.disposition_id == batch_id
    last = transaction.connection.execute(select(func.max(disposition_acts.c.number)).where(of)).scalar_one()
    row = {
        "disposition_id": batch_id,
        "number": (last or 0) + 1,
        "act": kind.value,
        "actor": who.actor,
        "step": step,
        "done_on": done_on,
        "at": transaction.at,
        "position": position,
        "marks": b"".join(sorted(who.marks)),
    }
    transaction.connection.execute(insert(disposition_acts), [row])


def set_state(transaction: Transaction, batch_id: str, state: State) -> None:
    """Write the state; the leaf of the act that led to it goes with it in the same transaction."""
    change = update(dispositions).where(dispositions.c.id == batch_id).values(state=state.value)
    transaction.connection.execute(change)


def drop(transaction: Transaction, batch_id: str, reasons: Mapping[str, str], *, actor: str) -> None:
    """Drop records from a batch, each with its reason; they may be proposed again once it no longer stands."""
    if not reasons:
        return
    transaction.append(
        EventKind.DISPOSITION_DROPPED, actor=actor, subjects=(batch_id,), payload={"records": len(reasons)}
    )
    of = disposition_records.c.disposition_id == batch_id
    for record_id, reason in reasons.items():
        chosen = (of, disposition_records.c.record_id == record_id, disposition_records.c.dropped.is_(None))
        change = update(disposition_records).where(*chosen).values(dropped=reason[:LONGEST_DROP_REASON])
        transaction.connection.execute(change)


def read_batch(connection: Connection, batch_id: str) -> DispositionBatch:
    """One batch.

    Raises:
        NotFound: there is none with this id.
    """
    row = connection.execute(select(dispositions).where(dispositions.c.id == batch_id)).first()
    if row is None:
        raise NotFound(f"there is no batch {batch_id[:64]!r}; see: archiver disposition list")
    return _batch(row)


def list_batches(connection: Connection) -> list[DispositionBatch]:
    """Every batch, oldest first."""
    return [_batch(row) for row in connection.execute(select(dispositions).order_by(dispositions.c.position))]


def _batch(row: Any) -> DispositionBatch:
    return DispositionBatch(
        id=row.id,
        action=BatchAction(row.action),
        state=State(row.state),
        today=row.today,
        forecast=row.forecast,
        series_id=row.series_id,
        list_sha256=row.list_sha256,
        proposed_at=row.proposed_at,
        position=row.position,
    )


def in_open_batches(connection: Connection, record_ids: Sequence[str]) -> set[str]:
    """Those of the records that are in an open batch and not dropped from it."""
    found: set[str] = set()
    joined = disposition_records.join(dispositions, dispositions.c.id == disposition_records.c.disposition_id)
    for chunk in chunks(record_ids):
        query = select(disposition_records.c.record_id).select_from(joined)
        query = query.where(
            disposition_records.c.record_id.in_(chunk),
            disposition_records.c.dropped.is_(None),
            dispositions.c.state.in_([one.value for one in OPEN]),
        )
        found.update(connection.execute(query).scalars())
    return found


def chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Ids in pieces that one query takes."""
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))
