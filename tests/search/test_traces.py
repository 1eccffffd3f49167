"""What the index keeps of a record is taken out, made unrecoverable, and testified to be gone."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from search import fts_export
from search.current_index import CurrentIndex
from search.follower import Follower
from search.fts_index import open_fts_index
from search.generation_rows import State
from search.index_set import Indexes
from search.traces import IndexTraces
from storage.errors import Corrupt, NotFound, StorageFull
from tests.search.building import parse

ACTOR = "operator:test"


@pytest.fixture
def indexes(archive, writer):
    opened = Indexes(archive)
    yield opened
    opened.close()


@pytest.fixture
def generations(indexes):
    return indexes.generations()


@pytest.fixture
def index(indexes):
    return indexes.index()


@pytest.fixture
def traces(indexes):
    return IndexTraces(indexes)


@pytest.fixture
def ids(archive, writer, index):
    made = writer.archive_texts("roof one", "roof two", "roof three")
    Follower(archive, index).catch_up()
    return made


def found(index) -> set[str]:
    return set(index.ids(parse("roof")))


def test_a_forgotten_record_is_not_found_and_the_position_stays(traces, index, ids):
    before = index.position()
    traces.forget(ids[:1])
    assert found(index) == set(ids[1:])
    assert index.position() == before


def test_what_is_forgotten_already_and_what_is_unknown_is_harmless(traces, index, ids):
    for _ in range(2):
        traces.forget([ids[0], "rec_unknown"])
        traces.erase([ids[0], "rec_unknown"], actor=ACTOR)
    assert found(index) == set(ids[1:])


def test_an_erased_index_is_a_new_generation_of_the_same_position(archive, traces, generations, index, ids):
    old, before = generations.current(), index.position()
    traces.erase(ids[:1], actor=ACTOR)
    assert generations.current() == old + 1
    assert index.position() == before
    assert found(index) == set(ids[1:])
    with pytest.raises(NotFound):
        archive.keyring.index_key(old)
    assert generations.only_present_left()


def test_the_old_generation_cannot_be_opened_with_the_new_key(archive, traces, generations, index, ids, tmp_path):
    index.close()
    copy = tmp_path / "copy.db"
    copy.write_bytes(generations.path(generations.current()).read_bytes())
    traces.erase(ids[:1], actor=ACTOR)
    with pytest.raises(Corrupt):
        open_fts_index(copy, archive.keyring.index_key(generations.current()))


def test_a_renewed_index_goes_on_being_followed(archive, writer, traces, index, ids):
    traces.erase(ids[:1], actor=ACTOR)
    more = writer.archive_texts("roof four")
    Follower(archive, index).catch_up()
    assert found(index) == {*ids[1:], *more}


def test_absence_is_testified_for_each_record(traces, ids):
    traces.erase(ids[:1], actor=ACTOR)
    answers = traces.confirm(ids[:2])
    assert [(one.owner, one.record_id, one.absent) for one in answers] == [
        ("index", ids[0], True),
        ("index", ids[1], False),
    ]


def test_absence_is_not_testified_while_an_older_key_is_left(archive, traces, generations, ids):
    traces.erase(ids[:1], actor=ACTOR)
    key = archive.folder / "keys" / "index" / "1"
    key.write_bytes(b"left")
    (answer,) = traces.confirm(ids[:1])
    assert not answer.absent
    assert "older generation" in answer.detail


def test_a_half_written_key_of_a_killed_build_does_not_stand_in_the_way(archive, traces, generations, ids, monkeypatch):
    traces.erase(ids[:1], actor=ACTOR)

    def killed(number: int) -> bytes:
        (archive.folder / "keys" / "index" / f"{number}.new").write_bytes(b"half a key")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(archive.keyring, "create_index_key", killed)
        with pytest.raises(KeyboardInterrupt):
            generations.rebuild(actor=ACTOR)
    left = archive.folder / "keys" / "index" / f"{generations.current() + 1}.new"
    assert left.exists()
    assert generations.only_present_left()
    assert traces.confirm(ids[:1])[0].absent
    generations.rebuild(actor=ACTOR)
    assert not left.exists()
    assert generations.only_present_left()


def test_without_space_the_old_generation_stays(traces, generations, index, ids, monkeypatch):
    old = generations.current()
    monkeypatch.setattr(fts_export.shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    with pytest.raises(StorageFull, match="free bytes"):
        traces.erase(ids[:1], actor=ACTOR)
    assert generations.current() == old
    assert found(index) == set(ids)


def test_what_a_failed_renewal_left_is_swept_by_the_next(traces, generations, index, ids, monkeypatch):
    monkeypatch.setattr(fts_export.shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    with pytest.raises(StorageFull):
        traces.erase(ids[:1], actor=ACTOR)
    monkeypatch.undo()
    traces.erase(ids[:1], actor=ACTOR)
    assert generations.only_present_left()
    assert found(index) == set(ids[1:])


def test_every_engine_is_renewed_and_testifies(archive, writer):
    indexes = Indexes(archive, engines=("fts", "whoosh"))
    made = writer.archive_texts("roof one", "roof two")
    for engine in indexes.engines:
        indexes.follower(engine).catch_up()
    old = {one.name for one in (archive.folder / "index").glob("gen-*")}
    assert {name.rpartition(".")[2].removesuffix("-wal").removesuffix("-shm") for name in old} == {"db", "whoosh"}
    traces = IndexTraces(indexes)
    assert not traces.confirm(made[:1])[0].absent
    traces.forget(made[:1])
    for engine in indexes.engines:
        assert found(indexes.index(engine)) == set(made[1:])
    traces.erase(made[:1], actor=ACTOR)
    assert [one.absent for one in traces.confirm(made)] == [True, False]
    for engine in indexes.engines:
        assert found(indexes.index(engine)) == set(made[1:])
    assert not old & {one.name for one in (archive.folder / "index").glob("gen-*")}
    assert indexes.generations().only_present_left()
    indexes.close()


def test_the_words_of_a_destroyed_record_are_not_in_what_is_being_built_either(archive, writer, traces, indexes, ids):
    generations = indexes.generations()
    generations.rebuild(actor=ACTOR, stopping=lambda: True)
    built = CurrentIndex(generations, State.BUILDING)
    generations.follower_of(built).catch_up()
    assert not traces.confirm(ids[:1])[0].absent
    traces.forget(ids[:1])
    traces.erase(ids[:1], actor=ACTOR)
    assert found(built) == set(ids[1:])
    assert traces.confirm(ids[:1])[0].absent
    built.close()
    generations.rebuild(actor=ACTOR)
    assert found(indexes.index()) == set(ids[1:])
