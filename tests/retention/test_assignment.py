"""The order of the rules decides, a doubt is never guessed away, and what a file may ask is bounded."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.assignment import AssignmentRule, Policy, judge
from retention.assignment_checking import refuse_unreadable
from retention.ports import Match, MatchOutcome
from retention.roles import HeldRole, was_held
from retention.schedule import MAX_OPENING, MAX_VALUES, load_schedule
from search.rule_matching import RuleMatcher
from storage.errors import InvalidInput
from storage.records import Channel, RecordKind
from tests.every_case import every_case
from tests.retention.builders import UTC

NAMES = ("A", "B", "C", "D")
ANSWERS = {one: Match(outcome=one, reason=f"it is {one.value}") for one in MatchOutcome}
MAIL = (RecordKind.EMAIL, Channel.SMTP, "cus_1")
DAY = date(2024, 3, 1)

HEAD = """format = 1
name = "t"
title = "T"
issuer = "I"
jurisdiction = "J"
edition = "1"
[[series]]
id = "A"
title = "A"
citation = "Act"
permanent = true
"""

# a rule by number: its query says how it will be answered, and to which series it leads
rules = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(MatchOutcome)), max_size=8)


def policy(spelt, general: frozenset[str], default: str | None) -> Policy:
    made = tuple(AssignmentRule(series_id=series, query=outcome.value) for series, outcome in spelt)
    return Policy(schedule="t", rules=made, default_series=default, general=general)


def answered(rule: AssignmentRule) -> Match:
    return ANSWERS[MatchOutcome(rule.query)]


def possible(spelt, general: frozenset[str], default: str | None) -> set[str | None]:
    """The series for every way in which the doubts may turn out, by trying them all."""
    found: set[str | None] = set()
    unclear = [number for number, (_, outcome) in enumerate(spelt) if outcome is MatchOutcome.CANNOT_TELL]
    for choice in range(2 ** len(unclear)):
        true = {number for bit, number in enumerate(unclear) if choice >> bit & 1}
        true |= {number for number, (_, outcome) in enumerate(spelt) if outcome is MatchOutcome.MATCH}
        matching = [series for number, (series, _) in enumerate(spelt) if number in true]
        specific = [series for series in matching if series not in general]
        found.add((specific or matching or [default])[0])
    return found


@settings(max_examples=300, deadline=None)
@given(rules, st.frozensets(st.sampled_from(NAMES)), st.sampled_from((None, *NAMES)))
def test_a_series_is_given_only_where_it_is_the_one_however_the_doubts_turn_out(spelt, general, default):
    found = judge(*MAIL, [policy(spelt, general, default)], answered)
    every = possible(spelt, general, default)
    if found.assignment is not None:
        assert every == {found.assignment.series_id}
    elif not found.doubts:
        assert every == {None}
    if not any(outcome is MatchOutcome.CANNOT_TELL for _, outcome in spelt):
        assert found.doubts == ()
        assert {None if found.assignment is None else found.assignment.series_id} == every


@settings(max_examples=100, deadline=None)
@given(rules, st.frozensets(st.sampled_from(NAMES)), st.sampled_from((None, *NAMES)))
def test_the_same_question_has_the_same_answer(spelt, general, default):
    one = policy(spelt, general, default)
    assert judge(*MAIL, [one], answered) == judge(*MAIL, [one], answered)


def test_a_rule_of_any_schedule_comes_before_the_default_of_any():
    first = Policy(schedule="x", default_series="A")
    second = Policy(schedule="y", rules=(AssignmentRule(series_id="B", kinds=frozenset({RecordKind.EMAIL})),))
    found = judge(*MAIL, [first, second])
    assert found.assignment is not None
    assert (found.assignment.series_id, found.assignment.why) == ("B", "rule 1 of schedule y")


def test_without_anybody_to_ask_a_rule_that_asks_is_a_doubt():
    found = judge(*MAIL, [policy([("A", MatchOutcome.MATCH)], frozenset(), "B")])
    assert (found.assignment, found.doubts) == (None, ("rule 1 of schedule t: it was not looked at",))


spans = st.tuples(st.none() | st.integers(-20, 20), st.none() | st.integers(-20, 20))


@settings(max_examples=300, deadline=None)
@given(st.lists(spans, max_size=5))
def test_a_role_without_a_day_is_told_only_where_every_day_up_to_the_capture_says_the_same(some):
    def day(offset: int | None) -> date | None:
        return None if offset is None else DAY + timedelta(days=offset)

    held = [
        HeldRole(role="head", since=day(low), until=day(high))
        for low, high in some
        if low is None or high is None or low <= high
    ]
    days = [DAY + timedelta(days=offset) for offset in range(-60, 2)]
    every = {was_held(held, {"head"}, one, DAY) for one in days}
    assert was_held(held, {"head"}, None, DAY) in ({None} if len(every) > 1 else every | {None})
    if len(every) == 1:
        assert was_held(held, {"head"}, None, DAY) is every.pop()


@every_case(
    ("rule", "words"),
    [
        ("", "assign 1 needs kind, channel, custodian, role, account, correspondent or query"),
        ('role = "Head of school"', "role of assign 1 must hold words of a-z"),
        ("correspondent = []", "correspondent of assign 1 must be a text or a list of at most 1000"),
        ("account = 7", "account of assign 1 must be a text or a list of at most 1000"),
        ('account = "' + "a" * 321 + '"', "account of assign 1 must hold printable texts of 1 to 320 characters"),
        ('query = ""', "query of assign 1 must be a printable text"),
        ("correspondent = [" + '"a", ' * (MAX_VALUES + 1) + "]", "correspondent of assign 1 must be a text or a list"),
        ('corespondent = "a"', "assign 1 has no 'corespondent'"),
    ],
)
def test_a_rule_that_cannot_be_understood_is_refused_with_its_line(rule, words):
    with pytest.raises(InvalidInput, match=r"t\.toml, line 1[12345]") as refused:
        load_schedule(f'{HEAD}[[assign]]\nseries = "A"\n{rule}\n'.encode(), "t.toml")
    assert words in refused.value.message


def test_rules_that_open_records_are_few():
    rules = '[[assign]]\nseries = "A"\nquery = "x"\n' * (MAX_OPENING + 1)
    with pytest.raises(InvalidInput, match=f"at most {MAX_OPENING} assign rules"):
        load_schedule((HEAD + rules).encode(), "t.toml")


@pytest.mark.parametrize(
    "rule",
    [
        'query = "sent:[2025-03-01 to"',
        'query = "sent:last month"',
        'query = "sent:yesterday OR walrus"',
        'query = "(((((((((("',
        'account = "..."',
        'correspondent = ["pat@far.example", "!"]',
    ],
)
def test_what_no_record_can_be_asked_is_refused_with_file_line_and_series(rule):
    schedule = load_schedule(f'{HEAD}[[assign]]\nseries = "A"\n{rule}\n'.encode(), "t.toml")
    with pytest.raises(InvalidInput, match=r"t\.toml, line 12, series A: assign 1: ") as refused:
        refuse_unreadable(schedule, "t.toml", RuleMatcher(UTC))
    assert refused.value.fields["line"] == 12


@pytest.mark.parametrize("query", ["walrus", "sent:[2025-03-01 to 2025-03-31]", "a*", 'subject:"bus route"'])
def test_a_query_that_always_asks_the_same_is_taken(query):
    text = query.replace('"', '\\"')
    schedule = load_schedule(f'{HEAD}[[assign]]\nseries = "A"\nquery = "{text}"\n'.encode(), "t.toml")
    refuse_unreadable(schedule, "t.toml", RuleMatcher(UTC))
