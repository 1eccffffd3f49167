"""Full, failing and killed writers of objects in pieces: the object is whole and durable, or it is not there."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from storage.blobs import SealedObject
from storage.errors import Corrupt, StorageFull, TemporarilyUnavailable
from storage.local_blobs import PART_SUFFIX, LocalBlobs, sweep_parts
from tests.faults.test_object_store_faults import Failing, files, synced_paths

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECES = [b"sealed %d " % number + bytes(5_000) for number in range(8)]
WHOLE = SealedObject.of(b"".join(PIECES))


@pytest.fixture
def root(tmp_path):
    (tmp_path / "objects").mkdir()
    return tmp_path / "objects"


@pytest.fixture
def store(root):
    return LocalBlobs(root)


def parts(root):
    return list(root.glob(f"*{PART_SUFFIX}"))


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize(("call", "after"), [("open", 0), ("write", 0), ("write", 5), ("fsync", 0), ("fsync", 1)])
def test_a_full_disk_leaves_nothing_behind_and_the_same_again_works(store, tmp_path, call, after, code):
    with pytest.MonkeyPatch.context() as patched:
        Failing(patched, call, code, after=after)
        with pytest.raises(StorageFull) as caught:
            store.write_pieces(PIECES)
    assert "nothing was taken" in caught.value.message
    assert files(tmp_path) == []
    assert store.write_pieces(PIECES).blob_id == WHOLE.blob_id
    assert len(files(tmp_path)) == 1


@pytest.mark.parametrize(("call", "after"), [("write", 3), ("fsync", 0), ("fsync", 1), ("fsync", 2)])
def test_an_error_of_the_disk_is_not_tried_again_and_makes_the_store_read_only(store, monkeypatch, call, after):
    failing = Failing(monkeypatch, call, errno.EIO, after=after, times=1)
    with pytest.raises(TemporarilyUnavailable, match="disk reports an error"):
        store.write_pieces(PIECES)
    uses = failing.uses
    for again in (lambda: store.write_pieces(PIECES), lambda: store.write([WHOLE])):
        with pytest.raises(TemporarilyUnavailable, match="read-only"):
            again()
    assert failing.uses == uses


def test_an_error_of_the_source_says_nothing_about_the_store(store, tmp_path):
    def failing() -> Iterator[bytes]:
        yield PIECES[0]
        raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(OSError, match="Input/output"):
        store.write_pieces(failing())
    assert files(tmp_path) == []
    assert store.write_pieces(PIECES).size == WHOLE.size


def test_too_many_open_files_pass_and_the_store_goes_on(store):
    with pytest.MonkeyPatch.context() as patched:
        Failing(patched, "open", errno.EMFILE)
        with pytest.raises(TemporarilyUnavailable):
            store.write_pieces(PIECES)
    assert store.write_pieces(PIECES).blob_id == WHOLE.blob_id


def test_a_write_that_stops_half_way_is_finished(store, monkeypatch):
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, view: real(descriptor, view[:999]))
    store.write_pieces(PIECES)
    assert store.read(WHOLE.blob_id) == WHOLE.sealed


def test_the_bytes_are_durable_before_the_name_and_the_name_before_the_answer(store, root, monkeypatch):
    order: list[object] = []
    paths = synced_paths(monkeypatch)
    real = Path.rename
    monkeypatch.setattr(Path, "rename", lambda one, to: (order.append(list(paths)), real(one, to))[1])
    store.write_pieces(PIECES)
    ((before,),) = order
    assert before.suffix == PART_SUFFIX
    assert paths[1:] == [store._path(WHOLE.blob_id).parent, root]


def test_a_large_object_goes_to_the_disk_as_it_comes(store, monkeypatch):
    monkeypatch.setattr("storage.local_blobs._SYNCED_EVERY", 10_000)
    synced = []
    monkeypatch.setattr(os, "fdatasync", synced.append)
    store.write_pieces(PIECES)
    assert len(synced) == 4


def test_an_object_in_pieces_is_readable_by_its_owner_only(store, root):
    seen = []

    def watched() -> Iterator[bytes]:
        for piece in PIECES:
            seen.extend(part.stat().st_mode & 0o777 for part in parts(root))
            yield piece

    store.write_pieces(watched())
    assert set(seen) == {0o600}
    assert store._path(WHOLE.blob_id).stat().st_mode & 0o777 == 0o600


def test_what_a_killed_writer_left_is_swept_and_is_no_object(store, root):
    (root / f"{'0' * 32}{PART_SUFFIX}").write_bytes(PIECES[0])
    store.write_pieces(PIECES)
    assert list(store.ids()) == [WHOLE.blob_id]
    assert sweep_parts(root) == 1
    assert parts(root) == []
    assert sweep_parts(root) == 0
    assert store.read(WHOLE.blob_id) == WHOLE.sealed


def test_what_is_being_written_is_never_swept(store, root):
    swept = []

    def watched() -> Iterator[bytes]:
        for piece in PIECES:
            swept.append(sweep_parts(root))
            yield piece

    store.write_pieces(watched())
    assert set(swept) == {0}
    assert store.read(WHOLE.blob_id) == WHOLE.sealed


def test_a_part_that_was_swept_before_it_was_held_is_begun_again(store, root, monkeypatch):
    real, swept = fcntl.flock, []

    def slow(descriptor: int, how: int) -> None:
        if not swept:
            swept.append(True)
            for part in parts(root):
                part.unlink()
        real(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", slow)
    assert store.write_pieces(PIECES).blob_id == WHOLE.blob_id
    assert store.read(WHOLE.blob_id) == WHOLE.sealed


@pytest.mark.parametrize(("code", "expected"), [(errno.EIO, Corrupt), (errno.EMFILE, TemporarilyUnavailable)])
def test_an_unreadable_sector_is_damage_and_a_lack_of_descriptors_is_not(store, monkeypatch, code, expected):
    store.write([WHOLE])
    with store.open(WHOLE.blob_id) as reader:
        Failing(monkeypatch, "pread", code)
        with pytest.raises(expected):
            reader.read_at(0, 10)
    Failing(monkeypatch, "open", code)
    with pytest.raises(expected):
        store.open(WHOLE.blob_id)


def test_a_read_that_gives_less_than_asked_goes_on(store, monkeypatch):
    store.write([WHOLE])
    real = os.pread
    monkeypatch.setattr(os, "pread", lambda descriptor, length, at: real(descriptor, min(length, 1_000), at))
    with store.open(WHOLE.blob_id) as reader:
        assert reader.read_at(100, 5_000) == WHOLE.sealed[100:5_100]
