"""A line cut out of its page, and what of it is ink: the same whether it is dark on light or light on dark.

Rule: an engine sees nothing but the line, on a background made even. Engines that look at a whole page take a coloured
or a dark bubble for a picture and drop it, with high confidence in the rest (tesseract-ocr issue 641).

A strip is `HEIGHT` pixels high. Its background is what most of it looks like, taken column by column, so that a
shadow across the page does no harm. A body is a connected piece of ink: in most scripts a letter or a part of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from storage.transcription import Box

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]
    Numbers = NDArray[np.float32]

HEIGHT: Final = 48
MOST_WIDTH: Final = 3200
_TALL: Final = 3.0  # so much higher than wide is a line that runs downwards
_UPRIGHT: Final = 0.02  # of a line's length: less slope than this is none
_PAPER: Final = 17  # columns that the background is smoothed over
_INKED: Final = 0.5
_MOTTLED: Final = 0.22  # of a body's pixels, away from its own colour: more is a picture
_SOLID: Final = 0.66
_PICTURE_SIDE: Final = 0.45
_INSIDE: Final = 0.9  # ink
_FEW: Final = 20  # pixels that say nothing of a colour
_OTHER_COLOUR: Final = 60.0  # of 255
_LEAST_SIDE: Final = 0.18
_LEAST_AREA: Final = 0.003
_SHARED: Final = 0.25
_MOST_BODIES: Final = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A connected piece of ink, or several above one another: columns, `right` exclusive."""

    left: int
    right: int
    top: int
    bottom: int
    is_picture: bool = False


@dataclass(frozen=True)  # no slots: it keeps what was worked out once
class Strip:
    """One line: `pixels` are `HEIGHT` high, `corners` where it stands on the page, from its upper left, clockwise."""

    pixels: Pixels
    corners: Numbers

    @property
    def width(self) -> int:
        """In pixels of the strip."""
        return int(self.pixels.shape[1])

    @cached_property
    def box(self) -> Box:
        """The upright rectangle on the page."""
        return self.box_of(0, self.width)

    def box_of(self, left: float, right: float) -> Box:
        """The upright rectangle on the page around some columns of the strip."""
        one, other = (min(max(place / self.width, 0.0), 1.0) for place in (left, right))
        upper, lower = self.corners[1] - self.corners[0], self.corners[2] - self.corners[3]
        places = np.array(
            [self.corners[0] + part * upper for part in (one, other)]
            + [self.corners[3] + part * lower for part in (one, other)]
        )
        (x0, y0), (x1, y1) = np.floor(places.min(0)), np.ceil(places.max(0))
        x0, y0 = max(int(x0), 0), max(int(y0), 0)
        return Box(left=x0, top=y0, right=max(int(x1), x0 + 1), bottom=max(int(y1), y0 + 1))

    def until(self, right: float) -> Strip:
        """The strip without the columns from `right` on."""
        end = min(max(round(right), 8), self.width)
        corners = part_of(self.corners, (0.0, end / self.width))
        return Strip(np.ascontiguousarray(self.pixels[:, :end]), corners)

    @cached_property
    def ink(self) -> Numbers:
        """How much of a pixel is ink, 0 to 1; shape (HEIGHT, width)."""
        channel = _clearest_channel(self.pixels)
        is_dark_on_light = np.median(channel) * 2 >= float(channel.max()) + float(channel.min())
        columns = np.percentile(channel, 85 if is_dark_on_light else 15, axis=0).astype(np.float32)
        width = min(_PAPER, len(columns)) | 1
        paper = cv2.blur(columns[None], (width, 1), borderType=cv2.BORDER_REPLICATE)
        apart = (paper - channel) if is_dark_on_light else (channel - paper)
        full = max(float(np.percentile(apart, 99)), 1.0)
        return np.asarray(np.clip(apart / full, 0, 1), dtype=np.float32)

    @cached_property
    def even(self) -> Pixels:
        """The line black on white, shape (HEIGHT, width)."""
        return (255 - self.ink * 255).astype(np.uint8)

    @cached_property
    def bodies(self) -> tuple[Body, ...]:
        """The pieces of ink from left to right, specks left out."""
        return _merged(_pieces(self.ink, self.pixels))


def cut(page: Pixels, corners: NDArray[Any]) -> Strip | None:
    """The strip between four corners (clockwise from the upper left); None where they hold no line."""
    found = lifted(page, corners)
    return strip_of(*found) if found is not None else None


