"""Where a record is counted in a simulation; every day was worked out by hand."""

from __future__ import annotations

from datetime import date

import pytest

from retention.evaluation import Decision, Verdict
from retention.rules import Authority
from retention.simulating import FATES, FREE, MONTHLY, Foresight, Horizon, Kept, Line, difference, foresee
from tests.retention.builders import clock, decide, facts, happened, rule

HORIZON = Horizon(today=date(2026, 11, 21), years=10)
HELD = Kept(held=True)
YEAR_LATER = rule(clock("created", 1))


def retained(day: str, **more: object) -> Decision:
    verdict = Verdict.ELIGIBLE if date.fromisoformat(day) <= HORIZON.today else Verdict.RETAIN
    return Decision(decision=verdict, eligible_on=date.fromisoformat(day), **more)


def lines(decision: Decision, kept: Kept = FREE) -> dict[Line, str | None]:
    """The lines of a record with the names of their months."""
    months = HORIZON.months()
    return {line: None if month is None else months[month] for line, month in foresee(decision, kept, HORIZON).lines}


def test_ten_years_from_a_day_in_november_have_121_months_of_which_two_are_not_whole():
    assert HORIZON.until == date(2036, 11, 21)
    assert (HORIZON.months()[0], HORIZON.months()[-1], len(HORIZON.months())) == ("2026-11", "2036-11", 121)


def test_years_from_a_29_february_end_on_the_28th():
    assert Horizon(today=date(2028, 2, 29), years=1).until == date(2029, 2, 28)


def test_years_end_with_the_calendar():
    assert Horizon(today=date(9999, 3, 1), years=10).until == date.max


@pytest.mark.parametrize("years", [0, -1, 101])
def test_a_horizon_that_no_chart_could_show_is_refused(years):
    with pytest.raises(ValueError, match="between 1 and 100"):
        Horizon(today=date(2026, 1, 1), years=years)


@pytest.mark.parametrize(
    ("eligible_on", "expected"),
    [
        ("2026-11-20", {Line.ELIGIBLE_NOW: None}),
        ("2026-11-21", {Line.ELIGIBLE_NOW: None}),
        ("2026-11-22", {Line.ELIGIBLE: "2026-11"}),
        ("2026-12-01", {Line.ELIGIBLE: "2026-12"}),
        ("2036-11-21", {Line.ELIGIBLE: "2036-11"}),
        ("2036-11-22", {Line.ELIGIBLE_LATER: None}),
    ],
)
def test_a_record_is_counted_in_the_month_of_its_first_eligible_day(eligible_on, expected):
    assert lines(retained(eligible_on)) == expected


def test_a_mail_of_march_2026_kept_for_a_year_becomes_eligible_in_march_2027():
    # the year ends on 2027-03-02, the day after is the first
    decision = decide(facts(created="2026-03-02"), YEAR_LATER, "2026-11-21")
    assert lines(decision) == {Line.ELIGIBLE: "2027-03"}


def test_a_hold_moves_a_record_to_the_held_of_the_same_month():
    assert lines(retained("2027-07-01"), HELD) == {Line.HELD: "2027-07", Line.UNDER_HOLD: None}


def test_a_record_that_is_held_only_since_nobody_can_tell_is_told_apart():
    found = lines(retained("2026-01-01"), Kept(held=True, untold=True))
    assert found == {Line.HELD_NOW: None, Line.UNDER_HOLD: None, Line.UNTOLD: None}


def test_a_hold_does_not_change_what_has_no_date():
    assert lines(Decision(decision=Verdict.PERMANENT), HELD) == {Line.PERMANENT: None, Line.UNDER_HOLD: None}


def test_an_unconfirmed_event_gives_an_expected_month_and_no_eligible_one():
    decision = decide(
        facts(created="2026-03-02", events=[happened("closed", "2030-06-30", confirmed=False)]),
        rule(clock("closed", 2)),
        "2026-11-21",
    )
    assert decision.projected_on == date(2032, 7, 1)
    assert lines(decision) == {Line.NEEDS_EVENT: None, Line.EXPECTED: "2032-07"}


def test_what_would_be_eligible_already_if_it_was_confirmed_is_expected_now():
    decision = decide(
        facts(created="2020-01-01", events=[happened("closed", "2020-06-30", confirmed=False)]),
        rule(clock("closed", 2)),
        "2026-11-21",
    )
    assert lines(decision) == {Line.NEEDS_EVENT: None, Line.EXPECTED_NOW: None}


def test_a_maximum_passes_on_the_day_after_its_last():
    # the last day of the maximum is 2028-03-31, so it passes in April
    decision = decide(facts(created="2026-03-31"), rule(clock("created", 1), clock("created", 2)), "2026-11-21")
    assert decision.latest_on == date(2028, 3, 31)
    assert lines(decision) == {Line.ELIGIBLE: "2027-04", Line.PAST_MAXIMUM: "2028-04"}


