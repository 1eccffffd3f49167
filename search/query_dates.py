"""Dates as people write them in a query → ranges of days → moments. Pure: today, zone and calendars are passed in.

Understood: ISO 8601 days, months and years (``2025-03-31``, ``2025-03``, ``2025``), quarters (``2025-Q1``, ``Q1
2025``); ``31 March 2025``, ``March 31st, 2025``, ``March 2025``; what `search.query_periods` knows (``last month``,
``school year 2024-25``, ``last 30 days``); ``since``, ``from`` and ``until`` before any of these; and ranges ``a..b``,
``[a to b]``, either side of which may be left out. Both ends of a range belong to it.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from search.query_errors import Misread
from search.query_periods import Days, Periods, month_of, quarter_of

if TYPE_CHECKING:
    from datetime import tzinfo

__all__ = ["Days", "end_of", "read_days", "start_of"]

LONGEST_DATE: Final = 80
_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
_QUARTER = re.compile(r"(?:(?P<before>\d{4})[- ]?)?q(?P<quarter>[1-4])(?: (?:of )?(?P<after>\d{4}))?", re.ASCII)
_ORDINAL = r"(\d{1,2})(?:st|nd|rd|th)?"
_DAY_MONTH_YEAR = re.compile(rf"(?:{_ORDINAL}\.? (?:of )?)?([a-z]{{3,9}})\.?,? (\d{{4}})", re.ASCII)
_MONTH_DAY_YEAR = re.compile(rf"([a-z]{{3,9}})\.? {_ORDINAL},? (\d{{4}})", re.ASCII)
_SLASHED = re.compile(r"\d{1,4}[/.]\d{1,2}[/.]\d{1,4}", re.ASCII)
_MONTHS: Final = {
    name: number
    for number, full in enumerate(calendar.month_name)  # the C locale's names: this program sets no other
    if full
    for name in (full.lower(), full.lower()[:3], full.lower()[:4])
}
_LAST_MONTH: Final = 12
_OPEN = ("", "*")
_SINCE, _UNTIL = ("since ", "from "), ("until ", "till ", "through ", "up to ")
_HOW = "write it like 2025-03-31, 2025-03 or 2025-03-01..2025-03-31"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a date stands in the query."""

    position: int
    end: int


def read_days(text: str, periods: Periods, position: int, end: int | None = None) -> Days:
    """The days that a date, phrase or range means.

    Args:
        text: without the field's name and without brackets.
        periods: what is told from today and from the agency's calendars.
        position: where the text stands in the query, for the error.
        end: where it ends there; None: nothing is suggested.

    Raises:
        Misread: it is not a date, or no such day exists.
    """
    place = _Place(position, -1 if end is None else end)
    phrase = " ".join(text[: 10 * LONGEST_DATE].lower().split())
    if len(phrase) > LONGEST_DATE:
        raise _refusal(place)
    if phrase.startswith("between ") and " and " in phrase:
        phrase = phrase.removeprefix("between ").replace(" and ", " to ", 1)
    elif phrase.startswith("from ") and " to " in phrase:
        phrase = phrase.removeprefix("from ")
    for separator in ("..", " to "):
        first, found, last = f" {phrase} ".partition(separator)
        if found:
            return _range(first.strip(), last.strip(), periods, place)
    for word in _SINCE:
        if phrase.startswith(word):
            return Days(_days(phrase.removeprefix(word), periods, place).first, None)
    for word in _UNTIL:
        if phrase.startswith(word):
            return Days(None, _days(phrase.removeprefix(word), periods, place).last)
    return _days(phrase, periods, place)


def _range(first: str, last: str, periods: Periods, place: _Place) -> Days:
    if first in _OPEN and last in _OPEN:
        raise Misread("a range of dates needs a beginning or an end", place.position)
    start = None if first in _OPEN else _days(first, periods, place).first
    end = None if last in _OPEN else _days(last, periods, place).last
    if start is not None and end is not None and end < start:
        instead = (
            (place.position, place.end, f"{last}..{first}") if place.end >= 0 and " " not in first + last else None
        )
        raise Misread("the range of dates ends before it begins; put the earlier date first", place.position, instead)
    return Days(start, end)


def _refusal(place: _Place) -> Misread:
    return Misread(f"this is not a date; {_HOW}", place.position)


def _days(phrase: str, periods: Periods, place: _Place) -> Days:
    told = periods.days(phrase, place.position)
    if told is not None:
        return told
    if _SLASHED.fullmatch(phrase):
        raise Misread(f"this date is read in one country by day and in another by month; {_HOW}", place.position)
    if (found := _QUARTER.fullmatch(phrase)) and bool(found["before"]) != bool(found["after"]):
        return quarter_of(_year(found["before"] or found["after"], place), int(found["quarter"]))
    day: str | None
    if iso := _ISO.fullmatch(phrase):
        year, day = iso[1], iso[3]
        month = int(iso[2]) if iso[2] else None
    elif (named := _DAY_MONTH_YEAR.fullmatch(phrase)) and named[2] in _MONTHS:
        day, month, year = named[1], _MONTHS[named[2]], named[3]
    elif (named := _MONTH_DAY_YEAR.fullmatch(phrase)) and named[1] in _MONTHS:
        month, day, year = _MONTHS[named[1]], named[2], named[3]
    else:
        raise _refusal(place)
    return _real(_year(year, place), month, int(day) if day else None, place)


def _year(text: str, place: _Place) -> int:
    if int(text) < date.min.year:
        raise Misread("there is no year 0; the first is 1", place.position)
    return int(text)


def _real(year: int, month: int | None, day: int | None, place: _Place) -> Days:
    """The days of a date in numbers; says which is none."""
    if month is None:
        return Days(date(year, 1, 1), date(year, 12, 31))
    if not 1 <= month <= _LAST_MONTH:
        raise Misread(f"there is no month {month}; months are 01 to 12", place.position)
    if day is None:
        return month_of(year, month)
    length = calendar.monthrange(year, month)[1]
    if not 1 <= day <= length:
        name = calendar.month_name[month]
        instead = (
            (place.position, place.end, f"{year:04d}-{month:02d}-{length:02d}") if day and place.end >= 0 else None
        )
        raise Misread(f"there is no {day} {name} {year:04d}: that month has {length} days", place.position, instead)
    return Days(date(year, month, day), date(year, month, day))


def start_of(day: date, zone: tzinfo) -> datetime:
    """The first moment of a day in a zone, in UTC; the calendar's first where it begins later."""
    try:
        return datetime.combine(day, time.min, zone).astimezone(UTC)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def end_of(day: date, zone: tzinfo) -> datetime:
    """The first moment after a day in a zone, in UTC; the calendar's last where it ends before."""
    try:
        return datetime.combine(day + timedelta(days=1), time.min, zone).astimezone(UTC)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)
