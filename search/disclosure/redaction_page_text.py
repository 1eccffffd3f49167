"""The text of a PDF's pages without drawing them, and where the picture of a page stands on it; PDFium reads.

Rules kept: text is read in two orders, that of the file and that of the eye (lines from the top, each from the left),
so that letters set one by one in any order are a word again in one of them. A page that cannot be read whole is an
error and never an empty text.
"""

from __future__ import annotations

import ctypes
from math import inf
from typing import TYPE_CHECKING, Final

import pypdfium2
import pypdfium2.raw as pdfium

from search.disclosure.redaction_drawing import MOST_BYTES, MOST_PAGES
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    Box = tuple[float, float, float, float]  # left, bottom, right, top

MOST_LETTERS: Final = 200_000  # of a page
_MOST_RUNS: Final = 20_000  # of a page: runs of letters beside each other
_MOST_AT_ONCE: Final = 4_096  # UTF-16 units of a run
_SAME_LINE: Final = 0.5  # of a box's height
_LEAST_HEIGHT: Final = 2.0
_RAISED: Final = (pypdfium2.PdfiumError, ValueError, TypeError, OSError, RuntimeError, ctypes.ArgumentError)
_IMAGE: Final = pdfium.FPDF_PAGEOBJ_IMAGE


def page_texts(raw: bytes) -> Iterator[tuple[int, tuple[str, str]]]:
    """Each page's number, from 1, and its text in the order of the file and in that of the eye.

    Raises:
        InvalidInput: the document or a page cannot be read whole.
    """
    document = opened(raw)
    try:
        for number in range(1, len(document) + 1):
            yield number, _page(document, number)
    finally:
        document.close()


def picture_boxes(raw: bytes, pages: Iterable[int]) -> dict[int, tuple[Box | None, float]]:
    """Where the one picture of each of these pages stands, and the page's height, in points from the lower left.

    The box is None where there is no picture, there are several, or it does not stand upright.

    Raises:
        InvalidInput: the document or a page cannot be read whole.
    """
    document = opened(raw)
    try:
        return {number: _picture_box(document, number) for number in pages}
    except _RAISED:
        pass
    finally:
        document.close()
    raise InvalidInput("A page of the PDF cannot be read whole, so what is on it cannot be checked.")


def eye_order(boxes: Sequence[tuple[float, float, float, float]]) -> list[int]:
    """The order in which an eye reads boxes (left, top, right, bottom): line by line, each from the left.

    Boxes are of one line where the middle of each lies within the height of the line's first, so that a letter that
    goes under the line stays in it.
    """
    middles = [(top + bottom) / 2 for _, top, _, bottom in boxes]
    lines: list[list[int]] = []
    edge = -inf
    for at in sorted(range(len(boxes)), key=middles.__getitem__):
        if middles[at] > edge:
            lines.append([])
            edge = middles[at] + _SAME_LINE * max(_LEAST_HEIGHT, boxes[at][3] - boxes[at][1])
        lines[-1].append(at)
    return [at for line in lines for at in sorted(line, key=lambda one: boxes[one][0])]


def opened(raw: bytes) -> pypdfium2.PdfDocument:
    """A document with its pages counted; who opens it closes it.

    Raises:
        InvalidInput: it cannot be read, or is too large.
    """
    document = None
    try:
        if len(raw) <= MOST_BYTES:
            document = pypdfium2.PdfDocument(raw)
            if 1 <= len(document) <= MOST_PAGES:
                return document
    except (*_RAISED, MemoryError):
        pass  # PDFium's errors say nothing that helps
    if document is not None:
        document.close()
    raise InvalidInput("The PDF cannot be read whole, so what is in it cannot be checked.")


def _page(document: pypdfium2.PdfDocument, number: int) -> tuple[str, str]:
    try:
        page = document[number - 1]
        try:
            text_page = page.get_textpage()
            try:
                if text_page.count_chars() <= MOST_LETTERS and text_page.count_rects() <= _MOST_RUNS:
                    return text_page.get_text_range(), _by_eye(text_page)
            finally:
                text_page.close()
        finally:
            page.close()
    except (*_RAISED, MemoryError):
        pass
    raise InvalidInput("A page of the PDF cannot be read whole, so what is on it cannot be checked.")


def _picture_box(document: pypdfium2.PdfDocument, number: int) -> tuple[Box | None, float]:
    page = document[number - 1]
    try:
        height = float(page.get_height())
        pictures = list(page.get_objects(filter=[_IMAGE], max_depth=4))
        if len(pictures) != 1:
            return None, height
        a, b, c, d, e, f = pictures[0].get_matrix().get()
        return ((e, f, e + a, f + d) if b == c == 0 and a > 0 and d > 0 else None), height
    finally:
        page.close()


def _by_eye(text_page: pypdfium2.PdfTextPage) -> str:
    runs = [text_page.get_rect(at) for at in range(text_page.count_rects())]
    order = eye_order([(left, -top, right, -bottom) for left, bottom, right, top in runs])
    room = (ctypes.c_ushort * _MOST_AT_ONCE)()
    return " ".join(_text_in(text_page, runs[at], room) for at in order)


def _text_in(text_page: pypdfium2.PdfTextPage, box: Box, room: ctypes.Array[ctypes.c_ushort]) -> str:
    """The letters in a box. PDFium looks through the page at each question, so it is asked once where they fit."""
    left, bottom, right, top = box
    units = pdfium.FPDFText_GetBoundedText(text_page, left, top, right, bottom, room, len(room))
    if units >= len(room):  # as much as there is room for, perhaps not all
        return str(text_page.get_text_bounded(*box))
    return bytes(memoryview(room)[:units]).decode("utf-16-le", "ignore").removesuffix("\0")  # which ends what fits
