"""Messages in which nothing was read: pictures without a word, and bubbles whose words an engine passed over.

Rule kept: what looks like a message is not left out of a transcript because nobody could read it. It counts as one
where it shares an edge with the bubbles of a side: a bubble of their colour holds words or signs that were not read,
what is of many colours is a picture. Whatever is smaller than a line or two (reactions) is none, nor is a short bubble
that stands last on the left, where the dots of somebody typing stand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingest.formats.transcripts.pieces import Piece, PieceKind
from ingest.formats.transcripts.scene import Area, Scene, Side, distance

if TYPE_CHECKING:
    from collections.abc import Sequence

_SAME_COLOUR: Final = 6
_EDGE: Final = 0.02  # of the screen's width: edges nearer than this are one
_LEAST_WIDE, _LEAST_SIGN, _LEAST_HIGH = 5.0, 2.0, 1.4  # line heights of a bubble of words, and of one of a sign
_PICTURE: Final = 3.5  # line heights of a picture, at least
_SOLID: Final = 550  # thousandths of its rectangle that it covers
_WIDEST: Final = 0.92  # of the screen


def wordless(scene: Scene, messages: Sequence[Piece], span: tuple[int, int]) -> list[Piece]:
    """The messages of a page in which nothing was read; `span` is where its conversation begins and ends, in rows."""
    known = [piece for piece in messages if piece.colour is not None and not piece.guessed]
    found: list[Piece] = []
    for area in _candidates(scene, span):
        if any(_meets(area, piece) for piece in (*messages, *found)):
            continue
        if any(area.left <= line.centre < area.right and area.top <= line.middle < area.bottom for line in scene.lines):
            continue
        beside = [piece for piece in known if _shares_edge(area, piece, scene)]
        alike = [piece for piece in beside if piece.colour and distance(piece.colour, area.colour) <= _SAME_COLOUR]
        # dots of somebody typing stand last, and not on the owner's side
        least = _LEAST_WIDE if all(piece.bottom <= area.top for piece in messages) else _LEAST_SIGN
        if alike and area.width > (_LEAST_SIGN if alike[0].side is Side.RIGHT else least) * scene.unit:
            found.append(_message(area, alike[0].side, unread=True))
        elif beside and min(area.width, area.height) > _PICTURE * scene.unit and area.number < 0:
            found.append(_message(area, beside[0].side, unread=False))
    return found


def _candidates(scene: Scene, span: tuple[int, int]) -> list[Area]:
    """Solid areas, and then whatever else stands out of the canvas, within the conversation."""
    return [
        area
        for area in (*scene.areas, *scene.things)
        if not area.backdrop
        and area.height > _LEAST_HIGH * scene.unit
        and area.width < _WIDEST * scene.wide
        and area.filled > _SOLID
        and span[0] <= area.top
        and area.bottom <= span[1]
    ]


def _meets(area: Area, piece: Piece) -> bool:
    return area.left < piece.right and piece.left < area.right and area.top < piece.bottom and piece.top < area.bottom


def _shares_edge(area: Area, piece: Piece, scene: Scene) -> bool:
    slack = scene.wide * _EDGE
    if piece.side is Side.LEFT:
        return abs(area.left - piece.left) <= slack
    return piece.side is Side.RIGHT and abs(area.right - piece.right) <= slack


def _message(area: Area, side: Side, *, unread: bool) -> Piece:
    return Piece(
        kind=PieceKind.MESSAGE,
        left=area.left,
        top=area.top,
        right=area.right,
        bottom=area.bottom,
        side=side,
        unread=unread,
        attachments=int(not unread),
        colour=area.colour,
    )
