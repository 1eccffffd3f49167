"""Dates, sizes and facts to ask for, drawn from a document that they should mostly find."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from tests.differential.records import FLAGS, ZONE
from tests.differential.shapes import Piece

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from search.documents import IndexDocument

TODAY: Final = date(2020, 11, 18)
CATALOGUED: Final = ("is:held", "is:active", "is:unscheduled")
_PHRASES: Final = (
    "today",
    "yesterday",
    "this week",
    "last week",
    "this month",
    "last month",
    "this year",
    "last year",
    "March 2020",
    "2020",
    "2019-06",
    "Q1 2020",
    "last 30 days",
    "this school year",
    "last school year",
    "fiscal year 2020",
)
_UNITS: Final = (("", 1), ("k", 1_000), ("kB", 1_000), ("MB", 1_000_000))


class FactWriter:
    """Draws one fact after the other."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.kinds: tuple[tuple[int, Callable[[IndexDocument], Piece | None]], ...] = (
            (5, self._day),
            (4, self._range),
            (3, self._phrase),
            (4, self._size),
            (2, self._kind),
            (2, self._language),
            (1, self._channel),
            (1, self._platform),
            (1, self._id),
            (3, self._has),
            (2, self._catalogued),
        )

    def _local(self, document: IndexDocument, name: str) -> date | None:
        moment = {"sent": document.sent_at, "captured": document.captured_at}.get(name, document.happened_at)
        return None if moment is None else moment.astimezone(ZONE).date()

    def _day(self, document: IndexDocument) -> Piece | None:
        name = self._chance.choice(("on", "before", "after", "sent", "captured"))
        day = self._local(document, name)
        if day is None:
            return None
        day += timedelta(days={"before": 1, "after": -1}.get(name, 0) + self._chance.choice((0, 0, 0, 1, -1)))
        written = self._chance.choice(
            (
                day.isoformat(),
                f"{day:%Y-%m}",
                f"{day:%Y}",
                f'"{day.day} {day:%B %Y}"',
                f'"{day:%B} {day.day}, {day.year}"',
            )
        )
        return Piece(f"{name}:", (written,), f"{name}:")

    def _range(self, document: IndexDocument) -> Piece | None:
        name = self._chance.choice(("on", "sent", "captured"))
        day = self._local(document, name)
        if day is None:
            return None
        first = day - timedelta(days=self._chance.choice((0, 1, 40, 300)))
        last = day + timedelta(days=self._chance.choice((0, 1, 20, 300)))
        written = self._chance.choice(
            (f"{first}..{last}", f"[{first} to {last}]", f"{first}..", f"..{last}", f"{first:%Y-%m}..{last:%Y-%m}")
        )
        return Piece(f"{name}: range", (written,), f"{name}:")

    def _phrase(self, _: IndexDocument) -> Piece:
        name = self._chance.choice(("on", "sent", "captured"))
        return Piece("date in words", (self._chance.choice(_PHRASES),), f'{name}:"', '"')

    def _size(self, document: IndexDocument) -> Piece:
        unit, factor = self._chance.choice(_UNITS)
        size = document.size // factor
        written = self._chance.choice(
            (f">{size}", f"<{size}", f"<{size + 1}", f">={size}", f"<={size}", f"{size}..{2 * size + 1}")
        )
        if ".." in written:
            low, _, high = written.partition("..")
            written = f"{low}{unit}..{high}"
        return Piece("size:", (written + unit,), "size:")

    def _kind(self, document: IndexDocument) -> Piece:
        return Piece("kind:", (document.kind.value,), "kind:")

    def _language(self, document: IndexDocument) -> Piece:
        return Piece("lang:", (document.language,), "lang:")

    def _channel(self, document: IndexDocument) -> Piece:
        return Piece("channel:", (document.channel.value,), "channel:")

    def _platform(self, document: IndexDocument) -> Piece | None:
        return Piece("platform:", (document.platform,), "platform:") if document.platform else None

    def _id(self, document: IndexDocument) -> Piece:
        return Piece("id:", (self._chance.choice((document.record_id, document.submission_id)),), "id:")

    def _has(self, _: IndexDocument) -> Piece:
        return Piece("has:", (self._chance.choice(FLAGS),), "has:")

    def _catalogued(self, _: IndexDocument) -> Piece:
        return Piece("what the catalogue knows", (self._chance.choice(CATALOGUED),))
