"""How alike two readings of a message are, in linear time.

Rule kept: engines misread a letter here and there, and the edge of a page cuts a message, so likeness is the share of
letter pairs that both have (Dice's coefficient over bigrams of letters and digits), and a part counts as the whole
where nearly all of its pairs are in the other one.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from ingest.formats.forward_languages.table import fold

_LONGEST: Final = 4_000
ALIKE: Final = 0.8
PART: Final = 0.9
_SHORTEST_PART: Final = 8


def pairs_of(text: str) -> Counter[str]:
    """The pairs of neighbouring letters of a text, folded; a text of one letter is that letter."""
    letters = "".join(sign for sign in fold(text[:_LONGEST]) if sign.isalnum())
    if len(letters) < 2:  # noqa: PLR2004 - a pair
        return Counter([letters] if letters else [])
    return Counter(letters[place : place + 2] for place in range(len(letters) - 1))


def alike(one: Counter[str], other: Counter[str]) -> float:
    """The share of pairs that both have, from 0 to 1; two without any letter are alike."""
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 1.0


def is_part(part: Counter[str], whole: Counter[str]) -> bool:
    """Whether one is a piece of the other."""
    size = part.total()
    return _SHORTEST_PART <= size < whole.total() and (part & whole).total() >= size * PART
