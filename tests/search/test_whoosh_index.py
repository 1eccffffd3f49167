"""The second engine: damage, what failed writers leave, joined segments, and the bounds of its work."""

from __future__ import annotations

import errno
import gc
import os
import shutil
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from search import sealed_access, whoosh_index, whoosh_match, whoosh_segments
from search.analysis import words
from search.index import IndexOutdated, Order
from search.queries import Field, Like, Likeness
from search.stopping import SearchStopped, Stop
from search.whoosh_head import HEAD, HeadFile
from search.whoosh_index import open_whoosh_index
from search.whoosh_match import Work
from storage.errors import ArchiveError, Corrupt, InvalidInput, StorageFull, TemporarilyUnavailable
from tests.search.building import document, parse
from tests.search.whoosh_building import KEY, NEXT_KEY, fill, found, segments


@pytest.fixture
def path(tmp_path):
    return tmp_path / "gen-1.whoosh"


@pytest.fixture
def index(path):
    made = open_whoosh_index(path, KEY, create=True)
    yield made
    made.close()


def test_an_index_that_is_not_there_or_under_another_key_is_damage(index, path, tmp_path):
    with pytest.raises(Corrupt, match="missing"):
        open_whoosh_index(tmp_path / "gen-2.whoosh", KEY)
    with pytest.raises(Corrupt, match="key"):
        open_whoosh_index(path, NEXT_KEY)
    with pytest.raises(Corrupt, match="exists"):
        open_whoosh_index(path, KEY, create=True)


def test_an_index_of_another_version_has_to_be_built_again(index, path, monkeypatch):
    monkeypatch.setattr(whoosh_index, "VERSION", f"whoosh/{whoosh_index.ENGINE_VERSION} projection/99 analyser/99")
    with pytest.raises(IndexOutdated):
        open_whoosh_index(path, KEY)
    assert found(open_whoosh_index(path, KEY, older=True), "roof") == []
    monkeypatch.setattr(whoosh_index, "VERSION", "whoosh/99 projection/99 analyser/99")
    with pytest.raises(IndexOutdated):
        open_whoosh_index(path, KEY, older=True)


def test_a_file_that_is_missing_is_damage_and_not_no_hits(index, path, tmp_path):
    fill(index, 20)
    names = sorted(one.name for one in path.iterdir() if one.name not in {HEAD, "write.lock"})
    assert len(names) > 6
    for name in names:
        copy = tmp_path / "copy.whoosh"
        shutil.copytree(path, copy)
        (copy / name).unlink()
        damaged = open_whoosh_index(copy, KEY)
        for thorough in (False, True):
            with pytest.raises(Corrupt):
                damaged.check(thorough=thorough)
        if not name.endswith("_stored.col"):  # which only a joining of segments reads
            with pytest.raises(Corrupt):
                damaged.search(parse("roof wor*4x"), limit=10)
        damaged.close()
        shutil.rmtree(copy)


def test_a_changed_byte_is_damage_or_makes_no_difference_and_a_thorough_look_finds_it(index, path, tmp_path):
    fill(index, 30)
    expected = found(index, "roof")
    for name in sorted(one.name for one in path.iterdir() if one.name != "write.lock"):
        size = (path / name).stat().st_size
        for place in (0, 8, size // 3, size // 2, size - 1):
            copy = tmp_path / "copy.whoosh"
            shutil.copytree(path, copy)
            content = bytearray((copy / name).read_bytes())
            content[place] ^= 0x55
            (copy / name).write_bytes(content)
            with suppress(Corrupt):
                assert found(open_whoosh_index(copy, KEY), "roof") == expected
            with pytest.raises(Corrupt):
                open_whoosh_index(copy, KEY).check(thorough=True)
            shutil.rmtree(copy)


def test_two_files_of_an_index_that_changed_places_are_damage(index, path):
    fill(index, 20)
    first, second = sorted(path.glob("*.pst"))
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)
    with pytest.raises(Corrupt):
        found(open_whoosh_index(path, KEY), "roof")


