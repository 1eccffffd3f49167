"""A piece of a record's text around what a search found, with every hit in it marked. Pure.

Rules: a snippet is made of parts, each a hit or not; whoever prints chooses how to mark. `as_html` escapes every
part, so nothing in a record's text becomes markup. Line breaks and control characters become spaces. The text is
shown in compatibility form (NFKC), which is what words were looked for in.

Work is bounded: of a text without an early hit the first `LONGEST_SCAN` characters are read.
"""

from __future__ import annotations

import html
import re
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from search.analysis import locate, normalise, stem
from search.languages import STEMMED
from search.queries import Field, leaves

if TYPE_CHECKING:
    from search.queries import Query, Words

WIDTH: Final = 200
LONGEST_SCAN: Final = 400_000
_LEAD = 60
_MOST_PHRASES = 200
_LONGEST_PHRASE = 40
_SHOWN_IN_TEXT = (Field.ANY, Field.TEXT, Field.MARK)
_UNPRINTABLE = re.compile("[\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


@dataclass(frozen=True, slots=True)
class SnippetPart:
    """A run of text, and whether the search asked for it."""

    text: str
    hit: bool


@dataclass(frozen=True, slots=True)
class Snippet:
    """The parts of a snippet in order; none for a record without text."""

    parts: tuple[SnippetPart, ...]

    def as_text(self, opening: str = "", closing: str = "") -> str:
        """The snippet as one line, hits between these signs."""
        return "".join(f"{opening}{part.text}{closing}" if part.hit else part.text for part in self.parts)

    def as_html(self) -> str:
        """The snippet as safe HTML, hits as ``<mark>``."""
        return "".join(
            f"<mark>{html.escape(part.text)}</mark>" if part.hit else html.escape(part.text) for part in self.parts
        )


@dataclass(frozen=True, slots=True)
class _Phrase:
    """Words in a row as a snippet looks for them; `keys` are stems, or words where `exact`."""

    keys: tuple[str, ...]
    exact: bool
    prefix: bool


def make_snippet(text: str, query: Query, *, width: int = WIDTH) -> Snippet:
    """The first place of a text that the query asks for, about `width` characters, or its beginning."""
    shown = normalise(text[:LONGEST_SCAN])
    hits = _first_hits(shown, _phrases(query), width)
    start = max(0, hits[0][0] - _LEAD) if hits else 0
    start = _word_start(shown, start, hits[0][0] if hits else 0)
    end = _word_end(shown, min(len(shown), start + width))
    end = max(end, hits[0][1]) if hits else end
    parts = [SnippetPart("\u2026", hit=False)] if start else []
    at = start
    for first, last in hits:
        if last > end:
            break
        if first > at:
            parts.append(SnippetPart(_printable(shown[at:first]), hit=False))
        parts.append(SnippetPart(_printable(shown[first:last]), hit=True))
        at = last
    if at < end:
        parts.append(SnippetPart(_printable(shown[at:end]), hit=False))
    if end < len(shown) or len(text) > LONGEST_SCAN:
        parts.append(SnippetPart("\u2026", hit=False))
    return Snippet(tuple(part for part in parts if part.text))


def _phrases(query: Query) -> list[_Phrase]:
    found: list[_Phrase] = []
    for words, positive in leaves(query):
        if positive and words.field in _SHOWN_IN_TEXT and len(words.words) <= _LONGEST_PHRASE:
            found += _variants(words)
        if len(found) > _MOST_PHRASES:
            break
    return list(dict.fromkeys(found))


def _variants(words: Words) -> list[_Phrase]:
    if words.field is Field.MARK:
        parts = tuple(part for part in words.words[0][1:].split("_") if part)
        return [_Phrase(parts, exact=True, prefix=False)] if parts else []
    if words.exact or words.prefix:
        return [_Phrase(words.words, exact=True, prefix=words.prefix)]
    return [_Phrase(tuple(stem(word, code) for word in words.words), exact=False, prefix=False) for code in STEMMED]


def _first_hits(shown: str, phrases: list[_Phrase], width: int) -> list[tuple[int, int]]:
    """Places of the first hit and of those that follow within `width`, in order, none inside another."""
    if not phrases:
        return []
    longest = max(len(phrase.keys) for phrase in phrases)
    # most words end no phrase; these tell so at once
    last_words = frozenset(phrase.keys[-1] for phrase in phrases if phrase.exact and not phrase.prefix)
    last_stems = frozenset(phrase.keys[-1] for phrase in phrases if not phrase.exact)
    beginnings = tuple(phrase.keys[-1] for phrase in phrases if phrase.prefix)
    recent: deque[tuple[int, int, str, frozenset[str]]] = deque(maxlen=longest)
    hits: list[tuple[int, int]] = []
    for located in locate(shown):
        if hits and located.start > hits[0][0] + width:
            break
        stems = _stem_set(located.word)
        recent.append((located.start, located.end, located.word, stems))
        if located.word not in last_words and stems.isdisjoint(last_stems) and not located.word.startswith(beginnings):
            continue
        # the longest phrase that ends at this word is the hit to show
        first = min((start for phrase in phrases if (start := _ends_here(phrase, recent)) is not None), default=None)
        if first is None:
            continue
        while hits and hits[-1][0] >= first:
            hits.pop()
        if hits and hits[-1][1] > first:
            first = hits.pop()[0]
        hits.append((first, located.end))
    return hits


@lru_cache(maxsize=50_000)
def _stem_set(word: str) -> frozenset[str]:
    """A word's stems in every language; the same words stand in most texts."""
    return frozenset(stem(word, code) for code in STEMMED)


def _ends_here(phrase: _Phrase, recent: deque[tuple[int, int, str, frozenset[str]]]) -> int | None:
    """Where the phrase starts if its last word is the most recent one."""
    count = len(phrase.keys)
    if count > len(recent):
        return None
    for place in range(1, count + 1):
        _, _, word, stems = recent[-place]
        key = phrase.keys[-place]
        if not phrase.exact:
            fits = key in stems
        elif phrase.prefix and place == 1:
            fits = word.startswith(key)
        else:
            fits = word == key
        if not fits:
            return None
    return recent[-count][0]


def _word_start(shown: str, start: int, latest: int) -> int:
    """Move forward to where a word begins, not beyond the hit."""
    if start == 0:
        return 0
    space = shown.find(" ", start, latest)
    return start if space < 0 else space + 1


def _word_end(shown: str, end: int) -> int:
    """Move back to where a word ends, unless the word is very long."""
    if end >= len(shown):
        return len(shown)
    space = shown.rfind(" ", max(0, end - _LEAD), end)
    return end if space < 0 else space


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub(" ", text)
