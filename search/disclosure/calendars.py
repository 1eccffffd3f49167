"""Which days an agency works, and why a day is none of them. Pure but for the library of public holidays.

Rules:

- A business day is one on which the agency is open: of its opening weekdays, no holiday that it observes, no closure.
- Holidays come from a library for the country and state; the agency adds its closures, and names holidays on which it
  is open. A school break is a closure only if the agency says so.
- A day that is not counted is told with its reason, so that every date can be explained in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

_DAY: Final = timedelta(days=1)
_MOST_DAYS: Final = 3_650
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
FEDERAL: Final = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """Days from `first` to `last`, both included, on which the agency is closed, and why."""

    first: date
    last: date
    why: str

    def __post_init__(self) -> None:
        """Refuse a closure that ends before it begins, or that never ends."""
        if self.last < self.first:
            raise InvalidInput("a closure ends before it begins; put the earlier day first")
        if self.last - self.first > timedelta(days=_MOST_DAYS):
            raise InvalidInput("a closure of more than ten years is no closure")


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyCalendar:
    """When an agency works.

    `state` is the two letters of the state whose holidays it observes, `FEDERAL` for those of the federal government.
    `open_on` are holidays on which it works all the same. `weekdays` are those on which it opens, Monday is 0.
    A request that comes at or after `closes_at` counts as come on the next business day; None counts any hour.
    """

    zone: ZoneInfo
    state: str = FEDERAL
    weekdays: frozenset[int] = frozenset({0, 1, 2, 3, 4})
    closures: tuple[Closure, ...] = ()
    open_on: frozenset[date] = frozenset()
    closes_at: time | None = None

    def __post_init__(self) -> None:
        """Refuse an agency that never opens, or a state that there is not."""
        if not self.weekdays or not self.weekdays <= frozenset(range(7)):
            raise InvalidInput("an agency opens on at least one day of the week, from 0 for Monday to 6 for Sunday")
        if self.state and self.state not in _states():
            raise InvalidInput(f"there is no state {self.state[:20]!r}; write its two letters, as in WA")

    def why_closed(self, day: date) -> str | None:
        """Why a day is no business day; None where it is one."""
        for closure in self.closures:
            if closure.first <= day <= closure.last:
                return closure.why
        if day.weekday() not in self.weekdays:
            return WEEKDAYS[day.weekday()]
        if day in self.open_on:
            return None
        return _public_holidays(self.state, day.year).get(day)

    def is_business_day(self, day: date) -> bool:
        """Whether the agency works on a day."""
        return self.why_closed(day) is None

    def next_business_day(self, day: date) -> date:
        """The first business day that is not before this one.

        Raises:
            InvalidInput: the agency is closed for ten years from then on.
        """
        for ahead in range(_MOST_DAYS):
            if self.is_business_day(day + ahead * _DAY):
                return day + ahead * _DAY
        raise InvalidInput("the calendar has no business day for ten years; check its closures")

    def day_of_receipt(self, moment: datetime, *, any_day: bool) -> tuple[date, str | None]:
        """The day on which something counts as received, and why it is another than the day it came.

        Args:
            moment: when it came, aware.
            any_day: whether it can be received on a day on which the agency is closed.
        """
        local = moment.astimezone(self.zone)
        day, why = local.date(), None
        if self.closes_at is not None and local.time() >= self.closes_at and self.is_business_day(day):
            why = f"it came at {local:%H:%M}, after the office closed at {self.closes_at:%H:%M}"
            day += _DAY
        if any_day and why is None:
            return day, None
        closed = self.why_closed(day)
        opens = self.next_business_day(day)
        if why is None and closed is not None:
            why = f"it came on a day on which the office is closed ({closed})"
        return opens, why


@dataclass(frozen=True, slots=True)
class Counted:
    """The day that a count ends on, and the days that were passed over, each with its reason."""

    day: date
    skipped: tuple[tuple[date, str], ...]


def count_business_days(calendar: AgencyCalendar, start: date, number: int) -> Counted:
    """So many business days after a day, which itself is not counted.

    Raises:
        InvalidInput: the agency is closed for ten years from then on.
    """
    day, skipped = start, []
    while number > 0:
        day += _DAY
        why = calendar.why_closed(day)
        if why is None:
            number -= 1
        else:
            skipped.append((day, why))
        if len(skipped) > _MOST_DAYS:
            raise InvalidInput("the calendar has no business day for ten years; check its closures")
    return Counted(day, tuple(skipped))


def count_calendar_days(start: date, number: int) -> Counted:
    """So many calendar days after a day, which itself is not counted."""
    return Counted(start + number * _DAY, ())


@cache
def _states() -> frozenset[str]:
    """The states and territories whose holidays are known, by their two letters."""
    import holidays  # noqa: PLC0415 - only who counts days pays for the library

    return frozenset(holidays.list_supported_countries()["US"])


@lru_cache(maxsize=512)
def _public_holidays(state: str, year: int) -> Mapping[date, str]:
    """The holidays of a state or of the federal government in a year, observed days included, by day."""
    import holidays  # noqa: PLC0415 - only who counts days pays for the library

    found = holidays.country_holidays("US", subdiv=state or None, years=year, observed=True)
    return MappingProxyType({day: str(name) for day, name in found.items()})
