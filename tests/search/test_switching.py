"""A generation that takes another's place while a follower is in the middle of a step."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from search import fts_engine as module
from search.current_index import CurrentIndex
from search.follower import Follower
from search.generations import Generations
from tests.search.building import parse

if TYPE_CHECKING:
    from storage.records import DescribedRecord

ACTOR = "operator:test"


@pytest.fixture
def generations(archive, writer):
    return Generations(archive)


def test_what_only_the_retired_generation_has_read_is_read_again(archive, writer, generations, monkeypatch):
    index = CurrentIndex(generations)
    follower = Follower(archive, index)
    ids = writer.archive_texts("roof one", "roof two")
    follower.catch_up()
    exported, go = threading.Event(), threading.Event()
    export = module.export_without

    def slowly(*asked: object) -> None:
        export(*asked)
        exported.set()
        assert go.wait(60)

    monkeypatch.setattr(module, "export_without", slowly)
    with ThreadPoolExecutor(1) as pool:
        renewal = pool.submit(generations.renew_without, [], actor=ACTOR)
        try:
            assert exported.wait(60)
            ids += writer.archive_texts("roof three")
            follower.catch_up()  # into the generation that is about to be retired
            ids += writer.archive_texts("roof four")
            opened = follower._open

            def while_switching(wanted: list[str]) -> list[DescribedRecord]:
                go.set()
                assert renewal.result(60) == 2
                return opened(wanted)

            monkeypatch.setattr(follower, "_open", while_switching)
            follower.follow_some()
            monkeypatch.setattr(follower, "_open", opened)
        finally:
            go.set()
    assert follower.catch_up().complete
    assert sorted(index.ids(parse("roof"))) == sorted(ids)
    index.close()


def test_a_generation_that_is_closed_under_a_step_is_no_fault(archive, writer, generations, monkeypatch):
    index = CurrentIndex(generations)
    follower = Follower(archive, index)
    ids = writer.archive_texts("roof one")
    opened = follower._open

    def while_switching(wanted: list[str]) -> list[DescribedRecord]:
        monkeypatch.setattr(follower, "_open", opened)
        generations.rebuild(actor=ACTOR)
        index.counts()  # as a search in another thread: it closes what was open
        return opened(wanted)

    monkeypatch.setattr(follower, "_open", while_switching)
    assert follower.follow_some() == 0
    assert follower.catch_up().complete
    assert sorted(index.ids(parse("roof"))) == sorted(ids)
    index.close()
