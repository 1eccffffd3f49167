"""Whether two plain texts are the same but for some letters that were misread. Pure, and bounded.

Rule: at most one letter in eight differs (Levenshtein's distance, counted only as far as that), and all numbers are
equal: "at 3:30" is not "at 4:30", whatever an engine may have misread. Longer texts are compared piece by piece.
"""

from __future__ import annotations

import re
from typing import Final

from search.message_digests import weight

_ONE_IN: Final = 8
_LEAST: Final = 12
_LONGEST: Final = 600
_NUMBER: Final = re.compile(r"\d+")


def is_near(one: str, other: str) -> bool:
    """Whether two texts are one but for some letters; of texts longer than 600 letters the beginnings and ends are."""
    if one == other:
        return True
    shorter, longer = sorted((len(one), len(other)))
    most = shorter // _ONE_IN
    if weight(one) < _LEAST or longer - shorter > most or _NUMBER.findall(one) != _NUMBER.findall(other):
        return False
    if longer > _LONGEST:
        half = _LONGEST // 2
        return is_near(one[:half], other[:half]) and is_near(one[-half:], other[-half:])
    return _distance_within(one, other, most)


def _distance_within(one: str, other: str, most: int) -> bool:
    """Whether so many changes of single letters make one text of the other (Ukkonen's band)."""
    far = most + 1
    row = [place if place <= most else far for place in range(len(other) + 1)]
    for number, letter in enumerate(one, start=1):
        first, last = max(1, number - most), min(len(other), number + most)
        fresh = [far] * (len(other) + 1)
        if number <= most:
            fresh[0] = number
        for place in range(first, last + 1):
            same = row[place - 1] + (letter != other[place - 1])
            fresh[place] = min(same, row[place] + 1, fresh[place - 1] + 1, far)
        if min(fresh[max(0, first - 1) : last + 1]) >= far:
            return False
        row = fresh
    return row[len(other)] <= most
