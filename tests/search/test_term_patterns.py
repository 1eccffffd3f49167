"""A word is like what is asked by stars, by changed letters, by an expression; linear whatever is asked."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.queries import Field, Like, Likeness
from search.term_patterns import compiled, fold_expression, word_test
from storage.errors import InvalidInput
from tests.every_case import every_case


def fits(how: Likeness, pattern: str, word: str, distance: int = 0) -> bool:
    return word_test(Like(Field.ANY, how, pattern, distance))(word)


@every_case(
    ("pattern", "word", "answer"),
    [
        ("b*d", "board", True),
        ("b*d", "bd", True),
        ("b*d", "boards", False),
        ("*oar*", "oar", True),
        ("b?d", "bad", True),
        ("b?d", "bd", False),
        ("?", "\u00e4", True),
        ("a.b*", "axb", False),
        ("a[b]*", "ab", False),
    ],
)
def test_a_star_is_any_letters_and_a_question_mark_is_one(pattern, word, answer):
    assert fits(Likeness.GLOB, pattern, word) is answer


@every_case(
    ("word", "distance"),
    [
        ("budget", 0),
        ("bugdet", 1),
        ("budge", 1),
        ("budgets", 1),
        ("bodget", 1),
        ("xudget", 1),
        ("bugdte", 2),
        ("bud", 3),
    ],
)
def test_letters_are_changed_left_out_put_in_or_swapped(word, distance):
    for allowed in (1, 2):
        assert fits(Likeness.FUZZY, "budget", word, allowed) is (distance <= allowed)


def _distance(one: str, other: str) -> int:
    """Optimal string alignment, as it is defined."""
    rows = [[max(i, j) if not i or not j else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            same = one[i - 1] == other[j - 1]
            rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (not same))
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.text(alphabet="abc\u00e4", min_size=3, max_size=7), st.text(alphabet="abc\u00e4", max_size=8))
def test_changes_are_counted_as_the_definition_counts_them(sought, word):
    for allowed in (1, 2):
        assert fits(Likeness.FUZZY, sought, word, allowed) is (_distance(sought, word) <= allowed)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.text(alphabet="ab*?", min_size=1, max_size=8), st.text(alphabet="ab", max_size=8))
def test_stars_mean_what_a_plain_reading_says(pattern, word):
    expected = re.fullmatch(pattern.replace("?", "."), word) if "*" not in pattern else _plain(pattern, word)
    assert fits(Likeness.GLOB, pattern, word) is bool(expected)


def _plain(pattern: str, word: str) -> bool:
    if not pattern:
        return not word
    if pattern[0] == "*":
        return any(_plain(pattern[1:], word[place:]) for place in range(len(word) + 1))
    return bool(word) and pattern[0] in ("?", word[0]) and _plain(pattern[1:], word[1:])


@pytest.mark.parametrize(
    ("expression", "word", "answer"),
    [
        ("bud.*s", "budgets", True),
        ("bud.*s", "xbudgets", False),
        ("BUDGET", "budget", True),
        ("[^A-Z]+", "budget", False),
        ("gr[ae]y", "grey", True),
        (r"\d{3}", "206", True),
        ("(a+)+$", "a" * 127 + "b", False),
    ],
)
def test_an_expression_is_compared_with_the_whole_word_in_either_case(expression, word, answer):
    assert fits(Likeness.REGEX, expression, word) is answer


def test_the_letters_of_an_expression_are_folded_as_words_are():
    assert fold_expression("\u00c9cole") == "ecole"
    assert fold_expression("cafe\u0301") == "cafe"
    assert fold_expression("stra\u00dfe") == "strasse"
    assert fold_expression(r"\d+[a-z]") == r"\d+[a-z]"


@every_case("expression", ["(a", "a)", "[a", "*a", "a**", "(?=a)", r"(a)\1", "a{1001}", "[z-a]", "(?P<q>a"])
def test_a_refused_expression_is_not_repeated(expression):
    with pytest.raises(InvalidInput) as refused:
        compiled(expression)
    assert expression not in str(refused.value)


@settings(derandomize=True, deadline=None, max_examples=250)
@given(st.text(alphabet="ab\\(){}[]*+?|^$.0159,-:<>P=!\x00\ud800\u00e9", max_size=30))
def test_any_expression_is_compiled_or_refused(expression):
    try:
        compiled(fold_expression(expression)).fullmatch("ab")
    except InvalidInput as refused:
        assert str(refused)  # noqa: PT017 - either answer is right
