"""Whether the letters of a reading account for the ink of its line: the script check of the first engine.

A recogniser answers with the nearest letter that it knows, or with nothing at all, and is sure of both. What it cannot
hide is the ink. Three things are looked at, each measured on samples (`benchmarks/ocr_lines.py` gives the figures):

- *covered*: ink has a character close by. Cyrillic, Arabic, Hangul and Devanagari leave long stretches empty.
- *bodies*: in Latin print a letter is one body (its dots and accents belong to it), or touches its neighbour. More
  bodies than characters are letters left out: Vietnamese loses those with two marks, Spanish its first "¡".
- *sureness*: of short lines all letters, of long ones their mean. Amharic, Hebrew and Thai are read as letters, badly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ingest.formats.ocr.languages import FIRST_ENGINE_SCRIPTS, HAN_SCRIPTS, LATIN, main_script, script_of
from ingest.formats.ocr.strips import HEIGHT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ingest.formats.ocr.readings import Glyph, Reading
    from ingest.formats.ocr.strips import Strip

_INKED: Final = 0.4
_EDGE: Final = 5  # rows above and below that are not looked at: a neighbouring line may reach in
_REACH: Final = 17.0  # columns to each side that a letter accounts for
_WIDE_REACH: Final = 25.0
_WIDE: Final = frozenset("mwMWQOGD@%—\u2013…&")
_SEVERAL: Final = {'"': 2, "“": 2, "”": 2, "„": 2, "«": 2, "»": 2, "%": 3, "…": 3, "‰": 4, "¨": 2}
_MOST_UNCOVERED: Final = 0.12
_MOST_OUTSIDE: Final = 0.25  # of the inked columns may lie outside of all words
_MOST_WIDTH_A_LETTER: Final = 48  # inked columns: a square character
_SHORT: Final = 6
_SHORT_MEAN: Final = 900
_SHORT_LEAST: Final = 700
_LONG_MEAN: Final = 820
_WRITING: Final = 3  # bodies, or the width of as many, that are taken for writing and not for a sign
_WRITING_WIDTH: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What the ink says of a reading.

    `uncovered` is the share of inked columns that no character accounts for; `left_out` how many bodies there are more
    than characters, 0 where that cannot be told; `is_strange` that the reading cannot be believed; `is_writing` that
    there is writing at all.
    """

    uncovered: float
    left_out: int
    is_strange: bool
    is_writing: bool


def without_pictures(reading: Reading, strip: Strip) -> Reading:
    """A reading without the characters that stand on pictures (emoji, avatars), which are no letters."""
    pictures = [(one.left, one.right) for one in strip.bodies if one.is_picture]
    if not pictures or not reading.glyphs:
        return reading
    kept, text, place = [], [], 0
    for glyph in reading.glyphs:
        start = reading.text.index(glyph.text, place)
        text.append(reading.text[place:start])
        place = start + len(glyph.text)
        is_letter = script_of(glyph.text) in HAN_SCRIPTS or glyph.confidence >= 990  # noqa: PLR2004 - surely a letter
        if is_letter or not any(left <= glyph.at <= right for left, right in pictures):
            kept.append(glyph)
            text.append(glyph.text)
    text.append(reading.text[place:])
    mean = round(sum(one.confidence for one in kept) / len(kept)) if kept else 0
    return type(reading)(
        text=" ".join("".join(text).split()), confidence=mean, engine=reading.engine, glyphs=tuple(kept)
    )


def check(reading: Reading, strip: Strip) -> Check:
    """What the ink of a strip says of a reading by characters."""
    bodies = [one for one in strip.bodies if not one.is_picture]
    uncovered, stretch = _uncovered(reading, strip)
    width = sum(one.right - one.left for one in bodies)
    return Check(
        uncovered=uncovered,
        left_out=_left_out(reading, len(bodies)),
        is_strange=uncovered > _MOST_UNCOVERED or stretch > HEIGHT or _is_unsure(reading) or _is_foreign(reading),
        is_writing=len(bodies) >= _WRITING or (len(bodies) > 1 and width >= _WRITING_WIDTH * HEIGHT),
    )


def accounts_for(reading: Reading, strip: Strip) -> bool:
    """Whether the words of a reading take up the ink of its strip: a few sure letters in a long line are no line."""
    inked = _inked(strip)
    total = int(inked.sum())
    for span in reading.spans:
        inked[max(0, int(span.left) - _EDGE) : int(span.right) + _EDGE] = False
    letters = sum(not one.isspace() for one in reading.text)
    return int(inked.sum()) <= _MOST_OUTSIDE * total and letters * _MOST_WIDTH_A_LETTER >= total


def _inked(strip: Strip) -> NDArray[np.bool_]:
    inked = np.asarray((strip.ink[_EDGE : HEIGHT - _EDGE] > _INKED).any(axis=0), dtype=np.bool_)
    for one in strip.bodies:
        if one.is_picture:
            inked[one.left : one.right] = False
    return inked


def _uncovered(reading: Reading, strip: Strip) -> tuple[float, int]:
    """The share of inked columns without a character, and the longest run of them."""
    inked = _inked(strip)
    total = int(inked.sum())
    if not total:
        return 0.0, 0
    for glyph in reading.glyphs:
        reach = _reach(glyph)
        inked[max(0, int(glyph.at - reach)) : int(glyph.at + reach) + 1] = False
    edges = np.flatnonzero(np.diff(np.concatenate(([0], inked.astype(np.int8), [0]))))
    longest = int((edges[1::2] - edges[::2]).max()) if len(edges) else 0
    return float(inked.sum()) / total, longest


def _reach(glyph: Glyph) -> float:
    is_wide = glyph.text in _WIDE or script_of(glyph.text) in HAN_SCRIPTS or ord(glyph.text[0]) > 0x2E80  # noqa: PLR2004
    return _WIDE_REACH if is_wide else _REACH


def _left_out(reading: Reading, bodies: int) -> int:
    if main_script(reading.text) != LATIN or any(script_of(one.text) in HAN_SCRIPTS for one in reading.glyphs):
        return 0
    characters = sum(_SEVERAL.get(one.text, 1) for one in reading.glyphs)
    return max(0, bodies - characters)


def _is_unsure(reading: Reading) -> bool:
    told = [one for one in reading.glyphs if one.text.isalnum()]
    if not told:
        return False
    mean = sum(one.confidence for one in told) / len(told)  # a doubtful full stop says nothing of the letters
    if len(told) <= _SHORT:
        return mean < _SHORT_MEAN or reading.least < _SHORT_LEAST
    return mean < _LONG_MEAN


def _is_foreign(reading: Reading) -> bool:
    """Greek letters stand in its list for formulas: it has none of the accents of the language."""
    script = main_script(reading.text)
    return script is not None and script not in FIRST_ENGINE_SCRIPTS
