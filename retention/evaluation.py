"""From facts, a rule, holds and a day to a decision that explains itself.

Rule: pure, and never early. A record is eligible on the day after its last day; a hold beats everything; what is
missing is named and never assumed; two clocks that contradict each other are a conflict for a person. Eligible
is not "may destroy": adoption, permission, two persons, holds and open requests are asked again at approval and
in the destroying transaction. With the same facts, a later day never turns an eligible record back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from retention.calendars import day_after
from retention.computation import Computed, Ending, Reading
from retention.conditions import holds_for

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from retention.facts import Facts
    from retention.rules import Authority, RetentionRule, Step, Terms


class Verdict(StrEnum):
    """What a rule says about a record on a day."""

    RETAIN = "retain"
    ELIGIBLE = "eligible"
    NEEDS_EVENT = "needs_event"
    PERMANENT = "permanent"
    HELD = "held"
    CONFLICT = "conflict"
    UNSCHEDULED = "unscheduled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What a decision rests on: the series whose rule it was, where that stands, and what it prescribes in the end."""

    series_id: str
    citation: str
    authority: Authority
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A verdict with its dates and reasons.

    Attributes:
        decision: the verdict.
        eligible_on: the first day on which the minimum no longer keeps the record; None where not known.
        latest_on: the last day on which the maximum allows it to be kept; None where there is no maximum.
        projected_on: what `eligible_on` would be if the unconfirmed events came true; None if it adds nothing.
        waits_for: kinds of event or facts of which one is missing.
        over_maximum: the maximum lies before the day of the decision.
        steps: the disposition steps in order, as words.
        reasons: sentences, the first with the citation.
        basis: the rule that applied; None where none did.
    """

    decision: Verdict
    eligible_on: date | None = None
    latest_on: date | None = None
    projected_on: date | None = None
    waits_for: tuple[str, ...] = ()
    over_maximum: bool = False
    steps: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    basis: Basis | None = None

    def to_json(self) -> dict[str, Any]:
        """The object of `schedule try` and of `record show` (dates ISO 8601 or null)."""
        return {
            "decision": self.decision.value,
            "eligible_on": _iso(self.eligible_on),
            "latest_on": _iso(self.latest_on),
            "projected_on": _iso(self.projected_on),
            "waits_for": list(self.waits_for),
            "over_maximum": self.over_maximum,
            "steps": list(self.steps),
            "reasons": list(self.reasons),
        }


def evaluate(facts: Facts, rule: RetentionRule | None, holds: Sequence[str], today: date) -> Decision:
    """Decide about one record.

    Args:
        facts: what is known about it.
        rule: the rule of its series; None where it has no series, or one that no schedule has.
        holds: ids of the holds that it is under.
        today: the day to decide for, in the archive's zone.
    """
    return under_holds(_by_rule(facts, rule, today), holds)


def under_holds(decision: Decision, holds: Sequence[str]) -> Decision:
    """The same decision under these holds, ids, which come before every rule."""
    if not holds:
        return decision
    over = f"over maximum, held, hold {', '.join(holds)}" if decision.over_maximum else f"held by {', '.join(holds)}"
    without = f"without the hold it would be {decision.decision.value.replace('_', ' ')}"
    return replace(decision, decision=Verdict.HELD, reasons=(over, without, *decision.reasons))


def _by_rule(facts: Facts, rule: RetentionRule | None, today: date) -> Decision:
    if rule is None:
        return Decision(
            decision=Verdict.UNSCHEDULED, reasons=("no current schedule has a rule for this record, so it is kept",)
        )
    source = f"series {rule.series_id} [{rule.citation}], edition {rule.authority.edition}"
    terms, authority, missing = _terms(facts, rule)
    if terms is None:
        return Decision(
            decision=Verdict.NEEDS_EVENT,
            waits_for=missing,
            reasons=(f"{source}: no case of the rule applies to the known facts", _waiting(missing)),
        )
    minimum, maximum, notes = _compute(facts, rule, terms)
    decision, reasons = _weigh(minimum, maximum, today)
    eligible_on = day_after(minimum.last) if minimum.last is not None else None
    latest_on = None if maximum is None else maximum.last
    return Decision(
        decision=decision,
        eligible_on=eligible_on,
        latest_on=latest_on,
        projected_on=_projected(facts, rule, terms) if minimum.ending is Ending.PENDING else None,
        waits_for=minimum.waits if minimum.ending is not Ending.DUE else (),
        over_maximum=latest_on is not None and today > latest_on,
        steps=tuple(str(step) for step in terms.steps),
        reasons=(source, *notes, *reasons, *cautions(authority, today)),
        basis=Basis(series_id=rule.series_id, citation=rule.citation, authority=authority, steps=terms.steps),
    )


def _terms(facts: Facts, rule: RetentionRule) -> tuple[Terms | None, Authority, tuple[str, ...]]:
    """The terms of the first case that holds, else the rule's own; or the facts that would decide."""
    for case in rule.cases:
        if holds_for(case.when, facts):
            permission = case.permission_required
            if permission is None:
                return case.terms, rule.authority, ()
            return case.terms, replace(rule.authority, permission_required=permission), ()
    missing = tuple(dict.fromkeys(name for case in rule.cases for name in case.when.names))
    return rule.terms, rule.authority, () if rule.terms is not None else missing


