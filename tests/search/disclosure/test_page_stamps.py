"""Numbers and stamps at the foot of pages, and documents joined with bookmarks."""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pikepdf
import pypdfium2
import pytest

from search.disclosure.page_pictures import PicturePage, picture_pages
from search.disclosure.page_setting import Block, BlockKind, set_pages
from search.disclosure.page_stamps import Bookmark, join, stamp
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator

WHITE = zlib.compress(np.full((100, 200), 255, np.uint8).tobytes())


def pages(count: int) -> bytes:
    raw, made = set_pages([Block(BlockKind.TEXT, "\n".join(f"line {number}" for number in range(count * 50 - 40)))])
    assert made == count
    return raw


def numbers(count: int, first: int = 1) -> list[str]:
    return [f"LAKE-{number:06d}" for number in range(first, first + count)]


def texts(raw: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(raw)
    try:
        return [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()


def outline(raw: bytes) -> list[tuple[int, str, int]]:
    document = pypdfium2.PdfDocument(raw)
    try:
        return [(one.level, one.get_title(), one.get_dest().get_index() + 1) for one in document.get_toc()]
    finally:
        document.close()


def elements(whole: pikepdf.Object) -> Iterator[pikepdf.Object]:
    for one in whole.K:
        if "/S" in one:
            yield one
            yield from elements(one)


def test_each_page_has_its_number_and_all_stamps():
    raw = stamp(pages(2), numbers(2), marks=("CONFIDENTIAL", "Produced 2026-0012"), title="Lights")
    for number, said in zip(numbers(2), texts(raw), strict=True):
        assert said.count(number) == 1
        assert "CONFIDENTIAL" in said
        assert "Produced 2026-0012" in said


def test_only_the_strip_is_written_on():
    before, after = pages(1), stamp(pages(1), numbers(1), title="a")
    shown = []
    for raw in (before, after):
        document = pypdfium2.PdfDocument(raw)
        shown.append(np.asarray(document[0].render(scale=1, grayscale=True).to_numpy()).copy())
        document.close()
    rows = np.argwhere((shown[0] != shown[1]).any(axis=1)).ravel()
    assert rows.min() >= 792 - 36


def test_the_same_document_and_numbers_give_the_same_bytes():
    one = stamp(pages(1), numbers(1), marks=("A",), title="a")
    assert one == stamp(pages(1), numbers(1), marks=("A",), title="a")
    assert join([one, one], [Bookmark(title="a", page=1)]) == join([one, one], [Bookmark(title="a", page=1)])


def test_a_document_has_its_title_as_bookmark_or_those_that_are_asked_for():
    assert outline(stamp(pages(2), numbers(2), title="Lights é")) == [(0, "Lights é", 1)]
    raw = stamp(pages(2), numbers(2), title="a", bookmarks=[("first", 1), ("second", 2)])
    assert outline(raw) == [(0, "first", 1), (0, "second", 2)]


def test_a_long_stamp_becomes_smaller_and_stays_on_the_page():
    narrow, _ = picture_pages(
        [PicturePage(across=30, down=30, width=200, height=100, parts=1, pixels=WHITE)], title="small"
    )
    raw = stamp(narrow, numbers(1), marks=("A rather long stamp that would not fit here",), title="small")
    document = pypdfium2.PdfDocument(raw)
    across = document[0].get_width()
    page = document[0].get_textpage()
    boxes = [page.get_charbox(at) for at in range(page.count_chars())]
    document.close()
    assert all(left >= -1 and right <= across + 1 for left, _, right, _ in boxes)


def test_documents_are_joined_with_their_numbers_bookmarks_and_parts():
    first, second = stamp(pages(2), numbers(2), title="a"), stamp(pages(1), numbers(1, 3), title="b")
    below = (Bookmark(title="record", page=1), Bookmark(title="attachment", page=3))
    raw = join([first, second], [Bookmark(title="family", page=1, below=below)])
    assert [number in said for number, said in zip(numbers(3), texts(raw), strict=True)] == [True] * 3
    assert outline(raw) == [(0, "family", 1), (1, "record", 1), (1, "attachment", 3)]
    with pikepdf.open(io.BytesIO(raw)) as pdf:
        tree = pdf.Root.StructTreeRoot
        assert [str(one.S) for one in tree.K] == ["/Document", "/Document"]
        assert [int(page.StructParents) for page in pdf.pages] == [0, 1, 2]
        rows = [int(tree.ParentTree.Nums[at]) for at in range(0, len(tree.ParentTree.Nums), 2)]
        assert rows == [0, 1, 2]
        marks = [one for part in elements(tree) for one in part.K if "/MCID" in one]
        assert {one.Pg.objgen for one in marks} == {page.obj.objgen for page in pdf.pages}
        assert pdf.check_pdf_syntax() == []


def test_a_font_stands_once_in_what_is_joined():
    one = stamp(pages(1), numbers(1), title="a")
    joined = join([one] * 20, [Bookmark(title="a", page=1)])
    assert len(joined) < 3 * len(one)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: stamp(pages(2), numbers(1), title="a"),
        lambda: stamp(b"%PDF-1.7 none", numbers(1), title="a"),
        lambda: stamp(pages(1), numbers(1), marks=["x"] * 7, title="a"),
        lambda: stamp(pages(1), numbers(1), marks=["שלום"], title="a"),
        lambda: stamp(pages(1), [""], title="a"),
        lambda: stamp(pages(1), numbers(1), title="a", bookmarks=[("b", 2)]),
        lambda: join([pages(1)], [Bookmark(title="a", page=2)]),
        lambda: join([b"none"], []),
    ],
)
def test_what_cannot_be_stamped_or_joined_is_refused(wrong):
    with pytest.raises(InvalidInput):
        wrong()
