from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from retention.evaluation import Verdict
from retention.rules import Authority
from retention.vocabulary import DEFAULT_EVENTS, Trigger
from tests.every_case import every_case
from tests.retention.builders import AUTHORITY, clock, decide, facts, happened, rule

THREE_YEARS = rule(clock("created", 3))


def test_a_record_is_eligible_on_the_day_after_its_last_day():
    known = facts(created="2024-03-01")
    assert decide(known, THREE_YEARS, "2027-03-01").decision is Verdict.RETAIN
    after = decide(known, THREE_YEARS, "2027-03-02")
    assert (after.decision, after.eligible_on) == (Verdict.ELIGIBLE, date(2027, 3, 2))


def test_a_zero_period_ends_on_the_day_of_its_event():
    known = facts(created="2024-03-01")
    assert decide(known, rule(clock("created")), "2024-03-01").decision is Verdict.RETAIN
    assert decide(known, rule(clock("created")), "2024-03-02").decision is Verdict.ELIGIBLE


def test_a_minimum_runs_from_the_later_of_capture_and_stated_date():
    decision = decide(facts(created="2019-01-01", captured="2024-05-05"), THREE_YEARS, "2025-01-01")
    assert decision.eligible_on == date(2027, 5, 6)


def test_a_maximum_runs_from_the_earlier_of_capture_and_stated_date():
    decision = decide(
        facts(created="2024-01-01", captured="2024-05-05"), rule(maximum=clock("created", 1)), "2024-06-01"
    )
    assert decision.latest_on == date(2025, 1, 1)


def test_clocks_that_cross_are_a_conflict():
    both = rule(clock("created", 3), clock("created", 3))
    decision = decide(facts(created="2019-01-01", captured="2024-05-05"), both, "2030-01-01")
    assert decision.decision is Verdict.CONFLICT
    assert (decision.latest_on, decision.eligible_on) == (date(2022, 1, 1), date(2027, 5, 6))


def test_a_date_that_an_officer_confirmed_is_used_for_both_clocks():
    both = rule(clock("created", 3), clock("created", 3))
    known = facts(created={"date": "2019-01-01", "confirmed": True}, captured="2024-05-05")
    decision = decide(known, both, "2030-01-01")
    assert decision.decision is Verdict.ELIGIBLE
    assert decision.latest_on == date(2022, 1, 1)
    assert decision.over_maximum


def test_a_confirmed_capture_is_used_for_both_clocks():
    both = rule(clock("created", 3), clock("created", 3))
    known = facts(created="2019-01-01", captured={"date": "2024-05-05", "confirmed": True})
    assert decide(known, both, "2025-01-01").latest_on == date(2027, 5, 5)


@pytest.mark.parametrize("stated", ["2024-05-07", "9999-12-31", "1969-12-31", "0001-01-01"])
def test_a_stated_date_that_cannot_be_true_is_not_used_and_the_reasons_say_so(stated):
    decision = decide(facts(created=stated, captured="2024-05-05"), THREE_YEARS, "2025-01-01")
    assert decision.eligible_on == date(2027, 5, 6)
    assert any("is not used" in reason for reason in decision.reasons)


def test_a_stated_date_of_the_day_after_capture_is_used_because_zones_differ():
    decision = decide(facts(created="2024-05-06", captured="2024-05-05"), THREE_YEARS, "2025-01-01")
    assert decision.eligible_on == date(2027, 5, 7)


def test_without_any_date_the_record_waits_for_one():
    decision = decide(facts(), THREE_YEARS, "2100-01-01")
    assert (decision.decision, decision.waits_for, decision.eligible_on) == (Verdict.NEEDS_EVENT, ("created",), None)


def test_an_event_that_nobody_confirmed_only_projects():
    known = facts(events=[happened("separated", "2020-06-30", confirmed=False)])
    decision = decide(known, rule(clock("separated", 1)), "2030-01-01")
    assert decision.decision is Verdict.NEEDS_EVENT
    assert (decision.eligible_on, decision.projected_on) == (None, date(2021, 7, 1))