def test_what_was_written_before_a_crash_but_not_named_is_swept_by_the_next_writer(index, path, monkeypatch):
    fill(index, 10)
    before = {one.name for one in path.iterdir()}

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(HeadFile, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            index.add([document(99, text="roof")], 99)
    assert {one.name for one in path.iterdir()} > before
    (path / "scratch-left").mkdir()
    (path / "scratch-left" / "a.run").write_bytes(b"sealed")
    fresh = open_whoosh_index(path, KEY)
    assert (fresh.position(), len(found(fresh, "roof"))) == (10, 10)
    fresh.add([], 11)
    assert {one.name for one in path.iterdir()} == before


def test_a_writer_that_fails_midway_leaves_the_old_state_and_nothing_spilt(index, path, monkeypatch):
    fill(index, 10)

    def full(*_: object) -> None:
        raise StorageFull("the disk is full; free some space")

    with monkeypatch.context() as patched:
        patched.setattr(whoosh_segments, "row_of", full)
        with pytest.raises(StorageFull):
            index.add([document(99, text="roof")], 99)
    assert not list(path.glob("scratch-*"))
    assert len(found(index, "roof")) == 10
    fill(index, 10, start=11)
    assert len(found(index, "roof")) == 20
    index.check(thorough=True)


def test_many_small_additions_are_joined_into_few_segments_and_stay_exact(index):
    fill(index, 70, batch=1)
    assert len(segments(index)) < 16
    assert len(found(index, "roof")) == 70
    for number in (1, 8, 35, 64, 70):
        assert found(index, f"word{number}x") == [f"rec_{number:06}"]
        assert found(index, f'"roof word{number}x leaks"') == [f"rec_{number:06}"]


def test_a_search_that_began_before_segments_were_joined_sees_the_state_it_began_with(index):
    fill(index, 7, batch=1)
    with index._reading() as view:
        fill(index, 30, batch=1, start=8)
        query = parse("roof")
        seen = view.page(view.find(query, None, Work()), query, Order.DATE, 0, None)
        assert sorted(seen) == [f"rec_{number:06}" for number in range(1, 8)]
    assert len(found(index, "roof")) == 37


def test_a_look_that_segments_were_joined_under_looks_again(index, monkeypatch):
    fill(index, 7, batch=1)
    looked = []
    read_through = whoosh_segments.OpenSegment.read_through

    def joined_meanwhile(segment: whoosh_segments.OpenSegment) -> int:
        looked.append(segment.segment.name)
        if len(looked) == 1:
            fill(index, 2, batch=1, start=8)
        return read_through(segment)

    monkeypatch.setattr(whoosh_segments.OpenSegment, "read_through", joined_meanwhile)
    index.check(thorough=True)
    assert set(looked) >= {one.name for one in segments(index)}


def test_another_opening_of_the_index_sees_what_was_written_since(index, path):
    other = open_whoosh_index(path, KEY)
    assert found(other, "roof") == []
    fill(index, 10)
    assert len(found(other, "roof")) == 10
    index.remove(["rec_000003"], 11)
    assert len(found(other, "roof")) == 9
    assert other.position() == 11
    other.close()


def test_writers_beside_each_other_lose_nothing(index, path):
    others = [index, open_whoosh_index(path, KEY), open_whoosh_index(path, KEY)]
    writers = [
        threading.Thread(target=fill, args=(one, 12), kwargs={"batch": 2, "start": 1 + 12 * place})
        for place, one in enumerate(others)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(found(index, "roof")) == 36
    index.check(thorough=True)
    for other in others[1:]:
        other.close()


def test_a_search_that_asks_too_much_is_refused_and_never_cut(index, monkeypatch):
    fill(index, 60)
    monkeypatch.setattr(whoosh_match.Work, "__init__", _stingy)
    with pytest.raises(InvalidInput, match="engine whoosh"):
        index.search(parse("roof"), limit=10)
    with pytest.raises(InvalidInput, match="engine whoosh"):
        index.expand(Like(Field.ANY, Likeness.GLOB, "*4*"), 10)


def _stingy(work: Work, stop: Stop | None = None, most: int = 50) -> None:
    work._stop, work._left = stop, most


def test_a_search_that_was_asked_to_end_says_so(index):
    fill(index, 10)
    stop = Stop()
    stop.ask()
    with pytest.raises(SearchStopped):
        index.search(parse("roof"), limit=10, stop=stop)
    with pytest.raises(SearchStopped):
        index.ids(parse("w*x"), stop=stop)


def test_a_closed_index_asks_to_search_again(index):
    index.close()
    index.close()
    for act in (lambda: found(index, "roof"), index.counts, index.position, lambda: index.add([], 1)):
        with pytest.raises(TemporarilyUnavailable, match="closed"):
            act()


def test_refusals_never_repeat_words(index, path):
    fill(index, 10)
    said = []
    for name in sorted(one.name for one in path.iterdir()):
        content = (path / name).read_bytes()
        (path / name).write_bytes(content[:-1])
        try:
            found(open_whoosh_index(path, KEY), "word4x")
        except ArchiveError as error:
            said += words(error.message)
        (path / name).write_bytes(content)
    assert said
    assert not {"word4x", "roof", "leaks"} & set(said)


def test_a_full_disk_in_the_middle_of_a_segment_leaves_no_file_open(index, path, monkeypatch):
    fill(index, 10)
    before = len(list(Path("/proc/self/fd").iterdir()))
    real, calls = os.write, []

    def filling(descriptor: int, content: bytes) -> int:
        calls.append(descriptor)
        if len(calls) > 5:
            raise OSError(errno.ENOSPC, "full")
        return real(descriptor, content)

    with monkeypatch.context() as patched:
        patched.setattr(sealed_access.os, "write", filling)
        with pytest.raises(StorageFull):
            fill(index, 10, start=11)
    gc.collect()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert len(found(index, "roof")) == 10
    fill(index, 10, start=11)
    assert len(found(index, "roof")) == 20
