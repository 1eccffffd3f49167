"""Pages that are pictures of pages, with the words that are kept over them; nothing else of a file that was opened.

Rules kept: each page has one picture, upright, of plain pixels, drawn so that the foot of the page (`STRIP` points)
stays free. A page of a PDF keeps its size and grows by the strip; a picture is as wide as the paper allows and never
larger than it was. Words have no ink and stand where they are seen; of a box that was burned in its label is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from search.disclosure.page_objects import PdfObjects
from search.disclosure.page_setting import LETTER, MARGIN, STRIP, inkless_text
from search.disclosure.redaction_pages import told_of

if TYPE_CHECKING:
    from collections.abc import Iterable

_LEAST_ACROSS: Final = 216.0  # points: narrower pages leave no room for a number
_EDGE: Final = 18.0
_LONGEST: Final = 14_000.0  # points (ISO 32000-1 Annex C)


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureWord:
    """A word in pixels of its page's picture, from the upper left."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PicturePage:
    """A page to be given.

    Args:
        across: how wide it is, in points; of a picture how wide it may be shown at most.
        down: how tall it is.
        width: of the picture, in pixels.
        height: of the picture, in pixels.
        parts: 1 for grey, 3 for red, green and blue.
        pixels: compressed (RFC 1950), row by row.
        words: those that are kept, in reading order.
        told: the boxes that were burned in, each with its label.
        is_page: whether it is a page of a document, which keeps its size, or a picture, which is put on paper.
    """

    across: float
    down: float
    width: int
    height: int
    parts: int
    pixels: bytes
    words: tuple[PictureWord, ...] = ()
    told: tuple[PictureWord, ...] = ()
    is_page: bool = True


def picture_pages(
    pages: Iterable[PicturePage], *, title: str, paper: tuple[float, float] = LETTER, language: str = "en-US"
) -> tuple[bytes, int]:
    """A PDF of these pages, and how many it has.

    Args:
        pages: in order.
        title: what the alternative text of each picture says it is of.
        paper: width and height in points of what pictures are put on.
        language: of the document (BCP 47).
    """
    made = PdfObjects(language=language)
    for page in pages:
        _draw(made, page, title, paper)
    return made.written(), made.page_count


def _draw(made: PdfObjects, page: PicturePage, title: str, paper: tuple[float, float]) -> None:
    made.begin_page()
    whole, box = _places(page, paper)
    left, low, across, down = box
    name = made.picture(page.width, page.height, page.parts, page.pixels)
    figure = made.part("Figure", f"Page {made.page_count + 1} of {title}, as a picture. Its words follow.")
    content = [
        f"/Figure <</MCID {made.mark(figure)}>> BDC",
        f"q {across:.4f} 0 0 {down:.4f} {left:.4f} {low:.4f} cm /{name} Do Q",
        "EMC",
    ]
    scale = (across / page.width, down / page.height)
    said = [(one, one.text) for one in page.words] + [(one, told_of(one.text.strip())) for one in page.told]
    if said:
        content.append(f"/P <</MCID {made.mark(made.part('P'))}>> BDC")
        for one, text in said:
            x, bottom = left + one.left * scale[0], low + (page.height - one.bottom) * scale[1]
            sides = (x, bottom, (one.right - one.left) * scale[0], (one.bottom - one.top) * scale[1])
            content.append(inkless_text(made, text, sides))
        content.append("EMC")
    made.end_page(*whole, "\n".join(content).encode("ascii"))


def _places(
    page: PicturePage, paper: tuple[float, float]
) -> tuple[tuple[float, float], tuple[float, float, float, float]]:
    """Width and height of the page, and where its picture stands: left, bottom, width, height; in points."""
    across, down = page.across, page.down
    if page.is_page:
        shrunk = min(1.0, _LONGEST / across, (_LONGEST - STRIP) / down)
        across, down = across * shrunk, down * shrunk
        return (max(across, _LEAST_ACROSS), down + STRIP), (0.0, STRIP, across, down)
    shrunk = min(1.0, (paper[0] - MARGIN) / across, (_LONGEST - STRIP - 2 * _EDGE) / down)
    across, down = across * shrunk, down * shrunk
    tall = max(paper[1], down + STRIP + 2 * _EDGE)
    return (paper[0], tall), ((paper[0] - across) / 2, tall - _EDGE - down, across, down)
