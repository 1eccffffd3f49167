"""Which number of a printed date is the day and which the month, decided over a whole file and kept.

Rule kept: the file itself decides where it can. A number above twelve is a day; where every date of the file could be
read either way round, the submitter's word counts, and without it a guess is made and called one. A phone that was
changed, or set to another language, may turn the order round once in a file: then both parts keep theirs.

Evidence, strongest first: dates that exist in one order only; a separator that only day-first locales use (CLDR has
"." and "-" with the year last nowhere with the month first); the submitter. Guesses, strongest first: the order that
keeps the file in time order, or its days close together; leading zeros, which no month-first locale prints; the
country of the archive's zone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from ingest.formats.chats.date_order import DateOrder

Printed = tuple[str, str, str]

_LONG = 3
_FIRST_YEAR, _LAST_YEAR = 2009, 2100  # the service began in 2009
_CENTURY, _BUDDHIST_CENTURY, _BUDDHIST = 2000, 2500, 543
_FIRST_BUDDHIST_SHORT = 52
_BUDDHIST_YEARS = range(_FIRST_YEAR + _BUDDHIST, _LAST_YEAR + _BUDDHIST + 1)
_CONVERTED_NOT = range(1300, 1600)
_CLOSER, _ENOUGH_DAYS = 3, 4
_SLACK_DAYS, _MOST_AHEAD = 2, 31
_MOST_KNOWN = 50_000
ONLY: Final = "the dates exist in this order only"
_SAID: Final = "the submitter said so"
_AMERICAN_PLACES = (
    "New_York Chicago Denver Los_Angeles Phoenix Anchorage Detroit Boise Juneau Sitka Nome Adak Atka Menominee "
    "Metlakatla Yakutat Shiprock Louisville Fort_Wayne Indianapolis Knox_IN Puerto_Rico"
)
_AMERICAN: Final = frozenset(f"America/{place}" for place in _AMERICAN_PLACES.split())
_AMERICAN_AREAS: Final = ("America/Indiana/", "America/Kentucky/", "America/North_Dakota/", "US/", "Pacific/Honolulu")


class Order(StrEnum):
    """How the three numbers of a date follow each other; a year of four digits is known for itself."""

    DAY = "day first"
    MONTH = "month first"
    YEAR = "year first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The order of a file.

    `certain` says whether the file or the submitter decided it, `reason` in words what did. From the message `turn`
    on `later` holds; between `doubt` and `turn` whatever keeps the time order.
    """

    order: Order
    certain: bool
    reason: str
    later: Order | None = None
    doubt: int = 0
    turn: int = 0

    @property
    def rests_on(self) -> DateOrder:
        """What it rests on, as a record says it."""
        if not self.certain:
            return DateOrder.GUESSED
        return DateOrder.SAID if self.reason == _SAID else DateOrder.PRINTED


@dataclass(slots=True)
class _Track:
    """How well one order fits so far."""

    fits: int = 0
    fails: int = 0
    alone: int = 0
    first_alone: int = -1
    last_alone: int = -1
    back: int = 0
    path: int = 0
    last: int = 0


@dataclass(slots=True)
class Evidence:
    """What the dates of a file say, taken in one after the other; memory does not grow."""

    heads: int = 0
    days: int = 0
    same: bool = True
    padded: bool = False
    long_first: bool = False
    all_short: bool = True
    strange: bool = False
    eastern: bool = False
    """The half of the day is printed in Chinese, Japanese or Korean: there the year stands first."""
    _previous: Printed | None = None
    tracks: dict[Order, _Track] = field(default_factory=lambda: {order: _Track() for order in Order})

    def add(self, printed: Printed, era: str) -> None:
        """One more message with this date."""
        self.heads += 1
        if printed == self._previous:
            return
        self._previous = printed
        self.days += 1
        self.padded = self.padded or (len(printed[0]) < _LONG and printed[0][0] == "0") or printed[1][0] == "0"
        self.long_first = self.long_first or len(printed[0]) >= _LONG
        self.all_short = self.all_short and max(map(len, printed)) < _LONG
        read = {order: reading(printed, era, order) for order in Order}
        if all(one is None for one in read.values()):
            self.strange = True
        self.same = self.same and read[Order.DAY] == read[Order.MONTH]
        for order, found in read.items():
            self._follow(self.tracks[order], found)
        self._alone(read[Order.DAY], self.tracks[Order.DAY], read[Order.MONTH])
        self._alone(read[Order.MONTH], self.tracks[Order.MONTH], read[Order.DAY])

    def _alone(self, found: date | None, track: _Track, other: date | None) -> None:
        if found is not None and other is None:
            track.alone += 1
            track.last_alone = self.heads
            if track.first_alone < 0:
                track.first_alone = self.heads

    @staticmethod
    def _follow(track: _Track, found: date | None) -> None:
        if found is None:
            track.fails += 1
            return
        track.fits += 1
        number = found.toordinal()
        if track.last:
            step = number - track.last
            track.path += abs(step)
            track.back += max(0, -step - 1)  # the notices of a group stand a little out of order
        track.last = number


def reading(printed: Printed, era: str, order: Order) -> date | None:
    """The day that a printed date is in an order, None where there is no such day."""
    first, second, third = printed
    if len(second) >= _LONG:
        second, third = third, second
    if len(first) >= _LONG:
        year, month, day = first, second, third
        if order is Order.DAY:
            month, day = day, month
    elif order is Order.YEAR and len(third) < _LONG:
        year, month, day = printed
    else:
        year, month, day = (third, first, second) if order is Order.MONTH else (third, second, first)
    full = _full_year(int(year), era, short=len(year) < _LONG)
    if full is None:
        return None
    try:
        return date(full, int(month), int(day))
    except ValueError:
        return None


