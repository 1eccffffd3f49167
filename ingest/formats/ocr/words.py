"""The places of the words of a line, so that a search can show them and a redaction can cover them.

Rule: a word's place holds all of its ink. An engine that tells single characters tells where it was surest of each,
not where each begins; so words are parted at the widest paper between them, and reach as far as the ink does. Scripts
without blanks have runs of letters instead of words.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from ingest.formats.ocr.languages import HAN_SCRIPTS, script_of
from ingest.formats.ocr.readings import Span
from storage.transcription import Word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ingest.formats.ocr.readings import Glyph, Reading
    from ingest.formats.ocr.strips import Strip

_INKED: Final = 0.3
_MARGIN: Final = 2


def words_of(reading: Reading, strip: Strip) -> tuple[Word, ...]:
    """The words of a reading with their places on the page, in the order of the text."""
    spans = reading.spans or tuple(_spans(reading, strip))
    return tuple(Word(text=one.text, box=strip.box_of(one.left, one.right)) for one in spans)


def _spans(reading: Reading, strip: Strip) -> Iterator[Span]:
    groups = list(_groups(reading))
    inked = np.asarray((strip.ink > _INKED).any(axis=0), dtype=np.bool_)
    borders = [0.0]
    for group, following in pairwise(groups):
        borders.append(_parting(inked, group[-1].at, following[0].at))
    borders.append(float(strip.width))
    for group, left, right in zip(groups, borders, borders[1:], strict=False):
        columns = np.flatnonzero(inked[int(left) : int(right)])
        if len(columns):
            left, right = int(left) + int(columns[0]), int(left) + int(columns[-1]) + 1  # noqa: PLW2901
        yield Span(text="".join(one.text for one in group), left=left - _MARGIN, right=right + _MARGIN)


def _groups(reading: Reading) -> Iterator[list[Glyph]]:
    """The characters of a reading by word, or by run of characters that take no blanks."""
    group: list[Glyph] = []
    place = 0
    for glyph in reading.glyphs:
        start = reading.text.find(glyph.text, place)
        has_blank = start > place
        place = start + len(glyph.text)
        if group and (has_blank or _is_run(group[-1]) != _is_run(glyph)):
            yield group
            group = []
        group.append(glyph)
    if group:
        yield group


def _is_run(glyph: Glyph) -> bool:
    return script_of(glyph.text) in HAN_SCRIPTS


def _parting(inked: NDArray[np.bool_], left: float, right: float) -> float:
    """The middle of the widest paper between two columns; the middle of them where there is none."""
    between = np.asarray(inked[int(left) : max(int(right), int(left) + 1)], dtype=np.int8)
    edges = np.flatnonzero(np.diff(np.concatenate(([1], between, [1]))))
    starts, ends = edges[::2], edges[1::2]
    if not len(starts):
        return (left + right) / 2
    widest = int((ends - starts).argmax())
    return int(left) + float(starts[widest] + ends[widest]) / 2
