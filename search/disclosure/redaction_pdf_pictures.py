"""The pictures of a PDF's pages, undone one at a time; pikepdf (qpdf) does it.

Rule kept: a page that was drawn anew has exactly one picture, of plain grey or red, green and blue pixels with 8 bits
each (ISO 32000-1 §8.9.5). Whatever is another is no picture of a page, and is never guessed at.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pikepdf
from pikepdf import Name, Pdf

from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_RAISED: Final = (pikepdf.PdfError, ValueError, TypeError, KeyError, AttributeError, RuntimeError, OSError, MemoryError)


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePicture:
    """The one picture of a page, undone: `parts` is 1 for grey, 3 for red, green and blue."""

    content: bytes
    height: int
    width: int
    parts: int


def page_pictures(raw: bytes, pages: Iterable[int]) -> Iterator[tuple[int, PagePicture | None]]:
    """The one picture of each of these pages (from 1), None where there is not exactly one of plain pixels.

    Raises:
        InvalidInput: the document cannot be read.
    """
    try:
        pdf = Pdf.open(io.BytesIO(raw))
    except _RAISED:
        raise InvalidInput("The PDF cannot be read whole, so what is in it cannot be checked.") from None
    with pdf:
        for number in pages:
            yield number, _page_picture(pdf.pages[number - 1].obj) if number <= len(pdf.pages) else None


def _plain_picture(page: pikepdf.Object) -> tuple[pikepdf.Object, int] | None:
    """The one picture of a page where its pixels are plain, and of how many parts each is."""
    (one,) = (each for each in page.Resources.XObject.values() if each.Subtype == Name.Image)
    parts = {"/DeviceGray": 1, "/DeviceRGB": 3}.get(str(one.ColorSpace))
    return None if parts is None or one.BitsPerComponent != 8 else (one, parts)  # noqa: PLR2004 - bits


def width_of(page: pikepdf.Object) -> int | None:
    """The pixels across of the one picture of a page, None where there is not exactly one of plain pixels."""
    try:
        found = _plain_picture(page)
        return None if found is None else int(found[0].Width)
    except _RAISED:
        return None


def _page_picture(page: pikepdf.Object) -> PagePicture | None:
    try:
        found = _plain_picture(page)
        if found is None:
            return None
        one, parts = found
        height, width, content = int(one.Height), int(one.Width), one.read_bytes()
    except _RAISED:
        return None
    whole = len(content) == height * width * parts
    return PagePicture(content=content, height=height, width=width, parts=parts) if whole else None
