"""OpenDocument: texts, tables and presentations, everything that stands in them."""

from __future__ import annotations

from ingest.formats.office.reading import read_office
from tests.ingest.formats.office.documents import ODF, ODP, ODS, ODT, opendocument


def read(content: bytes):
    found = read_office(content)
    assert found is not None
    return found


def test_paragraphs_and_white_space_are_read():
    body = "<text:h>Head</text:h><text:p>a\n  b<text:s text:c='3'/>c<text:tab/>d<text:line-break/>e</text:p>"
    assert read(opendocument(ODT, body)).text == "Head\na b   c\td\ne"


def test_comments_and_notes_are_read_where_they_stand():
    who = "<dc:creator>Ada</dc:creator><dc:date>2024-03-01</dc:date>"
    comment = f"<office:annotation>{who}<text:p>why?</text:p></office:annotation>"
    below = "<text:note-body><text:p>below</text:p></text:note-body>"
    note = f"<text:note><text:note-citation>1</text:note-citation>{below}</text:note>"
    found = read(opendocument(ODT, f"<text:p>before{comment}after{note}</text:p>"))
    assert found.text == "before[comment by Ada, 2024-03-01: why?] after [note: 1below]"


def test_deleted_and_inserted_words_are_read_and_marked():
    who = "<office:change-info><dc:creator>Bo</dc:creator><dc:date>2024-03-01</dc:date></office:change-info>"
    changes = (
        f"<text:tracked-changes><text:changed-region text:id='c1'><text:deletion>{who}<text:p>100</text:p>"
        f"</text:deletion></text:changed-region><text:changed-region text:id='c2'>"
        f"<text:insertion>{who}</text:insertion>"
        "</text:changed-region></text:tracked-changes>"
    )
    marked = "<text:change-start text:change-id='c2'/>900<text:change-end text:change-id='c2'/>"
    found = read(opendocument(ODT, f"{changes}<text:p>pay <text:change text:change-id='c1'/>{marked}</text:p>"))
    assert "[deleted by Bo, 2024-03-01: 100]" in found.text
    assert "pay [inserted by Bo, 2024-03-01: 900]" in found.text
    assert found.notes == ("it has tracked changes; deleted words are read too, and marked",)


def test_hidden_sheets_and_rows_are_read_and_said():
    automatic = "<style:style style:name='h'><style:table-properties table:display='false'/></style:style>"
    cells = "<table:table-cell><text:p>{}</text:p></table:table-cell>" * 2
    body = (
        f"<table:table table:name='A'><table:table-row>{cells.format('1', '2')}</table:table-row></table:table>"
        f"<table:table table:name='B' table:style-name='h'><table:table-row table:visibility='collapse'>"
        f"{cells.format('3', '4')}</table:table-row></table:table>"
    )
    found = read(opendocument(ODS, body, automatic=automatic))
    assert found.text.splitlines() == ["Sheet A", "1\t2", "Sheet B", "3\t4"]
    assert found.notes == (
        "sheets that are not shown, read too: 2",
        "rows or columns are not shown; they are read too",
    )


def test_a_million_repeated_cells_are_given_once():
    cell = "<table:table-cell table:number-columns-repeated='1000000'><text:p>x</text:p></table:table-cell>"
    row = f"<table:table-row table:number-rows-repeated='1000000'>{cell}</table:table-row>"
    assert read(opendocument(ODS, f"<table:table>{row}</table:table>")).text == "x"


def test_hidden_slides_and_notes_are_read_and_said():
    automatic = (
        "<style:style style:name='h'><style:drawing-page-properties presentation:visibility='hidden'/></style:style>"
    )
    body = (
        "<draw:page><text:p>first</text:p>"
        "<presentation:notes><text:p>say less</text:p></presentation:notes></draw:page>"
        "<draw:page draw:style-name='h'><text:p>kept back</text:p></draw:page>"
    )
    found = read(opendocument(ODP, body, automatic=automatic))
    assert found.text.splitlines() == ["Slide 1", "first", "Notes of slide 1:", "say less", "Slide 2", "kept back"]
    assert found.notes == ("slides that are not shown, read too: 2",)


def test_headers_facts_and_what_is_not_read_are_told():
    facts = "<dc:title>Minutes</dc:title><meta:initial-creator>Ada</meta:initial-creator><dc:creator>Bo</dc:creator>"
    more = {
        "meta.xml": f"<office:document-meta {ODF}><office:meta>{facts}</office:meta></office:document-meta>",
        "Pictures/1.png": b"x",
        "Pictures/2.emf": b"x",
        "Basic/Standard/Module1.xml": "<a/>",
    }
    styles = "<style:master-page><style:header><text:p>letterhead</text:p></style:header></style:master-page>"
    found = read(opendocument(ODT, "<text:p>x</text:p>", styles=styles, more=more))
    assert found.text == "x\nletterhead"
    assert found.unread == ("1 drawing of lines in it",)
    assert found.waiting == "1 picture in it: its text is not read yet"
    assert found.notes == ("it has macros, which were not run and are not read",)
    assert [one.rpartition(", ")[2] for one in found.asserted] == ["title: Minutes", "author: Ada", "last saved by: Bo"]


def test_an_encrypted_file_is_said_to_be_one():
    entry = "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"
    manifest = f"<manifest:manifest {ODF}>{entry}</manifest:manifest>"
    found = read(opendocument(ODT, "<text:p>noise</text:p>", more={"META-INF/manifest.xml": manifest}))
    assert (found.text, found.unread) == ("", ("encrypted (OpenDocument)",))


def test_a_flat_file_is_read():
    body = "<office:meta><dc:title>Flat</dc:title></office:meta><office:body><text:p>words</text:p></office:body>"
    found = read(f"<?xml version='1.0'?>\n<office:document {ODF}>{body}</office:document>".encode())
    assert found.text == "words"
    assert found.asserted == ("the document says of itself, title: Flat",)
