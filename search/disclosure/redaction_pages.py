"""Documents of pages with parts left out: every page becomes a picture of itself, with what is kept of its words.

Rules kept: all pages of a document with a redaction are drawn anew, not only those that have one: resources, layers,
structure, names and earlier revisions belong to the whole document, and one page of it carries them. The text layer is
made of the words that are kept and seen; nobody hands it in. A word that a box so much as touches is left out whole.
A keep-only redaction leaves all of its page but its regions out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING, Final

import numpy as np

from search.disclosure.redaction import Found, Pattern, Redaction, RedactionState, Region, Regions, Unit, check_regions
from search.disclosure.redaction_drawing import DPI, DrawnPage, PageWord, drawn_pages, page_sizes
from search.disclosure.redaction_pdf_objects import BuiltPdf
from search.disclosure.redaction_pixels import Burn, burn
from search.disclosure.redaction_suggestions import find_spans
from storage.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

_COVERED: Final = 0.25  # of a word: less was touched, not left out, and may stand elsewhere
_AROUND: Final = 1.5  # pixels around a box, for letters whose edges are blurred by drawing
_PLAIN: Final = "redacted"


@dataclass(frozen=True, slots=True, kw_only=True)
class BurntRegion:
    """A box that was burned into a page (from 1) of what is given, in its pixels."""

    page: int
    burn: Burn


@dataclass(frozen=True, slots=True, kw_only=True)
class RedactedPage:
    """A page as it is given: pixels with its boxes burned in, words kept and seen, the strings left out."""

    number: int
    pixels: NDArray[np.uint8]
    words: tuple[PageWord, ...]
    burns: tuple[Burn, ...]
    taken: tuple[str, ...]
    unseen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPages:
    """The rebuilt document, what was burned into it, and the words left out, by page and line."""

    content: bytes
    burnt: tuple[BurntRegion, ...]
    taken: tuple[str, ...]
    unseen: int


def redacted_pdf(
    raw: bytes, redactions: Sequence[Redaction], *, dpi: int = DPI, roster: Sequence[str] = ()
) -> KeptPages:
    """A PDF with redactions burned in; `unseen` counts words of its text that nobody sees on its pages, left out too.

    Raises:
        Conflict: a redaction is a draft.
        InvalidInput: the document cannot be read whole, or a redaction does not lie on its pages.
    """
    check_redactions(redactions, page_sizes(raw))
    built, unseen = BuiltPdf(), 0
    burnt: list[BurntRegion] = []
    taken: list[str] = []
    for drawn in drawn_pages(raw, dpi=dpi):
        page = redacted_page(drawn, redactions, roster=roster)
        built.add_page(page.pixels, drawn.across, drawn.down, (*page.words, *map(_told, page.burns)))
        unseen += page.unseen
        taken += page.taken
        burnt += [BurntRegion(page=page.number, burn=one) for one in page.burns]
    return KeptPages(content=built.written(), burnt=tuple(burnt), taken=tuple(dict.fromkeys(taken)), unseen=unseen)


def redacted_page(page: DrawnPage, redactions: Sequence[Redaction], *, roster: Sequence[str] = ()) -> RedactedPage:
    """A page that was drawn, with redactions burned in. That they fit its document was asked before."""
    taken: list[str] = []
    found = tuple(_burns(page, [one for one in redactions if isinstance(one.where, Pattern)], roster, taken))
    drawn = [one for one in redactions if isinstance(one.where, Regions)]
    burns = (*found, *_burns(page, drawn, roster, taken))
    covered = _covered(page.pixels, burns)
    under = [_under(word, covered) for word in page.words]
    kept = tuple(word for word, out in zip(page.words, under, strict=True) if word.seen and not out[0])
    taken += _lines(page.words, under, len(found))
    return RedactedPage(
        number=page.number,
        pixels=burn(page.pixels, burns),
        words=kept,
        burns=burns,
        taken=tuple(dict.fromkeys(taken)),
        unseen=sum(not word.seen for word in page.words),
    )


def check_redactions(
    redactions: Sequence[Redaction], sizes: tuple[tuple[float, float], ...], unit: Unit = Unit.POINTS
) -> None:
    """Refuse redactions that cannot be burned into pages of these sizes.

    Raises:
        Conflict: one is a draft.
        InvalidInput: one does not lie on the pages, or is of words that a text has.
    """
    if any(one.state is not RedactionState.FINAL for one in redactions):
        raise Conflict("A redaction is still a draft. Make it final, or remove it, before anything is given.")
    for one in redactions:
        _check(one, sizes, unit)


def _check(one: Redaction, sizes: tuple[tuple[float, float], ...], unit: Unit) -> None:
    if isinstance(one.where, Regions):
        if one.where.unit is not unit:
            raise InvalidInput(f"Regions of this file are in {unit.value}. Mark them again on its pages.")
        check_regions(one.where.regions, sizes)
    elif not isinstance(one.where, Pattern):
        raise InvalidInput("Words of pages are redacted by pattern or by region. Mark them on the pages.")
    elif one.keep_only:
        raise InvalidInput("What is kept of pages is marked as regions of them.")


def _burns(page: DrawnPage, redactions: Sequence[Redaction], roster: Sequence[str], taken: list[str]) -> Iterator[Burn]:
    kept: list[Region] = []
    labels: list[str] = []
    for one in redactions:
        if isinstance(one.where, Pattern):
            yield from _found(page, one, one.where, roster, taken)
            continue
        if not isinstance(one.where, Regions):
            continue
        here = [region for region in one.where.regions if region.page == page.number]
        if one.keep_only:
            kept += here
            labels.append(one.label)
        else:
            for region in here:
                yield _grown(region, page.scale, one.label)
    if labels:
        yield from _outside(page, kept, labels[0])


def _grown(region: Region, scale: float, label: str) -> Burn:
    """The box in pixels, grown a little and cut at the page's edge by who burns it."""
    return Burn(
        left=max(0.0, region.left * scale - _AROUND),
        top=max(0.0, region.top * scale - _AROUND),
        right=region.right * scale + _AROUND,
        bottom=region.bottom * scale + _AROUND,
        label=label,
    )


