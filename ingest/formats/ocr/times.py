"""Times of day beside letters that the first engine does not have: its digits and the second engine's letters.

Rule: a model of a script that runs from right to left loses the digits of a line of its own such as "9:20 ص". The first
engine is sure of digits in any line. So its digits stand where it saw them, and of the other reading only the letters
that stand beside them are taken, in the order in which the line is read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ingest.formats.ocr.readings import Reading, Span

if TYPE_CHECKING:
    from ingest.formats.ocr.readings import Glyph
    from ingest.formats.ocr.strips import Strip

_TIME: Final = re.compile(r"(?<!\d)\d{1,2}:\d\d(?!\d)")
_ONLY_TIME: Final = re.compile(r"\D{0,3}\d{1,2}[:.]\d\d(?: ?[AaPp]\.?[Mm]\.?)?")
_SURE: Final = 900
_LEAST: Final = 3
_BLANK: Final = 7  # columns without ink before a sign of the app
_SIGN: Final = 56  # columns: a sign is hardly wider than high
_HALF: Final = 13  # columns of a strip: half a digit


def is_time(text: str) -> bool:
    """Whether a text is a time of day and nothing else, with or without AM and PM, or a short word before it."""
    return _ONLY_TIME.fullmatch(text.strip()) is not None


def with_time(reading: Reading, first: Reading) -> Reading:
    """A reading from right to left with the time that the first engine saw; as it is where that saw none."""
    glyphs = _time_of(first)
    if not glyphs:
        return reading
    time = "".join(one.text for one in glyphs)
    if time in reading.text:
        return reading
    left, right = glyphs[0].at - _HALF, glyphs[-1].at + _HALF
    spans = []
    for one in reading.spans:
        is_within = left <= (one.left + one.right) / 2 <= right or (one.left < right and one.right > left)
        text = "".join(letter for letter in one.text if letter.isalpha()) if is_within else one.text
        if text and one.left < left:
            spans.append(Span(text=text, left=one.left, right=min(one.right, left)))
        elif text and one.right > right:
            spans.append(Span(text=text, left=max(one.left, right), right=one.right))
    spans.append(Span(text=time, left=max(left, 0.0), right=right))
    spans.sort(key=lambda one: -one.left)
    text = " ".join(one.text for one in spans)
    return Reading(text=text, confidence=reading.confidence, engine=reading.engine, spans=tuple(spans))


def sign_after(reading: Reading, strip: Strip) -> float | None:
    """The column at which a sign begins behind a time, such as a tick that something covers; None where none does."""
    if len(reading.glyphs) < _LEAST or not is_time(reading.text):
        return None
    end = reading.glyphs[-1].at + _BLANK
    behind = [one for one in strip.bodies if one.left > end]
    before = [one.right for one in strip.bodies if one.left <= end]
    if not behind or not before or behind[0].left - max(before) < _BLANK:
        return None
    return (max(before) + behind[0].left) / 2 if behind[-1].right - behind[0].left <= _SIGN else None


def _time_of(first: Reading) -> tuple[Glyph, ...]:
    text = "".join(one.text[0] for one in first.glyphs)
    found = _TIME.search(text)
    if found is None:
        return ()
    glyphs = first.glyphs[found.start() : found.end()]
    return glyphs if all(one.confidence >= _SURE for one in glyphs) else ()
