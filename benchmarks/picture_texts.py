"""Texts of pictures compared: what is folded before, edit distance, words, and letters of which script.

Folded: NFC, typographic quotes and dashes, blanks (runs of them are one, those beside Chinese letters are none).
Emoji and the signs that only style them are left out on both sides, since no engine here has them.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_QUOTES: Final = str.maketrans(
    {0x2018: "'", 0x2019: "'", 0x201A: "'", 0x2032: "'", 0x05F3: "'", 0x201C: '"', 0x201D: '"', 0x201E: '"'}
    | {0x2033: '"', 0x2013: "-", 0x2014: "-", 0x2011: "-", 0x00A0: " ", 0x202F: " ", 0x3000: " ", 0x2026: "..."}
    # full-width marks of Chinese and their narrow twins look the same in a picture
    | {0xFF0C: ",", 0xFF1A: ":", 0xFF1F: "?", 0xFF01: "!", 0xFF08: "(", 0xFF09: ")", 0xFF1B: ";"}
)
_EMOJI: Final = re.compile("[\U0001f000-\U0001faff\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\ufe0f\u200d]")
_UNSEEN: Final = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_HAN: Final = "[\u2e80-\u303f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
_BESIDE_HAN: Final = re.compile(rf"(?<={_HAN}) | (?={_HAN})")
_WIDE: Final = re.compile(_HAN)


@lru_cache(maxsize=10_000)
def folded(text: str) -> str:
    """The text as it is compared."""
    bare = _UNSEEN.sub("", _EMOJI.sub("", unicodedata.normalize("NFC", text)))
    spaced = " ".join(bare.translate(_QUOTES).split())
    return _BESIDE_HAN.sub("", spaced)


def distance(read: str, stated: str) -> int:
    """The least number of letters to add, drop or change (Levenshtein) between two folded texts."""
    if read == stated:
        return 0
    before = list(range(len(stated) + 1))
    for row, letter in enumerate(read, 1):
        current = [row]
        for column, other in enumerate(stated, 1):
            change = before[column - 1] + (letter != other)
            current.append(min(change, before[column] + 1, current[column - 1] + 1))
        before = current
    return before[-1]


def likeness(read: str, stated: str) -> float:
    """From 0 to 1 how alike two texts are; quick, and no measure of accuracy."""
    return SequenceMatcher(None, folded(read).casefold(), folded(stated).casefold(), autojunk=False).ratio()


def words_of(text: str) -> Counter[str]:
    """The words of a text, each letter of Chinese by itself."""
    return Counter(_WIDE.sub(lambda found: f" {found[0]} ", folded(text)).split())


def scripts_of(text: str) -> Counter[str]:
    """How many letters there are of each script, by the first word of their Unicode names."""
    return Counter(
        unicodedata.name(letter, "").partition(" ")[0] for letter in text if unicodedata.category(letter)[0] == "L"
    )


def foreign_letters(read: str, stated: Iterable[str]) -> int:
    """How many letters of scripts were read that no stated text has; 0 where nothing was stated."""
    known: Counter[str] = Counter()
    for one in stated:
        known += scripts_of(unicodedata.normalize("NFC", one))
    if not known:
        return 0
    return sum(count for script, count in scripts_of(unicodedata.normalize("NFC", read)).items() if script not in known)
