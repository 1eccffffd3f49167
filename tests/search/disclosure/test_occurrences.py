"""What is left out of one record is found in the kept texts of others, part by part, and named by a key."""

from __future__ import annotations

from typing import Any

import pytest

from search.disclosure.accepted_occurrences import OccurrencePlace
from search.disclosure.occurrences import KeptPart, find_occurrences, kept_texts
from search.disclosure.production_gate_set import Accepted, SetStrings
from search.disclosure.redaction import Part, Pattern, Place, Redaction, RedactionState, Region, Regions, Unit
from search.disclosure.release_types import ClosedPart, PagesPart, RecordParts, SeenLine, TextPart

NAME = "Penelope Quill"
FILE = Place(part=Part.COMPONENT, component="cmp_1")


def sought() -> Any:
    strings = SetStrings()
    strings.add("rec_1", [NAME, "(503) 555-0123", "Bo Li", "of"], roster=("Bo Li",))
    strings.add("rec_3", [NAME.upper()])
    return strings.sought(Accepted(name_of=lambda letters: f"name of {letters}"))


def found(text: str, record: str = "rec_2") -> list[tuple[str, int, str]]:
    parts = [KeptPart(name="text", title="Text", text=text)]
    known = sought()
    return [(known.strings[one.string].shown, one.count, one.around) for one in find_occurrences(known, record, parts)]


def test_an_occurrence_says_how_often_and_what_stands_around_it():
    text = f"Dear all,\nwe met {NAME} today. {NAME.replace(' ', '')} was well; call 503.555.0123."
    first, second = found(text)
    assert first[:2] == (NAME, 2)
    assert first[2].startswith("Dear all, we met Penelope Quill today")
    assert second[:2] == ("(503) 555-0123", 1)


def test_short_names_are_found_as_whole_words_and_other_short_words_not_at_all():
    assert found("The police of Bolivia met two of them.") == []
    assert [one[0] for one in found("It was Li, Bo.")] == ["Bo Li"]


def test_the_same_string_of_two_records_is_one_and_is_not_told_in_either():
    assert len(sought().strings) == 3
    assert sought().by_region_only == 1
    assert found(NAME, "rec_1") == found(NAME, "rec_3") == []
    assert len(found(NAME, "rec_4")) == 1


def final(
    where: Any, place: Place, *, state: RedactionState = RedactionState.FINAL, keep_only: bool = False
) -> Redaction:
    about: dict[str, Any] = {"id": "1.1", "record_id": "rec_2", "codes": ("b6",), "label": "b6"}
    return Redaction(place=place, where=where, state=state, keep_only=keep_only, **about)


def pages() -> PagesPart:
    lines = [
        SeenLine(page=1, left=10, top=10 * at, right=90, bottom=10 * at + 8, text=text)
        for at, text in enumerate(("The office", f"met {NAME}", "today"), start=1)
    ]
    return PagesPart(
        place=FILE,
        title="attachment 1",
        media_type="application/pdf",
        unit=Unit.POINTS,
        sizes=((100, 100),),
        lines=tuple(lines),
    )


def parts() -> RecordParts:
    head = TextPart(place=Place(part=Part.HEADER, name="to"), title="To", text=NAME)
    body = TextPart(place=Place(part=Part.TEXT), title="Text", text=f"we met {NAME}")
    closed = ClosedPart(place=FILE, title="attachment 2", media_type="x/y", reason="locked")
    return RecordParts(record_id="rec_2", parts=(head, body, pages(), closed))


def test_what_is_kept_is_told_by_part_with_final_redactions_carried_out():
    told = {one.name: one.text for one in kept_texts(parts(), ())}
    assert list(told) == ["header:to", "text", "component:cmp_1"]
    assert NAME in told["component:cmp_1"]
    body = Place(part=Part.TEXT)
    marks = [
        final(Pattern(words=(NAME,)), body),
        final(Pattern(words=(NAME,)), Place(part=Part.HEADER, name="to"), state=RedactionState.DRAFT),
        final(Regions(regions=(Region(page=1, left=0, top=19, right=100, bottom=22),), unit=Unit.POINTS), FILE),
    ]
    told = {one.name: one.text for one in kept_texts(parts(), marks)}
    assert [name for name, text in told.items() if NAME in text] == ["header:to"]
    assert told["component:cmp_1"] == "The office\ntoday"


def test_of_pages_of_which_only_a_region_is_kept_only_its_words_are_told():
    region = Regions(regions=(Region(page=1, left=0, top=9, right=100, bottom=19),), unit=Unit.POINTS)
    told = {one.name: one.text for one in kept_texts(parts(), [final(region, FILE, keep_only=True)])}
    assert told["component:cmp_1"] == "The office"


@pytest.mark.parametrize("other", [("b", "rec_2", "text"), ("a", "rec_3", "text"), ("a", "rec_2", "header:to")])
def test_the_name_of_an_occurrence_is_of_its_string_record_and_part(other: tuple[str, str, str]):
    string, record, part = other
    one = OccurrencePlace(string="a", record_id="rec_2", part="text")
    assert one.name != OccurrencePlace(string=string, record_id=record, part=part).name
    assert one.name == OccurrencePlace(string="a", record_id="rec_2", part="text").name
    assert len(one.name) == 20
