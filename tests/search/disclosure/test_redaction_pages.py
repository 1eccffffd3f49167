"""Pages and pictures with parts left out."""

from __future__ import annotations

import io

import numpy as np
import pikepdf
import pypdfium2
import pytest
from PIL import Image
from reportlab.pdfgen import canvas

from search.disclosure.redaction import Pattern, RedactionState, Region, Regions, Unit
from search.disclosure.redaction_drawing import drawn_pages
from search.disclosure.redaction_gate import LeftOut, Output, OutputKind, leaks
from search.disclosure.redaction_pages import redacted_pdf
from search.disclosure.redaction_pixels import Burn, burn, open_picture, redacted_picture, write_png
from search.disclosure.redaction_secrets import secrets_of
from storage.errors import Conflict, InvalidInput
from tests.search.disclosure.redaction_leaks import BOX, PATTERN, ROSTER, SECRET, clean_pages, final, source_pdf


def said(raw: bytes) -> str:
    document = pypdfium2.PdfDocument(raw)
    try:
        return "\n".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()


def letter(*, turned: int = 0, size: tuple[float, float] = (200.5, 100.25)) -> bytes:
    out = io.BytesIO()
    page = canvas.Canvas(out, pagesize=size, invariant=1)
    page.drawString(20, 60, "public words, secretword here")
    page.setFillGray(1)
    page.drawString(20, 20, "whiteword")
    page.drawString(-500, 20, "farword")
    page.setPageRotation(turned)
    page.showPage()
    page.save()
    return out.getvalue()


def test_the_words_left_out_are_gone_and_the_others_can_still_be_searched():
    text = said(clean_pages().content)
    assert SECRET not in text
    assert "about lunch" in text
    assert "A second page" in text
    assert "[b6]" in text


def test_the_same_redactions_give_the_same_bytes():
    redactions = (final(PATTERN), final(Regions(regions=(BOX,), unit=Unit.POINTS)))
    assert redacted_pdf(source_pdf(), redactions, dpi=100, roster=ROSTER).content == clean_pages().content


def test_a_rebuilt_document_has_nothing_but_pages():
    with pikepdf.open(io.BytesIO(clean_pages().content)) as pdf:
        assert set(pdf.Root.keys()) == {"/Type", "/Pages"}
        assert set(pdf.trailer.keys()) <= {"/Root", "/Size", "/ID"}
        for page in pdf.pages:
            assert set(page.obj.keys()) == {"/Type", "/Parent", "/MediaBox", "/Contents", "/Resources"}


def test_words_that_nobody_sees_are_not_kept():
    kept = redacted_pdf(letter(), (final(Pattern(words=("secretword",))),), dpi=72)
    assert kept.unseen == 2
    assert not {"whiteword", "farword", "secretword"} & set(said(kept.content).split())


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_a_turned_page_is_redacted_where_it_is_seen(turned):
    kept = redacted_pdf(letter(turned=turned), (final(Pattern(words=("secretword",))),), dpi=72)
    assert "secretword" not in said(kept.content)
    assert "public" in said(kept.content)
    output = Output(kind=OutputKind.PDF, name="a.pdf", content=kept.content)
    assert leaks(output, LeftOut(secrets=secrets_of(kept.taken), burnt=kept.burnt, dpi=72)) == ()
    (before,), (after,) = drawn_pages(letter(turned=turned), dpi=72), drawn_pages(kept.content, dpi=72)
    assert before.pixels.shape == after.pixels.shape


def test_an_inverse_redaction_leaves_only_its_region():
    kept = redacted_pdf(
        source_pdf(), (final(Regions(regions=(BOX,), unit=Unit.POINTS), keep_only=True),), dpi=72, roster=ROSTER
    )
    text = said(kept.content)
    assert "Penelope" in text
    assert not {"office", "second"} & set(text.split())


def test_a_region_may_take_part_of_a_word_and_the_whole_word_is_left_out():
    region = Region(page=1, left=21, top=22, right=24, bottom=30)
    kept = redacted_pdf(source_pdf(), (final(Regions(regions=(region,), unit=Unit.POINTS)),), dpi=72)
    assert "The" not in said(kept.content).split()


