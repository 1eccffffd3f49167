"""What a redaction is, how it is sealed, and what is kept of a text."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.disclosure.kept_text import BAR, as_html, keep_file_name, keep_text, mark, normal_text, text_digest
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
    rest_of,
    text_spans,
)
from search.disclosure.redaction_codec import decode_redactions, encode_redactions
from search.disclosure.redaction_suggestions import find_spans, has_luhn
from storage.errors import Conflict, InvalidInput, NewerFormat

TEXT = Place(part=Part.TEXT)


def words(text: str, *spans: tuple[int, int], **more: object) -> Redaction:
    where = Words(spans=tuple(Span(start=a, end=b) for a, b in spans), text_digest=text_digest(text))
    return final(where, **more)


def final(where: object, **more: object) -> Redaction:
    known = {"id": "r", "record_id": "rec", "place": TEXT, "codes": ("b6",), "state": RedactionState.FINAL}
    return Redaction(**(known | {"where": where} | more))  # type: ignore[arg-type]


def test_a_mark_has_the_same_width_for_one_letter_and_for_many():
    text = "a bcdefghijklmno p"
    short = keep_text(text, (words(text, (0, 1), label="b6"),)).text
    long = keep_text(text, (words(text, (2, 16), label="b6"),)).text
    assert short == f"{mark('b6')} bcdefghijklmno p"
    assert long == f"a {mark('b6')} p"


def test_words_beside_one_another_share_a_mark_so_that_they_are_not_counted():
    text = "one two three four"
    assert keep_text(text, (words(text, (0, 3), (4, 7), (8, 13)),)).text == f"{mark('')} four"


def test_redactions_that_overlap_are_taken_once_and_both_labels_are_printed():
    text = "one two three"
    kept = keep_text(text, (words(text, (0, 6), label="b6"), words(text, (4, 7), label="b7"))).text
    assert kept == f"[{BAR} b6 + b7] three"


def test_an_inverse_redaction_keeps_its_words_only():
    text = "secret public secret"
    kept = keep_text(text, (words(text, (7, 13), keep_only=True),))
    assert (kept.text, kept.taken) == (f"{mark('')}public{mark('')}", ("secret", "secret"))


def test_taking_out_wins_over_keeping():
    text = "secret public secret"
    kept = keep_text(text, (words(text, (0, 13), keep_only=True), words(text, (0, 6))))
    assert "secret" not in kept.text


def test_cells_of_a_table_keep_their_number_and_an_empty_one_is_marked_too():
    text = "a,b,,d\n1,2,3,4"
    kept = keep_text(text, (words(text, (2, 6)),), separators=",\n").text
    assert kept == f"a,{mark('')},{mark('')},{mark('')}\n1,2,3,4"


def test_a_draft_is_never_carried_out():
    with pytest.raises(Conflict):
        keep_text("one", (words("one", (0, 1), state=RedactionState.DRAFT),))


def test_a_redaction_of_another_version_of_the_text_is_refused():
    with pytest.raises(Conflict):
        keep_text("two", (words("one", (0, 1)),))


def test_a_redaction_beyond_the_text_is_refused():
    with pytest.raises(InvalidInput):
        keep_text("one", (words("one", (0, 4)),))


def test_invisible_characters_are_no_part_of_a_normal_text():
    assert normal_text("a\u200b\u202e\U000e0041b\r\nc\x00") == "ab\nc"


def test_a_name_of_a_file_keeps_no_character_that_a_system_takes_for_more():
    assert keep_file_name("a Jane b.pdf", (final(Pattern(words=("Jane",)), label="7/b"),)).text == "a [7-b] b.pdf"


def test_a_page_of_html_holds_no_markup_of_the_text():
    assert "<script" not in as_html("<script>alert(1)</script>", "<x>")


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 59), st.integers(1, 20)), max_size=6))
def test_no_letter_under_a_span_is_kept(raw, marked):
    text = normal_text(raw)
    spans = [(a, min(a + b, len(text))) for a, b in marked if a < len(text)]
    if not spans:
        return
    kept = keep_text(text, (words(text, *spans),)).text
    out = {at for a, b in spans for at in range(a, b)}
    shown = "".join(one for at, one in enumerate(text) if at not in out)
    bare = kept.replace(mark(""), "")
    assert len(bare) <= len(shown)
    assert sorted(bare.replace(" ", "").replace("\u00a0", "")) == sorted(shown.replace(" ", "").replace("\u00a0", ""))


def test_the_union_and_the_rest_make_the_whole_text():
    order = random.Random(7)  # seed 7
    for _ in range(200):
        pairs = [sorted(order.sample(range(31), 2)) for _ in range(order.randint(1, 6))]
        union = text_spans(30, tuple(Span(start=a, end=b) for a, b in pairs))
        rest = rest_of(30, union)
        covered = sorted(at for span in (*union, *rest) for at in range(span.start, span.end))
        assert covered == list(range(30))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Span(start=3, end=3),
        lambda: Region(page=0, left=0, top=0, right=1, bottom=1),
        lambda: Region(page=1, left=0, top=0, right=float("nan"), bottom=1),
        lambda: Region(page=1, left=5, top=0, right=5, bottom=1),
        lambda: Place(part=Part.HEADER),
        lambda: Place(part=Part.TEXT, number=1),
        lambda: Place(part=Part.MESSAGE, number=0),
        lambda: final(Words(spans=(), text_digest="0" * 64)),
        lambda: final(Pattern()),
        lambda: final(Pattern(words=(" ",))),
        lambda: final(Pattern(words=("a",)), codes=()),
        lambda: final(Pattern(words=("a",)), label="a,b"),
        lambda: final(Pattern(words=("a",)), label="a\nb"),
        lambda: final(Regions(regions=(Region(page=1, left=0, top=0, right=1, bottom=1),), unit=Unit.POINTS)),
    ],
)
def test_what_could_not_be_carried_out_is_refused(make):
    with pytest.raises(InvalidInput):
        make()


def test_redactions_come_back_from_their_bytes_as_they_were():
    region = Region(page=2, left=1.5, top=2, right=3, bottom=4.25)
    component = Place(part=Part.COMPONENT, component="cmp")
    many = (
        words("one", (0, 1), (1, 3), label="b6"),
        final(Pattern(words=("Jane",), kinds=(Found.SSN,)), place=Place(part=Part.HEADER, name="Subject")),
        final(Regions(regions=(region,), unit=Unit.PIXELS), place=component, keep_only=True),
    )
    assert decode_redactions(encode_redactions(many)) == many


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one.update(codes="b6"),
        lambda one: one.update(more=1),
        lambda one: one.update(codes=[]),
        lambda one: one.update(where={"spans": [[0, 1.5]], "text": "0" * 64}),
        lambda one: one.update(where={"spans": [[1, 0]], "text": "0" * 64}),
        lambda one: one.update(where={"regions": [[1, 0, 0, 1]], "unit": "points"}),
        lambda one: one.update(where={"words": [], "kinds": ["dreams"]}),
        lambda one: one.update(place={"part": "soul"}),
        lambda one: one.pop("keep_only"),
    ],
)
def test_bytes_that_are_no_redactions_are_refused(change):
    whole = json.loads(encode_redactions((words("one", (0, 1)),)))
    change(whole["redactions"][0])
    with pytest.raises(ValueError, match="not as agreed"):
        decode_redactions(json.dumps(whole).encode())


def test_redactions_of_a_later_version_ask_for_an_upgrade():
    with pytest.raises(NewerFormat):
        decode_redactions(b'{"version":2,"redactions":[]}')


FOUND = [
    ("ssn 123-45-6789", Found.SSN, ["123-45-6789"]),
    ("000-12-3456 666-12-3456 900-12-3456 123-00-4567 123-45-0000 078-05-1120", Found.SSN, []),
    ("order 123456789, SSN: 123456789", Found.SSN, ["123456789"]),
    ("ITIN 912-70-1234", Found.SSN, ["912-70-1234"]),
    ("call (503) 555-0123 or +44 20 7946 0958, room 12-34", Found.PHONE, ["(503) 555-0123", "+44 20 7946 0958"]),
    ("to jane.doe@example.org, not @home or a@b", Found.EMAIL, ["jane.doe@example.org"]),
    ("born 02/29/2012; after a year of school she was met on 02/28/2013", Found.BIRTH_DATE, ["02/29/2012"]),
    ("DOB: 2012-13-41", Found.BIRTH_DATE, []),
    ("date of birth March 5, 2011", Found.BIRTH_DATE, ["March 5, 2011"]),
    ("card 4111 1111 1111 1111 and 4111 1111 1111 1112", Found.ACCOUNT, ["4111 1111 1111 1111"]),
    ("account no. 00123456", Found.ACCOUNT, ["00123456"]),
    ("José García and GARCIA, JOSE; Garciaville", Found.NAME, ["José García", "GARCIA, JOSE"]),
    ("the son of 李明说", Found.NAME, ["李明"]),
]


@pytest.mark.parametrize(("text", "kind", "expected"), FOUND)
def test_words_are_suggested_by_the_rules_of_their_kind(text, kind, expected):
    found = find_spans(text, (kind,), roster=("Jose Garcia", "李明"))
    assert [text[one.span.start : one.span.end] for one in found] == expected
    assert all(one.reason and one.kind is kind for one in found)


def test_words_are_found_over_line_ends_and_in_any_case():
    text = "x JANE\nDoe, y"
    found = find_spans(text, (Found.WORDS,), words=("jane doe",))
    assert [text[one.span.start : one.span.end] for one in found] == ["JANE\nDoe"]


def test_equal_digits_check_nothing():
    assert not has_luhn("0000000000000000")
