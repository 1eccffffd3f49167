"""What somebody says is no record: the list of reasons, the rows, and who said what to it.

Rules:

- A claim names records and one reason of the list. What was written with it stands in the payload of its leaf, which
  also has the records as subjects and so goes with them; the code of the reason stays.
- A record is in one open claim at most. A claim ends once: agreed, refused or withdrawn.
- An agreement is written in the transaction that destroys (`archiver/nonrecords.py`). So a claim is agreed exactly
  where its records are gone; a restore that brings back rows of before takes the end from the leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, func, insert, select, update

from retention.disposition_types import MARK_BYTES, OPEN, BatchAction, Signatory
from retention.nonrecord_reasons import NonrecordReason
from retention.nonrecord_tables import nonrecord_acts, nonrecord_claims, nonrecord_records
from retention.tables import disposition_records, dispositions
from storage.destruction_rows import leaves_about
from storage.errors import Conflict, NotFound
from storage.events import EventKind
from storage.identifiers import Prefix, new_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from storage.transaction import Transaction

MOST_RECORDS: Final = 100  # their ids are subjects of a leaf, which has 64 KiB


class ClaimState(StrEnum):
    """What became of a claim."""

    ASKED = "asked"
    AGREED = "agreed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class ClaimAct(StrEnum):
    """What somebody did to a claim."""

    ASK = "ask"
    AGREE = "agree"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


KINDS: Final = {
    ClaimAct.ASK: EventKind.NONRECORD_ASKED,
    ClaimAct.AGREE: EventKind.NONRECORD_AGREED,
    ClaimAct.REFUSE: EventKind.NONRECORD_REFUSED,
    ClaimAct.WITHDRAW: EventKind.NONRECORD_WITHDRAWN,
}
_ENDS: Final = {
    EventKind.NONRECORD_AGREED: (ClaimState.AGREED, ClaimAct.AGREE),
    EventKind.NONRECORD_REFUSED: (ClaimState.REFUSED, ClaimAct.REFUSE),
    EventKind.NONRECORD_WITHDRAWN: (ClaimState.WITHDRAWN, ClaimAct.WITHDRAW),
}
_STATE_AFTER: Final = {act: state for state, act in _ENDS.values()}


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneAct:
    """What somebody did, and where the ledger says so. Marks are empty where only the ledger knows of it."""

    act: ClaimAct
    signatory: Signatory
    at: datetime
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A claim as its rows have it; `sizes` are the bytes of each record as captured, by its id, in order."""

    id: str
    state: ClaimState
    reason: NonrecordReason
    asked_at: datetime
    position: int
    destruction_id: str | None
    sizes: Mapping[str, int]
    acts: tuple[DoneAct, ...]

    @property
    def record_ids(self) -> tuple[str, ...]:
        """The records that it is about, in order."""
        return tuple(self.sizes)

    @property
    def asked(self) -> DoneAct:
        """Who asked."""
        return self.acts[0]

    @property
    def ended(self) -> DoneAct | None:
        """Who ended it, None while it is open."""
        return self.acts[-1] if len(self.acts) > 1 else None


def ask(
    transaction: Transaction, sizes: Mapping[str, int], who: Signatory, reason: NonrecordReason, note: str | None
) -> str:
    """Open a claim about records, by their ids with their sizes; returns its id. The caller has checked that it may be.

    Raises:
        Conflict: one of them is in an open claim.
    """
    connection = transaction.connection
    taken = open_claims_of(connection, list(sizes))
    if taken:
        record_id, claim_id = next(iter(taken.items()))
        raise Conflict(f"record {record_id} is in the open claim {claim_id} already", record=record_id, claim=claim_id)
    claim_id = new_id(Prefix.NONRECORD)
    ids = sorted(sizes)
    payload = {"reason": reason.value, "note": note}
    position = transaction.append(
        EventKind.NONRECORD_ASKED, actor=who.actor, subjects=(claim_id, *ids), payload=payload
    )
    row = {
        "id": claim_id,
        "state": ClaimState.ASKED.value,
        "reason": reason.value,
        "asked_at": transaction.at,
        "position": position,
        "destruction_id": None,
    }
    connection.execute(insert(nonrecord_claims), [row])
    rows = [{"claim_id": claim_id, "record_id": one, "size": sizes[one]} for one in ids]
    connection.execute(insert(nonrecord_records), rows)
    _note(transaction, claim_id, 1, ClaimAct.ASK, who, position)
    return claim_id


def end(
    transaction: Transaction,
    claim: Claim,
    act: ClaimAct,
    who: Signatory,
    *,
    payload: Mapping[str, Any] | None = None,
    destruction_id: str | None = None,
) -> int:
    """Write how a claim ended, with its leaf; returns the leaf's position. The caller has checked that it may be.

    Args:
        transaction: the open one.
        claim: as read in it.
        act: not `ask`.
        who: the person.
        payload: what he wrote; it goes with the records.
        destruction_id: the destruction that an agreement decided; its leaf names that, and no record any more.
    """
    about = claim.record_ids if destruction_id is None else (destruction_id,)
    position = transaction.append(KINDS[act], actor=who.actor, subjects=(claim.id, *about), payload=payload)
    _note(transaction, claim.id, len(claim.acts) + 1, act, who, position)
    values = {"state": _STATE_AFTER[act].value, "destruction_id": destruction_id}
    change = update(nonrecord_claims).where(nonrecord_claims.c.id == claim.id).values(**values)
    transaction.connection.execute(change)
    return position


