"""Several rules on one record: the latest minimum, the earliest maximum, and a conflict where they cross."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from retention.conflicts import combine
from retention.evaluation import Decision, Verdict

TODAY = date(2030, 1, 1)
LATER = date(2031, 1, 1)
EARLIER = date(2029, 1, 1)


def decision(verdict: Verdict, *, eligible: date | None = None, latest: date | None = None, **more: object) -> Decision:
    return Decision(decision=verdict, eligible_on=eligible, latest_on=latest, reasons=("series",), **more)


ELIGIBLE = decision(Verdict.ELIGIBLE, eligible=EARLIER)
KEPT = decision(Verdict.RETAIN, eligible=LATER)


def test_one_rule_stands_as_it_is():
    assert combine([ELIGIBLE, ELIGIBLE], TODAY) == ELIGIBLE


def test_the_latest_minimum_keeps_the_record():
    found = combine([ELIGIBLE, KEPT], TODAY)
    assert (found.decision, found.eligible_on) == (Verdict.RETAIN, LATER)


def test_what_waits_for_an_event_keeps_the_record_without_a_date():
    found = combine([ELIGIBLE, decision(Verdict.NEEDS_EVENT, waits_for=("closed",))], TODAY)
    assert (found.decision, found.eligible_on, found.waits_for) == (Verdict.NEEDS_EVENT, None, ("closed",))


def test_a_series_that_no_schedule_has_keeps_the_record():
    assert combine([ELIGIBLE, decision(Verdict.UNSCHEDULED)], TODAY).decision is Verdict.UNSCHEDULED


def test_a_maximum_before_the_minimum_of_another_is_a_conflict():
    limited = decision(Verdict.ELIGIBLE, eligible=EARLIER, latest=date(2030, 6, 1))
    found = combine([limited, KEPT], TODAY)
    assert (found.decision, found.latest_on) == (Verdict.CONFLICT, date(2030, 6, 1))


def test_a_maximum_on_the_last_day_of_another_minimum_is_no_conflict():
    limited = decision(Verdict.ELIGIBLE, eligible=EARLIER, latest=date(2030, 12, 31))
    assert combine([limited, KEPT], TODAY).decision is Verdict.RETAIN


def test_a_maximum_beside_what_is_permanent_is_a_conflict():
    limited = decision(Verdict.ELIGIBLE, eligible=EARLIER, latest=LATER)
    assert combine([limited, decision(Verdict.PERMANENT)], TODAY).decision is Verdict.CONFLICT


def test_a_maximum_that_is_over_while_another_still_waits_is_a_conflict():
    limited = decision(Verdict.ELIGIBLE, eligible=EARLIER, latest=EARLIER, over_maximum=True)
    found = combine([limited, decision(Verdict.NEEDS_EVENT, waits_for=("closed",))], TODAY)
    assert (found.decision, found.over_maximum) == (Verdict.CONFLICT, True)


def test_what_is_only_expected_stays_apart():
    waits = decision(Verdict.NEEDS_EVENT, waits_for=("graduated",), projected_on=LATER)
    found = combine([ELIGIBLE, waits], TODAY)
    assert (found.eligible_on, found.projected_on) == (None, LATER)


@given(st.lists(st.sampled_from(list(Verdict)), min_size=2, max_size=5), st.data())
def test_a_record_is_eligible_only_where_every_rule_says_so(verdicts: list[Verdict], data: st.DataObject):
    days = st.dates(date(2000, 1, 1), date(2060, 1, 1))
    made = []
    for verdict in verdicts:
        if verdict is Verdict.HELD:
            continue
        dated = verdict in {Verdict.ELIGIBLE, Verdict.RETAIN, Verdict.CONFLICT}
        made.append(decision(verdict, eligible=data.draw(days) if dated else None))
    if made:
        eligible = combine(made, TODAY).decision is Verdict.ELIGIBLE
        assert eligible == all(one.decision is Verdict.ELIGIBLE for one in made)
