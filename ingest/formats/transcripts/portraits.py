"""Portraits, and initials that stand in place of one: no words of a message.

Rule kept: a letter or two, or signs that nobody could read, are a portrait only where other writing, or a bubble
without any, stands right beside them in the same rows, where they stand in a column that bubbles leave free, or in
the column of other portraits; a message of two letters has the edge of other messages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingest.formats.transcripts.stamps import read_stamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.formats.transcripts.scene import Area, Line, Scene

_MOST: Final = 2  # letters
_APART: Final = 3.5  # line heights between a portrait and the writing beside it
_WIDEST: Final = 5  # line heights of a portrait
_EVEN: Final = 1.33  # times that one measure of a portrait is the other one at most
_LEAST_SHOWN: Final = 3  # the share of a portrait that the page's edge leaves at least, as its divisor


def without_initials(scene: Scene, body: Sequence[Line], span: tuple[int, int]) -> list[Line]:
    """The lines of a conversation without the letters of portraits; `span` is its first and last row of pixels."""
    longer = [line for line in body if len(line.text) > _MOST and read_stamp(line.text) is None]
    short = [line for line in body if len(line.text) <= _MOST]
    told = [line for line in short if _is_portrait(line, longer, scene)]
    discs = [disc for line in told if (disc := disc_around(line, scene)) is not None]
    gone = {id(line) for line in told}
    gone |= {id(line) for line in short if _among_portraits(line, discs, scene, span)}
    return [line for line in body if id(line) not in gone]


def _among_portraits(line: Line, discs: Sequence[Area], scene: Scene, span: tuple[int, int]) -> bool:
    """Whether a letter or two stand on a disc like others of its column, or on what the page's edge leaves of one."""
    area = line.area
    if area is None or area.backdrop:
        area = disc_around(line, scene)
    if area is None:
        return False
    slack = scene.unit // 4 + 1
    for disc in discs:
        same = abs(area.left - disc.left) <= slack and abs(area.width - disc.width) <= slack
        cut = area.top <= span[0] + slack or area.bottom >= span[1] - slack
        whole = abs(area.height - disc.height) <= slack
        if same and (whole or (cut and disc.height // _LEAST_SHOWN < area.height <= disc.height + slack)):
            return True
    return False


def is_disc(area: Area, line: Line, unit: int) -> bool:
    """Whether an area is small, as high as wide, and larger than the letters that stand in it."""
    even = area.height < area.width * _EVEN and area.width < area.height * _EVEN
    inside = area.left <= line.centre < area.right and area.top <= line.middle < area.bottom
    return even and inside and line.height * 0.9 < area.height and area.width < unit * _WIDEST


def disc_around(line: Line, scene: Scene) -> Area | None:
    """The disc or square that a letter or two stand on, None where there is none.

    Noise breaks a small disc into parts, so that what stands out of the canvas there tells it as well.
    """
    areas = [] if line.area is None or line.area.backdrop else [line.area]
    found = [area for area in (*areas, *scene.things) if is_disc(area, line, scene.unit)]
    return max(found, key=lambda area: area.width * area.height, default=None)


def _stands_beside(thing: Area, disc: Area, unit: int) -> bool:
    """Whether something that is no portrait stands right of a disc or left of it, such as dots of somebody typing."""
    gap = max(thing.left - disc.right, disc.left - thing.right)
    meets = thing.top < disc.bottom and disc.top < thing.bottom
    return meets and 0 <= gap < unit * _APART / 2 and thing.width > thing.height * _EVEN


def _is_portrait(line: Line, longer: Sequence[Line], scene: Scene) -> bool:
    disc = disc_around(line, scene)
    if disc is None and not line.text:
        return False  # something that nobody could read, and no portrait
    if disc is None and line.area is not None and not line.area.backdrop and line.area.width > line.area.height * _EVEN:
        return False
    place = disc or line
    for other in longer:
        if disc is not None and disc.left <= other.centre < disc.right and disc.top <= other.middle < disc.bottom:
            return False  # words stand in it
        if other.area is not None and other.area is line.area and not other.area.backdrop:
            continue
        over = other.area if other.area is not None and not other.area.backdrop else other
        meets = over.top < place.bottom and place.top < over.bottom
        gap = max(over.left - place.right, place.left - over.right)
        if meets and 0 <= gap < scene.unit * _APART:
            return True
    if disc is not None and any(_stands_beside(thing, disc, scene.unit) for thing in scene.things):
        return True
    # beside a picture, or a bubble whose words nobody could read: in the column that others leave free
    edges = [one.area.left for one in longer if one.area is not None and not one.area.backdrop]
    aside = any(0 <= edge - place.right < scene.unit * _APART / 2 for edge in edges)
    return aside and disc is not None and not any(abs(edge - place.left) < scene.unit // 2 for edge in edges)
