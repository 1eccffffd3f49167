"""A page of a picture or a PDF for a person's eyes: its pixels alone, encoded anew.

Rule kept: what leaves here was written by our own encoder from decoded pixels, so that a browser never meets a byte of
the file, and none of its metadata. The size is bounded whatever the file is, and a page of a PDF is drawn whether it
has a text layer or not, without its forms and scripts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingest.formats.pictures.limits import PictureLimits, PictureRefused
from ingest.formats.pictures.opening import PdfPicture, open_picture
from ingest.formats.pictures.raster import as_jpeg

if TYPE_CHECKING:
    from ingest.formats.pictures.pixels import PagePixels

MOST_PIXELS: Final = 4_000_000
_DPI: Final = 120
_NO_PAGE: Final = "it has no such page"


def shown_page(raw: bytes, media_type: str, number: int, *, pages: int) -> bytes:
    """One page or frame as a JPEG of at most `MOST_PIXELS`.

    Args:
        raw: all of the component.
        media_type: what it was described as.
        number: the page, from 1.
        pages: how many pages of one component may be looked at.

    Raises:
        PictureRefused: it is no picture that is read, it has no such page, or the page cannot be decoded; the message
            says why, without content.
    """
    limits = PictureLimits(given_pixels=MOST_PIXELS, pages=pages, dpi=_DPI)
    if not 1 <= number <= pages:
        raise PictureRefused(_NO_PAGE)
    page = _page(raw, media_type, number, limits)
    if page.pixels is None:
        raise PictureRefused(page.problem or _NO_PAGE)
    return as_jpeg(page.pixels)


def _page(raw: bytes, media_type: str, number: int, limits: PictureLimits) -> PagePixels:
    picture = open_picture(raw, media_type, limits)
    if isinstance(picture, PdfPicture):
        return picture.drawn(number)
    for page in picture.pages(number):
        if page.number == number:
            return page
        if page.number > number:
            break
    raise PictureRefused(_NO_PAGE)
