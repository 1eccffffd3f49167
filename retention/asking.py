"""What a rule asks for: the kinds of event and the facts by which it can be decided.

Rule: pure, complete for `retention.rules`. A kind of event that no rule asks for moves nothing, so whoever records
one can be told.
"""

from __future__ import annotations

from dataclasses import dataclass

from retention.rules import (
    After,
    AllOf,
    EarlierOf,
    Expression,
    ExtendedByConsent,
    LaterOf,
    LongerAuthorised,
    Permanent,
    RetentionRule,
    Term,
    WhicheverApplies,
)
from retention.vocabulary import DEFAULT_EVENTS, MOMENT_TRIGGERS, MOVING_TRIGGERS, Trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Names in alphabetical order: kinds of event; facts, with the moments and birth_date among them."""

    events: tuple[str, ...]
    facts: tuple[str, ...]


def asked_by(rule: RetentionRule) -> Asked:
    """All that any case or clock of a rule asks for."""
    events: set[str] = set()
    facts: set[str] = {name for case in rule.cases for name in case.when.names}
    every = [case.terms for case in rule.cases] + ([] if rule.terms is None else [rule.terms])
    open_trees = [tree for terms in every for tree in (terms.minimum, terms.maximum) if tree is not None]
    while open_trees:
        open_trees += _into(open_trees.pop(), events, facts)
    return Asked(events=tuple(sorted(events)), facts=tuple(sorted(facts)))


def _into(tree: Expression, events: set[str], facts: set[str]) -> list[Expression]:
    """Add what a tree itself asks for; the trees below it."""
    below: list[Expression] = []
    match tree:
        case Term():
            _add_term(tree, events, facts)
        case Permanent():
            pass
        case LaterOf(branches=branches) | EarlierOf(branches=branches) | AllOf(branches=branches):
            below = list(branches)
        case WhicheverApplies(branches=applicable):
            facts.update(name for branch in applicable for name in branch.when.names)
            below = [branch.then for branch in applicable]
        case LongerAuthorised(then=then, event=event) | ExtendedByConsent(then=then, event=event):
            events.add(event)
            below = [then]
        case After(then=then):
            below = [then]
    return below


def _add_term(term: Term, events: set[str], facts: set[str]) -> None:
    for name in term.following:
        (facts if name in MOMENT_TRIGGERS else events).add(name)
    if term.if_any is not None:
        facts.add(term.if_any)
    if term.events:
        events.update(term.events)
    elif term.trigger is Trigger.AGE_REACHED:
        facts.add("birth_date")
    elif term.trigger in MOVING_TRIGGERS:
        facts.add(term.of.value)
    else:
        events.update(DEFAULT_EVENTS.get(term.trigger, ()))
        if term.trigger in MOMENT_TRIGGERS:
            facts.add(term.trigger.value)
