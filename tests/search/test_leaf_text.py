"""What is told of a part of a query is understood again, and means the same."""

from __future__ import annotations

import pytest

from search.leaf_text import quoted, said
from tests.every_case import every_case
from tests.search.building import ASKED, ZONE, parse

MORE = ("before:2025-02-01", "after:2025-02", "size:1MB..5MB", "size:>10kB", "hold:any")


@every_case("text", [*dict.fromkeys(ASKED), *MORE])
def test_a_part_that_is_told_means_what_was_asked(text):
    query = parse(text)
    assert parse(said(query, ZONE)) == query


@pytest.mark.parametrize("text", ["(roof OR gutter) leak", "roof -(leak OR drip)", "-roof", '"a b" (c OR d e)'])
def test_a_whole_query_that_is_told_means_what_was_asked(text):
    query = parse(text)
    assert parse(said(query, ZONE)) == query


def test_very_long_parts_are_cut():
    assert len(said(parse(" OR ".join(f"w{number}" for number in range(200))), ZONE)) < 250


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("jane@agency.example", "jane@agency.example"),
        ("Jane Doe", '"Jane Doe"'),
        ('a "b" c', '"a  b  c"'),
        ("or", '"or"'),
        ("-x", '"-x"'),
        ("(x", '"(x"'),
    ],
)
def test_a_value_is_quoted_where_it_has_to_be(value, expected):
    assert quoted(value) == expected
