"""On which side a bubble stands.

Rule kept: bubbles of one side share an edge, so the side is told by the edge that a bubble shares with others and not
by a place on the page: a long bubble beside an avatar may lie right of the middle. Only where its edges do not tell,
the colour of bubbles whose side is known does, and that is said to be concluded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingest.formats.transcripts.scene import Area, Colour, Side, distance

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHARED: Final = 0.022  # of the page's width: edges nearer than this are one
_EVEN: Final = 0.03  # of the page's width: margins that differ by less are even
_PLAIN: Final = 0.12  # of the page's width: margins that differ by more tell a side alone
_NOTICE: Final = 0.5  # of the page's width: what is wider and not worded as a notice is a bubble
_SAME_COLOUR: Final = 14


def sides_of(bubbles: Sequence[Area], told: Sequence[bool], span: tuple[int, int]) -> list[tuple[Side, bool]]:
    """The side of each bubble, and whether it was concluded from its colour.

    `span` is where the screen begins and ends, in columns; `told` is whether the words of a bubble are those of a
    separator or a notice.
    """
    width = span[1] - span[0]
    slack = max(2, round(width * _SHARED))
    centred = [_is_centred(area, bubbles, span, told=its) for area, its in zip(bubbles, told, strict=True)]
    aside = [area for area, middle in zip(bubbles, centred, strict=True) if not middle]
    left_edge = min((area.left for area in aside), default=0)
    right_edge = max((area.right for area in aside), default=span[1])
    first: list[Side | None] = []
    for area, middle in zip(bubbles, centred, strict=True):
        at_left, at_right = area.left - left_edge <= slack, right_edge - area.right <= slack
        if middle:
            first.append(Side.CENTER)
        elif at_left != at_right:
            first.append(Side.LEFT if at_left else Side.RIGHT)
        else:
            first.append(_by_margin(area, span))
    return [
        (side, False) if side is not None else _by_colour(area, bubbles, first, span)
        for area, side in zip(bubbles, first, strict=True)
    ]


def _is_centred(area: Area, bubbles: Sequence[Area], span: tuple[int, int], *, told: bool) -> bool:
    """Whether margins are even and no other bubble shares an edge, as those of one side do."""
    width = span[1] - span[0]
    if abs(_leaning(area, span)) > width * (_EVEN * 2 if told else _EVEN) or area.width > width * 0.9:
        return False
    if told:
        return True
    if area.width > width * _NOTICE:
        return False
    slack = max(2, round(width * _SHARED * 0.5))
    others = [one for one in bubbles if one is not area]
    uneven = [one for one in others if abs(_leaning(one, span)) > width * _EVEN * 2]
    sharing = any(abs(one.left - area.left) <= slack or abs(one.right - area.right) <= slack for one in uneven)
    return not sharing


def _leaning(area: Area, span: tuple[int, int]) -> int:
    """By how much the left margin is wider than the right one."""
    return area.left - span[0] - (span[1] - area.right)


def _by_margin(area: Area, span: tuple[int, int]) -> Side | None:
    apart = _leaning(area, span)
    if abs(apart) < (span[1] - span[0]) * _PLAIN:
        return None
    return Side.RIGHT if apart > 0 else Side.LEFT


def _by_colour(
    area: Area, bubbles: Sequence[Area], sides: Sequence[Side | None], span: tuple[int, int]
) -> tuple[Side, bool]:
    known = [
        (distance(area.colour, one.colour), side)
        for one, side in zip(bubbles, sides, strict=True)
        if side in (Side.LEFT, Side.RIGHT)
    ]
    if known:
        nearest = min(known, key=lambda pair: pair[0])
        others = [apart for apart, side in known if side is not nearest[1]]
        if nearest[0] <= _SAME_COLOUR and (not others or min(others) > nearest[0] + _SAME_COLOUR):
            return nearest[1], True
        if nearest[0] > 3 * _SAME_COLOUR and not others:
            return (Side.LEFT if nearest[1] is Side.RIGHT else Side.RIGHT), True
    return (Side.RIGHT if _leaning(area, span) > 0 else Side.LEFT), True


def colour_of_side(bubbles: Sequence[tuple[Area, Side]], side: Side) -> Colour | None:
    """The colour of the largest bubble of a side."""
    of_side = [area for area, its in bubbles if its is side]
    return max(of_side, key=lambda one: one.width * one.height).colour if of_side else None
