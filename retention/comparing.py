"""Two editions of a schedule side by side, and what a record's date does between them. Pure.

Rules:

- A series is compared as records meet it: with the rule that its link leads to, the calendars by which it counts, and
  whose permission it needs. Words, source and confidence are remarks of whoever wrote the file and change nothing.
- A new edition moves dates that are still to come. What was executed keeps the edition under which it was decided; that
  stands with the disposition, and is not computed here.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from retention.facts import Facts
from retention.series import Series
from retention.wording import calendars_in_words, rule_in_words

if TYPE_CHECKING:
    from retention.evaluation import Decision
    from retention.rules import Authority, RetentionRule
    from retention.schedule import Schedule

_REMARKS: Final = frozenset({"id", "rule", "words", "source", "confidence", "examples", "line"})
_PLAIN: Final = ("title", "issuer", "jurisdiction", "source", "adoption_evidence", "default_series")
_AUTHORITY: Final = (
    "edition",
    "effective",
    "expires",
    "adopted_on",
    "superseded",
    "inactive",
    "permission_required",
    "permission_from",
)


class Change(StrEnum):
    """What became of a series."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class DateChange(StrEnum):
    """What the first day on which a record may go does; `DATED` has one now, `UNDATED` has none any more."""

    EARLIER = "earlier"
    LATER = "later"
    DATED = "dated"
    UNDATED = "undated"
    SAME = "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesChange:
    """One series that is not as it was.

    Attributes:
        id: its identifier.
        change: what became of it.
        parts: what is another: `rule`, `calendars`, `permission`, or the name of a key of the file.
        before: its rule in words, a line for each case; empty where it was not there or has no rule.
        after: the same of the later edition.
        moves_dates: whether its rule or what it counts by is another, so that dates of records may move.
    """

    id: str
    change: Change
    parts: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    moves_dates: bool = True

    def to_json(self) -> dict[str, Any]:
        """One row of `schedule compare`."""
        return {
            "id": self.id,
            "change": self.change.value,
            "parts": list(self.parts),
            "before": list(self.before),
            "after": list(self.after),
            "moves_dates": self.moves_dates,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleChanges:
    """What differs between two editions: of the head as (what, before, after), and by series in order of the files."""

    head: tuple[tuple[str, str | None, str | None], ...]
    series: tuple[SeriesChange, ...]
    unchanged: int

    def counts(self) -> dict[str, int]:
        """How many series were added, removed and changed, and how many are as they were."""
        found = {change.value: 0 for change in Change}
        for one in self.series:
            found[one.change.value] += 1
        return {**found, "unchanged": self.unchanged}

    def to_json(self) -> dict[str, Any]:
        """The comparison of the two files."""
        return {
            "head": [{"what": what, "before": before, "after": after} for what, before, after in self.head],
            "counts": self.counts(),
            "series": [one.to_json() for one in self.series],
        }


def compare_schedules(old: Schedule | None, new: Schedule) -> ScheduleChanges:
    """What a later edition changes; without an earlier one every series is added."""
    changed: list[SeriesChange] = []
    for series in new.series:
        earlier = None if old is None else old.find(series.id)
        if old is None or earlier is None:
            changed.append(SeriesChange(id=series.id, change=Change.ADDED, after=_words(new, series)))
            continue
        parts = _parts(old, earlier, new, series)
        if parts:
            moves = not {"rule", "calendars", "linked_by_fact", "unwritten"}.isdisjoint(parts) or "family" in parts
            changed.append(
                SeriesChange(
                    id=series.id,
                    change=Change.CHANGED,
                    parts=parts,
                    before=_words(old, earlier, calendars="calendars" in parts),
                    after=_words(new, series, calendars="calendars" in parts),
                    moves_dates=moves,
                )
            )
    unchanged = len(new.series) - len(changed)
    if old is not None:
        gone = [one for one in old.series if new.find(one.id) is None]
        changed += [SeriesChange(id=one.id, change=Change.REMOVED, before=_words(old, one)) for one in gone]
    return ScheduleChanges(
        head=() if old is None else tuple(_head(old, new)), series=tuple(changed), unchanged=unchanged
    )


def date_change(before: Decision, after: Decision) -> DateChange:
    """What the first day on which a record may go does from one decision to the other, holds left aside."""
    if before.eligible_on == after.eligible_on:
        return DateChange.SAME
    if after.eligible_on is None:
        return DateChange.UNDATED
    if before.eligible_on is None:
        return DateChange.DATED
    return DateChange.EARLIER if after.eligible_on < before.eligible_on else DateChange.LATER


def _parts(old: Schedule, earlier: Series, new: Schedule, later: Series) -> tuple[str, ...]:
    first, second = old.rule_for(earlier.id, Facts()), new.rule_for(later.id, Facts())
    parts = []
    if _clock(first) != _clock(second):
        parts.append("rule")
    if first is not None and second is not None:
        if first.calendars != second.calendars:
            parts.append("calendars")
        if _permission(first) != _permission(second):
            parts.append("permission")
    names = [field.name for field in fields(Series) if field.name not in _REMARKS]
    return (*parts, *(name for name in names if getattr(earlier, name) != getattr(later, name)))


def _clock(rule: RetentionRule | None) -> Any:
    """What a rule computes its days and steps from."""
    if rule is None:
        return None
    return rule.terms, tuple(replace(case, permission_required=None) for case in rule.cases)


def _permission(rule: RetentionRule) -> Any:
    authority = rule.authority
    required = (authority.permission_required, *(case.permission_required for case in rule.cases))
    return required, authority.permission_from if any(required) else ""


def _words(schedule: Schedule, series: Series, *, calendars: bool = False) -> tuple[str, ...]:
    rule = schedule.rule_for(series.id, Facts())
    lines: tuple[str, ...] = () if rule is None else rule_in_words(rule)
    if series.linked:
        lines = (f"takes the rule of series {series.linked}", *lines)
    return (*lines, calendars_in_words(rule.calendars)) if calendars and rule is not None else lines


def _head(old: Schedule, new: Schedule) -> list[tuple[str, str | None, str | None]]:
    pairs = [(name, getattr(old.authority, name), getattr(new.authority, name)) for name in _AUTHORITY]
    pairs += [(name, getattr(old, name), getattr(new, name)) for name in _PLAIN]
    pairs.append(("calendars", calendars_in_words(old.calendars), calendars_in_words(new.calendars)))
    found = [(name, _told(before), _told(after)) for name, before, after in pairs if before != after]
    if old.assignments != new.assignments:
        found.append(("assign", f"{len(old.assignments)} rules", f"{len(new.assignments)} rules, not the same"))
    return found


def _told(value: Any) -> str | None:
    """A value of the head as it is shown: a text, a day, or yes and no."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def same_rule(first: RetentionRule | None, second: RetentionRule | None) -> bool:
    """Whether two rules come to the same decision about every record but for the edition that they name."""
    if first is None or second is None:
        return first is second
    return (
        first.series_id == second.series_id
        and (first.terms, first.cases, first.calendars) == (second.terms, second.cases, second.calendars)
        and _in_force(first.authority) == _in_force(second.authority)
    )


def _in_force(authority: Authority) -> Authority:
    return replace(authority, edition="")
