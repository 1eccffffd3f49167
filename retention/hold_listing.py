"""What a hold holds, listed and counted from the same rows, by the same rules, as `retention.hold_standing` asks.

Rule: a record is in exactly one of these: pending (no valid verdict), match, cannot tell, decided, freed by a decision,
or not held. What is destroyed is in none; what was destroyed before a hold was placed is told beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, and_, func, not_, or_, select

from retention.hold_learning import unlearned
from retention.hold_rules import is_plain
from retention.hold_standing import Ground
from retention.ports import MatchOutcome
from retention.tables import NOT_FREE, hold_decisions, hold_verdicts
from storage.records import RecordState
from storage.tables import destruction_batches, destructions, records
from storage.transcription_tables import transcriptions

if TYPE_CHECKING:
    from datetime import datetime

    from retention.holds import Hold
    from retention.ports import ContentRule

_FREED = "freed"
_READ = select(func.max(transcriptions.c.position)).where(transcriptions.c.record_id == records.c.id).scalar_subquery()


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldCounts:
    """How many active records stand how to a hold; `freed` are those that an officer freed."""

    match: int = 0
    decided: int = 0
    cannot_tell: int = 0
    pending: int = 0
    freed: int = 0

    @property
    def held(self) -> int:
        """All that count as held."""
        return self.match + self.decided + self.cannot_tell + self.pending


@dataclass(frozen=True, slots=True, kw_only=True)
class DestroyedBefore:
    """A record whose destruction precedes a hold that would hold it; `position` is the leaf that names it."""

    record_id: str
    batch_id: str
    position: int
    at: datetime


def pending(hold: Hold, after: str = "") -> Select[Any]:
    """Ids of the active records without a valid verdict under a hold, behind one, in order."""
    mine = and_(hold_verdicts.c.record_id == records.c.id, hold_verdicts.c.hold == hold.number)
    missing = or_(
        hold_verdicts.c.record_id.is_(None),
        hold_verdicts.c.version != hold.version,
        hold_verdicts.c.position < records.c.position,
        hold_verdicts.c.position < func.coalesce(_READ, -1),
        unlearned(hold),
    )
    query = select(records.c.id).outerjoin(hold_verdicts, mine)
    query = query.where(records.c.state == RecordState.ACTIVE.value, records.c.id > after, missing)
    return query.order_by(records.c.id)


def pending_count(connection: Connection, hold: Hold) -> int:
    """How many active records have no valid verdict under a hold; they count as held."""
    counted: int = connection.execute(select(func.count()).select_from(pending(hold).subquery())).scalar_one()
    return counted


def outcome_counts(connection: Connection, hold: Hold) -> dict[str, int]:
    """How many records have each outcome under a hold's present version, as it was judged."""
    query = select(hold_verdicts.c.outcome, func.count()).group_by(hold_verdicts.c.outcome)
    query = query.where(hold_verdicts.c.hold == hold.number, hold_verdicts.c.version == hold.version)
    counted = {row[0]: row[1] for row in connection.execute(query)}
    return {outcome.value: counted.get(outcome.value, 0) for outcome in MatchOutcome}


def counts_of(connection: Connection, hold: Hold) -> HoldCounts:
    """How many records stand how to an open hold."""
    query = _not_free(hold, hold_verdicts.c.outcome, hold_decisions.c.decision, func.count().label("number"))
    query = query.group_by(hold_verdicts.c.outcome, hold_decisions.c.decision)
    counted: dict[str, int] = {}
    for row in connection.execute(query):
        name = _ground(row)
        counted[name] = counted.get(name, 0) + row.number
    return HoldCounts(
        match=counted.get(Ground.MATCH, 0),
        decided=counted.get(Ground.DECIDED, 0),
        cannot_tell=counted.get(Ground.CANNOT_TELL, 0),
        pending=pending_count(connection, hold),
        freed=counted.get(_FREED, 0),
    )


def held_records(connection: Connection, hold: Hold) -> list[tuple[str, Ground, str | None]]:
    """Every record that an open hold holds by itself, in order of its id, with why; reasons are without content."""
    columns = (hold_verdicts.c.record_id, hold_verdicts.c.outcome, hold_verdicts.c.reason, hold_decisions.c.decision)
    found: list[tuple[str, Ground, str | None]] = [
        (row.record_id, Ground(_ground(row)), row.reason)
        for row in connection.execute(_not_free(hold, *columns))
        if _ground(row) != _FREED
    ]
    found += [(one, Ground.PENDING, None) for one in connection.execute(pending(hold)).scalars()]
    return sorted(found)


def destroyed_before(connection: Connection, hold: Hold, rule: ContentRule) -> tuple[list[DestroyedBefore], int]:
    """Records destroyed before a hold that it would hold, and how many more of which nobody can tell any more."""
    query = select(
        destructions.c.record_id, destructions.c.batch_id, destructions.c.position, destruction_batches.c.decided_at
    )
    query = query.join(destruction_batches, destruction_batches.c.id == destructions.c.batch_id)
    query = query.join(records, records.c.id == destructions.c.record_id)
    query = query.where(destructions.c.position < hold.position).order_by(destructions.c.position)
    if rule.records:
        query = query.where(records.c.id.in_(rule.records))
    if rule.custodian_ids:
        query = query.where(records.c.custodian_id.in_(rule.custodian_ids))
    if not is_plain(rule):
        counted: int = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
        return [], counted
    rows = connection.execute(query)
    return [
        DestroyedBefore(record_id=row.record_id, batch_id=row.batch_id, position=row.position, at=row.decided_at)
        for row in rows
    ], 0


def _not_free(hold: Hold, *columns: Any) -> Select[Any]:
    """Valid verdicts of active records that are not free by them, each with the decision that holds for it, if any."""
    decided = and_(
        hold_decisions.c.record_id == hold_verdicts.c.record_id,
        hold_decisions.c.hold_id == hold.id,
        hold_decisions.c.version == hold.version,
        hold_decisions.c.position > hold_verdicts.c.position,
    )
    query = select(*columns).select_from(
        hold_verdicts.join(records, records.c.id == hold_verdicts.c.record_id).outerjoin(hold_decisions, decided)
    )
    return query.where(
        NOT_FREE,
        hold_verdicts.c.hold == hold.number,
        hold_verdicts.c.version == hold.version,
        records.c.state == RecordState.ACTIVE.value,
        hold_verdicts.c.position >= records.c.position,
        hold_verdicts.c.position >= func.coalesce(_READ, -1),
        not_(unlearned(hold)),
    )


def _ground(row: Any) -> str:
    if row.outcome == MatchOutcome.MATCH:
        return Ground.MATCH
    if row.decision is None:
        return Ground.CANNOT_TELL
    return _FREED if row.decision == "free" else Ground.DECIDED
