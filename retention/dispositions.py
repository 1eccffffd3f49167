"""Batches of records that one person proposed for destruction and others approve: the rows, and who acted.

Rules:

- The list of a batch is frozen at its proposal, and its digest stands in the leaf. A record is only ever dropped from
  it. What was destroyed is told by the destructions themselves, so that no kill can leave the two at odds.
- A record is in one open batch at most.
- Every act is one short transaction with its leaf, which names the batch and no record (a leaf has 64 KiB).
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, bindparam, exists, func, insert, select, update

from retention.disposition_copies import copies_in_open_batches, drop_copies, write_copies
from retention.disposition_families import chunks, in_order
from retention.disposition_types import KINDS, OPEN, ActKind, BatchAction, DispositionBatch, State
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
from storage.tables import destructions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from retention.disposition_types import Chosen, Ground, Signatory
    from storage.transaction import Transaction

MOST_RECORDS: Final = 100_000


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
    of_copies = action is BatchAction.DESTROY_COPIES
    taken = (copies_in_open_batches if of_copies else in_open_batches)(connection, [one.record_id for one in chosen])
    free = [one for one in chosen if one.record_id not in taken]
    listed = list(enumerate(free, start=1)) if of_copies else in_order(free)  # containers come outermost first
    if not listed:
        raise Conflict("every record that may be proposed is in an open batch; see: archiver disposition list")
    numbers: dict[Ground, int] = {}
    for _, one in listed:
        numbers.setdefault(one.ground, len(numbers) + 1)
    batch_id = new_id(Prefix.DISPOSITION)
    members = [(one.record_id, numbers[one.ground]) for _, one in listed]
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
            "family": family,
            "size": one.size,
        }
        for ordinal, (family, one) in enumerate(listed, start=1)
    ]
    if of_copies:
        write_copies(connection, batch_id, [(one, numbers[one.ground]) for _, one in listed])
    else:
        connection.execute(insert(disposition_records), rows)
    _note(transaction, batch_id, ActKind.PROPOSE, who, position)
    return read_batch(connection, batch_id)


def list_digest(members: Iterable[tuple[str, int]], grounds: Mapping[int, Ground]) -> str:
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
    of = disposition_records.c
    # what another program destroyed for this batch meanwhile is not dropped from it
    gone = exists().where(destructions.c.record_id == of.record_id)
    chosen = (of.disposition_id == batch_id, of.record_id == bindparam("record"), of.dropped.is_(None), ~gone)
    change = update(disposition_records).where(*chosen).values(dropped=bindparam("reason"))
    rows = [{"record": record_id, "reason": reason[:LONGEST_DROP_REASON]} for record_id, reason in reasons.items()]
    transaction.connection.execute(change, rows)
    drop_copies(transaction.connection, batch_id, reasons)


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
