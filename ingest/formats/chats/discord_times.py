"""Times as DiscordChatExporter prints them for people, in the language of its machine: ``1/5/2024 6:07 PM``.

Rule kept: a printed time has no zone and stays without one. Which number is the day is decided over the whole file,
by the same evidence as in a WhatsApp export; a guess is called one. ISO 8601, as newer releases write into CSV, is
read as what it is. Sources: .NET's format "g" with the short dates of Unicode CLDR, the exporter's former default
``dd-MMM-yy hh:mm tt``.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from ingest.formats.chats.date_order import DateOrder
from ingest.formats.chats.moments import iso
from ingest.formats.chats.whatsapp_days import Days, Decision, Evidence, Order, Printed, decide, reading
from ingest.formats.chats.whatsapp_halves import half_hour, read_gap
from ingest.formats.container import Remark

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

LONGEST_STAMP: Final = 60
_PRINTED: Final = re.compile(
    r"(\d{1,4})(\.? ?)([./年년-]) ?(\d{1,2}|[A-Za-z]{3})\.? ?[./月월-] ?(\d{1,4})[.日일]{0,2}"
    r"(\D{0,24}?)(\d{1,2})[:.時时](\d{2})(?:[:.](\d{2}))?(\D{0,24})"
)
_AMERICAN: Final = re.compile("\u202f[AP]M\\Z")  # CLDR 42 and later; English elsewhere has "am" and "pm"
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class _Stamp:
    """A printed time in its parts."""

    __slots__ = ("clock", "era", "named", "printed", "separator")

    def __init__(self, printed: Printed, era: str, separator: str, clock: tuple[int, int, int], *, named: bool) -> None:
        self.printed = printed
        self.era = era
        self.separator = separator
        self.clock = clock
        self.named = named


@lru_cache(maxsize=4_096)
def _stamp(text: str) -> _Stamp | None:
    match = _PRINTED.fullmatch(text.strip()) if len(text) <= LONGEST_STAMP else None
    if match is None:
        return None
    gap = read_gap(match[6], match[10])
    if gap is None:
        return None
    month = match[4]
    named = month.isalpha()
    if named:
        if month.lower() not in _MONTHS:
            return None
        month = str(_MONTHS.index(month.lower()) + 1)
    hour = half_hour(int(match[7]), gap.half)
    clock = (hour, int(match[8]), int(match[9] or 0))
    if clock[0] > 23 or clock[1] > 59 or clock[2] > 59:  # noqa: PLR2004 - of a day
        return None
    printed = (_ascii(match[1]), _ascii(month), _ascii(match[5]))
    return _Stamp(printed, gap.era, match[3], clock, named=named)


def _ascii(digits: str) -> str:
    return digits if digits.isascii() else "".join(str(unicodedata.digit(one)) for one in digits)


def is_stamp(text: str) -> bool:
    """Whether this is a time, in any of the ways."""
    return _stamp(text) is not None or iso(text) is not None


class Times:
    """The times of one file; made from all of them, then asked for each in the order of the file."""

    def __init__(self, texts: Iterable[str], day_first: bool | None, zone: ZoneInfo, path: str) -> None:  # noqa: FBT001 - as `Export` has it
        evidence = Evidence()
        separator = "/"
        is_american = True
        for text in texts:
            is_american = is_american and _AMERICAN.search(text) is not None
            stamp = _stamp(text)
            if stamp is not None and not stamp.named:
                evidence.add(stamp.printed, stamp.era)
                separator = stamp.separator
        self.remark: Remark | None = None
        self.rest_on = DateOrder.PRINTED
        if not evidence.heads:
            self._days: Days | None = None
            return
        decision = decide(evidence, separator=separator, day_first=day_first, zone=zone.key)
        if is_american and not decision.certain:
            decision = Decision(
                order=Order.MONTH, certain=False, reason="machines that print the half of the day so do"
            )
        self._days, self.rest_on = Days(decision), decision.rests_on
        if not decision.certain:
            self.remark = Remark(
                text="whether the day or the month comes first in its dates cannot be known from the file; it was read"
                f" {decision.order}, because {decision.reason}. Say it with --day-first or --month-first",
                path=path,
            )

    def moment(self, text: str) -> datetime | None:
        """A printed time: naive, unless its offset is printed too."""
        stamp = _stamp(text)
        if stamp is None:
            return iso(text)
        if stamp.named:
            day = reading(stamp.printed, stamp.era, Order.DAY)
        else:
            day = self._days.day(stamp.printed, stamp.era) if self._days is not None else None
        return None if day is None else datetime(day.year, day.month, day.day, *stamp.clock)  # noqa: DTZ001 - printed without a zone
