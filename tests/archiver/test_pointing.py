"""A mistake in a query is shown at its place, on the terminal of who typed it and nowhere else."""

from __future__ import annotations

import json

import pytest

from archiver.cli.pointing import place_lines, pointing_at
from storage.errors import InvalidInput, NotFound


def pointed(text: str, position: int) -> str:
    """The character above the mark, with letters of one column."""
    shown, mark = place_lines(text, position)
    assert mark.strip() == "^"
    return shown.ljust(len(mark))[len(mark) - 1]


def test_the_mark_stands_under_the_place():
    assert place_lines("bus on:soon", 7) == ["  bus on:soon", "         ^"]
    assert pointed("a" * 300 + "X" + "b" * 300, 300) == "X"
    assert pointed("X" + "b" * 300, 0) == "X"
    assert pointed("bus OR", 6) == " "


def test_a_long_query_is_shown_around_the_place():
    shown, _ = place_lines("a" * 300 + "X" + "b" * 300, 300)
    assert len(shown) < 80
    assert shown.strip()[0] == shown[-1] == "\u2026"


def test_wide_characters_and_marks_take_the_columns_that_a_terminal_gives_them():
    assert place_lines("日本 (a", 3)[1] == "       ^"
    assert place_lines("e\u0301 (a", 3)[1] == "    ^"


def test_nothing_in_a_query_steers_the_terminal():
    for text in ("\x1b[2J\nbus (", "\u202ebus\u202c (", "\ud800 ("):
        shown, _ = place_lines(text, len(text))
        assert shown.isprintable()


@pytest.mark.parametrize("position", [-5, 0, 3, 99])
def test_any_place_can_be_shown(position):
    assert len(place_lines("bus", position)) == 2


def test_the_query_is_in_the_notes_and_not_in_the_sentence_or_the_fields():
    with pytest.raises(InvalidInput) as refused, pointing_at("secret ("):
        raise InvalidInput("add )", position=7, suggestion="secret")
    assert refused.value.__notes__ == ["  secret (", "         ^", "  perhaps: secret"]
    assert str(refused.value) == "add )"


@pytest.mark.parametrize("text", [None, 5, "bus"])
def test_other_refusals_are_left_as_they_are(text):
    with pytest.raises(NotFound) as refused, pointing_at(text):
        raise NotFound("no such record")
    assert not hasattr(refused.value, "__notes__")


def test_a_mistake_in_a_search_is_shown_under_the_query(filled):
    answer = filled.office.run("search", "walrus form:jane", "--json")
    assert answer.status == 2
    assert "\n  walrus form:jane\n         ^\n  perhaps: walrus from:jane\n" in answer.err
    error = json.loads(answer.out)["error"]
    assert (error["position"], error["suggestion"]) == (7, "walrus from:jane")


def test_a_mistake_in_the_query_of_a_hold_is_shown_too(filled):
    answer = filled.office.run("hold", "place", "--reason", "so", "--query", "is:held")
    assert answer.status == 2
    assert "\n  is:held\n     ^\n" in answer.err
