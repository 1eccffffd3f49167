"""The script of lines that no engine here reads, and whether they stand upside down, told by the outlines of letters.

Rule: a script is named only where it is sure, since a wrong name is worse than none. Tesseract's detector of
orientation and script (`osd.traineddata`, Debian's `tesseract-ocr-osd`) is shown the lines alone, black on white, in
four sizes, and three have to agree. The bounds below are set between what it says of each script rightly and what it
says of others (lines in 23 scripts and 34 fonts): it takes Gujarati for Cyrillic, Lao for that, too, Gurmukhi for
Devanagari, Amharic for Greek, and cannot tell Hebrew from Thai, which has marks above its letters.
"""

from __future__ import annotations

import importlib.util
import os
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from ingest.formats.ocr.strips import HEIGHT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from ingest.formats.ocr.strips import Strip

DATA: Final = "osd"
PACKAGE: Final = "tesseract-ocr-osd"
_FAMILIES: Final = {"Hangul": "Korean", "Hebrew": "Thai"}  # two names that it mixes up count as one
_BOUNDS: Final = {  # script (ISO 15924), and the least that the turn and the name have to be, by its own measures
    "Arabic": ("Arab", 1.5, 20.0),
    "Bengali": ("Beng", 1.1, 5.0),
    "Cyrillic": ("Cyrl", 4.0, 0.0),
    "Devanagari": ("Deva", 1.3, 3.0),
    "Greek": ("Grek", 2.5, 0.5),
    "Korean": ("Hang", 3.0, 0.0),
    "Telugu": ("Telu", 2.0, 10.0),
    "Thai": ("Thai", 1.5, 2.0),
}
_HEBREW: Final = ("Hebr", 3.0, 0.0)
_UNMARKED: Final = 0.03  # marks above a letter: of Hebrew none were seen, of Thai 0.17 and more
_MARKED: Final = 0.1
_MARK_HIGH: Final = 0.6  # of the height of letters
_MARK_ABOVE: Final = 0.36  # of the height of the line
_LETTER: Final = 4  # rows of a strip; a lower piece is dirt
_HEIGHTS: Final = (28, 36, 46, 58)  # pixels of a line
_AGREED: Final = 3
_MOST_LINES: Final = 16
_MOST_WIDTH: Final = 1600
_MARGIN: Final = 16
_RESOLUTION: Final = 200  # dots an inch; else it guesses, and says so
_LEAST_LETTERS: Final = "12"  # outlines, below which it says nothing; its own number is 50
_SURE_TURN: Final = 2.5
_HALF_TURN: Final = 180
_INKED: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What the outlines say: whether lines stand upside down, and their script (ISO 15924); None where not sure."""

    is_upside_down: bool | None = None
    script: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What the detector says of one picture: degrees, a name, and how sure it is of each."""

    turn: int
    turn_sureness: float
    name: str
    name_sureness: float


class OutlookEngine:
    """Tesseract's detector of orientation and script.

    Args:
        folder: where its data is.

    Raises:
        ImportError: tesserocr is not installed.
        RuntimeError: the data cannot be loaded.
    """

    def __init__(self, folder: Path) -> None:
        os.environ["OMP_THREAD_LIMIT"] = "1"
        import tesserocr  # noqa: PLC0415 - not installed everywhere

        self._api: Any = tesserocr.PyTessBaseAPI(path=str(folder), lang=DATA, psm=tesserocr.PSM.OSD_ONLY)
        self._api.SetVariable("debug_file", "/dev/null")
        self._api.SetVariable("min_characters_to_try", _LEAST_LETTERS)

    def look(self, strips: Sequence[Strip]) -> Outlook:
        """What some lines look like together; the longest of them stand for all."""
        taken = sorted(strips, key=lambda one: -one.width)[:_MOST_LINES]
        found = [one for height in _HEIGHTS if taken and (one := self._look_at(taken, height)) is not None]
        turns = Counter(one.turn for one in found)
        if not turns or turns.most_common(1)[0][1] < _AGREED:
            return Outlook()
        turn = turns.most_common(1)[0][0]
        found = [one for one in found if one.turn == turn]
        is_sure = turn in {0, _HALF_TURN} and _mean(one.turn_sureness for one in found) >= _SURE_TURN
        return Outlook(is_upside_down=turn == _HALF_TURN if is_sure else None, script=_script_of(found, taken))

    def _look_at(self, strips: Sequence[Strip], height: int) -> _Look | None:
        lines = []
        for strip in strips:
            size = (max(round(strip.width * height / HEIGHT), 1), height)
            lines.append(cv2.resize(strip.even, size, interpolation=cv2.INTER_AREA)[:, :_MOST_WIDTH])
        columns = max(one.shape[1] for one in lines) + 2 * _MARGIN
        page = np.full(((height + _MARGIN) * len(lines) + _MARGIN, columns), 255, dtype=np.uint8)
        for number, line in enumerate(lines):
            top = _MARGIN + number * (height + _MARGIN)
            page[top : top + height, _MARGIN : _MARGIN + line.shape[1]] = line
        self._api.SetImageBytes(page.tobytes(), columns, page.shape[0], 1, columns)
        self._api.SetSourceResolution(_RESOLUTION)
        said = self._api.DetectOrientationScript()
        if not said:
            return None
        return _Look(
            turn=int(said["orient_deg"]),
            turn_sureness=float(said["orient_conf"]),
            name=str(said["script_name"]),
            name_sureness=float(said["script_conf"]),
        )


def _script_of(looks: Sequence[_Look], strips: Sequence[Strip]) -> str | None:
    names = Counter(_FAMILIES.get(one.name, one.name) for one in looks)
    name, votes = names.most_common(1)[0]
    if votes < _AGREED or name not in _BOUNDS:
        return None
    bounds = _BOUNDS[name]
    if name == "Thai":
        marks = _marks(strips)
        if _UNMARKED < marks < _MARKED:
            return None
        bounds = _HEBREW if marks <= _UNMARKED else bounds
    script, least_turn, least_name = bounds
    voters = [one for one in looks if _FAMILIES.get(one.name, one.name) == name]
    is_sure = (
        _mean(one.turn_sureness for one in voters) >= least_turn
        and _mean(one.name_sureness for one in voters) >= least_name
    )
    return script if is_sure else None


def _marks(strips: Sequence[Strip]) -> float:
    """How many small pieces of ink stand above, for each letter."""
    marks = letters = 0
    for strip in strips:
        mask = (strip.ink > _INKED).astype(np.uint8)
        _, _, about, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        pieces = about[1:][about[1:, 3] >= _LETTER]
        if not len(pieces):
            continue
        tops, heights = pieces[:, 1], pieces[:, 3]
        is_letter = heights >= _MARK_HIGH * np.percentile(heights, 75)
        letters += int(is_letter.sum())
        marks += int((~is_letter & (tops + heights / 2 < _MARK_ABOVE * HEIGHT)).sum())
    return marks / max(letters, 1)


def _mean(numbers: Iterable[float]) -> float:
    found = list(numbers)
    return sum(found) / len(found)


def has_outlook(folder: Path | None) -> bool:
    """Whether the detector can be loaded from a folder."""
    return (
        folder is not None
        and (folder / f"{DATA}.traineddata").is_file()
        and importlib.util.find_spec("tesserocr") is not None
    )
