"""Bubbles that are what the next one answers to, as applications print them above a reply.

Rule kept: a bubble is somebody's message unless it stands right above another one at its edge and repeats what was
said, names who said it, or is smaller and of a colour that no message of its side has.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Final

from ingest.formats.transcripts.likeness import ALIKE, alike, is_part, pairs_of
from ingest.formats.transcripts.scene import Scene, Side, distance, rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.formats.transcripts.bubbles import Bubble

_OTHER_COLOUR: Final = 16
_QUOTED: Final = 6  # pairs of letters that tell that words are repeated
_NAMED: Final = 2  # letters of a name at least
_LOOKED_BACK: Final = 40  # bubbles


def quotes_above(placed: Sequence[tuple[Bubble, Side, bool]], scene: Scene) -> set[int]:
    """The places of bubbles that are what the next one answers to: right above it, smaller, of another colour."""
    found: set[int] = set()
    for place in range(len(placed) - 1):
        (one, side, _), (after, its, _) = placed[place], placed[place + 1]
        near = after.area.top - one.area.bottom < scene.unit * 0.7
        shared = min(abs(one.area.left - after.area.left), abs(one.area.right - after.area.right)) < scene.unit
        smaller = median(line.height for line in one.lines) < median(line.height for line in after.lines) * 0.93
        other = distance(one.area.colour, after.area.colour) > _OTHER_COLOUR
        beside = [bubble.area for bubble, known, _ in placed if known is its and bubble is not one]
        strange = all(distance(one.area.colour, area.colour) > _OTHER_COLOUR // 4 for area in beside)
        told = _repeats(one, placed[:place]) or _names_somebody(one, scene)
        if near and shared and (told or (smaller and other and strange)) and side is not Side.CENTER:
            found.add(place)
    return found


def _repeats(quote: Bubble, before: Sequence[tuple[Bubble, Side, bool]]) -> bool:
    """Whether a bubble's rows below its first say what a bubble above it said."""
    rows = rows_of(quote.lines)
    words = pairs_of(" ".join(line.text for row in rows[1:] for line in row))
    if words.total() < _QUOTED:
        return False
    said = (pairs_of(" ".join(line.text for line in bubble.lines)) for bubble, _, _ in before[-_LOOKED_BACK:])
    return any(alike(words, one) >= ALIKE or is_part(words, one) for one in said)


def _names_somebody(quote: Bubble, scene: Scene) -> bool:
    """Whether a bubble's first row is a name that stands in the title or above a bubble."""
    rows = rows_of(quote.lines)
    name = " ".join(line.text for line in rows[0])
    if len(rows) < 2 or len(name) < _NAMED:  # noqa: PLR2004 - a name, and words
        return False
    return any(line.text == name and (line.area is None or line.area.backdrop) for line in scene.lines)
