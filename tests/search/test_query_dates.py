from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from retention.calendars import YEAR_END, Calendars, MonthDay
from search.query_dates import end_of, read_days, start_of
from search.query_errors import Misread
from search.query_periods import Days, Periods
from tests.every_case import every_case

TODAY = date(2025, 4, 9)
AUGUST = Calendars(school_year_end=MonthDay(month=8, day=14), fiscal_year_end=MonthDay(month=9, day=30))
CALENDAR_YEARS = Calendars(school_year_end=YEAR_END, fiscal_year_end=YEAR_END)


def days(text: str, calendars: Calendars | None = None, today: date = TODAY) -> tuple[date | None, date | None]:
    found = read_days(text, Periods(today, calendars or Calendars()), 0)
    return found.first, found.last


@every_case(
    ("text", "first", "last"),
    [
        ("2025-03-31", date(2025, 3, 31), date(2025, 3, 31)),
        ("2025-02", date(2025, 2, 1), date(2025, 2, 28)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2025", date(2025, 1, 1), date(2025, 12, 31)),
        ("March 2025", date(2025, 3, 1), date(2025, 3, 31)),
        ("sept 2025", date(2025, 9, 1), date(2025, 9, 30)),
        ("31 March 2025", date(2025, 3, 31), date(2025, 3, 31)),
        ("March 31, 2025", date(2025, 3, 31), date(2025, 3, 31)),
        ("March 31st, 2025", date(2025, 3, 31), date(2025, 3, 31)),
        ("2nd of May 2025", date(2025, 5, 2), date(2025, 5, 2)),
        ("Q1 2025", date(2025, 1, 1), date(2025, 3, 31)),
        ("2024-Q4", date(2024, 10, 1), date(2024, 12, 31)),
        ("today", TODAY, TODAY),
        ("Yesterday", date(2025, 4, 8), date(2025, 4, 8)),
        ("this week", date(2025, 4, 7), date(2025, 4, 13)),
        ("last week", date(2025, 3, 31), date(2025, 4, 6)),
        ("this month", date(2025, 4, 1), date(2025, 4, 30)),
        ("last month", date(2025, 3, 1), date(2025, 3, 31)),
        ("next month", date(2025, 5, 1), date(2025, 5, 31)),
        ("this quarter", date(2025, 4, 1), date(2025, 6, 30)),
        ("last quarter", date(2025, 1, 1), date(2025, 3, 31)),
        ("this year", date(2025, 1, 1), date(2025, 12, 31)),
        ("last year", date(2024, 1, 1), date(2024, 12, 31)),
        ("last 30 days", date(2025, 3, 11), TODAY),
        ("the past two weeks", date(2025, 3, 27), TODAY),
        ("last 3 months", date(2025, 1, 10), TODAY),
        ("2 weeks ago", date(2025, 3, 26), date(2025, 3, 26)),
        ("a year ago", date(2024, 4, 9), date(2024, 4, 9)),
        ("since March 2025", date(2025, 3, 1), None),
        ("until last month", None, date(2025, 3, 31)),
        ("from 2025-01-15 to March 2025", date(2025, 1, 15), date(2025, 3, 31)),
        ("between 2025-01-15 and 2025-02", date(2025, 1, 15), date(2025, 2, 28)),
        ("2025-01-15..2025-02", date(2025, 1, 15), date(2025, 2, 28)),
        ("2025-01-15 to March 2025", date(2025, 1, 15), date(2025, 3, 31)),
        ("last month..today", date(2025, 3, 1), TODAY),
        ("2025..", date(2025, 1, 1), None),
        ("* to 2025-02", None, date(2025, 2, 28)),
    ],
)
def test_a_phrase_means_these_days(text, first, last):
    assert days(text) == (first, last)


@every_case(
    ("text", "calendars", "first", "last"),
    [
        ("this school year", Calendars(), date(2024, 7, 1), date(2025, 6, 30)),
        ("last school year", Calendars(), date(2023, 7, 1), date(2024, 6, 30)),
        ("next school year", Calendars(), date(2025, 7, 1), date(2026, 6, 30)),
        ("school year 2024-25", Calendars(), date(2024, 7, 1), date(2025, 6, 30)),
        ("school year 2024-2025", AUGUST, date(2024, 8, 15), date(2025, 8, 14)),
        ("SY24-25", AUGUST, date(2024, 8, 15), date(2025, 8, 14)),
        ("fiscal year 2025", Calendars(), date(2024, 7, 1), date(2025, 6, 30)),
        ("FY2025", AUGUST, date(2024, 10, 1), date(2025, 9, 30)),
        ("fiscal year 2024-25", AUGUST, date(2024, 10, 1), date(2025, 9, 30)),
        ("last fiscal year", AUGUST, date(2023, 10, 1), date(2024, 9, 30)),
        ("school year 2025", CALENDAR_YEARS, date(2025, 1, 1), date(2025, 12, 31)),
        ("since last school year", AUGUST, date(2023, 8, 15), None),
    ],
)
def test_school_and_fiscal_years_are_those_of_the_agency(text, calendars, first, last):
    assert days(text, calendars) == (first, last)


def test_the_day_on_which_a_school_year_ends_belongs_to_it():
    assert days("this school year", today=date(2025, 6, 30)) == (date(2024, 7, 1), date(2025, 6, 30))
    assert days("this school year", today=date(2025, 7, 1)) == (date(2025, 7, 1), date(2026, 6, 30))


def test_where_schedules_end_their_years_on_different_days_no_year_is_guessed():
    with pytest.raises(Misread, match="different days"):
        read_days("last school year", Periods(TODAY, None), 0)
    assert read_days("last month", Periods(TODAY, None), 0) == Days(date(2025, 3, 1), date(2025, 3, 31))


@every_case(
    ("text", "sentence"),
    [
        ("2025-02-30", "no 30 February 2025: that month has 28 days"),
        ("30 February 2024", "no 30 February 2024: that month has 29 days"),
        ("2025-13-01", "no month 13"),
        ("2025-00", "no month 0"),
        ("0000", "no year 0"),
        ("3/4/2025", "by day and in another by month"),
        ("spring semester", "no semesters"),
        ("school year 2025", "named by two years"),
        ("school year 2024-26", "no such year"),
        ("school year 123", "two or four digits"),
        ("999999 years ago", "before the first day"),
    ],
)
def test_the_refusal_of_a_date_says_what_is_wrong_with_it(text, sentence):
    with pytest.raises(Misread, match=sentence):
        days(text)


@every_case(
    "text",
    [
        "",
        "soon",
        "2025-13",
        "2025-02-29",
        "0000",
        "25-01-01",
        "2025-1-1",
        "31 Foo 2025",
        "Q1",
        "2024-Q1 2025",
        "Q5 2025",
        "..",
        "since",
        "between 2025 and",
        "2026..2025",
        "9" * 5000,
    ],
)
def test_what_is_no_date_is_refused_with_its_place(text):
    with pytest.raises(Misread) as refused:
        read_days(text, Periods(TODAY), 7)
    assert refused.value.fields["position"] == 7


@every_case("today", [date.min, date(1, 12, 31), date.max, date(9998, 1, 1)])
@every_case("text", ["last year", "next school year", "last 12 months", "next week", "FY 9999", "sy 00-01"])
def test_at_the_ends_of_the_calendar_a_period_is_told_or_refused(text, today):
    try:
        first, last = days(text, today=today)
        assert first <= last
    except Misread as refused:
        assert refused.position == 0  # noqa: PT017 - either answer is right


def test_days_begin_and_end_at_local_midnight_also_when_clocks_change():
    zone = ZoneInfo("America/Los_Angeles")
    assert start_of(date(2025, 3, 9), zone) == datetime(2025, 3, 9, 8, tzinfo=UTC)
    assert end_of(date(2025, 3, 9), zone) == datetime(2025, 3, 10, 7, tzinfo=UTC)


def test_days_at_the_ends_of_the_calendar_are_its_first_and_last_moment():
    assert start_of(date.min, ZoneInfo("Asia/Tokyo")) == datetime.min.replace(tzinfo=UTC)
    assert end_of(date.max, UTC) == datetime.max.replace(tzinfo=UTC)
