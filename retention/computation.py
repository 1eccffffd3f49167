"""Walking a rule's tree: facts and calendars to one last day, or to what is still missing.

Rule: the result does not depend on any `today`; a date is known or it is not. A minimum runs from the later of
the captured and the asserted date, a maximum from the earlier, until an officer confirms one. Of several events
that start one clock a minimum takes the latest and a maximum the earliest, unless the rule says otherwise. What
depends on a record that is still kept waits for it, whatever else happened.
Events that nobody confirmed count only in a projection, except where the rule's own words name a projected date.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from retention.calendars import Calendars, MonthDay, Unit, anniversary, last_day
from retention.conditions import holds_for, is_known
from retention.moments import weigh_moment
from retention.rules import (
    After,
    AllOf,
    Branch,
    EarlierOf,
    Expression,
    ExtendedByConsent,
    LaterOf,
    LongerAuthorised,
    Permanent,
    Term,
    WhicheverApplies,
)
from retention.vocabulary import (
    DEFAULT_EVENTS,
    MOMENT_TRIGGERS,
    MOVING_TRIGGERS,
    YEAR_END_UNITS,
    Pick,
    Trigger,
)

if TYPE_CHECKING:
    from datetime import date

    from retention.facts import FactEvent, Facts


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
        floor: where pending, a last day that the known facts already give and that can only be exceeded, if any.
    """

    ending: Ending
    last: date | None = None
    start: date | None = None
    waits: tuple[str, ...] = ()
    projected: bool = False
    floor: date | None = None


