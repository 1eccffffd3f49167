"""Until when a verdict holds, for every rule, every set of facts and every day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from hypothesis import event, given, settings
from hypothesis import strategies as st

from retention.conflicts import combine
from retention.deciding import decided
from retention.due_change import Validity, validity
from retention.evaluation import Decision, Verdict, evaluate
from retention.known import Known, KnownFamily
from tests.retention.test_properties import days, known_facts, rules

if TYPE_CHECKING:
    from retention.rules import RetentionRule

TODAY = date(2024, 6, 1)
ONE_DAY = timedelta(days=1)
# a schedule may be taken into force, adopted, expire and ask for permission on any day: no verdict changes by that
authorities = st.builds(
    lambda rule, effective, expires, adopted, permission: replace(
        rule,
        authority=replace(
            rule.authority,
            effective=effective,
            expires=expires,
            adopted_on=adopted,
            permission_required=permission,
        ),
    ),
    rules,
    st.none() | days,
    st.none() | days,
    st.none() | days,
    st.booleans(),
)
readings = st.lists(st.tuples(known_facts, authorities), min_size=1, max_size=3)
MORE = settings(max_examples=80, deadline=None)


def near(decision: Decision, today: date) -> list[date]:
    """The days beside each on which something may change, and beside the day itself."""
    found = validity(decision, today)
    marks = [today, found.since_on, found.next_on, decision.eligible_on, decision.latest_on]
    return [day + shift * ONE_DAY for day in marks if day is not None and day.year < 9_000 for shift in (-1, 0, 1)]


@MORE
@given(known=readings, today=days, others=st.lists(days, max_size=4))
def test_the_verdict_is_the_same_on_every_day_that_it_is_said_to_hold_for(known, today, others):
    def on(day: date) -> Decision:
        return combine([evaluate(facts, rule, (), day) for facts, rule in known], day)

    decision = on(today)
    holds = validity(decision, today)
    assert holds.covers(today)
    event(f"{decision.decision.value}, {'changes' if holds.next_on else 'stays'}")
    for day in {*others, *near(decision, today)}:
        if holds.covers(day):
            assert on(day).decision is decision.decision
            assert validity(on(day), day) == holds


class Book:
    """The rules of series by their number."""

    def __init__(self, chosen: list[RetentionRule]) -> None:
        self._chosen = chosen

    def rule_for(self, series_id: str | None, facts: object) -> RetentionRule | None:
        del facts
        number = int(series_id or 0)
        return self._chosen[number] if number < len(self._chosen) else None


@MORE
@given(known=readings, further=st.booleans(), today=days, others=st.lists(days, max_size=4))
def test_it_is_the_same_for_records_of_several_series_and_for_families(known, further, today, others):
    book = Book([rule for _, rule in known])
    members = tuple(
        Known(
            plain=facts,
            by_series={},
            series=(str(number), str((number + 1) % len(known))) if further else (str(number),),
            active=number != 1,
        )
        for number, (facts, _) in enumerate(known)
    )
    whole = replace(members[0], family=KnownFamily(members=members, words="what belongs together"))
    decision = decided(book, whole, (), today)
    holds = validity(decision, today)
    for day in {*others, *near(decision, today)}:
        if holds.covers(day):
            assert decided(book, whole, (), day).decision is decision.decision


def test_a_record_becomes_eligible_on_the_day_named_and_not_before():
    decision = Decision(decision=Verdict.RETAIN, eligible_on=date(2024, 6, 3))
    assert validity(decision, TODAY) == Validity(since_on=None, next_on=date(2024, 6, 3))
    later = Decision(decision=Verdict.ELIGIBLE, eligible_on=date(2024, 6, 3))
    assert validity(later, date(2024, 6, 3)) == Validity(since_on=date(2024, 6, 3), next_on=None)


def test_the_day_after_the_maximum_is_one_of_change():
    decision = Decision(decision=Verdict.NEEDS_EVENT, latest_on=date(2024, 6, 30))
    assert validity(decision, TODAY).next_on == date(2024, 7, 1)
    assert validity(decision, date(2024, 7, 1)) == Validity(since_on=date(2024, 7, 1), next_on=None)


def test_what_ends_with_the_calendar_never_changes():
    assert validity(Decision(decision=Verdict.RETAIN, latest_on=date.max), TODAY) == Validity(
        since_on=None, next_on=None
    )
