"""Moments as exports state them: numbers since an epoch, and the few texts that platforms share.

Rule kept: what no clock of a messaging service can have shown is no moment. Zero, negative and absurd numbers are
None and the message is undated; nothing is repaired, but that a number of seconds is told from one of milliseconds
is left to the caller, who knows the format.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_EARLIEST: Final = 631_152_000  # 1990-01-01, before any of these services
_LATEST: Final = 4_102_444_800  # 2100-01-01
_APPLE_EPOCH: Final = 978_307_200  # 2001-01-01 UTC
_APPLE_NANOSECONDS_FROM: Final = 1 << 40  # as seconds this is the year 36,000 and more, so it counts nanoseconds
_LONGEST_NUMBER: Final = 20
_LONGEST_TEXT: Final = 40
_UTC_TEXT: Final = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)(?: ?UTC| ?GMT)?Z?")


def from_seconds(value: object) -> datetime | None:
    """Seconds since 1970 (POSIX), as a number or as decimal digits, with or without a fraction."""
    return _instant(value, 1)


def from_millis(value: object) -> datetime | None:
    """Milliseconds since 1970."""
    return _instant(value, 1_000)


def from_micros(value: object) -> datetime | None:
    """Microseconds since 1970."""
    return _instant(value, 1_000_000)


def from_apple(value: object) -> datetime | None:
    """Since 2001-01-01 UTC: nanoseconds, or seconds as before macOS 10.13."""
    number = _number(value)
    if number is None or not 0 < number < _LATEST * 1_000_000_000:
        return None
    seconds = number / 1_000_000_000 if number >= _APPLE_NANOSECONDS_FROM else number
    return _instant(seconds + _APPLE_EPOCH, 1)


def iso(text: object) -> datetime | None:
    """ISO 8601 as `datetime.fromisoformat` reads it: aware with an offset, naive without one."""
    if not isinstance(text, str) or len(text) > _LONGEST_TEXT:
        return None
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if _is_plausible(found) else None


def utc_text(text: object) -> datetime | None:
    """``2024-01-05 18:07:33 UTC``, with or without the zone's name, which is UTC by the platform's word."""
    match = _UTC_TEXT.fullmatch(text.strip()) if isinstance(text, str) and len(text) <= _LONGEST_TEXT else None
    if match is None:
        return None
    try:
        found = datetime.fromisoformat(f"{match[1]}T{match[2]}").replace(tzinfo=UTC)
    except ValueError:
        return None
    return found if _is_plausible(found) else None


def _instant(value: object, per_second: int) -> datetime | None:
    number = _number(value)
    if number is None or not _EARLIEST * per_second <= number < _LATEST * per_second:
        return None
    if per_second == 1:
        return datetime.fromtimestamp(number, UTC)
    whole, rest = divmod(number, per_second)
    at = datetime.fromtimestamp(whole, UTC)
    return at if not rest else at + timedelta(microseconds=int(rest * 1_000_000 // per_second))


def _number(value: object) -> int | float | None:
    if type(value) is int:
        return value
    if type(value) is float:
        return value if value == value else None  # noqa: PLR0124 - NaN alone differs from itself
    if not isinstance(value, str) or len(value) > _LONGEST_NUMBER or not value.isascii():
        return None
    try:
        return int(value) if value.isdigit() else float(value)
    except ValueError:
        return None


def _is_plausible(found: datetime) -> bool:
    return 1990 <= found.year < 2100  # noqa: PLR2004 - the years of the numbers above
