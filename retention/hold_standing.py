"""Which records are held, by which holds, and why: asked of rows that were written when records were opened.

Rules:

- Free of a hold is only what was opened and found not to match, under the hold's present version, and after the last
  thing that was added to what the record says. No row, an older row, `CANNOT_TELL`: held. So is a record with
  participants while the hold has not followed what was learned of people (`retention.hold_learning`).
- An officer may free a record that could not be told, by a decision that is newer than all of that; never a match.
- A record whose bytes are also those of others (a mail that carries a mailbox or an export) stands under their holds:
  its destruction would take from a held record the container that it came in.
- The same answer for lists, evaluations and the destroying transaction, which asks it under the write lock.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Select, func, select

from retention.hold_learning import behind, with_participants
from retention.holds import Hold, open_holds
from retention.ports import MatchOutcome
from retention.tables import hold_decisions, hold_verdicts
from storage.active_records import IS_ACTIVE
from storage.container_tables import container_members
from storage.tables import records
from storage.transcription_tables import transcriptions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_CHUNK: Final = 500
_DEEPEST: Final = 64  # containers in containers; unpacking goes less deep


class Ground(StrEnum):
    """Why a record is held."""

    MATCH = "match"
    DECIDED = "decided"
    CANNOT_TELL = "cannot_tell"
    PENDING = "pending"
    CONTAINS = "contains"


SENTENCES: Final = {
    Ground.MATCH: "it is under hold {hold}",
    Ground.DECIDED: "it is under hold {hold}, as an officer decided",
    Ground.CANNOT_TELL: "nobody can tell yet whether it is under hold {hold}; see: archiver hold records {hold}",
    Ground.PENDING: "hold {hold} was not compared with it yet; see: archiver hold show {hold}",
    Ground.CONTAINS: "its bytes hold a record that is under hold {hold}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A record stands under a hold; `reason` is why by the rule, without content, None where it was not judged."""

    hold: str
    ground: Ground
    reason: str | None = None

    def sentence(self) -> str:
        """As a clause without content."""
        return SENTENCES[self.ground].format(hold=self.hold)


