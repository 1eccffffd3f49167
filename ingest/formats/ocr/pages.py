"""A page of pixels read into lines with their places: where writing is, cut out, and read line by line.

Rule: the place of each line is found before anything is read, in any script and on any background. The page is looked
at in a size where its lines are as high as the detector likes, and in pieces, so that neither a large scan nor an
endless scroll takes more memory than a screen. Lines that stay unread are named with their place and why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from ingest.formats.ocr.choosing import Chooser, Line
from ingest.formats.ocr.grounds import lines_between
from ingest.formats.ocr.naming import named
from ingest.formats.ocr.readings import Remembered
from ingest.formats.ocr.turning import Turning, lies_sideways
from ingest.formats.ocr.words import words_of
from ingest.formats.pictures.turned import as_kept, turned_pixels
from storage.transcription import Box, Page, TextLine, UnreadRegion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ingest.formats.ocr.engines import Engines
    from ingest.formats.ocr.rapid import RapidEngine
    from ingest.formats.ocr.strips import Pixels, Strip

MOST_LINES: Final = 2000
_NO_ENGINE: Final = "no engine for reading pictures is installed"
_TOO_MANY: Final = "there are more lines than are read of one page"
_SHORT_SIDE: Final = 720  # pixels of the shorter side in which a page is first looked at
_LOW: Final = 17.0  # a line lower than this, in the size it was looked at, is looked at again larger
_WANTED: Final = 24.0
_MOST_ENLARGED: Final = 3.0
_MOST_WIDTH: Final = 2400
_PIECE: Final = 1_000_000  # pixels looked at in one go, which takes about 250 MB
_LEAST_ROWS: Final = 480
_LAP: Final = 160
_LEAST_SIDE: Final = 8
_QUARTER: Final = 90  # degrees
_HALF: Final = 180


def read_page(pixels: NDArray[Any], engines: Engines, *, component: str, number: int) -> Page:
    """Read one page, whichever way up it lies; the places are those on the page as it is given.

    Args:
        pixels: uint8 of shape (height, width, 3), RGB, as a person sees it.
        engines: what is loaded.
        component: the id of the record's component.
        number: of the page in it, from 1.

    Raises:
        ValueError: the pixels have another shape.
    """
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:  # noqa: PLR2004 - RGB
        raise ValueError("a page is an array of uint8 with the shape (height, width, 3)")
    height, width = pixels.shape[:2]
    whole = Box(left=0, top=0, right=max(width, 1), bottom=max(height, 1))
    lines: list[TextLine] = []
    unread: list[UnreadRegion] = []
    turn = 0
    if engines.first is None:
        unread.append(UnreadRegion(box=whole, reason=_NO_ENGINE))
    elif min(height, width) >= _LEAST_SIDE:
        first, seconds = Remembered(engines.first), {code: Remembered(one) for code, one in engines.seconds.items()}
        view = _upright(pixels, engines.first, Turning(first, seconds, engines.outlook))
        turn, whole, strips = view.turn, view.whole, view.strips
        if len(strips) > MOST_LINES:
            unread.append(UnreadRegion(box=_below(strips[MOST_LINES], whole), reason=_TOO_MANY))
        chosen = Chooser(first, seconds).choose(strips[:MOST_LINES])
        for line in named(chosen, engines.outlook, engines.scripts):
            _add(line, lines, unread)
    page = Page(
        component=component,
        number=number,
        width=whole.right,
        height=whole.bottom,
        lines=_ordered(lines),
        unread=tuple(unread),
    )
    return as_kept(page, turn)


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """A page after a turn: all of it, where its lines are, and the lines cut out."""

    turn: int
    whole: Box
    corners: NDArray[np.float32]
    strips: list[Strip]


def _view(pixels: Pixels, finder: RapidEngine, turn: int = 0) -> _View:
    page = turned_pixels(pixels, turn)
    corners = _places(page, finder)
    return _View(
        turn=turn,
        whole=Box(left=0, top=0, right=page.shape[1], bottom=page.shape[0]),
        corners=corners,
        strips=[one for place in corners for one in lines_between(page, place)],
    )


def _upright(pixels: Pixels, finder: RapidEngine, turning: Turning) -> _View:
    """The page as it is read: as it lies, unless it clearly reads better after a turn."""
    found = _view(pixels, finder)
    if lies_sideways(found.corners):
        side = _view(pixels, finder, _QUARTER)
        if turning.is_upside_down(side.strips):
            return _view(pixels, finder, _QUARTER + _HALF)
        return side if turning.are_read(side.strips) else found
    return _view(pixels, finder, _HALF) if turning.is_upside_down(found.strips) else found


def _add(line: Line, lines: list[TextLine], unread: list[UnreadRegion]) -> None:
    if line.unread is not None:
        unread.append(UnreadRegion(box=line.strip.box, reason=line.unread, script=line.script))
    elif line.reading is not None and line.reading.text:
        reading, other = line.reading, line.other
        lines.append(
            TextLine(
                text=reading.text,
                box=line.strip.box,
                words=words_of(reading, line.strip),
                engine=reading.engine,
                confidence=reading.confidence,
                script=line.script,
                other=(other.engine, other.text) if other is not None and other.text else None,
            )
        )


def _places(page: Pixels, finder: RapidEngine) -> NDArray[np.float32]:
    """The corners of the lines of a page, from top to bottom; shape (lines, 4, 2)."""
    short = min(page.shape[:2])
    most = min(_MOST_ENLARGED, _MOST_WIDTH / page.shape[1])
    scale = min(_SHORT_SIDE / short, most)
    found = _found_at(page, finder, scale)
    if len(found):
        low = float(np.median(_heights(found))) * scale
        larger = min(scale * _WANTED / max(low, 1.0), most)
        if low < _LOW and larger > scale * 1.2:
            found = _found_at(page, finder, larger)
    return found[np.argsort(found[:, :, 1].mean(axis=1), kind="stable")]


def _found_at(page: Pixels, finder: RapidEngine, scale: float) -> NDArray[np.float32]:
    found = [np.zeros((0, 4, 2), dtype=np.float32)]
    for top, bottom, first, last in _pieces(page.shape[0], page.shape[1], scale):
        piece = page[top:bottom]
        size = (max(round(piece.shape[1] * scale), 32), max(round(piece.shape[0] * scale), 32))
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        corners = finder.places(cv2.resize(piece, size, interpolation=way).astype(np.uint8, copy=False))
        corners = corners * np.array([piece.shape[1] / size[0], piece.shape[0] / size[1]], dtype=np.float32)
        corners[:, :, 1] += top
        middle = corners[:, :, 1].mean(axis=1)
        found.append(corners[(middle >= first) & (middle < last)])
    return np.concatenate(found).astype(np.float32)


def _pieces(height: int, width: int, scale: float) -> Iterator[tuple[int, int, float, float]]:
    """Rows to look at together, and the rows whose lines are taken from them; pieces lap over one another."""
    rows = max(_PIECE / max(width * scale, 32.0), _LEAST_ROWS)
    piece, lap = int(rows / scale), int(_LAP / scale)
    top = 0
    while True:
        bottom = height if height - top <= piece + lap else top + piece
        first = 0.0 if top == 0 else top + lap / 2
        if bottom == height:
            yield top, bottom, first, float("inf")
            return
        yield top, bottom, first, bottom - lap / 2
        top = bottom - lap


def _heights(corners: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.linalg.norm(corners[:, 3] - corners[:, 0], axis=1), dtype=np.float32)


def _below(strip: Strip, whole: Box) -> Box:
    return Box(left=0, top=min(strip.box.top, whole.bottom - 1), right=whole.right, bottom=whole.bottom)


def _ordered(lines: list[TextLine]) -> tuple[TextLine, ...]:
    """From top to bottom, and in a row from left to right: a row is what begins above the middle of its first line."""
    rows: list[list[TextLine]] = []
    for line in sorted(lines, key=lambda one: one.box.top + one.box.bottom):
        middle = (line.box.top + line.box.bottom) / 2
        if rows and middle < rows[-1][0].box.top + 0.75 * (rows[-1][0].box.bottom - rows[-1][0].box.top):
            rows[-1].append(line)
        else:
            rows.append([line])
    return tuple(line for row in rows for line in sorted(row, key=lambda one: one.box.left))
