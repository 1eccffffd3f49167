"""The minute of a moment in a zone, of many moments that stand close to each other.

Rule kept: the minute is that of `datetime.astimezone`. What is found of an hour is kept, where the zone shows all of
it minute for minute: an export has a hundred thousand messages, and most hours have several.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_HOUR: Final = len("2024-01-05T18")
_MINUTE: Final = len("2024-01-05T18:07")
_OFFSET: Final = len("+01:00")
_COLON: Final = len(":00")
_SIGNS: Final = frozenset("+-")
_MINUTES: Final = frozenset(f":{minute:02d}" for minute in range(60))


class Minutes:
    """Minutes in one zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._hours: dict[str, str | None] = {}

    def of(self, at: str | None) -> str:
        """The minute of a moment (ISO 8601); of one without an offset, that which is printed; empty for None."""
        if at is None:
            return ""
        if at[-_OFFSET:][:1] not in _SIGNS or at[-_COLON] != ":":  # a day alone ends like an offset, but for the colon
            return at[:_MINUTE]
        minute = at[_HOUR:_MINUTE]
        if minute in _MINUTES:
            hour = self._hour(at[:_HOUR], at[-_OFFSET:])
            if hour is not None:
                return hour + minute
        with suppress(ValueError, OverflowError):
            at = datetime.fromisoformat(at).astimezone(self._zone).isoformat()
        return at[:_MINUTE]

    def _hour(self, hour: str, offset: str) -> str | None:
        """The hour of the zone that this one is, minute for minute; None where none is."""
        known = hour + offset
        if known not in self._hours:
            self._hours[known] = self._shown(hour, offset)
        return self._hours[known]

    def _shown(self, hour: str, offset: str) -> str | None:
        ends = (f"{hour}:00:00{offset}", f"{hour}:59:59{offset}")
        try:
            first, last = (datetime.fromisoformat(one).astimezone(self._zone) for one in ends)
        except (ValueError, OverflowError):
            return None
        if first.minute or first.utcoffset() != last.utcoffset():
            return None
        return first.isoformat()[:_HOUR]
