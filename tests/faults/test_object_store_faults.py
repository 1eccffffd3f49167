"""Full and failing disks under the object store: nothing half-done, nothing acknowledged that is not durable."""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path

import pytest

from storage import local_blobs
from storage.blobs import SealedObject
from storage.errors import Corrupt, StorageFull, TemporarilyUnavailable
from storage.local_blobs import LocalBlobs

FEW, MANY = 2, 20


@pytest.fixture
def store(tmp_path):
    (tmp_path / "objects").mkdir()
    return LocalBlobs(tmp_path / "objects")


def batch(count, prefix=b"sealed"):
    return [SealedObject.of(b"%b %d " % (prefix, number) + bytes(5_000)) for number in range(count)]


def files(tmp_path):
    return [path for path in (tmp_path / "objects").rglob("*") if path.is_file()]


class Failing:
    """A system call that fails from its `after`-th use on, `times` times, and counts its uses."""

    def __init__(self, monkeypatch, name, code, *, after=0, times=10**9) -> None:
        self._real = getattr(os, name)
        self._code, self._after, self._times = code, after, times
        self.uses = 0
        monkeypatch.setattr(os, name, self)

    def __call__(self, *arguments: object) -> object:
        self.uses += 1
        if self._after < self.uses <= self._after + self._times:
            raise OSError(self._code, os.strerror(self._code))
        return self._real(*arguments)


def failing_syncfs(code, calls):
    def syncfs(descriptor: int) -> int:
        calls.append(descriptor)
        ctypes.set_errno(code)
        return -1

    return syncfs


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize(("count", "after"), [(FEW, 0), (FEW, 1), (MANY, 0), (MANY, 7), (MANY, 19)])
def test_a_full_disk_leaves_nothing_behind_and_the_same_again_works(store, tmp_path, count, after, code):
    objects = batch(count)
    with pytest.MonkeyPatch.context() as patched:
        Failing(patched, "write", code, after=after)
        with pytest.raises(StorageFull) as caught:
            store.write(objects)
    assert "nothing was taken" in caught.value.message
    assert files(tmp_path) == []
    store.write(objects)
    assert len(files(tmp_path)) == count


def test_a_write_that_stops_half_way_is_finished(store, monkeypatch):
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, view: real(descriptor, view[:1_000]))
    objects = batch(FEW)
    store.write(objects)
    assert [store.read(one.blob_id) for one in objects] == [one.sealed for one in objects]


@pytest.mark.parametrize("count", [FEW, MANY])
def test_a_disk_that_fills_while_it_is_synced_leaves_nothing_behind(store, tmp_path, monkeypatch, count):
    Failing(monkeypatch, "fsync", errno.ENOSPC)
    store._syncfs = failing_syncfs(errno.ENOSPC, [])
    with pytest.raises(StorageFull):
        store.write(batch(count))
    assert files(tmp_path) == []


@pytest.mark.parametrize("count", [FEW, MANY])
def test_a_full_disk_never_takes_back_what_was_there_before(store, tmp_path, count):
    earlier = batch(FEW)
    store.write(earlier)
    with pytest.MonkeyPatch.context() as patched:
        Failing(patched, "write", errno.ENOSPC)
        with pytest.raises(StorageFull):
            store.write([*earlier, *batch(count, b"new")])
    assert [store.read(one.blob_id) for one in earlier] == [one.sealed for one in earlier]
    assert len(files(tmp_path)) == FEW


def test_an_object_that_is_there_is_not_opened_for_truncation(store, monkeypatch):
    (one,) = batch(1)
    store.write([one])
    Failing(monkeypatch, "write", errno.EIO)
    store.write([one])
    assert store.read(one.blob_id) == one.sealed


def test_an_object_that_a_killed_writer_began_is_finished(store):
    (one,) = batch(1)
    path = store._path(one.blob_id)
    path.parent.mkdir(parents=True)
    path.write_bytes(one.sealed[:100])
    store.write([one])
    assert store.read(one.blob_id) == one.sealed


