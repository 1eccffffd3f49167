"""Dates as mail prints them to ISO 8601, without ever inventing what was not printed.

Header dates follow RFC 5322 §3.3 and §4.3 (two and three digit years, zone names); dates inside forwarded text
follow the habits of the client that printed them. A printed offset is kept; without one the answer is local
time without offset; a day and month that cannot be told apart give no answer. Years of four digits are taken
as they stand (0002 and 9999 too): what is implausible is for the reader of the record to judge.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

MAX_CHARS = 200
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
ENGLISH_MONTHS = {name: number for number, name in enumerate(_MONTHS, start=1)}
_MONTH_NAMES = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
ENGLISH_MONTHS |= {name: number for number, name in enumerate(_MONTH_NAMES, start=1)}
ENGLISH_MONTHS["sept"] = 9

# Only names that mean one offset wherever mail clients print them; IST, BST, AST, MST of Malaysia and the like
# mean several and are left out. Those of RFC 5322 §4.3 are fixed there. Minutes east of UTC.
_ZONES = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0,
    "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420,
    "akst": -540, "akdt": -480, "hst": -600,
    "cet": 60, "cest": 120, "west": 60, "eet": 120, "eest": 180, "msk": 180,
    "mez": 60, "mesz": 120, "oez": 120, "oesz": 180, "seč": 60, "selč": 120,
    "jst": 540, "kst": 540, "aest": 600, "aedt": 660, "acst": 570, "acdt": 630, "awst": 480, "nzst": 720, "nzdt": 780,
}  # fmt: skip
_AMERICAN_OFFSETS = range(-600, -239)
_AMERICAN = frozenset({"est", "edt", "cst", "cdt", "mst", "mdt", "pst", "pdt", "akst", "akdt", "hst"})

_RFC5322 = re.compile(
    r"\s*(?:[A-Za-z]{3,9}\s*,?\s+)?(\d{1,2})[ \t-]+([A-Za-z]{3})[ \t-]+(\d{2,4})[ \t]+"
    r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[ \t]+([+-]\d{4}|[A-Za-z]{1,4}))?(?![\w:+-])"
)
_TIME = re.compile(r"(?<![\d:])(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?(?![\d:])\s*([AaPp])?(?:\.?[Mm]\b\.?)?")
_OFFSET = re.compile(  # with Greenwich as Unicode CLDR has it for Arabic and Bulgarian
    r"\s*\(?\s*(?:UTC|GMT|UT|غرينتش|Гринуич)?\s*([+\-\u2212])(\d{1,2})(?::?(\d{2}))?(?!\d)", re.IGNORECASE
)
_ZONE_NAME = re.compile(r"\s*\(?\s*([^\W\d_]{1,4})\b")
_ISO_DAY = re.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_NUMERIC_DAY = re.compile(r"(?<!\d)(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"(?<![\d:])\d{1,4}(?![\d:])")
_TWO_DIGITS, _THREE_DIGITS, _CENTURY_TURN = 2, 3, 50
_NOON, _DAY_HOURS, _LEAP_SECOND, _MAX_MONTH = 12, 24, 60, 12


def header_date(text: str) -> str | None:
    """ISO 8601 of a Date header (RFC 5322 §3.3), or None where it cannot be read.

    A zone of ``-0000`` states the moment in UTC (RFC 5322 §3.3), so it is given as ``+00:00``.
    """
    text = text[:MAX_CHARS]
    match = _RFC5322.match(text) or _RFC5322.match(text.rpartition(";")[2])  # a trace field copied whole (§3.6.7)
    if match is None:
        return printed_date(text)
    day, month_name, year, hour, minute, second, zone = match.groups()
    month = ENGLISH_MONTHS.get(month_name.lower())
    if month is None:
        return printed_date(text)
    offset = _offset_of(zone) if zone else None
    return iso_of((short_year(year), month, int(day)), (int(hour), int(minute), int(second or 0)), offset, exact=True)


def printed_date(text: str, months: dict[str, int] | None = None) -> str | None:
    """ISO 8601 of a date as a mail client prints it for people, or None; ``months`` maps lower-case names.

    Seconds that were not printed are given as zero, as ISO 8601 needs them.
    """
    text = text[:MAX_CHARS].replace("\u202f", " ").replace("\xa0", " ")
    time = _TIME.search(text)
    if time is None:
        return None
    clock = _clock(time)
    rest = text[time.end() :]
    offset, american, used = zone_at(rest)
    day_text = text[: time.start()] + " " + rest[used:]
    day = (
        _iso_day(day_text)
        or _named_day(day_text, months or ENGLISH_MONTHS)
        or _numeric_day(day_text, american=american)
    )
    if day is None or clock is None:
        return None
    return iso_of(day, clock, offset)


def moment(iso: str | None) -> datetime | None:
    """The moment in UTC that an ISO date with offset names; None without an offset or outside of years 1 to 9999."""
    if iso is None:
        return None
    try:
        parsed = datetime.fromisoformat(iso)
        return parsed.astimezone(UTC) if parsed.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def short_year(digits: str) -> int:
    """RFC 5322 §4.3: two digits below 50 are 20xx, else 19xx; three digits count from 1900."""
    year = int(digits)
    if len(digits) == _TWO_DIGITS:
        return year + (2000 if year < _CENTURY_TURN else 1900)
    return year + 1900 if len(digits) == _THREE_DIGITS else year


def _offset_of(zone: str) -> int | None:
    if zone[0] in "+-":
        return _minutes(zone[0], zone[1:3], zone[3:5])
    return _ZONES.get(zone.lower())


def _minutes(sign: str, hours: str, minutes: str | None) -> int | None:
    total = int(hours) * 60 + int(minutes or 0)
    if int(minutes or 0) >= 60 or total >= _DAY_HOURS * 60:  # noqa: PLR2004 - minutes of an hour
        return None
    return total if sign == "+" else -total


def _clock(match: re.Match[str]) -> tuple[int, int, int] | None:
    hour, minute, second, half = int(match[1]), int(match[2]), int(match[3] or 0), (match[4] or "").lower()
    if half:
        if not 1 <= hour <= _NOON:
            return (hour, minute, second) if half == "p" and hour < _DAY_HOURS else None
        hour = hour % _NOON + (_NOON if half == "p" else 0)
    return hour, minute, second


def zone_at(rest: str) -> tuple[int | None, bool, int]:
    """The zone at the begin of `rest`: minutes east of UTC, whether it is a North American one, characters taken.

    An offset from -10 to -4 hours counts as American: it tells how a client in English orders a day in digits.
    """
    match = _OFFSET.match(rest)
    if match:
        offset = _minutes("+" if match[1] == "+" else "-", match[2], match[3])
        return offset, offset in _AMERICAN_OFFSETS, match.end()
    match = _ZONE_NAME.match(rest)
    name = match[1].lower() if match else ""
    if match and name in _ZONES:
        return _ZONES[name], name in _AMERICAN, match.end()
    return None, False, 0


def _iso_day(text: str) -> tuple[int, int, int] | None:
    match = _ISO_DAY.search(text)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def _named_day(text: str, months: dict[str, int]) -> tuple[int, int, int] | None:
    found = [months[word.lower()] for word in _WORD.findall(text) if word.lower() in months]
    if len(found) != 1:
        return None
    numbers = _NUMBER.findall(text)
    years = [number for number in numbers if len(number) == 4]  # noqa: PLR2004 - a year in full
    days = [number for number in numbers if len(number) <= _TWO_DIGITS]
    if not years and len(days) == 2:  # noqa: PLR2004 - a day and a short year, in that order
        return short_year(days[1].zfill(2)), found[0], int(days[0])
    return (int(years[0]), found[0], int(days[0])) if years and days else None


def _numeric_day(text: str, *, american: bool) -> tuple[int, int, int] | None:
    """A day written in digits: points mean day first; slashes only where one half can be no month, or by zone."""
    match = _NUMERIC_DAY.search(text)
    if match is None:
        return None
    first, second, year = int(match[1]), int(match[3]), short_year(match[4])
    if first > _MAX_MONTH or match[2] == ".":
        return year, second, first
    if second > _MAX_MONTH or american or first == second:
        return year, first, second
    return None


def iso_of(
    day: tuple[int, int, int], clock: tuple[int, int, int], offset: int | None, *, exact: bool = False
) -> str | None:
    """ISO 8601 of year, month and day, a time, and minutes east of UTC; None where no calendar has such a moment.

    With `exact` a leap second is taken for the second before it, which ISO 8601 as Python reads it can name.
    """
    hour, minute, second = clock
    if exact and second == _LEAP_SECOND:
        second -= 1
    try:
        zone = timezone(timedelta(minutes=offset)) if offset is not None else None
        return datetime(*day, hour, minute, second, tzinfo=zone).isoformat()
    except (ValueError, OverflowError):
        return None
