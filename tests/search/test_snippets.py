from __future__ import annotations

import pytest

from search.marking import Seeker, wanted_leaves
from search.snippets import TEXT_COLUMNS, cut_snippets, make_snippet, mark_line
from tests.every_case import every_case
from tests.search.building import parse

MAIL = "Dear Ana,\nthe lights over the playing field of Lincoln are broken. Call (206) 555-0142.\n"


def marked(text: str, query: str, **options: int) -> str:
    return make_snippet(text, parse(query), **options).as_text("[", "]")


def pieces(text: str, query: str, most: int) -> list[str]:
    seeker = Seeker(wanted_leaves(parse(query)), TEXT_COLUMNS)
    return [one.as_text("[", "]") for one in cut_snippets(text, seeker, most=most)]


@every_case(
    ("text", "query", "expected"),
    [
        ("The schools of the district", "school", "The [schools] of the district"),
        ("The schools of the district", "exact:school", "The schools of the district"),
        ("The school board met", '"school board"', "The [school board] met"),
        ("a budget, budgets, budgeting", "budget*", "a [budget], [budgets], [budgeting]"),
        ("NAÏVE café", "naive cafe", "[NAÏVE] [café]"),
        ("日本語の文", "本語", "日[本語]の文"),
        ("about #Budget_2025 now", "#budget_2025", "about [#Budget_2025] now"),
        ("about Budget_2025 now", "#budget_2025", "about Budget_2025 now"),
        ("roof and roof", "NOT roof", "roof and roof"),
        ("roof and gutter", "roof -gutter", "[roof] and gutter"),
        ("line\none\r\n\ttwo", "two", "line one [two]"),
        ("from ana", "from:ana", "from ana"),
        ("the board of the school, and a school", '"school board"~3', "the [board] of the [school], and a school"),
        ("the board, then a week later the school", '"school board"~3', "the board, then a week later the school"),
        ("woman, women, womaan", "wom?n", "[woman], [women], womaan"),
        ("playground and background", "*ground", "[playground] and [background]"),
        ("calender or calendar", "calendar~1", "[calender] or [calendar]"),
        ("a1 b22 c333", "/[a-z][0-9]{2,3}/", "a1 [b22] [c333]"),
        ("Call (206) 555-0142 now", '"+1 206.555.0142"', "Call [(206) 555-0142] now"),
        ("Call +1 206 555 0142 now", "2065550142", "Call [+1 206 555 0142] now"),
        ("🎉 party", "🎉", "[🎉] party"),
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


def test_the_piece_that_shows_most_of_the_query_is_the_one_that_is_shown():
    text = "the roof. " + "filler " * 100 + "the roof over the gymnasium. " + "filler " * 100
    assert "[roof] over the [gymnasium]" in marked(text, "roof gymnasium")


def test_pieces_stand_in_the_order_of_the_text_and_do_not_overlap():
    text = " ".join(f"{'filler ' * 60}roof {number}" for number in range(6))
    shown = pieces(text, "roof", 3)
    assert len(shown) == 3
    assert [one.split("[roof] ")[1].split()[0].rstrip("\u2026") for one in shown] == ["0", "1", "2"]


def test_a_phrase_over_the_end_of_a_piece_of_the_scan_is_found():
    for filler in range(2_000, 2_060):
        text = "x" * (filler % 7) + " y" * (filler // 2) + " school board of the district"
        assert "[school board of the district]" in marked(text, '"school board of the district"')


def test_hits_deep_in_a_long_text_are_found():
    text = "filler words\n" * 60_000 + "the heronry " + "filler words\n" * 1_000
    assert "[heronry]" in marked(text, "heronry")
    assert "[the heronry]" in marked(text, '"the heronry"')


def test_nothing_in_a_text_becomes_markup():
    html = make_snippet('<script>roof</script> & "<b>roof', parse("roof")).as_html()
    assert html == "&lt;script&gt;<mark>roof</mark>&lt;/script&gt; &amp; &quot;&lt;b&gt;<mark>roof</mark>"


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200f", "\u061c"])
def test_nothing_in_a_text_turns_the_direction_of_what_follows(sign):
    shown = make_snippet(f"a{sign}b roof {sign} c", parse("roof")).as_html()
    assert sign not in shown
    assert "<mark>roof</mark>" in shown


def test_a_text_without_a_hit_shows_its_beginning():
    assert marked("word " * 100, "nowhere", width=20) == "word word word word\u2026"


@every_case("query", ["roof", '"the roof"~9', "*oo*", "/ro+f/", "rooof~1", "2065550142", "from:x"])
@every_case("filler", ["x y ", "日本", "a" * 5_000, "é " * 40, "5550142 ", "\n"])
@pytest.mark.timeout(60)  # what is not linear here takes minutes
def test_work_is_bounded_whatever_the_text(query, filler):
    text = filler * ((5_000_000 if query == "roof" else 1_000_000) // len(filler))
    assert make_snippet(text, parse(query)).parts


@pytest.mark.timeout(60)
def test_a_very_long_query_is_bounded():
    query = " OR ".join(f"w{number}" for number in range(900))
    assert make_snippet("x y " * 1_000_000, parse(query)).parts


def test_a_budget_ends_the_look():
    text = "filler words\n" * 10_000 + "the heronry"
    seeker = Seeker(wanted_leaves(parse("heronry")), TEXT_COLUMNS)
    assert not cut_snippets(text, seeker, budget=10_000)[0].has_hit
    assert cut_snippets(text, seeker)[0].has_hit


def test_control_characters_and_surrogates_are_not_shown():
    assert marked("a\x00b\x1b[31m\ud800c", "c") == "a b [31m [c]"


def test_a_short_line_is_marked_whole_and_a_long_one_around_its_hit():
    seeker = Seeker(wanted_leaves(parse("roof")), TEXT_COLUMNS)
    assert mark_line("Roof & gutter", seeker).as_text("[", "]") == "[Roof] & gutter"
    long = mark_line("filler " * 200 + "roof", seeker)
    assert long.as_text("[", "]").endswith("[roof]")
    assert len(long.as_text()) < 400


@pytest.mark.parametrize("query", ["roof", "roof OR exact:leak", "roo*", "l?ak", "roof~1"])
def test_single_words_are_found_in_the_same_places_whether_or_not_a_phrase_is_sought_beside_them(query):
    text = "The ROOF, roofs_roof; roofing leak-leaks roo9 rof (roof) croof\n" * 40
    alone = Seeker(wanted_leaves(parse(query)), TEXT_COLUMNS)
    beside = Seeker((*wanted_leaves(parse(query)), *wanted_leaves(parse('"never said"'))), TEXT_COLUMNS)
    assert sorted(alone.find(text)) == sorted(beside.find(text)) != []