def _compute(
    facts: Facts, rule: RetentionRule, terms: Terms, *, projecting: bool = False
) -> tuple[Computed, Computed | None, tuple[str, ...]]:
    """Minimum and maximum with notes. A maximum alone lets a record go as soon as its clock has started."""
    notes: list[str] = []
    maximum: Computed | None = None
    if terms.maximum is not None:
        reading = Reading(facts=facts, calendars=rule.calendars, longest=False, projecting=projecting)
        maximum = reading.compute(terms.maximum)
        notes += [f"maximum: {note}" for note in reading.notes]
    if terms.minimum is not None:
        reading = Reading(facts=facts, calendars=rule.calendars, longest=True, projecting=projecting)
        minimum = reading.compute(terms.minimum)
        return minimum, maximum, (*(f"minimum: {note}" for note in reading.notes), *notes)
    assert maximum is not None
    notes.append("the rule sets no minimum, so the record may go once the clock of its maximum has started")
    return replace(maximum, last=maximum.start), maximum, tuple(notes)


def _weigh(minimum: Computed, maximum: Computed | None, today: date) -> tuple[Verdict, tuple[str, ...]]:
    latest = None if maximum is None else maximum.last
    if minimum.ending is Ending.FOREVER:
        if latest is not None:
            return Verdict.CONFLICT, (f"a branch keeps it permanently and the maximum ends on {latest}: decide",)
        return Verdict.PERMANENT, ()
    if minimum.ending is Ending.DUE:
        assert minimum.last is not None
        return _weigh_due(minimum.last, latest, today)
    if latest is not None and today > latest:
        return Verdict.CONFLICT, (
            f"the maximum ended on {latest} and the minimum is not known: an officer has to decide",
            _waiting(minimum.waits),
        )
    if minimum.ending is Ending.PENDING and not minimum.waits:
        return Verdict.RETAIN, ("it follows the record on which it depends",)
    floor = () if minimum.floor is None else (f"by what is known, it is kept at least up to {minimum.floor}",)
    return Verdict.NEEDS_EVENT, (_waiting(minimum.waits), *floor)


def _weigh_due(last: date, latest: date | None, today: date) -> tuple[Verdict, tuple[str, ...]]:
    if latest is not None and latest < last:
        return Verdict.CONFLICT, (
            f"the maximum ends on {latest}, before the minimum on {last}: an officer has to decide",
        )
    over = (f"its maximum ended on {latest}",) if latest is not None and today > latest else ()
    if today > last:
        return Verdict.ELIGIBLE, (f"eligible since the day after {last}; that alone permits no disposal", *over)
    return Verdict.RETAIN, (f"kept up to and including {last}", *over)


def _projected(facts: Facts, rule: RetentionRule, terms: Terms) -> date | None:
    if all(event.confirmed for event in facts.events):
        return None
    minimum, _, _ = _compute(facts, rule, terms, projecting=True)
    return None if minimum.last is None else day_after(minimum.last)


def barriers(authority: Authority, today: date) -> tuple[str, ...]:
    """Why the schedule gives dates but no disposal on a day; empty where it is in force."""
    found = []
    if authority.inactive:
        found.append("the schedule is an example that no records officer has activated: dates, but no disposal")
    if authority.adopted_on is None or authority.adopted_on > today:
        found.append("the schedule is not adopted: dates, but no disposal")
    if authority.effective is not None and today < authority.effective:
        found.append(f"the schedule takes effect on {authority.effective}: dates, but no disposal before")
    if authority.expires is not None and today > authority.expires:
        found.append(f"the schedule expired on {authority.expires}: dates, but no disposal")
    if authority.superseded:
        found.append("the edition is superseded: dates, but no disposal")
    return tuple(found)


def cautions(authority: Authority, today: date) -> tuple[str, ...]:
    """The barriers, and whose permission disposal needs."""
    found = barriers(authority, today)
    if not authority.permission_required:
        return found
    return (*found, f"disposal needs the permission of {authority.permission_from or 'the supervising authority'}")


def _waiting(waits: tuple[str, ...]) -> str:
    if not waits:
        return "nothing in the rule applies to the known facts"
    return f"nobody has supplied {' or '.join(name.replace('_', ' ') for name in waits)}"


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
