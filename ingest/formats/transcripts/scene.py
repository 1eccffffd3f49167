"""A page as the transcript sees it: lines with the area that they stand on.

Rule kept: places are in pixels of the page, as floating numbers are never needed; colours are RGB from 0 to 255.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from storage.transcription import TextLine

Colour = tuple[int, int, int]


class Side(StrEnum):
    """Where a message stands, as it is written in a record."""

    LEFT = "left"
    RIGHT = "right"
    CENTER = "center"


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A connected area of one colour, or of one that changes slowly.

    `filled` is how much of its rectangle it covers, in thousandths; `backdrop` whether other things stand on it: the
    canvas, a bar, the panel of a keyboard.
    """

    number: int
    left: int
    top: int
    right: int
    bottom: int
    filled: int
    colour: Colour
    backdrop: bool = False

    @property
    def width(self) -> int:
        """Width in pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self.bottom - self.top

    def holds(self, other: Area, slack: int) -> bool:
        """Whether the other one lies within."""
        return (
            other.left >= self.left - slack
            and other.right <= self.right + slack
            and other.top >= self.top - slack
            and other.bottom <= self.bottom + slack
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of writing, in letters of the colour `ink` on a `ground`.

    `area` is what it stands on, None where that is unclear; `height` is that of its box, which says how large its
    letters are. A line without text is writing that nobody here could read.
    """

    text: str
    left: int
    top: int
    right: int
    bottom: int
    ink: Colour = (0, 0, 0)
    ground: Colour = (255, 255, 255)
    area: Area | None = None
    source: TextLine | None = field(default=None, repr=False)

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Width in pixels."""
        return self.right - self.left

    @property
    def middle(self) -> int:
        """The row in its middle."""
        return (self.top + self.bottom) // 2

    @property
    def centre(self) -> int:
        """The column in its middle."""
        return (self.left + self.right) // 2

    def beside(self, other: Line) -> bool:
        """Whether both stand in one row."""
        return self.top <= other.middle < self.bottom or other.top <= self.middle < other.bottom


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One page: its lines from top to bottom, its areas, and the height of an ordinary line.

    `things` are what stands out of the canvas and is larger than letters, whatever it is made of. `frame` is left,
    top, right and bottom of the screen: less than the page where a screen was photographed.
    """

    width: int
    height: int
    lines: tuple[Line, ...]
    areas: tuple[Area, ...]
    things: tuple[Area, ...]
    canvas: Area | None
    unit: int
    frame: tuple[int, int, int, int]

    @property
    def top(self) -> int:
        """Where the screen begins."""
        return self.frame[1]

    @property
    def tall(self) -> int:
        """The height of the screen."""
        return self.frame[3] - self.frame[1]

    @property
    def wide(self) -> int:
        """The width of the screen."""
        return self.frame[2] - self.frame[0]


def unit_of(heights: Iterable[int]) -> int:
    """The height of an ordinary line among some; at least one pixel."""
    known = list(heights)
    return max(1, round(median(known))) if known else 1


def distance(one: Colour, other: Colour) -> int:
    """How far two colours are apart: the largest difference of a channel."""
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def _over(one: Line, other: Line) -> bool:
    """Whether two lines share columns, as lines of one row do not: those of a picture taken at an angle only lean."""
    return min(one.right, other.right) - max(one.left, other.left) > min(one.width, other.width) // 2


def rows_of(lines: Iterable[Line]) -> list[list[Line]]:
    """Lines gathered into rows, from top to bottom, each from left to right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda one: one.middle):
        if rows and any(line.beside(one) for one in rows[-1]) and not any(_over(line, one) for one in rows[-1]):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda one: one.left) for row in rows]
