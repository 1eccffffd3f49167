"""Telephone numbers as words: in whatever notation one is printed or asked for, it is the same word. Pure.

Rules:

- The word is the number's digits without a plus sign, as ``12065550142``: `storage.telephone_numbers` says what is a
  whole number, international (ITU-T E.164) or of the North American plan (NANP).
- A number that leaves out its country or its area can be anybody's, and is the same as itself only: one with a trunk
  zero (``030 / 123456``) by its digits, and one of seven digits (``555-0142``) likewise. A whole number of the North
  American plan is also found by its last seven digits, as it is by these two words in a row.
- These words stand behind the others, and the words that are printed stay: a number that is not taken for one is found
  as it is written. Dates are no numbers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from search.fast_scans import BETWEEN, find_numbers, locate_numbers
from storage.telephone_numbers import normal_number

if TYPE_CHECKING:
    from collections.abc import Iterator

_DATE = re.compile(r"[0-9]{2}[-./ ](?:[0-9]{2}[-./ ])?(?:19|20)[0-9]{2}(?![0-9])|0[0-9][-./][0-9]{2}[-./][0-9]{2}\b")
_SEVEN = re.compile(r"[2-9][0-9]{2}[-. \u2010-\u2013]?[0-9]{4}")
_ZERO = re.compile(rf"\(?0[1-9](?:[{BETWEEN}]{{0,3}}[0-9]){{6,10}}")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NANP_DIGITS: Final = 11
_LOCAL_DIGITS: Final = 7
_LONGEST: Final = 40


def phone_key(text: str) -> str | None:
    """The word by which a number stands in an index, if the whole text is one in any notation; else None."""
    if len(text) > _LONGEST:
        return None
    written = text.strip()
    number = normal_number(written)
    if number is not None:
        return number[1:]
    if _SEVEN.fullmatch(written) or (_ZERO.fullmatch(written) and not _DATE.match(written)):
        return "".join(filter(str.isdigit, written))
    return None


def phone_words(text: str) -> list[str]:
    """The words of all numbers in a text, each once, in the order in which they stand there."""
    found: dict[str, None] = {}
    for written in find_numbers(text):
        found |= dict.fromkeys(_words_of(written))
    return list(found)


def locate_phones(text: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """The place of each number in a text, its end exclusive, with its words: for showing what was found."""
    shown = _SURROGATE.sub("?", text)
    for start, end in locate_numbers(shown):
        words = _words_of(shown[start:end])
        if words:
            yield start, end, words


def _words_of(written: str) -> tuple[str, ...]:
    key = phone_key(written)
    if key is None:
        return ()
    if len(key) == _NANP_DIGITS and key[0] == "1":
        return key, key[-_LOCAL_DIGITS:]
    return (key,)
