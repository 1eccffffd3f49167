"""What a PDF holds beside its pages' text."""

from __future__ import annotations

import io

from reportlab.pdfgen.canvas import Canvas

from ingest.formats.pdf_text import pdf_to_text

_HEAD = b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R"
_PAGES = b">>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
_PAGE = b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Annots[%b]>>endobj\n"
_END = b"trailer<</Root 1 0 R>>\n%%EOF\n"


def _annotated(annotations: bytes, catalogue: bytes = b"", more: bytes = b"") -> bytes:
    return _HEAD + catalogue + _PAGES + _PAGE % annotations + more + _END


def test_comments_on_a_page_are_read():
    note = b"<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/Contents(Ask the plumber)/T(Ada)>>"
    assert pdf_to_text(_annotated(note)).text.strip() == "Comment by Ada: Ask the plumber"


def test_values_of_a_form_are_read_with_their_names():
    field = b"<</Type/Annot/Subtype/Widget/FT/Tx/T(amount)/V(900 dollars)/Rect[0 0 9 9]>>"
    content = _annotated(b"4 0 R", b"/AcroForm<</Fields[4 0 R]>>", b"4 0 obj" + field + b"endobj\n")
    assert "amount: 900 dollars" in pdf_to_text(content).text


def test_the_address_of_a_link_is_read():
    link = b"<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(https://example.org/pay)>>>>"
    assert "Link: https://example.org/pay" in pdf_to_text(_annotated(link)).text


def test_files_inside_are_named_as_said_and_not_read():
    files = b"/Names<</EmbeddedFiles<</Names[(a.txt) 4 0 R]>>>>"
    content = _annotated(b"", files, b"4 0 obj<</Type/Filespec/F(a.txt)/UF(a.txt)>>endobj\n")
    found = pdf_to_text(content)
    assert found.notes == ("1 files in it are not read",)
    assert found.asserted == ("the document has a file in it named a.txt",)


def test_scripts_are_said_and_not_run():
    script = (
        b"/Names<</JavaScript<</Names[(a)<</S/JavaScript/JS(app.alert\\(1\\))>>]>>>>/OpenAction<</S/JavaScript/JS(x)>>"
    )
    assert pdf_to_text(_annotated(b"", script)).notes == ("it has scripts, which were not run",)


def test_what_the_document_says_of_itself_is_told():
    written = io.BytesIO()
    canvas = Canvas(written)
    canvas.setAuthor("Ada Byrd")
    canvas.setTitle("Minutes")
    canvas.drawString(72, 700, "x" * 200)
    canvas.save()
    asserted = pdf_to_text(written.getvalue()).asserted
    assert "the document says of itself, author: Ada Byrd" in asserted
    assert "the document says of itself, title: Minutes" in asserted


def test_more_annotations_than_are_read_are_said():
    note = b"<</Subtype/Text/Contents(x)>>"
    assert "annotations beyond those that are read" in (pdf_to_text(_annotated(note * 3_000)).unread or "")


def test_annotations_in_a_circle_are_bounded():
    circle = b"4 0 obj<</Type/Annot/Subtype/Widget/FT/Tx/Parent 4 0 R/Kids[4 0 R]/Rect[0 0 9 9]>>endobj\n"
    content = _annotated(b"4 0 R 4 0 R", b"/AcroForm<</Fields[4 0 R]>>", circle)
    assert pdf_to_text(content).text.strip() == ""