def _full_year(number: int, era: str, *, short: bool) -> int | None:
    if era == "AH" or number in _CONVERTED_NOT:
        return None  # Hijri and Persian years are not converted: their months differ by place and by year
    if short:
        buddhist = era == "BE" or number >= _FIRST_BUDDHIST_SHORT
        number += _BUDDHIST_CENTURY - _BUDDHIST if buddhist else _CENTURY
    elif number in _BUDDHIST_YEARS:
        number -= _BUDDHIST
    return number if _FIRST_YEAR <= number <= _LAST_YEAR else None


def decide(evidence: Evidence, separator: str, day_first: bool | None, zone: str) -> Decision:  # noqa: FBT001 - None, too
    """The order of a file from all of its dates, what the submitter said, and the name of the archive's zone."""
    found = _decided(evidence)
    if found is not None:
        return found
    if separator in {".", "-"}:
        return Decision(order=Order.DAY, certain=True, reason="of the separator")
    if day_first is not None:
        return Decision(order=Order.DAY if day_first else Order.MONTH, certain=True, reason=_SAID)
    return _guessed(evidence, zone)


def _decided(evidence: Evidence) -> Decision | None:
    """What the dates alone decide, None where they leave it open."""
    tracks = evidence.tracks
    day, month = tracks[Order.DAY], tracks[Order.MONTH]
    if evidence.long_first:
        order = Order.DAY if day.alone > month.alone else Order.YEAR
        return Decision(order=order, certain=True, reason="the year stands first")
    if evidence.all_short and (evidence.eastern or _year_leads(day, month, tracks[Order.YEAR])):
        return Decision(order=Order.YEAR, certain=True, reason=ONLY)
    if day.alone and month.alone:
        return _turned(day, month)
    if day.alone or month.alone:
        return Decision(order=Order.DAY if day.alone else Order.MONTH, certain=True, reason=ONLY)
    if evidence.same:
        return Decision(order=Order.DAY, certain=True, reason="the dates are the same either way round")
    return None


def _year_leads(day: _Track, month: _Track, year: _Track) -> bool:
    """Two digits each: the year stands first where only that gives dates, or dates in a row."""
    best = min(day.fails, month.fails)
    if year.fails != best:
        return year.fails < best
    return year.fits > _ENOUGH_DAYS and year.back == 0 and 10 * year.path < min(day.path, month.path)


def _turned(day: _Track, month: _Track) -> Decision:
    """Dates of either order: the file turns from one to the other once, or one of them is the rule."""
    for order, track, later, other in (
        (Order.DAY, day, Order.MONTH, month),
        (Order.MONTH, month, Order.DAY, day),
    ):
        if track.last_alone < other.first_alone:
            return Decision(
                order=order,
                certain=True,
                reason=f"the dates are {order} in the beginning and {later} later",
                later=later,
                doubt=track.last_alone,
                turn=other.first_alone,
            )
    order = Order.DAY if day.alone >= month.alone else Order.MONTH
    return Decision(order=order, certain=False, reason="most of the dates that decide it are")


def _guessed(evidence: Evidence, zone: str) -> Decision:
    day, month = evidence.tracks[Order.DAY], evidence.tracks[Order.MONTH]
    if day.back != month.back:
        order = Order.DAY if day.back < month.back else Order.MONTH
        return Decision(order=order, certain=False, reason="that keeps the messages in time order")
    low, high = sorted((day.path, month.path))
    if evidence.days >= _ENOUGH_DAYS and high >= _CLOSER * max(low, 1):
        order = Order.DAY if day.path < month.path else Order.MONTH
        return Decision(order=order, certain=False, reason="that puts the messages close together in time")
    if evidence.padded:
        return Decision(order=Order.DAY, certain=False, reason="phones that put the month first print no leading zeros")
    order = Order.MONTH if is_american(zone) else Order.DAY
    return Decision(order=order, certain=False, reason="that is the custom of the archive's country")


def is_american(zone: str) -> bool:
    """Whether a time zone is one of the United States, the country that puts the month first."""
    return zone in _AMERICAN or zone.startswith(_AMERICAN_AREAS)


class Days:
    """Dates of a file as days, in the order that was decided; asked for one message after the other."""

    def __init__(self, decision: Decision) -> None:
        self._decision = decision
        self._order = decision.order
        self._known: dict[tuple[Printed, str], date | None] = {}
        self._heads = 0
        self._last: date | None = None

    def day(self, printed: Printed, era: str) -> date | None:
        """The day of the next message."""
        if self._decision.later is not None:
            self._turn(printed, era)
        key = (printed, era)
        if key in self._known:
            return self._known[key]
        found = reading(printed, era, self._order)
        if found is None and self._order is not Order.YEAR:
            found = reading(printed, era, Order.DAY if self._order is Order.MONTH else Order.MONTH)
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[key] = found
        return found

    def _turn(self, printed: Printed, era: str) -> None:
        decision, self._heads = self._decision, self._heads + 1
        if self._order is decision.later or self._heads <= decision.doubt:
            return
        before = reading(printed, era, decision.order)
        after = reading(printed, era, decision.later or decision.order)
        if self._heads >= decision.turn or (self._last and before and after and self._breaks(before, after)):
            self._order = decision.later or decision.order
            self._known.clear()
        self._last = after if self._order is decision.later else before

    def _breaks(self, before: date, after: date) -> bool:
        """Whether the old order jumps where the new one goes on."""
        assert self._last is not None
        ahead, behind = (before - self._last).days, (after - self._last).days
        return abs(behind) < abs(ahead) and not -_SLACK_DAYS <= ahead <= _MOST_AHEAD
