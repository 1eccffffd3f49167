"""Where the words of a text begin and end, for marks that are to cut none. Pure.

Rules kept, from word boundaries of UAX #29:

- Letters, digits and what joins them (underscores) are one word, with their marks and invisible characters (WB4, WB5,
  WB8-10, WB13a). So are letters with an apostrophe or a middle dot between them (WB6, WB7), and digits with a point or
  comma (WB11, WB12). A full stop or colon between letters ends a word here, because people leave out the space behind.
- Scripts that put no spaces between words have no boundary that could be told without a dictionary: each letter of them
  is by itself.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

from search.disclosure.redaction import Span
from search.disclosure.redaction_folding import unspaced

if TYPE_CHECKING:
    from collections.abc import Callable

_BETWEEN_LETTERS: Final = frozenset("'\u2018\u2019\uff07\u00b7\u05f4\u2027")
_BETWEEN_DIGITS: Final = frozenset(".,'\u2019\uff0e\uff0c")
_EXTENDS: Final = frozenset({"Mn", "Mc", "Me", "Cf"})


def whole_words(text: str, span: Span) -> Span:
    """A span made so long that it cuts no word at its ends."""
    start, end = span.start, span.end
    while 0 < start < len(text) and is_inside(text, start):
        start -= 1
    while 0 < end < len(text) and is_inside(text, end):
        end += 1
    return Span(start=start, end=end)


def is_inside(text: str, place: int) -> bool:
    """Whether the characters before and behind a place of a text are of one word."""
    left, right = text[place - 1], text[place]
    if unicodedata.category(right) in _EXTENDS:
        return not left.isspace()
    before = _bare(text, place)
    if unspaced(before) or unspaced(right):
        return False
    if _is_of_words(before) and _is_of_words(right):
        return True
    further = text[place + 1 : place + 2]
    if _joins(before, right, further):
        return True
    return _joins(_bare(text, place - 1), left, right)


def _bare(text: str, place: int) -> str:
    """The character before a place, without marks and invisible ones on it; a mark where there is nothing else."""
    at = place - 1
    while at > 0 and unicodedata.category(text[at]) in _EXTENDS:
        at -= 1
    return text[at : at + 1] if at >= 0 else ""


def _is_of_words(one: str) -> bool:
    return one.isalnum() or unicodedata.category(one) == "Pc"


def _joins(before: str, middle: str, behind: str) -> bool:
    """Whether a character joins what stands before and behind it to one word."""
    if unspaced(before) or unspaced(behind):
        return False
    kinds: tuple[tuple[frozenset[str], Callable[[str], bool]], ...] = (
        (_BETWEEN_LETTERS, str.isalpha),
        (_BETWEEN_DIGITS, str.isdecimal),
    )
    return any(middle in some and fits(before) and fits(behind) for some, fits in kinds)
