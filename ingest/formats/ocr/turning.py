"""Which way up a page is to be read: as it lies, upside down, or turned to a side.

Rule: a page is turned only where it reads clearly better so, and never on a guess. Lines that run downwards say that it
lies on a side, whatever their script. Upside down is tried only where most lines give no reading as they stand, which
no upright page in letters of an engine does: then the longest are read both ways, and most of them have to be read the
other way (half of them where their outlines say the same). Writing that nobody here reads either way stays as it lies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ingest.formats.ocr.checking import accounts_for, check, without_pictures
from ingest.formats.ocr.choosing import SURE
from ingest.formats.ocr.languages import FIRST_ENGINE_SCRIPTS, LANGUAGES, scripts_in
from ingest.formats.ocr.strips import Strip

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ingest.formats.ocr.outlook import OutlookEngine
    from ingest.formats.ocr.readings import Reading, TextEngine

_LONG: Final = 1.5  # times as long as high: it runs in a direction
_MOSTLY: Final = 2.0  # times as much running downwards as across
_TRIED: Final = 4  # lines that are read both ways
_LIKELY: Final = 700  # of 1,000; of lines in scripts that no engine here has, 650 was the most either way up
_CLEARLY: Final = 300
_ALL: Final = 1000
_LEAST_LETTERS: Final = 4  # fewer may read the same both ways


def lies_sideways(corners: NDArray[Any]) -> bool:
    """Whether most lines of a page run downwards; `corners` have the shape (lines, 4, 2)."""
    if not len(corners):
        return False
    wide = np.linalg.norm(corners[:, 1] - corners[:, 0], axis=1)
    high = np.linalg.norm(corners[:, 3] - corners[:, 0], axis=1)
    across, down = wide[wide > _LONG * high].sum(), high[high > _LONG * wide].sum()
    return bool(down > _MOSTLY * across)


class Turning:
    """Says how lines stand.

    Args:
        first: reads by character.
        seconds: engines by language.
        outlook: tells by outlines, where it is installed; it saves trying, and decides nothing alone.
    """

    def __init__(
        self, first: TextEngine, seconds: Mapping[str, TextEngine], outlook: OutlookEngine | None = None
    ) -> None:
        self._first = first
        self._engines = {code: one for code, one in seconds.items() if not one.scripts & FIRST_ENGINE_SCRIPTS}
        self._outlook = outlook

    def is_upside_down(self, strips: Sequence[Strip]) -> bool:
        """Whether lines are clearly read better after half a turn."""
        strange = self._strange(strips)
        tried = sorted(strange, key=lambda one: -one.width)[:_TRIED]
        if not tried or sum(self._foreign(one) >= SURE for one in tried) * 2 >= len(tried):
            return False
        told = self._outlook.look(strange).is_upside_down if self._outlook is not None else None
        if told is False:
            return False
        better = sum(map(self._is_better_turned, tried)) * 2
        return better >= len(tried) if told else better > len(tried)

    def are_read(self, strips: Sequence[Strip]) -> bool:
        """Whether half of the longest lines, or more, are read as they stand."""
        tried = sorted(strips, key=lambda one: -one.width)[:_TRIED]
        return bool(tried) and sum(self._sureness(one) >= SURE for one in tried) * 2 >= len(tried)

    def _strange(self, strips: Sequence[Strip]) -> list[Strip]:
        """The lines without a reading of the first engine, where these are most of the page; else none."""
        strange, written = [], 0
        for strip in strips:
            seen = check(without_pictures(self._first.read(strip), strip), strip)
            written += seen.is_writing
            if seen.is_writing and seen.is_strange:
                strange.append(strip)
        return strange if len(strange) * 2 > written else []

    def _is_better_turned(self, strip: Strip) -> bool:
        turned = self._sureness(Strip(np.ascontiguousarray(strip.pixels[::-1, ::-1]), strip.corners))
        return turned >= SURE or (turned >= _LIKELY and turned >= self._foreign(strip) + _CLEARLY)

    def _sureness(self, strip: Strip) -> int:
        """How surely a line is read, in thousandths; all of them where the first engine reads it."""
        reading = without_pictures(self._first.read(strip), strip)
        if scripts_in(reading.text).total() >= _LEAST_LETTERS and not check(reading, strip).is_strange:
            return _ALL
        return self._foreign(strip)

    def _foreign(self, strip: Strip) -> int:
        """How surely an engine of another script reads a line, in thousandths; 0 where none does."""
        readings = ((LANGUAGES[code].script, one.read(strip)) for code, one in self._engines.items())
        return max((one.confidence for script, one in readings if _is_of(script, one, strip)), default=0)


def _is_of(script: str, reading: Reading, strip: Strip) -> bool:
    """Whether a reading is in the letters of a script, and of all of its line."""
    counted = scripts_in(reading.text)
    return counted[script] >= max(_LEAST_LETTERS, counted.total() // 2 + 1) and accounts_for(reading, strip)
