from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.calendars import NEVER, Calendars, LeapRule, MonthDay, Unit, day_after, last_day, months_after
from tests.every_case import every_case

JUNE = Calendars()


@every_case(
    ("start", "period", "unit", "expected"),
    [
        (date(2024, 1, 1), 90, Unit.DAY, date(2024, 3, 31)),
        (date(2023, 1, 1), 90, Unit.DAY, date(2023, 4, 1)),
        (date(2024, 1, 1), 2, Unit.WEEK, date(2024, 1, 15)),
        (date(2024, 1, 31), 1, Unit.MONTH, date(2024, 2, 29)),
        (date(2023, 1, 31), 1, Unit.MONTH, date(2023, 2, 28)),
        (date(2023, 12, 31), 2, Unit.MONTH, date(2024, 2, 29)),
        (date(2024, 3, 1), 3, Unit.YEAR, date(2027, 3, 1)),
        (date(2024, 3, 1), 100, Unit.ANNIVERSARY_YEAR, date(2124, 3, 1)),
        (date(2024, 3, 1), 2, Unit.CALENDAR_YEAR, date(2026, 12, 31)),
        (date(2024, 12, 31), 1, Unit.CALENDAR_YEAR, date(2025, 12, 31)),
        (date(2024, 6, 30), 1, Unit.FISCAL_YEAR, date(2025, 6, 30)),
        (date(2024, 7, 1), 1, Unit.FISCAL_YEAR, date(2026, 6, 30)),
        (date(2024, 7, 1), 0, Unit.FISCAL_YEAR, date(2025, 6, 30)),
        (date(2024, 7, 1), 3, Unit.SCHOOL_YEAR, date(2028, 6, 30)),
        (date(2024, 7, 1), 0, Unit.YEAR, date(2024, 7, 1)),
    ],
)
def test_a_period_ends_on_its_last_day(start, period, unit, expected):
    assert last_day(start, period, unit, JUNE) == expected


@pytest.mark.parametrize("end", ["08-31", "12-31", "09-30", "02-29"])
def test_fiscal_years_end_where_the_agency_says(end):
    month_day = MonthDay(month=int(end[:2]), day=int(end[3:]))
    calendars = Calendars(fiscal_year_end=month_day)
    ends = last_day(date(2024, 1, 15), 1, Unit.FISCAL_YEAR, calendars)
    assert (ends.year, ends.month) == (2025, month_day.month)
    assert day_after(ends).day == 1


@pytest.mark.parametrize(
    ("rule", "expected"), [(LeapRule.FEBRUARY_28, date(2025, 2, 28)), (LeapRule.MARCH_1, date(2025, 3, 1))]
)
def test_the_anniversary_of_29_february_is_what_the_schedule_states(rule, expected):
    assert last_day(date(2024, 2, 29), 1, Unit.YEAR, Calendars(leap_rule=rule)) == expected


def test_29_february_comes_back_in_a_leap_year():
    assert last_day(date(2024, 2, 29), 4, Unit.YEAR, JUNE) == date(2028, 2, 29)


def test_the_second_first_of_july_after_a_day_is_counted_from_the_day_after_it():
    july = MonthDay(month=7, day=1)
    assert july.nth_after(date(2024, 7, 1), 2) == date(2026, 7, 1)
    assert july.nth_after(date(2024, 6, 30), 2) == date(2025, 7, 1)


@every_case("unit", list(Unit))
def test_a_period_beyond_the_calendar_never_ends(unit):
    assert last_day(date(9999, 12, 31), 366_000, unit, JUNE) == NEVER
    assert day_after(NEVER) is None


def test_a_negative_period_is_refused():
    with pytest.raises(ValueError, match="negative"):
        last_day(date(2024, 1, 1), -1, Unit.DAY, JUNE)


days = st.dates(min_value=date(1900, 1, 1), max_value=date(2200, 12, 31))
units = st.sampled_from(list(Unit))


@given(start=days, period=st.integers(0, 120), unit=units)
def test_a_longer_period_never_ends_earlier(start, period, unit):
    assert start <= last_day(start, period, unit, JUNE) <= last_day(start, period + 1, unit, JUNE)


@given(start=days, later=days, period=st.integers(0, 120), unit=units)
def test_a_later_start_never_ends_earlier(start, later, period, unit):
    first, second = sorted((start, later))
    assert last_day(first, period, unit, JUNE) <= last_day(second, period, unit, JUNE)


@given(start=days, months=st.integers(0, 1200))
def test_months_keep_the_day_or_fall_on_the_last_of_the_month(start, months):
    end = months_after(start, months)
    assert end.day == start.day or (end.day < start.day and day_after(end).day == 1)
