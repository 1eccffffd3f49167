"""What the coming months would bring: each record placed in the month in which it becomes eligible. Pure.

Rules:

- Every record stands in exactly one of `FATES`; the other lines say what is true of some beside that. A hold that
  keeps a record moves it from the eligible to the held, in the same month.
- A month has the days after `Horizon.today` up to `Horizon.until`. What has come already, or comes later, is in none.
- Dates that rest on events which nobody confirmed are counted apart, as `expected`, and never as eligible.
- Eligible is not "may be destroyed"; where the schedule is not in force on the day, that is counted too.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from retention.calendars import LeapRule, anniversary, day_after
from retention.evaluation import Verdict, barriers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from retention.evaluation import Decision

MOST_YEARS: Final = 100
_MONTHS: Final = 12


class Line(StrEnum):
    """What records are counted as."""

    ELIGIBLE_NOW = "eligible_now"
    ELIGIBLE = "eligible"
    ELIGIBLE_LATER = "eligible_later"
    HELD_NOW = "held_now"
    HELD = "held"
    HELD_LATER = "held_later"
    NEEDS_EVENT = "needs_event"
    UNDATED = "undated"
    PERMANENT = "permanent"
    UNSCHEDULED = "unscheduled"
    CONFLICT = "conflict"
    UNDER_HOLD = "under_hold"
    UNTOLD = "untold"
    EXPECTED_NOW = "expected_now"
    EXPECTED = "expected"
    PAST_MAXIMUM_NOW = "past_maximum_now"
    PAST_MAXIMUM = "past_maximum"
    NOT_IN_FORCE = "not_in_force"


FATES: Final = tuple(Line)[: tuple(Line).index(Line.UNDER_HOLD)]
"""What becomes of a record; each is in one of these."""

MONTHLY: Final = (Line.ELIGIBLE, Line.HELD, Line.EXPECTED, Line.PAST_MAXIMUM)
"""What is told month by month."""

_KEPT: Final = {Line.ELIGIBLE_NOW: Line.HELD_NOW, Line.ELIGIBLE: Line.HELD, Line.ELIGIBLE_LATER: Line.HELD_LATER}
_UNDATED: Final = {
    Verdict.NEEDS_EVENT: Line.NEEDS_EVENT,
    Verdict.PERMANENT: Line.PERMANENT,
    Verdict.UNSCHEDULED: Line.UNSCHEDULED,
    Verdict.CONFLICT: Line.CONFLICT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """The days that are looked at: those after `today`, for so many years."""

    today: date
    years: int

    def __post_init__(self) -> None:
        """Refuse what no chart could show."""
        if not 1 <= self.years <= MOST_YEARS:
            raise ValueError(f"years lie between 1 and {MOST_YEARS}")

    @property
    def until(self) -> date:
        """The last day, inclusive."""
        return anniversary(self.today, self.years, LeapRule.FEBRUARY_28)

    def month_of(self, day: date) -> int | None:
        """The number of the month, from 0, that a day falls into; None outside."""
        if not self.today < day <= self.until:
            return None
        return (day.year - self.today.year) * _MONTHS + day.month - self.today.month

    def months(self) -> tuple[str, ...]:
        """Every month, as ``2026-11``; the first and the last are not whole."""
        first = self.today.year * _MONTHS + self.today.month - 1
        last = self.until.year * _MONTHS + self.until.month - 1
        return tuple(f"{number // _MONTHS:04d}-{number % _MONTHS + 1:02d}" for number in range(first, last + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Whether a hold keeps a record; `untold`: only since nobody can tell yet whether it matches."""

    held: bool = False
    untold: bool = False


FREE: Final = Kept()


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """The lines that one record is counted in, each with the number of the month where it has one."""

    fate: Line
    lines: tuple[tuple[Line, int | None], ...]


def foresee(decision: Decision, kept: Kept, horizon: Horizon) -> Foreseen:
    """Where a record is counted.

    Args:
        decision: about it for `horizon.today`, without holds.
        kept: whether holds keep it.
        horizon: the days that are looked at.
    """
    fate, month = _fate(decision, horizon)
    lines: list[tuple[Line, int | None]] = []
    if fate in {Line.ELIGIBLE_NOW, Line.ELIGIBLE} and decision.basis is not None and decision.eligible_on is not None:
        day = max(decision.eligible_on, horizon.today)
        if barriers(decision.basis.authority, day):
            lines.append((Line.NOT_IN_FORCE, None))
    if kept.held:
        fate = _KEPT.get(fate, fate)
        lines.append((Line.UNDER_HOLD, None))
        if kept.untold:
            lines.append((Line.UNTOLD, None))
    if fate is Line.NEEDS_EVENT and decision.projected_on is not None:
        lines += _at(decision.projected_on, Line.EXPECTED_NOW, Line.EXPECTED, horizon)
    past = None if decision.latest_on is None else day_after(decision.latest_on)
    if past is not None:
        lines += _at(past, Line.PAST_MAXIMUM_NOW, Line.PAST_MAXIMUM, horizon)
    return Foreseen(fate=fate, lines=((fate, month), *lines))


