"""Pages of a PDF as they are seen, and the words on them with their boxes; PDFium draws (pypdfium2).

Rules kept: a page is drawn as it is printed, without forms and scripts. A word counts as seen only where its box lies
on the page and has something drawn in it: white text, text under a box that was there before, text of layers that are
not shown and text off the page are not seen, and so not kept. Places are pixels of the drawing, from the upper left.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from math import ceil, isfinite, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium

from search.disclosure.redaction_pixels import is_grey
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

DPI: Final = 150
MOST_PAGES: Final = 5_000
MOST_PAGE_PIXELS: Final = 30_000_000
MOST_BYTES: Final = 256 << 20
_POINTS: Final = 72  # to an inch (ISO 32000-1 §8.3.2.3)
_LONGEST: Final = 20_000  # pixels
_FAR: Final = 10_000.0  # points
_MOST_LETTERS: Final = 100_000  # of a page
_CONTRAST: Final = 24  # of 255: less is not seen
_LAST: Final = 0x110000
_SURROGATES: Final = range(0xD800, 0xE000)
_RAISED: Final = (pypdfium2.PdfiumError, ValueError, TypeError, OSError, RuntimeError, ctypes.ArgumentError)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageWord:
    """A word of a page and its box in pixels."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    seen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnPage:
    """A page: its size in points, its pixels (grey, or red, green and blue) and its words in reading order."""

    number: int
    across: float
    down: float
    pixels: NDArray[np.uint8]
    words: tuple[PageWord, ...]

    @property
    def scale(self) -> float:
        """Pixels to a point."""
        return float(self.pixels.shape[1] / self.across)


def drawn_pages(
    raw: bytes,
    *,
    dpi: float = DPI,
    beside: int = 0,
    of_page: Mapping[int, float] | None = None,
    first: int = 1,
    last: int | None = None,
) -> Iterator[DrawnPage]:
    """Every page from `first` to `last`, drawn at so many pixels to the inch, fewer where a page is very large.

    Pages that `of_page` names are drawn at its pixels to the inch. A word is seen where something is drawn in its box,
    or up to `beside` pixels from it.

    Raises:
        InvalidInput: the document or a page cannot be read, or it is too large: part of it cannot be given.
    """
    if len(raw) > MOST_BYTES:
        raise InvalidInput("The PDF is too large to be redacted. Withhold it.")
    document = _opened(raw)
    try:
        count = len(document)
        if not 1 <= count <= MOST_PAGES:
            raise InvalidInput(f"Only a PDF of 1 to {MOST_PAGES:,} pages can be redacted. Withhold it.")
        for number in range(first, min(count, last or count) + 1):
            yield _page(document, number, (of_page or {}).get(number, dpi), beside)
    finally:
        document.close()


def page_sizes(raw: bytes) -> tuple[tuple[float, float], ...]:
    """Width and height of every page in points, as it is seen (turned as it says).

    Raises:
        InvalidInput: the document cannot be read.
    """
    document = _opened(raw)
    try:
        return tuple(document.get_page_size(at) for at in range(min(len(document), MOST_PAGES)))
    except _RAISED:
        pass
    finally:
        document.close()
    raise InvalidInput("The PDF cannot be read whole, so it cannot be redacted. Withhold it.")


def _opened(raw: bytes) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(raw)
    except (*_RAISED, MemoryError):
        pass
    raise InvalidInput("The PDF is damaged or encrypted, so it cannot be redacted. Withhold it.")


def _page(document: pypdfium2.PdfDocument, number: int, dpi: float, beside: int) -> DrawnPage:
    try:
        page = document[number - 1]
        try:
            across, down = page.get_size()
            scale = _scale(across, down, dpi)
            bitmap = page.render(scale=scale, may_draw_forms=False, rev_byteorder=True)
            drawn = np.asarray(bitmap.to_numpy())
            pixels = drawn[:, :, 0].copy() if drawn.shape[2] == 1 else drawn[:, :, :3].copy()
            bitmap.close()
            pixels = pixels[:, :, 0].copy() if pixels.ndim > 2 and is_grey(pixels) else pixels  # noqa: PLR2004 - axes
            words = tuple(_words(page, pixels, beside))
        finally:
            page.close()
    except (*_RAISED, MemoryError):
        pass  # PDFium's errors say nothing that helps
    else:
        return DrawnPage(number=number, across=across, down=down, pixels=pixels, words=words)
    raise InvalidInput("A page of the PDF cannot be drawn, so it cannot be redacted. Withhold the document.")


