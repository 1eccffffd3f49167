"""Submissions that did not become records: listed, put back to be examined, released as they are, rejected.

Rules: what lies in quarantine is there until somebody decides; every decision is one transaction that looks at the
state again, and an event that names who decided. Bytes are never touched here: what is rejected stays stored, and only
its release as not a record, by two persons, lets it go (`archiver/nonrecords.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, func, insert, literal_column, or_, select, update

from ingest.tables import quarantine_decisions
from storage.container_tables import containers
from storage.errors import Conflict, NotFound
from storage.events import EventKind
from storage.records import Channel, Outcome
from storage.tables import awaiting_examination, submissions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from storage.transaction import Transaction

# without parameters, so that the partial index of just these serves
_NOT_ARCHIVED = submissions.c.outcome.in_(
    [literal_column(f"'{one.value}'") for one in (Outcome.QUARANTINED, Outcome.FAILED)]
)


class Decision(StrEnum):
    """What was decided on a submission, last."""

    REQUEUED = "requeued"
    RELEASED = "released"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lying:
    """One submission in quarantine: why it lies there, and whether it was rejected."""

    id: str
    outcome: Outcome
    reason: str | None
    channel: Channel
    custodian_id: str | None
    received_at: datetime
    size: int
    position: int
    rejected: bool

    @property
    def state(self) -> str:
        """One word for people: quarantined, failed or rejected."""
        return Decision.REJECTED.value if self.rejected else self.outcome.value


_NO_CONTAINER = or_(containers.c.id.is_(None), containers.c.state == "none")
_JOINED = submissions.outerjoin(containers, containers.c.id == submissions.c.id).outerjoin(
    quarantine_decisions, quarantine_decisions.c.submission_id == submissions.c.id
)


def page_of(
    connection: Connection,
    *,
    after: int = -1,
    offset: int = 0,
    limit: int = 200,
    ids: Sequence[str] = (),
    rejected: bool = False,
) -> list[Lying]:
    """Submissions in quarantine, oldest first.

    Args:
        connection: a read.
        after: ledger position beyond which to begin.
        offset: how many of these to leave out before the first.
        limit: most that are returned.
        ids: only these, where any are given; at most 500.
        rejected: also those that were rejected.
    """
    where = [*_lying_there(rejected=rejected), submissions.c.position > after]
    if ids:
        where.append(submissions.c.id.in_(ids))
    query = select(submissions, quarantine_decisions.c.decision).select_from(_JOINED).where(*where)
    page = query.order_by(submissions.c.position).offset(offset).limit(limit)
    return [_lying(row) for row in connection.execute(page)]


def count_of(connection: Connection, *, rejected: bool = False) -> tuple[int, datetime | None]:
    """How many submissions lie in quarantine, and when the oldest of them was received."""
    figures = select(func.count(), func.min(submissions.c.received_at)).select_from(_JOINED)
    row = connection.execute(figures.where(*_lying_there(rejected=rejected))).one()
    return row[0], row[1]


def count_by_outcome(connection: Connection) -> dict[Outcome, int]:
    """How many submissions lie in quarantine and were not rejected, by how their examination came out."""
    query = select(submissions.c.outcome, func.count()).select_from(_JOINED).where(*_lying_there(rejected=False))
    return {Outcome(row[0]): row[1] for row in connection.execute(query.group_by(submissions.c.outcome))}


def _lying_there(*, rejected: bool) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [_NOT_ARCHIVED, _NO_CONTAINER, submissions.c.sealed_envelope != b""]
    if not rejected:
        decision = quarantine_decisions.c.decision
        where.append(or_(decision.is_(None), decision != Decision.REJECTED.value))
    return where


def one_of(connection: Connection, submission_id: str) -> Lying:
    """One submission in quarantine, rejected or not.

    Raises:
        NotFound: there is none with this id.
        Conflict: it is not in quarantine.
    """
    found = page_of(connection, ids=[submission_id], rejected=True)
    if found:
        return found[0]
    query = select(submissions.c.outcome, submissions.c.sealed_envelope).where(submissions.c.id == submission_id)
    row = connection.execute(query).first()
    if row is None:
        raise NotFound(f"there is no submission {submission_id}; archiver quarantine list names those that lie there")
    what = "waits to be examined" if row.outcome is None else f"is {row.outcome}"
    what = what if row.sealed_envelope else "is destroyed"
    raise Conflict(f"submission {submission_id} is not in quarantine: it {what}", submission=submission_id)


def requeue(transaction: Transaction, submission_id: str, *, custodian_id: str | None, actor: str) -> None:
    """Put a submission back to be examined, for this custodian where one is given.

    Raises:
        NotFound, Conflict: it is not in quarantine.
    """
    lying = one_of(transaction.connection, submission_id)
    owner = custodian_id or lying.custodian_id
    values = {"outcome": None, "reason": None, "custodian_id": owner}
    transaction.connection.execute(update(submissions).where(submissions.c.id == submission_id).values(**values))
    transaction.connection.execute(
        insert(awaiting_examination), [{"submission_id": submission_id, "position": lying.position}]
    )
    subjects = (submission_id,) if custodian_id is None else (submission_id, custodian_id)
    position = transaction.append(EventKind.SUBMISSION_REQUEUED, actor=actor, subjects=subjects)
    _decide(transaction, submission_id, Decision.REQUEUED, position)


def note_release(transaction: Transaction, submission_id: str, *, reason: str, actor: str) -> None:
    """Note that a submission is released as it is; its record is added in the same transaction.

    Raises:
        NotFound, Conflict: it is not in quarantine.
    """
    one_of(transaction.connection, submission_id)
    payload = {"reason": reason}
    kind = EventKind.SUBMISSION_RELEASED
    position = transaction.append(kind, actor=actor, subjects=(submission_id,), payload=payload)
    _decide(transaction, submission_id, Decision.RELEASED, position)


def reject(transaction: Transaction, submission_id: str, *, reason: str, actor: str) -> None:
    """Reject a submission: it is no record. Its bytes stay.

    Raises:
        NotFound: there is no such submission.
        Conflict: it is not in quarantine, or rejected already.
    """
    if one_of(transaction.connection, submission_id).rejected:
        raise Conflict(f"submission {submission_id} is rejected already", submission=submission_id)
    payload = {"reason": reason}
    kind = EventKind.SUBMISSION_REJECTED
    position = transaction.append(kind, actor=actor, subjects=(submission_id,), payload=payload)
    _decide(transaction, submission_id, Decision.REJECTED, position)


def _decide(transaction: Transaction, submission_id: str, decision: Decision, position: int) -> None:
    values = {"decision": decision.value, "position": position}
    mine = quarantine_decisions.c.submission_id == submission_id
    changed = transaction.connection.execute(update(quarantine_decisions).where(mine).values(**values))
    if changed.rowcount == 0:
        transaction.connection.execute(insert(quarantine_decisions), [{"submission_id": submission_id, **values}])


def _lying(row: Any) -> Lying:
    return Lying(
        id=row.id,
        outcome=Outcome(row.outcome),
        reason=row.reason,
        channel=Channel(row.channel),
        custodian_id=row.custodian_id,
        received_at=row.received_at,
        size=row.size,
        position=row.position,
        rejected=row.decision == Decision.REJECTED.value,
    )
