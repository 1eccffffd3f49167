"""The words of the default engine's lists that are like what was asked."""

from __future__ import annotations

import random
import string
from dataclasses import replace
from itertools import count

import pytest

from search import index as search_index
from search.documents import COLUMN_NUMBER, Column
from search.fts_index import FtsIndex, open_fts_index
from search.queries import Field, Like, Likeness, Words, disjunction
from search.term_patterns import word_test
from storage.errors import InvalidInput
from tests.every_case import every_case
from tests.search.building import document

SEED = 41
KEY = b"k" * 32


def made_words(number: int) -> list[str]:
    chance = random.Random(SEED)
    letters = [*string.ascii_lowercase[:9], *"0189", "é", "日", "🎉"]
    return sorted({"".join(chance.choices(letters, k=chance.randint(1, 9))) for _ in range(number)})


def of_columns(number: int, **lines: str):
    one = document(number)
    columns = [""] * len(one.columns)
    for name, line in lines.items():
        columns[COLUMN_NUMBER[Column(name)]] = line
    return replace(one, columns=tuple(columns))


@pytest.fixture
def index(tmp_path):
    made = open_fts_index(tmp_path / "gen-1.db", KEY, create=True)
    yield made
    made.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    made = open_fts_index(tmp_path_factory.mktemp("terms") / "gen-1.db", KEY, create=True)
    words = made_words(4_000)
    made.add([of_columns(at, text_exact=" ".join(words[at : at + 40])) for at in range(0, len(words), 40)], 1)
    yield made, words
    made.close()


@every_case(
    "expression",
    [
        "a.*b",
        ".*",
        "[^a]*",
        r"[\s\S]*a",
        "(?s).*b",
        "(?i)A.*",
        "a|b|.c",
        "^a.*",
        ".*a$",
        r"\Aa.*",
        r"\Aa|b\z|c\\A",
        r"(?i)\A(A|\d).*\z",
        r".*b\z",
        r"\ba.*\b",
        r".*\B.",
        "(?-m)^a.*",
        "(?m)^b.*$",
        r"\Qa\E.",
        r"\W+",
        "\\n*a",
        "a\nb",
        "",
        "(a?){9}",
        r"\d+",
        "日.*",
        ".",
    ],
)
def test_an_expression_gives_the_words_that_it_matches_whole(filled, expression):
    index, words = filled
    like = Like(Field.TEXT, Likeness.REGEX, expression)
    assert list(index.expand(like, 9_999)) == list(filter(word_test(like), words))


@every_case("pattern", ["*a*", "a?", "??", "*", "b*9", "*é", "?🎉*", "a.b", "[ab]", "(a)"])
def test_stars_and_question_marks_give_the_words_that_fit(filled, pattern):
    index, words = filled
    like = Like(Field.TEXT, Likeness.GLOB, pattern)
    assert list(index.expand(like, 9_999)) == list(filter(word_test(like), words))


@every_case("distance", [0, 1, 2])
@every_case("pattern", ["abc", "a", "日a", "bad1", "zzzzzzzzzzzz"])
def test_changed_letters_give_the_words_within_the_distance(filled, pattern, distance):
    index, words = filled
    like = Like(Field.TEXT, Likeness.FUZZY, pattern, distance)
    assert list(index.expand(like, 9_999)) == list(filter(word_test(like), words))


def test_where_there_are_more_than_enough_there_is_one_more(filled):
    index, _ = filled
    assert len(index.expand(Like(Field.TEXT, Likeness.GLOB, "*"), 7)) == 8
    assert len(index.expand(Like(Field.TEXT, Likeness.FUZZY, "ab", 2), 7)) == 8


def test_what_is_no_expression_is_refused(filled):
    index, _ = filled
    for expression in ("(", "a{1001}", "x{1000}{1000}"):
        with pytest.raises(InvalidInput):
            index.expand(Like(Field.TEXT, Likeness.REGEX, expression), 9)


