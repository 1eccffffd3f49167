"""Times as the pages of Meta's exports print them: in the reader's language, without a zone.

Rule kept: a time is read only if every word of it is known, and months that two languages name alike with different
meaning (Polish ``lip``, July, is Croatian for June) only if the page tells the language by its other months. A half
of the day that is not known makes the time unknown; it is never left out. The answer is local time without an offset,
because the export prints none. Layouts: ``Sep 13, 2020, 12:26 PM``, ``Apr 23, 2022 10:03 am``, ``Oct 19, 2019 at
2:37 PM``, ``19 Oct 2019, 14:37``, ``8월 05, 2024 3:21 오후``, ``05.01.2024, 18:07``. Names of months: Unicode CLDR.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from ingest.formats.forward_languages.lexicon import LEXICON
from ingest.formats.forward_languages.table import fold
from ingest.formats.printed_dates import plain_text

LONGEST: Final = 80
_MOST_WORDS: Final = 10_000
_DAY_FIRST: Final = re.compile(r"(\d{1,2})[.]? (?:de )?([^\W\d_]+)[.]? (?:de )?(\d{4})")
_MONTH_FIRST: Final = re.compile(r"(\d{1,2}[월月]|[^\W\d_]+)[.]? ?(\d{1,2})[.]?,? (\d{4})")
_YEAR_FIRST: Final = re.compile(r"(\d{4})(?:[年년.] ?|[-/])(\d{1,2})(?:[月월.] ?|[-/])(\d{1,2})[日일.]?")
_DIGITS: Final = re.compile(r"(\d{1,2})([./-])(\d{1,2})[./-](\d{4})")
_CLOCK: Final = re.compile(r"(?<![\d:])(\d{1,2}):(\d{2})(?::(\d{2}))?(?![\d:])")
_MONTH_WORDS: Final = re.compile(r">[ \n]{0,9}(?:\d{1,2}[.]? )?([^\W\d_]{3,15})[.]? (?:\d{1,2}[.]?, )?\d{4},? ")
_BETWEEN: Final = frozenset(
    {"", ",", "at", "à", "um", "a las", "às", "alle", "om", "kl", "kl.", "o", "в", "klo", "saat"}
)
_MORE_HALVES: Final = {
    "da tarde/noite": 12,
    "da noite": 12,
    "po południu": 12,
    "przed południem": 0,
    "rano": 0,
    "du matin": 0,
    "de la tarde": 12,
    "de la mañana": 0,
    "nachm.": 12,
    "vorm.": 0,
    "म.उ.": 12,
    "म.पू.": 0,
    "ch": 12,
    "sa": 0,
}
_HALVES: Final = {
    **{fold(word): half for table in LEXICON.languages.values() for word, half in table.halves.items()},
    **{fold(word): half for word, half in _MORE_HALVES.items()},
}
_NOON: Final = 12


class PrintedTimes:
    """The times of one page.

    Args:
        page: its markup, from which its language is told.
        day_first: the order of day and month in digits, where the submitter said it.
    """

    def __init__(self, page: str, *, day_first: bool | None = None) -> None:
        self._day_first = day_first
        words: set[str] = set()
        for place, match in enumerate(_MONTH_WORDS.finditer(page)):
            if place >= _MOST_WORDS:
                break
            words.add(fold(match[1]))
        tables = LEXICON.languages.values()
        known = {word for word in words if any(word in table.months for table in tables)}
        speaking = [table for table in tables if known <= table.months.keys()]
        self._months = [table.months for table in speaking or tables]

    def read(self, text: str) -> datetime | None:
        """The time that is printed here, alone; None for any other text."""
        text = text.strip()
        if len(text) > LONGEST or not any(map(str.isdigit, text)):
            return None
        text = " ".join(plain_text(text).split())
        clock = _CLOCK.search(text)
        if clock is None:
            return None
        before, after = text[: clock.start()].strip(), fold(text[clock.end() :].strip())
        hour = int(clock[1])
        if after:
            half = _HALVES.get(after, _HALVES.get(after.rstrip(".")))
            if half is None or hour > _NOON:
                return None
            hour = hour % _NOON + half
        day = self._day(before)
        if day is None:
            return None
        try:
            return datetime(*day, hour, int(clock[2]), int(clock[3] or 0))  # noqa: DTZ001 - no zone is printed
        except ValueError:
            return None

    def _day(self, text: str) -> tuple[int, int, int] | None:
        for pattern in (_MONTH_FIRST, _DAY_FIRST, _YEAR_FIRST, _DIGITS):
            match = pattern.match(text)
            if match is None or text[match.end() :].strip(" ,").lower() not in _BETWEEN:
                continue
            if pattern is _YEAR_FIRST:
                return int(match[1]), int(match[2]), int(match[3])
            if pattern is _DIGITS:
                return self._in_digits(match)
            word, day = (match[1], match[2]) if pattern is _MONTH_FIRST else (match[2], match[1])
            month = int(word[:-1]) if word[-1] in "월月" else self._month(word)
            return (int(match[3]), month, int(day)) if month else None
        return None

    def _in_digits(self, match: re.Match[str]) -> tuple[int, int, int] | None:
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        day_first = True if match[2] == "." or first > _NOON else False if second > _NOON else self._day_first
        if day_first is None:
            return None
        return (year, second, first) if day_first else (year, first, second)

    def _month(self, word: str) -> int:
        """The month of this name, 0 where none or more than one is."""
        folded = fold(word)
        found = {months[folded] for months in self._months if folded in months}
        return found.pop() if len(found) == 1 else 0
