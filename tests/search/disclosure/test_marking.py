"""From words to marks: parts by name, words in texts and on pages, what is marked already, what is linked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.disclosure.kept_text import keep_text, mark, text_digest
from search.disclosure.linked import finder_of, strings_of
from search.disclosure.mark_orders import MarkOrder, marks_ordered
from search.disclosure.marking import find_in, marks_of, part_at, part_name, read_place, states_of, unread_parts
from search.disclosure.redaction import (
    Found,
    Part,
    Pattern,
    Place,
    Redaction,
    RedactionState,
    Region,
    Regions,
    Span,
    Unit,
    Words,
)
from search.disclosure.redaction_preview import misfits, shown_parts
from search.disclosure.redaction_suggestions import find_spans
from search.disclosure.release_types import ClosedPart, PagesPart, RecordParts, SeenLine, TextPart
from search.disclosure.rosters import Roster
from storage.errors import InvalidInput, NotFound

BODY = Place(part=Part.TEXT)
TO = Place(part=Part.HEADER, name="to")
FILE = Place(part=Part.COMPONENT, component="cmp_1")


def line(text: str, left: float, top: float, *, page: int = 1) -> SeenLine:
    return SeenLine(page=page, left=left, top=top, right=left + 10 * len(text), bottom=top + 12, text=text)


PAGES = PagesPart(
    place=FILE,
    title="attachment 1",
    media_type="application/pdf",
    unit=Unit.POINTS,
    sizes=((612, 792), (612, 792)),
    lines=(
        line("Call", 10, 10),
        line("Jane", 60, 10),
        line("Doe", 110, 11),
        line("Doe", 10, 30),
        line("Jane", 5, 5, page=2),
    ),
)
CLOSED = ClosedPart(
    place=Place(part=Part.COMPONENT, component="cmp_2"), title="sound", media_type="audio/mpeg", reason="-"
)
PARTS = RecordParts(
    record_id="rec_1",
    parts=(
        TextPart(place=TO, title="To", text="Jane Doe <jane@example.org>"),
        TextPart(place=BODY, title="Text", text="Jane Doe and Tom. jane doe again."),
        PAGES,
        CLOSED,
    ),
)


def made(place: Place, where: Any, *, state: RedactionState = RedactionState.FINAL, **more: Any) -> Redaction:
    known = {"id": "1.1", "record_id": "rec_1", "codes": ("b6",), "label": "b6"} | more
    return Redaction(place=place, where=where, state=state, **known)


def words(text: str, *spans: tuple[int, int]) -> Words:
    return Words(spans=tuple(Span(start=a, end=b) for a, b in spans), text_digest=text_digest(text))


def ordered(order: MarkOrder, marks: tuple[Redaction, ...] = ()) -> tuple[list[tuple[str, Any]], int]:
    new, found = marks_ordered(order, PARTS, marks, Roster())
    return [(part_name(one.place), one.where) for one in new], found


@pytest.mark.parametrize(
    "place",
    [
        BODY,
        TO,
        Place(part=Part.MESSAGE, number=12),
        FILE,
        Place(part=Part.FILE_NAME, component="cmp_1"),
        Place(part=Part.FILE_NAME),
    ],
)
def test_a_part_is_read_as_it_is_named(place: Place) -> None:
    assert read_place(part_name(place)) == place


@pytest.mark.parametrize(
    "name", ["", "page:1", "message:0", "message:x", "message:", "header:", "text:1", "component:"]
)
def test_what_names_no_part_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="no part of a record"):
        read_place(name)


def test_a_part_that_is_not_there_and_one_that_is_closed_are_told_apart() -> None:
    with pytest.raises(NotFound):
        part_at(PARTS, Place(part=Part.MESSAGE, number=1))
    with pytest.raises(InvalidInput, match="cannot be shown"):
        part_at(PARTS, CLOSED.place)
    assert part_at(PARTS, Place(part=Part.HEADER, name="TO")).title == "To"


def test_words_are_marked_as_characters_of_texts_and_as_boxes_of_pages() -> None:
    marks, found = ordered(MarkOrder(words=("jane doe",)))
    assert found == 4
    assert marks == [
        ("header:to", words(PARTS.texts[0].text, (0, 8))),
        ("text", words(PARTS.texts[1].text, (0, 8), (18, 26))),
        (
            "component:cmp_1",
            Regions(regions=(Region(page=1, left=60, top=10, right=140, bottom=23),), unit=Unit.POINTS),
        ),
    ]


def test_words_that_go_over_a_line_have_a_box_on_each() -> None:
    [hit] = find_in(PAGES, lambda text: find_spans(text, (Found.WORDS,), words=["doe doe"]))
    assert [(one.left, one.top) for one in hit.regions] == [(110, 11), (10, 30)]


def test_a_box_that_leaves_its_page_is_cut_and_one_off_it_is_no_box() -> None:
    seen = (
        SeenLine(page=1, left=-5, top=-5, right=700, bottom=20, text="far"),
        SeenLine(page=1, left=620, top=5, right=700, bottom=20, text="gone"),
        SeenLine(page=9, left=1, top=5, right=7, bottom=20, text="none"),
    )
    part = PagesPart(place=FILE, title="-", media_type="-", unit=Unit.PIXELS, sizes=((612, 792),), lines=seen)
    hits = find_in(part, lambda text: find_spans(text, (Found.WORDS,), words=["far", "gone", "none"]))
    assert [one.regions for one in hits] == [(Region(page=1, left=0, top=0, right=612, bottom=20),)]


def test_what_is_marked_already_is_not_marked_again() -> None:
    body = PARTS.texts[1]
    draft = made(BODY, words(body.text, (0, 9)), state=RedactionState.DRAFT)
    box = made(FILE, Regions(regions=(Region(page=1, left=0, top=0, right=300, bottom=100),), unit=Unit.POINTS))
    marks, found = ordered(MarkOrder(words=("jane doe",)), (draft, box))
    assert (found, [name for name, _ in marks]) == (2, ["header:to", "text"])
    other = made(BODY, Words(spans=(Span(start=0, end=33),), text_digest="0" * 64))
    inverse = made(BODY, words(body.text, (0, 33)), keep_only=True)
    assert ordered(MarkOrder(words=("jane doe",), part="text"), (other, inverse))[1] == 2


def test_what_is_marked_final_and_what_is_a_draft_are_told_apart() -> None:
    body = PARTS.texts[1]
    hits = find_in(body, lambda text: find_spans(text, (Found.WORDS,), words=["jane doe", "tom"]))
    marks = (
        made(BODY, words(body.text, (0, 8))),
        made(BODY, words(body.text, (13, 16)), state=RedactionState.DRAFT),
        made(BODY, words(body.text, (18, 20))),
    )
    assert states_of(hits, marks) == (RedactionState.FINAL, RedactionState.DRAFT, None)
    assert states_of(hits, ()) == (None, None, None)


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"words": ("a",), "kinds": (Found.SSN,)},
        {"span": ("text", 0, 1), "part": "text"},
        {"words": ("a",), "keep_only": True},
        {"words": (" ",)},
        {"words": ("a" * 501,)},
    ],
)
def test_an_order_that_says_nothing_or_too_much_is_refused(order: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        MarkOrder(**order)


def test_names_need_a_roster() -> None:
    with pytest.raises(InvalidInput, match="roster"):
        ordered(MarkOrder(kinds=(Found.NAME,)))


def test_parts_whose_text_nobody_knows_are_told() -> None:
    empty = PagesPart(place=FILE, title="scan", media_type="image/png", unit=Unit.PIXELS, sizes=((10, 10),))
    assert unread_parts(PARTS) == ("sound",)
    assert unread_parts(RecordParts(record_id="r", parts=(empty, *PARTS.parts))) == ("scan", "sound")


def test_what_is_found_and_marked_is_gone_whatever_the_text() -> None:
    body = PARTS.texts[1]
    hits = find_in(body, lambda text: find_spans(text, (Found.WORDS,), words=["jane doe"]))
    [(place, where)] = marks_of(hits)
    assert keep_text(body.text, [made(place, where)]).text == f"{mark('b6')} and Tom. {mark('b6')} again."


@given(st.lists(st.sampled_from(["Jane", "Doe", "jane  doe", "x", "\n", "Tom"]), max_size=12))
def test_no_words_that_were_sought_are_kept(pieces: list[str]) -> None:
    text = " ".join(pieces)
    part = TextPart(place=BODY, title="-", text=text)

    def look(text: str) -> Any:
        return find_spans(text, (Found.WORDS,), words=["jane doe"])

    kept = keep_text(text, [made(place, where) for place, where in marks_of(find_in(part, look))]).text
    assert not look(kept)


def test_strings_are_those_of_texts_and_of_the_words_under_boxes() -> None:
    marks = (
        made(BODY, words(PARTS.texts[1].text, (0, 8)), state=RedactionState.DRAFT, codes=()),
        made(FILE, Regions(regions=(Region(page=1, left=60, top=10, right=140, bottom=23),), unit=Unit.POINTS)),
        made(TO, Pattern(kinds=(Found.EMAIL,))),
        made(BODY, Words(spans=(Span(start=0, end=4),), text_digest="0" * 64)),
    )
    assert strings_of(PARTS, marks) == ("jane@example.org", "Jane Doe")


def test_what_is_linked_is_what_the_gate_looks_for() -> None:
    look = finder_of(["217-555-0134", "Tom", "Jane Doe"])
    said = "Call +1 (217) 555 0134 or tom, JANE-DOE; janedoe too. Tomorrow."
    assert [said[one.span.start : one.span.end] for one in look(said)] == ["1 (217) 555 0134", "JANE-DOE", "janedoe"]
    listed = finder_of(["Tom"], roster=["Tom"])
    assert [one.span.start for one in listed(said)] == [said.index("tom")]


def test_a_part_of_a_long_passage_is_linked_too() -> None:
    passage = "The principal said that the student in room twelve had been absent for three weeks in a row."
    said = "We heard that the student in room twelve had been absent for three weeks, and so on."
    [one] = finder_of([passage])(said)
    assert said[one.span.start : one.span.end] == "that the student in room twelve had been absent for three weeks"
    assert not list(finder_of([passage])("The student in room twelve was here."))


def test_the_preview_shows_what_leaves_and_drafts_apart() -> None:
    text = PARTS.texts[1].text
    marks = (
        made(BODY, words(text, (0, 8))),
        made(BODY, words(text, (5, 16)), state=RedactionState.DRAFT, id="2.1"),
        made(FILE, Regions(regions=(Region(page=9, left=0, top=0, right=1, bottom=1),), unit=Unit.POINTS), id="3.1"),
        made(BODY, Words(spans=(Span(start=0, end=4),), text_digest="0" * 64), id="4.1"),
        made(Place(part=Part.MESSAGE, number=4), words("x", (0, 1)), id="5.1"),
    )
    shown, nowhere = shown_parts(PARTS, marks)
    assert shown[1].kept == f"{mark('b6')} and Tom. jane doe again."
    assert shown[1].shown == f"{mark('b6')}[draft 2.1:  and Tom]. jane doe again."
    assert [one.redaction.id for one in shown[2].marks if one.misfit] == ["3.1"]
    assert [one.id for one in nowhere] == ["5.1"]
    assert misfits(PARTS, marks) == ("4.1", "3.1", "5.1")