def _note(transaction: Transaction, claim_id: str, number: int, act: ClaimAct, who: Signatory, position: int) -> None:
    row = {
        "claim_id": claim_id,
        "number": number,
        "act": act.value,
        "actor": who.actor,
        "at": transaction.at,
        "position": position,
        "marks": b"".join(sorted(who.marks)),
    }
    transaction.connection.execute(insert(nonrecord_acts), [row])


def read_claim(connection: Connection, claim_id: str) -> Claim:
    """One claim.

    Raises:
        NotFound: there is none with this id.
    """
    found = _claims(connection, nonrecord_claims.c.id == claim_id)
    if not found:
        raise NotFound(f"there is no claim {claim_id[:64]!r}; see: archiver nonrecord list")
    return found[0]


def list_claims(connection: Connection, *, state: ClaimState | None = None, actor: str | None = None) -> list[Claim]:
    """Claims, oldest first: all of them, those in one state, those that one user asked for."""
    found = _claims(connection)
    mine = (one for one in found if actor in (None, one.asked.signatory.actor))
    return [one for one in mine if state in (None, one.state)]


def claims_of(connection: Connection, record_id: str) -> list[Claim]:
    """The claims about a record, oldest first."""
    query = select(nonrecord_records.c.claim_id).where(nonrecord_records.c.record_id == record_id)
    return _claims(connection, nonrecord_claims.c.id.in_(query))


def count_open(connection: Connection) -> int:
    """How many claims wait for somebody to decide."""
    query = select(func.count()).where(nonrecord_claims.c.state == ClaimState.ASKED.value)
    return int(connection.execute(query).scalar_one())


def open_claims_of(connection: Connection, record_ids: Sequence[str]) -> dict[str, str]:
    """The open claim that each of these records is in, by its id; absent are those in none. At most some hundred."""
    joined = nonrecord_records.join(nonrecord_claims, nonrecord_claims.c.id == nonrecord_records.c.claim_id)
    query = select(nonrecord_records.c.record_id, nonrecord_records.c.claim_id).select_from(joined)
    chosen = nonrecord_records.c.record_id.in_(record_ids), nonrecord_claims.c.state == ClaimState.ASKED.value
    return {row.record_id: row.claim_id for row in connection.execute(query.where(*chosen))}


def open_batches_of(connection: Connection, record_ids: Sequence[str]) -> dict[str, tuple[BatchAction, list[str]]]:
    """The open batches of dispositions that list some of these records: what each does, and which it lists."""
    members = disposition_records.c
    joined = disposition_records.join(dispositions, dispositions.c.id == members.disposition_id)
    query = select(members.disposition_id, members.record_id, dispositions.c.action).select_from(joined)
    standing = dispositions.c.state.in_([one.value for one in OPEN])
    found: dict[str, tuple[BatchAction, list[str]]] = {}
    for row in connection.execute(query.where(members.record_id.in_(record_ids), members.dropped.is_(None), standing)):
        found.setdefault(row.disposition_id, (BatchAction(row.action), []))[1].append(row.record_id)
    return found


def drop_released(transaction: Transaction, claim: Claim, why: str, *, actor: str) -> None:
    """Drop the records of a claim from the open batches that list them, in the transaction that destroys them."""
    connection, members = transaction.connection, disposition_records.c
    for batch_id, (_, listed) in open_batches_of(connection, claim.record_ids).items():
        payload = {"records": len(listed)}
        transaction.append(EventKind.DISPOSITION_DROPPED, actor=actor, subjects=(batch_id,), payload=payload)
        chosen = (members.disposition_id == batch_id, members.record_id.in_(listed), members.dropped.is_(None))
        connection.execute(update(disposition_records).where(*chosen).values(dropped=why))


def _claims(connection: Connection, *chosen: Any) -> list[Claim]:
    query = select(nonrecord_claims).where(*chosen).order_by(nonrecord_claims.c.position)
    rows = list(connection.execute(query))
    ids = select(nonrecord_claims.c.id).where(*chosen)
    members, acts = nonrecord_records.c, nonrecord_acts.c
    sizes: dict[str, dict[str, int]] = {row.id: {} for row in rows}
    of = select(nonrecord_records).where(members.claim_id.in_(ids)).order_by(members.claim_id, members.record_id)
    for row in connection.execute(of):
        sizes[row.claim_id][row.record_id] = row.size
    done: dict[str, list[DoneAct]] = {row.id: [] for row in rows}
    for row in connection.execute(
        select(nonrecord_acts).where(acts.claim_id.in_(ids)).order_by(acts.claim_id, acts.number)
    ):
        done[row.claim_id].append(_act(row))
    return [_claim(connection, row, sizes[row.id], done[row.id]) for row in rows]


def _claim(connection: Connection, row: Any, sizes: Mapping[str, int], acts: Sequence[DoneAct]) -> Claim:
    state, destruction_id = ClaimState(row.state), row.destruction_id
    if state is ClaimState.ASKED:
        for position, event in leaves_about(connection, [row.id], _ENDS):
            state, act = _ENDS[event.kind]
            destruction_id = event.subjects[1] if state is ClaimState.AGREED else None
            who = Signatory(actor=event.actor, marks=frozenset())
            acts = (*acts, DoneAct(act=act, signatory=who, at=event.at, position=position))
    return Claim(
        id=row.id,
        state=state,
        reason=NonrecordReason(row.reason),
        asked_at=row.asked_at,
        position=row.position,
        destruction_id=destruction_id,
        sizes=sizes,
        acts=tuple(acts),
    )


def _act(row: Any) -> DoneAct:
    marks = frozenset(row.marks[start : start + MARK_BYTES] for start in range(0, len(row.marks), MARK_BYTES))
    who = Signatory(actor=row.actor, marks=marks)
    return DoneAct(act=ClaimAct(row.act), signatory=who, at=row.at, position=row.position)
