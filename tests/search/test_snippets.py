from __future__ import annotations

import pytest

from search.snippets import make_snippet
from tests.search.building import parse


def marked(text: str, query: str, **options: int) -> str:
    return make_snippet(text, parse(query), **options).as_text("[", "]")


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("The schools of the district", "school", "The [schools] of the district"),
        ("The schools of the district", "exact:school", "The schools of the district"),
        ("The school board met", '"school board"', "The [school board] met"),
        ("a budget, budgets, budgeting", "budget*", "a [budget], [budgets], [budgeting]"),
        ("NAÏVE café", "naive cafe", "[NAÏVE] [café]"),
        ("日本語の文", "本語", "日[本語]の文"),
        ("about #Budget_2025 now", "#budget_2025", "about #[Budget_2025] now"),
        ("roof and roof", "NOT roof", "roof and roof"),
        ("line\none\r\n\ttwo", "two", "line one [two]"),
        ("from ana", "from:ana", "from ana"),
        ("", "x", ""),
    ],
)
def test_every_hit_is_marked(text, query, expected):
    assert marked(text, query) == expected


def test_a_snippet_stands_around_the_first_hit_and_says_what_is_left_out():
    text = "filler " * 500 + "the roof leaks " + "filler " * 500
    snippet = marked(text, "roof", width=80)
    assert snippet.startswith("\u2026filler")
    assert "[roof]" in snippet
    assert snippet.endswith("\u2026")
    assert len(snippet) < 120


def test_nothing_in_a_text_becomes_markup():
    html = make_snippet('<script>roof</script> & "<b>roof', parse("roof")).as_html()
    assert html == "&lt;script&gt;<mark>roof</mark>&lt;/script&gt; &amp; &quot;&lt;b&gt;<mark>roof</mark>"


def test_a_text_without_a_hit_shows_its_beginning():
    assert marked("word " * 100, "nowhere", width=20) == "word word word word\u2026"


@pytest.mark.timeout(60)  # what is not linear here takes minutes
def test_a_very_long_text_and_a_very_long_query_are_bounded():
    query = " OR ".join(f"w{number}" for number in range(900))
    assert make_snippet("x y " * 2_000_000, parse(query)).parts
    assert make_snippet("a" * 5_000_000, parse(query)).parts


def test_control_characters_and_surrogates_are_not_shown():
    assert marked("a\x00b\x1b[31m\ud800c", "c") == "a b [31m [c]"
