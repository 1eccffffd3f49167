"""Published retention sentences as rules of ours: every one can be carried, and none is early."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from retention.evaluation import Verdict, evaluate
from retention.facts import FactEvent, Facts, Moment
from retention.rules import (
    DEFAULT_EVENTS,
    Branch,
    EarlierOf,
    Expression,
    ExtendedByConsent,
    LongerAuthorised,
    Permanent,
    RetentionRule,
    Term,
    WhicheverApplies,
)
from retention.schedule import Series, load_schedule

SCHEDULE = load_schedule(Path(__file__).with_name("expressions.toml").read_bytes(), "expressions.toml")
HAPPENED = date(2004, 3, 1)


def _rule(series: Series) -> RetentionRule:
    assert series.rule is not None
    return series.rule


def _terms_of(tree: Expression | Branch | None) -> list[Term]:
    match tree:
        case None | Permanent():
            return []
        case Term():
            return [tree]
        case Branch(then=then) | LongerAuthorised(then=then) | ExtendedByConsent(then=then):
            return _terms_of(then)
        case _:
            return [term for branch in tree.branches for term in _terms_of(branch)]


def _clocks(series: Series) -> list[Term]:
    rule = _rule(series)
    every = [case.terms for case in rule.cases] + ([rule.terms] if rule.terms else [])
    return [term for terms in every for tree in (terms.minimum, terms.maximum) for term in _terms_of(tree)]


def _complete(series: Series) -> Facts:
    """Facts in which all that the rule speaks of happened on one day."""
    clocks = _clocks(series)
    kinds = {kind for term in clocks for kind in (term.events or DEFAULT_EVENTS.get(term.trigger, ()))}
    kinds |= {term.if_any for term in clocks if term.if_any is not None}
    rule = _rule(series)
    chosen = dict(rule.cases[0].when.facts) if rule.cases else {}
    if rule.terms is not None and isinstance(rule.terms.minimum, WhicheverApplies):
        chosen |= dict(rule.terms.minimum.branches[0].when.facts)
    return Facts(
        created=Moment(day=HAPPENED),
        captured=Moment(day=HAPPENED),
        last_entry=Moment(day=HAPPENED),
        birth_date=HAPPENED,
        events=tuple(FactEvent(kind=kind, day=HAPPENED) for kind in sorted(kinds)),
        attributes=tuple((name, values[0]) for name, values in chosen.items()),
    )


def test_every_line_of_the_list_has_a_rule():
    assert [series.id for series in SCHEDULE.series] == [f"line-{number}" for number in range(2, 156)]


@pytest.mark.parametrize("series", SCHEDULE.series, ids=lambda series: series.id)
def test_with_all_facts_known_a_rule_ends_and_not_on_the_day_itself(series):
    rule = _rule(series)
    facts = _complete(series)
    if rule.terms is not None and isinstance(rule.terms.minimum, Permanent):
        assert evaluate(facts, rule, (), date.max).decision is Verdict.PERMANENT
        return
    early = evaluate(facts, rule, (), HAPPENED)
    assert early.decision is Verdict.RETAIN
    assert early.eligible_on is not None
    late = evaluate(facts, rule, (), early.eligible_on)
    assert late.decision is Verdict.ELIGIBLE


@pytest.mark.parametrize("series", SCHEDULE.series, ids=lambda series: series.id)
def test_with_no_fact_known_a_rule_never_ends(series):
    verdict = evaluate(Facts(), _rule(series), (), date(2200, 1, 1)).decision
    assert verdict in {Verdict.NEEDS_EVENT, Verdict.PERMANENT}


@pytest.mark.parametrize("series", SCHEDULE.series, ids=lambda series: series.id)
def test_without_its_events_only_a_clock_that_needs_none_ends(series):
    facts = Facts(created=Moment(day=HAPPENED), captured=Moment(day=HAPPENED))
    verdict = evaluate(facts, _rule(series), (), date(2200, 1, 1)).decision
    rule = _rule(series)
    earlier = rule.terms is not None and isinstance(rule.terms.minimum, EarlierOf)
    waits = [term for term in _clocks(series) if term.events and term.if_any is None]
    if waits and not earlier:
        assert verdict is not Verdict.ELIGIBLE


def test_the_list_is_as_long_as_the_one_beside_the_project(shared_dir):
    lines = (shared_dir / "reference" / "retention-phrases.tsv").read_text(encoding="utf-8").splitlines()[1:]
    print(f"{len(SCHEDULE.series)} of {len(lines)} sentences have a rule")  # noqa: T201 - the count is asked for
    assert len(lines) == len(SCHEDULE.series)


@pytest.mark.parametrize(
    ("line", "facts", "eligible_on"),
    [
        (6, Facts(created=Moment(day=date(2024, 3, 1))), date(2025, 7, 1)),
        (8, Facts(birth_date=date(2003, 5, 5)), date(2024, 5, 6)),
        (23, Facts(created=Moment(day=date(2024, 7, 1))), date(2026, 7, 1)),
        (28, Facts(created=Moment(day=date(2024, 1, 1))), date(2024, 4, 1)),
        (154, Facts(created=Moment(day=date(2024, 2, 29))), date(2124, 3, 1)),
        (50, Facts(events=(FactEvent(kind="separated", day=date(2020, 5, 1)),), attributes=(("part", "w4"),)),
         date(2025, 4, 16)),
        (22, Facts(events=(FactEvent(kind="separated", day=date(2000, 6, 30)),)), date(2025, 7, 1)),
    ],
)  # fmt: skip
def test_a_few_rules_by_hand(line, facts, eligible_on):
    series = SCHEDULE.find(f"line-{line}")
    assert evaluate(facts, _rule(series), (), date(2020, 6, 1)).eligible_on == eligible_on
