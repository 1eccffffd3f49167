"""A mark cuts no word, in no script that has words."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.disclosure import word_edges
from search.disclosure.linked import finder_of
from search.disclosure.redaction import Span
from search.disclosure.word_edges import is_inside, whole_words

LONG = "The principal said that the student in room twelve had been absent for three weeks in a row."


@pytest.mark.parametrize(
    ("text", "cut", "whole"),
    [
        ("a counsellor said", "unsell", "counsellor"),
        ("they don't know", "don", "don't"),
        ("they don\u2019t know", "t", "don\u2019t"),
        ("about 1,250.50 paid", "250", "1,250.50"),
        ("the file_name here", "file", "file_name"),
        ("it is left.The end", "eft", "left"),
        ("Name:Jordan here", "ordan", "Jordan"),
        ("a (word) there", "wor", "word"),
        ("the cafe\u0301 there", "caf", "cafe\u0301"),
        ("in Stra\u00dfe and", "Stra", "Stra\u00dfe"),
        ("\u043c\u043e\u0441\u043a\u0432\u0430 \u0438", "\u0441\u043a", "\u043c\u043e\u0441\u043a\u0432\u0430"),
        ("\u6771\u4eac\u90fd\u5e81", "\u4eac\u90fd", "\u4eac\u90fd"),
        ("\u6771\u4eacTowers", "Tower", "Towers"),
        ("\u0e40\u0e21\u0e37\u0e2d\u0e07", "\u0e21", "\u0e21\u0e37"),
        ("soft\u00adware here", "soft", "soft\u00adware"),
        ("word", "word", "word"),
    ],
)
def test_what_is_cut_becomes_whole(text: str, cut: str, whole: str) -> None:
    at = text.index(cut, text.index("\u2019") if cut == "t" else 0)
    found = whole_words(text, Span(start=at, end=at + len(cut)))
    assert text[found.start : found.end] == whole


@given(st.text(alphabet="ab1.,'\u2019 \u0301\u6771\u200d_-:", max_size=20), st.data())
def test_no_end_of_a_span_is_inside_a_word_and_nothing_is_lost(text: str, data: st.DataObject) -> None:
    if not text:
        return
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    found = whole_words(text, Span(start=start, end=end))
    assert found.start <= start
    assert found.end >= end
    for place in (found.start, found.end):
        assert not 0 < place < len(text) or not is_inside(text, place)
    assert not any(one.isspace() for one in text[found.start : start] + text[end : found.end])


@pytest.mark.parametrize("length", range(31, 70))
def test_a_piece_of_a_long_passage_is_linked_by_whole_words(length: int) -> None:
    said = f"We know: {LONG[10 : 10 + length]}ly, and so on."
    for one in finder_of([LONG])(said):
        ends = (said[one.span.start - 1 : one.span.start], said[one.span.end : one.span.end + 1])
        assert not any(each.isalnum() for each in ends)
    assert list(finder_of([LONG])(f"We know: {LONG[10:90]}, and so on."))


def test_a_piece_in_a_script_without_spaces_ends_where_it_was_found() -> None:
    passage = "".join(map(chr, range(0x4E00, 0x4E00 + 60)))
    [one] = finder_of([passage])("\u6771" * 5 + passage[8:48] + "\u4eac" * 5)
    assert (one.span.start, one.span.end) == (5, 45)


@pytest.mark.parametrize("between", ["", "z", "\u0301"])
def test_a_text_that_is_one_word_is_walked_through_once_however_often_something_stands_in_it(between: str) -> None:
    text = f"secretword{between}" * 2_000
    with patch.object(word_edges, "is_inside", side_effect=word_edges.is_inside) as asked:
        [one] = finder_of(["secretword"])(text)
    assert (one.span.start, one.span.end) == (0, len(text))
    assert asked.call_count <= 2 * len(text)


def test_what_goes_beyond_the_word_that_was_reached_is_joined_to_it() -> None:
    [one] = finder_of(["wide lamps", "lamps burn"])("a worldwide lamps burnt, all")
    assert (one.span.start, one.span.end) == (2, 23)
