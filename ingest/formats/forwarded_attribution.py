"""Lines such as "On …, X wrote:" that stand above quoted text, in any of the languages known.

Rule kept: such a line ends with a colon, and says a date, an address, or both, beside the word for writing (Gmail
in Russian and Japanese omits that word; then date, time and address must all be there). It may be wrapped over
three lines. Sender and date are what is left of each other: no order of words is presumed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ingest.formats.addresses import parse_addresses
from ingest.formats.forward_languages.lexicon import LEXICON, NOBODY
from ingest.formats.forward_languages.table import fold
from ingest.formats.printed_dates import plain_text, read_date, time_span
from storage.records import Letterhead

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.formats.forward_languages.lexicon import Names
    from ingest.formats.forwarded_lines import Lines
    from storage.records import Party

_MAX_CHARS = 600
_MAX_LINES = 3
_MAX_TRIES = 300
_MAX_WORDS = 8
_COLONS = (":", "\uff1a")
_ADDRESS = re.compile(
    r"(?<![^\s<>()\[\],;:\"])(?:[<(\[]\s*)?(?:mailto:)?[^\s<>()\[\],;:\"]{1,200}@[^\s<>()\[\],;:\"]{1,200}"
    r"(?:<mailto:[^\s<>]{1,200}>)?(?:\s?[>)\]])?"
)
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_EDGES = " \t,.;-\u2013\u3001\uff0c"
_CAPITALISED = frozenset({"uhr"})  # German writes a noun there; names are never dropped
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """An attribution: its first line, the line after it, what it says, and the languages that may say it so."""

    first: int
    end: int
    letterhead: Letterhead
    names: Names


@dataclass(frozen=True, slots=True)
class _Said:
    sender: Party
    date: str | None
    names: Names


def _written(tables: Iterable[tuple[str, bool, tuple[str, ...]]]) -> tuple[re.Pattern[str], dict[str, Names]]:
    spoken: dict[str, Names] = {}
    loose: set[str] = set()
    for name, glued, phrases in tables:
        for phrase in phrases:
            spoken[phrase] = spoken.get(phrase, NOBODY) | {name}
            if glued and not phrase.isascii():
                loose.add(phrase)
    longest = sorted(spoken, key=len, reverse=True)
    words = "|".join(re.escape(one) for one in longest if one not in loose)
    inside = "|".join(re.escape(one) for one in longest if one in loose)
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)|(?:{inside})", re.IGNORECASE), spoken


_WROTE, _SPOKEN = _written((name, table.glued, table.wrote) for name, table in LEXICON.languages.items())
_VERB_WORDS: Final = frozenset(word for phrase in _SPOKEN for word in re.findall(r"[^\W\d_]+", phrase))


def first_attribution(lines: Lines, start: int, stop: int) -> Attribution | None:
    """The first attribution whose last line is one of `start` up to `stop`."""
    tried = 0
    for place in range(start, stop):
        line = lines.bare[place]
        if line[-1:] in _COLONS and tried < _MAX_TRIES:
            tried += 1
            found = attribution_at(lines, place, start)
            if found is not None:
                return found
    return None


def attribution_at(lines: Lines, place: int, start: int = 0, names: Names = NOBODY) -> Attribution | None:
    """The attribution that ends with the line `place` and begins at `start` or later; None where there is none.

    `names` are the languages of a marker above, if there is one.
    """
    joined = ""
    dateless: tuple[int, _Said] | None = None
    for first in range(place, max(place - _MAX_LINES, start - 1), -1):
        line = lines.bare[first]
        if not line:
            break
        joined = f"{line} {joined}".rstrip()
        if len(joined) > _MAX_CHARS:
            break
        said = _said(joined, names)
        if said is not None and said.date is not None:
            return _attribution(first, place, said)
        if said is not None and dateless is None:
            dateless = (first, said)
    return _attribution(dateless[0], place, dateless[1]) if dateless is not None else None


def _attribution(first: int, place: int, said: _Said) -> Attribution:
    return Attribution(
        first=first, end=place + 1, letterhead=Letterhead(sender=said.sender, date=said.date), names=said.names
    )


def _said(joined: str, marked: Names) -> _Said | None:
    """Sender and date of the joined line, or None where it is no attribution."""
    text = plain_text(joined).rstrip(":* ").lstrip("*_- ")
    if "@" not in text and not any(map(str.isdigit, text)):
        return None
    verbs = list(_WROTE.finditer(text))
    address = _ADDRESS.search(text)
    span = time_span(text)
    if not verbs and (address is None or span is None or address.end() != len(text)):
        return None
    names = marked.union(*(_SPOKEN.get(verb[0].lower(), NOBODY) for verb in verbs))
    date_end = span[1] if span is not None else _year_end(text, address)
    place = _sender_place(text, verbs, address, date_end)
    if place is None:
        return None
    begin, end = place
    sender = _sender(text[begin:end], names)
    if sender is None:
        return None
    left = _WROTE.sub(" ", f"{text[:begin]} {text[end:]}")
    beside = frozenset(word for name in names for word in LEXICON.languages[name].around) | _VERB_WORDS
    date = read_date(left, names, beside=beside) if date_end is not None else None
    if date is None and (address is None or not verbs or date_end is not None):
        return None
    return _Said(sender, date, names)


def _year_end(text: str, address: re.Match[str] | None) -> int | None:
    match = _YEAR.search(text, 0, address.start() if address is not None else len(text))
    return match.end() if match else None


def _sender_place(
    text: str, verbs: list[re.Match[str]], address: re.Match[str] | None, date_end: int | None
) -> tuple[int, int] | None:
    """Where the sender stands: up to the address, from the date's end on if that comes first, or beside the verb."""
    if address is not None:
        return (date_end if date_end is not None and date_end <= address.start() else 0), address.end()
    if date_end is None or not verbs:
        return None
    after = [verb for verb in verbs if verb.start() >= date_end]
    if not after:
        return 0, verbs[0].start()
    if text[date_end : after[0].start()].strip(_EDGES):
        return date_end, after[0].start()
    return after[0].end(), len(text)


def _sender(words: str, names: Names) -> Party | None:
    """The party named, without the words that lead to it ("od", "użytkownik"): those are printed in lower case."""
    while True:
        words = words.lstrip(_EDGES)
        verb = _WROTE.match(words)
        if verb is not None and verb[0] == verb[0].lower():
            words = words[verb.end() :]
            continue
        word = _WORD.match(words)
        if word is None or not _leads(word[0], names):
            break
        words = words[word.end() :]
    words = _WROTE.sub(" ", words).rstrip(_EDGES) if "@" not in words else words
    if not words or len(words.split()) > _MAX_WORDS:
        return None
    parties = parse_addresses(words)
    party = parties[0] if len(parties) == 1 else None
    return party if party is not None and (party.address or (party.name and not _digits(party.name))) else None


def _leads(word: str, names: Names) -> bool:
    folded = fold(word.strip(_EDGES))
    if word != word.lower():
        return folded in _CAPITALISED
    for name in names or LEXICON.languages.keys():
        table = LEXICON.languages[name]
        if folded in table.around or folded in table.words:
            return True
    return False


def _digits(name: str) -> bool:
    return any(map(str.isdigit, name))
