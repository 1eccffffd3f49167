"""Regions are proved where a page's picture stands on a larger page with a number at its foot."""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pikepdf
import pytest

from search.disclosure import redaction_pdf_objects
from search.disclosure.page_pictures import PicturePage, picture_pages
from search.disclosure.page_setting import LETTER
from search.disclosure.page_stamps import stamp
from search.disclosure.production_gate import findings_of
from search.disclosure.production_gate_types import Rule
from search.disclosure.redaction_pdf_pictures import page_pictures
from tests.search.disclosure.redaction_leaks import clean_pages
from tests.search.disclosure.set_leaks import given, the_set

if TYPE_CHECKING:
    from search.disclosure.production_gate_types import GivenFile


def on_paper(change: Any = lambda pixels: pixels, drawn: str = "", *, is_page: bool = True) -> GivenFile:
    """The redacted pages as pictures on larger pages, numbered at their foot, as a production gives them."""
    kept = clean_pages()
    pages = []
    for number, picture in page_pictures(kept.content, (1, 2)):
        assert picture is not None
        flat = np.frombuffer(picture.content, dtype=np.uint8).reshape(picture.height, picture.width).copy()
        pages.append(
            PicturePage(
                across=240 if is_page else 480,
                down=120 if is_page else 240,
                is_page=is_page,
                width=picture.width,
                height=picture.height,
                parts=1,
                pixels=zlib.compress(np.ascontiguousarray(change(flat) if number == 1 else flat).tobytes()),
            )
        )
    raw = picture_pages(pages, title="A letter", paper=LETTER)[0]
    content = stamp(raw, ["LAKE-000001", "LAKE-000002"], marks=["CONFIDENTIAL"], title="A letter")
    if drawn:
        with pikepdf.Pdf.open(io.BytesIO(content)) as opened:
            opened.pages[0].contents_add(drawn.encode())
            out = io.BytesIO()
            opened.save(out, deterministic_id=True)
            content = out.getvalue()
    return given(content, "rec_1", "documents/A-1.pdf", "pdf", burnt=kept.burnt)


@pytest.mark.parametrize("is_page", [True, False])
def test_regions_are_proved_where_the_picture_stands_on_a_larger_page(is_page: bool):  # noqa: FBT001
    assert findings_of(the_set(), on_paper(is_page=is_page)).refusals == ()
    moved = findings_of(the_set(), on_paper(lambda pixels: np.roll(pixels, 5, axis=0), is_page=is_page))
    assert {one.where for one in moved.refusals} >= {"a page drawn with something in a redaction"}


def _one_pixel(pixels: Any) -> Any:
    burn = clean_pages().burnt[0].burn
    pixels[int(burn.top) + 1, int(burn.left) + 1] = 255
    return pixels


@pytest.mark.parametrize(
    "leaking",
    [
        {"change": lambda pixels: np.full_like(pixels, 255)},
        {"change": lambda pixels: np.maximum(pixels, 2)},
        {"change": lambda pixels: np.roll(pixels, 5, axis=1)},
        {"change": _one_pixel},
        {"drawn": "1 G 2 w 0 90 m 240 90 l S"},
        {"drawn": "1 g 0 0 300 300 re f"},
    ],
)
def test_what_is_drawn_in_a_region_of_a_larger_page_is_refused(leaking):
    assert {one.rule for one in findings_of(the_set(), on_paper(**leaking)).refusals} == {Rule.UNDER}


def test_pictures_of_a_long_document_do_not_count_together(monkeypatch):
    monkeypatch.setattr(redaction_pdf_objects, "MOST_DECODED", 90_000)
    assert findings_of(the_set(), on_paper()).refusals == ()
