"""What must hold of every rule tree, every set of facts and every day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from retention.calendars import NEVER, Unit
from retention.computation import Ending, Reading
from retention.evaluation import Verdict, evaluate
from retention.facts import FactEvent, Facts, Moment
from retention.rules import (
    After,
    AllOf,
    Branch,
    Condition,
    EarlierOf,
    Expression,
    ExtendedByConsent,
    LaterOf,
    LongerAuthorised,
    MonthDay,
    Permanent,
    RetentionRule,
    Span,
    Term,
    Terms,
    WhicheverApplies,
)
from retention.vocabulary import DEFAULT_EVENTS, Trigger
from tests.retention.builders import AUTHORITY
from tests.tiers import tried

KINDS = sorted({kind for kinds in DEFAULT_EVENTS.values() for kind in kinds})
days = st.dates(min_value=date(1960, 1, 1), max_value=date(2060, 12, 31))
moments = st.none() | st.builds(Moment, day=days, confirmed=st.booleans())
events = st.builds(
    FactEvent,
    kind=st.sampled_from([*KINDS, "longer_retention", "consent_to_longer_retention"]),
    day=days,
    confirmed=st.booleans(),
    until=st.none() | days,
)
known_facts = st.builds(
    Facts,
    created=moments,
    received=moments,
    provided=moments,
    last_entry=moments,
    captured=moments,
    birth_date=st.none() | days,
    events=st.lists(events, max_size=8).map(tuple),
    attributes=st.sampled_from([(), (("part", "a"),), (("part", "b"),)]),
    not_applicable=st.frozensets(st.sampled_from(KINDS), max_size=3),
    parent_kept=st.booleans(),
)


def _term(
    trigger: Trigger, period: int, unit: Unit, if_any: str | None, occurrence: int | None, following: tuple[str, ...]
) -> Term:
    return Term(
        occurrence=occurrence,
        following=following,
        trigger=trigger,
        period=period,
        unit=unit,
        age=18 if trigger is Trigger.AGE_REACHED else None,
        day=MonthDay(month=7, day=1) if trigger is Trigger.FIXED_DAY else None,
        if_any=if_any,
    )


terms = st.builds(
    _term,
    st.sampled_from([trigger for trigger in Trigger if trigger is not Trigger.NONE]),
    st.integers(0, 100),
    st.sampled_from(list(Unit)),
    st.sampled_from([None, None, None, "part", "closed"]),
    st.sampled_from([None, None, None, 1, 2]),
    st.sampled_from([(), (), (), ("separated",), ("created",)]),
)
conditions = st.sampled_from(
    [
        Condition(),
        Condition(facts=(("part", ("a",)),)),
        Condition(spans=(Span(name="created", low=date(2000, 1, 1)),)),
        Condition(spans=(Span(name="part", high=3),)),
    ]
)


def _branches(children: st.SearchStrategy[Expression]) -> st.SearchStrategy[tuple[Expression, ...]]:
    return st.lists(children, min_size=2, max_size=3).map(tuple)


def _trees(leaves: st.SearchStrategy[Term]) -> st.SearchStrategy[Expression]:
    return st.recursive(
        leaves | st.just(Permanent()),
        lambda children: st.one_of(
            st.builds(LaterOf, branches=_branches(children)),
            st.builds(EarlierOf, branches=_branches(children)),
            st.builds(AllOf, branches=_branches(children)),
            st.builds(LongerAuthorised, then=children),
            st.builds(ExtendedByConsent, then=children),
            st.builds(
                WhicheverApplies,
                branches=st.lists(
                    st.builds(Branch, when=conditions, then=children)
                    | st.builds(Branch, when=st.just(Condition()), then=children, otherwise=st.just(True)),
                    max_size=3,
                ).map(tuple),
            ),
            st.builds(
                After,
                then=children,
                period=st.integers(0, 100),
                unit=st.sampled_from(list(Unit)),
                day=st.sampled_from([None, MonthDay(month=7, day=1), MonthDay(month=2, day=29)]),
                nth=st.integers(1, 3),
            ),
        ),
        max_leaves=6,
    )


trees = _trees(terms)
unconditional_trees = _trees(terms.map(lambda term: replace(term, if_any=None)))


def _rule(minimum, maximum) -> RetentionRule:
    if isinstance(minimum, Permanent) or isinstance(maximum, Permanent):
        maximum = None
    if minimum is None and maximum is None:
        minimum = Permanent()
    return RetentionRule(
        series_id="S", citation="C", terms=Terms(minimum=minimum, maximum=maximum), authority=AUTHORITY
    )


rules = st.builds(_rule, st.none() | trees, st.none() | trees)
MORE = settings(max_examples=tried(60, 300), deadline=None)


@MORE
@given(facts=known_facts, rule=rules, today=days)
def test_a_record_is_never_eligible_before_its_minimum_ends(facts, rule, today):
    decision = evaluate(facts, rule, (), today)
    if decision.decision is Verdict.ELIGIBLE:
        assert decision.eligible_on is not None
        assert decision.eligible_on <= today
        if rule.terms.minimum is not None:
            computed = Reading(facts=facts, calendars=rule.calendars, longest=True).compute(rule.terms.minimum)
            assert computed.ending is Ending.DUE
            assert computed.last < today


@MORE
@given(facts=known_facts, rule=rules, today=days, later=st.integers(0, 40_000))
def test_with_the_same_facts_a_later_day_never_turns_an_eligible_record_back(facts, rule, today, later):
    if evaluate(facts, rule, (), today).decision is Verdict.ELIGIBLE:
        assert evaluate(facts, rule, (), today + timedelta(days=later)).decision is Verdict.ELIGIBLE


@MORE
@given(facts=known_facts, rule=st.none() | rules, today=days)
def test_a_hold_beats_every_rule_and_changes_no_date(facts, rule, today):
    free = evaluate(facts, rule, (), today)
    held = evaluate(facts, rule, ("hold_1",), today)
    assert held.decision is Verdict.HELD
    assert (held.eligible_on, held.latest_on) == (free.eligible_on, free.latest_on)


@MORE
@given(facts=known_facts, rule=rules, today=days)
def test_an_eligible_record_has_no_maximum_before_its_minimum(facts, rule, today):
    decision = evaluate(facts, rule, (), today)
    if decision.decision in {Verdict.ELIGIBLE, Verdict.RETAIN} and decision.latest_on and decision.eligible_on:
        assert decision.latest_on >= decision.eligible_on - timedelta(days=1)


@MORE
@given(facts=known_facts, tree=terms)
def test_a_minimum_never_ends_before_the_same_tree_as_a_maximum_of_one_moment(facts, tree):
    late = Reading(facts=facts, calendars=_rule(tree, None).calendars, longest=True).compute(tree)
    early = Reading(facts=facts, calendars=_rule(tree, None).calendars, longest=False).compute(tree)
    assert late.ending is early.ending
    if late.ending is Ending.DUE:
        assert early.last <= late.last


@MORE
@given(facts=known_facts, rule=rules, today=days)
def test_every_decision_gives_reasons_and_what_it_waits_for(facts, rule, today):
    decision = evaluate(facts, rule, (), today)
    assert decision.reasons
    if decision.decision is Verdict.NEEDS_EVENT:
        assert decision.eligible_on is None
    assert decision.eligible_on != NEVER


@MORE
@given(facts=known_facts, tree=unconditional_trees, today=days)
def test_events_that_nobody_confirmed_never_make_a_record_eligible(facts, tree, today):
    rule = _rule(tree, None)
    sure = tuple(event for event in facts.events if event.confirmed or event.kind == "projected_graduation")
    if evaluate(facts, rule, (), today).decision is Verdict.ELIGIBLE:
        assert evaluate(replace(facts, events=sure), rule, (), today).decision is Verdict.ELIGIBLE
