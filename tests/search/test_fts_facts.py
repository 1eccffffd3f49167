"""The facts that the default engine keeps in memory follow what is added and removed, and count rightly."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from search.fts_facets import months_of
from search.fts_index import open_fts_index
from search.fts_schema import microseconds
from search.index import FacetName, IdScope
from search.memory_index import MemoryIndex
from search.message_links import ANSWER, ANSWERED
from search.queries import Among, Between, Clock, Field, Sized, Words
from tests.search.building import ZONE, document

SEED = 7
KEY = b"k" * 32
_ANY = Between(Clock.CAPTURED, None, None)


@pytest.mark.parametrize("kept", [256, 1])
def test_what_is_added_replaced_and_removed_is_counted_at_once(tmp_path, monkeypatch, kept):
    monkeypatch.setattr("search.fts_writing.EDITS_KEPT", kept)
    chance = random.Random(SEED)
    index = open_fts_index(tmp_path / "gen-1.db", KEY, create=True)
    beside, plain = open_fts_index(tmp_path / "gen-1.db", KEY), MemoryIndex()
    for position in range(25):
        some = [
            replace(
                document(
                    chance.randint(0, 60),
                    text="x",
                    position=position,
                    sent_at=datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=chance.randint(0, 900)),
                ),
                correspondents=tuple(f"{number}@z.example" for number in range(chance.randint(0, 3))),
                size=chance.randint(0, 9),
            )
            for _ in range(chance.randint(0, 4))
        ]
        gone = [f"rec_{chance.randint(0, 60):06}" for _ in range(chance.randint(0, 2))]
        for one in (index, plain):
            one.add(some, position)
            one.remove(gone, position)
        if chance.random() < 0.6:  # sometimes several changes are followed in one go
            asked = {"names": tuple(FacetName), "zone": ZONE, "most": 99}
            expected = plain.facets(_ANY, **asked)
            assert index.facets(_ANY, **asked) == expected, (SEED, position)
            assert beside.facets(_ANY, **asked) == expected, (SEED, position)
        assert list(index.ids(Sized(3, 7))) == list(plain.ids(Sized(3, 7))), (SEED, position)
        assert index.counts() == plain.counts()
        index.check(thorough=True)
    index.close()
    beside.close()


@pytest.mark.parametrize("kept", [256, 1])
def test_a_large_set_of_records_follows_what_is_added_and_removed(tmp_path, monkeypatch, kept):
    monkeypatch.setattr("search.fts_writing.EDITS_KEPT", kept)
    chance = random.Random(SEED)
    index, plain = open_fts_index(tmp_path / "gen-1.db", KEY, create=True), MemoryIndex()
    beside = open_fts_index(tmp_path / "gen-1.db", KEY)
    chosen = [frozenset(f"rec_{number:06}" for number in range(start, 900, 3)) for start in (0, 1)]
    for position in range(20):
        numbers = chance.sample(range(90), k=chance.randint(0, 5))
        gone = [f"rec_{chance.randint(0, 90):06}"]
        for one in (index, plain):
            one.add([document(number, text="x", position=position) for number in numbers], position)
            one.remove(gone, position)
        for ids in chosen:
            expected = list(plain.ids(Among(ids)))
            assert list(index.ids(Among(ids))) == expected, (SEED, position)
            assert list(index.ids(_ANY, allowed=IdScope(only=ids))) == expected, (SEED, position)
            if chance.random() < 0.5:
                assert list(beside.ids(_ANY, allowed=IdScope(without=ids))) == list(
                    plain.ids(_ANY, allowed=IdScope(without=ids))
                ), (SEED, position)
    index.close()
    beside.close()


def test_an_index_without_records_has_no_facets(tmp_path):
    index = open_fts_index(tmp_path / "gen-1.db", KEY, create=True)
    for facet in index.facets(_ANY, tuple(FacetName), zone=ZONE, most=9):
        assert (facet.counts, facet.others, facet.without) == ((), 0, 0)
    index.close()


@pytest.mark.parametrize("zone", [UTC, ZONE, ZoneInfo("Pacific/Kiritimati"), timezone(timedelta(hours=-12))])
def test_months_are_those_of_the_zone(zone):
    chance = random.Random(SEED)
    moments = [datetime(2025, month, 1, tzinfo=UTC) for month in range(1, 13)]
    moments = [one + timedelta(seconds=chance.randint(-90_000, 90_000)) for one in moments for _ in range(20)]
    moments += [datetime(1, 1, 2, 1, tzinfo=UTC), datetime(9999, 12, 30, 1, tzinfo=UTC)]
    expected: dict[str, int] = {}
    for moment in moments:
        local = moment.astimezone(zone)
        name = f"{local.year:04}-{local.month:02}"
        expected[name] = expected.get(name, 0) + 1
    assert months_of(np.array([microseconds(one) for one in moments]), zone) == expected


def test_many_records_out_of_sight_take_nothing_from_the_others(tmp_path):
    index = open_fts_index(tmp_path / "gen-1.db", KEY, create=True)
    index.add([document(number, text="x") for number in range(1_300)], 1)
    hidden = frozenset(f"rec_{number:06}" for number in range(5_000))

    for without in (hidden - {"rec_000007"}, frozenset({"rec_000008"})):
        allowed = IdScope(without=without)
        left = 1 if len(without) > 1 else 1_299
        for query in (_ANY, Words(Field.TEXT, ("x",)), Sized(None, None)):
            assert index.search(query, limit=0, allowed=allowed).total == left
            assert len(list(index.ids(query, allowed=allowed))) == left
    index.close()


@pytest.mark.parametrize("kept", [256, 1])
def test_what_is_shared_follows_what_is_added_replaced_and_removed(tmp_path, monkeypatch, kept):
    monkeypatch.setattr("search.fts_writing.EDITS_KEPT", kept)
    chance = random.Random(SEED)
    index, plain = open_fts_index(tmp_path / "gen-1.db", KEY, create=True), MemoryIndex()
    beside = open_fts_index(tmp_path / "gen-1.db", KEY)
    links = [sort + f"{number:07}".encode() for sort in (b"i", ANSWER, ANSWERED) for number in range(9)]
    met = 0
    for position in range(30):
        some = [
            replace(
                document(chance.randint(0, 40), position=position),
                thread=b"".join(chance.sample(links, k=chance.randint(0, 3))),
                equal=chance.choice([b"", b"e" * 16, b"f" * 16]),
            )
            for _ in range(chance.randint(0, 4))
        ]
        gone = [f"rec_{chance.randint(0, 40):06}" for _ in range(chance.randint(0, 1))]
        for one in (index, plain):
            one.add(some, position)
            one.remove(gone, position)
        asked = [f"rec_{number:06}" for number in chance.sample(range(41), k=3)]
        for threads in (True, False) if chance.random() < 0.7 else ():
            expected = plain.sharing(asked, threads=threads)
            assert index.sharing(asked, threads=threads) == expected, (SEED, position)
            assert beside.sharing(asked, threads=threads) == expected, (SEED, position)
            met += len(expected)
    assert met > 50
    index.close()
    beside.close()
