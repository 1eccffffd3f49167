"""What the table of due days says of a day, in one reading: by verdict, and which rows say nothing of that day.

Rule: a row answers for the days that it covers. The others are named, so that whoever asks decides about them anew:
on the present day there are none, of another day those whose verdict changes in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, func, or_, select

from retention.due_tables import CHANGED, CHANGES, LISTED, due_days
from retention.evaluation import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import date

    from sqlalchemy import ColumnElement

_CHUNK: Final = 500
_mine = due_days.c
TOLD: Final = (Verdict.ELIGIBLE, Verdict.NEEDS_EVENT, Verdict.CONFLICT, Verdict.UNSCHEDULED)
"""Verdicts whose records are named; of the others, which keep, only the number is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueReading:
    """What the rows say of a day, without holds.

    Attributes:
        total: how many rows there are, one for each active record.
        counts: how many rows that cover the day have each of the verdicts that are listed.
        outside: ids of the records whose rows do not cover the day, in order.
    """

    total: int
    counts: dict[Verdict, int]
    outside: tuple[str, ...]


def read_due(connection: Connection, day: date) -> DueReading:
    """Count the rows for a day."""
    total: int = connection.execute(select(func.count()).select_from(due_days)).scalar_one()
    query = select(_mine.verdict, func.count()).where(LISTED).group_by(_mine.verdict)
    counts = {Verdict(verdict): number for verdict, number in connection.execute(query)}
    outside = set(outside_of(connection, day))
    for verdict in verdicts_of(connection, outside).values():
        if verdict in counts:
            counts[verdict] -= 1
    return DueReading(total=total, counts=counts, outside=tuple(sorted(outside)))


def outside_of(connection: Connection, day: date) -> Iterator[str]:
    """Ids of the records whose rows do not cover a day, each once."""
    for query in (
        select(_mine.record_id).where(CHANGES, _mine.next_on <= day),
        select(_mine.record_id).where(CHANGED, _mine.since_on > day),
    ):
        yield from connection.execute(query).scalars()


def listed_on(connection: Connection, day: date, *verdicts: Verdict) -> Iterator[tuple[str, Verdict]]:
    """Ids of the records that have one of these verdicts on a day, by rows that cover it; by verdict, then in order."""
    covers: tuple[ColumnElement[bool], ...] = (
        or_(_mine.since_on.is_(None), _mine.since_on <= day),
        or_(_mine.next_on.is_(None), _mine.next_on > day),
    )
    for verdict in verdicts:
        query = select(_mine.record_id).where(LISTED, _mine.verdict == verdict.value, *covers)
        for record_id in connection.execute(query.order_by(_mine.verdict, _mine.record_id)).scalars():
            yield record_id, verdict


def verdicts_of(connection: Connection, record_ids: Collection[str]) -> dict[str, Verdict]:
    """What the rows of these records say; those without a row are absent."""
    ordered: Sequence[str] = sorted(record_ids)
    found: dict[str, Verdict] = {}
    for start in range(0, len(ordered), _CHUNK):
        query = select(_mine.record_id, _mine.verdict).where(_mine.record_id.in_(ordered[start : start + _CHUNK]))
        found |= {record_id: Verdict(verdict) for record_id, verdict in connection.execute(query)}
    return found
