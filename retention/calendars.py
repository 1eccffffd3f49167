"""Counting time as records schedules do: anniversaries, calendar years, fiscal years and school years.

Rule: a period is counted from its start to its *last day*, inclusive; what may follow happens on the day after.
A period of years "by the fiscal year" first runs to the end of the fiscal year that the start lies in, then the
full years; so zero fiscal years end with the current one; calendar months and quarters likewise. What a
29 February becomes in a common year is stated by the schedule, never left to a library. Dates beyond the year 9999
become the last representable day, which no `today` passes: such a record is kept.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import MAXYEAR, date, timedelta
from enum import StrEnum

FEBRUARY = 2
LEAP_DAY = 29
MONTHS = 12
DAYS_IN_WEEK = 7
MONTHS_IN_QUARTER = 3
NEVER = date.max


class Unit(StrEnum):
    """What a period is counted in; `year` and `anniversary_year` both end on the same date N years on."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    ANNIVERSARY_YEAR = "anniversary_year"
    CALENDAR_YEAR = "calendar_year"
    FISCAL_YEAR = "fiscal_year"
    SCHOOL_YEAR = "school_year"
    CALENDAR_MONTH = "calendar_month"
    CALENDAR_QUARTER = "calendar_quarter"


class LeapRule(StrEnum):
    """The anniversary of a 29 February in a year that has none."""

    FEBRUARY_28 = "02-28"
    MARCH_1 = "03-01"


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthDay:
    """A day of every year; 29 February means the last day of February."""

    month: int
    day: int

    def __post_init__(self) -> None:
        """Refuse a day that no leap year has (2000 was one)."""
        date(2000, self.month, self.day)

    def in_year(self, year: int) -> date:
        """This day in one year, or `NEVER` beyond the calendar."""
        if year > MAXYEAR:
            return NEVER
        if self.month == FEBRUARY and self.day == LEAP_DAY:
            return date(year, FEBRUARY, calendar.monthrange(year, FEBRUARY)[1])
        return date(year, self.month, self.day)

    def on_or_after(self, day: date) -> date:
        """The first such day that is not before `day`."""
        candidate = self.in_year(day.year)
        return candidate if candidate >= day else self.in_year(day.year + 1)

    def nth_after(self, day: date, nth: int) -> date:
        """The `nth` (1 is the first) such day strictly after `day`: "the second July 1st succeeding"."""
        candidate = self.in_year(day.year)
        first_year = day.year if candidate > day else day.year + 1
        return self.in_year(first_year + nth - 1)

    def __str__(self) -> str:
        return f"{self.month:02d}-{self.day:02d}"


YEAR_END = MonthDay(month=12, day=31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendars:
    """The years of one agency: where its fiscal and school years end, and its reading of 29 February."""

    fiscal_year_end: MonthDay = MonthDay(month=6, day=30)
    school_year_end: MonthDay = MonthDay(month=6, day=30)
    leap_rule: LeapRule = LeapRule.FEBRUARY_28

    def year_end(self, unit: Unit) -> MonthDay | None:
        """Where years of this unit end, or None for a unit that has no year of its own."""
        if unit is Unit.CALENDAR_YEAR:
            return YEAR_END
        if unit is Unit.FISCAL_YEAR:
            return self.fiscal_year_end
        if unit is Unit.SCHOOL_YEAR:
            return self.school_year_end
        return None


def anniversary(start: date, years: int, leap_rule: LeapRule) -> date:
    """The same date `years` years on, or `NEVER` beyond the calendar."""
    year = start.year + years
    if year > MAXYEAR:
        return NEVER
    if start.month == FEBRUARY and start.day == LEAP_DAY and not calendar.isleap(year):
        return date(year, 3, 1) if leap_rule is LeapRule.MARCH_1 else date(year, FEBRUARY, LEAP_DAY - 1)
    return start.replace(year=year)


def months_after(start: date, months: int) -> date:
    """The same day of the month `months` months on; the last of the month where it has no such day."""
    years, month = divmod(start.month - 1 + months, MONTHS)
    year = start.year + years
    if year > MAXYEAR:
        return NEVER
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def month_end_after(start: date, months: int) -> date:
    """The last day of the month that is `months` months after that of `start`, or `NEVER` beyond the calendar."""
    moved = months_after(start.replace(day=1), months)
    return moved if moved == NEVER else moved.replace(day=calendar.monthrange(moved.year, moved.month)[1])


def days_after(start: date, days: int) -> date:
    """The day `days` days on, or `NEVER` beyond the calendar."""
    try:
        return start + timedelta(days=days)
    except OverflowError:
        return NEVER


def last_day(start: date, period: int, unit: Unit, calendars: Calendars) -> date:
    """The last day of a period of `period` units that starts on `start`.

    Args:
        start: the day of the event; it is not counted itself (90 days after 1 January end on 1 April, or on
            31 March in a leap year).
        period: how many units, zero or more.
        unit: what is counted.
        calendars: the agency's years.

    Raises:
        ValueError: the period is negative.
    """
    if period < 0:
        raise ValueError("a period cannot be negative")
    if start == NEVER:
        return NEVER
    end = calendars.year_end(unit)
    if end is not None:
        first = end.on_or_after(start)
        return NEVER if first == NEVER else end.in_year(first.year + period)
    match unit:
        case Unit.DAY | Unit.WEEK:
            found = days_after(start, period * (DAYS_IN_WEEK if unit is Unit.WEEK else 1))
        case Unit.MONTH:
            found = months_after(start, period)
        case Unit.CALENDAR_MONTH:
            found = month_end_after(start, period)
        case Unit.CALENDAR_QUARTER:
            found = month_end_after(start, -start.month % MONTHS_IN_QUARTER + period * MONTHS_IN_QUARTER)
        case _:
            found = anniversary(start, period, calendars.leap_rule)
    return found


def day_after(day: date) -> date | None:
    """The following day, or None where the calendar ends."""
    return None if day == NEVER else day + timedelta(days=1)
