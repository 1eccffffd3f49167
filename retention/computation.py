"""Walking a rule's tree: facts and calendars to one last day, or to what is still missing.

Rule: the result does not depend on any `today`; a date is known or it is not. A minimum runs from the later of
the captured and the asserted date, a maximum from the earlier, until an officer confirms one. Of several events
that start one clock a minimum takes the latest and a maximum the earliest, unless the rule says otherwise.
Events that nobody confirmed count only in a projection, except where the rule's own words name a projected date.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from retention.calendars import Calendars, MonthDay, Unit, anniversary, last_day
from retention.facts import Facts, Moment
from retention.rules import (
    DEFAULT_EVENTS,
    MOMENT_TRIGGERS,
    MOVING_TRIGGERS,
    YEAR_END_UNITS,
    AllOf,
    Condition,
    EarlierOf,
    Expression,
    ExtendedByConsent,
    LaterOf,
    LongerAuthorised,
    Permanent,
    Pick,
    Term,
    Trigger,
    WhicheverApplies,
)

if TYPE_CHECKING:
    from datetime import date


class Ending(StrEnum):
    """Whether a computation found a last day."""

    DUE = "due"
    PENDING = "pending"
    FOREVER = "forever"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """What a tree, or a branch of it, comes to.

    Attributes:
        ending: whether there is a last day.
        last: the last day of the period, where due.
        start: the day the clock started, where due.
        waits: the kinds of event or facts, any of which would move it on, where pending.
        projected: the day rests on a projected date that the rule itself names.
    """

    ending: Ending
    last: date | None = None
    start: date | None = None
    waits: tuple[str, ...] = ()
    projected: bool = False


_FOREVER = Computed(ending=Ending.FOREVER)
_NOT_APPLICABLE = Computed(ending=Ending.NOT_APPLICABLE)


def holds_for(condition: Condition, facts: Facts) -> bool:
    """Whether every fact of the condition is known and has one of its values."""
    return all(facts.attribute(name) in values for name, values in condition.facts)


@dataclass(slots=True, kw_only=True)
class Reading:
    """One reading of one tree.

    Attributes:
        facts: what is known.
        calendars: the agency's years.
        longest: True reads a minimum (later dates win), False a maximum.
        projecting: count events that nobody confirmed.
        notes: what was found on the way, as sentences.
    """

    facts: Facts
    calendars: Calendars
    longest: bool
    projecting: bool = False
    notes: list[str] = field(default_factory=list)

    def compute(self, tree: Expression) -> Computed:
        """The last day that the tree comes to. Trees are bounded in depth by whoever made them (rules.MAX_DEPTH)."""
        match tree:
            case Term():
                return self._term(tree)
            case Permanent():
                self.notes.append("the rule keeps this permanently")
                return _FOREVER
            case LaterOf(branches=branches) | AllOf(branches=branches):
                return self._later([self.compute(branch) for branch in branches])
            case EarlierOf(branches=branches):
                return self._earlier([self.compute(branch) for branch in branches])
            case WhicheverApplies():
                return self._whichever(tree)
            case LongerAuthorised(then=then, event=event) | ExtendedByConsent(then=then, event=event):
                return self._extended(self.compute(then), event)

    def _later(self, branches: list[Computed]) -> Computed:
        counted = [branch for branch in branches if branch.ending is not Ending.NOT_APPLICABLE]
        if not counted:
            return _NOT_APPLICABLE
        if any(branch.ending is Ending.FOREVER for branch in counted):
            return _FOREVER
        if any(branch.ending is Ending.PENDING for branch in counted):
            return _pending(counted)
        return max(counted, key=_by_last)

    def _earlier(self, branches: list[Computed]) -> Computed:
        due = [branch for branch in branches if branch.ending is Ending.DUE]
        if due:
            waits = _waits(branches)
            if waits:
                self.notes.append(f"it would end earlier with {_any(waits)}")
            return min(due, key=_by_last)
        if any(branch.ending is Ending.PENDING for branch in branches):
            return _pending(branches)
        return _FOREVER if any(branch.ending is Ending.FOREVER for branch in branches) else _NOT_APPLICABLE

    def _whichever(self, tree: WhicheverApplies) -> Computed:
        chosen: list[Computed] = []
        open_branches: list[Computed] = []
        missing: list[str] = []
        for branch in tree.branches:
            names = [name for name, _ in branch.when.facts]
            if names and not holds_for(branch.when, self.facts):
                missing += [name for name in names if self.facts.attribute(name) is None]
                continue
            computed = self.compute(branch.then)
            if computed.ending is Ending.NOT_APPLICABLE:
                continue
            (chosen if names or computed.ending is not Ending.PENDING else open_branches).append(computed)
        if not chosen:
            waits = (*_waits(open_branches), *missing)
            return Computed(ending=Ending.PENDING, waits=tuple(dict.fromkeys(waits))) if waits else _NOT_APPLICABLE
        actual = [branch for branch in chosen if not branch.projected]
        if actual and len(actual) < len(chosen):
            self.notes.append("a projected date gives way to one that came true")
        counted = actual or chosen
        return self._later(counted) if self.longest else self._earlier(counted)

    def _extended(self, computed: Computed, kind: str) -> Computed:
        if computed.ending is not Ending.DUE:
            return computed
        for event in self.facts.events:
            if event.kind != kind or not (event.confirmed or self.projecting):
                continue
            if event.until is None:
                self.notes.append(f"{kind} of {event.day} names no end, so no last day follows")
                return Computed(ending=Ending.PENDING, waits=(f"an end of {kind}",))
            if computed.last is not None and event.until > computed.last:
                self.notes.append(f"{kind} of {event.day} moves the last day to {event.until}")
                computed = replace(computed, last=event.until)
        return computed

    def _term(self, term: Term) -> Computed:
        if term.if_any is not None and not self.facts.knows(term.if_any):
            self.notes.append(f"no {_words(term.if_any)} is known, so its condition does not apply")
            return _NOT_APPLICABLE
        if term.trigger is Trigger.AGE_REACHED:
            return self._age(term)
        if term.trigger in MOMENT_TRIGGERS and not term.events:
            start = self._moment(term.trigger)
            return self._run(term, start, _words(term.trigger.value), waits=(term.trigger.value,))
        if term.trigger in MOVING_TRIGGERS and not term.events:
            moved = self._moment(term.of)
            return self._run(term, moved, _words(term.of.value), waits=(term.of.value,))
        return self._event(term, term.events or DEFAULT_EVENTS.get(term.trigger, ()))

    def _age(self, term: Term) -> Computed:
        birth = self.facts.birth_date
        reached = None if birth is None else anniversary(birth, term.age or 0, self.calendars.leap_rule)
        return self._run(term, reached, f"age {term.age} was reached", waits=("birth_date",))

    def _event(self, term: Term, kinds: tuple[str, ...]) -> Computed:
        permitted = term.trigger is Trigger.PROJECTED_GRADUATION
        known = [
            event
            for event in self.facts.events
            if event.kind in kinds and (event.confirmed or self.projecting or permitted)
        ]
        if not known:
            if kinds and self.facts.not_applicable.issuperset(kinds):
                self.notes.append(f"{_any(kinds)} was declared not applicable")
                return _NOT_APPLICABLE
            follows = term.trigger is Trigger.PARENT_DISPOSED and self.facts.parent_kept
            if follows:
                self.notes.append("the record on which this one depends is still kept")
            return Computed(ending=Ending.PENDING, waits=() if follows else kinds)
        latest = self.longest if term.pick is None else term.pick is Pick.LATEST
        event = (max if latest else min)(known, key=lambda candidate: candidate.day)
        computed = self._run(term, event.day, _words(event.kind), waits=kinds)
        return replace(computed, projected=not event.confirmed)

    def _run(self, term: Term, start: date | None, what: str, *, waits: tuple[str, ...]) -> Computed:
        if start is None:
            return Computed(ending=Ending.PENDING, waits=waits)
        moved = self._moved(term, start)
        end = last_day(moved, term.period, term.unit, self.calendars)
        words = f"{term.period} {_plural(term.unit.value, term.period)} after {what} ({start}"
        words += f", counted from {moved})" if moved != start else ")"
        self.notes.append(f"{words} end on {end}{self._leap_note(term, moved)}")
        return Computed(ending=Ending.DUE, last=end, start=moved)

    def _leap_note(self, term: Term, start: date) -> str:
        years = term.unit in {Unit.YEAR, Unit.ANNIVERSARY_YEAR}
        if years and term.period and start.month == 2 and start.day == 29:  # noqa: PLR2004 - 29 February
            return f" (29 February counts as {self.calendars.leap_rule.value} in a common year)"
        return ""

    def _moved(self, term: Term, start: date) -> date:
        unit = YEAR_END_UNITS.get(term.trigger)
        end: MonthDay | None = None if unit is None else self.calendars.year_end(unit)
        if end is not None:
            return end.on_or_after(start)
        if term.trigger is Trigger.FIXED_DAY and term.day is not None:
            return term.day.nth_after(start, term.nth)
        return start

    def _moment(self, trigger: Trigger) -> date | None:
        """The date of a moment, weighed against the capture."""
        facts = self.facts
        asserted = self._asserted(trigger)
        captured = facts.captured
        if asserted is None or captured is None:
            chosen = asserted or captured
            if trigger is Trigger.LAST_ENTRY and asserted is None:
                return None  # capture says nothing about whether the thread went on
            return None if chosen is None else chosen.day
        if asserted.confirmed or asserted.day == captured.day:
            return asserted.day
        if captured.confirmed:
            return captured.day
        pick = max if self.longest else min
        self.notes.append(
            f"the {'later' if self.longest else 'earlier'} of the stated date {asserted.day}"
            f" and the capture {captured.day} counts"
        )
        return pick(asserted.day, captured.day)

    def _asserted(self, trigger: Trigger) -> Moment | None:
        """The stated date of a moment, or None where none is stated or it cannot be believed."""
        facts = self.facts
        received = facts.received or facts.created
        stated: tuple[Moment | None, ...]
        if trigger is Trigger.CREATED:
            stated = (facts.created,)
        elif trigger is Trigger.RECEIVED_OR_PROVIDED:
            stated = (received, facts.provided)
        elif trigger is Trigger.LAST_ENTRY:
            stated = (facts.last_entry or self._last_entry_event(),)
        else:
            stated = (received,)
        usable: list[Moment] = []
        for moment in stated:
            if moment is None:
                continue
            why = facts.why_unusable(moment)
            if why is None:
                usable.append(moment)
            else:
                self.notes.append(f"the stated date {moment.day} is not used: {why}")
        return max(usable, key=lambda moment: moment.day) if usable else None

    def _last_entry_event(self) -> Moment | None:
        days = [
            event.day
            for event in self.facts.events
            if event.kind in DEFAULT_EVENTS[Trigger.LAST_ENTRY] and (event.confirmed or self.projecting)
        ]
        return Moment(day=max(days), confirmed=True) if days else None


def _by_last(computed: Computed) -> date:
    assert computed.last is not None
    return computed.last


def _waits(branches: list[Computed]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for branch in branches for name in branch.waits))


def _pending(branches: list[Computed]) -> Computed:
    return Computed(ending=Ending.PENDING, waits=_waits(branches))


def _words(name: str) -> str:
    return name.replace("_", " ")


def _any(names: tuple[str, ...]) -> str:
    return " or ".join(_words(name) for name in names)


def _plural(unit: str, period: int) -> str:
    words = _words(unit)
    return words if period == 1 else f"{words}s"
