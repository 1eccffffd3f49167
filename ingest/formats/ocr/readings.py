"""What an engine reads of one line, and the protocol that every engine keeps.

Rule: an engine says what it sees and how sure it is, and decides nothing. Its confidence compares only with its own.
Places are columns of the strip that it was given.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from ingest.formats.ocr.strips import Strip


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyph:
    """One character and the column where it was seen; `confidence` in thousandths."""

    text: str
    at: float
    confidence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One word and the columns that it takes, `right` exclusive."""

    text: str
    left: float
    right: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A line as one engine read it; `confidence` is the mean of its characters or words, in thousandths.

    Engines that tell single characters give `glyphs`, blanks left out; engines that tell words give `spans`.
    """

    text: str
    confidence: int
    engine: str
    glyphs: tuple[Glyph, ...] = ()
    spans: tuple[Span, ...] = ()

    @property
    def least(self) -> int:
        """The confidence of the least sure letter or digit; 1,000 where there is none."""
        return min((one.confidence for one in self.glyphs if one.text.isalnum()), default=1000)


class TextEngine(Protocol):
    """Something that reads one line."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def version(self) -> str:
        """The version of the program."""

    @property
    def scripts(self) -> frozenset[str]:
        """The scripts that it has letters of (ISO 15924)."""

    def read(self, strip: Strip) -> Reading:
        """The line of a strip. Empty where it sees nothing; no strip makes it raise."""


class Remembered:
    """An engine that reads no line twice, for as long as a page is read: it is asked by several who do not know."""

    def __init__(self, engine: TextEngine) -> None:
        self._engine = engine
        self._known: dict[int, tuple[Strip, Reading]] = {}  # the strip, too, or another may get its number

    @property
    def name(self) -> str:
        """What it is called."""
        return self._engine.name

    @property
    def version(self) -> str:
        """The version of the program."""
        return self._engine.version

    @property
    def scripts(self) -> frozenset[str]:
        """The scripts that it has letters of (ISO 15924)."""
        return self._engine.scripts

    def read(self, strip: Strip) -> Reading:
        """The line of a strip."""
        found = self._known.get(id(strip))
        if found is None:
            found = self._known[id(strip)] = strip, self._engine.read(strip)
        return found[1]


_APOSTROPHES: Final = "\u2018\u2019\u0060\u00b4\u2032\u02bc"
_QUOTES: Final = "\u201c\u201d\u201e\u2033\u00ab\u00bb"
_DASHES: Final = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_FOLDED: Final = str.maketrans(
    dict.fromkeys(_APOSTROPHES, "'") | dict.fromkeys(_QUOTES, '"') | dict.fromkeys(_DASHES, "-")
)


def comparable(text: str) -> str:
    """A text as readings are compared: NFKC, without blanks, quotation marks and dashes in their plain form."""
    return "".join(unicodedata.normalize("NFKC", text).translate(_FOLDED).split())


def bare(text: str) -> str:
    """The letters and digits of a text without their marks, in small."""
    taken = unicodedata.normalize("NFD", comparable(text).replace("đ", "d").replace("Đ", "D"))
    return "".join(one for one in taken if one.isalnum()).casefold()


def distance(one: str, other: str, most: int) -> int:
    """How many characters differ (Levenshtein); more than `most` is not counted further. Both are short."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        before, row = row, [number]
        for place, theirs in enumerate(other, 1):
            row.append(min(before[place] + 1, row[-1] + 1, before[place - 1] + (letter != theirs)))
        if min(row) > most:
            return most + 1
    return row[-1]
