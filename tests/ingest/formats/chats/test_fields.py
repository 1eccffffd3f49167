"""What a reader does not model is named, and what is empty is not."""

from __future__ import annotations

from ingest.formats.chats.fields import unmapped


def test_names_that_are_not_known_are_given_sorted_and_behind_their_prefix():
    assert unmapped({"b": 1, "id": 2, "a": "x"}, frozenset({"id"}), "share.") == ("share.a", "share.b")


def test_what_is_empty_is_not_named():
    assert unmapped({"a": None, "b": "", "c": [], "d": {}, "e": False, "f": [0]}, frozenset()) == ("f",)


def test_names_are_bounded_in_length_and_number():
    found = unmapped({f"{number:04}" + "x" * 500: 1 for number in range(500)}, frozenset())
    assert len(found) == 50
    assert max(map(len, found)) == 100


def test_an_object_of_known_names_has_none():
    assert unmapped({"id": 1}, frozenset({"id", "text"})) == ()
