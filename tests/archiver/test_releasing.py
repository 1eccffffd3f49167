"""Documents that leave: pages and text, with everything that was left out gone from both."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pypdfium2
import pytest

from archiver.release_codec import decode_pages, encode_pages
from archiver.release_parts import PartReader
from archiver.release_requests import PAGES
from archiver.releasing import Releaser
from search.disclosure.kept_text import mark
from search.disclosure.page_stamps import stamp
from search.disclosure.redaction import Found, Part, Pattern, Place, RedactionState, Region, Regions, Unit
from search.disclosure.redaction_gate import LeftOut, Output, OutputKind, leaks
from search.disclosure.redaction_secrets import secrets_of
from search.disclosure.release_types import Leaves
from storage.errors import Conflict, InvalidInput
from tests.archiver.release_scene import SECRET, Given, final, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.reading_codec import ReadingRequest
    from search.disclosure.redaction import Redaction
    from search.disclosure.release_types import RecordParts, ReleasedDocument
    from storage.records import DescribedRecord

TEXT = Place(part=Part.TEXT)


@pytest.fixture(scope="module")
def releaser(given: Given) -> Iterator[Releaser]:
    with Releaser(given.installation) as made:
        yield made


@pytest.fixture(scope="module")
def parts(given: Given) -> dict[str, RecordParts]:
    with PartReader(given.installation) as reader:
        return {name: reader.record_parts(described) for name, described in given.records.items()}


@pytest.fixture(scope="module")
def marked(given: Given, parts: dict[str, RecordParts]) -> dict[str, list[Redaction]]:
    """By record a redaction of each place where the secret stands."""
    found: dict[str, list[Redaction]] = {}
    for name, described in given.records.items():
        here = found.setdefault(name, [])
        here += [final(described, one.place, words(one.text)) for one in parts[name].texts if SECRET in one.text]
        for one in parts[name].pages:
            boxes = [
                Region(page=line.page, left=line.left, top=line.top, right=line.right, bottom=line.bottom)
                for line in one.lines
                if line.text in SECRET.split()
            ]
            if boxes:
                here.append(final(described, one.place, Regions(regions=tuple(boxes), unit=one.unit)))
    return found


def text_of(parts: RecordParts, place: Place) -> str:
    return next(one.text for one in parts.texts if one.place == place)


def component(given: Given, name: str, file: str) -> str:
    return next(one.id for one in given.records[name].description.components if one.name == file)


def said(document: ReleasedDocument) -> str:
    opened = pypdfium2.PdfDocument(document.pages)
    try:
        assert len(opened) == document.page_count
        return re.sub(r"\s+", " ", " ".join(page.get_textpage().get_text_range() for page in opened))
    finally:
        opened.close()


def titles(documents: Sequence[ReleasedDocument]) -> list[str]:
    return [one.title for one in documents]


def test_a_record_comes_first_and_its_attachments_in_their_order(given: Given, releaser: Releaser) -> None:
    documents = releaser.release(given.records["files"], ())
    assert documents[0].component is None
    assert titles(documents)[:4] == ["Files", f"{SECRET}.pdf", "shot.png", "grades.csv"]
    assert [one.component for one in documents[1:]] == [
        one.id for one in given.records["files"].description.components[1:]
    ]
    assert [one.leaves for one in documents[:4]] == [Leaves.WHOLE] * 4
    assert [one.leaves for one in documents[4:]] == [Leaves.SLIP_SHEET] * 4


@pytest.mark.parametrize("name", ["files", "original", "walrus", "chat", "paper", "note", "pages"])
def test_nothing_that_was_left_out_leaves(
    given: Given, releaser: Releaser, marked: dict[str, list[Redaction]], name: str
) -> None:
    documents = releaser.release(given.records[name], marked[name])
    secrets = secrets_of([text for one in documents for text in one.taken])
    for one in documents:
        numbers = [f"LAKE-{page:06d}" for page in range(1, one.page_count + 1)]
        given_pdf = stamp(one.pages, numbers, marks=("CONFIDENTIAL",), title=one.title)
        assert SECRET not in said(one)
        assert SECRET not in f"{one.title} {one.text} {one.fields} {one.messages} {one.kept}"
        output = Output(kind=OutputKind.PDF, name=f"{numbers[0]}.pdf", content=given_pdf)
        assert leaks(output, LeftOut(secrets=secrets, burnt=one.burnt)) == ()


def test_what_was_left_out_is_told_by_grounds_and_strings(
    given: Given, releaser: Releaser, marked: dict[str, list[Redaction]]
) -> None:
    (document,) = releaser.release(given.records["walrus"], marked["walrus"])
    assert (document.taken, document.codes, document.leaves) == ((SECRET,), ("7(1)(b)",), Leaves.REDACTED)
    assert document.kept["text"] == f"A walrus came by for {mark('FERPA')}."
    assert "[FERPA]" in said(document)


def test_a_box_of_a_pdf_is_burned_and_its_words_are_told(
    given: Given, releaser: Releaser, marked: dict[str, list[Redaction]]
) -> None:
    (document,) = releaser.release(given.records["paper"], marked["paper"])
    assert {one.page for one in document.burnt} == {1}
    assert set(document.taken) == {"Jane", "Secret"}
    assert document.text.startswith(f"The student {mark('FERPA')}")
    assert document.unseen == 1
    assert "hiddenword" not in document.pages.decode("latin-1")
    assert "second page" in said(document)


def test_what_nobody_sees_keeps_a_file_from_going_as_it_is(given: Given, releaser: Releaser) -> None:
    assert not releaser.release(given.records["paper"], ())[0].may_go_native
    assert releaser.release(given.records["chat"], ())[0].may_go_native


def test_a_redaction_anywhere_keeps_the_whole_family_from_going_as_it_is(
    given: Given, releaser: Releaser, marked: dict[str, list[Redaction]]
) -> None:
    assert not any(one.may_go_native for one in releaser.release(given.records["files"], marked["files"]))


def test_fields_are_kept_text_and_the_moment_is_given_with_the_date_only(
    given: Given, releaser: Releaser, parts: dict[str, RecordParts]
) -> None:
    described = given.records["walrus"]
    assert releaser.release(described, ())[0].fields["sent"] == "2026-03-02T18:00:00+00:00"
    date = Place(part=Part.HEADER, name="date")
    said_there = text_of(parts["walrus"], date)
    (document,) = releaser.release(described, [final(described, date, words(said_there, said_there))])
    assert document.fields["date"] == mark("FERPA")
    assert "sent" not in document.fields
    assert "2026-03-02" not in said(document)


def test_a_pattern_is_found_on_pages_and_in_tables(given: Given, releaser: Releaser) -> None:
    described = given.records["files"]
    places = [
        Place(part=Part.COMPONENT, component=component(given, "files", name))
        for name in (f"{SECRET}.pdf", "grades.csv")
    ]
    where = Pattern(words=("Jane Secret",), kinds=(Found.NAME,))
    documents = releaser.release(described, [final(described, place, where) for place in places], roster=[SECRET])
    assert SECRET not in said(documents[1]) + documents[1].text
    assert documents[3].text == f"name,grade\n{mark('FERPA')},A"


def test_what_is_kept_of_a_text_is_kept_alone(given: Given, releaser: Releaser, parts: dict[str, RecordParts]) -> None:
    described = given.records["walrus"]
    where = words(text_of(parts["walrus"], TEXT), "walrus")
    (document,) = releaser.release(described, [final(described, TEXT, where, keep_only=True)])
    assert document.kept["text"] == f"{mark('FERPA')}walrus{mark('FERPA')}"


def test_all_pages_of_a_picture_are_one_document(given: Given, releaser: Releaser) -> None:
    place = Place(part=Part.COMPONENT, component=given.records["pages"].description.components[0].id)
    box = Regions(regions=(Region(page=2, left=0, top=0, right=50, bottom=30),), unit=Unit.PIXELS)
    (document,) = releaser.release(given.records["pages"], [final(given.records["pages"], place, box)])
    assert document.page_count == 2
    assert [one.page for one in document.burnt] == [2]


def test_pictures_that_were_handed_in_together_are_one_document(given: Given, releaser: Releaser) -> None:
    described = given.records["set-1"]
    second = Place(part=Part.COMPONENT, component=described.description.components[1].id)
    box = Regions(regions=(Region(page=1, left=20, top=30, right=400, bottom=90),), unit=Unit.PIXELS)
    (document,) = releaser.release(described, [final(described, second, box)])
    assert (document.page_count, document.title) == (2, "set-1.png")
    assert [one.page for one in document.burnt] == [2]
    assert [name.partition(":")[0] for name in document.kept] == ["name", "name"]


def test_a_conversation_is_given_by_its_messages(
    given: Given, releaser: Releaser, marked: dict[str, list[Redaction]]
) -> None:
    (document,) = releaser.release(given.records["chat"], marked["chat"])
    assert "sent" not in document.fields, "the moment of a message that may have been left out"
    assert document.title == "Conversation, 2026-03-21"
    assert document.messages == {
        1: "Ann\n2026-03-21 09:41:00\nHello",
        2: f"Bo\n2026-03-21 09:42:00\nAsk {mark('FERPA')}",
    }


def test_the_same_record_and_redactions_give_the_same_documents(
    given: Given, releaser: Releaser, marked: dict[str, list[Redaction]]
) -> None:
    again = releaser.release(given.records["files"], marked["files"])
    with Releaser(given.installation) as other:
        assert other.release(given.records["files"], marked["files"]) == again


def test_a_sheet_stands_for_what_is_withheld(given: Given, releaser: Releaser) -> None:
    described = given.records["walrus"]
    sheet = releaser.slip_sheet(
        described.record.id, reason="This record is withheld.", codes=["7(1)(b)", "7(1)(f)"], title="Withheld record"
    )
    assert sheet.leaves is Leaves.SLIP_SHEET
    assert "This record is withheld." in said(sheet)
    assert "Grounds: 7(1)(b); 7(1)(f)" in said(sheet)
    assert "walrus" not in said(sheet).casefold()


def test_a_file_that_cannot_be_shown_has_a_sheet_that_says_why(given: Given, releaser: Releaser) -> None:
    document = releaser.release(given.records["files"], ())[5]
    assert document.title == "noise.bin"
    assert "it has neither text nor pages" in said(document)
    assert "256 bytes" in said(document)


@pytest.mark.parametrize(
    ("place", "where"),
    [
        (Place(part=Part.MESSAGE, number=1), Pattern(words=("a",))),
        (Place(part=Part.HEADER, name="cc"), Pattern(words=("a",))),
        (Place(part=Part.COMPONENT, component="cmp_none"), Pattern(words=("a",))),
        (TEXT, words("another text", "text")),
    ],
)
def test_a_redaction_that_cannot_be_carried_out_is_refused(
    given: Given, releaser: Releaser, place: Place, where: Pattern
) -> None:
    described = given.records["walrus"]
    with pytest.raises(Conflict):
        releaser.release(described, [final(described, place, where)])


def test_a_draft_and_a_redaction_of_another_record_are_refused(given: Given, releaser: Releaser) -> None:
    one, other = given.records["walrus"], given.records["note"]
    with pytest.raises(Conflict):
        releaser.release(one, [final(one, TEXT, Pattern(words=("a",)), state=RedactionState.DRAFT)])
    with pytest.raises(Conflict):
        releaser.release(one, [final(other, TEXT, Pattern(words=("a",)))])


def test_a_box_beside_its_page_is_refused(given: Given, releaser: Releaser) -> None:
    described = given.records["paper"]
    place = Place(part=Part.COMPONENT, component=described.description.components[0].id)
    for page, unit in ((3, Unit.POINTS), (1, Unit.PIXELS)):
        box = Regions(regions=(Region(page=page, left=0, top=0, right=50, bottom=30),), unit=unit)
        with pytest.raises(InvalidInput):
            releaser.release(described, [final(described, place, box)])


@pytest.mark.parametrize("answer", [None, b"", b"\x00\x00\x00\x02{}", b"no answer at all"])
@pytest.mark.parametrize("name", ["walrus", "paper", "note"])
def test_what_the_child_does_not_answer_is_a_sheet_and_never_a_part(
    given: Given, monkeypatch: pytest.MonkeyPatch, name: str, answer: bytes | None
) -> None:
    monkeypatch.setattr(PartReader, "ask", lambda *_: answer)
    with Releaser(given.installation) as releaser:
        (document,) = releaser.release(given.records[name], ())
    assert document.leaves is Leaves.SLIP_SHEET
    assert SECRET not in said(document)


def test_pages_that_the_child_leaves_out_are_missed(
    given: Given, monkeypatch: pytest.MonkeyPatch, releaser: Releaser
) -> None:
    asked = PartReader.ask

    def without_the_last(reader: PartReader, described: DescribedRecord, request: ReadingRequest) -> bytes | None:
        answer = asked(reader, described, request)
        return encode_pages(decode_pages(answer or b"")[:-1]) if request.task == PAGES else answer

    monkeypatch.setattr(PartReader, "ask", without_the_last)
    assert releaser.release(given.records["paper"], ())[0].leaves is Leaves.SLIP_SHEET
