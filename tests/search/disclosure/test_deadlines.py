"""Clocks of requests: what starts them, what is not counted, what makes them longer, what being late costs."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.disclosure.calendars import AgencyCalendar, Closure, count_business_days
from search.disclosure.deadlines import ClockEvent, ClockState, Deadline, deadlines
from search.disclosure.deadlines import ClockEventKind as Kind
from search.disclosure.jurisdictions import RequesterClass, profile_ids, read_profile, shipped_profile
from storage.errors import InvalidInput, NotFound

ZONE = ZoneInfo("America/Los_Angeles")
MONDAY = datetime(2026, 3, 9, 10, tzinfo=ZONE)


def calendar(state: str = "", **changes: Any) -> AgencyCalendar:
    return AgencyCalendar(zone=ZONE, state=state, **changes)


def happened(kind: Kind, at: datetime, **changes: Any) -> ClockEvent:
    return ClockEvent(kind=kind, at=at, **changes)


def received(at: datetime = MONDAY) -> ClockEvent:
    return happened(Kind.RECEIVED, at)


def clock(
    profile: str, name: str, events: list[ClockEvent], today: date = date(2026, 3, 10), **options: Any
) -> Deadline:
    days = options.pop("calendar", None) or calendar(profile if profile not in ("US", "FERPA") else "")
    found = deadlines(shipped_profile(profile), days, events, today, **options)
    return next(one for one in found if one.clock == name)


@pytest.mark.parametrize(
    ("profile", "name", "due"),
    [
        ("WA", "response", date(2026, 3, 16)),
        ("IL", "response", date(2026, 3, 16)),
        ("MA", "response", date(2026, 3, 23)),
        ("MA", "petition", date(2026, 4, 6)),
        ("NY", "response", date(2026, 3, 16)),
        ("US", "determination", date(2026, 4, 6)),
        ("CA", "determination", date(2026, 3, 19)),
        ("TX", "production", date(2026, 3, 23)),
        ("NJ", "response", date(2026, 3, 18)),
        ("FERPA", "access", date(2026, 4, 23)),
    ],
)
def test_the_first_clock_of_each_law_ends_on_its_day(profile: str, name: str, due: date) -> None:
    assert clock(profile, name, [received()]).due == due


@pytest.mark.parametrize("profile", ["WI", "FL", "OH"])
def test_a_law_without_a_number_has_no_date_and_says_so(profile: str) -> None:
    found = clock(profile, "response", [received()])
    assert (found.state, found.due) == (ClockState.OPEN_ENDED, None)
    assert "no number of days" in found.explanation[-1]


def test_holidays_closures_and_weekends_are_not_counted_and_are_named() -> None:
    days = calendar("WA", closures=(Closure(first=date(2026, 12, 21), last=date(2027, 1, 1), why="winter break"),))
    found = clock(
        "WA", "response", [received(datetime(2026, 12, 17, 9, tzinfo=ZONE))], date(2026, 12, 18), calendar=days
    )
    assert found.due == date(2027, 1, 7)
    assert "Thu 2026-12-24 (winter break)" in found.explanation[1]
    assert found.explanation[1].endswith("4 days of weekends.")


def test_a_break_that_is_no_closure_is_counted() -> None:
    found = clock("WA", "response", [received(datetime(2026, 12, 17, 9, tzinfo=ZONE))], date(2026, 12, 18))
    assert found.due == date(2026, 12, 24)


def test_an_agency_may_work_on_a_holiday() -> None:
    days = calendar("WA", open_on=frozenset({date(2026, 11, 27)}))
    at = datetime(2026, 11, 25, 9, tzinfo=ZONE)
    assert clock("WA", "response", [received(at)], date(2026, 11, 26)).due == date(2026, 12, 4)
    assert clock("WA", "response", [received(at)], date(2026, 11, 26), calendar=days).due == date(2026, 12, 3)


def test_what_comes_after_hours_counts_as_come_on_the_next_business_day() -> None:
    late = datetime(2026, 3, 13, 16, 30, tzinfo=ZONE)
    days = calendar("WA", closes_at=time(16, 30))
    found = clock("WA", "response", [received(late)], calendar=days)
    assert (found.started, found.due) == (date(2026, 3, 16), date(2026, 3, 23))
    assert "after the office closed at 16:30" in found.explanation[0]
    assert clock("WA", "response", [received(late - timedelta(minutes=1))], calendar=days).started == date(2026, 3, 13)


def test_days_are_those_of_the_agencys_zone() -> None:
    assert clock("WA", "response", [received(datetime(2026, 3, 10, 5, tzinfo=UTC))]).started == date(2026, 3, 9)


def test_a_clock_that_runs_from_the_officers_receipt_waits_for_it() -> None:
    assert clock("PA", "response", [received()]).state is ClockState.NOT_STARTED
    reached = happened(Kind.REACHED_OFFICER, MONDAY + timedelta(days=3))
    assert clock("PA", "response", [received(), reached]).due == date(2026, 3, 19)


def test_an_extension_inside_the_first_period_counts_from_its_end() -> None:
    extended = happened(Kind.EXTENDED, datetime(2026, 3, 16, 23, tzinfo=ZONE), reason="consultation")
    found = clock("IL", "response", [received(), extended])
    assert (found.first_due, found.due) == (date(2026, 3, 16), date(2026, 3, 23))


@pytest.mark.parametrize(
    ("day", "reason", "said"),
    [(17, "consultation", "it came after"), (16, "vacation", "none of the law's"), (16, None, "none of the law's")],
)
def test_an_extension_too_late_or_without_a_listed_reason_is_said_not_to_count(
    day: int, reason: str | None, said: str
) -> None:
    extended = happened(Kind.EXTENDED, datetime(2026, 3, day, 9, tzinfo=ZONE), reason=reason)
    found = clock("IL", "response", [received(), extended])
    assert found.due == date(2026, 3, 16)
    assert any(said in one for one in found.explanation)


def test_only_one_extension_counts_but_an_agreement_goes_beyond_it() -> None:
    events = [received()]
    events += [happened(Kind.EXTENDED, MONDAY + timedelta(days=one), reason="consultation") for one in (1, 2)]
    assert clock("IL", "response", events).due == date(2026, 3, 23)
    events.append(happened(Kind.AGREED, MONDAY + timedelta(days=4), until=date(2026, 5, 7)))
    assert clock("IL", "response", events).due == date(2026, 5, 7)


def test_a_law_without_agreements_is_not_moved_by_one() -> None:
    agreed = happened(Kind.AGREED, MONDAY, until=date(2026, 12, 31))
    assert clock("CA", "determination", [received(), agreed]).due == date(2026, 3, 19)


def test_tolling_stops_the_clock_and_as_often_as_the_law_allows() -> None:
    asked = happened(Kind.CLARIFICATION_ASKED, datetime(2026, 3, 11, 9, tzinfo=ZONE))
    waiting = clock("US", "determination", [received(), asked], date(2026, 3, 27))
    assert waiting.state is ClockState.TOLLED
    answered = happened(Kind.CLARIFIED, datetime(2026, 3, 18, 9, tzinfo=ZONE))
    once = clock("US", "determination", [received(), asked, answered])
    assert once.due == date(2026, 4, 13)
    again = happened(Kind.CLARIFICATION_ASKED, datetime(2026, 3, 19, 9, tzinfo=ZONE))
    twice = clock("US", "determination", [received(), asked, answered, again])
    assert (twice.due, twice.state) == (date(2026, 4, 13), ClockState.RUNNING)
    assert any("1 time(s) only" in one for one in twice.explanation)
    fee = happened(Kind.FEE_ASKED, datetime(2026, 3, 19, 9, tzinfo=ZONE))
    assert clock("US", "determination", [received(), asked, answered, fee]).state is ClockState.TOLLED


def test_washington_is_not_stopped_by_asking_for_clarification() -> None:
    asked = happened(Kind.CLARIFICATION_ASKED, MONDAY)
    assert clock("WA", "response", [received(), asked], date(2026, 3, 17)).state is ClockState.LATE


def test_lateness_costs_what_the_profile_says_and_only_then() -> None:
    assert clock("MA", "response", [received()], date(2026, 3, 23)).late == ()
    late = clock("MA", "response", [received()], date(2026, 3, 24))
    assert (late.state, late.late) == (ClockState.LATE, ("No fee may be charged.",))
    answered = happened(Kind.DETERMINED, datetime(2026, 3, 24, 0, 1, tzinfo=ZONE))
    assert clock("MA", "response", [received(), answered], date(2026, 3, 27)).state is ClockState.MET_LATE
    in_time = happened(Kind.DETERMINED, datetime(2026, 3, 23, 23, 59, tzinfo=ZONE))
    assert clock("MA", "response", [received(), in_time], date(2026, 3, 27)).state is ClockState.MET


def test_classes_of_requesters_have_their_own_periods() -> None:
    found = clock("IL", "response", [received()], requester=RequesterClass.COMMERCIAL)
    assert found.due == date(2026, 4, 7)


def test_wisconsin_forbids_release_for_twelve_days_after_the_subjects_notice() -> None:
    events = [received(), happened(Kind.RELEASE_DECIDED, MONDAY), happened(Kind.SUBJECT_NOTIFIED, MONDAY)]
    options = {"circumstances": frozenset({"subject_notice"})}
    assert clock("WI", "subject_wait", events, date(2026, 3, 21), **options).state is ClockState.WAITING
    assert clock("WI", "subject_wait", events, date(2026, 3, 22), **options).state is ClockState.OVER
    assert [one.clock for one in deadlines(shipped_profile("WI"), calendar("WI"), events, date(2026, 3, 10))] == [
        "response"
    ]


@pytest.mark.parametrize("profile", profile_ids())
def test_every_rule_of_a_shipped_profile_names_its_source_and_events_that_there_are(profile: str) -> None:
    for rule in shipped_profile(profile).clocks:
        assert rule.citation
        assert Kind(rule.starts)
        assert all(map(Kind, rule.met_by))


@pytest.mark.parametrize(
    "text", ["", "id = 1", 'id = "X"\nname = "X"\nstatute = "X"\n[[clock]]\nid = "a"', "clock = 3", "[[["]
)
def test_a_profile_that_lacks_something_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(InvalidInput, match="profile"):
        read_profile(text)


def test_there_is_no_profile_of_nowhere() -> None:
    with pytest.raises(NotFound, match="WA"):
        shipped_profile("../WA")


@given(
    start=st.dates(date(2020, 1, 1), date(2035, 12, 31)),
    number=st.integers(1, 60),
    state=st.sampled_from(["WA", "IL", "TX", "NY", ""]),
)
def test_business_days_add_up(start: date, number: int, state: str) -> None:
    days = calendar(state)
    found = count_business_days(days, start, number)
    between = [start + timedelta(days=one) for one in range(1, (found.day - start).days + 1)]
    assert sum(map(days.is_business_day, between)) == number
    assert [one for one, _ in found.skipped] == [one for one in between if not days.is_business_day(one)]


@pytest.mark.parametrize(
    "changes",
    [{"weekdays": frozenset()}, {"weekdays": frozenset({9})}, {"state": "XX"}],
)
def test_an_agency_that_never_opens_or_is_nowhere_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        calendar(**changes)


def test_an_agency_closed_for_ever_is_a_sentence_not_a_loop() -> None:
    closed = calendar(
        closures=tuple(
            Closure(first=date(year, 1, 1), last=date(year + 5, 12, 31), why="closed") for year in (2026, 2032, 2038)
        )
    )
    with pytest.raises(InvalidInput, match="no business day"):
        count_business_days(closed, date(2026, 3, 9), 1)
