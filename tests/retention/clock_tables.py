"""Moments and periods whose last day was counted by hand, in zones whose clocks change; for tests of the clock.

A row: where, the moment of capture as a clock in that zone or in Greenwich showed it, the period, and its last day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from retention.calendars import Calendars, LeapRule, MonthDay, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A period and its last day."""

    zone: str
    captured: datetime
    period: int
    unit: Unit
    last: date
    calendars: Calendars

    @property
    def name(self) -> str:
        """What a failure is told by."""
        return f"{self.zone.split('/')[-1]} {self.captured:%Y%m%dT%H%M%SZ} {self.period} {self.unit.value}"


def ending(month: int, day: int) -> Calendars:
    """Fiscal and school years that end on a day."""
    end = MonthDay(month=month, day=day)
    return Calendars(fiscal_year_end=end, school_year_end=end)


MARCH_1 = Calendars(leap_rule=LeapRule.MARCH_1)
D, W, M, Y = Unit.DAY, Unit.WEEK, Unit.MONTH, Unit.YEAR
CALENDAR, FISCAL, SCHOOL = Unit.CALENDAR_YEAR, Unit.FISCAL_YEAR, Unit.SCHOOL_YEAR

_ROWS: tuple[tuple[str, str, int, Unit, str] | tuple[str, str, int, Unit, str, Calendars], ...] = (
    # midnight and a day boundary that Greenwich has elsewhere
    ("America/Los_Angeles", "2024-01-02T07:59:59Z", 1, Y, "2025-01-01"),
    ("America/Los_Angeles", "2024-01-02T08:00:00Z", 1, Y, "2025-01-02"),
    ("Pacific/Kiritimati", "2024-12-31T09:59:59Z", 0, CALENDAR, "2024-12-31"),
    ("Pacific/Kiritimati", "2024-12-31T10:00:00Z", 0, CALENDAR, "2025-12-31"),
    ("Pacific/Pago_Pago", "2025-01-01T10:59:59Z", 0, CALENDAR, "2024-12-31"),
    ("Pacific/Pago_Pago", "2025-01-01T11:00:00Z", 0, CALENDAR, "2025-12-31"),
    ("UTC", "2024-05-06T23:59:59Z", 0, D, "2024-05-06"),
    # summer time begins and ends, north
    ("America/New_York", "2024-03-09T12:00:00-05:00", 1, D, "2024-03-10"),
    ("America/New_York", "2024-03-10T06:59:59Z", 1, D, "2024-03-11"),
    ("America/New_York", "2024-03-10T07:00:00Z", 0, D, "2024-03-10"),
    ("America/New_York", "2024-11-02T12:00:00-04:00", 1, D, "2024-11-03"),
    ("America/New_York", "2024-11-03T06:30:00Z", 1, W, "2024-11-10"),
    ("America/New_York", "2024-11-04T04:59:59Z", 1, D, "2024-11-04"),
    ("America/New_York", "2024-11-04T05:00:00Z", 1, D, "2024-11-05"),
    ("Europe/London", "2024-03-31T00:30:00Z", 1, D, "2024-04-01"),
    ("Europe/Dublin", "2024-10-26T23:00:00Z", 1, W, "2024-11-03"),
    ("Africa/Casablanca", "2024-03-10T01:59:59Z", 1, M, "2024-04-10"),
    # south
    ("Pacific/Auckland", "2024-04-06T11:00:00Z", 0, D, "2024-04-07"),
    ("Pacific/Auckland", "2024-09-28T12:00:00Z", 1, D, "2024-09-30"),
    ("America/Santiago", "2024-09-08T04:00:00Z", 0, D, "2024-09-08"),
    ("America/Santiago", "2024-09-07T12:00:00-04:00", 0, D, "2024-09-07"),
    ("America/Sao_Paulo", "2018-11-03T12:00:00-03:00", 0, D, "2018-11-03"),
    # half and quarter hours
    ("Australia/Lord_Howe", "2024-04-06T12:59:59Z", 1, D, "2024-04-07"),
    ("Australia/Lord_Howe", "2024-04-06T13:00:00Z", 1, D, "2024-04-08"),
    ("Australia/Lord_Howe", "2024-04-07T13:29:59Z", 0, D, "2024-04-07"),
    ("Australia/Lord_Howe", "2024-10-05T13:30:00Z", 0, D, "2024-10-06"),
    ("Australia/Adelaide", "2024-10-05T14:29:59Z", 1, M, "2024-11-05"),
    ("Australia/Adelaide", "2024-10-06T13:29:59Z", 1, D, "2024-10-07"),
    ("Asia/Kolkata", "2024-02-28T18:29:59Z", 1, Y, "2025-02-28"),
    ("Asia/Kolkata", "2024-02-28T18:30:00Z", 1, Y, "2025-02-28"),
    ("Asia/Kathmandu", "2024-06-30T18:14:59Z", 0, SCHOOL, "2024-06-30"),
    ("Asia/Kathmandu", "2024-06-30T18:15:00Z", 0, SCHOOL, "2025-06-30"),
    ("America/St_Johns", "2024-03-11T02:29:59Z", 1, D, "2024-03-11"),
    ("Pacific/Chatham", "2024-12-31T10:15:00Z", 0, CALENDAR, "2025-12-31"),
    # a day that a zone never had
    ("Pacific/Apia", "2011-12-29T20:00:00Z", 1, D, "2011-12-30"),
    # leap days
    ("America/Los_Angeles", "2024-03-01T02:00:00Z", 1, Y, "2025-02-28"),
    ("America/Los_Angeles", "2024-03-01T02:00:00Z", 1, Y, "2025-03-01", MARCH_1),
    ("America/Los_Angeles", "2024-03-01T02:00:00Z", 4, Y, "2028-02-29"),
    ("UTC", "2000-02-29T12:00:00Z", 100, Y, "2100-02-28"),
    ("UTC", "2024-02-29T12:00:00Z", 100, Unit.ANNIVERSARY_YEAR, "2124-02-29"),
    ("UTC", "2024-02-28T12:00:00Z", 1, D, "2024-02-29"),
    ("UTC", "2023-02-28T12:00:00Z", 1, Y, "2024-02-28"),
    ("UTC", "2023-03-01T12:00:00Z", 365, D, "2024-02-29"),
    # months that are shorter
    ("UTC", "2024-01-31T12:00:00Z", 1, M, "2024-02-29"),
    ("UTC", "2023-01-31T12:00:00Z", 1, M, "2023-02-28"),
    ("UTC", "2024-08-31T12:00:00Z", 6, M, "2025-02-28"),
    ("UTC", "2024-12-31T12:00:00Z", 2, M, "2025-02-28"),
    ("UTC", "2024-02-29T12:00:00Z", 0, Unit.CALENDAR_MONTH, "2024-02-29"),
    ("UTC", "2024-02-29T12:00:00Z", 1, Unit.CALENDAR_MONTH, "2024-03-31"),
    ("UTC", "2024-02-15T12:00:00Z", 0, Unit.CALENDAR_QUARTER, "2024-03-31"),
    ("UTC", "2024-12-31T12:00:00Z", 1, Unit.CALENDAR_QUARTER, "2025-03-31"),
    # the ends of years, of whatever kind
    ("America/Los_Angeles", "2025-01-01T07:59:59Z", 1, CALENDAR, "2025-12-31"),
    ("America/Los_Angeles", "2025-01-01T08:00:00Z", 1, CALENDAR, "2026-12-31"),
    ("America/New_York", "2024-07-01T03:59:59Z", 1, FISCAL, "2025-06-30"),
    ("America/New_York", "2024-07-01T04:00:00Z", 1, FISCAL, "2026-06-30"),
    ("UTC", "2024-09-30T12:00:00Z", 0, FISCAL, "2024-09-30", ending(9, 30)),
    ("UTC", "2024-10-01T12:00:00Z", 3, FISCAL, "2028-09-30", ending(9, 30)),
    ("America/Chicago", "2024-09-01T05:00:00Z", 5, FISCAL, "2030-08-31", ending(8, 31)),
    ("America/Chicago", "2024-09-01T04:59:59Z", 5, FISCAL, "2029-08-31", ending(8, 31)),
    ("UTC", "2024-03-01T12:00:00Z", 0, FISCAL, "2025-02-28", ending(2, 29)),
    ("UTC", "2023-03-01T12:00:00Z", 0, FISCAL, "2024-02-29", ending(2, 29)),
    # long and short
    ("UTC", "2024-01-01T12:00:00Z", 52, W, "2024-12-30"),
    ("UTC", "2024-01-01T12:00:00Z", 90, D, "2024-03-31"),
    ("UTC", "2023-01-01T12:00:00Z", 90, D, "2023-04-01"),
    ("UTC", "1970-01-01T00:00:00Z", 100, Y, "2070-01-01"),
)


def _case(zone: str, captured: str, period: int, unit: Unit, last: str, calendars: Calendars | None = None) -> Case:
    moment = datetime.fromisoformat(captured).astimezone(UTC)
    return Case(
        zone=zone,
        captured=moment,
        period=period,
        unit=unit,
        last=date.fromisoformat(last),
        calendars=calendars or Calendars(),
    )


CASES = tuple(_case(*row) for row in _ROWS)
