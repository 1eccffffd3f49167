"""The settings of the disclosure office as a calendar, and the profile of its law. Pure but for reading a file.

Rule: what cannot be understood is refused with the setting's name, before any date is computed from it.
"""

from __future__ import annotations

import re
from datetime import date, time
from typing import TYPE_CHECKING, Final

from search.disclosure.calendars import AgencyCalendar, Closure
from search.disclosure.jurisdictions import profile_ids, shipped_profile
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from archiver.settings_sections import DisclosureSection
    from search.disclosure.jurisdictions import Profile

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOSURE: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\.\.(\d{4}-\d{2}-\d{2}))?\s+(\S.{0,100})", re.ASCII)


def agency_calendar(section: DisclosureSection, zone: ZoneInfo) -> AgencyCalendar:
    """The days on which the office is open.

    Raises:
        InvalidInput: a setting of `[disclosure]` cannot be understood.
    """
    unknown = [one for one in section.weekdays if one.lower() not in _DAYS]
    if unknown:
        raise InvalidInput(f"[disclosure] weekdays has {unknown[0][:20]!r}; write mon, tue, wed, thu, fri, sat or sun")
    return AgencyCalendar(
        zone=zone,
        state=section.holidays.upper(),
        weekdays=frozenset(_DAYS.index(one.lower()) for one in section.weekdays),
        closures=tuple(map(_closure, section.closures)),
        open_on=frozenset(section.open_on),
        closes_at=_time(section.closes_at) if section.closes_at else None,
    )


def chosen_profile(section: DisclosureSection, given: str | None) -> Profile:
    """The profile that was named, else the settings'.

    Raises:
        InvalidInput: neither is there.
        NotFound: there is no such profile.
    """
    name = given or section.profile
    if not name:
        known = ", ".join(profile_ids())
        raise InvalidInput(f"set profile under [disclosure] in archiver.toml, or give --profile; there are: {known}")
    return shipped_profile(name)


def _closure(text: str) -> Closure:
    found = _CLOSURE.fullmatch(text.strip())
    if found is None:
        raise InvalidInput('[disclosure] closures are written like "2026-12-21..2027-01-01 winter break"')
    try:
        first = date.fromisoformat(found[1])
        return Closure(first=first, last=date.fromisoformat(found[2]) if found[2] else first, why=found[3].strip())
    except ValueError as error:
        raise InvalidInput("[disclosure] closures has a day that there is not; check the month and the day") from error


def _time(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput('[disclosure] closes_at is a time of day such as "16:30"') from error
