"""A Whoosh index written anew without some records: nothing of them is left in any byte."""

from __future__ import annotations

import tempfile
from types import SimpleNamespace

import pytest
from whoosh.writing import PostingPool

from search import whoosh_engine, whoosh_index, whoosh_segments
from search.engines import engine_named
from search.index import IndexOutdated
from search.sealed_files import SealedFiles
from search.whoosh_head import HeadFile
from search.whoosh_index import open_whoosh_index
from storage.errors import Corrupt, StorageFull
from tests.search.building import document
from tests.search.whoosh_building import KEY, NEXT_KEY, PLANTED, fill, found, looking, plain, segments, traces

ENGINE = engine_named("whoosh")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "gen-1.whoosh"


@pytest.fixture
def index(path):
    made = open_whoosh_index(path, KEY, create=True)
    yield made
    made.close()


def test_words_of_removed_records_stay_until_the_index_is_renewed(index, path, tmp_path):
    fill(index, 20)
    index.remove(["rec_000004"], 21)
    assert found(index, "word4x") == []
    assert b"word4x" in plain(path, KEY)
    ENGINE.renew(path, KEY, tmp_path / "gen-2.whoosh", NEXT_KEY, ["rec_000004"])
    assert b"word4x" not in plain(tmp_path / "gen-2.whoosh", NEXT_KEY)


@pytest.mark.parametrize("gone", [1, 6, 30, 60])
def test_no_file_of_a_renewed_index_holds_anything_of_those_left_out(index, path, tmp_path, gone):
    fill(index, 60)
    left_out = [f"rec_{number:06}" for number in range(1, 61) if number % (60 // gone) == 0]
    target = tmp_path / "gen-2.whoosh"
    ENGINE.renew(path, KEY, target, NEXT_KEY, left_out)
    said = plain(target, NEXT_KEY)
    renewed = open_whoosh_index(target, NEXT_KEY)
    assert sorted(found(renewed, "roof")) == [
        one for one in (f"rec_{number:06}" for number in range(1, 61)) if one not in left_out
    ]
    for number in range(1, 61):
        traces = {
            f"word{number}x".encode() in said,
            f"rec_{number:06}".encode() in said,
            f"sub_{number:06}".encode() in said,
        }
        assert traces == {f"rec_{number:06}" not in left_out}
    assert renewed.position() == index.position()
    assert len(found(index, "roof")) == 60
    renewed.check(thorough=True)
    renewed.close()


def test_a_copy_of_the_old_index_opens_with_its_own_key_only(index, path, tmp_path):
    fill(index, 10)
    ENGINE.renew(path, KEY, tmp_path / "gen-2.whoosh", NEXT_KEY, ["rec_000001"])
    with pytest.raises(Corrupt):
        open_whoosh_index(path, NEXT_KEY)
    for name in (one.name for one in path.iterdir() if one.name != "write.lock"):
        with pytest.raises(Corrupt):
            SealedFiles(path, NEXT_KEY).open_file(name)


def test_a_renewed_index_goes_on_being_written(index, path, tmp_path):
    fill(index, 20)
    ENGINE.renew(path, KEY, tmp_path / "gen-2.whoosh", NEXT_KEY, ["rec_000001"])
    renewed = ENGINE.open(tmp_path / "gen-2.whoosh", NEXT_KEY)
    fill(renewed, 80, batch=1, start=21)
    assert len(found(renewed, "roof")) == 99
    renewed.check(thorough=True)
    renewed.close()


def test_a_renewal_says_of_its_version_what_the_source_says(index, path, tmp_path, monkeypatch):
    fill(index, 10)
    with monkeypatch.context() as patched:
        patched.setattr(whoosh_index, "VERSION", whoosh_index.VERSION + "+")
        ENGINE.renew(path, KEY, tmp_path / "gen-2.whoosh", NEXT_KEY, [])
        with pytest.raises(IndexOutdated):
            ENGINE.open(tmp_path / "gen-2.whoosh", NEXT_KEY)
    assert len(found(ENGINE.open(tmp_path / "gen-2.whoosh", NEXT_KEY), "roof")) == 10


def test_a_renewal_without_space_or_of_a_damaged_source_leaves_nothing(index, path, tmp_path, monkeypatch):
    fill(index, 10)
    target = tmp_path / "gen-2.whoosh"
    with monkeypatch.context() as patched:
        patched.setattr(whoosh_engine.shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
        with pytest.raises(StorageFull, match="free bytes"):
            ENGINE.renew(path, KEY, target, NEXT_KEY, ["rec_000001"])
    next(path.glob("*.pst")).unlink()
    with pytest.raises(Corrupt):
        ENGINE.renew(path, KEY, target, NEXT_KEY, ["rec_000001"])
    assert not target.exists()


def test_nothing_plain_is_written_while_an_index_is_added_to_joined_and_renewed(index, path, tmp_path, monkeypatch):
    seen, looks = set(), []
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(whoosh_segments, "_SPILL_MEGABYTES", 0.001)
    monkeypatch.setattr(PostingPool, "save", looking(PostingPool.save, seen, tmp_path, looks))
    monkeypatch.setattr(HeadFile, "replace", looking(HeadFile.replace, seen, tmp_path, looks))
    monkeypatch.setattr(SealedFiles, "put", looking(SealedFiles.put, seen, tmp_path, looks))
    for number in range(9):
        index.add([document(number, text=f"{PLANTED} {PLANTED}{number}x")], number)
    assert len(segments(index)) == 2
    ENGINE.renew(path, KEY, tmp_path / "gen-2.whoosh", NEXT_KEY, ["rec_000002"])
    assert len(found(open_whoosh_index(tmp_path / "gen-2.whoosh", NEXT_KEY), PLANTED)) == 8
    assert set(looks) == {"save", "replace", "put"}
    assert seen | traces(tmp_path) == set()
