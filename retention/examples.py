"""Examples inside a schedule file: facts and the decision that they must lead to, run by `schedule check`.

Rule: an example states what a records officer expects, in dates; one that fails shows the computation with it.
Facts of examples have no times of day, so no zone plays a part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from retention.evaluation import Decision, Verdict
from retention.facts import Facts, facts_from
from retention.reading import Table
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from datetime import date

    from retention.source_lines import SeriesLines

MAX_EXAMPLES = 64
_ZONE = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """What must come out; dates are compared only where the example states them."""

    name: str
    facts: Facts
    today: date
    decision: Verdict
    eligible_on: date | None = None
    latest_on: date | None = None
    waits_for: tuple[str, ...] | None = None
    holds: tuple[str, ...] = ()
    line: int | None = None

    def failures(self, decision: Decision) -> tuple[str, ...]:
        """What came out otherwise, as ends of a sentence."""
        found = []
        if decision.decision is not self.decision:
            found.append(f"decision is {decision.decision.value}, expected {self.decision.value}")
        if self.eligible_on is not None and decision.eligible_on != self.eligible_on:
            found.append(f"eligible_on is {decision.eligible_on}, expected {self.eligible_on}")
        if self.latest_on is not None and decision.latest_on != self.latest_on:
            found.append(f"latest_on is {decision.latest_on}, expected {self.latest_on}")
        if self.waits_for is not None and set(decision.waits_for) != set(self.waits_for):
            waits = ", ".join(decision.waits_for) or "empty"
            found.append(f"waits_for is {waits}, expected {', '.join(self.waits_for)}")
        return tuple(found)


def read_examples(series: Table, lines: SeriesLines) -> tuple[Example, ...]:
    """The examples of a series; `lines` are where they stand.

    Raises:
        InvalidInput: one cannot be understood.
    """
    found = []
    for number, entry in enumerate(series.tables("example", MAX_EXAMPLES), start=1):
        table = Table.of(entry, series.place.at(lines.example(number)), f"example {number}")
        found.append(_example(table, number))
    return tuple(found)


def _example(table: Table, number: int) -> Example:
    today = table.day("today")
    if today is None:
        raise table.place.refusal(f"{table.name} needs today")
    try:
        facts = facts_from(table.raw("facts") or {}, _ZONE)
    except InvalidInput as error:
        raise table.place.of_key("facts").refusal(f"{table.name}: {error.message}") from error
    example = Example(
        name=table.text("name", f"example {number}"),
        facts=facts,
        today=today,
        decision=table.choice("decision", Verdict),
        eligible_on=table.day("eligible_on"),
        latest_on=table.day("latest_on"),
        waits_for=table.words("waits_for") if table.has("waits_for") else None,
        holds=table.words("holds"),
        line=table.place.line,
    )
    table.done()
    return example