def test_a_hold_beats_everything():
    known = facts(created="2024-03-01")
    permanent = rule({"permanent": True})
    over = rule(maximum=clock("created", 1))
    for applied in (THREE_YEARS, permanent, over, None, rule(clock("separated"))):
        assert decide(known, applied, "2090-01-01", "hold_7").decision is Verdict.HELD


def test_a_record_past_its_maximum_under_hold_is_reported():
    decision = decide(facts(created="2020-01-01"), rule(maximum=clock("created", 1)), "2024-01-01", "hold_7")
    assert decision.over_maximum
    assert decision.reasons[0] == "over maximum, held, hold hold_7"


def test_a_record_without_a_series_is_unscheduled():
    assert decide(facts(created="1990-01-01"), None, "2090-01-01").decision is Verdict.UNSCHEDULED


def test_permanent_is_permanent():
    decision = decide(facts(created="1990-01-01"), rule({"permanent": True}), "2990-01-01")
    assert (decision.decision, decision.eligible_on) == (Verdict.PERMANENT, None)


def test_a_maximum_alone_lets_the_record_go_once_its_clock_has_started():
    applied = rule(maximum=clock("left_school", 7))
    assert decide(facts(created="2020-01-01"), applied, "2024-01-01").decision is Verdict.NEEDS_EVENT
    known = facts(events=[happened("graduated", "2024-06-15")])
    assert decide(known, applied, "2024-06-15").decision is Verdict.RETAIN
    decision = decide(known, applied, "2024-06-16")
    assert (decision.decision, decision.latest_on) == (Verdict.ELIGIBLE, date(2031, 6, 15))


def test_a_maximum_that_passed_while_the_minimum_is_unknown_is_a_conflict():
    applied = rule(clock("separated", 1), clock("created", 1))
    known = facts(created="2020-01-01")
    assert decide(known, applied, "2021-01-01").decision is Verdict.NEEDS_EVENT
    assert decide(known, applied, "2021-01-02").decision is Verdict.CONFLICT


def test_a_written_consent_extends_a_maximum():
    applied = rule(maximum={"extended_by_consent": clock("left_school", 1)})
    left = happened("withdrawn", "2024-06-15")
    consent = happened("consent_to_longer_retention", "2024-06-01", until="2030-06-15")
    assert decide(facts(events=[left]), applied, "2024-07-01").latest_on == date(2025, 6, 15)
    assert decide(facts(events=[left, consent]), applied, "2024-07-01").latest_on == date(2030, 6, 15)


def test_an_unconfirmed_consent_extends_nothing():
    applied = rule(maximum={"extended_by_consent": clock("left_school", 1)})
    events = [
        happened("withdrawn", "2024-06-15"),
        happened("consent_to_longer_retention", "2024-06-01", until="2030-06-15", confirmed=False),
    ]
    assert decide(facts(events=events), applied, "2024-07-01").latest_on == date(2025, 6, 15)


def test_longer_retention_is_authorised_where_somebody_needs_it():
    applied = rule({"longer_authorised": clock("created", 3)})
    longer = happened("longer_retention", "2026-01-01", until="2029-12-31")
    assert decide(facts(created="2020-01-01"), applied, "2024-01-01").decision is Verdict.ELIGIBLE
    assert decide(facts(created="2020-01-01", events=[longer]), applied, "2024-01-01").eligible_on == date(2030, 1, 1)


def test_longer_retention_without_an_end_waits_for_one():
    applied = rule({"longer_authorised": clock("created", 3)})
    known = facts(created="2020-01-01", events=[happened("longer_retention", "2022-01-01")])
    assert decide(known, applied, "2090-01-01").decision is Verdict.NEEDS_EVENT


def test_the_later_of_two_waits_for_both():
    applied = rule({"later_of": [clock("created", 2), clock("closed", 1)]})
    assert decide(facts(created="2020-01-01"), applied, "2090-01-01").decision is Verdict.NEEDS_EVENT
    known = facts(created="2020-01-01", events=[happened("resolved", "2023-05-01")])
    assert decide(known, applied, "2023-06-01").eligible_on == date(2024, 5, 2)


