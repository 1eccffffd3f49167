from __future__ import annotations

import fcntl
import shutil

import pytest

from search.current_index import CurrentIndex
from search.follower import Follower
from search.fts_index import VERSION, open_fts_index
from search.generation_rows import Cause
from search.generations import Generations
from search.index import IndexOutdated
from storage.errors import Conflict, Corrupt, NotFound
from tests.search.building import parse

ACTOR = "operator:test"


@pytest.fixture
def generations(archive, writer):
    return Generations(archive)


@pytest.fixture
def index(generations):
    opened = CurrentIndex(generations)
    yield opened
    opened.close()


def found(index) -> set[str]:
    return set(index.ids(parse("roof")))


def test_the_first_use_makes_generation_one(generations, index):
    assert index.counts().indexed == 0
    assert generations.current() == 1
    assert generations.path(1).exists()


def test_a_rebuild_finds_the_same_and_destroys_the_old_key_and_file(archive, writer, generations, index):
    ids = set(writer.archive_texts("roof one", "roof two"))
    Follower(archive, index).catch_up()
    assert found(index) == ids
    coverage = generations.rebuild(actor=ACTOR)
    assert coverage.complete
    assert generations.current() == 2
    assert found(index) == ids
    with pytest.raises(NotFound):
        archive.keyring.index_key(1)
    assert not list((archive.folder / "index").glob("gen-1*"))


def test_a_copy_of_the_old_file_opens_with_no_key_that_is_left(archive, writer, generations, index, tmp_path):
    writer.archive_texts("roof one")
    Follower(archive, index).catch_up()
    index.close()
    copy = tmp_path / "copy.db"
    shutil.copy(generations.path(1), copy)
    generations.rebuild(actor=ACTOR)
    with pytest.raises(Corrupt):
        open_fts_index(copy, archive.keyring.index_key(2))


def test_search_answers_from_the_old_generation_while_the_next_is_built(archive, writer, generations, index):
    ids = set(writer.archive_texts("roof one", "roof two"))
    Follower(archive, index).catch_up()
    seen: list[set[str]] = []
    generations.rebuild(actor=ACTOR, progress=lambda *_: seen.append(found(index)))
    assert seen
    assert all(one == ids for one in seen)


def crash(at: int, goal: int) -> None:
    raise KeyboardInterrupt


def test_a_rebuild_that_was_broken_off_leaves_the_old_one_and_goes_on_where_it_was(archive, writer, generations, index):
    ids = set(writer.archive_texts("roof"))
    Follower(archive, index).catch_up()
    with pytest.raises(KeyboardInterrupt):
        generations.rebuild(actor=ACTOR, progress=crash)
    assert generations.current() == 1
    assert generations.building() == 2
    assert found(index) == ids
    told: list[int] = []
    more = set(writer.archive_texts("roof"))
    generations.rebuild(actor=ACTOR, progress=lambda at, _: told.append(at))
    assert generations.current() == 2
    assert generations.building() is None
    assert found(index) == ids | more
    assert generations.only_present_left()


def test_a_rebuild_anew_leaves_nothing_of_one_that_was_broken_off(archive, writer, generations, index):
    ids = set(writer.archive_texts("roof"))
    with pytest.raises(KeyboardInterrupt):
        generations.rebuild(actor=ACTOR, progress=crash)
    generations.rebuild(actor=ACTOR, anew=True)
    assert generations.current() == 3
    assert found(index) == ids
    with pytest.raises(NotFound):
        archive.keyring.index_key(2)
    assert not list((archive.folder / "index").glob("gen-2*"))


def test_two_rebuilds_at_a_time_are_refused(archive, generations, index):
    index.counts()
    with (archive.folder / "index" / "rebuilding-fts.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(Conflict):
            generations.rebuild(actor=ACTOR)


def test_a_missing_file_is_corruption_and_never_no_hits_and_a_rebuild_repairs_it(archive, writer, generations, index):
    ids = set(writer.archive_texts("roof"))
    Follower(archive, index).catch_up()
    index.close()
    generations.path(1).unlink()
    with pytest.raises(Corrupt):
        found(index)
    generations.rebuild(actor=ACTOR)
    assert found(index) == ids


def test_a_missing_key_is_corruption_and_a_rebuild_repairs_it(archive, writer, generations, index):
    ids = set(writer.archive_texts("roof"))
    Follower(archive, index).catch_up()
    index.close()
    archive.keyring.destroy_index_key(1)
    with pytest.raises(Corrupt):
        found(index)
    generations.rebuild(actor=ACTOR)
    assert found(index) == ids


def test_an_index_of_another_version_is_rebuilt_when_made_ready(archive, writer, generations, index, monkeypatch):
    ids = set(writer.archive_texts("roof"))
    Follower(archive, index).catch_up()
    index.close()
    monkeypatch.setattr("search.fts_index.VERSION", VERSION.replace("fts/", "fts/9"))
    with pytest.raises(IndexOutdated):
        found(index)
    assert generations.make_ready(actor=ACTOR) == 2
    Follower(archive, index).catch_up()
    assert found(index) == ids


def test_an_index_of_another_analyser_is_searched_until_the_next_is_built(
    archive, writer, generations, index, monkeypatch
):
    ids = set(writer.archive_texts("roof"))
    Follower(archive, index).catch_up()
    index.close()
    monkeypatch.setattr("search.fts_index.VERSION", VERSION + "9")
    assert generations.is_outdated()
    seen: list[set[str]] = []
    generations.rebuild(actor=ACTOR, cause=Cause.VERSION, progress=lambda *_: seen.append(found(index)))
    assert seen
    assert all(one == ids for one in seen)
    assert not generations.is_outdated()
    assert found(index) == ids


def test_a_rebuild_is_an_event(archive, generations, index):
    index.counts()
    generations.rebuild(actor=ACTOR)
    with archive.store.read() as connection:
        kinds = [one.event.kind for one in archive.ledger.events_after(connection, -1)]
    assert kinds[-1] == "index.rebuilt"


def test_key_and_file_of_a_number_that_a_rolled_back_database_forgot_are_in_nobodys_way(archive, generations):
    archive.keyring.create_index_key(1)
    generations.path(1).write_bytes(b"an index under a key that is gone")
    assert generations.current() == 1
    generations.open(1).close()
