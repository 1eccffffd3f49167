"""The gate: whether what was left out of a record can be got back from a file that is to be given.

Rules kept: the file is looked at as it will leave, and by other ways than it was made: text with places by PDFium,
every object decoded by qpdf, pixels by Pillow. A region is proved by burning it again, in the picture of its page and
on the page as it is drawn: nothing may change. A document without regions is not drawn; its text is read in two orders.
What a rebuilt file never has (files inside, earlier revisions, layers, metadata) is refused without being read, and
what cannot be read is refused too. A finding says where and never what. Names of files are looked at like texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from typing import TYPE_CHECKING, Final

import numpy as np

from search.disclosure.redaction_drawing import DPI, DrawnPage, drawn_pages
from search.disclosure.redaction_page_text import eye_order, page_texts, picture_boxes
from search.disclosure.redaction_pages import told_of
from search.disclosure.redaction_pdf_names import is_syntax, without_syntax
from search.disclosure.redaction_pdf_objects import Said, said_by
from search.disclosure.redaction_pdf_pictures import page_pictures
from search.disclosure.redaction_pixels import Burn, beside_pixels, burn, open_picture
from search.disclosure.redaction_views import readings
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from search.disclosure.redaction_drawing import PageWord
    from search.disclosure.redaction_pages import BurntRegion
    from search.disclosure.redaction_secrets import Sought

_EDGE: Final = 2  # pixels at the edge of a box that a drawing may blur
_BESIDE: Final = 3  # pixels by which a small word's box may be rounded where it was rebuilt
_BLUR: Final = 8  # of 255
_POINTS: Final = 72  # to an inch
_UNMOVED: Final = (0.0, 0, 0)


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

    secrets: Sought
    burnt: tuple[BurntRegion, ...] = ()
    dpi: int = DPI


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """Why a file may not leave; `where` is a phrase without content, `page` counts from 1.

    `strings` are the numbers of what stands there; empty where something else is wrong.
    """

    where: str
    page: int | None = None
    strings: frozenset[int] = frozenset()


def leaks(output: Output, left_out: LeftOut) -> tuple[Leak, ...]:
    """Everything by which a file gives back what was left out; empty where it may leave. Never raises for any bytes."""
    found: dict[Leak, None] = {}
    found |= dict.fromkeys(_said("the name of the file", left_out.secrets.standing_in(output.name)))
    try:
        found |= dict.fromkeys(_KINDS[output.kind](output.content, left_out))
    except InvalidInput:
        found[Leak(where="a file that cannot be read whole")] = None
    return tuple(found)


def _said(where: str, strings: frozenset[int], page: int | None = None) -> Iterator[Leak]:
    if strings:
        yield Leak(where=where, page=page, strings=strings)


def _standing(sought: Sought, texts: Iterable[str], page: int | None = None) -> frozenset[int]:
    return frozenset().union(*(sought.standing_in(one, page) for one in texts))


def _of_text(content: bytes, left_out: LeftOut) -> Iterator[Leak]:
    yield from _said("the text", _standing(left_out.secrets, readings(content)))


def _of_picture(content: bytes, left_out: LeftOut) -> Iterator[Leak]:
    yield from (Leak(where=one) for one in beside_pixels(content))
    yield from _said("the bytes of a picture", left_out.secrets.standing_in_bytes(content))
    pixels = open_picture(content)
    if not np.array_equal(burn(pixels, [one.burn for one in left_out.burnt]), pixels):
        yield Leak(where="pixels under a redaction", page=1)


def _of_pdf(content: bytes, left_out: LeftOut) -> Iterator[Leak]:
    secrets = left_out.secrets
    in_pixels: set[int] = set()
    said = said_by(content, lambda one: in_pixels.update(secrets.standing_in_bytes(one, pixels=True)))
    yield from (Leak(where=one) for one in said.refused)
    yield from _said("a string in the document", secrets.standing_in("\n".join(said.texts)))
    names = (one for one in said.names if not is_syntax(one))
    yield from _said("a name in the document", secrets.standing_in("\n".join(names)))
    yield from _said("a stream of the document", _in_streams(said, secrets))
    in_bytes = [secrets.standing_in_bytes(one) for one in said.fonts]
    if secrets.standing_in_bytes(content):  # its own names and keywords are taken away only where that is needed
        in_bytes.append(secrets.standing_in_bytes(without_syntax(content)))
    yield from _said("the bytes of the document", frozenset(in_pixels).union(*in_bytes))
    if left_out.burnt:
        yield from _drawn(content, said, left_out)
        return
    everything: list[tuple[str, str]] = []
    for number, texts in page_texts(content):
        everything.append(texts)
        yield from _said("the text of a page", _standing(secrets, texts, number), number)
    if len(everything) > 1:
        joined = (" ".join(order) for order in zip(*everything, strict=True))
        yield from _said("the text of the pages", _standing(secrets, joined))


def _in_streams(said: Said, secrets: Sought) -> frozenset[int]:
    found: frozenset[int] = frozenset()
    for stream in said.streams:
        if _standing(secrets, readings(stream)):
            found |= _standing(secrets, readings(without_syntax(stream)))
    return found


def _drawn(content: bytes, said: Said, left_out: LeftOut) -> Iterator[Leak]:
    """A document with regions; a page is drawn so that a pixel of its picture is one of the page."""
    secrets = left_out.secrets
    by_page: dict[int, list[Burn]] = {}
    for one in left_out.burnt:
        by_page.setdefault(one.page, []).append(one.burn)
    placed = _placed(content, said, by_page)
    last, everything = 0, []
    for page in drawn_pages(
        content, dpi=left_out.dpi, beside=_BESIDE, of_page={at: one[0] for at, one in placed.items()}
    ):
        last = page.number
        everything += [word.text for word in page.words]
        right, down = placed.get(page.number, _UNMOVED)[1:]
        burns = [_moved(one, right, down) for one in by_page.get(page.number, ())]
        yield from _of_page(page, burns, secrets)
    yield from _said("the text of the pages", secrets.standing_in(" ".join(everything)))
    if by_page and max(by_page) > last:
        yield Leak(where="a page that was redacted is missing")
    yield from _pictures(content, said, by_page)


def _placed(content: bytes, said: Said, pages: Iterable[int]) -> dict[int, tuple[float, int, int]]:
    """Of pages with regions: the pixels to the inch at which their picture is drawn as it is, and its upper left."""
    placed: dict[int, tuple[float, int, int]] = {}
    for number, (box, height) in picture_boxes(content, [one for one in pages if one <= len(said.widths)]).items():
        across = said.widths[number - 1]
        if across is not None and box is not None:
            scale = across / (box[2] - box[0])
            placed[number] = (scale * _POINTS, round(box[0] * scale), round((height - box[3]) * scale))
    return placed


def _moved(one: Burn, right: int, down: int) -> Burn:
    if not (right or down):
        return one
    across, below = one.left + right, one.top + down
    return Burn(left=across, top=below, right=one.right + right, bottom=one.bottom + down, label=one.label)


def _of_page(page: DrawnPage, burns: Sequence[Burn], secrets: Sought) -> Iterator[Leak]:
    order = eye_order([(one.left, one.top, one.right, one.bottom) for one in page.words])
    texts = (" ".join(one.text for one in page.words), " ".join(page.words[at].text for at in order))
    yield from _said("the text of a page", _standing(secrets, texts, page.number), page.number)
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


def _pictures(content: bytes, said: Said, by_page: Mapping[int, list[Burn]]) -> Iterator[Leak]:
    """A document with redacted pages has one picture a page; each is proved pixel by pixel."""
    if by_page and said.pictures != len(said.widths):
        yield Leak(where="a picture beside those of the pages")
    for number, picture in page_pictures(content, by_page):
        if picture is None:
            yield Leak(where="a picture that is not made of plain pixels", page=number)
            continue
        flat = np.frombuffer(picture.content, dtype=np.uint8).reshape(picture.height, picture.width, picture.parts)
        shown = flat[:, :, 0] if picture.parts == 1 else flat
        if not np.array_equal(burn(shown, by_page[number]), shown):
            yield Leak(where="pixels under a redaction", page=number)


_KINDS: Final = {
    OutputKind.TEXT: _of_text,
    OutputKind.HTML: _of_text,
    OutputKind.PDF: _of_pdf,
    OutputKind.PICTURE: _of_picture,
}
