"""Pages of a PDF as pictures, or as lines of the text layer that they have; PDFium draws (pypdfium2).

Rule kept: a page with a text layer is not drawn: its letters are better than any reading of them. A page that is a
picture with hardly any text over it (a stamp on a scan) is drawn. Forms are not loaded and scripts not run; PDFium is
built without a script engine here. Sizes are bounded before drawing, whatever a page's box says.

A text layer is cut into lines where PDFium ends them, and into words at spaces. Places are pixels of the page as it
would be drawn.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress
from dataclasses import dataclass
from math import ceil, isfinite, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium

from ingest.formats.charsets import storable
from ingest.formats.pdf_text import is_scanned
from ingest.formats.pictures.pixels import PagePixels
from storage.transcription import Box, TextLine, Word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.pictures.limits import PictureLimits

_POINTS: Final = 72  # to an inch (ISO 32000-1 §8.3.2.3)
_LONGEST: Final = 20_000  # pixels of a side, however narrow the page is
_MOST_LETTERS: Final = 50_000
_MOST_LINES: Final = 5_000
_MOST_VALUE: Final = 2_000
_DAMAGED: Final = "a damaged page"
_EMPTY_BOX: Final = "a page without a size"
_NO_PAGE: Final = "it has no such page"
_TOO_MUCH: Final = "a page that takes too much memory"
_RAISED: Final = (pypdfium2.PdfiumError, ValueError, TypeError, OSError, RuntimeError, ctypes.ArgumentError)
_INFO: Final = ("Title", "Author", "Subject", "Keywords", "Creator", "Producer", "CreationDate", "ModDate")


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfFacts:
    """Of a PDF as a whole: how many pages, the size of the first at the resolution of drawing, and its information."""

    pages: int
    width: int
    height: int
    info: tuple[tuple[str, str], ...]


class PdfPages:
    """A PDF that was opened. To be closed after use.

    Raises:
        ValueError: it cannot be opened; the message is a phrase ("encrypted PDF", "damaged PDF").
    """

    def __init__(self, raw: bytes, limits: PictureLimits) -> None:
        self._limits = limits
        try:
            self._document = pypdfium2.PdfDocument(raw)
        except _RAISED as error:
            encrypted = "password" in str(error).lower()
            raise ValueError("encrypted PDF" if encrypted else "damaged PDF") from None
        except MemoryError:
            raise ValueError("damaged PDF") from None

    def close(self) -> None:
        """Give its memory back."""
        self._document.close()

    def facts(self) -> PdfFacts:
        """What the document states; sizes are 0 where its first page has none."""
        width = height = 0
        with suppress(*_RAISED):  # no page, or one without a size
            width, height, _ = self._size(*self._document.get_page_size(0))
        info = []
        for name in _INFO:
            value = storable(str(self._document.get_metadata_value(name)))[:_MOST_VALUE].strip()
            if value:
                info.append((f"PDF {name}", value))
        return PdfFacts(pages=len(self._document), width=width, height=height, info=tuple(info))

    def pages(self, first: int = 1) -> Iterator[PagePixels]:
        """Each page from a number up to the limit; one that cannot be read is a page with a problem."""
        left = self._limits.all_pixels
        for number in range(max(1, first), min(len(self._document), self._limits.pages) + 1):
            try:
                page = self._page(number)
            except _RAISED as error:
                known = str(error) == _EMPTY_BOX
                page = PagePixels(number=number, width=0, height=0, problem=_EMPTY_BOX if known else _DAMAGED)
            except MemoryError:
                page = PagePixels(number=number, width=0, height=0, problem=_TOO_MUCH)
            left -= page.width * page.height if page.pixels is not None else 0
            if left < 0:
                problem = "the pages before took all pixels that are allowed"
                yield PagePixels(number=number, width=page.width, height=page.height, problem=problem)
                return
            yield page

    def drawn(self, number: int) -> PagePixels:
        """A page as a person sees it, also one that has a text layer.

        Raises:
            ValueError: there is no such page within the limit, or it cannot be drawn; the message is a phrase.
        """
        if not 1 <= number <= min(len(self._document), self._limits.pages):
            raise ValueError(_NO_PAGE)
        try:
            page = self._document[number - 1]
            try:
                return self._drawn(page, number, self._size(*page.get_size())[2])
            finally:
                page.close()
        except _RAISED as error:
            raise ValueError(_EMPTY_BOX if str(error) == _EMPTY_BOX else _DAMAGED) from None
        except MemoryError:
            raise ValueError(_TOO_MUCH) from None

    def _page(self, number: int) -> PagePixels:
        page = self._document[number - 1]
        try:
            width, height, scale = self._size(*page.get_size())
            text_page = page.get_textpage()
            try:
                count = min(max(text_page.count_chars(), 0), _MOST_LETTERS)
                if not is_scanned(page, text_page.get_text_range(0, count)):
                    lines = tuple(_lines(page, text_page, count, width, height))
                    return PagePixels(number=number, width=width, height=height, text_lines=lines)
            finally:
                text_page.close()
            return self._drawn(page, number, scale)
        finally:
            page.close()

    def _drawn(self, page: pypdfium2.PdfPage, number: int, scale: float) -> PagePixels:
        bitmap = page.render(scale=scale, may_draw_forms=False, rev_byteorder=True, no_smoothtext=False)
        drawn = np.asarray(bitmap.to_numpy())
        pixels = np.repeat(drawn[:, :, :1], 3, axis=2) if drawn.shape[2] == 1 else drawn[:, :, :3].copy()
        bitmap.close()
        return PagePixels(number=number, width=pixels.shape[1], height=pixels.shape[0], pixels=pixels)

    def _size(self, across: float, down: float) -> tuple[int, int, float]:
        """Pixels of a page of so many points, and of a point: fewer than asked for where those were too many."""
        if not (isfinite(across) and isfinite(down) and across > 0 and down > 0):
            raise ValueError(_EMPTY_BOX)
        scale = self._limits.dpi / _POINTS
        scale = min(scale, sqrt(self._limits.given_pixels / (across * down)), _LONGEST / max(across, down))
        return max(1, ceil(across * scale)), max(1, ceil(down * scale)), scale


@dataclass(slots=True)
class _Run:
    """Letters next to one another, and the box around them in points, upwards."""

    letters: list[str]
    left: float
    bottom: float
    right: float
    top: float

    def grow(self, other: _Run) -> None:
        self.left, self.right = min(self.left, other.left), max(self.right, other.right)
        self.bottom, self.top = min(self.bottom, other.bottom), max(self.top, other.top)


def _lines(page: object, text_page: object, count: int, width: int, height: int) -> Iterator[TextLine]:
    place = _Place(page, width, height)
    words: list[Word] = []
    run: _Run | None = None
    made = 0
    for index in range(count + 1):
        code = 10 if index == count else pdfium.FPDFText_GetUnicode(text_page, index)
        letter = storable(chr(code)) if code < 0x110000 else "\ufffd"  # noqa: PLR2004 - the last of Unicode
        if letter.isspace() or code == 0:
            words += place.word(run)
            run = None
            if code in (10, 13) and words:
                yield _line(words)
                words, made = [], made + 1
                if made == _MOST_LINES:
                    return
            continue
        seen = _letter(text_page, index, letter)
        if run is None:
            run = seen
        elif seen is not None:
            run.grow(seen)
            run.letters.append(letter)


def _letter(text_page: object, index: int, letter: str) -> _Run | None:
    sides = [ctypes.c_double() for _ in range(4)]
    if not pdfium.FPDFText_GetCharBox(text_page, index, *map(ctypes.byref, sides)):
        return None
    left, right, bottom, top = (side.value for side in sides)
    return _Run([letter], left, bottom, right, top)


class _Place:
    """Turns boxes of a page's own space into pixels, with its rotation and its crop box."""

    def __init__(self, page: object, width: int, height: int) -> None:
        self._page, self._width, self._height = page, width, height

    def word(self, run: _Run | None) -> tuple[Word, ...]:
        if run is None:
            return ()
        (one, first), (other, second) = self._pixel(run.left, run.top), self._pixel(run.right, run.bottom)
        left, right = sorted((max(0, min(one, self._width - 1)), max(0, min(other, self._width - 1))))
        top, bottom = sorted((max(0, min(first, self._height - 1)), max(0, min(second, self._height - 1))))
        return (Word(text="".join(run.letters), box=Box(left=left, top=top, right=right + 1, bottom=bottom + 1)),)

    def _pixel(self, across: float, up: float) -> tuple[int, int]:
        found = ctypes.c_int(), ctypes.c_int()
        pdfium.FPDF_PageToDevice(self._page, 0, 0, self._width, self._height, 0, across, up, *map(ctypes.byref, found))
        return found[0].value, found[1].value


def _line(words: list[Word]) -> TextLine:
    boxes = [one.box for one in words]
    around = Box(
        left=min(one.left for one in boxes),
        top=min(one.top for one in boxes),
        right=max(one.right for one in boxes),
        bottom=max(one.bottom for one in boxes),
    )
    return TextLine(text=" ".join(one.text for one in words), box=around, words=tuple(words))
