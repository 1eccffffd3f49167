"""Pages of a PDF or a picture with redactions burned in, as the confined child gives them: pixels and words, no file.

Rules kept: every page is drawn, whether it has a redaction or not, so that nothing active, hidden or earlier leaves.
A page without words of its own has those that were read in its picture, where they are known. A picture is given with
at most four million pixels; regions are in pixels of the picture as it was handed in.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from archiver.release_answers import SentPage, SentWord
from archiver.release_codec import unframed
from archiver.release_requests import pages_request
from ingest.formats.pictures.limits import PictureLimits, PictureRefused
from ingest.formats.pictures.opening import open_picture
from search.disclosure.redaction import Found, Unit
from search.disclosure.redaction_codec import decode_redactions
from search.disclosure.redaction_drawing import DPI, DrawnPage, PageWord, drawn_pages, page_sizes
from search.disclosure.redaction_pages import check_redactions, redacted_page
from search.disclosure.redaction_pdf_objects import BuiltPdf
from search.disclosure.redaction_pixels import Burn, burn, is_grey
from search.disclosure.redaction_suggestions import find_spans
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from search.disclosure.redaction import Redaction
    from search.disclosure.redaction_pages import RedactedPage

MOST_GIVEN: Final = 4_000_000  # pixels of a picture
_POINTS: Final = 72
_LEVEL: Final = 4  # of compression: more takes twice the time for a fiftieth of the size
_COLOURS: Final = 3  # axes of an array


def redacted(payload: bytes) -> Iterator[SentPage]:
    """The pages that `pages_request` asks for; runs in the child.

    Raises:
        InvalidInput: the file cannot be read whole, or a redaction does not lie on its pages.
        Conflict: a redaction is a draft.
    """
    head, rest = unframed(payload)
    redactions = decode_redactions(bytes(rest[: head["redactions"]]))
    raw = bytes(rest[head["redactions"] :])
    unit, first, last = Unit(head["unit"]), head["first"], head["last"]
    read: dict[int, list[Any]] = {}
    for row in head["words"]:
        read.setdefault(row[0], []).append(row)
    drawn = _of_pdf(raw, first, last) if unit is Unit.POINTS else _of_picture(raw, first, last)
    check_redactions(redactions, page_sizes(raw) if unit is Unit.POINTS else _picture_sizes(raw, redactions), unit)
    for page in drawn:
        known = page if page.words else _with_words(page, read.get(page.number, ()))
        yield _sent(page, redacted_page(known, redactions, roster=head["roster"]), unit)


def _of_pdf(raw: bytes, first: int, last: int) -> Iterator[DrawnPage]:
    return drawn_pages(raw, dpi=DPI, first=first, last=last)


def _of_picture(raw: bytes, first: int, last: int) -> Iterator[DrawnPage]:
    """Pages or frames; frames that look alike count once, as whoever lists them counts."""
    try:
        picture = open_picture(raw, None, PictureLimits(given_pixels=MOST_GIVEN))
        start = first if picture.media_type == "image/tiff" else 1
        for number, page in enumerate(picture.pages(start), start):
            if page.pixels is None:
                break
            if first <= number <= last:
                across, down = float(page.width * page.reduced), float(page.height * page.reduced)
                yield DrawnPage(number=number, across=across, down=down, pixels=page.pixels, words=())
            if number >= last:
                return
        else:
            return
    except PictureRefused:
        pass  # said below, as for every picture
    raise InvalidInput("A picture cannot be decoded whole, so it cannot be given. Withhold it.")


def _picture_sizes(raw: bytes, redactions: Sequence[Redaction]) -> tuple[tuple[float, float], ...]:
    """Sizes of all frames up to the last that is redacted, as `check_redactions` counts them."""
    if not redactions:
        return ()
    sizes: dict[int, tuple[float, float]] = {}
    for page in _of_picture(raw, 1, 1 << 30):
        sizes[page.number] = (page.across, page.down)
    return tuple(sizes.get(number, (0.0, 0.0)) for number in range(1, max(sizes, default=0) + 1))


def _with_words(page: DrawnPage, rows: Sequence[Sequence[Any]]) -> DrawnPage:
    scale = page.scale
    words = []
    for _, left, top, right, bottom, text in rows:
        sides = (left * scale, top * scale, right * scale, bottom * scale)
        words.append(PageWord(text=text, left=sides[0], top=sides[1], right=sides[2], bottom=sides[3], seen=True))
    return DrawnPage(number=page.number, across=page.across, down=page.down, pixels=page.pixels, words=tuple(words))


def _sent(page: DrawnPage, kept: RedactedPage, unit: Unit) -> SentPage:
    height, width = kept.pixels.shape[:2]
    grey = is_grey(kept.pixels)
    flat = kept.pixels[:, :, 0] if grey and kept.pixels.ndim == _COLOURS else kept.pixels
    natural = (page.across, page.down) if unit is Unit.POINTS else (width * _POINTS / DPI, height * _POINTS / DPI)
    return SentPage(
        number=page.number,
        across=round(natural[0], 3),
        down=round(natural[1], 3),
        width=width,
        height=height,
        parts=1 if grey else _COLOURS,
        pixels=zlib.compress(np.ascontiguousarray(flat).tobytes(), _LEVEL),
        words=tuple(_word(one.text, one) for one in kept.words if one.text),
        burnt=tuple(_burnt(one) for one in kept.burns),
        taken=kept.taken,
        unseen=kept.unseen,
    )


def _word(text: str, one: PageWord) -> SentWord:
    left, top, right, bottom = (round(side, 2) for side in (one.left, one.top, one.right, one.bottom))
    return SentWord(text=text, box=(left, top, max(left, right), max(top, bottom)))


def _burnt(one: Burn) -> SentWord:
    return SentWord(text=one.label or " ", box=(one.left, one.top, one.right, one.bottom))


def rehearse_pages() -> None:
    """Draw and burn once, so that nothing is left to be loaded later."""
    pixels = burn(np.full((40, 200), 255, np.uint8), [Burn(left=5, top=5, right=190, bottom=35, label="rehearsal")])
    built = BuiltPdf()
    word = PageWord(text="rehearsal", left=10, top=10, right=90, bottom=30, seen=True)
    built.add_page(np.repeat(pixels[:, :, None], 3, axis=2), 96, 19, (word,))
    raw = built.written()
    request = pages_request(raw, (), unit=Unit.POINTS, first=1, last=1)
    find_spans("call 217-555-0142", tuple(Found), words=("call",), roster=("call",))
    if len(list(redacted(request))) != 1:
        raise InvalidInput("The child that opens records to be given cannot draw.")
