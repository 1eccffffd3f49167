"""Text of HTML and PDF documents, bounded and total."""

from __future__ import annotations

import io

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from ingest.formats.attachment_text import read_attachment
from ingest.formats.headers import ContentFields
from ingest.formats.html_text import decode_html, html_to_text
from ingest.formats.office.allowance import MOST_PAGES
from ingest.formats.pdf_text import pdf_to_text
from tests.every_case import every_case


def _pdf(*pages: str, password: str | None = None) -> bytes:
    buffer = io.BytesIO()
    encryption = StandardEncryption(password, canPrint=0) if password else None
    canvas = Canvas(buffer, encrypt=encryption)
    for page in pages:
        canvas.drawString(72, 700, page)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def test_the_text_layer_of_every_page_is_read():
    found = pdf_to_text(_pdf("Minutes of the board", "Vote on the boiler"))
    assert "Minutes of the board" in found.text
    assert "Vote on the boiler" in found.text
    assert found.unread is None


def test_pages_without_text_are_said():
    assert pdf_to_text(_pdf("words", "", "")).unread == "2 of 3 PDF pages without text"


def test_an_encrypted_pdf_is_said():
    assert pdf_to_text(_pdf("secret", password="hidden")).unread == "encrypted PDF"


def test_pages_beyond_the_limit_are_said():
    found = pdf_to_text(_pdf(*["page"] * (MOST_PAGES + 3)))
    assert found.unread == f"3 PDF pages beyond the first {MOST_PAGES}"
    few = pdf_to_text(_pdf("first", "second", "third"), 2)
    assert few.unread == "1 PDF pages beyond the first 2"
    assert "third" not in few.text


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n", b"%PDF-" + b"\xff" * 5000, b"not a pdf"])
def test_a_damaged_pdf_is_said(content: bytes):
    assert pdf_to_text(content).unread is not None


@pytest.mark.parametrize("size", [300, 700, 1100])
def test_a_pdf_cut_short_never_raises(size: int):
    found = pdf_to_text(_pdf("Minutes of the board")[:size])
    assert found.text is not None


def test_lines_and_cells_of_html_stay_apart():
    text, complete = html_to_text("<p>one</p><p>two<br>three</p><table><tr><td>a</td><td>b</td></tr></table>")
    assert text.split() == ["one", "two", "three", "a", "b"]
    assert "onetwo" not in text
    assert complete


def test_scripts_and_styles_are_no_text():
    for filler in ("", "<i>" * 500):
        text, _ = html_to_text(f"{filler}<style>p{{}}</style><script>alert(1)</script><p>shown</p>")
        assert text.strip() == "shown"


def test_text_that_a_style_hides_is_found():
    assert "hidden words" in html_to_text("<p>shown</p><div style='display:none'>hidden words</div>")[0]


def test_text_nested_deeper_than_any_parser_goes_is_found():
    assert html_to_text("<div>" * 100_000 + "deep words")[0] == "deep words"


def test_entities_and_odd_markup_are_read():
    assert html_to_text("<b" * 3 + " &lt;tag&gt; &euro; 1 < 2")[0].endswith("<tag> € 1 < 2")


@every_case(
    "markup",
    [
        "<p style='margin-top:1000000000em;padding-left:1000000000em'>x</p>",
        "<ul>" * 90 + "x<br>" * 5000,
        "<table><tr><td colspan=1000000000 rowspan=1000000000>x</table>",
        "<a " * 500_000,
        "<!-- " * 500_000 + ">",
        "<script>" * 200_000 + "x",
        "<table>" * 5000 + "x",
        "&#x110000;&#xD800;&#0;x",
        "<?xml version='1.0' encoding='utf-16'?><p>x</p>",
    ],
)
def test_html_made_to_break_readers_gives_bounded_text(markup: str):
    text, _ = html_to_text(markup)
    assert len(text) < 5_000_000
    text.encode()


def test_the_charset_that_a_document_names_is_used():
    content = "<meta charset='windows-1251'><p>Привет</p>".encode("cp1251")
    assert "Привет" in decode_html(content, None)
    assert "Привет" in decode_html("<p>Привет</p>".encode("utf-16"), None)
    assert "Привет" in decode_html("<p>Привет</p>".encode("koi8-r"), "koi8-r")


def test_long_lines_of_calendars_and_cards_are_put_together():
    fields = ContentFields(media_type="text/calendar", name="meeting.ics")
    folded = b"BEGIN:VCALENDAR\r\nSUMMARY:Vote on the boi\r\n ler\r\nEND:VCALENDAR\r\n"
    assert "Vote on the boiler" in read_attachment(folded, fields).text


def test_a_rich_text_file_is_read_as_what_a_person_sees():
    fields = ContentFields(media_type="application/rtf", name="minutes.rtf")
    found = read_attachment(rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}\f0 Vote on the {\b boiler}\par}", fields)
    assert (found.text, found.unread) == ("Vote on the boiler", None)
