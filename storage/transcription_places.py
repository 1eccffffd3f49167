"""Places on a page in an encoded transcription: an array of left, top, right, bottom, in pixels."""

from __future__ import annotations

from typing import Final

from storage.strict_json import refuse
from storage.transcription import Box

LONGEST_SIDE: Final = 1 << 24
_SIDES: Final = 4


def box_members(box: Box) -> tuple[int, int, int, int]:
    """A place."""
    return box.left, box.top, box.right, box.bottom


def read_box(value: object) -> Box:
    """Read `box_members` again.

    Raises:
        ValueError: it is no place, or one without an area.
    """
    if type(value) is not list or len(value) != _SIDES:
        refuse("a place")
    for one in value:
        if type(one) is not int or not 0 <= one <= LONGEST_SIDE:
            refuse("a place")
    left, top, right, bottom = value
    if left >= right or top >= bottom:
        refuse("a place")
    return Box(left=left, top=top, right=right, bottom=bottom)
