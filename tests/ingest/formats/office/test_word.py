"""Documents of a word processor: everything that stands in them is text, shown or not."""

from __future__ import annotations

from ingest.formats.office.reading import read_office
from tests.ingest.formats.office.documents import CORE, W, docx, package, relations, words


def read(content: bytes):
    found = read_office(content)
    assert found is not None
    return found


def test_paragraphs_breaks_and_cells_stay_apart():
    table = f"<w:tbl><w:tr><w:tc>{words('a')}</w:tc><w:tc>{words('b')}</w:tc></w:tr></w:tbl>"
    body = words("one") + "<w:p><w:r><w:t>two</w:t><w:br/><w:t>three</w:t><w:tab/><w:t>four</w:t></w:r></w:p>" + table
    assert read(docx(body)).text == "one\ntwo\nthree\tfour\na\tb"


def test_tab_stops_are_no_tabs():
    body = '<w:p><w:pPr><w:tabs><w:tab w:val="left" w:pos="9"/></w:tabs></w:pPr><w:r><w:t>x</w:t></w:r></w:p>'
    assert read(docx(body)).text == "x"


def test_headers_footers_notes_and_comments_are_read():
    stories = {
        "header": f"<w:hdr {W}>{words('letterhead')}</w:hdr>",
        "footer": f"<w:ftr {W}>{words('page')}</w:ftr>",
        "footnotes": f'<w:footnotes {W}><w:footnote w:id="2">{words("below")}</w:footnote></w:footnotes>',
        "endnotes": f'<w:endnotes {W}><w:endnote w:id="3">{words("behind")}</w:endnote></w:endnotes>',
        "comments": f'<w:comments {W}><w:comment w:id="0" w:author="Ada" w:date="2024-03-01T10:00:00Z">'
        f"{words('why?')}</w:comment></w:comments>",
    }
    body = '<w:p><w:r><w:t>said</w:t><w:footnoteReference w:id="2"/><w:commentReference w:id="0"/></w:r></w:p>'
    found = read(
        docx(
            body,
            {f"word/{name}1.xml": story for name, story in stories.items()},
            {f"word/{name}1.xml": f"wordprocessingml.{name}+xml" for name in stories},
        )
    )
    assert found.text.splitlines() == [
        "letterhead",
        "said [footnote 2]  [comment 0]",
        "page",
        "Footnote 2: below",
        "Endnote 3: behind",
        "Comment 0 by Ada, 2024-03-01T10:00:00Z: why?",
    ]


def test_deleted_and_inserted_words_are_read_and_marked():
    body = (
        '<w:p><w:r><w:t>pay </w:t></w:r><w:del w:author="Bo" w:date="2024-03-01T10:00:00Z"><w:r><w:delText>100'
        '</w:delText></w:r></w:del><w:ins w:author="Ada"><w:r><w:t>900</w:t></w:r></w:ins></w:p>'
    )
    found = read(docx(body))
    assert found.text == "pay [deleted by Bo, 2024-03-01T10:00:00Z: 100][inserted by Ada: 900]"
    assert found.notes == ("it has tracked changes; deleted words are read too, and marked",)


def test_a_change_without_words_leaves_no_mark():
    body = '<w:p><w:pPr><w:rPr><w:ins w:author="Ada"/></w:rPr></w:pPr><w:r><w:t>x</w:t></w:r></w:p>'
    assert read(docx(body)).text == "x"


def test_hidden_words_are_read_and_said():
    found = read(docx("<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t></w:r></w:p>"))
    assert found.text == "secret"
    assert found.notes == ("text in it is formatted as hidden; it is read too",)
    shown = read(docx('<w:p><w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>plain</w:t></w:r></w:p>'))
    assert shown.notes == ()


def test_the_second_alternative_is_read_where_it_says_something_else():
    def box(first: str, second: str) -> bytes:
        choice = f"<mc:Choice>{words(first)}</mc:Choice><mc:Fallback>{words(second)}</mc:Fallback>"
        return docx(words("before") + f"<mc:AlternateContent>{choice}</mc:AlternateContent>")

    assert read(box("in a box", "in a  box")).text == "before\nin a box"
    assert read(box("in a box", "hidden here")).text == "before\nin a box\nhidden here"


def test_the_description_of_a_picture_is_read_and_the_picture_counted():
    body = '<w:p><w:r><wp:docPr id="1" descr="A photo of the boiler"/></w:r></w:p>'
    media = {f"word/media/image{name}": b"x" for name in ("1.png", "2.png")}
    found = read(docx(body, media))
    assert "[picture: A photo of the boiler]" in found.text
    assert (found.unread, found.waiting) == ((), "2 pictures in it: its text is not read yet")


def test_addresses_of_links_are_read():
    found = read(docx(words("here"), {"word/_rels/document.xml.rels": relations(outside="https://example.org/pay")}))
    assert found.text == "here\nLink: https://example.org/pay"


def test_macros_and_embedded_files_are_said():
    found = read(docx(words("x"), {"word/vbaProject.bin": b"x", "word/embeddings/oleObject1.bin": b"x"}))
    assert found.notes == ("it has macros, which were not run and are not read",)
    assert found.unread == ("1 file embedded in it",)


def test_what_a_document_says_of_itself_is_told_apart_from_its_text():
    core = (
        f"<cp:coreProperties {CORE}><dc:title>Minutes</dc:title><dc:creator>Ada Byrd</dc:creator>"
        "<cp:lastModifiedBy>Bo</cp:lastModifiedBy><dcterms:created>2024-03-01T10:00:00Z</dcterms:created>"
        "</cp:coreProperties>"
    )
    kind = "application/vnd.openxmlformats-package.core-properties+xml"
    found = read(docx(words("x"), {"docProps/core.xml": core}, {"docProps/core.xml": kind}))
    assert found.asserted == (
        "the document says of itself, title: Minutes",
        "the document says of itself, author: Ada Byrd",
        "the document says of itself, last saved by: Bo",
        "the document says of itself, created: 2024-03-01T10:00:00Z",
    )
    assert found.text == "x"


def test_a_document_of_the_strict_edition_is_read():
    strict = "http://purl.oclc.org/ooxml/wordprocessingml/main"
    body = f'<w:document xmlns:w="{strict}"><w:body>{words("strict words")}</w:body></w:document>'
    main = {"word/document.xml": "wordprocessingml.document.main+xml"}
    assert read(package({"word/document.xml": body}, main)).text == "strict words"


def test_a_document_without_declared_types_is_found_by_name():
    body = f"<w:document {W}><w:body>{words('found')}</w:body></w:document>"
    assert read(package({"word/document.xml": body}, {})).text == "found"
