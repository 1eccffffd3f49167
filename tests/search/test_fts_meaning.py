"""The default engine beside the plain meaning: every kind of leaf, in trees, within scopes, in all of its ways."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from search.documents import Column
from search.fts_index import open_fts_index
from search.index import FacetName, IdScope, Order
from search.memory_index import MemoryIndex
from search.projection import project
from search.queries import (
    Among,
    Between,
    Clock,
    Fact,
    Field,
    Is,
    Like,
    Likeness,
    Sized,
    Words,
    conjunction,
    disjunction,
    negation,
)
from tests.search.building import ZONE, document, generated_records

SEED = 20251122
_WORDS = (
    "budget",
    "school",
    "roof",
    "the",
    "and",
    "12",
    "run",
    "日",
    "🎉",
    "ana",
    "dana",
    "example",
    "nowhere",
    "plan",
)
_PEOPLE = ("ana@z.example", "ben", "cleo@z.example")
_PATTERNS = ("*oo*", "b*t", "?un", "r??f", "*", "na*ve", "s*")
_EXPRESSIONS = ("r.*f", "[^a-m]+", "(?i)BUD.*", r"\Aroof\z", "^run$", "(ana|ben)", r"\d+", "(?-m)^the")


def documents(count: int):
    chance = random.Random(SEED)
    found = []
    for number, described in enumerate(generated_records(SEED, count)):
        one = project(described)
        found.append(
            replace(
                one,
                custodian_id=chance.choice(("cus_1", "cus_2", "cus_3")),
                size=chance.choice((0, 1, 500, 10_000_000, 1 << 40)),
                correspondents=tuple(chance.choices(_PEOPLE, k=chance.randint(0, 3))),
                thread=bytes([number % 7]),
                equal=b"",
                likeness=b"x" * (number % 3),
            )
        )
    return found


def words_leaf(chance: random.Random):
    words = tuple(chance.choices(_WORDS, k=chance.randint(1, 2)))
    return Words(chance.choice(list(Field)), words, exact=chance.random() < 0.5, prefix=chance.random() < 0.3)


def near_leaf(chance: random.Random):
    words = tuple(chance.choices(_WORDS, k=chance.randint(1, 3)))
    return Words(chance.choice((Field.ANY, Field.TEXT)), words, within=chance.choice((0, 1, 5, 10**12)))


def like_leaf(chance: random.Random):
    how = chance.choice(list(Likeness))
    asked = {Likeness.GLOB: _PATTERNS, Likeness.REGEX: _EXPRESSIONS, Likeness.FUZZY: _WORDS}[how]
    distance = chance.randint(0, 2) if how is Likeness.FUZZY else 0
    return Like(chance.choice(list(Field)), how, chance.choice(asked), distance)


def fact_leaf(chance: random.Random):
    found = [Is(Fact.KIND, "email"), Is(Fact.CHANNEL, "smtp"), Is(Fact.PLATFORM, "signal"), Is(Fact.LANGUAGE, "en")]
    found += [Is(Fact.CUSTODIAN_ID, "cus_2"), Is(Fact.KIND, "nothing"), Is(Fact.ID, "sub_000003")]
    return chance.choice(found)


def measure_leaf(chance: random.Random):
    if chance.random() < 0.3:
        return Sized(chance.choice((None, 0, 1, 501)), chance.choice((None, 500, 1 << 40, 1 << 50)))
    hours, tick = chance.randint(0, 2_400), chance.randint(0, 1)
    moment = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=hours, microseconds=tick)
    end = moment + timedelta(hours=chance.randint(0, 900))
    return Between(chance.choice(list(Clock)), chance.choice((None, moment)), chance.choice((None, end)))


def leaf(chance: random.Random, ids: list[str]):
    if chance.random() < 0.15:
        return Among(frozenset(chance.sample(ids, k=chance.randint(0, 20))) | {"rec_unknown"})
    return chance.choice((words_leaf, near_leaf, like_leaf, fact_leaf, measure_leaf))(chance)


def tree(chance: random.Random, ids: list[str], depth: int):
    if depth == 0 or chance.random() < 0.35:
        made = leaf(chance, ids)
    else:
        joint = chance.choice((conjunction, disjunction))
        made = joint([tree(chance, ids, depth - 1) for _ in range(chance.randint(2, 3))])
    return negation(made) if chance.random() < 0.25 else made


def scope(chance: random.Random, ids: list[str]) -> IdScope | None:
    match chance.randrange(4):
        case 0:
            return IdScope(without=frozenset(chance.sample(ids, k=chance.randint(0, 9))))
        case 1:
            return IdScope(only=frozenset(chance.sample(ids, k=60)), without=frozenset(ids[:9]))
        case _:
            return None


@pytest.fixture(scope="module")
def indexes(tmp_path_factory):
    made = documents(220)
    engine = open_fts_index(tmp_path_factory.mktemp("fts") / "gen-1.db", b"k" * 32, create=True)
    plain = MemoryIndex()
    for start in range(0, len(made), 50):
        for index in (engine, plain):
            index.add(made[start : start + 50], start)
            index.remove([made[start].record_id], start)
    yield engine, plain, [one.record_id for one in made]
    engine.close()


@pytest.mark.parametrize("part", range(3))
def test_every_tree_of_every_leaf_finds_what_the_plain_meaning_finds(indexes, part):
    engine, plain, ids = indexes
    chance = random.Random(SEED + part)
    for _ in range(90):
        query, allowed = tree(chance, ids, chance.randint(0, 3)), scope(chance, ids)
        expected = list(plain.ids(query, allowed=allowed))
        assert list(engine.ids(query, allowed=allowed)) == expected, (SEED, part, query, allowed)
        offset, limit = chance.randint(0, 30), chance.choice((0, 1, 7, 1_000))
        page = engine.search(query, limit=limit, offset=offset, allowed=allowed)
        assert (page.total, list(page.ids)) == (len(expected), expected[offset : offset + limit]), (SEED, part, query)
        ranked = engine.search(query, limit=1_000, order=Order.RELEVANCE, allowed=allowed)
        assert (ranked.total, sorted(ranked.ids)) == (len(expected), sorted(expected)), (SEED, part, query)


@pytest.mark.parametrize("most", [0, 1, 2, 100])
def test_facets_are_the_counts_of_the_plain_meaning(indexes, most):
    engine, plain, ids = indexes
    chance = random.Random(SEED)
    for _ in range(25):
        query, allowed = tree(chance, ids, 2), scope(chance, ids)
        asked = {"zone": ZONE, "most": most, "allowed": allowed}
        assert engine.facets(query, tuple(FacetName), **asked) == plain.facets(query, tuple(FacetName), **asked), query


def test_pages_by_relevance_join_to_the_whole(indexes):
    engine, _, _ = indexes
    for query in (Words(Field.ANY, ("budget",)), disjunction([Words(Field.ANY, ("roof",)), Sized(1, None)])):
        whole = engine.search(query, limit=1_000, order=Order.RELEVANCE).ids
        pages = [engine.search(query, limit=9, offset=at, order=Order.RELEVANCE).ids for at in range(0, 250, 9)]
        assert [one for page in pages for one in page] == list(whole)


def test_of_very_many_hits_the_newest_are_ranked_and_the_others_follow(indexes, monkeypatch):
    engine, _, _ = indexes
    query = Words(Field.ANY, ("budget",))
    by_date = list(engine.ids(query))
    assert len(by_date) > 50
    monkeypatch.setattr("search.fts_reading.MOST_SCORED", 20)
    pages = [engine.search(query, limit=7, offset=at, order=Order.RELEVANCE).ids for at in range(0, 250, 7)]
    paged = [one for page in pages for one in page]
    assert sorted(paged) == sorted(by_date)
    assert len(set(paged[20:]) & set(by_date[:10])) == 0


def test_the_groups_of_records_are_those_of_their_documents(indexes):
    engine, plain, ids = indexes
    asked = [*ids, "rec_unknown"]
    assert engine.groups(asked) == plain.groups(asked)
    assert len(engine.groups(asked)) == engine.counts().indexed


@pytest.mark.parametrize("hours", [-11, 0, 14])
def test_a_stretch_of_time_that_ends_within_a_day_is_exact_to_the_microsecond(tmp_path, hours):
    zone = timezone(timedelta(hours=hours))
    start, end = datetime(2025, 3, 1, tzinfo=zone), datetime(2025, 3, 2, tzinfo=zone)
    tick = timedelta(microseconds=1)
    index = open_fts_index(tmp_path / "gen-1.db", b"k" * 32, create=True)
    moments = (start - tick, start, end - tick, end)
    index.add([document(number, text="x", sent_at=at.astimezone(UTC)) for number, at in enumerate(moments)], 4)
    for query in (Between(Clock.HAPPENED, start, end), Between(Clock.SENT, start, end)):
        assert list(index.ids(query)) == ["rec_000002", "rec_000001"]
        with_words = conjunction([Words(Field.TEXT, ("x",)), query])
        assert index.search(with_words, limit=9).ids == ("rec_000002", "rec_000001")
        assert index.search(negation(query), limit=9).total == 2
    index.close()


def test_records_of_one_moment_are_in_the_order_of_their_ids_over_all_pages(tmp_path):
    index = open_fts_index(tmp_path / "gen-1.db", b"k" * 32, create=True)
    numbers = list(range(60))
    random.Random(SEED).shuffle(numbers)
    for at in range(0, 60, 7):
        index.add([document(number, text="x") for number in numbers[at : at + 7]], at)
    query = Words(Field.TEXT, ("x",))
    paged = [one for at in range(0, 60, 8) for one in index.search(query, limit=8, offset=at).ids]
    assert paged == [f"rec_{number:06}" for number in range(60)] == list(index.ids(query))
    index.close()


def test_a_word_in_one_column_is_not_found_in_another(tmp_path):
    index = open_fts_index(tmp_path / "gen-1.db", b"k" * 32, create=True)
    plain = document(1)
    made = [
        replace(
            plain,
            record_id=f"rec_{number:06}",
            columns=tuple("roof" if column is one else "" for one in Column),
        )
        for number, column in enumerate(Column)
    ]
    index.add(made, 1)
    memory = MemoryIndex()
    memory.add(made, 1)
    for field in Field:
        for query in (
            Words(field, ("roof",)),
            Words(field, ("roof",), exact=True),
            Words(field, ("ro",), prefix=True),
            Like(field, Likeness.GLOB, "*oo*"),
        ):
            assert list(index.ids(query)) == list(memory.ids(query)), query
    index.close()
