"""A search that nobody waits for any more ends, whatever it is doing, and says so."""

from __future__ import annotations

import threading
import time

import pytest

from search.fts_index import open_fts_index
from search.index import FacetName
from search.memory_index import MemoryIndex
from search.queries import Between, Clock, Field, Like, Likeness, Sized, Words
from search.stopping import NOBODY_WAITS, TOO_LONG, SearchStopped, Stop
from tests.search.building import ZONE, document

KEY = b"k" * 32
_ANY = Between(Clock.CAPTURED, None, None)


@pytest.fixture
def index(tmp_path):
    made = open_fts_index(tmp_path / "gen-1.db", KEY, create=True)
    made.add([document(number, text="roof") for number in range(20)], 1)
    yield made
    made.close()


@pytest.mark.parametrize("query", [Words(Field.TEXT, ("roof",)), Sized(0, None), Like(Field.TEXT, Likeness.GLOB, "r*")])
def test_what_is_stopped_already_does_not_begin(index, query):
    stop = Stop()
    stop.ask()
    memory = MemoryIndex()
    memory.add([document(1, text="roof")], 1)
    for one in (index, memory):
        with pytest.raises(SearchStopped, match=NOBODY_WAITS):
            one.search(query, limit=5, stop=stop)
        with pytest.raises(SearchStopped):
            one.ids(query, stop=stop)
        with pytest.raises(SearchStopped):
            one.facets(query, [FacetName.KIND], zone=ZONE, most=5, stop=stop)
    assert index.search(query, limit=5).total == 20


def count_without_end(index, stop: Stop, begun) -> None:
    with index._connections.reading(stop) as connection:
        connection.create_function("begun", 0, begun)
        connection.execute(
            "WITH RECURSIVE counting(n) AS (SELECT begun() UNION ALL SELECT n + 1 FROM counting)"
            " SELECT count(*) FROM counting"
        ).fetchone()


def test_a_statement_that_runs_is_ended_from_another_thread(index):
    stop, running = Stop(), threading.Event()

    def begun() -> int:
        running.set()
        return 0

    def ask() -> None:
        running.wait()
        stop.ask()

    other = threading.Thread(target=ask)
    other.start()
    with pytest.raises(SearchStopped, match=NOBODY_WAITS):
        count_without_end(index, stop, begun)
    other.join()
    assert index.search(_ANY, limit=5).total == 20


def test_the_first_reason_is_kept_and_a_search_after_the_end_is_not_touched(index):
    stop = Stop()
    with stop.within(600):
        assert index.search(_ANY, limit=5, stop=stop).total == 20
    ended: list[int] = []
    with stop.ending(lambda: ended.append(1)):
        stop.ask(TOO_LONG)
    stop.ask()
    assert ended == [1]
    assert stop.asked
    with pytest.raises(SearchStopped, match="longer than it may"):
        stop.check()


def test_time_that_is_over_stops(index):
    stop, over = Stop(), threading.Event()
    with stop.ending(over.set), stop.within(0.0):
        over.wait()
    with pytest.raises(SearchStopped, match="longer than it may"):
        index.search(_ANY, limit=5, stop=stop)


def test_all_steps_of_a_search_have_one_allowance_and_nothing_is_begun_when_it_is_used_up(index):
    stop = Stop(processor_seconds=600)
    for _ in range(3):
        index.search(_ANY, limit=5, stop=stop)
        index.facets(_ANY, [FacetName.KIND], zone=ZONE, most=5, stop=stop)
    left = stop.processor_seconds
    assert left is not None
    assert 500 < left < 600
    stop.processor_seconds = 0.0
    with pytest.raises(SearchStopped, match="more work than it may"):
        index.search(_ANY, limit=5, stop=stop)


def test_a_block_within_a_block_is_counted_once():
    stop = Stop(processor_seconds=600)
    with stop.working():
        with stop.working():
            sum(range(10_000))
        assert stop.processor_seconds == 600
    assert stop.processor_seconds < 600


def test_what_is_read_once_for_all_searches_is_not_counted_and_can_be_ended(index):
    stop = Stop(processor_seconds=0.05)
    with stop.working():
        with stop.spared():
            began = time.thread_time()
            while time.thread_time() - began < 0.2:
                pass
        stop.check()
        assert stop.processor_seconds == 0.05
    stop.check()
    assert 0 < stop.processor_seconds < 0.05
    with pytest.raises(SearchStopped, match="more work than it may"):
        count_without_end(index, stop, lambda: 0)
    with stop.spared(), pytest.raises(SearchStopped):
        stop.check()


def test_a_part_that_has_used_up_the_time_ends_alone_and_with_the_whole(index):
    stop = Stop(processor_seconds=0.01)
    with pytest.raises(SearchStopped, match="more work than it may"), stop.part() as part:
        count_without_end(index, part, lambda: 0)
    stop.check()
    with pytest.raises(SearchStopped), stop.part():
        pytest.fail("there is nothing left")
    whole = Stop(processor_seconds=600)
    with whole.part() as part:
        whole.ask()
        with pytest.raises(SearchStopped, match=NOBODY_WAITS):
            part.check()


def test_work_that_is_too_much_stops_and_says_what_to_ask_instead(index):
    with pytest.raises(SearchStopped, match="more work than it may"):
        count_without_end(index, Stop(processor_seconds=0.01), lambda: 0)
    assert index.search(_ANY, limit=5, stop=Stop(processor_seconds=600)).total == 20