def test_letters_of_any_script_are_kept_as_they_were():
    from search.disclosure.redaction_drawing import PageWord  # noqa: PLC0415 - for this test only
    from search.disclosure.redaction_pdf_objects import BuiltPdf  # noqa: PLC0415 - the same

    letters = "".join(chr(code) for code in range(0x4E00, 0x4E00 + 300)) + "é✓\U0001f600"
    built = BuiltPdf()
    word = PageWord(text=letters, left=10, top=10, right=900, bottom=20, seen=True)
    built.add_page(np.full((100, 1000), 255, np.uint8), 1000, 100, [word])
    assert said(built.written()) == letters


@pytest.mark.parametrize(
    "where",
    [
        Regions(regions=(Region(page=3, left=0, top=0, right=1, bottom=1),), unit=Unit.POINTS),
        Regions(regions=(Region(page=1, left=0, top=0, right=900, bottom=1),), unit=Unit.POINTS),
        Regions(regions=(BOX,), unit=Unit.PIXELS),
    ],
)
def test_a_region_that_is_not_on_the_pages_is_refused(where):
    with pytest.raises(InvalidInput):
        redacted_pdf(source_pdf(), (final(where),))


def test_a_draft_is_not_burned_in():
    with pytest.raises(Conflict):
        redacted_pdf(source_pdf(), (final(PATTERN, state=RedactionState.DRAFT),))


@pytest.mark.parametrize("raw", [b"", b"%PDF-1.4", source_pdf()[:300]])
def test_a_document_that_cannot_be_read_is_refused(raw):
    with pytest.raises(InvalidInput):
        redacted_pdf(raw, (final(PATTERN),))


def test_burning_twice_changes_nothing():
    pixels = np.random.default_rng(5).integers(0, 256, (60, 90, 3), np.uint8)  # seed 5
    burns = (Burn(left=5, top=5, right=60.5, bottom=30, label="b6"), Burn(left=40, top=20, right=80, bottom=50))
    once = burn(pixels, burns)
    assert np.array_equal(burn(once, burns), once)
    assert not np.array_equal(once, pixels)


def test_a_label_that_does_not_fit_is_not_drawn():
    small = Burn(left=1, top=1, right=9, bottom=9, label="a label much too long")
    assert not burn(np.full((10, 10), 255, np.uint8), (small,))[1:9, 1:9].any()


@pytest.mark.parametrize("shape", [(7, 5), (7, 5, 3)])
def test_a_picture_that_was_written_shows_the_same_pixels(shape):
    pixels = np.random.default_rng(6).integers(0, 256, shape, np.uint8)  # seed 6
    assert np.array_equal(open_picture(write_png(pixels)), pixels)


def test_a_picture_is_redacted_as_it_is_seen_when_its_exif_turns_it():
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 20), "white").save(out, "JPEG", exif=exif)
    pixels = open_picture(redacted_picture(out.getvalue(), (Burn(left=0, top=0, right=20, bottom=5),)))
    assert pixels.shape[:2] == (40, 20)
    assert not pixels[:5].any()
    assert pixels[6:].min() > 200


def test_a_picture_whose_numbers_have_no_scale_is_refused():
    out = io.BytesIO()
    Image.fromarray(np.linspace(0, 1, 100, dtype=np.float32).reshape(10, 10)).save(out, "TIFF")
    with pytest.raises(InvalidInput):
        redacted_picture(out.getvalue(), ())


def test_a_word_that_a_region_only_touches_is_not_kept_and_may_stand_elsewhere():
    region = Region(page=1, left=30, top=22, right=38, bottom=24)
    touched = redacted_pdf(source_pdf(), (final(Regions(regions=(region,), unit=Unit.POINTS)),), dpi=72)
    covered = redacted_pdf(source_pdf(), (final(Regions(regions=(BOX,), unit=Unit.POINTS)),), dpi=72)
    assert touched.taken == ()
    assert "The" not in said(touched.content).split()
    assert any("Penelope" in one for one in covered.taken)


def test_a_box_outside_of_a_picture_is_refused():
    with pytest.raises(InvalidInput):
        redacted_picture(write_png(np.zeros((9, 9), np.uint8)), (Burn(left=20, top=0, right=30, bottom=5),))


@pytest.mark.parametrize("raw", [b"", b"GIF89a", write_png(np.zeros((50, 50), np.uint8))[:60]])
def test_a_picture_that_cannot_be_read_is_refused(raw):
    with pytest.raises(InvalidInput):
        redacted_picture(raw, ())
