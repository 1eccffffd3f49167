"""Bubbles of a page: which lines stand in one, and what lies within it as an area of its own.

Rule kept: an area that holds lines is a bubble, unless it lies within another (a quotation) or over another's edge (a
reaction with its count).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from ingest.formats.transcripts.interface_words import is_notice, is_typing
from ingest.formats.transcripts.pieces import joined
from ingest.formats.transcripts.scene import Area, Line, Scene, Side, distance, rows_of
from ingest.formats.transcripts.sides import sides_of
from ingest.formats.transcripts.stamps import ends_with_time, read_stamp, split_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_PALER: Final = 30
_BADGE: Final = 3  # characters
_ONE_COLOUR: Final = 12
_STRIP: Final = 0.82  # of a bubble's width that each part of it has
_DOTS: Final = re.compile(r"[\s.·•●○…。oO‥∙⋯]{1,8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubble:
    """A bubble with its lines, and what lies within it as an area of its own."""

    area: Area
    lines: tuple[Line, ...]
    inner: tuple[tuple[Area, tuple[Line, ...]], ...] = ()


def bubbles_of(scene: Scene, body: Sequence[Line]) -> tuple[list[Bubble], list[Line], list[str]]:
    """The bubbles of a page from top to bottom, the lines that stand in none, and what was left out, in words."""
    by_area: dict[int, list[Line]] = {}
    areas: dict[int, Area] = {}
    loose: list[Line] = []
    for line in body:
        if line.area is None or line.area.backdrop:
            loose.append(line)
        else:
            by_area.setdefault(line.area.number, []).append(line)
            areas[line.area.number] = line.area
    loose += _over_edges(scene, areas, by_area)
    _join_strips(scene, areas, by_area)
    parents = _parents(areas.values(), scene)
    bubbles = []
    notes = []
    for number, lines in by_area.items():
        if number in parents:
            continue
        inner = {child: list(by_area[child]) for child, parent in parents.items() if parent == number}
        own: list[Line] = []
        for line in lines:
            around = next((child for child in inner if _surrounds(areas[child], line)), None)
            (own if around is None else inner[around]).append(line)  # most of its rim may lie beyond the edge
        if not own:
            own, inner = list(lines), {child: list(by_area[child]) for child in inner}
        parts = tuple((areas[child], tuple(held)) for child, held in inner.items())
        bubbles.append(Bubble(area=areas[number], lines=tuple(own), inner=parts))
    kept = []
    for bubble in bubbles:
        if _is_badge(bubble, bubbles, scene):
            notes.append("a reaction is shown that could not be read")
        else:
            kept.append(bubble)
    kept.sort(key=lambda bubble: (bubble.area.top, bubble.area.left))
    return kept, loose, notes


def _over_edges(scene: Scene, areas: dict[int, Area], by_area: dict[int, list[Line]]) -> list[Line]:
    """Take apart what stands out as one thing though areas with text lie in it, and give the lines that lie in none.

    The bubble is one of those areas, or signs stand over its edge.
    """
    loose: list[Line] = []
    for number in [number for number in areas if number < 0]:
        within = [areas[other] for other in areas if other > 0 and areas[number].holds(areas[other], scene.unit // 4)]
        if not within:
            continue
        for line in by_area.pop(number):
            around = next((area for area in within if _surrounds(area, line)), None)
            if around is None:
                loose.append(line)
            else:
                by_area[around.number].append(replace(line, area=around))
        del areas[number]
    return loose


def _surrounds(area: Area, line: Line) -> bool:
    """Whether a line stands well within an area."""
    inside = area.left <= line.centre < area.right
    return inside and area.top + line.height * 0.3 < line.middle < area.bottom - line.height * 0.3


def _join_strips(scene: Scene, areas: dict[int, Area], by_area: dict[int, list[Line]]) -> None:
    """Make one of areas that are parts of one bubble: they lie in one thing, and have its edges or one colour.

    A steep gradient that was compressed falls into such strips.
    """
    slack = max(2, scene.unit // 2)
    for thing in scene.things:
        if thing.width > scene.width * 0.95 or thing.height > scene.height * 0.6:
            continue
        inside = sorted((area for area in areas.values() if thing.holds(area, slack)), key=lambda area: area.top)
        strips = [
            area
            for area in inside
            if (area.width > thing.width * _STRIP and area.height < thing.height * _STRIP)
            or any(other is not area and _is_one_with(area, other, slack) for other in inside)
        ]
        if len(strips) < 2:  # noqa: PLR2004 - what is to be joined
            continue
        first = max(strips, key=lambda area: area.width * area.height)
        whole = replace(first, left=thing.left, top=thing.top, right=thing.right, bottom=thing.bottom)
        lines = [line for area in strips for line in by_area.pop(area.number)]
        for area in strips:
            del areas[area.number]
        areas[whole.number] = whole
        by_area[whole.number] = [replace(line, area=whole) for line in lines]


def _is_one_with(area: Area, other: Area, slack: int) -> bool:
    """Whether two parts of a thing are one bubble: of one colour, and none within the other, as a quotation is."""
    apart = not area.holds(other, slack) and not other.holds(area, slack)
    edges = abs(area.left - other.left) < 2 * slack and abs(area.right - other.right) < 3 * slack
    # what a bubble breaks into overlaps itself, which two bubbles never do
    common = min(area.bottom, other.bottom) - max(area.top, other.top)
    meets = area.left < other.right and other.left < area.right and 2 * common > min(area.height, other.height)
    near = distance(area.colour, other.colour)
    within = area.holds(other, slack // 3) or other.holds(area, slack // 3)
    return (apart and edges and near <= _ONE_COLOUR) or (not within and meets and near <= 2 * _ONE_COLOUR)


def _parents(areas: Iterable[Area], scene: Scene) -> dict[int, int]:
    """For areas that lie within a bubble, the number of the outermost one."""
    known = sorted(areas, key=lambda area: -area.width * area.height)
    slack = max(2, scene.unit // 6)
    parents: dict[int, int] = {}
    for place, area in enumerate(known):
        for other in known[:place]:
            if other.number not in parents and other.holds(area, slack):
                parents[area.number] = other.number
                break
    return parents


def _is_badge(bubble: Bubble, bubbles: Sequence[Bubble], scene: Scene) -> bool:
    """Whether it is small and lies over the edge of another: a reaction with its count."""
    area = bubble.area
    text = "".join(line.text for line in bubble.lines)
    if len(text) > _BADGE + 2 or area.height > scene.unit * 1.5 or sum(map(str.isalpha, text)) > 1:
        return False
    return any(
        other is not bubble
        and other.area.height > area.height
        and other.area.left - scene.unit < area.left
        and area.right < other.area.right + scene.unit
        and (
            area.top < other.area.bottom + scene.unit * 0.25 < area.bottom + scene.unit * 0.5
            or area.top < other.area.top < area.bottom
        )
        for other in bubbles
    )


def is_typing_bubble(bubble: Bubble) -> bool:
    """Whether it shows only that somebody writes."""
    text = " ".join(line.text for line in bubble.lines)
    return _DOTS.fullmatch(text) is not None or is_typing(text)


def times_stand_in(bubbles: Sequence[Bubble]) -> bool:
    """Whether bubbles of this page have their time within."""
    apart = ending = 0
    for bubble in bubbles:
        rows = rows_of(bubble.lines)
        last = rows[-1][-1]
        stamp = read_stamp(last.text)
        stamped = (stamp is not None and stamp.time is not None) or split_time(last.text)[0] == ""
        if stamped and is_paler(last, bubble.lines) and not is_wrapped(last, rows[-1], rows[:-1]):
            apart += 1
        elif ends_with_time(last.text):
            ending += 1
    return apart > 0 or (ending > 1 and ending * 5 >= len(bubbles) * 3)


def is_paler(line: Line, lines: Sequence[Line]) -> bool:
    """Whether a line is written smaller or paler than the largest of the others, as a time is and text is not."""
    others = [one for one in lines if one is not line]
    if not others:
        return False
    text = max(others, key=lambda one: one.width)
    return line.height < text.height * 0.86 or distance(line.ink, text.ink) > _PALER


def is_wrapped(line: Line, row: Sequence[Line], above: Sequence[Sequence[Line]]) -> bool:
    """Whether a time stands where the text goes on, in its colour: alone in its row, at the edge of the rows above.

    Digits are lower than letters with strokes above and below, so that their height says little.
    """
    if len(row) > 1 or not above:
        return False
    text = max((other for one in above for other in one), key=lambda one: one.width)
    return abs(line.left - text.left) < line.height // 2 and distance(line.ink, text.ink) <= _PALER


def with_sides(
    bubbles: Sequence[Bubble], span: tuple[int, int], *, right_to_left: bool = False
) -> list[tuple[Bubble, Side, bool]]:
    """Each bubble with its side, and whether that was concluded."""
    told = []
    for bubble in bubbles:
        text = joined(bubble.lines, right_to_left=right_to_left)
        stamp = read_stamp(text)
        told.append((stamp is not None and stamp.day is not None) or is_notice(text))
    found = sides_of([bubble.area for bubble in bubbles], told, span)
    return [(bubble, side, guessed) for bubble, (side, guessed) in zip(bubbles, found, strict=True)]
