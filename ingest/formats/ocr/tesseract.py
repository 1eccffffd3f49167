"""The second engine: Tesseract inside this process, one model for each language.

Only this file and `ingest.formats.ocr.outlook` know tesserocr.

Rule: it is given one line at a time, black on white and of one height. Its models are data files of the operating
system (Debian's `tesseract-ocr-…` packages); all that are wanted are opened at once, since nothing can be later.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from ingest.formats.ocr.languages import LANGUAGES, RIGHT_TO_LEFT, script_of
from ingest.formats.ocr.readings import Reading, Span
from ingest.formats.ocr.strips import HEIGHT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.formats.ocr.strips import Strip

NAME: Final = "tesseract"
FOLDERS: Final = (
    Path("/usr/share/tesseract-ocr/5/tessdata"),
    Path("/usr/share/tesseract-ocr/4.00/tessdata"),
    Path("/usr/share/tessdata"),
    Path("/usr/local/share/tessdata"),
)
# Pixels of height, the next where it saw no line at all: it takes short Arabic for dirt. At 30 it reads best (28 lines
# of Arabic: 2.7 % of characters wrong, at 48 pixels 12 %; other scripts do not mind).
_HEIGHTS: Final = (30, 24, 68, 38, 48)
_MARGIN: Final = 10  # pixels of paper around a line, without which it loses its first letter
_RESOLUTION: Final = 200  # dots an inch; else it guesses, and says so
_SPACED: Final = frozenset({"Latn", "Cyrl"})  # letters stand close, words apart, from left to right
_LEAST_BLANK: Final = 6  # columns of a strip without ink
_SURE_BLANK: Final = 8
_NARROW: Final = 0.6  # of the widest blank of the line
_INKED: Final = 0.3
_DIRECTIONS: Final = {ord(one): None for one in "\u200e\u200f\u202a\u202b\u202c\u202d\u202e"}


def data_folder(folders: Sequence[Path] = FOLDERS) -> Path | None:
    """Where the models are; None where Tesseract is not installed."""
    if importlib.util.find_spec("tesserocr") is None:
        return None
    return next((one for one in folders if any(one.glob("*.traineddata"))), None)


def installed_languages(folder: Path | None) -> tuple[str, ...]:
    """The known languages that have a model in a folder, in the order of `LANGUAGES`."""
    if folder is None:
        return ()
    return tuple(code for code in LANGUAGES if (folder / f"{code}.traineddata").is_file())


def version() -> str | None:
    """The version of the library inside tesserocr's package; None without it."""
    if importlib.util.find_spec("tesserocr") is None:
        return None
    import tesserocr  # noqa: PLC0415 - not installed everywhere

    return str(tesserocr.tesseract_version()).split()[1]


class TesseractEngine:
    """Reads one language.

    Args:
        folder: where its model is.
        code: the language.

    Raises:
        ImportError: tesserocr is not installed.
        RuntimeError: the model cannot be loaded.
    """

    def __init__(self, folder: Path, code: str) -> None:
        os.environ["OMP_THREAD_LIMIT"] = "1"
        import tesserocr  # noqa: PLC0415 - not installed everywhere

        self.language = LANGUAGES[code]
        self.name = f"{NAME} {code}"
        self.version = str(tesserocr.tesseract_version()).split()[1]
        self.scripts = frozenset({self.language.script})
        self._level = tesserocr.RIL.WORD
        self._words = tesserocr.iterate_level
        self._api: Any = tesserocr.PyTessBaseAPI(
            path=str(folder), lang=code, psm=tesserocr.PSM.SINGLE_LINE, oem=tesserocr.OEM.LSTM_ONLY
        )
        self._api.SetVariable("debug_file", "/dev/null")

    def read(self, strip: Strip) -> Reading:
        """The line of a strip, word by word; what runs from right to left stands in the order in which it is read."""
        height, text = HEIGHT, ""
        for height in _HEIGHTS:
            text = self._text(strip, height)
            if text:
                break
        if not text:
            return Reading(text="", confidence=0, engine=self.name)
        scale = height / HEIGHT
        spans = []
        for word in self._words(self._api.GetIterator(), self._level):
            place = word.BoundingBox(self._level)
            said = word.GetUTF8Text(self._level).translate(_DIRECTIONS).strip()
            if place is not None and said:
                left, right = ((one - _MARGIN) / scale for one in (place[0], place[2]))
                spans.append(Span(text=said, left=max(left, 0.0), right=min(right, float(strip.width))))
        if self.language.script in RIGHT_TO_LEFT:
            spans = _turned(spans, text)
        if self.language.script in _SPACED:
            spans = _joined(spans, strip)
            text = " ".join(one.text for one in spans) or text
        confidence = max(0, min(int(self._api.MeanTextConf()), 100)) * 10
        return Reading(text=text, confidence=confidence, engine=self.name, spans=tuple(spans))

    def _text(self, strip: Strip, height: int) -> str:
        smaller = cv2.INTER_AREA if height < HEIGHT else cv2.INTER_CUBIC
        size = (max(round(strip.width * height / HEIGHT), 1), height)
        image = cv2.resize(strip.even, size, interpolation=smaller)
        image = cv2.copyMakeBorder(image, _MARGIN, _MARGIN, _MARGIN, _MARGIN, cv2.BORDER_CONSTANT, value=255)
        rows, columns = image.shape
        self._api.SetImageBytes(image.tobytes(), columns, rows, 1, columns)
        self._api.SetSourceResolution(_RESOLUTION)
        return " ".join(self._api.GetUTF8Text().translate(_DIRECTIONS).split())


def _turned(spans: Sequence[Span], text: str) -> list[Span]:
    """The words as the line has them: one by one it gives their letters as they stand, from left to right."""
    words = text.split()
    if len(words) == len(spans):
        return [Span(text=word, left=one.left, right=one.right) for word, one in zip(words, spans, strict=True)]
    return [
        Span(text=one.text[::-1], left=one.left, right=one.right)
        if any(script_of(letter) in RIGHT_TO_LEFT for letter in one.text)
        else one
        for one in spans
    ]


def _joined(spans: Sequence[Span], strip: Strip) -> list[Span]:
    """The words again, those joined between which there is no blank: it parts some where letters stand a bit wide."""
    inked = np.asarray((strip.ink > _INKED).any(axis=0), dtype=np.bool_)
    edges = np.flatnonzero(inked)
    widest = int(np.diff(edges).max()) - 1 if len(edges) > 1 else 0
    found: list[Span] = []
    for one in spans:
        if found and one.left >= found[-1].left:
            last = found[-1]
            around = inked[max(0, int(last.right) - _LEAST_BLANK) : int(one.left) + _LEAST_BLANK + 1]
            paper = np.diff(np.flatnonzero(np.concatenate(([True], around, [True])))).max() - 1
            if paper < _LEAST_BLANK or (paper < _SURE_BLANK and paper < _NARROW * widest):
                found[-1] = Span(text=last.text + one.text, left=last.left, right=max(last.right, one.right))
                continue
        found.append(one)
    return found