class HoldStanding:
    """How the records of one archive stand to its open holds; a `HoldLookup` and a `DestructionGuard`."""

    def on(self, connection: Connection, record_ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """Ids of the open holds that each of these active records is under; free ones are absent."""
        found = self.held(connection, record_ids)
        return {one: tuple(held.hold for held in under) for one, under in found.items()}

    def objections(self, connection: Connection, record_ids: Sequence[str]) -> Mapping[str, str]:
        """Why a record may not be destroyed now; the first hold of each, and how many more there are."""
        said = {}
        for record_id, under in self.held(connection, record_ids).items():
            more = f" (and {len(under) - 1} more)" if len(under) > 1 else ""
            said[record_id] = f"{under[0].sentence()}{more}"
        return said

    def held_alone(self, connection: Connection, record_ids: Sequence[str]) -> dict[str, tuple[Held, ...]]:
        """As `held`, without what the bytes of these records contain: for who asks of all that is in there, too."""
        standing = open_holds(connection)
        return _own(connection, standing, record_ids) if standing else {}

    def held(self, connection: Connection, record_ids: Sequence[str]) -> dict[str, tuple[Held, ...]]:
        """How each of these active records is held, in the order of the holds; free ones are absent."""
        standing = open_holds(connection)
        if not standing:
            return {}
        found = _own(connection, standing, record_ids)
        inside = contained_in(connection, record_ids)
        others = _own(connection, standing, list({one for some in inside.values() for one in some}))
        order = {hold.id: hold.number for hold in standing}
        for record_id, contained in inside.items():
            mine = {one.hold: one for one in found.get(record_id, ())}
            for other in contained:
                for one in others.get(other, ()):
                    mine.setdefault(one.hold, Held(hold=one.hold, ground=Ground.CONTAINS))
            if mine:
                found[record_id] = tuple(sorted(mine.values(), key=lambda one: order[one.hold]))
        return found


def _own(connection: Connection, standing: Sequence[Hold], record_ids: Sequence[str]) -> dict[str, tuple[Held, ...]]:
    found = {}
    late = behind(connection, standing)
    for chunk in _chunks(record_ids):
        newest = newest_positions(connection, chunk)
        talked = with_participants(connection, chunk) if late else frozenset[str]()
        verdicts = {(row.record_id, row.hold): row for row in connection.execute(_verdicts(standing, chunk))}
        decided = select(hold_decisions).where(hold_decisions.c.record_id.in_(chunk))
        decisions = {(row.record_id, row.hold_id): row for row in connection.execute(decided)}
        for record_id, position in newest.items():
            under = tuple(
                held
                for hold in standing
                if (
                    held := stands(
                        hold,
                        position,
                        None if hold.number in late and record_id in talked else verdicts.get((record_id, hold.number)),
                        decisions.get((record_id, hold.id)),
                    )
                )
                is not None
            )
            if under:
                found[record_id] = under
    return found


def stands(hold: Hold, position: int, verdict: Any | None, decision: Any | None) -> Held | None:
    """How a record stands to a hold, None where it is free of it.

    Args:
        hold: the open hold.
        position: of the newest leaf that says what the record says.
        verdict: the row of `hold_verdicts`, if any that holds for who its people are known to be.
        decision: the row of `hold_decisions`, if any.
    """
    if verdict is None or verdict.version != hold.version or verdict.position < position:
        return Held(hold=hold.id, ground=Ground.PENDING)
    if verdict.outcome == MatchOutcome.NO_MATCH:
        return None
    if verdict.outcome == MatchOutcome.MATCH:
        return Held(hold=hold.id, ground=Ground.MATCH, reason=verdict.reason)
    if decision is not None and decision.version == hold.version and decision.position > position:
        if decision.decision == "free":
            return None
        return Held(hold=hold.id, ground=Ground.DECIDED, reason=verdict.reason)
    return Held(hold=hold.id, ground=Ground.CANNOT_TELL, reason=verdict.reason)


def newest_positions(connection: Connection, chunk: Sequence[str]) -> dict[str, int]:
    """The newest leaf that says what each of these active records says: its own, or that of its last transcription."""
    query = select(records.c.id, records.c.position).where(records.c.id.in_(chunk), IS_ACTIVE)
    newest: dict[str, int] = {row.id: row.position for row in connection.execute(query)}
    read = (
        select(transcriptions.c.record_id, func.max(transcriptions.c.position).label("position"))
        .where(transcriptions.c.record_id.in_(chunk))
        .group_by(transcriptions.c.record_id)
    )
    for row in connection.execute(read):
        if row.record_id in newest:
            newest[row.record_id] = max(newest[row.record_id], row.position)
    return newest


def contained_in(connection: Connection, record_ids: Sequence[str]) -> dict[str, set[str]]:
    """The other active records whose bytes stand in the submissions that these records are; most have none."""
    inside: dict[str, set[str]] = defaultdict(set)
    for chunk in _chunks(record_ids):
        # a record that is its whole submission goes with it; one that was cut out of it leaves it as it is
        mine = select(records.c.id, records.c.submission_id).where(
            records.c.id.in_(chunk), records.c.holder == records.c.submission_id
        )
        of: dict[str, set[str]] = defaultdict(set)
        for row in connection.execute(mine):
            of[row.submission_id].add(row.id)
        for _ in range(_DEEPEST):
            for submission_id, other in _records_of(connection, list(of)):
                for record_id in of[submission_id] - {other}:
                    inside[record_id].add(other)
            below: dict[str, set[str]] = defaultdict(set)
            for container_id, submission_id in _members_of(connection, list(of)):
                below[submission_id] |= of[container_id]
            if not below:
                break
            of = below
    return dict(inside)


def _records_of(connection: Connection, submission_ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    for chunk in _chunks(submission_ids):
        query = select(records.c.submission_id, records.c.id).where(records.c.submission_id.in_(chunk), IS_ACTIVE)
        for row in connection.execute(query):
            yield row.submission_id, row.id


def _members_of(connection: Connection, container_ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    members = container_members.c
    for chunk in _chunks(container_ids):
        query = select(members.container_id, members.submission_id).where(
            members.container_id.in_(chunk), members.submission_id.is_not(None)
        )
        for row in connection.execute(query):
            yield row.container_id, row.submission_id


def _verdicts(standing: Iterable[Hold], chunk: Sequence[str]) -> Select[Any]:
    query = select(hold_verdicts).where(hold_verdicts.c.record_id.in_(chunk))
    return query.where(hold_verdicts.c.hold.in_([hold.number for hold in standing]))


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))
