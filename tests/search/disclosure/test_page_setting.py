"""Pages set from kept text, and pages that are pictures."""

from __future__ import annotations

import io
import re
import zlib

import numpy as np
import pikepdf
import pypdfium2
import pytest

from search.disclosure.kept_text import mark
from search.disclosure.page_fonts import shown_text, width_of
from search.disclosure.page_lines import Marks, as_seen, lines_of
from search.disclosure.page_pictures import PicturePage, PictureWord, picture_pages
from search.disclosure.page_setting import A4, LETTER, STRIP, Block, BlockKind, set_pages

WIDE = 50_000
WHITE = zlib.compress(np.full((100, 200), 255, np.uint8).tobytes())


def text(said: str) -> list[Block]:
    return [Block(BlockKind.TEXT, said)]


def said(raw: bytes) -> str:
    document = pypdfium2.PdfDocument(raw)
    try:
        pages = [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()
    return re.sub(r"\s+", " ", " ".join(pages))


def drawn(raw: bytes, page: int = 0, scale: float = 1) -> np.ndarray:
    document = pypdfium2.PdfDocument(raw)
    try:
        return np.asarray(document[page].render(scale=scale, grayscale=True).to_numpy()).copy()
    finally:
        document.close()


def test_a_mail_is_set_in_reading_order():
    blocks = [
        Block(BlockKind.HEADING, "Lights"),
        Block(BlockKind.FIELD, "Jane Doe <jane@x.example>", "From"),
        Block(BlockKind.TEXT, "Dear Pat,\n\nthe (lights) \\ are on."),
        Block(BlockKind.NOTE, "[A note.]"),
    ]
    raw, count = set_pages(blocks)
    assert count == 1
    expected = "Lights From: Jane Doe <jane@x.example> Dear Pat, the (lights) \\ are on. [A note.] Page 1 of 1"
    assert said(raw).strip() == expected


def test_the_same_blocks_give_the_same_bytes():
    blocks = text("Größe שלום नमस्ते 漢字 " + mark("7(1)(b)"))
    assert set_pages(blocks, labels=["7(1)(b)"]) == set_pages(blocks, labels=["7(1)(b)"])


def test_a_mark_is_a_black_box_with_its_label_in_white():
    raw, _ = set_pages(text(mark("7(1)(b)")), labels=["7(1)(b)"])
    pixels = drawn(raw, scale=4)
    ink = np.argwhere(pixels < 40)
    top, bottom = ink[ink[:, 1] < 1200][:, 0].min(), ink[ink[:, 1] < 1200][:, 0].max()
    box = pixels[(top + bottom) // 2, 216:400]
    assert (box < 40).sum() > 40, "the box"
    assert (box > 200).any(), "its label"
    assert "[7(1)(b)]" in said(raw)


def test_the_same_label_has_one_width_and_only_known_labels_are_drawn():
    marks = Marks(["7(1)(b)", "FERPA"])
    one, other = marks.hidden(f"{mark('FERPA')} and {mark('7(1)(b) + FERPA')}").split(" and ")
    assert (marks.label(one), marks.label(other)) == ("FERPA", "7(1)(b) + FERPA")
    assert marks.hidden(mark("stranger")) == mark("stranger")
    assert marks.hidden(mark("")) != mark("")


def test_no_line_is_wider_than_the_page_and_nothing_is_lost():
    marks = Marks(["X"])
    whole = "word " * 40 + "w" * 400 + " end " + mark("X") + " " + "é漢" * 200
    lines = list(lines_of(whole, marks, WIDE))
    assert all(width_of(one) + marks.widths(one) <= WIDE for one in lines)
    assert "".join("".join(lines).split()) == "".join(shown_text(marks.hidden(whole)).split())


def test_a_mark_is_never_cut():
    marks = Marks(["a long label of forty letters in all xyz"])
    lines = list(lines_of("word " * 9 + mark("a long label of forty letters in all xyz"), marks, WIDE))
    assert sum(any(marks.label(sign) for sign in line) for line in lines) == 1


def test_a_sign_that_no_font_has_stands_as_its_code_point():
    assert shown_text("a\U000e0041\u202eb") == "a[U+E0041][U+202E]b"
    assert shown_text("\ta") == "    a"


@pytest.mark.parametrize("line", ["Ελληνικά Русский", "naïve Größe", "☎ ✓"])
def test_letters_of_many_scripts_can_be_searched(line: str):
    assert line in said(set_pages(text(line))[0])


@pytest.mark.parametrize("line", ["שלום עולם", "नमस्ते", "ภาษาไทย", "漢字"])
def test_letters_that_are_drawn_have_text_over_them_and_ink(line: str):
    raw, _ = set_pages(text(line))
    assert line in said(raw)
    assert (drawn(raw)[50:100, 54:] < 128).any()


def test_words_from_right_to_left_stand_as_they_are_seen():
    assert as_seen("אבג דה") == "הד גבא"
    assert as_seen("see אב now") == "see בא now"
    assert as_seen("plain") == "plain"


def test_a_line_that_begins_from_the_right_ends_at_the_right_edge():
    raw, _ = set_pages(text("שלום " + mark("FERPA") + " עולם"), labels=["FERPA"])
    columns = np.argwhere((drawn(raw)[40:80, :700] < 128).any(axis=0)).ravel()
    assert 540 < columns.max() < 560
    assert columns.min() > 400


def test_the_foot_of_a_page_is_free():
    raw, count = set_pages(text("\n".join(f"line {number}" for number in range(300))))
    assert count > 4
    for page in range(count):
        assert (drawn(raw, page)[-int(STRIP) :] == 255).all()


def test_pages_are_counted_and_a_line_is_on_one_of_them():
    raw, count = set_pages(text("\n".join(f"line {number}" for number in range(200))))
    whole = said(raw)
    assert all(f"line {number} " in whole for number in range(200))
    assert f"Page {count} of {count}" in whole


@pytest.mark.parametrize(("blocks", "least"), [(text("a" * (2 << 20)), 300), (text(""), 1), ([], 1)])
def test_odd_texts_have_pages(blocks: list[Block], least: int):
    assert set_pages(blocks)[1] >= least


def test_ten_thousand_messages_have_pages():
    blocks = [Block(BlockKind.MESSAGE, f"Jane\n2026-03-01 10:00:00\nNumber {number}.") for number in range(10_000)]
    raw, count = set_pages(blocks)
    assert count > 600
    assert "Number 9999." in said_last(raw)


def said_last(raw: bytes) -> str:
    document = pypdfium2.PdfDocument(raw)
    try:
        return str(document[len(document) - 1].get_textpage().get_text_range())
    finally:
        document.close()


def test_paper_may_be_a4():
    with pikepdf.open(io.BytesIO(set_pages(text("a"), paper=A4)[0])) as pdf:
        assert [round(float(one), 2) for one in pdf.pages[0].MediaBox[2:]] == [595.28, 841.89]


def test_a_document_says_its_language_and_its_parts_and_nothing_else():
    raw, _ = set_pages([Block(BlockKind.HEADING, "H"), *text("one\n\ntwo")], language="es-US")
    with pikepdf.open(io.BytesIO(raw)) as pdf:
        assert set(pdf.Root.keys()) == {
            "/Type",
            "/Pages",
            "/StructTreeRoot",
            "/MarkInfo",
            "/Lang",
            "/ViewerPreferences",
        }
        assert set(pdf.trailer.keys()) == {"/Size", "/Root", "/ID"}
        assert str(pdf.Root.Lang) == "es-US"
        whole = pdf.Root.StructTreeRoot.K
        assert [str(one.S) for one in whole.K] == ["/H1", "/P", "/P"]
        assert len(pdf.Root.StructTreeRoot.ParentTree.Nums[1]) == 3
        assert pdf.check_pdf_syntax() == []


def test_a_picture_is_put_on_paper_with_its_words_over_it():
    page = PicturePage(
        across=96,
        down=48,
        width=200,
        height=100,
        parts=1,
        pixels=WHITE,
        words=(PictureWord(text="hello", left=20, top=10, right=100, bottom=40),),
        told=(PictureWord(text="FERPA", left=20, top=50, right=100, bottom=80),),
        is_page=False,
    )
    raw, count = picture_pages([page, page], title="shot.png")
    assert count == 2
    assert said(raw).split() == ["hello", "[FERPA]"] * 2
    with pikepdf.open(io.BytesIO(raw)) as pdf:
        first = pdf.pages[0]
        assert [float(one) for one in first.MediaBox[2:]] == list(LETTER)
        assert len(first.Resources.XObject) == 1
        alternatives = [str(one.Alt) for one in pdf.Root.StructTreeRoot.K.K if "/Alt" in one]
        assert alternatives[1] == "Page 2 of shot.png, as a picture. Its words follow."


@pytest.mark.parametrize(("across", "down"), [(612.0, 792.0), (20.0, 20.0), (20_000.0, 100.0), (100.0, 90_000.0)])
def test_a_page_grows_by_the_strip_at_its_foot(across: float, down: float):
    page = PicturePage(across=across, down=down, width=200, height=100, parts=1, pixels=WHITE)
    with pikepdf.open(io.BytesIO(picture_pages([page], title="a")[0])) as pdf:
        sides = [float(one) for one in pdf.pages[0].MediaBox[2:]]
    assert max(sides) <= 14_400
    assert min(sides) >= STRIP
    if down == 792:
        assert sides == [612, 792 + STRIP]
