"""Counting by the length of lists says the same as counting hits."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from search import fts_counts
from search.fts_index import open_fts_index
from search.queries import Field, Words
from storage.records import Party
from tests.search.building import document, mail, parse

KEY = b"k" * 32


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    made = open_fts_index(tmp_path_factory.mktemp("counts") / "gen-1.db", KEY, create=True)
    for batch in range(4):
        some = range(batch * 50, batch * 50 + 50)
        heads = {one: mail("bus" if one % 5 else "roof") for one in some}
        made.add([document(one, text="roof", original=heads[one], names=("roof",) * (one % 2)) for one in some], batch)
    made.remove([f"rec_{number:06}" for number in range(0, 200, 7)], 4)
    made.add([document(3, text="nothing", position=9)], 9)
    yield made
    made.close()


def counted(index, text: str) -> tuple[int, int]:
    """The total of a query, and how many ids it has."""
    query = parse(text)
    return index.search(query, limit=0).total, len(list(index.ids(query)))


@pytest.mark.parametrize("text", ["roof", "bus", "subject:roof", "exact:roof", "kind:email", "gutters", "roof OR bus"])
def test_a_count_is_that_of_the_hits_without_what_was_removed_or_replaced(index, text):
    total, found = counted(index, text)
    assert total == found
    assert total < 200 - 28 or text == "kind:email"


def test_the_length_of_a_list_answers_for_one_word_and_hits_are_not_stepped_through(index):
    with patch.object(fts_counts, "_counted", side_effect=AssertionError):
        assert index.search(parse("exact:roof"), limit=0).total == 170


@pytest.mark.parametrize("far_more", [0, 10**9])
def test_tokens_that_stand_in_several_lists_are_counted_once_for_each_record(index, monkeypatch, far_more):
    monkeypatch.setattr(fts_counts, "_FAR_MORE", far_more)
    head = mail("", Party(name="Zoltan", address="zoltan@far.example"))
    index.add([document(900 + one, text="zoltan", original=head, position=10) for one in range(5)], 10)
    index.add([document(950 + one, text="zoltan", position=11) for one in range(3)], 11)
    try:
        assert counted(index, "zoltan") == (8, 8)
        assert index.search(Words(Field.FROM, ("zoltan",)), limit=0).total == 5
    finally:
        index.remove([f"rec_{number:06}" for number in range(900, 960)], 12)
