"""What `schedule check` and `schedule try` do: a schedule's own examples run, and one record's facts tried.

Rule: pure; nothing is stored, and a schedule that fails its own examples is never silently accepted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from retention.evaluation import Decision, evaluate
from storage.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from retention.facts import Facts
    from retention.schedule import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleFailure:
    """An example that did not come out as stated; `reasons` is how the decision explains itself.

    `line` is where the example begins in the file, from 1; None where that cannot be told.
    """

    series_id: str
    example: str
    failures: tuple[str, ...]
    reasons: tuple[str, ...]
    line: int | None = None


def run_examples(schedule: Schedule) -> tuple[ExampleFailure, ...]:
    """Every example of the schedule that fails; empty if all hold."""
    failed = []
    for series in schedule.series:
        for example in series.examples:
            rule = schedule.rule_for(series.id, example.facts)
            decision = evaluate(example.facts, rule, example.holds, example.today)
            failures = example.failures(decision)
            if failures:
                failed.append(
                    ExampleFailure(
                        series_id=series.id,
                        example=example.name,
                        failures=failures,
                        reasons=decision.reasons,
                        line=example.line,
                    )
                )
    return tuple(failed)


def try_facts(schedule: Schedule, series_id: str, facts: Facts, today: date, holds: Sequence[str] = ()) -> Decision:
    """The decision about a record of these facts in a series, on a day.

    Raises:
        NotFound: the schedule has no such series.
    """
    if schedule.find(series_id) is None:
        raise NotFound(f"schedule {schedule.name} has no series {series_id[:64]!r}", schedule=schedule.name)
    return evaluate(facts, schedule.rule_for(series_id, facts), holds, today)
