"""Whether what assignment rules ask of opened records can be understood, said when a schedule is checked or loaded.

Rule: the query language belongs to a floor above, so it is asked through the port. A query that tells days from today
("last month") would send the same record elsewhere next month, so it is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from retention.reading import Place
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from retention.ports import RecordMatcher
    from retention.schedule import Schedule


def refuse_unreadable(schedule: Schedule, file: str, matcher: RecordMatcher) -> None:
    """Refuse a schedule of which an assignment rule asks what no record can be asked.

    Raises:
        InvalidInput: which rule, and why, with file, line and series.
    """
    for number, rule in enumerate(schedule.assignments, start=1):
        if not rule.opens:
            continue
        try:
            matcher.refuse(rule.content())
        except InvalidInput as error:
            place = Place(file=file, line=rule.line, series=rule.series_id)
            raise place.refusal(f"assign {number}: {error.message}") from error
