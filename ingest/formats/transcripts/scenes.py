"""A page's lines set on its areas: what each of them stands on, and in which colour it is written.

Rule kept: a line stands on the area that most of its rim lies on; where its ground differs from the canvas though no
area is found (a small bubble with a steep gradient), it stands on whatever stands out of the canvas there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from ingest.formats.transcripts.scene import Area, Colour, Line, Scene, distance, unit_of
from ingest.formats.transcripts.surfaces import (
    Surface,
    Things,
    colour_at,
    even_light,
    large_things,
    rgb_of,
    standing_out,
    surface_of,
    thing_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from storage.transcription import Box, Page, TextLine

    Pixels = NDArray[np.uint8]

_OTHER: Final = 24  # colours of a line's ground and of the canvas that differ by more are two things
_OTHER_EVEN: Final = 14  # the same where it is known how light falls on the canvas
_INK: Final = 6  # percent of a line's box that its letters cover at least
_RIM: Final = 0.03  # of the page that a photograph shows around a screen at least
_CANDIDATES: Final = 3  # areas around a line that are looked at
_MOST_INK: Final = 20_000  # pixels of a line that are looked at


def scene_of(page: Page, pixels: Pixels) -> Scene:
    """The areas of a page, and each line with the area around it.

    Args:
        page: lines with their boxes in pixels of `pixels`.
        pixels: RGB, height x width x 3.
    """
    height, width = pixels.shape[:2]
    read = [one for one in page.lines if one.text.strip()]
    unit = unit_of(one.box.bottom - one.box.top for one in read)
    surface = surface_of(pixels, unit)
    canvas = surface.canvas
    known = {area.number: area for area in surface.areas}
    boxes: list[tuple[Box, TextLine | None]] = [(one.box, one) for one in read]
    boxes += [(one.box, None) for one in page.unread]
    other = _OTHER if surface.lit is None else _OTHER_EVEN
    placed: list[Line] = []
    lost: list[Line] = []
    for box, source in boxes:
        if box.left >= width or box.top >= height:
            continue
        line = _line(pixels, surface, known, box, source)
        off = line.area is None or line.area.backdrop
        if off and canvas is not None and distance(line.ground, _ground_near(surface, canvas, line)) > other:
            lost.append(line)
        else:
            placed.append(line)
    areas, things = list(surface.areas), list[Area]()
    if canvas is not None:
        parts = standing_out(surface, canvas)
        things = large_things(surface, parts, unit)
        found = [(line, _thing_around(surface, parts, line, things)) for line in lost]
        areas += {area.number: area for _, area in found if area is not None}.values()
        placed += [replace(line, area=area or line.area) for line, area in found]
    placed.sort(key=lambda line: (line.middle, line.left))
    return Scene(
        width=width,
        height=height,
        lines=tuple(placed),
        areas=tuple(areas),
        things=tuple(things),
        canvas=canvas,
        unit=unit,
        frame=_frame(placed, canvas, width, height, unit),
    )


def _line(pixels: Pixels, surface: Surface, known: dict[int, Area], box: Box, source: TextLine | None) -> Line:
    height, width = pixels.shape[:2]
    ink, ground = _ink(pixels[box.top : box.bottom, box.left : box.right])
    if surface.lit is not None and surface.canvas is not None:
        middle = (box.left + box.right) / 2 * surface.scale, (box.top + box.bottom) / 2 * surface.scale
        there = colour_at(surface.lit, *middle)
        ink, ground = (even_light(colour, surface.canvas.colour, there) for colour in (ink, ground))
    return Line(
        text=source.text.strip() if source is not None else "",
        left=box.left,
        top=box.top,
        right=min(box.right, width),
        bottom=min(box.bottom, height),
        area=_around(surface, known, (box.left, box.top, box.right, box.bottom)),
        ink=ink,
        ground=ground,
        source=source,
    )


def _frame(lines: Sequence[Line], canvas: Area | None, width: int, height: int, unit: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the screen: of the page, or within it where it is the photograph of a screen."""
    top = min((line.top for line in lines), default=0)
    bottom = max((line.bottom for line in lines), default=height)
    left, right = (canvas.left, canvas.right) if canvas is not None else (0, width)
    if width - (right - left) < width * _RIM:
        left, right = 0, width
    aside = (left, right) != (0, width)
    return (
        left,
        max(0, top - unit // 2) if top > height * _RIM else 0,
        right,
        min(height, bottom + unit * 2) if aside and height - bottom > height * _RIM else height,
    )


def _around(surface: Surface, known: dict[int, Area], box: tuple[int, int, int, int]) -> Area | None:
    """The area that most of a line's rim lies on; letters themselves belong to none."""
    labels, scale = surface.labels, surface.scale
    height, width = labels.shape
    rim = max(2, round((box[3] - box[1]) * scale * 0.12))
    left, top = max(0, int(box[0] * scale) - rim), max(0, int(box[1] * scale) - rim)
    right, bottom = min(width, int(box[2] * scale) + rim + 1), min(height, int(box[3] * scale) + rim + 1)
    window = labels[top:bottom, left:right]
    if window.size == 0:
        return None
    votes = np.concatenate(
        [window[:rim].ravel(), window[-rim:].ravel(), window[:, :rim].ravel(), window[:, -rim:].ravel()]
    )
    votes = votes[votes > 0]
    if votes.size == 0:
        votes = window[window > 0]
    if votes.size == 0:
        return None
    counts = np.bincount(votes)
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    for number in np.argsort(-counts, kind="stable")[:_CANDIDATES].tolist():
        area = known.get(number) if counts[number] else None
        # a strip that compression cut off a bubble lies at the rim of a line and not around it
        if area is not None and area.left <= x <= area.right and area.top <= y <= area.bottom:
            return area
    return None


def _ink(cut: Pixels) -> tuple[Colour, Colour]:
    """The colour of the letters in a line's box, and of what is behind them.

    What is behind covers most of the box; letters are the pixels that differ most from it.
    """
    if cut.size == 0:
        return (0, 0, 0), (0, 0, 0)
    flat = cut.reshape(-1, 3)[:: max(1, cut.shape[0] * cut.shape[1] // _MOST_INK)].astype(np.int16)
    ground = np.median(flat, axis=0)
    apart = np.abs(flat - ground).max(axis=1)
    strongest = flat[apart >= np.percentile(apart, 100 - _INK)]
    return rgb_of(np.median(strongest, axis=0)), rgb_of(ground)


def _ground_near(surface: Surface, canvas: Area, line: Line) -> Colour:
    """The canvas's colour in the rows of a line, since a canvas may have a gradient."""
    if surface.lit is not None:
        return canvas.colour  # the light was taken out of what the line stands on
    small, labels, scale = surface.small, surface.labels, surface.scale
    top, bottom = int(line.top * scale), int(line.bottom * scale) + 1
    rows = small[top:bottom][labels[top:bottom] == canvas.number]
    return rgb_of(np.median(rows, axis=0)) if rows.size else canvas.colour


def _thing_around(surface: Surface, things: Things, line: Line, large: Sequence[Area]) -> Area | None:
    """What stands out of the canvas around a line whose ground is no area of its own.

    A small bubble with a steep gradient is no area; it is still a connected part of what is not canvas.
    """
    parts, scale, size = things.parts, surface.scale, surface.size
    row = min(parts.shape[0] - 1, int(line.middle * scale))
    cut = parts[row, int(line.left * scale) : int(line.right * scale) + 1]
    if not (cut > 0).any():
        return None
    number = int(np.bincount(cut[cut > 0]).argmax())
    whole = thing_of(surface, things, number, line.ground)
    stretches = [area for area in large if whole.holds(area, 0) and area.top <= line.middle < area.bottom]
    area = replace(max(stretches, key=lambda one: one.width, default=whole), colour=line.ground)
    return area if area.width < size[0] * 0.95 and area.height < size[1] * 0.6 else None