def test_the_earlier_of_two_does_not_wait_for_an_event_that_may_never_come():
    applied = rule({"earlier_of": [clock("created", 30, "day"), clock("closed")]})
    assert decide(facts(created="2024-01-01"), applied, "2024-02-01").decision is Verdict.ELIGIBLE
    known = facts(created="2024-01-01", events=[happened("closed", "2024-01-10")])
    assert decide(known, applied, "2024-01-11").decision is Verdict.ELIGIBLE


def test_a_proviso_counts_only_where_what_it_speaks_of_exists():
    applied = rule(
        {"all_of": [clock("created", 2), clock("closed", events=["litigation_resolved"], if_any="litigation")]}
    )
    assert decide(facts(created="2020-01-01"), applied, "2022-01-02").decision is Verdict.ELIGIBLE
    sued = facts(created="2020-01-01", attributes={"litigation": True})
    assert decide(sued, applied, "2090-01-01").decision is Verdict.NEEDS_EVENT
    resolved = facts(
        created="2020-01-01",
        attributes={"litigation": True},
        events=[happened("litigation_resolved", "2025-05-05")],
    )
    assert decide(resolved, applied, "2025-05-06").decision is Verdict.ELIGIBLE


def test_an_event_that_an_officer_declared_not_applicable_is_not_waited_for():
    applied = rule({"all_of": [clock("created", 2), clock("audits_released")]})
    known = facts(created="2020-01-01", not_applicable=["audits_released"])
    assert decide(known, applied, "2022-01-02").decision is Verdict.ELIGIBLE


def test_a_rule_of_which_nothing_applies_keeps_the_record():
    known = facts(not_applicable=["audits_released"])
    assert decide(known, rule(clock("audits_released")), "2090-01-01").decision is Verdict.NEEDS_EVENT


def test_of_projected_and_true_graduation_the_true_one_applies():
    applied = rule(
        {"whichever_applies": [clock("left_school", 6, events=["graduated"]), clock("projected_graduation", 6)]}
    )
    projected = happened("projected_graduation", "2026-06-15")
    assert decide(facts(events=[projected]), applied, "2024-01-01").eligible_on == date(2032, 6, 16)
    both = facts(events=[projected, happened("graduated", "2024-06-15")])
    assert decide(both, applied, "2024-07-01").eligible_on == date(2030, 6, 16)


def test_a_branch_with_a_fact_applies_by_the_fact():
    applied = rule(
        {
            "whichever_applies": [
                {"when": {"form": "year"}, **clock("created", 1)},
                {"when": {"form": ["day", "week"]}, **clock("created", 5)},
            ]
        }
    )
    known = facts(created="2020-01-01", attributes={"form": "week"})
    assert decide(known, applied, "2024-01-01").eligible_on == date(2025, 1, 2)
    assert decide(facts(created="2020-01-01"), applied, "2024-01-01").waits_for == ("form",)


def test_a_minimum_takes_the_latest_of_several_events_and_a_maximum_the_earliest():
    events = [happened("separated", "2010-01-01"), happened("separated", "2020-01-01")]
    applied = rule(clock("separated", 1), clock("separated", 50))
    decision = decide(facts(events=events), applied, "2024-01-01")
    assert (decision.eligible_on, decision.latest_on) == (date(2021, 1, 2), date(2060, 1, 1))
    earliest = rule(clock("separated", 1, pick="earliest"))
    assert decide(facts(events=events), earliest, "2024-01-01").eligible_on == date(2011, 1, 2)


def test_a_person_reaches_an_age():
    decision = decide(facts(birth_date="2003-02-28"), rule(clock("age_reached", age=21)), "2024-02-29")
    assert (decision.decision, decision.eligible_on) == (Verdict.ELIGIBLE, date(2024, 2, 29))