def test_a_maximum_that_passed_already_is_told_apart():
    decision = decide(facts(created="2020-01-01"), rule(clock("created", 1), clock("created", 2)), "2026-11-21")
    assert lines(decision) == {Line.ELIGIBLE_NOW: None, Line.PAST_MAXIMUM_NOW: None}


def test_a_maximum_at_the_end_of_the_calendar_never_passes():
    assert lines(retained("2027-01-01", latest_on=date.max)) == {Line.ELIGIBLE: "2027-01"}


def test_what_is_eligible_under_a_schedule_that_expires_before_is_counted_as_not_in_force():
    applied = rule(clock("created", 1), authority=_authority(expires=date(2027, 3, 2)))
    decision = decide(facts(created="2026-03-02"), applied, "2026-11-21")
    assert lines(decision) == {Line.ELIGIBLE: "2027-03", Line.NOT_IN_FORCE: None}


def test_on_the_last_day_of_a_schedule_it_is_in_force():
    applied = rule(clock("created", 1), authority=_authority(expires=date(2027, 3, 3)))
    assert lines(decide(facts(created="2026-03-02"), applied, "2026-11-21")) == {Line.ELIGIBLE: "2027-03"}


def test_every_record_is_in_exactly_one_fate():
    decisions = [
        *(retained(day) for day in ("2026-01-01", "2030-01-01", "2040-01-01")),
        *(Decision(decision=verdict) for verdict in Verdict if verdict is not Verdict.HELD),
    ]
    sight = Foresight(HORIZON)
    for decision in decisions:
        for kept in (FREE, HELD, Kept(held=True, untold=True)):
            sight.take("S", decision, kept, 10)
            assert foresee(decision, kept, HORIZON).fate in FATES
    totals = sight.to_json()["totals"]
    assert sum(totals[line.value]["records"] for line in FATES) == totals["all"]["records"] == 3 * len(decisions)
    assert sum(totals[line.value]["bytes"] for line in FATES) == totals["all"]["bytes"] == 30 * len(decisions)


def counted(*taken: tuple[str, str, Kept, int]) -> dict:
    sight = Foresight(HORIZON)
    for group, day, kept, size in taken:
        sight.take(group, retained(day), kept, size)
    return sight.to_json()


def test_records_and_bytes_are_counted_by_group_and_month():
    found = counted(("A", "2027-07-01", FREE, 5), ("A", "2027-07-30", HELD, 7), ("B", "2027-07-02", FREE, 11))
    (july,) = found["months"]
    assert july["month"] == "2027-07"
    assert (july["eligible"], july["held"]) == ({"records": 2, "bytes": 16}, {"records": 1, "bytes": 7})
    assert found["groups"]["A"]["months"][0]["eligible"] == {"records": 1, "bytes": 5}
    assert list(found["groups"]) == ["A", "B"]


def test_months_without_anything_are_left_out_and_the_others_stand_in_order():
    found = counted(("A", "2035-01-01", FREE, 1), ("A", "2027-01-01", FREE, 1), ("A", "2026-01-01", FREE, 1))
    assert [row["month"] for row in found["months"]] == ["2027-01", "2035-01"]


def test_a_difference_is_the_proposal_less_the_present_in_every_line_and_month():
    present = counted(("A", "2027-07-01", FREE, 5), ("B", "2027-07-01", FREE, 5))
    proposed = counted(("A", "2029-07-01", FREE, 5), ("B", "2027-07-01", HELD, 5), ("C", "2026-01-01", FREE, 3))
    less = difference(present, proposed)
    assert {line: pair["records"] for line, pair in less["totals"].items() if pair["records"]} == {
        "all": 1, "eligible": -1, "held": 1, "eligible_now": 1, "under_hold": 1,
    }  # fmt: skip
    moved = {row["month"]: row["eligible"]["records"] for row in less["months"]}
    assert moved == {"2027-07": -2, "2029-07": 1}
    assert less["groups"]["B"]["months"][0]["held"] == {"records": 1, "bytes": 5}
    assert less["groups"]["C"]["totals"]["eligible_now"] == {"records": 1, "bytes": 3}


def test_a_difference_of_a_thing_and_itself_is_nothing():
    one = counted(("A", "2027-07-01", FREE, 5))
    less = difference(one, one)
    assert less["months"] == []
    assert not any(pair["records"] or pair["bytes"] for pair in less["totals"].values())


def test_the_lines_of_months_are_lines_of_the_totals_too():
    found = counted(("A", "2027-07-01", FREE, 5))
    assert {line.value for line in MONTHLY} <= set(found["totals"])
    for line in MONTHLY:
        assert sum(row[line.value]["records"] for row in found["months"]) == found["totals"][line.value]["records"]


def _authority(**more: object) -> Authority:
    return Authority(edition="1", adopted_on=date(2000, 1, 1), **more)
