"""Until when a verdict holds: the days on which what a rule says of a record can change by itself.

Rule: a computation knows no day (`retention.computation`), so a verdict without holds changes by the passing of time
on two days only: the first on which the minimum no longer keeps the record, and the first after the maximum. Whether a
schedule is in force changes no verdict (`retention.evaluation.cautions`). Everything else that changes one is an act
with a leaf in the ledger (`retention.due_scope`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from retention.calendars import day_after

if TYPE_CHECKING:
    from datetime import date

    from retention.evaluation import Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """For which days a verdict holds: from `since_on`, None from ever, up to but without `next_on`, None for ever."""

    since_on: date | None
    next_on: date | None

    def covers(self, day: date) -> bool:
        """Whether it holds on a day."""
        return (self.since_on is None or self.since_on <= day) and (self.next_on is None or day < self.next_on)


def validity(decision: Decision, today: date) -> Validity:
    """For which days the verdict of a decision, made for `today` without holds, holds as long as nothing is added."""
    over = None if decision.latest_on is None else day_after(decision.latest_on)
    changes = [day for day in (decision.eligible_on, over) if day is not None]
    return Validity(
        since_on=max((day for day in changes if day <= today), default=None),
        next_on=min((day for day in changes if day > today), default=None),
    )
