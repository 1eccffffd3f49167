"""Sizes as people write them in a query → numbers of bytes. Pure.

Rule: ``kB``, ``MB``, ``GB`` count by 1,000 (SI), ``KiB``, ``MiB``, ``GiB`` by 1,024 (IEC 80000-13); ``k``, ``M``, ``G``
are short for the former, and case does not matter. Both ends of a range belong to it. A size with a unit and nothing
else would ask for that very number of bytes, which nobody means: it is refused with what to write.
"""

from __future__ import annotations

import re
from decimal import ROUND_FLOOR, Decimal
from typing import Final

from search.queries import Sized
from search.query_errors import Misread

LARGEST: Final = 1 << 60
_SIZE = re.compile(r"(\d{1,20}(?:\.\d{1,6})?) ?([a-z]{0,5})", re.ASCII)
_UNITS: Final = {
    "": 1,
    "b": 1,
    "byte": 1,
    "bytes": 1,
    **{name: 1_000**power for power, letter in enumerate("kmgt", 1) for name in (letter, f"{letter}b")},
    **{f"{letter}ib": 1 << 10 * power for power, letter in enumerate("kmgt", 1)},
}
_OPEN = ("", "*")
_HOW = "write it like size:>10MB, size:<500kB or size:1MB..5MB"


def read_size(text: str, position: int, end: int) -> Sized:
    """The sizes that a comparison, a range or a number of bytes means.

    Args:
        text: without the field's name and without brackets.
        position: where the text stands in the query, for the error.
        end: where it ends there.

    Raises:
        Misread: it is not a size.
    """
    phrase = " ".join(text[:100].lower().split())
    for separator in ("..", " to "):
        first, found, last = f" {phrase} ".partition(separator)
        if found:
            return _range(first.strip(), last.strip(), position)
    sign = next((one for one in (">=", "<=", ">", "<", "=") if phrase.startswith(one)), "")
    count, has_unit = _bytes(phrase[len(sign) :].strip(), position)
    match sign:
        case ">":
            return Sized(count + 1, None)
        case ">=":
            return Sized(count, None)
        case "<":
            return Sized(None, count)
        case "<=":
            return Sized(None, count + 1)
        case "" if has_unit:
            raise Misread(
                f"size: needs to know whether larger or smaller is meant; {_HOW}", position, (position, end, f">{text}")
            )
        case _:
            return Sized(count, count + 1)


def _range(first: str, last: str, position: int) -> Sized:
    if first in _OPEN and last in _OPEN:
        raise Misread("a range of sizes needs a beginning or an end", position)
    least = None if first in _OPEN else _bytes(first, position)[0]
    most = None if last in _OPEN else _bytes(last, position)[0]
    if least is not None and most is not None and most < least:
        raise Misread("the range of sizes ends before it begins; put the smaller size first", position)
    return Sized(least, None if most is None else most + 1)


def _bytes(text: str, position: int) -> tuple[int, bool]:
    """A number of bytes, and whether a unit was written."""
    found = _SIZE.fullmatch(text)
    if found is None or found[2] not in _UNITS:
        raise Misread(f"this is not a size; {_HOW}", position)
    count = int((Decimal(found[1]) * _UNITS[found[2]]).to_integral_value(ROUND_FLOOR))
    if count > LARGEST:
        raise Misread("no record is of this size; write a smaller one", position)
    return count, bool(found[2])