def test_what_depends_on_a_kept_record_is_retained_and_goes_after_it():
    applied = rule(clock("parent_disposed"))
    assert decide(facts(parent_kept=True), applied, "2090-01-01").decision is Verdict.RETAIN
    assert decide(facts(), applied, "2090-01-01").decision is Verdict.NEEDS_EVENT
    gone = facts(events=[happened("parent_disposed", "2024-01-01")])
    assert decide(gone, applied, "2024-01-02").decision is Verdict.ELIGIBLE


def test_year_ends_move_the_start():
    known = facts(created="2024-03-01")
    assert decide(known, rule(clock("calendar_year_end", 1)), "2024-04-01").eligible_on == date(2026, 1, 1)
    assert decide(known, rule(clock("fiscal_year_end", 1)), "2024-04-01").eligible_on == date(2025, 7, 1)
    assert decide(known, rule(clock("school_year_end", 1, of="received")), "2024-04-01").eligible_on == date(2025, 7, 1)


def test_a_fixed_day_after_an_event_is_computed():
    applied = rule(clock("fixed_day", events=["audit_completed"], day="07-01", nth=2))
    known = facts(events=[happened("audit_completed", "2024-03-01")])
    assert decide(known, applied, "2024-04-01").eligible_on == date(2025, 7, 2)


def test_received_or_provided_counts_from_the_later():
    applied = rule(clock("received_or_provided", 2))
    assert decide(facts(received="2020-01-01", provided="2021-01-01"), applied, "2022-01-01").eligible_on == date(
        2023, 1, 2
    )


def test_a_thread_waits_for_its_last_entry_and_capture_does_not_stand_for_it():
    applied = rule(clock("last_entry", 1))
    assert decide(facts(captured="2020-01-01"), applied, "2030-01-01").decision is Verdict.NEEDS_EVENT
    assert decide(facts(last_entry="2024-01-01"), applied, "2024-02-01").eligible_on == date(2025, 1, 2)


@every_case("trigger", [trigger for trigger in Trigger if trigger is not Trigger.NONE])
def test_every_trigger_starts_a_clock_and_waits_while_its_fact_is_unknown(trigger):
    more = {}
    if trigger is Trigger.FIXED_DAY:
        more = {"day": "07-01"}
    if trigger is Trigger.AGE_REACHED:
        more = {"age": 18}
    applied = rule(clock(trigger.value, 1, **more))
    assert decide(facts(), applied, "2500-01-01").decision is Verdict.NEEDS_EVENT
    kinds = DEFAULT_EVENTS.get(trigger, ())
    known = facts(
        created="2024-01-01",
        last_entry="2024-01-01",
        birth_date="2006-01-01",
        events=[happened(kind, "2024-01-01", confirmed=True) for kind in kinds],
    )
    decision = decide(known, applied, "2026-12-31")
    assert decision.decision is Verdict.ELIGIBLE
    assert decision.eligible_on > date(2025, 1, 1)


def test_a_clock_beyond_the_calendar_never_ends():
    decision = decide(facts(created="9990-01-01"), rule(clock("created", 100)), "9999-12-31")
    assert (decision.decision, decision.eligible_on) == (Verdict.RETAIN, None)


def test_a_schedule_that_is_not_in_force_gives_dates_and_says_what_is_missing():
    today = date(2024, 1, 1)
    for authority, word in [
        (Authority(edition="1"), "not adopted"),
        (replace(AUTHORITY, expires=today - timedelta(days=1)), "expired"),
        (replace(AUTHORITY, effective=today + timedelta(days=1)), "takes effect"),
        (replace(AUTHORITY, superseded=True), "superseded"),
        (replace(AUTHORITY, permission_required=True, permission_from="the Board"), "permission of the Board"),
    ]:
        decision = decide(facts(created="2000-01-01"), rule(clock("created"), authority=authority), "2024-01-01")
        assert decision.decision is Verdict.ELIGIBLE
        assert any(word in reason for reason in decision.reasons), word


def test_the_first_reason_carries_citation_and_edition():
    assert decide(facts(created="2024-01-01"), THREE_YEARS, "2024-01-01").reasons[0] == "series S-1 [Act 1], edition 1"
