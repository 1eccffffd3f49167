"""Words that stand for a day, a moment or an amount of money, read the same for commands and for the API. Pure.

Rules:

- A day or moment lies in years that any calendar of the agency has, so that no date computed from it can overflow.
- What cannot be read is refused with how to write it; the sentence never repeats what was given.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from storage.errors import InvalidInput

if TYPE_CHECKING:
    from datetime import tzinfo

_FIRST_YEAR: Final = 1970
_LAST_YEAR: Final = 2999
_MONEY: Final = re.compile(r"(\d{1,9})(?:\.(\d{1,2}))?", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_RFC_3339: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})", re.ASCII
)


def read_moment(text: str, zone: tzinfo) -> datetime:
    """A moment as typed, in UTC; without an offset it is the zone's.

    Raises:
        InvalidInput: it is none, or lies in a year that nobody can mean.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput("that is no moment; write it like 2026-03-31T14:05 or 2026-03-31") from error
    _refuse_year(moment.year)
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(UTC)


def read_instant(text: str) -> datetime:
    """A moment as programs write it (RFC 3339 §5.6), with its offset; in UTC.

    Raises:
        InvalidInput: it is none, or lies in a year that nobody can mean.
    """
    found = _RFC_3339.fullmatch(text)
    try:
        moment = None if found is None else datetime.fromisoformat(text.upper())
    except ValueError:
        moment = None
    if moment is None:
        raise InvalidInput("a moment is written as in RFC 3339, like 2026-03-31T14:05:00-05:00")
    _refuse_year(moment.year)
    return moment.astimezone(UTC)


def read_near_day(text: str) -> date:
    """A day of the agency's work, as 2026-03-31.

    Raises:
        InvalidInput: it is none, or lies in a year that nobody can mean.
    """
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        raise InvalidInput("a day is written like 2026-03-31")
    _refuse_year(day.year)
    return day


def read_cents(text: str) -> int:
    """An amount of money in cents.

    Raises:
        InvalidInput: it is none.
    """
    found = _MONEY.fullmatch(text.strip())
    if found is None:
        raise InvalidInput("an amount is written like 12.50, without a sign and without a currency")
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


def _refuse_year(year: int) -> None:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise InvalidInput(f"a day or moment lies in the years {_FIRST_YEAR} to {_LAST_YEAR}; check the year")
