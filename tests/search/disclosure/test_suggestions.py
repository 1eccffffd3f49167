"""Words that look private: what is suggested, and what has their shape and is not."""

from __future__ import annotations

import pytest

from search.disclosure.phrases import Phrases, phrases_of
from search.disclosure.redaction import Found
from search.disclosure.redaction_folding import fold
from search.disclosure.redaction_suggestions import find_spans

BY_RULE = [one for one in Found if one not in (Found.WORDS, Found.NAME)]

PRIVATE = [
    ("Lives at 12 Oak Street.", Found.ADDRESS, "12 Oak Street"),
    ("12 Oak St., Apt 4B, Springfield, IL 62704-1234", Found.ADDRESS, "12 Oak St., Apt 4B, Springfield, IL 62704-1234"),
    ("at 4501 N. Martin Luther King Blvd today", Found.ADDRESS, "4501 N. Martin Luther King Blvd"),
    ("221B Baker Street", Found.ADDRESS, "221B Baker Street"),
    ("the house at 350 5th Avenue", Found.ADDRESS, "350 5th Avenue"),
    ("i live on 12 oak lane", Found.ADDRESS, "12 oak lane"),
    ("write to P.O. Box 123, Springfield, IL", Found.ADDRESS, "P.O. Box 123, Springfield, IL"),
    ("He has Asthma.", Found.MEDICAL, "Asthma"),
    ("bring the epi-pen", Found.MEDICAL, "epi-pen"),
    ("my son was sick yesterday", Found.MEDICAL, "sick"),
    ("she is diagnosed with something", Found.MEDICAL, "diagnosed with"),
    ("the student sees a therapist", Found.COUNSELLING, "therapist"),
    ("her anxiety is worse", Found.COUNSELLING, "anxiety"),
    ("his IEP is due", Found.COUNSELLING, "his IEP"),
    ("call me at 555-0134", Found.PHONE, "555-0134"),
    ("(217) 555-0134", Found.PHONE, "(217) 555-0134"),
    ("tel:2175550134;ext=1", Found.PHONE, "2175550134"),
    ("2175550134x12", Found.PHONE, "2175550134"),
    ("cab 2175550134 feed", Found.PHONE, "2175550134"),
    ("+44 20 7946 0958", Found.PHONE, "+44 20 7946 0958"),
    ("DOB 3/4/2010", Found.BIRTH_DATE, "3/4/2010"),
    ("SSN 123-45-6789", Found.SSN, "123-45-6789"),
    ("card 4111 1111 1111 1111", Found.ACCOUNT, "4111 1111 1111 1111"),
]


@pytest.mark.parametrize(("text", "kind", "expected"), PRIVATE)
def test_what_looks_private_is_suggested_with_a_reason(text: str, kind: Found, expected: str) -> None:
    found = find_spans(text, (kind,))
    assert [text[one.span.start : one.span.end] for one in found] == [expected]
    assert found[0].reason


@pytest.mark.parametrize(
    "text",
    [
        "Springfield, IL 62704-1234",
        "ZIP 627041234",
        "Order 2024-000123",
        "PO 123-45-678",
        "version 10.2.3.4567 and build 2.14.159-2653",
        "periods 8:15-9:05 and 10:30-11:45",
        "2026-03-02 10:00:00 -0800",
        "2026-03-02T10:00:00Z",
        "192.168.10.25",
        "index 000000000000..2175550134e1 100644",
        "commit fe2175550134aab9c01d",
        "the 2026-2027 school year",
        "score 21-14, 7-3",
        "ISBN 978-3-16-148410-0",
        "3.14159265358979",
        "12345678901234567890",
        "room 555-0134",
        "due 3/4/2010",
        "2 blocks down the street",
        "5 miles of road and 3 Way Stop",
        "$20 Gift Way",
        "1,200 Oak trees",
        "10 St. Patrick's Day cards",
        "the Great Depression unit",
        "the stroke of luck, and retail therapy",
        "sick of it",
        "the wheelchair ramp was withdrawn from the agenda",
        "the fever of the market",
        "a tropical depression near her coast",
        "Ms. Lee teaches history of medicines of old",
    ],
)
def test_what_only_has_the_shape_is_not_suggested(text: str) -> None:
    assert [(one.kind.value, text[one.span.start : one.span.end]) for one in find_spans(text, BY_RULE)] == []


def test_what_is_said_of_many_things_counts_beside_a_person_only() -> None:
    near = "the market has a fever, and my"
    assert find_spans(f"{near} dog", (Found.MEDICAL,))
    assert not find_spans(f"the market has a fever{' and so on' * 8}, said his letter", (Found.MEDICAL,))


def test_phrases_are_found_whole_the_longest_first_and_in_any_form() -> None:
    text = "Jane, JANE DOE; Janet Doe. 李明说 Jane Doe Smith"
    found = list(Phrases(("jane", "Jane Doe", "李明", "é"), least=2).find(fold(text)))
    assert [text[one.start : one.end] for one in found] == ["李明", "Jane", "JANE DOE", "Jane Doe"]


def test_the_same_phrases_are_made_ready_once() -> None:
    assert phrases_of(("a", "b")) is phrases_of(("a", "b"))
    assert phrases_of(("a", "b")) is not phrases_of(("a", "b"), 2)


@pytest.mark.parametrize("text", ["1" * 50_000, "1 " * 20_000, "12 Oak " * 9_000, "12 oak " * 9_000, "A. " * 9_000])
def test_a_long_text_without_end_is_looked_through(text: str) -> None:
    assert find_spans(text, BY_RULE) == ()
