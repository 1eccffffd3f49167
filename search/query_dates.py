"""Dates as people write them in a query → ranges of days → moments. Pure: today and the zone are passed in.

Understood: ISO 8601 days, months and years (``2025-03-31``, ``2025-03``, ``2025``); ``31 March 2025``,
``March 31, 2025``, ``March 2025``; ``today``, ``yesterday``, ``this`` and ``last`` ``week`` (Monday first),
``month``, ``year``; and ranges ``a..b``, ``[a to b]``, either side of which may be left out. Both ends of a
range belong to it.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from storage.errors import InvalidInput

if TYPE_CHECKING:
    from datetime import tzinfo

LONGEST_DATE: Final = 80
_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
_DAY_MONTH_YEAR = re.compile(r"(?:(\d{1,2})\.? )?([a-z]{3,9})\.?,? (\d{4})", re.ASCII)
_MONTH_DAY_YEAR = re.compile(r"([a-z]{3,9})\.? (\d{1,2}),? (\d{4})", re.ASCII)
_MONTHS: Final = {
    name: number
    for number, full in enumerate(calendar.month_name)  # the C locale's names: this program sets no other
    if full
    for name in (full.lower(), full.lower()[:3], full.lower()[:4])
}
_OPEN = ("", "*")
_RELATIVE = (
    "today",
    "yesterday",
    *(f"{which} {unit}" for which in ("this", "last") for unit in ("week", "month", "year")),
)
_EARLIEST, _LATEST = 2, 9998  # a year on either side of today must be a date


@dataclass(frozen=True, slots=True)
class Days:
    """The days from `first` to `last`, both included; None is open."""

    first: date | None
    last: date | None


def read_days(text: str, today: date, position: int) -> Days:
    """The days that a date, phrase or range means.

    Args:
        text: without the field's name and without brackets.
        today: the day in the archive's zone.
        position: where the text stands in the query, for the error.

    Raises:
        InvalidInput: it is not a date, or no such day exists.
    """
    phrase = " ".join(text[: 10 * LONGEST_DATE].lower().split())
    if len(phrase) > LONGEST_DATE:
        raise _refusal(position)
    for separator in ("..", " to "):
        first, found, last = f" {phrase} ".partition(separator)
        if found:
            return _range(first.strip(), last.strip(), today, position)
    return _days(phrase, today, position)


def _range(first: str, last: str, today: date, position: int) -> Days:
    if first in _OPEN and last in _OPEN:
        raise InvalidInput("a range of dates needs a beginning or an end", position=position)
    start = None if first in _OPEN else _days(first, today, position).first
    end = None if last in _OPEN else _days(last, today, position).last
    if start is not None and end is not None and end < start:
        raise InvalidInput("the range of dates ends before it begins; put the earlier date first", position=position)
    return Days(start, end)


def _refusal(position: int) -> InvalidInput:
    return InvalidInput(
        "this is not a date; write it like 2025-03-31, 2025-03 or 2025-03-01..2025-03-31", position=position
    )


def _days(phrase: str, today: date, position: int) -> Days:
    relative = _relative(phrase, today)
    if relative is not None:
        return relative
    year: str
    month: int | None
    if iso := _ISO.fullmatch(phrase):
        year, day = iso[1], iso[3]
        month = int(iso[2]) if iso[2] else None
    elif (named := _DAY_MONTH_YEAR.fullmatch(phrase)) and named[2] in _MONTHS:
        day, month, year = named[1], _MONTHS[named[2]], named[3]
    elif (named := _MONTH_DAY_YEAR.fullmatch(phrase)) and named[1] in _MONTHS:
        month, day, year = _MONTHS[named[1]], named[2], named[3]
    else:
        raise _refusal(position)
    try:
        if month is None:
            return Days(date(int(year), 1, 1), date(int(year), 12, 31))
        if not day:
            return _month(int(year), month)
        chosen = date(int(year), month, int(day))
    except ValueError as error:
        raise InvalidInput(
            "there is no such day in the calendar; check the month and the day", position=position
        ) from error
    return Days(chosen, chosen)


def _month(year: int, month: int) -> Days:
    return Days(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]))


def _relative(phrase: str, today: date) -> Days | None:
    if phrase not in _RELATIVE or not _EARLIEST <= today.year <= _LATEST:
        return None
    day = timedelta(days=1)
    monday = today - day * today.weekday()
    first_of_month = today.replace(day=1)
    return {
        "today": Days(today, today),
        "yesterday": Days(today - day, today - day),
        "this week": Days(monday, monday + 6 * day),
        "last week": Days(monday - 7 * day, monday - day),
        "this month": _month(today.year, today.month),
        "last month": Days((first_of_month - day).replace(day=1), first_of_month - day),
        "this year": Days(date(today.year, 1, 1), date(today.year, 12, 31)),
        "last year": Days(date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
    }[phrase]


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
