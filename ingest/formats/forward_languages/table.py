"""What a table of one language holds, and how printed words are compared.

Rule kept: tables hold words only; every rule about them is in `forwarded*.py` and `printed_dates.py`. Words are
compared folded: lower case, composed (Unicode NFC), without apostrophes, without the dot of a Turkish İ and without
the vowel signs of Arabic, so that a table says each word once. Names of months and days are those of Unicode CLDR,
which the clients print by; an abbreviation that begins its word need not be listed.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_DROPPED = dict.fromkeys((0x27, 0x2019, 0x2BC, 0x307, 0x640, *range(0x64B, 0x653)))
_SHORTEST_MONTH, _SHORTEST_DAY = 3, 2


class DayOrder(StrEnum):
    """The order in which a language writes a day in digits; `unknown` where its speakers differ."""

    DAY_FIRST = "dmy"
    YEAR_FIRST = "ymd"
    UNKNOWN = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardLanguage:
    """One language; all words folded.

    A *plain* marker says by itself that the mail is a forward; an *ambiguous* one is printed above replies too. `stems`
    begin the words for forwarding: a marker worded otherwise than any in the table still has one of them.
    `labels` maps a printed label to ``from``, ``to``, ``cc``, ``date``, ``subject`` or ``other``. `wrote` are the
    phrases that make a line an attribution ("On …, X wrote:"); `around` what else stands there beside date and
    sender. `months` and `weekdays` map to 1 to 12 and 1 (Monday) to 7, with 0 where an abbreviation means two.
    `halves` maps to 0 (before noon) and 12. `glued`: written without spaces.
    """

    name: str
    plain: frozenset[str]
    ambiguous: frozenset[str]
    stems: tuple[str, ...]
    labels: Mapping[str, str] = field(repr=False)
    forward: frozenset[str]
    reply: frozenset[str]
    wrote: tuple[str, ...]
    around: frozenset[str]
    months: Mapping[str, int] = field(repr=False)
    weekdays: Mapping[str, int] = field(repr=False)
    halves: Mapping[str, int]
    words: frozenset[str]
    order: DayOrder
    glued: bool


def fold(text: str) -> str:
    """Text as it is compared with the tables."""
    if text.isascii():
        return text.lower().replace("'", "")
    return unicodedata.normalize("NFC", text.lower()).translate(_DROPPED)


def language(
    name: str,
    *,
    stems: str,
    plain: str,
    ambiguous: str = "",
    sender: str,
    to: str,
    cc: str,
    date: str,
    subject: str,
    other: str = "",
    forward: str = "",
    reply: str = "",
    wrote: str = "",
    around: str = "",
    months: str = "",
    weekdays: str = "",
    halves: tuple[str, str] = ("", ""),
    words: str = "",
    order: DayOrder = DayOrder.DAY_FIRST,
    glued: bool = False,
) -> ForwardLanguage:
    """A table from phrases separated by ``|``; months and weekdays by blanks, their alternatives by ``/``."""
    labels: dict[str, str] = {}
    for meaning, printed in (
        ("from", sender), ("to", to), ("cc", cc), ("date", date), ("subject", subject), ("other", other),
    ):  # fmt: skip
        labels |= dict.fromkeys(_phrases(printed), meaning)
    return ForwardLanguage(
        name=name,
        plain=frozenset(_phrases(plain)),
        ambiguous=frozenset(_phrases(ambiguous)),
        stems=_phrases(stems),
        labels=labels,
        forward=frozenset(_phrases(forward)),
        reply=frozenset(_phrases(reply)),
        wrote=_phrases(wrote),
        around=frozenset(_phrases(around)),
        months=_numbered(months, _SHORTEST_MONTH),
        weekdays=_numbered(weekdays, _SHORTEST_DAY),
        halves=dict.fromkeys(_phrases(halves[0]), 0) | dict.fromkeys(_phrases(halves[1]), 12),
        words=frozenset(_phrases(words)),
        order=order,
        glued=glued,
    )


def _phrases(printed: str) -> tuple[str, ...]:
    return tuple(fold(phrase.strip()) for phrase in printed.split("|") if phrase.strip())


def _numbered(names: str, shortest: int) -> dict[str, int]:
    """Names by number, and every abbreviation that begins a name; 0 for those that begin two."""
    numbers: dict[str, int] = {}
    listed: dict[str, int] = {}
    for number, alternatives in enumerate(names.split(), start=1):
        for name in fold(alternatives).split("/"):
            listed[name] = number
            for end in range(shortest, len(name)):
                if numbers.setdefault(name[:end], number) != number:
                    numbers[name[:end]] = 0
    return numbers | listed