def _outside(page: DrawnPage, kept: Sequence[Region], label: str) -> Iterator[Burn]:
    """Boxes that cover a page but for its kept regions: bands between their upper and lower edges."""
    height, width = (float(one) for one in page.pixels.shape[:2])
    scale = page.scale
    cuts = sorted({0.0, height, *(min(height, y * scale) for one in kept for y in (one.top, one.bottom))})
    for top, bottom in pairwise(cuts):
        at = 0.0
        here = [one for one in kept if one.top * scale <= top and one.bottom * scale >= bottom]
        for one in sorted(here, key=lambda each: each.left):
            if one.left * scale > at:
                yield Burn(left=at, top=top, right=one.left * scale, bottom=bottom, label=label)
            at = max(at, one.right * scale)
        if at < width:
            yield Burn(left=at, top=top, right=width, bottom=bottom, label=label)


def _found(page: DrawnPage, one: Redaction, where: Pattern, roster: Sequence[str], taken: list[str]) -> Iterator[Burn]:
    """Boxes around the words of a page in which a pattern is found; words are joined by spaces, in reading order."""
    starts, at = [], 0
    for word in page.words:
        starts.append(at)
        at += len(word.text) + 1
    text = " ".join(word.text for word in page.words)
    kinds = (*where.kinds, *((Found.WORDS,) if where.words else ()))
    first = 0
    for found in find_spans(text, kinds, words=where.words, roster=roster, most=max(1, len(text))):
        taken.append(text[found.span.start : found.span.end])
        while first and starts[first] > found.span.start:
            first -= 1
        while first + 1 < len(starts) and starts[first + 1] <= found.span.start:
            first += 1
        index = first
        marked: PageWord | None = None
        while index < len(starts) and starts[index] < found.span.end:
            word = page.words[index]
            index += 1
            if marked is not None and _on_line(marked, word):  # one box, so that it does not tell how many words
                marked = _joined(marked, word)
                continue
            if marked is not None:
                yield from _boxed(marked, one.label)
            marked = word
        if marked is not None:
            yield from _boxed(marked, one.label)


def _boxed(word: PageWord, label: str) -> Iterator[Burn]:
    if word.seen and word.right > word.left and word.bottom > word.top:
        left, top = max(0.0, word.left - _AROUND), max(0.0, word.top - _AROUND)
        yield Burn(left=left, top=top, right=word.right + _AROUND, bottom=word.bottom + _AROUND, label=label)


def _on_line(word: PageWord, other: PageWord) -> bool:
    return word.seen == other.seen and word.top < other.bottom and word.bottom > other.top and other.left >= word.left


def _joined(word: PageWord, other: PageWord) -> PageWord:
    return replace(
        word,
        text=f"{word.text} {other.text}",
        left=min(word.left, other.left),
        top=min(word.top, other.top),
        right=max(word.right, other.right),
        bottom=max(word.bottom, other.bottom),
    )


def _covered(pixels: NDArray[np.uint8], burns: Sequence[Burn]) -> NDArray[np.int32]:
    """Which box each pixel of a page is under, from 1; 0 under none."""
    height, width = pixels.shape[:2]
    covered = np.zeros((height, width), dtype=np.int32)
    for number, one in enumerate(burns, start=1):
        left, top, right, bottom = one.box(width, height)
        covered[top:bottom, left:right] = number
    return covered


def _under(word: PageWord, covered: NDArray[np.int32]) -> tuple[int, bool]:
    """The number of the box that a word touches, 0 where it touches none, and whether so much of it is covered."""
    left, top = max(0, int(word.left)), max(0, int(word.top))
    here = covered[top : max(top, ceil(word.bottom)), left : max(left, ceil(word.right))]
    return (int(here.max()), bool(np.count_nonzero(here) >= _COVERED * here.size)) if here.size else (0, False)


def told_of(label: str) -> str:
    """What the text layer says of a box, between spaces so that it is no part of the word beside it."""
    return f" [{label or _PLAIN}] "


def _told(one: Burn) -> PageWord:
    text = told_of(one.label)
    return PageWord(text=text, left=one.left, top=one.top, right=one.right, bottom=one.bottom, seen=True)


def _lines(words: Sequence[PageWord], under: Sequence[tuple[int, bool]], found: int) -> Iterator[str]:
    """Words that regions cover, joined under one box and on one line; the first `found` boxes are of patterns."""
    standing: dict[int, PageWord] = {}
    for word, (box, covered) in zip(words, under, strict=True):
        if not covered or box <= found:
            continue
        before = standing.get(box)
        if before is not None and _on_line(before, word):
            standing[box] = _joined(before, word)
            continue
        if before is not None:
            yield before.text
        standing[box] = word
    yield from (one.text for one in standing.values())
