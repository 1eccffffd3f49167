"""Dates as mail clients print them for people, in their language, to ISO 8601; nothing is ever guessed.

Rule kept: a language reads a date only if it knows every word of it up to the time, so that "mar. 6 avr. 2022" is
April in French and nothing in Spanish. Where several languages may have printed it, those that can read it must
agree. A day in digits whose halves could change places is read only where its language, an American zone or the
printed weekday tells the order. Without a printed offset the answer is local time without offset; without a
printed time it is the day alone. Digits of every script count. Sources: Unicode CLDR date patterns.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from ingest.formats.dates import MAX_CHARS, iso_of, short_year, zone_at
from ingest.formats.forward_languages.lexicon import LEXICON
from ingest.formats.forward_languages.table import DayOrder, fold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.formats.forward_languages.table import ForwardLanguage

Day = tuple[int, int, int]

_TIME = re.compile(
    r"(?<![\d:.])(\d{1,2})(?::|[ ]?[h時时點点시][ ]?)(\d{2})"
    r"(?:(?::|[ ]?[分분][ ]?)(\d{2})(?:[.,]\d{1,9})?)?(?![\d:])[ ]?[分분秒초]?"
)
_DOT_TIME = re.compile(r"(?<![\d:.])(\d{1,2})\.(\d{2})(?:\.(\d{2}))?(?!\.?\d|:)")
_YEAR_FIRST = re.compile(
    r"(?<!\d)(\d{4})[ ]?(?:[年년/-]|\.[ ]?)[ ]?(\d{1,2})[ ]?(?:[月월/-]|\.[ ]?)[ ]?(\d{1,2})(?!\d)"
)
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})(?:([-/])|\.[ ]?)(\d{1,2})(?:\2|\.[ ]?)(\d{4}|\d{2})(?![\d:])")
_SHORT_YEAR_FIRST = re.compile(r"(?<![\d/.-])(\d{2})[/.-](\d{1,2})[/.-](\d{1,2})(?![\d/.-])")
_FULL_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_WORD = re.compile(r"[^\W\d_]+")
_ZONE_AHEAD = re.compile(r"(?:GMT|UTC)[+-]\d{1,2}(?::\d{2})?[ ]?$")
_LAST_WORD = re.compile(r"[^\W\d_]+[^\w]*$")
_NUMBER = re.compile(r"\d+")
_DOTTED_HALF = re.compile(r"(?<!\w)([apπμ])\.?[ ]?([mμ])\b\.?", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"\([^()]{0,80}\)")
_CONTROLS = dict.fromkeys(
    (0x200B, 0x200E, 0x200F, 0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2069, 0xFEFF)
)
_BLANKS = {
    0xA0: " ",
    0x202F: " ",
    0x2009: " ",
    0x3000: " ",
    0xFF1A: ":",
    0x60C: ",",
    0xFF0C: ",",
    0xFF08: "(",
    0xFF09: ")",
}
_PLAIN: Final = _CONTROLS | _BLANKS
_NOON, _DAY_HOURS, _YEAR_DIGITS, _SHORT_YEAR_DIGITS, _MONTHS = 12, 24, 4, 2, 12


def read_date(text: str, names: Iterable[str], *, beside: frozenset[str] = frozenset()) -> str | None:
    """ISO 8601 of a printed date, or None.

    Args:
        text: the date as printed; its first 200 characters are looked at.
        names: the languages that may have printed it. If none of them can read it, any other may that knows a
            word of it; digits alone are no evidence for a language.
        beside: folded words that may stand there though they belong to no date.
    """
    text = plain_text(text[:MAX_CHARS])
    if not any(map(str.isdigit, text)):
        return None
    asked = set(names)
    found = {_read(text, name, beside) for name in asked} - {None}
    if not found:
        spoken = [name for name in LEXICON.languages if name not in asked and _speaks(text, name)]
        found = {_read(text, name, beside) for name in spoken} - {None}
    return found.pop() if len(found) == 1 else None


def time_span(text: str) -> tuple[int, int] | None:
    """Where the time of day stands in plain text, with its half of the day and zone; None where none does."""
    match = _TIME.search(text) or _last_dot_time(text)
    if match is None:
        return None
    end = match.end()
    half = _HALF.match(text, end)
    end = half.end() if half else end
    return match.start(), end + zone_at(text[end:])[2]


def plain_text(text: str) -> str:
    """Text with European digits, plain blanks, "am" without dots, and no direction marks."""
    if not text.isascii():
        text = text.translate(_PLAIN)
        text = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() and sign > "9" else sign for sign in text)
    return _DOTTED_HALF.sub(r"\1\2", text)


def _last_dot_time(text: str) -> re.Match[str] | None:
    found = None
    for match in _DOT_TIME.finditer(text):
        if int(match[1]) < _DAY_HOURS:
            found = match
    return found


def _speaks(text: str, name: str) -> bool:
    """Whether a word of the text is a month, a day or a word of dates in that language."""
    table = LEXICON.languages[name]
    words = set(_words(text, table)) - _ENGLISH_HALVES.keys()
    return any(word in table.months or word in table.weekdays or word in table.words for word in words)


@lru_cache(maxsize=64)
def _glue(name: str) -> re.Pattern[str]:
    """The known words of a language without spaces, longest first."""
    table = LEXICON.languages[name]
    known = sorted({*table.weekdays, *table.halves, *table.words, *table.months}, key=len, reverse=True)
    return re.compile("|".join(re.escape(word) for word in known))


def _words(text: str, table: ForwardLanguage) -> list[str]:
    folded = fold(text)
    if table.glued:
        folded = _glue(table.name).sub(lambda match: f" {match[0]} ", folded)
    return _WORD.findall(folded)


def _read(text: str, name: str, beside: frozenset[str]) -> str | None:
    """The date as that language reads it; None where it does not."""
    table = LEXICON.languages[name]
    time = _TIME.search(text)
    if time is not None:
        return _timed(text, time, table, beside)
    dotted = _last_dot_time(text)
    timed = _timed(text, dotted, table, beside) if dotted is not None else None
    if timed is not None:
        return timed
    # a short year without a time behind it is more likely a longer one cut off
    day = _day(text, table, beside, american=False) if _FULL_YEAR.search(text) else None
    try:
        return date(*day).isoformat() if day is not None else None
    except ValueError:
        return None


def _timed(text: str, time: re.Match[str], table: ForwardLanguage, beside: frozenset[str]) -> str | None:
    before, after = text[: time.start()], text[time.end() :]
    half, after = _half_after(after, table)
    if half is None:
        half = _half_before(before, table)
    clock = _clock(time, half)
    offset, american, used = zone_at(after)
    ahead = _ZONE_AHEAD.search(before)  # Apple in Chinese prints the zone before the time
    if ahead is not None:
        offset, american, _ = zone_at(ahead[0])
        before = before[: ahead.start()]
    if clock is None:
        return None
    day = _day(before, table, beside, american=american)
    if day is None:
        rest = _IN_BRACKETS.sub(" ", after[used:])
        day = _day(f"{before} {rest}", table, beside, american=american)
    return iso_of(day, clock, offset) if day is not None else None


def _half_after(after: str, table: ForwardLanguage) -> tuple[int | None, str]:
    match = _WORD.match(after.lstrip(" "))
    if match is None:
        return None, after
    half = table.halves.get(fold(match[0]), _ENGLISH_HALVES.get(match[0].lower()))
    return (half, after.lstrip(" ")[match.end() :]) if half is not None else (None, after)


def _half_before(before: str, table: ForwardLanguage) -> int | None:
    """The half of the day where its word stands right before the time, as in Chinese and Korean."""
    match = _LAST_WORD.search(before[-30:])
    words = _words(match[0], table) if match else None
    return table.halves.get(words[-1]) if words else None


def _clock(time: re.Match[str], half: int | None) -> tuple[int, int, int] | None:
    hour, minute, second = int(time[1]), int(time[2]), int(time[3] or 0)
    if half is not None:
        if not 1 <= hour <= _NOON:  # "14:05 PM" is printed by some: the clock is plain all the same
            return (hour, minute, second) if half and hour < _DAY_HOURS else None
        hour = hour % _NOON + half
    return hour, minute, second


def _day(text: str, table: ForwardLanguage, beside: frozenset[str], *, american: bool) -> Day | None:
    words = _words(text, table)
    known = (table.months, table.weekdays, table.words, table.halves, _ENGLISH_HALVES, beside)
    if not all(any(word in names for names in known) for word in words):
        return None
    match = _YEAR_FIRST.search(text)
    if match:
        return int(match[1]), int(match[2]), int(match[3])
    return _named(text, words, table) or _in_digits(text, words, table, american=american)


def _named(text: str, words: list[str], table: ForwardLanguage) -> Day | None:
    """A day whose month is written as a word; one that may also name a weekday counts only where no other does."""
    months = [(word, table.months[word]) for word in words if table.months.get(word)]
    if len(months) > 1:
        months = [pair for pair in months if pair[0] not in table.weekdays] or months[1:]
    if len(months) != 1:
        return None
    numbers = _NUMBER.findall(text)
    years = [number for number in numbers if len(number) == _YEAR_DIGITS]
    days = [number for number in numbers if len(number) < _YEAR_DIGITS - 1]
    if len(years) == 1 and len(days) == 1:
        return int(years[0]), months[0][1], int(days[0])
    if not years and len(days) == len(("day", "year")) and len(days[1]) == _SHORT_YEAR_DIGITS:
        return short_year(days[1]), months[0][1], int(days[0])
    return None


def _in_digits(text: str, words: list[str], table: ForwardLanguage, *, american: bool) -> Day | None:
    short = _SHORT_YEAR_FIRST.search(text) if table.order is DayOrder.YEAR_FIRST else None
    if short is not None:
        return short_year(short[1]), int(short[2]), int(short[3])
    match = _NUMERIC.search(text)
    if match is None:
        return None
    first, second, year = int(match[1]), int(match[3]), short_year(match[4])
    if match[2] is None or first > _MONTHS or table.order is DayOrder.DAY_FIRST:
        return year, second, first
    if second > _MONTHS or first == second or american:
        return year, first, second
    days = {table.weekdays[word] for word in words if table.weekdays.get(word)}
    if len(days) != 1:
        return None
    weekday = days.pop()
    fitting = [day for day in ((year, second, first), (year, first, second)) if _weekday(day) == weekday]
    return fitting[0] if len(fitting) == 1 else None


def _weekday(day: Day) -> int | None:
    try:
        return date(*day).isoweekday()
    except ValueError:
        return None


_ENGLISH_HALVES: Final = {"am": 0, "pm": 12}
_HALF: Final = re.compile(
    r"[ ]?(?:"
    + "|".join(
        sorted(
            {half for table in LEXICON.languages.values() for half in table.halves if "." not in half},
            key=len,
            reverse=True,
        )
    )
    + r")(?![^\W\d_])\.?",
    re.IGNORECASE,
)