def lifted(page: Pixels, corners: NDArray[Any]) -> tuple[Pixels, Numbers] | None:
    """What stands between four corners, made level, in the page's own size, and the corners that it has there."""
    quad = np.asarray(corners, dtype=np.float32)
    wide = max(np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[2] - quad[3]))
    high = max(np.linalg.norm(quad[3] - quad[0]), np.linalg.norm(quad[2] - quad[1]))
    if high > _TALL * wide:
        quad, wide, high = np.roll(quad, -1, axis=0), high, wide
    if wide < 1 or high < 1:
        return None
    slope = np.abs(quad[1, 1] - quad[0, 1]) + np.abs(quad[3, 0] - quad[0, 0])
    if slope <= max(1.5, _UPRIGHT * float(wide)):
        left, top = np.maximum(np.floor(quad.min(0)), 0).astype(int)
        right, bottom = np.minimum(np.ceil(quad.max(0)), page.shape[1::-1]).astype(int)
        piece: NDArray[Any] = page[top:bottom, left:right]
        quad = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], dtype=np.float32)
    else:
        size = (max(round(float(wide)), 1), max(round(float(high)), 1))
        flat = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], dtype=np.float32)
        turning = cv2.getPerspectiveTransform(quad, flat)
        piece = cv2.warpPerspective(page, turning, size, borderMode=cv2.BORDER_REPLICATE, flags=cv2.INTER_CUBIC)
    return (np.asarray(piece, dtype=np.uint8), quad) if piece.size else None


def strip_of(piece: Pixels, quad: Numbers) -> Strip:
    """A level piece of a page as a strip."""
    width = min(max(round(piece.shape[1] * HEIGHT / piece.shape[0]), 8), MOST_WIDTH)
    pixels = cv2.resize(piece, (width, HEIGHT), interpolation=cv2.INTER_LINEAR)
    return Strip(np.ascontiguousarray(pixels, dtype=np.uint8), quad)


def part_of(quad: Numbers, columns: tuple[float, float], rows: tuple[float, float] = (0.0, 1.0)) -> Numbers:
    """The corners of a part of what has four corners; columns and rows as shares of it, 0 to 1."""
    across = [quad[0] + (quad[1] - quad[0]) * one for one in columns]
    below = [quad[3] + (quad[2] - quad[3]) * one for one in columns]
    upper, lower = ([(a + (b - a) * one) for a, b in zip(across, below, strict=True)] for one in rows)
    return np.array([upper[0], upper[1], lower[1], lower[0]], dtype=np.float32)


def _clearest_channel(pixels: Pixels) -> Numbers:
    # red on green of one lightness would vanish in grey
    channels = pixels.reshape(-1, 3)
    spread = np.percentile(channels, 99, axis=0) - np.percentile(channels, 1, axis=0)
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    if np.percentile(grey, 99) - np.percentile(grey, 1) >= 0.6 * float(spread.max()):
        return grey.astype(np.float32)
    return pixels[:, :, int(spread.argmax())].astype(np.float32)


def _pieces(ink: Numbers, pixels: Pixels) -> list[Body]:
    mask = (ink > _INKED).astype(np.uint8)
    count, labels, about, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    found = []
    for number in range(1, min(count, _MOST_BODIES)):
        left, top, width, height, area = (int(one) for one in about[number])
        if height < _LEAST_SIDE * HEIGHT and area < _LEAST_AREA * HEIGHT * HEIGHT:
            continue
        is_picture = False
        if min(width, height) >= _PICTURE_SIDE * HEIGHT:
            here = labels[top : top + height, left : left + width] == number
            is_picture = area >= _SOLID * width * height or _is_mottled(
                pixels[top : top + height, left : left + width][here],
                ink[top : top + height, left : left + width][here],
            )
        found.append(Body(left=left, right=left + width, top=top, bottom=top + height, is_picture=is_picture))
    return sorted(found, key=lambda one: (one.left, one.right))


def _is_mottled(colours: Pixels, ink: Numbers) -> bool:
    # a letter has one colour, and its edge lies between that and the background; only its inside is looked at
    inside = colours[ink > _INSIDE].astype(np.float32)
    if len(inside) < _FEW:
        return False
    away = np.abs(inside - np.median(inside, axis=0)).max(axis=1)
    return float((away > _OTHER_COLOUR).mean()) > _MOTTLED


def _merged(pieces: list[Body]) -> tuple[Body, ...]:
    """Pieces above one another are one body: the dot of an i, the accent of an é."""
    found: list[Body] = []
    for one in pieces:
        last = found[-1] if found else None
        if last is not None and one.left < last.right - _SHARED * min(one.right - one.left, last.right - last.left):
            found[-1] = Body(
                left=last.left,
                right=max(last.right, one.right),
                top=min(last.top, one.top),
                bottom=max(last.bottom, one.bottom),
                is_picture=last.is_picture or one.is_picture,
            )
        else:
            found.append(one)
    return tuple(found)
