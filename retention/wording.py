"""A rule in words, for whoever reads a schedule: what starts each clock, how long it runs, what follows.

Rule: pure, complete for `retention.rules`, and of the same terms that the reasons of a decision use. The words are
for people; nothing reads them back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from retention.calendars import Calendars, Unit
from retention.rules import (
    After,
    AllOf,
    Condition,
    EarlierOf,
    Expression,
    ExtendedByConsent,
    LaterOf,
    LongerAuthorised,
    Permanent,
    RetentionRule,
    Span,
    Term,
    Terms,
    WhicheverApplies,
)
from retention.vocabulary import DEFAULT_EVENTS, YEAR_END_UNITS, Trigger

if TYPE_CHECKING:
    from retention.rules import Branch

_MOMENTS = {
    Trigger.CREATED: "the day it was made or sent",
    Trigger.RECEIVED: "the day it was received",
    Trigger.RECEIVED_OR_PROVIDED: "the day it was received or provided, whichever is later",
    Trigger.LAST_ENTRY: "its last entry",
    Trigger.IMMEDIATE: "receipt",
}
_ORDINALS = {1: "first", 2: "second", 3: "third"}
_YEARS = frozenset({Unit.FISCAL_YEAR, Unit.SCHOOL_YEAR, Unit.CALENDAR_YEAR, Unit.CALENDAR_MONTH, Unit.CALENDAR_QUARTER})


def rule_in_words(rule: RetentionRule) -> tuple[str, ...]:
    """The rule as lines: each case with what it asks for, then the rule for all others."""
    lines = [f"where {_condition(case.when)}: {terms_in_words(case.terms)}" for case in rule.cases]
    if rule.terms is not None:
        lines.append(f"{'otherwise: ' if rule.cases else ''}{terms_in_words(rule.terms)}")
    return tuple(lines)


def terms_in_words(terms: Terms) -> str:
    """Minimum, maximum and steps as one line."""
    parts = []
    if isinstance(terms.minimum, Permanent):
        parts.append("permanent")
    elif terms.minimum is not None:
        parts.append(f"keep {in_words(terms.minimum)}")
    if terms.maximum is not None:
        parts.append(f"at most {in_words(terms.maximum)}")
    if terms.steps:
        parts.append(f"then {', then '.join(str(step) for step in terms.steps)}")
    return "; ".join(parts)


def in_words(tree: Expression) -> str:
    """A tree as a phrase; trees are bounded in depth by whoever made them (rules.MAX_DEPTH)."""
    match tree:
        case Term():
            found = _term(tree)
        case Permanent():
            found = "permanently"
        case LaterOf(branches=branches):
            found = f"the later of ({'; '.join(in_words(branch) for branch in branches)})"
        case EarlierOf(branches=branches):
            found = f"the earlier of ({'; '.join(in_words(branch) for branch in branches)})"
        case AllOf(branches=(first, *others)):
            found = f"{in_words(first)}, provided that also ({'; '.join(in_words(branch) for branch in others)})"
        case WhicheverApplies(branches=branches):
            found = f"whichever applies of ({'; '.join(_branch(branch) for branch in branches)})"
        case LongerAuthorised(then=then, event=event):
            found = f"{in_words(then)}, longer where {_plain(event)} says so"
        case ExtendedByConsent(then=then, event=event):
            found = f"{in_words(then)}, longer with {_plain(event)}"
        case After():
            found = _after(tree)
    return found


def _term(term: Term) -> str:
    start = _start(term)
    if term.trigger in YEAR_END_UNITS:
        start = f"the end of the {_plain(YEAR_END_UNITS[term.trigger].value)} of {start}"
    elif term.trigger is Trigger.FIXED_DAY:
        start = f"the {_ordinal(term.nth)} {term.day} after {start}"
    if term.period:
        words = f"{_count(term.period, term.unit)} after {start}"
    elif term.unit in _YEARS:
        words = f"to the end of the {_plain(term.unit.value)} of {start}"
    else:
        words = f"until {start}"
    if term.year_end is not None:
        words += f" (years that end on {term.year_end})"
    return words if term.if_any is None else f"{words} (only where any {_plain(term.if_any)} is known)"


def _start(term: Term) -> str:
    if term.trigger is Trigger.AGE_REACHED:
        return f"the day the person is {term.age}"
    moves = term.trigger in YEAR_END_UNITS or term.trigger is Trigger.FIXED_DAY
    moment = _MOMENTS.get(term.of if moves else term.trigger)
    if moment is not None and not term.events:
        return moment
    words = " or ".join(_plain(kind) for kind in term.events or DEFAULT_EVENTS.get(term.trigger, (term.trigger.value,)))
    if term.occurrence is not None:
        words = f"the {_ordinal(term.occurrence)} {words}"
    elif term.pick is not None:
        words = f"the {term.pick.value} {words}"
    if term.following:
        words += f" after {' or '.join(_plain(kind) for kind in term.following)}"
    return words


def _after(tree: After) -> str:
    words = in_words(tree.then)
    if tree.day is not None:
        words += f", then to the {_ordinal(tree.nth)} {tree.day} after that"
    if tree.period:
        words += f", then {_count(tree.period, tree.unit)}"
    elif tree.unit in _YEARS:
        words += f", then to the end of that {_plain(tree.unit.value)}"
    return words if tree.year_end is None else f"{words} (years that end on {tree.year_end})"


def _branch(branch: Branch) -> str:
    if branch.otherwise:
        return f"otherwise {in_words(branch.then)}"
    return f"where {_condition(branch.when)} {in_words(branch.then)}" if branch.when.names else in_words(branch.then)


def _condition(condition: Condition) -> str:
    facts = [f"{_plain(name)} is {' or '.join(values)}" for name, values in condition.facts]
    return " and ".join([*facts, *(_span(span) for span in condition.spans)])


def _span(span: Span) -> str:
    counted = isinstance(span.low, int) or isinstance(span.high, int)
    bounds = []
    if span.low is not None:
        bounds.append(f"{'at least' if counted else 'on or after'} {span.low}")
    if span.high is not None:
        bounds.append(f"{'less than' if counted else 'before'} {span.high}")
    return f"{_plain(span.name)} is {' and '.join(bounds)}"


def calendars_in_words(calendars: Calendars) -> str:
    """The agency's years as one line."""
    return (
        f"fiscal years end on {calendars.fiscal_year_end}, school years on {calendars.school_year_end};"
        f" 29 February counts as {calendars.leap_rule.value} in a common year"
    )


def _count(period: int, unit: Unit) -> str:
    return f"{period} {_plain(unit.value)}{'' if period == 1 else 's'}"


def _ordinal(number: int) -> str:
    return _ORDINALS.get(number, f"{number}th")


def _plain(name: str) -> str:
    return name.replace("_", " ")
