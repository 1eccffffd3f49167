"""The gate: whether what was left out of a record can be got back from a file that is to be given.

Rules kept: the file is looked at as it will leave, and by other ways than it was made: text with places by PDFium,
every object decoded by qpdf, pixels by Pillow. A region is proved by burning it again: nothing may change. What a
rebuilt file never has (files inside, earlier revisions, layers, metadata) is refused without being read, and what
cannot be read is refused too. A finding says where and never what. Names of files are looked at like texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from typing import TYPE_CHECKING, Final

import numpy as np

from search.disclosure.redaction_drawing import DPI, DrawnPage, drawn_pages
from search.disclosure.redaction_pages import told_of
from search.disclosure.redaction_pdf_objects import Said, said_by
from search.disclosure.redaction_pixels import Burn, beside_pixels, burn, open_picture
from search.disclosure.redaction_views import readings
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from search.disclosure.redaction_drawing import PageWord
    from search.disclosure.redaction_pages import BurntRegion
    from search.disclosure.redaction_secrets import Secrets

_LINE: Final = 4  # pixels by which letters of one line may differ in height
_EDGE: Final = 2  # pixels at the edge of a box that a drawing may blur
_BESIDE: Final = 3  # pixels by which a small word's box may be rounded where it was rebuilt
_BLUR: Final = 8  # of 255


class OutputKind(StrEnum):
    """What a file that is to be given is."""

    TEXT = "text"
    HTML = "html"
    PDF = "pdf"
    PICTURE = "picture"


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A file as it will leave: its name and its bytes."""

    kind: OutputKind
    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """What was left out of the record: strings to be looked for, and boxes burned into this file, drawn at `dpi`."""

    secrets: Secrets
    burnt: tuple[BurntRegion, ...] = ()
    dpi: int = DPI


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """Why a file may not leave; `where` is a phrase without content, `page` counts from 1."""

    where: str
    page: int | None = None


def leaks(output: Output, left_out: LeftOut) -> tuple[Leak, ...]:
    """Everything by which a file gives back what was left out; empty where it may leave. Never raises for any bytes."""
    found: dict[Leak, None] = {}
    if left_out.secrets.stands_in(output.name):
        found[Leak(where="the name of the file")] = None
    try:
        found |= dict.fromkeys(_KINDS[output.kind](output.content, left_out))
    except InvalidInput:
        found[Leak(where="a file that cannot be read whole")] = None
    return tuple(found)


def _of_text(content: bytes, left_out: LeftOut) -> Iterator[Leak]:
    if any(left_out.secrets.stands_in(one) for one in readings(content)):
        yield Leak(where="the text")


def _of_picture(content: bytes, left_out: LeftOut) -> Iterator[Leak]:
    yield from (Leak(where=one) for one in beside_pixels(content))
    if left_out.secrets.stands_in_bytes(content):
        yield Leak(where="the bytes of a picture")
    pixels = open_picture(content)
    if not np.array_equal(burn(pixels, [one.burn for one in left_out.burnt]), pixels):
        yield Leak(where="pixels under a redaction", page=1)


def _of_pdf(content: bytes, left_out: LeftOut) -> Iterator[Leak]:
    secrets = left_out.secrets
    said = said_by(content)
    yield from (Leak(where=one) for one in said.refused)
    if any(secrets.stands_in(one) for one in said.texts):
        yield Leak(where="a string or a name in the document")
    if any(secrets.stands_in(one) for stream in said.streams for one in readings(stream)):
        yield Leak(where="a stream of the document")
    if any(secrets.stands_in_bytes(one) for one in (content, *said.pixels)):
        yield Leak(where="the bytes of the document")
    by_page: dict[int, list[Burn]] = {}
    for one in left_out.burnt:
        by_page.setdefault(one.page, []).append(one.burn)
    last, everything = 0, []
    for page in drawn_pages(content, dpi=left_out.dpi, beside=_BESIDE):
        last = page.number
        everything += [word.text for word in page.words]
        yield from _of_page(page, by_page.get(page.number, ()), secrets)
    if secrets.stands_in(" ".join(everything)):
        yield Leak(where="the text of the pages")
    if by_page and max(by_page) > last:
        yield Leak(where="a page that was redacted is missing")
    yield from _pictures(said, by_page)


