"""Areas of one colour in a page's pixels: bubbles, bars, keys, and the canvas that they stand on.

Rule kept: an area ends where the colour changes within a few pixels, however little, and goes on where it changes
slowly. So a bubble with a gradient is one area, a photograph that is lit from one side falls into the same areas as
the screen, and a pale bubble on a pale canvas is still found. The change is the morphological gradient (dilation
less erosion, 3 x 3) of the page scaled to a working width; areas are connected components (4 neighbours) of what
lies below a threshold, which follows the noise that was measured.

Bounded: the working page has at most `_MOST_PIXELS` pixels, the areas looked at are the largest `_MOST_AREAS`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from ingest.formats.transcripts.canvases import canvas_plane, freed
from ingest.formats.transcripts.scene import Area, Colour

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]
    Labels = NDArray[np.int32]
    Plane = NDArray[np.float32]

_WORKING_WIDTH: Final = 640
_LINE_HEIGHT: Final = 15  # pixels that a line should still have on the working page
_MOST_PIXELS: Final = 4_000_000
_MOST_AREAS: Final = 4_000
_MOST_THINGS: Final = 300
_LEAST_CHANGE, _MOST_CHANGE = 3, 12
_NOISY: Final = 0.08  # of a page's pixels
_MOST_STRETCHES: Final = 64
_GAP: Final = 0.4  # of what a thing differs from the canvas: less is a blurred gap between two
_NECK: Final = 0.3  # of its greatest width that a thing has everywhere
_LIT: Final = 64  # of 255: a canvas that is brighter shows how much light there is
_WHOLE: Final = 0.97  # of a page's width that the canvas has, unless a screen was photographed
_OF_SCREEN: Final = 0.93  # of a photographed screen's width that its bars have


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """A page scaled to work on, with the number of the area that each of its pixels belongs to (0 for none).

    `scale` is working pixels for a pixel of the page, `size` the page's width and height, `limit` the change of
    colour that still is one area, `plane` the colour that the canvas has everywhere, where light falls on it.
    """

    small: Pixels = field(repr=False)
    labels: Labels = field(repr=False)
    areas: tuple[Area, ...]
    canvas: Area | None
    scale: float
    size: tuple[int, int]
    limit: int
    plane: Plane | None = field(default=None, repr=False)

    @property
    def lit(self) -> Plane | None:
        """The plane where a screen was photographed, so that light changes all colours and not the canvas alone."""
        aside = self.canvas is not None and self.canvas.width < self.size[0] * _WHOLE
        return self.plane if aside else None


def surface_of(pixels: Pixels, unit: int) -> Surface:
    """The areas of a page whose ordinary line is `unit` pixels high."""
    height, width = pixels.shape[:2]
    scale = _scale(width, height, unit)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    scaled = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA) if scale < 1 else pixels
    small: Pixels = np.ascontiguousarray(scaled, dtype=np.uint8)
    labels, found, limit, noisy = _areas(small, scale, (width, height))
    areas = _with_backdrops(found, width, height)
    canvas = _canvas_of(areas)
    plane = None
    if noisy and canvas is not None:
        plane = canvas_plane(small, labels, canvas.number)
        if plane is not None:
            areas += _freed(small, labels, canvas, plane, scale, (width, height), unit)
            if canvas.width < width * _WHOLE:
                areas = [replace(area, colour=_evened(area, canvas, plane[0], scale)) for area in areas]
    if canvas is not None and canvas.width < width * _WHOLE:
        least = canvas.width * _OF_SCREEN
        areas = [area if area.backdrop else replace(area, backdrop=area.width > least) for area in areas]
    return Surface(
        small=small,
        labels=labels,
        areas=tuple(areas),
        canvas=canvas,
        scale=scale,
        size=(width, height),
        limit=limit,
        plane=None if plane is None else plane[0],
    )


def _canvas_of(areas: Sequence[Area]) -> Area | None:
    """The backdrop that covers most."""
    backdrops = [area for area in areas if area.backdrop]
    return max(backdrops, key=lambda one: one.width * one.height * one.filled, default=None)


def _evened(area: Area, canvas: Area, plane: Plane, scale: float) -> Colour:
    """The colour of an area as it would be if light fell on all of the page as on the canvas at large."""
    x, y = (area.left + area.right) / 2 * scale, (area.top + area.bottom) / 2 * scale
    return even_light(area.colour, canvas.colour, colour_at(plane, x, y))


def colour_at(plane: Plane, x: float, y: float) -> NDArray[np.float32]:
    """The colour that the canvas has at a place of the working page."""
    height, width = plane.shape[:2]
    return np.asarray(plane[min(height - 1, max(0, int(y))), min(width - 1, max(0, int(x)))], dtype=np.float32)


def even_light(colour: Colour, canvas: Colour, there: NDArray[np.float32]) -> Colour:
    """A colour as it would be where the canvas has its own, seen where the canvas looks like `there`.

    Light that is missing dims all colours in proportion; on a dark canvas there is only what is reflected, which adds.
    """
    seen, usual = np.asarray(colour, np.float32), np.asarray(canvas, np.float32)
    return rgb_of(np.where(there > _LIT, seen * usual / np.maximum(there, 1), seen + usual - there))


def _freed(
    small: Pixels,
    labels: Labels,
    canvas: Area,
    plane: tuple[Plane, float],
    scale: float,
    size: tuple[int, int],
    unit: int,
) -> list[Area]:
    """The areas that had run into the canvas, which `labels` then has as their own."""
    parts = freed(small, labels, canvas.number, *plane, unit * scale)
    count = int(parts.max()) + 1
    if count == 1:
        return []
    first = int(labels.max())
    stats = np.zeros((count, 5), np.int64)
    for number in range(1, count):
        rows, columns = np.nonzero(parts == number)
        left, top = columns.min(), rows.min()
        stats[number] = left, top, columns.max() + 1 - left, rows.max() + 1 - top, rows.size
    areas = _measured(small, parts, count, stats, scale, size)
    labels[parts > 0] = parts[parts > 0] + first
    return [replace(area, number=area.number + first) for area in areas]


def _scale(width: int, height: int, unit: int) -> float:
    wanted = max(_WORKING_WIDTH / width, _LINE_HEIGHT / unit)
    return float(min(1.0, wanted, (_MOST_PIXELS / (width * height)) ** 0.5))


def _areas(small: Pixels, scale: float, size: tuple[int, int]) -> tuple[Labels, list[Area], int, bool]:
    """The numbered areas of the working page, with places in pixels of the whole one.

    With them come the limit of change, and whether there is noise.
    """
    kernel = np.ones((3, 3), np.uint8)
    change = cv2.morphologyEx(small, cv2.MORPH_GRADIENT, kernel).max(axis=2)
    noise = _noise(change)
    if noise > 0:  # thin lines around fields are seen only in pictures that were not compressed
        change = cv2.morphologyEx(cv2.medianBlur(small, 3), cv2.MORPH_GRADIENT, kernel).max(axis=2)
    limit = min(_MOST_CHANGE, _LEAST_CHANGE + round(noise))
    flat = (change <= limit).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(flat, connectivity=4, ltype=cv2.CV_32S)
    found = np.asarray(labels, dtype=np.int32)
    areas = _measured(small, found, count, np.asarray(stats), scale, size)
    return found, areas, limit, noise > 0


def _noise(change: NDArray[Any]) -> float:
    """What compression or a camera left in areas of one colour; 0 where such small changes are few."""
    small = change[(change > 0) & (change <= _MOST_CHANGE)]
    if small.size < change.size * _NOISY:
        return 0.0
    return float(np.median(small))


def _measured(
    small: Pixels, labels: Labels, count: int, stats: NDArray[Any], scale: float, size: tuple[int, int]
) -> list[Area]:
    flat = labels.ravel()
    sizes = np.maximum(1, np.bincount(flat, minlength=count))
    means = [np.bincount(flat, weights=small[:, :, channel].ravel(), minlength=count) / sizes for channel in range(3)]
    order = np.argsort(-stats[:, cv2.CC_STAT_AREA], kind="stable")[:_MOST_AREAS]
    areas = []
    for number in order.tolist():
        if number == 0:
            continue  # the changes themselves
        left, top, wide, high, covered = (int(value) for value in stats[number])
        areas.append(
            Area(
                number=number,
                # the change takes one pixel of each side
                left=max(0, round((left - 1) / scale)),
                top=max(0, round((top - 1) / scale)),
                right=min(size[0], round((left + wide + 1) / scale)),
                bottom=min(size[1], round((top + high + 1) / scale)),
                filled=1000 * covered // max(1, wide * high),
                colour=rgb_of(np.array([mean[number] for mean in means])),
            )
        )
    return areas


def _with_backdrops(areas: Sequence[Area], width: int, height: int) -> list[Area]:
    """The areas, those marked on which other things stand: from edge to edge, or a large part of the page."""
    slack = width // 100 + 1
    marked = []
    for area in areas:
        spans = area.left <= slack and area.right >= width - slack and area.width > 0
        covered = area.width * area.height * area.filled
        large = covered > 400 * width * height or (covered > 200 * width * height and area.width > width * 0.7)
        marked.append(replace(area, backdrop=True) if spans or large else area)
    return marked


@dataclass(frozen=True, slots=True, kw_only=True)
class Things:
    """What stands out of the canvas, as connected parts with their measures, and by how much each pixel does."""

    parts: Labels = field(repr=False)
    stats: NDArray[Any] = field(repr=False)
    apart: NDArray[np.int16] = field(repr=False)


def standing_out(surface: Surface, canvas: Area) -> Things:
    """The connected parts of what is not canvas, with their measures.

    Canvas is its area, and what has the colour that it has in the same row: a narrow gap between two bubbles is too
    small to belong to the area.
    """
    small = surface.small
    inside = surface.labels == canvas.number
    counts = np.maximum(1, inside.sum(axis=1))[:, None]
    sums = (small * inside[:, :, None]).sum(axis=1, dtype=np.float64) / counts
    rows = np.where(inside.any(axis=1)[:, None], sums, np.asarray(canvas.colour, np.float64)).astype(np.int16)
    behind = rows[:, None, :] if surface.plane is None else surface.plane.astype(np.int16)
    apart = np.abs(small.astype(np.int16) - behind).max(axis=2)
    rest = (~inside & (apart > surface.limit)).astype(np.uint8)
    _, parts, stats, _ = cv2.connectedComponentsWithStats(rest, connectivity=4, ltype=cv2.CV_32S)
    return Things(parts=np.asarray(parts, dtype=np.int32), stats=np.asarray(stats), apart=apart)


def thing_of(surface: Surface, things: Things, number: int, colour: Colour) -> Area:
    """One of the things as an area of the page; its number is negative, and one that no stretch of it has."""
    left, top, wide, high, covered = (int(value) for value in things.stats[number])
    return _placed(surface, (left, top, left + wide, top + high), covered, -number * _MOST_STRETCHES, colour)


def _placed(surface: Surface, box: tuple[int, int, int, int], covered: int, number: int, colour: Colour) -> Area:
    """A rectangle of the working page as an area of the page."""
    scale, size = surface.scale, surface.size
    return Area(
        number=number,
        left=max(0, round(box[0] / scale)),
        top=max(0, round(box[1] / scale)),
        right=min(size[0], round(box[2] / scale)),
        bottom=min(size[1], round(box[3] / scale)),
        filled=1000 * covered // max(1, (box[2] - box[0]) * (box[3] - box[1])),
        colour=colour,
    )


def large_things(surface: Surface, things: Things, unit: int) -> list[Area]:
    """What stands out of the canvas and is larger than letters are: bubbles, pictures, portraits."""
    small, parts, stats = surface.small, things.parts, things.stats
    large = np.flatnonzero(
        np.minimum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]) > unit * surface.scale * 1.2
    )
    found = []
    for number in large.tolist()[:_MOST_THINGS]:
        if number == 0:
            continue
        left, top, wide, high = (int(value) for value in stats[number][:4])
        window = parts[top : top + high, left : left + wide] == number
        apart = things.apart[top : top + high, left : left + wide]
        solid = window & (apart > _GAP * np.median(apart[window]))
        stretches = _stretches(solid, round(unit * surface.scale))
        for place, (start, end) in enumerate(stretches):
            part = window[start:end]
            across = np.flatnonzero(part.any(axis=0))
            first, last = left + int(across[0]), left + int(across[-1]) + 1
            colour = rgb_of(np.median(small[top + start : top + end, left : left + wide][part], axis=0))
            size = int(part.sum())
            name = -number * _MOST_STRETCHES - place
            found.append(_placed(surface, (first, top + start, last, top + end), size, name, colour))
    return found


def _stretches(window: NDArray[np.bool_], unit: int) -> list[tuple[int, int]]:
    """The rows of a thing, cut where it is narrow: a sign over the edges of two bubbles makes one thing of them."""
    widths = window.sum(axis=1)
    narrow = widths < widths.max() * _NECK
    found: list[tuple[int, int]] = []
    start = 0
    for row in [*np.flatnonzero(narrow).tolist(), widths.size]:
        if row - start > unit:
            found.append((start, row))
        start = row + 1
    return found if 1 < len(found) < _MOST_STRETCHES else [(0, widths.size)]


def rgb_of(values: NDArray[Any]) -> Colour:
    """Three numbers as a colour."""
    red, green, blue = (min(255, max(0, round(float(value)))) for value in values)
    return red, green, blue