_FOREVER = Computed(ending=Ending.FOREVER)
_NOT_APPLICABLE = Computed(ending=Ending.NOT_APPLICABLE)


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
                found = self._term(tree)
            case Permanent():
                self.notes.append("the rule keeps this permanently")
                found = _FOREVER
            case LaterOf(branches=branches) | AllOf(branches=branches):
                found = self._later([self.compute(branch) for branch in branches])
            case EarlierOf(branches=branches):
                found = self._earlier([self.compute(branch) for branch in branches])
            case WhicheverApplies():
                found = self._whichever(tree)
            case LongerAuthorised(then=then, event=event) | ExtendedByConsent(then=then, event=event):
                found = self._extended(self.compute(then), event)
            case After():
                found = self._after(tree)
        return found

    def _later(self, branches: list[Computed]) -> Computed:
        counted = [branch for branch in branches if branch.ending is not Ending.NOT_APPLICABLE]
        if not counted:
            return _NOT_APPLICABLE
        if any(branch.ending is Ending.FOREVER for branch in counted):
            return _FOREVER
        if any(branch.ending is Ending.PENDING for branch in counted):
            floors = [day for branch in counted for day in (branch.last, branch.floor) if day is not None]
            return replace(_pending(counted), floor=max(floors, default=None))
        return max(counted, key=_by_last)

    def _earlier(self, branches: list[Computed]) -> Computed:
        due = [branch for branch in branches if branch.ending is Ending.DUE]
        if due:
            waits = _waits(branches)
            if waits:
                self.notes.append(f"it would end earlier with {_any(waits)}")
            return min(due, key=_by_last)
        pending = [branch for branch in branches if branch.ending is Ending.PENDING]
        if pending:
            floors = [branch.floor for branch in pending if branch.floor is not None]
            return replace(_pending(pending), floor=min(floors) if len(floors) == len(pending) else None)
        return _FOREVER if any(branch.ending is Ending.FOREVER for branch in branches) else _NOT_APPLICABLE

    def _whichever(self, tree: WhicheverApplies) -> Computed:
        chosen: list[Computed] = []
        open_branches: list[Computed] = []
        missing: list[str] = []
        for branch in self._applicable(tree, missing):
            computed = self.compute(branch.then)
            if computed.ending is Ending.NOT_APPLICABLE:
                continue
            (chosen if branch.when.names or computed.ending is not Ending.PENDING else open_branches).append(computed)
        others = [] if chosen else [branch for branch in tree.branches if branch.otherwise]
        if others:
            self.notes.append("no other branch is known to apply, so the one for other cases does")
            chosen = [self.compute(branch.then) for branch in others]
            chosen = [computed for computed in chosen if computed.ending is not Ending.NOT_APPLICABLE]
        if not chosen:
            waits = (*_waits(open_branches), *missing)
            if waits or open_branches:
                return Computed(ending=Ending.PENDING, waits=tuple(dict.fromkeys(waits)))
            return _NOT_APPLICABLE
        actual = [branch for branch in chosen if not branch.projected]
        if actual and len(actual) < len(chosen):
            self.notes.append("a projected date gives way to one that came true")
        counted = actual or chosen
        return self._later(counted) if self.longest else self._earlier(counted)

    def _applicable(self, tree: WhicheverApplies, missing: list[str]) -> list[Branch]:
        """The branches whose facts hold, and those that ask for none."""
        found = []
        for branch in tree.branches:
            if branch.otherwise:
                continue
            if branch.when.names and not holds_for(branch.when, self.facts):
                missing += [name for name in branch.when.names if not is_known(name, self.facts)]
                continue
            found.append(branch)
        return found

    def _extended(self, computed: Computed, kind: str) -> Computed:
        if computed.ending is not Ending.DUE:
            return computed
        for event in self.facts.events:
            if event.kind != kind or not (event.confirmed or self.projecting):
                continue
            if event.until is None:
                self.notes.append(f"{kind} of {event.day} names no end, so no last day follows")
                return Computed(ending=Ending.PENDING, waits=(f"an end of {kind}",), floor=computed.last)
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
            start = self._moment_of(term.trigger)
            waits = DEFAULT_EVENTS.get(term.trigger, (term.trigger.value,))
            return self._run(term, start, _words(term.trigger.value), waits=waits)
        if term.trigger in MOVING_TRIGGERS and not term.events:
            moved = self._moment_of(term.of)
            return self._run(term, moved, _words(term.of.value), waits=(term.of.value,))
        return self._event(term, term.events or DEFAULT_EVENTS.get(term.trigger, ()))

    def _age(self, term: Term) -> Computed:
        birth = self.facts.birth_date
        reached = None if birth is None else anniversary(birth, term.age or 0, self.calendars.leap_rule)
        return self._run(term, reached, f"age {term.age} was reached", waits=("birth_date",))

    def _event(self, term: Term, kinds: tuple[str, ...]) -> Computed:
        if term.trigger is Trigger.PARENT_DISPOSED and self.facts.parent_kept:
            self.notes.append("the record on which this one depends is still kept")
            return Computed(ending=Ending.PENDING)
        permitted = term.trigger is Trigger.PROJECTED_GRADUATION
        known = sorted(self._counting(kinds, permitted=permitted), key=lambda event: event.day)
        if not known and kinds and self.facts.not_applicable.issuperset(kinds):
            self.notes.append(f"{_any(kinds)} was declared not applicable")
            return _NOT_APPLICABLE
        if term.following:
            since = self._since(term.following)
            if since is None:
                return Computed(ending=Ending.PENDING, waits=term.following)
            known = [event for event in known if event.day > since]
        if len(known) < (term.occurrence or 1):
            return Computed(ending=Ending.PENDING, waits=kinds)
        latest = self.longest if term.pick is None else term.pick is Pick.LATEST
        event = known[term.occurrence - 1 if term.occurrence else (-1 if latest else 0)]
        computed = self._run(term, event.day, _words(event.kind), waits=kinds)
        return replace(computed, projected=not event.confirmed)

    def _counting(self, kinds: tuple[str, ...], *, permitted: bool = False) -> list[FactEvent]:
        """The events of these kinds that this reading counts."""
        wanted = set(kinds)
        sure = self.projecting or permitted
        return [event for event in self.facts.events if event.kind in wanted and (event.confirmed or sure)]

    def _since(self, names: tuple[str, ...]) -> date | None:
        """The day after which events count: the last (first for a maximum) of these moments and events."""
        days = [event.day for event in self._counting(names)]
        for name in names:
            moment = self._moment_of(Trigger(name)) if name in MOMENT_TRIGGERS else None
            days += [] if moment is None else [moment]
        return (max if self.longest else min)(days, default=None)

    def _after(self, tree: After) -> Computed:
        inner = self.compute(tree.then)
        if inner.ending is not Ending.DUE or inner.last is None:
            return inner
        start = inner.last if tree.day is None else tree.day.nth_after(inner.last, tree.nth)
        end = last_day(start, tree.period, tree.unit, self._calendars(tree.year_end))
        words = f"{tree.period} {_plural(tree.unit.value, tree.period)} after that ({inner.last}"
        words += f", counted from {start})" if start != inner.last else ")"
        self.notes.append(f"{words} end on {end}")
        return replace(inner, last=end)

    def _moment_of(self, trigger: Trigger) -> date | None:
        found, notes = weigh_moment(self.facts, trigger, longest=self.longest, projecting=self.projecting)
        self.notes += notes
        return found

    def _calendars(self, year_end: MonthDay | None) -> Calendars:
        """The agency's years, or those that one clock names for itself."""
        if year_end is None:
            return self.calendars
        return replace(self.calendars, fiscal_year_end=year_end, school_year_end=year_end)

    def _run(self, term: Term, start: date | None, what: str, *, waits: tuple[str, ...]) -> Computed:
        if start is None:
            return Computed(ending=Ending.PENDING, waits=waits)
        moved = self._moved(term, start)
        end = last_day(moved, term.period, term.unit, self._calendars(term.year_end))
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
        end: MonthDay | None = None if unit is None else self._calendars(term.year_end).year_end(unit)
        if end is not None:
            return end.on_or_after(start)
        if term.trigger is Trigger.FIXED_DAY and term.day is not None:
            return term.day.nth_after(start, term.nth)
        return start


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
