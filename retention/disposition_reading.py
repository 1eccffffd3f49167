"""What is known of a batch: its grounds, who acted, and what became of each record of its list.

Rule: that a record was destroyed is what `destructions` says; of a destruction by another act it says so too, and the
caller tells the two apart by the ids of the batch's own destructions.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, select

from retention.disposition_steps import Requirement
from retention.dispositions import MARK_BYTES, ActKind, Ground, PersonalAct, Signatory
from retention.tables import disposition_acts, disposition_grounds, disposition_records
from storage.tables import destructions, records

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A record of a batch's list. `destruction_id` names what destroyed it; `dropped` says why it was left out."""

    record_id: str
    submission_id: str
    ground: int
    size: int
    captured_at: datetime
    sent_at: datetime | None
    dropped: str | None
    destruction_id: str | None
    position: int | None


def read_grounds(connection: Connection, batch_id: str) -> dict[int, Ground]:
    """The grounds of a batch, by their numbers."""
    query = select(disposition_grounds).where(disposition_grounds.c.disposition_id == batch_id)
    return {row.number: _ground(row) for row in connection.execute(query.order_by(disposition_grounds.c.number))}


def _ground(row: Any) -> Ground:
    account = json.loads(row.account)
    return Ground(
        series_id=row.series_id,
        schedule_id=row.schedule_id,
        eligible_on=row.eligible_on,
        latest_on=row.latest_on,
        citation=account["citation"],
        action=account["action"],
        reasons=tuple(account["reasons"]),
        requirements=tuple(
            Requirement(name=name, wait_days=wait, ordered=ordered) for name, wait, ordered in account["requirements"]
        ),
    )


def read_acts(connection: Connection, batch_id: str) -> tuple[PersonalAct, ...]:
    """Who did what to a batch, in order."""
    query = select(disposition_acts).where(disposition_acts.c.disposition_id == batch_id)
    return tuple(_act(row) for row in connection.execute(query.order_by(disposition_acts.c.number)))


def _act(row: Any) -> PersonalAct:
    marks = frozenset(row.marks[start : start + MARK_BYTES] for start in range(0, len(row.marks), MARK_BYTES))
    return PersonalAct(
        kind=ActKind(row.act),
        signatory=Signatory(actor=row.actor, marks=marks),
        step=row.step,
        done_on=row.done_on,
        at=row.at,
        position=row.position,
    )


def steps_done(acts: Sequence[PersonalAct]) -> Mapping[str, date]:
    """The day of each step that was recorded; of several records of one step the last counts."""
    return {one.step: one.done_on for one in acts if one.step is not None and one.done_on is not None}


def is_same_person(one: Signatory, other: Signatory) -> bool:
    """Whether two acts are those of one person."""
    return one.actor == other.actor or bool(one.marks & other.marks)


def approvers(acts: Sequence[PersonalAct]) -> tuple[PersonalAct, ...]:
    """The approvals that count: of persons other than whoever proposed it, each of them once."""
    proposers = [one.signatory for one in acts if one.kind is ActKind.PROPOSE]
    found: list[PersonalAct] = []
    for one in acts:
        counted = [*proposers, *(other.signatory for other in found)]
        if one.kind is ActKind.APPROVE and not any(is_same_person(one.signatory, other) for other in counted):
            found.append(one)
    return tuple(found)


def listed(connection: Connection, batch_id: str) -> Iterator[Listed]:
    """The whole list of a batch, in its order."""
    for row in connection.execute(_of(batch_id)):
        yield _listed(row)


def left(connection: Connection, batch_id: str, after: int, limit: int) -> list[tuple[int, Listed]]:
    """The next records of a list that are neither dropped nor destroyed, with their ordinals."""
    query = _of(batch_id).where(
        disposition_records.c.dropped.is_(None),
        disposition_records.c.ordinal > after,
        destructions.c.record_id.is_(None),
    )
    return [(row.ordinal, _listed(row)) for row in connection.execute(query.limit(limit))]


def _of(batch_id: str) -> Select[Any]:
    members = disposition_records.c
    joined = disposition_records.join(records, records.c.id == members.record_id).outerjoin(
        destructions, destructions.c.record_id == members.record_id
    )
    chosen = (
        members.ordinal,
        members.record_id,
        members.ground,
        members.size,
        members.dropped,
        records.c.submission_id,
        records.c.captured_at,
        records.c.sent_at,
        destructions.c.batch_id,
        destructions.c.position,
    )
    query = select(*chosen).select_from(joined).where(members.disposition_id == batch_id)
    return query.order_by(members.ordinal)


def _listed(row: Any) -> Listed:
    return Listed(
        record_id=row.record_id,
        submission_id=row.submission_id,
        ground=row.ground,
        size=row.size,
        captured_at=row.captured_at,
        sent_at=row.sent_at,
        dropped=row.dropped,
        destruction_id=row.batch_id,
        position=row.position,
    )
