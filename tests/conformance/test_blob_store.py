"""What every blob store promises; an implementation joins by one line of `STORES`."""

from __future__ import annotations

import hashlib
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from storage.blobs import SealedObject, StoredObject, pieces_of
from storage.errors import NotFound
from storage.local_blobs import LocalBlobs
from storage.memory_blobs import MemoryBlobs

if TYPE_CHECKING:
    from collections.abc import Iterator


def local(folder):
    (folder / "objects").mkdir()
    return LocalBlobs(folder / "objects")


def local_one_by_one(folder):
    store = local(folder)
    store._syncfs = None  # as where the C library has no syncfs
    return store


STORES = {"local": local, "local, one by one": local_one_by_one, "memory": lambda _: MemoryBlobs()}


@pytest.fixture(params=STORES)
def store(request, tmp_path):
    return STORES[request.param](tmp_path)


def some(count, prefix=b"sealed"):
    return [SealedObject.of(b"%b %d" % (prefix, number)) for number in range(count)]


def test_an_object_is_named_by_the_digest_of_its_sealed_bytes():
    assert SealedObject.of(b"sealed").blob_id == hashlib.sha256(b"sealed").hexdigest()


@pytest.mark.parametrize("count", [0, 1, 3, 4, 100])
def test_what_was_written_is_read_again(store, count):
    batch = some(count)
    store.write(batch)
    assert [store.read(one.blob_id) for one in batch] == [one.sealed for one in batch]
    assert all(store.contains(one.blob_id) for one in batch)
    assert sorted(store.ids()) == sorted(one.blob_id for one in batch)


@pytest.mark.parametrize("size", [0, 1, 65_536, 3_000_000])
def test_objects_of_every_size_come_back(store, size):
    one = SealedObject.of(bytes(size))
    store.write([one])
    assert store.read(one.blob_id) == one.sealed


@pytest.mark.parametrize("count", [1, 5])
def test_writing_again_is_harmless(store, count):
    batch = some(count)
    store.write(batch)
    store.write(batch)
    store.write([*batch, *batch])
    assert sorted(store.ids()) == sorted(one.blob_id for one in batch)
    assert [store.read(one.blob_id) for one in batch] == [one.sealed for one in batch]


def test_what_is_not_there_is_not_found(store):
    missing = SealedObject.of(b"never written")
    assert not store.contains(missing.blob_id)
    with pytest.raises(NotFound) as caught:
        store.read(missing.blob_id)
    assert caught.value.fields == {"object": missing.blob_id}


def test_a_deleted_object_is_gone_and_the_others_stay(store):
    kept, gone = some(2)
    store.write([kept, gone])
    store.delete(gone.blob_id)
    assert not store.contains(gone.blob_id)
    assert list(store.ids()) == [kept.blob_id]
    with pytest.raises(NotFound):
        store.read(gone.blob_id)


def test_deleting_what_is_not_there_is_harmless(store):
    one = SealedObject.of(b"one")
    store.delete(one.blob_id)
    store.write([one])
    store.delete(one.blob_id)
    store.delete(one.blob_id)
    assert list(store.ids()) == []


def test_a_deleted_object_can_be_written_again(store):
    one = SealedObject.of(b"one")
    store.write([one])
    store.delete(one.blob_id)
    store.write([one])
    assert store.read(one.blob_id) == one.sealed


def test_an_empty_store_has_no_ids(store):
    assert list(store.ids()) == []


def test_many_threads_may_write_and_read_at_once(store):
    start = threading.Barrier(8)

    def work(name: int) -> list[SealedObject]:
        start.wait()
        batches = [some(1 + number % 5, b"%d/%d" % (name, number)) for number in range(10)]
        for batch in batches:
            store.write(batch)
            assert store.read(batch[0].blob_id) == batch[0].sealed
        return [one for batch in batches for one in batch]

    with ThreadPoolExecutor(8) as pool:
        written = [one for batch in pool.map(work, range(8)) for one in batch]
    assert sorted(store.ids()) == sorted(one.blob_id for one in written)


