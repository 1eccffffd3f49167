"""Whatever is typed, the default engine answers it or refuses it, with bounded work and memory.

Work is counted, not timed: words that a pattern stands for, how often the engine looks whether to go on (at least every
20,000 steps of SQLite's machine), bytes of memory. How long it
takes on a large index is measured by `benchmarks.bench_search_scale`.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from search.documents import COLUMN_NUMBER, Column
from search.engines import DEFAULT, engine_named
from search.index import Order
from search.queries import Like, all_leaves
from search.stopping import Stop
from storage.errors import InvalidInput
from tests.search.building import document
from tests.search.hostile import ANSWERED, HOSTILE, REFUSED, STOPPED, ask, understood

ROOT = Path(__file__).parents[2]
KEY = b"k" * 32
RECORDS = 1_000
WORDS_OF_EACH = 100
MOST_EXPANSIONS = 10_000
MOST_MEMORY = 300_000_000
MOST_LOOKS = (
    4 * MOST_EXPANSIONS + 1_000
)  # a query is asked in three ways, once with counts, and an engine may look once a word
_FREQUENT = "the of to and a in roof bus"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _made_word(number: int) -> str:
    found = ""
    while number:
        number, letter = divmod(number, len(_LETTERS))
        found += _LETTERS[letter]
    return f"{found}x{len(found)}"


def _words_of(record: int) -> list[str]:
    return [_made_word(1_000 + record * WORDS_OF_EACH + place) for place in range(WORDS_OF_EACH)]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """An index of 1,000 records with 100,000 different words, of which no two records share one but the frequent."""
    engine = engine_named(DEFAULT)
    made = tmp_path_factory.mktemp("hostile") / f"gen-1.{engine.ending}"
    index = engine.open(made, KEY, create=True)
    chance = random.Random(20250409)
    plain = document(1, text="roof")
    documents = []
    for number in range(RECORDS):
        words = _words_of(number) + chance.choices(_FREQUENT.split(), k=WORDS_OF_EACH)
        chance.shuffle(words)
        columns = list(plain.columns)
        columns[COLUMN_NUMBER[Column.TEXT_EXACT]] = columns[COLUMN_NUMBER[Column.TEXT_STEM]] = " ".join(words)
        documents.append(replace(plain, record_id=f"rec_{number:06}", position=number, columns=tuple(columns)))
    index.add(documents, RECORDS)
    index.close()
    return made


@pytest.fixture(scope="module")
def asked(path):
    """What became of every hostile query in a program of its own."""
    program = [sys.executable, "-m", "tests.search.hostile", DEFAULT, str(path)]
    ended = subprocess.run(program, cwd=ROOT, input=KEY.hex(), capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-3_000:]
    assert not ended.stderr, ended.stderr[-3_000:]
    return json.loads(ended.stdout)


@pytest.fixture
def index(path):
    opened = engine_named(DEFAULT).open(path, KEY)
    yield opened
    opened.close()


def test_every_hostile_query_is_answered_or_refused(asked):
    wrong = [one for one in asked["asked"] if one["outcome"] not in (ANSWERED, REFUSED)]
    assert not wrong, wrong
    assert len(asked["asked"]) == len(HOSTILE) > 130


def test_some_are_answered_and_some_are_refused(asked):
    outcomes = [one["outcome"] for one in asked["asked"]]
    assert outcomes.count(ANSWERED) > 30
    assert outcomes.count(REFUSED) > 30


def test_none_of_them_fills_the_memory(asked):
    assert asked["peak"] < MOST_MEMORY, sorted(asked["asked"], key=lambda one: -one["grown"])[:5]


def test_none_of_them_makes_the_engine_work_without_end(asked):
    worst = max(asked["asked"], key=lambda one: one["looks"])
    assert 0 < worst["looks"] < MOST_LOOKS, worst


def test_all_of_them_can_be_stopped(asked, index):
    answered = {one["name"] for one in asked["asked"] if one["outcome"] == ANSWERED}

    def stopped() -> Stop:
        stop = Stop()
        stop.ask()
        return stop

    for name, text in HOSTILE:
        if name in answered:
            assert ask(index, text, stopped)[0] == STOPPED, name


@pytest.mark.parametrize("text", ["*a*", "/.*/", "/.+x./", "*?x4", "text:*x*", "*a* -roof", "roof OR *x4"])
def test_a_pattern_that_stands_for_too_many_words_is_refused_and_never_cut(index, text):
    query = understood(text)
    like = next(leaf for leaf, _ in all_leaves(query) if isinstance(leaf, Like))
    assert len(index.expand(like, MOST_EXPANSIONS)) == MOST_EXPANSIONS + 1
    for way in (
        lambda: index.search(query, limit=1),
        lambda: index.search(query, limit=1, order=Order.RELEVANCE),
        lambda: list(index.ids(query)),
    ):
        with pytest.raises(InvalidInput, match="10,000"):
            way()


def test_a_pattern_that_stands_for_nearly_too_many_words_finds_all_of_them(index):
    query = understood("/.*[a-f]bx4/")
    like = next(leaf for leaf, _ in all_leaves(query) if isinstance(leaf, Like))
    words = set(index.expand(like, MOST_EXPANSIONS))
    assert 2_000 < len(words) < MOST_EXPANSIONS
    assert index.search(query, limit=1).total == sum(not words.isdisjoint(_words_of(one)) for one in range(RECORDS))


@pytest.mark.parametrize("pattern", ['"{}', "({}", "/({}/", "on:{}", "size:{}", "kind:{}", "{} AND"])
def test_the_refusal_of_a_query_never_repeats_it(pattern):
    secret = "resignationofthecoach"
    with pytest.raises(InvalidInput) as refusal:
        understood(pattern.format(secret))
    assert secret not in str(refusal.value)
