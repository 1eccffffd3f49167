"""Ordinary examination tells screens from paper by the header, decodes nothing, and says what waits to be read."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from ingest.formats.attachment_text import read_attachment
from ingest.formats.email_message import read_email
from ingest.formats.headers import ContentFields
from ingest.formats.pictures.first_look import first_look
from ingest.sandbox import SandboxedReader, document_reading
from storage.records import Description, RecordKind
from storage.transcription import NOT_READ_YET
from tests.ingest.formats.pictures.pictures import chunk, saved, scene, with_chunks
from tests.ingest.test_sandbox_tasks import mail_with

ANY = ContentFields(media_type="application/octet-stream", name="x")


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "AVIF", "BMP"])
def test_a_picture_is_a_screenshot_that_waits_to_be_read(form):
    seen = first_look(saved(scene(), form))
    assert (seen.kind, seen.pictured, seen.unread) == (RecordKind.SCREENSHOT, True, NOT_READ_YET)
    assert seen.note == "its header states 120 by 80 pixels"


def test_a_tiff_is_a_document():
    assert first_look(saved(scene(), "TIFF")).kind is RecordKind.DOCUMENT


def test_a_sheet_of_paper_at_the_resolution_of_a_scanner_is_a_document():
    letter, upright = Image.new("L", (1700, 2200)), Image.new("L", (1654, 2339))
    assert first_look(saved(letter, "JPEG", dpi=(200, 200))).kind is RecordKind.DOCUMENT
    assert first_look(saved(upright, "PNG", dpi=(200, 200))).kind is RecordKind.DOCUMENT
    assert first_look(saved(letter, "JPEG", dpi=(72, 72))).kind is RecordKind.SCREENSHOT
    assert first_look(saved(Image.new("L", (1170, 2532)), "PNG", dpi=(300, 300))).kind is RecordKind.SCREENSHOT
    assert first_look(saved(Image.new("L", (4032, 3024)), "JPEG", dpi=(300, 300))).kind is RecordKind.SCREENSHOT


def test_a_picture_that_names_a_scanner_is_a_document():
    assert first_look(saved(scene(), "JPEG", exif=_made_by("CanoScan 9000F"))).kind is RecordKind.DOCUMENT
    assert first_look(saved(scene(), "JPEG", exif=_made_by("Phone 9"))).kind is RecordKind.SCREENSHOT
    assert first_look(with_chunks(saved(scene(), "PNG"), chunk(b"tEXt", b"Title\0scan"))).kind is RecordKind.SCREENSHOT


def _made_by(model: str) -> Image.Exif:
    stated = Image.Exif()
    stated[0x0110] = model
    return stated


def test_a_picture_too_small_for_a_letter_waits_for_nothing():
    seen = first_look(saved(Image.new("RGB", (1, 1)), "GIF"))
    assert (seen.pictured, seen.unread) == (False, None)


def test_a_broken_header_is_said():
    seen = first_look(saved(scene(), "PNG")[:20])
    assert (seen.pictured, seen.unread) == (False, "the header of the picture cannot be read")


def test_pictures_and_scanned_pages_in_a_mail_are_marked():
    read = read_email(mail_with(saved(scene(), "PNG"), "image/png", "a.png"))
    assert [one.pictured for one in read.components] == [True]
    assert read.unsearchable == (f"attachment 1: image/png: {NOT_READ_YET}",)
    written = io.BytesIO()
    canvas = Canvas(written)
    canvas.drawString(9, 9, "a page of words")
    canvas.showPage()
    canvas.showPage()
    canvas.save()
    read = read_email(mail_with(written.getvalue(), "application/pdf", "a.pdf"))
    assert [one.pictured for one in read.components] == [True]
    assert read.unsearchable == (f"attachment 1: 1 of 2 PDF pages without text: {NOT_READ_YET}",)
    assert "a page of words" in read.text


def test_what_holds_its_text_is_not_marked():
    assert not read_attachment(b"words", ContentFields(media_type="text/plain")).pictured
    assert not read_attachment(b"<svg xmlns='http://www.w3.org/2000/svg'/>", ANY).pictured
    read = read_email(mail_with(saved(Image.new("RGB", (1, 1)), "GIF"), "image/gif", "pixel.gif"))
    assert not read.components[0].pictured
    assert read.unsearchable == ()


def test_a_handed_in_picture_is_described_by_the_confined_reader():
    with SandboxedReader() as reader:
        read = reader.read(document_reading(saved(scene(), "PNG"), "IMG_1.pdf"))
    assert isinstance(read, Description)
    assert read.kind is RecordKind.SCREENSHOT
    assert read.unsearchable == (f"the picture: {NOT_READ_YET}",)
    assert read.notes == ("its header states 120 by 80 pixels",)


def test_examination_loads_no_decoder_of_pictures():
    program = (
        "import sys, ingest.sandbox_tasks; "
        "sys.exit(any(name.split('.')[0] in ('PIL', 'pi_heif', 'numpy', 'cv2') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
