"""Letters and digits as they are compared where something was to be left out. Pure.

Rule kept: what a reader takes for the same text is the same here: compatibility forms (NFKD of UAX #15) without
diacritics that Unicode composes, full case folding, without spaces, punctuation and invisible characters. So a word
that is spaced out, broken over lines or set in another form of the same letters is still found. Every folded letter
knows the character it came from.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from search.disclosure.redaction import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNSPACED: Final = (
    (0x0E00, 0x0EFF),  # Thai and Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x31FF),  # Han radicals, kana, bopomofo
    (0x3400, 0x9FFF),  # Han
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
_UNSEEN: Final = (  # marks and letters without ink (Default_Ignorable_Code_Point of the Unicode Character Database)
    (0x034F, 0x034F),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFFA0, 0xFFA0),
    (0xE0100, 0xE01EF),
)


def _fold_one(letter: str) -> str:
    bare = "".join(one for one in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(one))
    whole = unicodedata.normalize("NFKD", bare.casefold())
    folded = "".join(one for one in whole if not unicodedata.combining(one) and _counts(one))
    return "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in folded)


def _counts(letter: str) -> bool:
    if any(first <= ord(letter) <= last for first, last in _UNSEEN):
        return False
    return letter.isalnum() or unicodedata.category(letter) in {"Mn", "Mc"}


class _Letters(dict[str, str]):
    def __missing__(self, letter: str) -> str:
        folded = _fold_one(letter)
        if len(self) < 1 << 16:
            self[letter] = folded
        return folded


_LETTERS: Final = _Letters()
_RUNS: Final = re.compile(r"[\x00-\x7f]+|[^\x00-\x7f]+")
_SMALL: Final = bytes(range(256)).lower()
_NO_LETTERS: Final = bytes(code for code in range(128) if not _fold_one(chr(code)))


def folded(text: str) -> str:
    """The letters and digits of a text as they are compared."""
    if text.isascii():
        return _folded_ascii(text)
    pieces = _RUNS.findall(text)
    return "".join(_folded_ascii(one) if one.isascii() else "".join(map(_LETTERS.__getitem__, one)) for one in pieces)


def _folded_ascii(text: str) -> str:
    return text.encode("ascii").translate(_SMALL, _NO_LETTERS).decode("ascii")


def unspaced(text: str) -> bool:
    """Whether a text has letters of a script that puts no spaces between words."""
    return any(first <= ord(one) <= last for one in text for first, last in _UNSPACED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A text folded: `letters` with, for each, the character it came `at`; `edges` are where words begin or end."""

    letters: str
    at: tuple[int, ...] = field(repr=False)
    edges: frozenset[int] = field(repr=False)
    length: int

    def places(self, needle: str, *, whole_words: bool) -> Iterator[int]:
        """Where a folded needle stands in `letters`, without overlaps; an empty one stands nowhere."""
        at = self.letters.find(needle) if needle else -1
        while at >= 0:
            end = at + len(needle)
            whole = not whole_words or (at in self.edges and end in self.edges)
            if whole:
                yield at
            at = self.letters.find(needle, end if whole else at + 1)

    def spans(self, needle: str, *, whole_words: bool) -> Iterator[Span]:
        """The characters that folded to the needle, with what stands between and the marks on its last letter."""
        for at in self.places(needle, whole_words=whole_words):
            yield self.span(at, at + len(needle))

    def span(self, first: int, end: int) -> Span:
        """The characters of these letters."""
        return Span(start=self.at[first], end=self.at[end - 1] + 1)

    def words(self) -> Iterator[tuple[str, int, int]]:
        """Each word with where it begins and ends in `letters`, in order."""
        edges = sorted(self.edges)
        for start, end in pairwise(edges):
            yield self.letters[start:end], start, end


def fold(text: str) -> Folded:
    """A text folded; letters with nothing but marks and invisible characters between them are one word."""
    letters: list[str] = []
    at: list[int] = []
    edges = {0}
    count = 0
    for index, one in enumerate(text):
        made = _LETTERS[one]
        if made:
            letters.append(made)
            at.extend([index] * len(made))
            count += len(made)
        elif unicodedata.combining(one):
            if at:
                at[-1] = index  # a mark goes with its letter
        elif unicodedata.category(one) != "Cf":
            edges.add(count)
    edges.add(count)
    return Folded(letters="".join(letters), at=tuple(at), edges=frozenset(edges), length=len(text))