def test_many_threads_may_write_the_same_object_at_once(store):
    start = threading.Barrier(8)
    one = SealedObject.of(b"x" * 100_000)

    def work(_: int) -> bytes:
        start.wait()
        store.write([one])
        return store.read(one.blob_id)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert store.read(one.blob_id) == one.sealed


def cut(sealed, step=70_000):
    return (sealed[at : at + step] for at in range(0, len(sealed), step))


@pytest.mark.parametrize("size", [0, 1, 70_000, 3_000_000])
def test_an_object_in_pieces_gets_the_name_and_size_of_its_whole(store, size):
    one = SealedObject.of(bytes(size))
    assert store.write_pieces(cut(one.sealed)) == StoredObject(one.blob_id, size)
    assert store.read(one.blob_id) == one.sealed
    assert store.contains(one.blob_id)
    assert list(store.ids()) == [one.blob_id]


def test_an_object_in_pieces_may_be_there_already(store):
    (one,) = some(1)
    store.write([one])
    store.write_pieces(cut(one.sealed, 2))
    store.write_pieces(cut(one.sealed, 3))
    assert list(store.ids()) == [one.blob_id]
    assert store.read(one.blob_id) == one.sealed


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), KeyboardInterrupt(), ValueError("odd")])
def test_a_source_that_fails_midway_leaves_nothing_and_its_error_is_its_own(store, error):
    def failing() -> Iterator[bytes]:
        yield b"one piece"
        assert list(store.ids()) == []
        raise error

    with pytest.raises(type(error)) as caught:
        store.write_pieces(failing())
    assert caught.value is error
    assert list(store.ids()) == []
    store.write(some(1))
    assert len(list(store.ids())) == 1


def test_an_object_is_no_object_before_its_last_piece(store):
    seen = []

    def watched() -> Iterator[bytes]:
        yield b"one"
        seen.extend(store.ids())
        yield b"two"

    store.write_pieces(watched())
    assert seen == []
    assert list(store.ids()) == [SealedObject.of(b"onetwo").blob_id]


@pytest.mark.parametrize("size", [0, 1, 1_000_000])
def test_an_object_is_read_in_parts(store, size):
    one = SealedObject.of(random.Random(size).randbytes(size))
    store.write([one])
    with store.open(one.blob_id) as reader:
        assert reader.size == size
        assert b"".join(pieces_of(reader, 300_000)) == one.sealed
        for offset, length in ((0, 1), (size // 2, 1_000), (size - 1 if size else 0, 10), (size, 1), (size + 9, 1)):
            assert reader.read_at(offset, length) == one.sealed[offset : offset + length]


def test_what_is_not_there_is_not_found_for_reading_in_parts(store):
    missing = SealedObject.of(b"never written")
    with pytest.raises(NotFound) as caught:
        store.open(missing.blob_id)
    assert caught.value.fields == {"object": missing.blob_id}


def test_an_object_that_is_being_read_may_be_deleted(store):
    (one,) = some(1)
    store.write([one])
    with store.open(one.blob_id) as reader:
        store.delete(one.blob_id)
        assert reader.read_at(0, 100) == one.sealed


def test_many_threads_may_write_in_pieces_at_once(store):
    start = threading.Barrier(8)

    def work(name: int) -> str:
        start.wait()
        return store.write_pieces(cut(b"%d" % name * 100_000, 9_999)).blob_id

    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(work, range(8)))
    assert sorted(store.ids()) == sorted(names)
    assert [store.read(name)[:1] for name in names] == [b"%d" % name for name in range(8)]


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "", "0" * 63, "0" * 65, "A" * 64, "0" * 63 + "/", "0" * 64 + "\n"]
)
def test_a_name_that_is_no_digest_reaches_no_file(tmp_path, name):
    store = local(tmp_path)
    with pytest.raises(NotFound):
        store.read(name)
    with pytest.raises(NotFound):
        store.open(name)
