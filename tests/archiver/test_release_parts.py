"""The parts of records: what reviewers mark words in and draw regions on."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from archiver.release_answers import ReadWord
from archiver.release_messages import message_texts
from archiver.release_pages import redacted
from archiver.release_parts import PartReader
from archiver.release_requests import pages_request
from search.disclosure.redaction import Part, Unit
from search.disclosure.release_types import ClosedPart, PagesPart, TextPart
from storage.errors import InvalidInput
from storage.records import Attachment, Message, Reaction, Version
from tests.archiver.release_scene import SECRET, Given, paper, picture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from search.disclosure.release_types import RecordParts


@pytest.fixture(scope="module")
def reader(given: Given) -> Iterator[PartReader]:
    with PartReader(given.installation) as made:
        yield made


def parts_of(given: Given, reader: PartReader, name: str) -> RecordParts:
    return reader.record_parts(given.records[name])


def headers(parts: RecordParts) -> dict[str | None, str]:
    return {one.place.name: one.text for one in parts.texts if one.place.part is Part.HEADER}


def test_a_mail_has_headers_text_and_its_files(given: Given, reader: PartReader) -> None:
    parts = parts_of(given, reader, "files")
    assert headers(parts) == {
        "from": "Jane Doe <jane.doe@mail.example>",
        "to": "Pat Roe <pat.roe@other.example>; bo@x.example",
        "bcc": "Hidden <hidden@x.example>",
        "reply-to": "answers@x.example",
        "date": "2026-03-02 10:00:00 -0800",
        "subject": "Files",
    }
    body = next(one for one in parts.texts if one.place.part is Part.TEXT)
    assert body.text == f"The student {SECRET} was absent.\nשלום and 😀"
    names = [one.text for one in parts.texts if one.place.part is Part.FILE_NAME]
    assert names[:3] == [f"{SECRET}.pdf", "shot.png", "grades.csv"]


def test_files_are_text_pages_or_closed_with_the_reason(given: Given, reader: PartReader) -> None:
    parts = parts_of(given, reader, "files")
    pdf, shot, *_ = parts.pages
    assert (pdf.unit, pdf.sizes) == (Unit.POINTS, ((612.0, 792.0), (612.0, 792.0)))
    assert (shot.unit, shot.sizes) == (Unit.PIXELS, ((600.0, 300.0),))
    table = next(one for one in parts.texts if one.place.part is Part.COMPONENT)
    assert table.text == f"name,grade\n{SECRET},A"
    closed = [one for one in parts.parts if isinstance(one, ClosedPart)]
    assert [one.reason for one in closed] == [
        "it is empty",
        "it has neither text nor pages",
        "it is damaged, or locked with a password",
        "it is damaged, or locked with a password",
    ]


def test_words_of_a_pdf_are_those_that_are_seen_with_their_places(given: Given, reader: PartReader) -> None:
    (pdf,) = parts_of(given, reader, "paper").pages
    assert [one.text for one in pdf.lines] == [*f"The student {SECRET} was absent.".split(), "A", "second", "page"]
    secret = next(one for one in pdf.lines if one.text == "Secret")
    assert 150 < secret.left < secret.right < 250
    assert 792 - 712 < secret.top < secret.bottom < 792 - 690


def test_a_mail_forwarded_as_a_file_is_the_record(given: Given, reader: PartReader) -> None:
    parts = parts_of(given, reader, "original")
    assert headers(parts)["from"] == "Ann <ann@x.example>"
    body = next(one for one in parts.texts if one.place.part is Part.TEXT)
    assert body.text == "see below\n\n---------- Forwarded message ----------\n\nThe original body."
    assert [one.text for one in parts.texts if one.place.part is Part.FILE_NAME] == ["inner.csv"]


def test_a_message_of_a_conversation_is_who_when_and_what(given: Given, reader: PartReader) -> None:
    parts = parts_of(given, reader, "chat")
    messages = [one.text for one in parts.texts if one.place.part is Part.MESSAGE]
    assert messages == ["Ann\n2026-03-21 09:41:00\nHello", f"Bo\n2026-03-21 09:42:00\nAsk {SECRET}"]
    assert headers(parts)["participants"] == "Ann; Bo"


def test_every_page_of_a_picture_is_listed(given: Given, reader: PartReader) -> None:
    (pages,) = parts_of(given, reader, "pages").pages
    assert pages.sizes == ((600.0, 300.0), (50.0, 60.0))


def test_a_text_that_was_handed_in_is_a_text(given: Given, reader: PartReader) -> None:
    name, text = parts_of(given, reader, "note").parts
    assert isinstance(name, TextPart)
    assert isinstance(text, TextPart)
    assert text.text == f"A note about {SECRET}."


@pytest.mark.parametrize("name", ["files", "original", "chat", "pages"])
def test_the_same_record_has_the_same_parts(given: Given, reader: PartReader, name: str) -> None:
    assert parts_of(given, reader, name) == parts_of(given, reader, name)


def test_words_that_were_read_in_a_picture_stand_on_its_page() -> None:
    read = ReadWord(page=1, box=(30.0, 40.0, 300.0, 90.0), text="Jane")
    (page,) = redacted(pages_request(picture(), (), unit=Unit.PIXELS, first=1, last=1, words=[read]))
    assert [(one.text, one.box) for one in page.words] == [("Jane", (30.0, 40.0, 300.0, 90.0))]


def test_pages_are_drawn_as_many_as_were_asked_for() -> None:
    (page,) = redacted(pages_request(paper(), (), unit=Unit.POINTS, first=2, last=2))
    assert (page.number, page.unseen) == (2, 1)
    assert [one.text for one in page.words] == ["A", "second", "page"]


@pytest.mark.parametrize(("raw", "unit"), [(b"%PDF-1.4", Unit.POINTS), (b"", Unit.PIXELS), (b"GIF89a", Unit.PIXELS)])
def test_what_cannot_be_drawn_whole_is_refused(raw: bytes, unit: Unit) -> None:
    with pytest.raises(InvalidInput):
        list(redacted(pages_request(raw, (), unit=unit, first=1, last=1)))


def test_a_part_is_one_of_three_kinds(given: Given, reader: PartReader) -> None:
    for described in given.records.values():
        for one in reader.record_parts(described).parts:
            assert isinstance(one, (TextPart, PagesPart, ClosedPart))
            assert one.title


def said_of(*messages: Message) -> list[str]:
    return list(message_texts(messages, ZoneInfo("America/Chicago"), {"aa": 1}))


def test_what_became_of_a_message_stands_below_it() -> None:
    first = Message(at="2026-03-01T15:00:00+00:00", sender="Ann", text="Hello", id="1")
    changed = first._replace(
        id="2",
        reply_to="1",
        forwarded_from="Bo Ray",
        edited_at="2026-03-01T16:00:00+00:00",
        edits=(Version(text="Hallo"),),
        reactions=(Reaction(by="Cy", emoji="+1"), Reaction(by=None, emoji="ok")),
        attachments=(Attachment(name="a.png", sha256="aa"), Attachment(name="b.png", present=False)),
        deleted=True,
    )
    assert said_of(first, changed)[1].split("\n") == [
        "Ann",
        "2026-03-01 09:00:00 -0600",
        "(in answer to message 1)",
        "(forwarded from Bo Ray)",
        "Hello",
        "(attachment 1)",
        "(attachment b.png, not in the export)",
        "(deleted)",
        "(changed 2026-03-01 10:00:00 -0600)",
        "(before: Hallo)",
        "(+1 Cy)",
        "(ok)",
    ]


def test_what_a_message_does_not_say_is_said_to_be_missing() -> None:
    assert said_of(Message(at=None, sender=None, text="")) == ["no sender is stated\nno time is stated"]
    assert said_of(Message(at="then", sender=None, text="x", system=True)) == ["system\nthen\nx"]


def test_a_line_of_who_says_it_stays_one_line() -> None:
    assert said_of(Message(at=None, sender="Ann\nBo", text="x"))[0].split("\n")[0] == "Ann Bo"


def test_a_page_of_the_web_is_its_text(given: Given, reader: PartReader) -> None:
    parts = parts_of(given, reader, "page")
    assert [one.text for one in parts.texts] == ["https://agency.example/news", "News\n\nThe walrus is well."]