def _fate(decision: Decision, horizon: Horizon) -> tuple[Line, int | None]:
    """Without holds."""
    undated = _UNDATED.get(decision.decision)
    if undated is not None:
        return undated, None
    if decision.eligible_on is None:
        return Line.UNDATED, None
    if decision.eligible_on <= horizon.today:
        return Line.ELIGIBLE_NOW, None
    month = horizon.month_of(decision.eligible_on)
    return (Line.ELIGIBLE_LATER, None) if month is None else (Line.ELIGIBLE, month)


def _at(day: date, now: Line, within: Line, horizon: Horizon) -> list[tuple[Line, int | None]]:
    if day <= horizon.today:
        return [(now, None)]
    month = horizon.month_of(day)
    return [] if month is None else [(within, month)]


class Foresight:
    """Counts records and bytes by group (a series, a channel, a custodian), line and month."""

    def __init__(self, horizon: Horizon) -> None:
        self._horizon = horizon
        self._whole: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        self._lines: dict[tuple[str, Line], list[int]] = defaultdict(lambda: [0, 0])
        self._months: dict[tuple[str, int, Line], list[int]] = defaultdict(lambda: [0, 0])

    def take(self, group: str, decision: Decision, kept: Kept, size: int) -> None:
        """Count one record of `size` bytes, by its decision without holds."""
        _add(self._whole[group], size)
        for line, month in foresee(decision, kept, self._horizon).lines:
            _add(self._lines[group, line], size)
            if month is not None:
                _add(self._months[group, month, line], size)

    def groups(self) -> list[str]:
        """The groups that have a record, in order."""
        return sorted(self._whole)

    def to_json(self) -> dict[str, Any]:
        """`totals` and `months` of all, and the same of each group by its id."""
        by_group: dict[str, dict[int, dict[Line, list[int]]]] = defaultdict(dict)
        every: dict[int, dict[Line, list[int]]] = {}
        for (group, month, line), pair in self._months.items():
            by_group[group].setdefault(month, {})[line] = pair
            _into(every.setdefault(month, {}).setdefault(line, [0, 0]), pair)
        names = self._horizon.months()
        return {
            "totals": self._totals(self.groups()),
            "months": list(_rows(names, every)),
            "groups": {
                group: {"totals": self._totals([group]), "months": list(_rows(names, by_group.get(group, {})))}
                for group in self.groups()
            },
        }

    def _totals(self, groups: list[str]) -> dict[str, dict[str, int]]:
        sums = {"all": [0, 0]} | {line.value: [0, 0] for line in Line}
        for group in groups:
            _into(sums["all"], self._whole[group])
            for line in Line:
                pair = self._lines.get((group, line))
                if pair is not None:
                    _into(sums[line.value], pair)
        return {name: _counted(pair) for name, pair in sums.items()}


def difference(present: dict[str, Any], proposed: dict[str, Any]) -> dict[str, Any]:
    """What a proposal would change: the same shape as `Foresight.to_json`, numbers of the second less the first."""
    empty: dict[str, Any] = {"totals": {}, "months": []}
    names = sorted({*present["groups"], *proposed["groups"]})
    return {
        **_less(present, proposed),
        "groups": {
            name: _less(present["groups"].get(name, empty), proposed["groups"].get(name, empty)) for name in names
        },
    }


def _less(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    lines = ("all", *(line.value for line in Line))
    months = [{row["month"]: row for row in one["months"]} for one in (first, second)]
    rows = []
    for name in sorted({*months[0], *months[1]}):
        before, after = (one.get(name, {}) for one in months)
        row = {line.value: _minus(before.get(line.value), after.get(line.value)) for line in MONTHLY}
        if any(pair["records"] or pair["bytes"] for pair in row.values()):
            rows.append({"month": name, **row})
    return {
        "totals": {line: _minus(first["totals"].get(line), second["totals"].get(line)) for line in lines},
        "months": rows,
    }


def _minus(before: dict[str, int] | None, after: dict[str, int] | None) -> dict[str, int]:
    nothing = {"records": 0, "bytes": 0}
    first, second = before or nothing, after or nothing
    return {name: second[name] - first[name] for name in nothing}


def _rows(names: tuple[str, ...], months: dict[int, dict[Line, list[int]]]) -> Iterator[dict[str, Any]]:
    """Only months in which something happens."""
    for number in sorted(months):
        lines = months[number]
        yield {"month": names[number], **{line.value: _counted(lines.get(line, [0, 0])) for line in MONTHLY}}


def _counted(pair: list[int]) -> dict[str, int]:
    return {"records": pair[0], "bytes": pair[1]}


def _add(pair: list[int], size: int) -> None:
    pair[0] += 1
    pair[1] += size


def _into(pair: list[int], other: list[int]) -> None:
    pair[0] += other[0]
    pair[1] += other[1]
