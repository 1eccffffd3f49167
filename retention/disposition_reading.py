"""What is known of a batch: its grounds, who acted, and what became of each record of its list.

Rule: that a record was destroyed is what `destructions` says; of a destruction by another act it says so too, and the
caller tells the two apart by the ids of the batch's own destructions.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Select, exists, func, select

from retention.copy_tables import disposition_copies
from retention.disposition_copies import copies_left, copies_of
from retention.disposition_types import MARK_BYTES, ActKind, Ground, PersonalAct, Requirement, Signatory
from retention.tables import disposition_acts, disposition_grounds, disposition_records
from storage.tables import destructions, records

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A record of a batch's list. `destruction_id` names what destroyed it; `dropped` says why it was left out.

    Records of one `family` go together.
    """

    record_id: str
    submission_id: str
    ground: int
    family: int
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A list in numbers. `gone` counts, by the ids of destructions, what each took and was not dropped before."""

    records: int
    size: int
    dropped: int
    gone: Mapping[str, int]


_LISTS: Final = (
    (disposition_records, disposition_records.c.record_id),
    (disposition_copies, disposition_copies.c.container_id),
)


def tally(connection: Connection, batch_id: str) -> Tally:
    """How many records a list has, and how many of them left it, and how."""
    of_copies = exists().where(disposition_copies.c.disposition_id == batch_id)
    table, named = _LISTS[bool(connection.execute(select(of_copies)).scalar_one())]
    members = table.c
    whole = select(func.count(), func.sum(members.size), func.count(members.dropped))
    records_of, size, dropped = connection.execute(whole.where(members.disposition_id == batch_id)).one()
    joined = table.join(destructions, destructions.c.record_id == named)
    query = select(destructions.c.batch_id, func.count().label("records")).select_from(joined)
    query = query.where(members.disposition_id == batch_id, members.dropped.is_(None))
    gone = connection.execute(query.group_by(destructions.c.batch_id))
    return Tally(
        records=records_of,
        size=int(size or 0),
        dropped=dropped,
        gone={row.batch_id: row.records for row in gone},
    )


def listed(connection: Connection, batch_id: str) -> Iterator[Listed]:
    """The whole list of a batch, in its order."""
    for query in (_of(batch_id), copies_of(batch_id)):  # a batch has rows in one of the two
        for row in connection.execute(query):
            yield _listed(row)


def left(connection: Connection, batch_id: str, after: int, limit: int) -> list[tuple[int, Listed]]:
    """The next records of a list that are neither dropped nor destroyed, with their ordinals."""
    query = _of(batch_id).where(
        disposition_records.c.dropped.is_(None),
        disposition_records.c.ordinal > after,
        destructions.c.record_id.is_(None),
    )
    rows = connection.execute(query.limit(limit)).all() or connection.execute(copies_left(batch_id, after, limit)).all()
    return [(row.ordinal, _listed(row)) for row in rows]


def _of(batch_id: str) -> Select[Any]:
    members = disposition_records.c
    joined = disposition_records.join(records, records.c.id == members.record_id).outerjoin(
        destructions, destructions.c.record_id == members.record_id
    )
    chosen = (
        members.ordinal,
        members.record_id,
        members.ground,
        members.family,
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
        family=row.family,
        size=row.size,
        captured_at=row.captured_at,
        sent_at=row.sent_at,
        dropped=row.dropped,
        destruction_id=row.batch_id,
        position=row.position,
    )
