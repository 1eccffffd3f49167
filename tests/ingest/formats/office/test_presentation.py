"""Presentations: slides in their order, shown or not, with notes and comments."""

from __future__ import annotations

from ingest.formats.office.reading import read_office
from tests.ingest.formats.office.documents import P, pptx, relations, slide


def read(content: bytes):
    found = read_office(content)
    assert found is not None
    return found


def test_slides_are_read_in_order_with_notes_and_comments():
    comment = '<p:cm authorId="4" dt="2024-03-01"><p:text>really?</p:text></p:cm>'
    more = {
        "ppt/slides/_rels/slide0.xml.rels": relations(
            ("n", "notesSlide", "../notes.xml"), ("c", "comments", "../comments/1.xml")
        ),
        "ppt/notes.xml": f"<p:notes {P}><a:p><a:r><a:t>say less</a:t></a:r></a:p></p:notes>",
        "ppt/comments/1.xml": f"<p:cmLst {P}>{comment}</p:cmLst>",
        "ppt/authors.xml": f'<p:cmAuthorLst {P}><p:cmAuthor id="4" name="Ada"/></p:cmAuthorLst>',
    }
    found = read(
        pptx([slide("first"), slide("second")], more, {"ppt/authors.xml": "presentationml.commentAuthors+xml"})
    )
    assert found.text.splitlines() == [
        "Slide 1",
        "first",
        "Notes of slide 1:",
        "say less",
        "Comment by Ada, 2024-03-01: really?",
        "Slide 2",
        "second",
    ]


def test_a_slide_that_is_not_shown_is_read_and_said():
    found = read(pptx([slide("first"), slide("kept back", show="0")]))
    assert "kept back" in found.text
    assert found.notes == ("slides that are not shown, read too: 2",)


def test_a_slide_in_no_place_of_the_presentation_is_read_and_said():
    content = pptx(
        [slide("first")], {"ppt/slides/old.xml": slide("left over")}, {"ppt/slides/old.xml": "presentationml.slide+xml"}
    )
    found = read(content)
    assert found.text.splitlines()[-1] == "left over"
    assert found.notes == ("1 slides are in no place of the presentation; they are read behind the others",)


def test_of_a_pattern_what_is_no_placeholder_is_read():
    shapes = (
        "<p:sp><p:nvSpPr><p:nvPr><p:ph/></p:nvPr></p:nvSpPr><a:p><a:r><a:t>Click to edit</a:t></a:r></a:p></p:sp>"
        "<p:sp><a:p><a:r><a:t>District 9</a:t></a:r></a:p></p:sp>"
    )
    content = pptx(
        [slide("x")],
        {"ppt/master.xml": f"<p:sldMaster {P}>{shapes}</p:sldMaster>"},
        {"ppt/master.xml": "presentationml.slideMaster+xml"},
    )
    text = read(content).text
    assert "District 9" in text
    assert "Click" not in text
