"""Scans of whole texts for what every record has to be searched for: telephone numbers, tags and names. Pure, linear.

Rule: what is rare is looked for with RE2, which takes a tenth of the time of `re` where there is nothing, and ten times
as long for each match (github.com/google/re2/wiki/Syntax); what is frequent is looked for with `re`, by an expression
that begins with one letter, to which `re` skips.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import re2

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_NUMBERS: Final = 20_000
"""Numbers of one text that are looked at; a longer list is found as it is printed."""
BETWEEN: Final = "-. ()/\u00a0\u2010-\u2013\u202f"
"""What may stand between the digits of a telephone number, as the inside of a class."""
_INTERNATIONAL = rf"(?:\+|\b00)[1-9](?:[{BETWEEN}]{{0,3}}[0-9]){{6,14}}\b"
_SUBSCRIBER = rf"[2-9][0-9]{{2}}[{BETWEEN}]?[0-9]{{4}}\b"
_NORTH_AMERICAN = rf"\b(?:1[{BETWEEN}]{{0,2}})?[2-9][0-9]{{2}}[{BETWEEN}]{{0,3}}{_SUBSCRIBER}"
_TRUNK = rf"\b0[1-9](?:[{BETWEEN}]{{0,3}}[0-9]){{6,10}}\b"
_LOCAL = r"\b[2-9][0-9]{2}[-.\x{2010}-\x{2013}][0-9]{4}\b"
_TAG: Final = re.compile(r"#(?<![\w#@]#)\w+")
_NAME: Final = re.compile(r"@(?<![\w#@]@)\w+")


def _compiled(expression: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    return re2.compile(expression, options)


_NUMBER: Final = _compiled(f"{_INTERNATIONAL}|{_NORTH_AMERICAN}|{_TRUNK}|{_LOCAL}")


def find_numbers(text: str) -> list[str]:
    """What is written like a telephone number, in its order, the first `MOST_NUMBERS`; some of it is none."""
    # bytes, because RE2 would turn each match's place into that of a character; a lone surrogate is no digit
    found = _NUMBER.finditer(text.encode("utf-8", "replace"))
    return [one.group().decode() for one in islice(found, MOST_NUMBERS)]


def locate_numbers(text: str) -> Iterator[tuple[int, int]]:
    """The places of the same; of a text without lone surrogates."""
    for found in islice(_NUMBER.finditer(text), MOST_NUMBERS):
        yield found.start(), found.end()


def find_marks(text: str) -> list[str]:
    """The ``#tag`` and ``@name`` of a text that begin a word, first all tags."""
    return _TAG.findall(text) + _NAME.findall(text)
