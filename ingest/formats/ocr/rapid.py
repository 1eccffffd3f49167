"""The first engine: rapidocr with the models that its package brings. The only file that knows it and onnxruntime.

Rule: nothing is fetched, told or printed. onnxruntime reports its use over the network by default (its own
docs/Privacy.md); `ORT_DISABLE_TELEMETRY` keeps it from starting that, and must be set before the first import. One
thread: a reader may have no other before it is confined.

The models are PP-OCRv6 small. The detector finds places of writing in any script. The recogniser gives, for each
column eight pixels wide, how likely each of its 18,710 characters stands there, and nothing where none fits.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from ingest.formats.ocr.languages import FIRST_ENGINE_SCRIPTS
from ingest.formats.ocr.readings import Glyph, Reading
from ingest.formats.ocr.strips import HEIGHT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ingest.formats.ocr.strips import Pixels, Strip

NAME: Final = "rapidocr"
MODELS: Final = "PP-OCRv6 small"
_STEP: Final = 8  # pixels a column of the recogniser's answer
_LEAST_WIDTH: Final = 64
_QUIET: Final = {"ORT_DISABLE_TELEMETRY": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
_SETTINGS: Final = {
    "Global.log_level": "critical",
    "Global.use_cls": False,
    "Global.text_score": 0.0,
    "Det.limit_side_len": 32,  # the size is chosen by whoever asks
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}


def version() -> str | None:
    """The version that is installed; None without it."""
    if importlib.util.find_spec("onnxruntime") is None or importlib.util.find_spec("rapidocr") is None:
        return None
    return importlib.metadata.version("rapidocr")


class RapidEngine:
    """Finds places of writing, and reads Latin, Chinese and Japanese.

    Raises:
        ImportError: it is not installed.
    """

    name = NAME
    scripts = FIRST_ENGINE_SCRIPTS

    def __init__(self) -> None:
        os.environ.update(_QUIET)
        from rapidocr import RapidOCR  # noqa: PLC0415 - only after the environment says what it must not do

        cv2.setNumThreads(1)
        self.version = importlib.metadata.version("rapidocr")
        engine = RapidOCR(params=dict(_SETTINGS))
        sample = np.full((96, 320, 3), 255, dtype=np.uint8)
        cv2.putText(sample, "Warm up 1", (20, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (0, 0, 0), 2)
        engine(sample)  # both models are loaded by first use
        detector: Any = engine.text_det
        recogniser: Any = engine.text_rec
        self._detector = detector
        self._recogniser = recogniser.session
        self._characters: list[str] = list(recogniser.postprocess_op.character)

    def places(self, page: Pixels) -> NDArray[np.float32]:
        """Four corners of each line, clockwise from the upper left; shape (lines, 4, 2), in pixels of `page`."""
        found = self._detector(page[:, :, ::-1])
        if found.boxes is None or not len(found.boxes):
            return np.zeros((0, 4, 2), dtype=np.float32)
        return np.asarray(found.boxes, dtype=np.float32)

    def read(self, strip: Strip) -> Reading:
        """The line of a strip, character by character."""
        pixels: NDArray[Any] = strip.pixels[:, :, ::-1]
        if strip.width < _LEAST_WIDTH:
            pixels = cv2.copyMakeBorder(pixels, 0, 0, 0, _LEAST_WIDTH - strip.width, cv2.BORDER_REPLICATE)
        rows = (pixels.astype(np.float32).transpose(2, 0, 1) / 127.5 - 1)[None]
        likely = self._recogniser(np.ascontiguousarray(rows))[0]
        best, sure = likely.argmax(axis=1), likely.max(axis=1)
        starts = np.flatnonzero((best != 0) & np.diff(best, prepend=0).astype(bool))
        glyphs, text = [], []
        for start in starts.tolist():
            end = start + 1
            while end < len(best) and best[end] == best[start]:
                end += 1
            letter = self._characters[best[start]]
            text.append(letter)
            if not letter.isspace():
                weights = sure[start:end]
                column = float(np.average(np.arange(start, end), weights=weights)) + 0.5
                at = min(column * _STEP, float(strip.width))
                glyphs.append(Glyph(text=letter, at=at, confidence=round(float(weights.max()) * 1000)))
        mean = round(sum(one.confidence for one in glyphs) / len(glyphs)) if glyphs else 0
        return Reading(text="".join(text).strip(), confidence=mean, engine=NAME, glyphs=tuple(glyphs))


assert HEIGHT == 48, "the recogniser takes lines of this height"  # noqa: PLR2004
