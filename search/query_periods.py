"""Periods by name → ranges of days: what is told from today, and the school and fiscal years of an agency. Pure.

Rules:

- Weeks begin on Monday (ISO 8601), quarters are those of the calendar. ``last 30 days`` are thirty days of which today
  is the last; ``2 weeks ago`` is that one day.
- A school year is named by the years it begins and ends in (``2024-25``), a fiscal year by the one it ends in
  (``2025``) or by both, as agencies in the United States do. Where they end is the agency's calendars to say; where
  these do not agree nothing is guessed. A year that ends with December has one number.
- Semesters and terms are in no calendar here, and are refused.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import MAXYEAR, date, timedelta
from typing import TYPE_CHECKING, Final

from retention.calendars import YEAR_END, Calendars, months_after
from search.query_errors import Misread

if TYPE_CHECKING:
    from retention.calendars import MonthDay

_DAY: Final = timedelta(days=1)
_QUARTER: Final = 3
_CENTURY: Final = 100
_EARLIEST, _LATEST = 3, MAXYEAR - 2  # the years on either side of a period must be dates
_IN_WORDS: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMBERS: Final = {word: number for number, word in enumerate(_IN_WORDS, 1)} | {"a": 1, "an": 1}
_COUNT = rf"(?P<count>\d{{1,6}}|{'|'.join(_NUMBERS)})"
_PAST = re.compile(rf"(?:the )?(?:last|past|previous) {_COUNT} (?P<unit>day|week|month|year)s?", re.ASCII)
_AGO = re.compile(rf"{_COUNT} (?P<unit>day|week|month|year)s? ago", re.ASCII)
_NEAR = re.compile(r"(?P<which>this|current|last|previous|next) (?P<unit>week|month|quarter|year)", re.ASCII)
_KINDS = r"(?P<kind>school|academic|fiscal|financial) ?year|(?P<short>sy|fy)"
_NEAR_YEAR = re.compile(rf"(?:the )?(?P<which>this|current|last|previous|next) (?:{_KINDS})", re.ASCII)
_NAMED_YEAR = re.compile(rf"(?:the )?(?:{_KINDS}) ?(?P<first>\d{{2,4}})(?:[-/\u2013](?P<last>\d{{2,4}}))?", re.ASCII)
_TERM = re.compile(r"\b(?:semester|trimester|term|spring|summer|fall|autumn|winter)\b", re.ASCII)
_STEPS: Final = {"this": 0, "current": 0, "last": -1, "previous": -1, "next": 1}


@dataclass(frozen=True, slots=True)
class Days:
    """The days from `first` to `last`, both included; None is open."""

    first: date | None
    last: date | None


def month_of(year: int, month: int) -> Days:
    """The days of a month."""
    return Days(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]))


def quarter_of(year: int, quarter: int) -> Days:
    """The days of a quarter of the calendar, 1 to 4."""
    last = quarter * _QUARTER
    return Days(date(year, last - _QUARTER + 1, 1), month_of(year, last).last)


@dataclass(frozen=True, slots=True)
class Periods:
    """What periods are told from: the day in the archive's zone, and the agency's years, None where they differ."""

    today: date
    calendars: Calendars | None = Calendars()  # noqa: RUF009 - it is frozen

    def days(self, phrase: str, position: int) -> Days | None:
        """The days of a period, in lower case with single spaces; None where it is not one by name.

        Raises:
            Misread: it is one that nobody can tell.
        """
        if not _EARLIEST <= self.today.year <= _LATEST:
            return None
        simple = {"today": 0, "yesterday": -1, "tomorrow": 1}.get(phrase)
        if simple is not None:
            return self._one(self.today + simple * _DAY)
        if found := _NEAR.fullmatch(phrase):
            return self._near(found["unit"], _STEPS[found["which"]])
        if found := _PAST.fullmatch(phrase):
            return Days(self._back(found, position) + _DAY, self.today)
        if found := _AGO.fullmatch(phrase):
            return self._one(self._back(found, position))
        return self._agency_year(phrase, position)

    def _agency_year(self, phrase: str, position: int) -> Days | None:
        if found := _NEAR_YEAR.fullmatch(phrase):
            end = self._year_end(found, position)
            return self._year_to(end, end.on_or_after(self.today).year + _STEPS[found["which"]])
        if found := _NAMED_YEAR.fullmatch(phrase):
            return self._named(found, position)
        if _TERM.search(phrase):
            raise Misread(
                "the calendars of this archive know school years and fiscal years, but no semesters, terms or seasons;"
                " write the days, as in 2025-01-15..2025-06-10",
                position,
            )
        return None

    @staticmethod
    def _one(day: date) -> Days:
        return Days(day, day)

    def _near(self, unit: str, step: int) -> Days:
        today = self.today
        if unit == "week":
            monday = today - _DAY * today.weekday() + step * 7 * _DAY
            return Days(monday, monday + 6 * _DAY)
        if unit == "year":
            return Days(date(today.year + step, 1, 1), date(today.year + step, 12, 31))
        months = today.year * 12 + today.month - 1
        if unit == "month":
            year, month = divmod(months + step, 12)
            return month_of(year, month + 1)
        year, quarter = divmod(months // _QUARTER + step, 4)
        return quarter_of(year, quarter + 1)

    def _back(self, found: re.Match[str], position: int) -> date:
        """The day that lies so many units before today."""
        count = _NUMBERS[found["count"]] if found["count"] in _NUMBERS else int(found["count"])
        try:
            if found["unit"] in ("day", "week"):
                return self.today - count * (7 if found["unit"] == "week" else 1) * _DAY
            return months_after(self.today, -count * (12 if found["unit"] == "year" else 1))
        except (OverflowError, ValueError) as error:
            raise Misread("that is before the first day of the calendar; write a smaller number", position) from error

    def _year_end(self, found: re.Match[str], position: int) -> MonthDay:
        if self.calendars is None:
            raise Misread(
                "the schedules of this archive end their school or fiscal years on different days; write the days,"
                " as in 2024-07-01..2025-06-30",
                position,
            )
        school = found["kind"] in ("school", "academic") or found["short"] == "sy"
        return self.calendars.school_year_end if school else self.calendars.fiscal_year_end

    @staticmethod
    def _year_to(end: MonthDay, year: int) -> Days:
        """The year that ends in a year of the calendar."""
        return Days(end.in_year(year - 1) + _DAY, end.in_year(year))

    def _named(self, found: re.Match[str], position: int) -> Days:
        end = self._year_end(found, position)
        school = found["kind"] in ("school", "academic") or found["short"] == "sy"
        first, last = _whole_year(found["first"]), _whole_year(found["last"])
        if first is None or (found["last"] and last is None):
            raise Misread("a year has two or four digits, as in 2024-25", position)
        if last is None and school and end != YEAR_END:
            raise Misread(
                f"a school year is named by two years; write school year {first}-{(first + 1) % _CENTURY:02d}"
                f" or {first - 1}-{first % _CENTURY:02d}",
                position,
            )
        if last is not None and (last != first + 1 or end == YEAR_END):
            raise Misread("no such year is in the calendars: a year ends in the one after it begins", position)
        ends_in = first if last is None else last
        if not _EARLIEST <= ends_in <= _LATEST:
            raise Misread("there is no such year in the calendar", position)
        return self._year_to(end, ends_in)


def _whole_year(text: str | None) -> int | None:
    """A year of two digits as one of this century; None for none, and for three digits."""
    if text is None or len(text) not in (2, 4):
        return None
    return 2000 + int(text) if len(text) == 2 else int(text)  # noqa: PLR2004 - two digits
