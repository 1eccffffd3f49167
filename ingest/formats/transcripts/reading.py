"""One page: whether it shows a conversation at all, and its pieces.

Rule kept: that a picture shows a chat is measured by signs that add up, and a photograph of paper, a web page or a
letter has too few of them. None is better than a letter cut into messages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ingest.formats.transcripts.gathering import gathered_bubbles
from ingest.formats.transcripts.pieces import Gathered, PieceKind
from ingest.formats.transcripts.portraits import without_initials
from ingest.formats.transcripts.rows import gathered_rows
from ingest.formats.transcripts.scene import Line, Scene, Side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.formats.transcripts.zones import Zones

_ENOUGH: Final = 3
_RIGHT_TO_LEFT: Final = (("\u0590", "\u08ff"), ("\ufb1d", "\ufdff"), ("\ufe70", "\ufeff"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPage:
    """A page of a conversation: its parts and its pieces.

    `right_to_left` is whether most of its letters run so, `mirrored` whether its interface does, so that the owner's
    messages stand on the left.
    """

    scene: Scene
    zones: Zones
    gathered: Gathered
    right_to_left: bool
    mirrored: bool


def read_page(scene: Scene, zones: Zones) -> ReadPage | None:
    """The pieces of a page, or None where it shows no conversation."""
    right_to_left = _runs_right_to_left([line.text for line in scene.lines])
    span = (zones.top, zones.bottom)
    body = without_initials(scene, zones.body, span)
    in_bubbles = gathered_bubbles(scene, body, span, right_to_left=right_to_left)
    held = _in_bubbles(scene, body)
    gathered = in_bubbles
    strength = _bubble_signs(scene, zones, in_bubbles) if held else 0
    if held < 0.5:  # noqa: PLR2004 - most of what is written stands in no bubble
        in_rows = gathered_rows(scene, body, right_to_left=right_to_left)
        if in_rows is not None:
            signs = _row_signs(zones, in_rows)
            if held < 0.3 or signs > strength:  # noqa: PLR2004
                gathered, strength = in_rows, signs
    if strength < _ENOUGH:
        return None
    interface = [zones.title or "", zones.subtitle or "", zones.field_words or "", *gathered.marks]
    interface += [piece.text for piece in gathered.pieces if piece.kind is PieceKind.STAMP]
    spoken = [text for text in interface if any(map(str.isalpha, text))]
    return ReadPage(
        scene=scene,
        zones=zones,
        gathered=gathered,
        right_to_left=right_to_left,
        mirrored=right_to_left and (not spoken or _runs_right_to_left(spoken)),
    )


def _runs_right_to_left(texts: Sequence[str]) -> bool:
    """Whether most letters belong to Hebrew, Arabic or another script that runs from right to left."""
    letters = [sign for text in texts for sign in text if sign.isalpha()]
    turned = sum(any(first <= sign <= last for first, last in _RIGHT_TO_LEFT) for sign in letters)
    return turned * 2 > len(letters)


def _in_bubbles(scene: Scene, body: Sequence[Line]) -> float:
    """How much of what is written in the conversation stands in areas of their own, as a share of its letters."""
    total = held = 0
    for line in body:
        size = len(line.text) or line.width // max(1, line.height)
        total += size
        if line.area is not None and not line.area.backdrop and line.area.width > scene.unit:
            held += size
    return held / total if total else 0.0


def _bubble_signs(scene: Scene, zones: Zones, gathered: Gathered) -> int:
    messages = [piece for piece in gathered.pieces if piece.kind is PieceKind.MESSAGE and piece.colour is not None]
    if not messages:
        return 0
    narrow = [piece for piece in messages if piece.right - piece.left < scene.wide * 0.93]
    sides = {piece.side for piece in narrow if not piece.guessed}
    signs = 2 if {Side.LEFT, Side.RIGHT} <= sides else int(len(narrow) > 0)
    aligned = len({round(piece.left / max(1, scene.unit)) for piece in narrow}) < len(narrow)
    signs += int(len(narrow) > 2 and aligned)  # noqa: PLR2004 - several that share an edge
    signs += int(any(piece.time or piece.label for piece in messages))
    signs += int(any(piece.kind is PieceKind.STAMP for piece in gathered.pieces)) + int(bool(gathered.marks))
    return signs + _bar_signs(zones)


def _row_signs(zones: Zones, gathered: Gathered) -> int:
    messages = [piece for piece in gathered.pieces if piece.kind is PieceKind.MESSAGE]
    timed = sum(piece.time is not None for piece in messages)
    named = len({piece.label for piece in messages if piece.label})
    signs = min(2, len(messages)) + int(timed > 1) + int(named > 1) if messages and named else 0
    return signs + _bar_signs(zones) if signs else 0


def _bar_signs(zones: Zones) -> int:
    """What the telephone and the application print around a conversation."""
    return int(zones.clock is not None) + 2 * int(bool(zones.field_words or zones.draft)) + 2 * int(zones.keyboard)