@pytest.mark.parametrize("count", [FEW, MANY])
def test_a_failed_sync_is_not_tried_again_and_makes_the_store_read_only(store, monkeypatch, count):
    earlier = batch(FEW, b"earlier")
    store.write(earlier)
    calls: list[int] = []
    fsync = Failing(monkeypatch, "fsync", errno.EIO, times=1)
    store._syncfs = failing_syncfs(errno.EIO, calls)
    with pytest.raises(TemporarilyUnavailable) as caught:
        store.write(batch(count))
    assert not isinstance(caught.value, StorageFull)
    tried = fsync.uses + len(calls)
    assert tried == 1
    for again in (FEW, MANY):
        with pytest.raises(TemporarilyUnavailable, match="read-only"):
            store.write(batch(again, b"later"))
    assert fsync.uses + len(calls) == tried
    assert [store.read(one.blob_id) for one in earlier] == [one.sealed for one in earlier]


def test_a_failed_sync_of_the_folder_is_a_failed_write(store, monkeypatch):
    Failing(monkeypatch, "fsync", errno.EIO, after=1)
    with pytest.raises(TemporarilyUnavailable, match="disk reports an error"):
        store.write(batch(1))


def test_too_many_open_files_pass_and_the_store_goes_on(store, tmp_path):
    objects = batch(MANY)
    with pytest.MonkeyPatch.context() as patched:
        Failing(patched, "open", errno.EMFILE, after=5)
        with pytest.raises(TemporarilyUnavailable):
            store.write(objects)
    assert files(tmp_path) == []
    store.write(objects)
    assert len(files(tmp_path)) == MANY


def synced_paths(monkeypatch):
    paths: list[Path] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        paths.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    return paths


def test_an_object_written_alone_is_synced_and_so_is_every_folder_that_names_it(store, tmp_path, monkeypatch):
    paths = synced_paths(monkeypatch)
    (one,) = batch(1)
    store.write([one])
    path = store._path(one.blob_id)
    assert paths[0] == path
    assert set(paths[1:]) == {parent for parent in path.parents if parent.is_relative_to(tmp_path / "objects")}


def test_a_folder_that_another_writer_made_is_not_taken_for_durable(store, tmp_path, monkeypatch):
    (one,) = batch(1)
    store._path(one.blob_id).parent.mkdir(parents=True)
    paths = synced_paths(monkeypatch)
    store.write([one])
    assert tmp_path / "objects" in paths


def test_a_folder_known_to_be_durable_is_not_synced_into_its_parent_again(store, tmp_path, monkeypatch):
    first = batch(1)[0]
    second = next(
        one
        for one in batch(5_000, b"other")
        if one.blob_id[:4] != first.blob_id[:4] and one.blob_id[:2] == first.blob_id[:2]
    )
    store.write([first])
    paths = synced_paths(monkeypatch)
    store.write([second])
    assert tmp_path / "objects" not in paths
    assert store._path(second.blob_id).parent in paths


def test_a_batch_is_made_durable_by_one_call_after_all_is_written(store, tmp_path):
    seen = []
    real = store._syncfs

    def syncfs(descriptor: int) -> int:
        seen.append(len(files(tmp_path)))
        return real(descriptor)

    store._syncfs = syncfs
    store.write(batch(MANY))
    assert seen == [MANY]


def test_a_deletion_is_made_durable(store, monkeypatch):
    (one,) = batch(1)
    store.write([one])
    paths = synced_paths(monkeypatch)
    store.delete(one.blob_id)
    assert paths == [store._path(one.blob_id).parent]


def test_an_unreadable_sector_is_damage_and_a_lack_of_descriptors_is_not(store):
    (one,) = batch(1)
    store.write([one])
    for code, expected in ((errno.EIO, Corrupt), (errno.EMFILE, TemporarilyUnavailable)):
        with pytest.MonkeyPatch.context() as patched:

            def refuse(*_: object, _code: int = code, **__: object) -> None:
                raise OSError(_code, os.strerror(_code))

            patched.setattr(local_blobs, "open", refuse, raising=False)
            with pytest.raises(expected):
                store.read(one.blob_id)


def test_objects_are_readable_by_their_owner_only(store, tmp_path):
    store.write(batch(FEW))
    assert {path.stat().st_mode & 0o777 for path in files(tmp_path)} == {0o600}
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "objects").iterdir()} == {0}
