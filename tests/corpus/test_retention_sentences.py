"""Published retention sentences as rules of ours: every one can be carried, its dated examples come out, none is early.

The sentences stand outside this project. Here are the numbers of their lines, our expressions, dated examples and a
digest of each sentence, so that a list that changed is noticed where it is present.
"""

from __future__ import annotations

import hashlib
import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from retention.calendars import Unit
from retention.checking import run_examples
from retention.evaluation import Verdict, evaluate
from retention.facts import FactEvent, Facts, Moment
from retention.rules import (
    After,
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
from retention.schedule import load_schedule
from retention.vocabulary import DEFAULT_EVENTS
from tests.every_case import every_case

if TYPE_CHECKING:
    from retention.series import Series

FOLDER = Path(__file__).with_name("retention")
SCHEDULES = tuple(load_schedule(path.read_bytes(), path.name) for path in sorted(FOLDER.glob("*.toml")))
OWN = load_schedule(FOLDER.with_name("retention_own.toml").read_bytes(), "retention_own.toml")
EVERY = {series.id: series for schedule in SCHEDULES for series in schedule.series}
LINES = [f"line-{number}" for number in range(2, 156)]
HAPPENED = date(2004, 3, 1)
NUMBERS = {"one": 1, "four": 4, "seven": 7}
UNITS = {
    "day": Unit.DAY,
    "month": Unit.MONTH,
    "year": Unit.YEAR,
    "anniversary year": Unit.ANNIVERSARY_YEAR,
    "calendar year": Unit.CALENDAR_YEAR,
    "fiscal year": Unit.FISCAL_YEAR,
    "school year": Unit.SCHOOL_YEAR,
}
PERIOD = re.compile(r"\b(\d+|one|four|seven) ((?:anniversary |calendar |fiscal |school )?(?:year|month|day))s?\b")


def _rule(series: Series) -> RetentionRule:
    assert series.rule is not None
    return series.rule


def _clocks_of(tree: Expression | Branch | None) -> list[Term | After]:
    match tree:
        case None | Permanent():
            return []
        case Term():
            return [tree]
        case After(then=then):
            return [tree, *_clocks_of(then)]
        case Branch(then=then) | LongerAuthorised(then=then) | ExtendedByConsent(then=then):
            return _clocks_of(then)
        case _:
            return [clock for branch in tree.branches for clock in _clocks_of(branch)]


def _clocks(series: Series) -> list[Term | After]:
    rule = _rule(series)
    every = [case.terms for case in rule.cases] + ([rule.terms] if rule.terms else [])
    return [clock for terms in every for tree in (terms.minimum, terms.maximum) for clock in _clocks_of(tree)]


def _terms(series: Series) -> list[Term]:
    return [clock for clock in _clocks(series) if isinstance(clock, Term)]


def _complete(series: Series) -> Facts:
    """Facts in which all that the rule speaks of happened on one day, and what must follow on the next."""
    terms = _terms(series)
    first = {kind for term in terms for kind in (*term.following, *([term.if_any] if term.if_any else []))}
    after = {kind for term in terms if term.following for kind in term.events}
    kinds = {kind for term in terms for kind in (term.events or DEFAULT_EVENTS.get(term.trigger, ()))} | first
    rule = _rule(series)
    chosen = dict(rule.cases[0].when.facts) if rule.cases else {}
    if rule.terms is not None and isinstance(rule.terms.minimum, WhicheverApplies):
        chosen |= dict(rule.terms.minimum.branches[0].when.facts)
    return Facts(
        created=Moment(day=HAPPENED),
        captured=Moment(day=HAPPENED),
        last_entry=Moment(day=HAPPENED),
        birth_date=HAPPENED,
        events=tuple(
            FactEvent(kind=kind, day=date(2004, 3, 2) if kind in after else HAPPENED) for kind in sorted(kinds)
        ),
        attributes=tuple((name, values[0]) for name, values in chosen.items()),
    )


def test_every_line_has_a_rule_and_at_least_two_dated_examples():
    assert sorted(EVERY, key=lambda one: int(one[5:])) == LINES
    examples = [(line, EVERY[line].examples) for line in LINES]
    print(f"{len(LINES)} sentences, {sum(len(found) for _, found in examples)} dated examples")  # noqa: T201 - asked for
    assert [line for line, found in examples if len(found) < 2] == []


def test_there_are_sentences_of_our_own_beyond_the_list():
    assert len(OWN.series) >= 40
    assert [series.id for series in OWN.series if len(series.examples) < 2] == []


@pytest.mark.parametrize("schedule", [*SCHEDULES, OWN], ids=lambda schedule: schedule.name)
def test_every_dated_example_comes_out(schedule):
    assert run_examples(schedule) == ()


def test_each_sentence_is_the_one_that_its_rule_was_written_for(shared_dir):
    lines = (shared_dir / "reference" / "retention-phrases.tsv").read_text(encoding="utf-8").splitlines()
    sentences = {f"line-{number}": line.split("\t")[1] for number, line in enumerate(lines, start=1) if number > 1}
    assert sorted(sentences) == sorted(EVERY)
    digests = {line: hashlib.sha256(words.encode()).hexdigest()[:16] for line, words in sentences.items()}
    print(f"{len(sentences)} sentences compared")  # noqa: T201 - the count is asked for
    assert [line for line in LINES if digests[line] != EVERY[line].source] == []


def test_every_period_of_a_sentence_stands_in_its_rule(shared_dir):
    lines = (shared_dir / "reference" / "retention-phrases.tsv").read_text(encoding="utf-8").splitlines()
    lost = []
    for number, line in enumerate(lines[1:], start=2):
        said = {
            (NUMBERS.get(count) or int(count), UNITS[unit])
            for count, unit in PERIOD.findall(line.split("\t")[1].lower())
        }
        lost += [
            (number, one) for one in said - {(clock.period, clock.unit) for clock in _clocks(EVERY[f"line-{number}"])}
        ]
    assert lost == []


@every_case("line", LINES)
def test_with_all_facts_known_a_rule_ends_and_not_on_the_day_itself(line):
    rule = _rule(EVERY[line])
    facts = _complete(EVERY[line])
    if rule.terms is not None and isinstance(rule.terms.minimum, Permanent):
        assert evaluate(facts, rule, (), date.max).decision is Verdict.PERMANENT
        return
    early = evaluate(facts, rule, (), HAPPENED)
    assert early.decision is Verdict.RETAIN
    assert early.eligible_on is not None
    late = evaluate(facts, rule, (), early.eligible_on)
    assert late.decision is Verdict.ELIGIBLE


@every_case("line", LINES)
def test_with_no_fact_known_a_rule_never_ends(line):
    verdict = evaluate(Facts(), _rule(EVERY[line]), (), date(2200, 1, 1)).decision
    assert verdict in {Verdict.NEEDS_EVENT, Verdict.PERMANENT}


@every_case("line", LINES)
def test_without_its_events_only_a_clock_that_needs_none_ends(line):
    facts = Facts(created=Moment(day=HAPPENED), captured=Moment(day=HAPPENED))
    rule = _rule(EVERY[line])
    earlier = rule.terms is not None and isinstance(rule.terms.minimum, EarlierOf)
    waits = [term for term in _terms(EVERY[line]) if term.events and term.if_any is None]
    verdict = evaluate(facts, rule, (), date(2200, 1, 1)).decision
    assert earlier or not waits or verdict is not Verdict.ELIGIBLE