def _of_page(page: DrawnPage, burns: Sequence[Burn], secrets: Secrets) -> Iterator[Leak]:
    lines = sorted(page.words, key=lambda one: (round(one.bottom / _LINE), one.left))
    for text in (" ".join(one.text for one in page.words), " ".join(one.text for one in lines)):
        if secrets.stands_in(text):
            yield Leak(where="the text of a page", page=page.number)
    labels = tuple({told_of(one.label) for one in burns})
    others = [word for word in page.words if not any(word.text in label for label in labels)]
    if any(not word.seen for word in others):
        yield Leak(where="text that is not seen", page=page.number)
    covered = np.zeros(page.pixels.shape[:2], dtype=np.bool_)
    for one in burns:
        left, top, right, bottom = _inner(one, covered.shape, 1)
        covered[top:bottom, left:right] = True
    if any(_touches(word, covered) for word in others):
        yield Leak(where="text under a redaction", page=page.number)
    again = burn(page.pixels, burns) if burns else page.pixels
    if any(_drawn_over(page.pixels, again, one) for one in burns):
        yield Leak(where="a page drawn with something in a redaction", page=page.number)


def _inner(one: Burn, shape: tuple[int, ...], edge: int) -> tuple[int, int, int, int]:
    left, top, right, bottom = one.box(shape[1], shape[0])
    return left + edge, top + edge, max(left, right - edge), max(top, bottom - edge)


def _touches(word: PageWord, covered: NDArray[np.bool_]) -> bool:
    left, top = max(0, int(word.left)), max(0, int(word.top))
    return bool(covered[top : max(top, ceil(word.bottom)), left : max(left, ceil(word.right))].any())


def _drawn_over(pixels: NDArray[np.uint8], again: NDArray[np.uint8], one: Burn) -> bool:
    """Whether a box shows more than its fill and its label, which a drawing may move by part of a pixel."""
    left, top, right, bottom = one.box(pixels.shape[1], pixels.shape[0])
    least, most = _around(again[top:bottom, left:right])
    shown = pixels[top:bottom, left:right].astype(np.int16)
    wrong = (shown + _BLUR < least) | (shown > most + _BLUR)
    return bool(wrong[_EDGE:-_EDGE, _EDGE:-_EDGE].any())


def _around(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """The darkest and the lightest within two pixels of each; the outermost two are mixed with the other side."""
    least, most = pixels.astype(np.int16), pixels.astype(np.int16)
    for axis in (0, 1):
        moved = [np.roll(least, by, axis) for by in range(-_EDGE, _EDGE + 1)]
        least = np.minimum.reduce(moved)
        most = np.maximum.reduce([np.roll(most, by, axis) for by in range(-_EDGE, _EDGE + 1)])
    return least, most


def _pictures(said: Said, by_page: Mapping[int, list[Burn]]) -> Iterator[Leak]:
    """A document with redacted pages has one picture a page; each is proved pixel by pixel."""
    if by_page and len(said.pixels) != len(said.pages):
        yield Leak(where="a picture beside those of the pages")
    for number, burns in by_page.items():
        picture = said.pages[number - 1] if number <= len(said.pages) else None
        if picture is None:
            yield Leak(where="a picture that is not made of plain pixels", page=number)
            continue
        flat = np.frombuffer(picture.content, dtype=np.uint8).reshape(picture.height, picture.width, picture.parts)
        shown = flat[:, :, 0] if picture.parts == 1 else flat
        if not np.array_equal(burn(shown, burns), shown):
            yield Leak(where="pixels under a redaction", page=number)


_KINDS: Final = {
    OutputKind.TEXT: _of_text,
    OutputKind.HTML: _of_text,
    OutputKind.PDF: _of_pdf,
    OutputKind.PICTURE: _of_picture,
}