def _scale(across: float, down: float, dpi: float) -> float:
    if not (isfinite(across) and isfinite(down) and across > 0 and down > 0):
        raise ValueError("size")
    scale = dpi / _POINTS
    return min(scale, sqrt(MOST_PAGE_PIXELS / (across * down)), _LONGEST / max(across, down))


def _words(page: object, pixels: NDArray[np.uint8], beside: int) -> Iterator[PageWord]:
    text_page = page.get_textpage()  # type: ignore[attr-defined]
    try:
        count = text_page.count_chars()
        if count > _MOST_LETTERS:
            raise ValueError("letters")
        letters: list[str] = []
        box: tuple[float, float, float, float] | None = None
        places = _Places(page, pixels.shape)
        for index in range(count + 1):
            code = 32 if index == count else pdfium.FPDFText_GetUnicode(text_page, index)
            letter = chr(code) if 0 < code < _LAST and code not in _SURROGATES else " "
            place = None if letter.isspace() else places.box(text_page, index)
            apart = box is not None and place is not None and _apart(box, place)
            if letters and box is not None and (letter.isspace() or apart):
                yield _word(letters, box, pixels, beside)
                letters, box = [], None
            if place is not None:
                letters.append(letter)
                box = place if box is None else _around(box, place)
    finally:
        text_page.close()


class _Places:
    """PDFium's own way from a page to its drawing, which knows how the page is turned and cropped.

    It is linear, so that three places far apart tell it; asking for each letter would take most of the time.
    """

    def __init__(self, page: object, shape: tuple[int, ...]) -> None:
        origin = _device(page, 0, 0, shape)
        self._origin = origin
        self._right, self._up = (
            tuple((there - here) / _FAR for here, there in zip(origin, _device(page, x, y, shape), strict=True))
            for x, y in ((_FAR, 0), (0, _FAR))
        )
        self._sides = [ctypes.c_double() for _ in range(4)]
        self._pointers = [ctypes.byref(one) for one in self._sides]

    def box(self, text_page: object, index: int) -> tuple[float, float, float, float]:
        """The box of a letter in pixels; one that has none is nowhere, so that it is not seen."""
        if not pdfium.FPDFText_GetCharBox(text_page, index, *self._pointers):
            return (-1.0, -1.0, -1.0, -1.0)
        left, right, bottom, top = (one.value for one in self._sides)
        first, second = self._pixel(left, top), self._pixel(right, bottom)
        return (
            min(first[0], second[0]),
            min(first[1], second[1]),
            max(first[0], second[0]),
            max(first[1], second[1]),
        )

    def _pixel(self, x: float, y: float) -> tuple[float, float]:
        return (
            self._origin[0] + x * self._right[0] + y * self._up[0],
            self._origin[1] + x * self._right[1] + y * self._up[1],
        )


def _device(page: object, x: float, y: float, shape: tuple[int, ...]) -> tuple[float, float]:
    across, down = ctypes.c_int(), ctypes.c_int()
    height, width = shape[0] * 16, shape[1] * 16
    pdfium.FPDF_PageToDevice(page, 0, 0, width, height, 0, x, y, ctypes.byref(across), ctypes.byref(down))
    return across.value / 16, down.value / 16


def _apart(box: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Whether a letter is so far from the word before that both are not one word."""
    height = max(box[3] - box[1], other[3] - other[1], 1.0)
    beside = max(other[0] - box[2], box[0] - other[2])
    above = max(other[1] - box[3], box[1] - other[3])
    return beside > 2 * height or above > 2 * height


def _around(box: tuple[float, ...], other: tuple[float, ...]) -> tuple[float, float, float, float]:
    return min(box[0], other[0]), min(box[1], other[1]), max(box[2], other[2]), max(box[3], other[3])


def _word(
    letters: list[str], box: tuple[float, float, float, float], pixels: NDArray[np.uint8], beside: int
) -> PageWord:
    left, top, right, bottom = box
    return PageWord(
        text="".join(letters), left=left, top=top, right=right, bottom=bottom, seen=_seen(box, pixels, beside)
    )


def _seen(box: tuple[float, float, float, float], pixels: NDArray[np.uint8], beside: int) -> bool:
    height, width = pixels.shape[:2]
    left, top, right, bottom = box
    if left < -1 or top < -1 or right > width + 1 or bottom > height + 1:
        return False
    first, last = max(0, int(top) - beside), ceil(bottom) + 1 + beside
    here = pixels[first:last, max(0, int(left) - beside) : ceil(right) + 1 + beside]
    return here.size > 0 and int(here.max()) - int(here.min()) >= _CONTRAST