def test_words_that_came_since_are_found_also_by_who_read_the_list_before(index, tmp_path):
    beside = open_fts_index(tmp_path / "gen-1.db", KEY)
    like = Like(Field.TEXT, Likeness.GLOB, "*oo*")
    expected = []
    for number, word in enumerate(("roof", "wood", "roof", "hall", "pool")):
        index.add([of_columns(number, text_exact=word)], number)
        expected = sorted({*expected, word} - {"hall"})
        assert list(index.expand(like, 99)) == list(beside.expand(like, 99)) == expected
    beside.close()


def test_words_are_found_when_more_was_changed_than_is_remembered(index, tmp_path, monkeypatch):
    monkeypatch.setattr("search.fts_writing.EDITS_KEPT", 2)
    beside = open_fts_index(tmp_path / "gen-1.db", KEY)
    like = Like(Field.TEXT, Likeness.GLOB, "w*")
    assert beside.expand(like, 99) == ()
    for number in range(9):
        index.add([of_columns(number, text_exact=f"w{number}")], number)
    assert len(beside.expand(like, 99)) == 9
    assert beside.search(like, limit=0).total == 9
    beside.close()


def test_a_pattern_is_looked_for_in_the_words_of_its_field(index):
    index.add([of_columns(1, text_exact="roof"), of_columns(2, sender="roo"), of_columns(3, hashes="00aa11")], 1)
    assert index.expand(Like(Field.FROM, Likeness.GLOB, "r*"), 9) == ("roo",)
    assert index.expand(Like(Field.TEXT, Likeness.GLOB, "r*"), 9) == ("roof",)
    assert index.expand(Like(Field.ANY, Likeness.GLOB, "*"), 9) == ("roo", "roof")
    assert list(index.ids(Like(Field.HASH, Likeness.GLOB, "*aa*"))) == ["rec_000003"]
    assert list(index.ids(Like(Field.ANY, Likeness.GLOB, "r*"))) == ["rec_000001", "rec_000002"]


def test_patterns_that_stand_for_too_many_words_are_refused_with_the_number(index, monkeypatch):
    monkeypatch.setattr("search.fts_known.MOST_EXPANSIONS", 20)
    index.add([of_columns(1, text_exact=" ".join(f"a{number} b{number}" for number in range(15)))], 1)
    first, second = (Like(Field.TEXT, Likeness.GLOB, pattern) for pattern in ("a*", "b*"))
    assert index.search(first, limit=9).total == 1
    assert index.search(disjunction([first, first]), limit=9).total == 1
    for query in (Like(Field.TEXT, Likeness.GLOB, "*"), disjunction([first, second])):
        with pytest.raises(InvalidInput, match=r"more than 10,000 words"):
            index.search(query, limit=9)
    assert search_index.MOST_EXPANSIONS == 10_000


def test_a_pattern_that_takes_too_long_to_compare_is_refused(tmp_path):
    path = tmp_path / "gen-1.db"
    open_fts_index(path, KEY, create=True).close()
    seconds = count()
    index = FtsIndex(path, KEY, clock=lambda: float(next(seconds)) * 10)
    index.add([of_columns(1, text_exact="roof")], 1)
    with pytest.raises(InvalidInput, match="too long"):
        index.expand(Like(Field.TEXT, Likeness.REGEX, "x.*"), 9)
    index.close()


def test_a_beginning_that_few_words_have_is_found_like_one_that_many_have(index):
    many = [of_columns(number, text_exact=f"re{number} ge") for number in range(60)]
    index.add([*many, of_columns(99, text_exact="rare"), of_columns(98, sender="ree")], 1)
    assert index.search(Words(Field.TEXT, ("re",), prefix=True), limit=0).total == 60
    assert index.search(Words(Field.ANY, ("re",), prefix=True), limit=0).total == 61
    assert index.search(Words(Field.ANY, ("ra",), prefix=True), limit=0).total == 1
    assert index.search(Words(Field.FROM, ("re",), prefix=True), limit=0).total == 1
    assert index.search(Words(Field.TEXT, ("ge", "re"), prefix=True), limit=0).total == 0
