"""Whether two screenshots show the same rows of pixels, and by how many rows the conversation was scrolled.

Rule kept: only what is exactly the same counts. A row is compared by its CRC-32; rows of one colour, and rows that
occur twice, say nothing. Where a picture was compressed or its background does not scroll, nothing is found, and the
words decide.
"""

from __future__ import annotations

import zlib
from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LEAST_ROWS: Final = 24
_AHEAD: Final = 3  # times as many rows as agree on any other shift
_MARGIN: Final = 40  # a share of the width at each edge that may show a scroll bar


def row_sums(pixels: NDArray[np.uint8], top: int, bottom: int) -> tuple[int | None, ...]:
    """A checksum of each row from `top` to `bottom`; None for a row of one colour."""
    width = pixels.shape[1]
    edge = width // _MARGIN
    rows = pixels[top:bottom, edge : width - edge]
    if rows.size == 0:
        return ()
    flat = (rows == rows[:, :1]).all(axis=(1, 2)).tolist()
    return tuple(None if one else zlib.crc32(row.tobytes()) for row, one in zip(rows, flat, strict=True))


def scrolled(before: tuple[int | None, ...], after: tuple[int | None, ...]) -> int | None:
    """By how many rows the second page is scrolled on from the first; None where they share no rows."""
    places = _once(before)
    others = _once(after)
    votes = Counter(places[total] - row for total, row in others.items() if total in places)
    if not votes:
        return None
    (shift, count), *rest = votes.most_common(2)
    if count < _LEAST_ROWS or shift <= 0 or (rest and rest[0][1] * _AHEAD > count):
        return None
    return shift


def _once(sums: tuple[int | None, ...]) -> dict[int, int]:
    counted = Counter(one for one in sums if one is not None)
    return {one: row for row, one in enumerate(sums) if one is not None and counted[one] == 1}
