"""The ledger's folder alone is a complete copy of the log, and whatever is changed in it is found."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, update

from storage.checkpoints import Checkpoint, verify
from storage.errors import Conflict, Corrupt, StorageFull
from storage.events import Event, EventKind
from storage.ledger import Ledger
from storage.merkle import Frontier, leaf_hash
from storage.tables import ledger_leaves, ledger_nodes
from storage.tile_reading import TileReader, decode_entries, encode_entries, tile_name
from storage.tiles import Tiles, check_tiles, read_leaves
from tests.storage.archives import ACTOR, NOON, flip


class Rows:
    """A log in memory."""

    def __init__(self, count, grain=b"leaf") -> None:
        self.all = [b"%s %d" % (grain, number) for number in range(count)]

    def leaves(self, first, size):
        return self.all[first:size]

    def hashes(self, level, first, size):
        width = 1 << level
        return [
            Frontier().append([leaf_hash(leaf) for leaf in self.all[at * width : (at + 1) * width]])[0].root()
            for at in range(first, size)
        ]

    def checkpoint(self, size=None):
        leaves = self.all[: len(self.all) if size is None else size]
        root = Frontier().append([leaf_hash(leaf) for leaf in leaves])[0].root()
        return Checkpoint(origin="test/log", size=len(leaves), root=root)

    def publish(self, folder, old, size, **options: Any):
        return Tiles(folder).publish(self, old, size, self.checkpoint(size).root, **options)


def files_of(folder):
    return sorted(one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file())


def grow(archive, count):
    with archive.store.write() as transaction:
        for number in range(count):
            transaction.append(EventKind.RECORD_VIEWED, actor=ACTOR, subjects=(f"rec_{number}",))


def tampered(archive, statement):
    with archive.store.write() as transaction:
        transaction.connection.execute(statement)


@pytest.mark.parametrize(
    ("level", "number", "width", "name"),
    [
        ("0", 0, 256, "tile/0/000"),
        ("entries", 273, 112, "tile/entries/273.p/112"),
        ("1", 1234067, 256, "tile/1/x001/x234/067"),
        ("0", 1000, 1, "tile/0/x001/000.p/1"),
    ],
)
def test_tiles_are_named_as_the_specification_says(level, number, width, name):
    assert tile_name(level, number, width) == name


@given(st.lists(st.binary(max_size=400), max_size=300))
def test_a_bundle_gives_its_leaves_back_and_no_other_number(leaves):
    bundle = encode_entries(leaves)
    assert decode_entries(bundle, len(leaves)) == leaves
    for wrong in (len(leaves) - 1, len(leaves) + 1):
        with pytest.raises(ValueError, match="does not hold"):
            decode_entries(bundle, wrong)


@given(st.binary(max_size=600), st.integers(0, 300))
def test_a_hostile_bundle_is_read_or_refused(content, count):
    try:
        assert encode_entries(decode_entries(content, count)) == content
    except ValueError:
        assert content != b"" or count > 0


def test_the_files_of_a_log_are_those_of_the_specification(tmp_path):
    rows = Rows(70_000)
    rows.publish(tmp_path, 0, 70_000)
    names = files_of(tmp_path)
    assert sum(1 for name in names if name.startswith("tile/0/") and ".p/" not in name) == 273
    assert [name for name in names if ".p/" in name] == [
        "tile/0/273.p/112",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
        "tile/entries/273.p/112",
    ]
    assert len(names) == 273 * 2 + 1 + 4
    assert check_tiles(tmp_path, rows.checkpoint()) == []
    assert list(read_leaves(tmp_path, 65_000, 70_000)) == rows.all[65_000:]


@pytest.mark.parametrize("sizes", [(1, 2, 3), (255, 256, 257), (1, 256, 512, 513), (300, 700, 65_535, 65_536, 65_537)])
def test_a_log_that_grows_is_whole_at_each_size_and_keeps_one_partial_tile_a_level(tmp_path, sizes):
    rows = Rows(sizes[-1])
    old = 0
    for size in sizes:
        rows.publish(tmp_path, old, size)
        assert check_tiles(tmp_path, rows.checkpoint(size)) == []
        assert list(read_leaves(tmp_path, old, size)) == rows.all[old:size]
        partial = [name.split("/")[1] for name in files_of(tmp_path) if ".p/" in name]
        assert len(partial) == len(set(partial))
        old = size


def test_publishing_writes_what_is_new_and_nothing_else(tmp_path):
    rows = Rows(10_300)
    rows.publish(tmp_path, 0, 9_990)
    assert rows.publish(tmp_path, 9_990, 9_991) == 2
    assert rows.publish(tmp_path, 9_991, 9_991) == 0
    assert rows.publish(tmp_path, 9_991, 10_300) == 5  # two tiles and two bundles are touched, and level 1


def test_a_checkpoint_of_an_earlier_size_is_still_readable(tmp_path):
    rows = Rows(700)
    rows.publish(tmp_path, 0, 300)
    rows.publish(tmp_path, 300, 700)
    for size in (1, 255, 256, 257, 300, 512, 699):
        assert TileReader(tmp_path, size).root() == rows.checkpoint(size).root
        assert check_tiles(tmp_path, rows.checkpoint(size)) == []


def test_what_a_killed_publisher_left_is_finished(tmp_path):
    rows = Rows(600)
    rows.publish(tmp_path, 0, 200)
    rows.publish(tmp_path, 200, 600)  # a checkpoint of 600 was not written
    (tmp_path / "tile/0/002.p/88.new").write_bytes(b"half")
    rows.publish(tmp_path, 200, 599)
    rows.publish(tmp_path, 599, 600)
    assert check_tiles(tmp_path, rows.checkpoint()) == []
    assert not [name for name in files_of(tmp_path) if name.endswith(".new")]


def test_tiles_that_are_not_there_are_made_from_the_beginning(tmp_path):
    rows = Rows(600)
    assert rows.publish(tmp_path, 599, 600) == 3 + 3 + 1
    assert check_tiles(tmp_path, rows.checkpoint()) == []


def test_every_single_bit_of_every_tile_is_watched(tmp_path):
    rows = Rows(260)
    rows.publish(tmp_path, 0, 260)
    checkpoint = rows.checkpoint()
    found = 0
    for name in files_of(tmp_path):
        path = tmp_path / name
        whole = path.read_bytes()
        for at in range(0, len(whole), 29):
            path.write_bytes(flip(whole, at, 1 << at % 8))
            faults = check_tiles(tmp_path, checkpoint)
            assert faults, (name, at)
            found += 1
        path.write_bytes(whole)
    assert found > 300
    assert check_tiles(tmp_path, checkpoint) == []


@pytest.mark.parametrize("level", ["entries", "0", "1"])
def test_a_missing_tile_is_named_and_the_walk_goes_on(tmp_path, level):
    rows = Rows(1_000)
    rows.publish(tmp_path, 0, 1_000)
    missing = tmp_path / tile_name(level, 0, 3 if level == "1" else 256)
    missing.unlink()
    (tmp_path / "tile/0/003.p/232").write_bytes(b"short")
    paths = [fault.path for fault in check_tiles(tmp_path, rows.checkpoint())]
    assert missing.relative_to(tmp_path).as_posix() in paths
    assert "tile/0/003.p/232" in paths


def test_leaves_and_hashes_changed_together_are_found_by_the_checkpoint(tmp_path):
    rows, other = Rows(100), Rows(100, grain=b"lief")
    other.publish(tmp_path, 0, 100)
    (fault,) = check_tiles(tmp_path, rows.checkpoint())
    assert "do not give the root" in fault.detail


def test_a_folder_without_tiles_is_one_fault(tmp_path):
    assert len(check_tiles(tmp_path, Rows(100_000).checkpoint())) == 1


def test_reading_leaves_that_are_missing_says_which_tile(tmp_path):
    rows = Rows(600)
    rows.publish(tmp_path, 0, 600)
    (tmp_path / "tile/entries/001").unlink()
    with pytest.raises(Corrupt, match="tile/entries/001 is missing"):
        list(read_leaves(tmp_path, 0, 600))


def test_rows_that_do_not_give_the_root_are_not_published(tmp_path):
    rows = Rows(300)
    with pytest.raises(Corrupt, match="do not give the root"):
        Tiles(tmp_path).publish(rows, 0, 300, bytes(32))


def test_each_checkpoint_of_an_archive_is_backed_by_its_tiles(archive):
    for count in (1, 3, 251, 1, 300):
        grow(archive, count)
        head = verify(archive.ledger.publish_checkpoint(), archive.ledger.public_key())
        assert check_tiles(archive.folder / "ledger", head) == []
    with archive.store.read() as connection:
        events = archive.ledger.events_after(connection, -1, limit=1_000)
    leaves = list(read_leaves(archive.folder / "ledger", 0, head.size))
    assert [Event.decode(leaf) for leaf in leaves] == [one.event for one in events]


def test_an_archive_without_tiles_gets_them_at_its_next_checkpoint(archive):
    grow(archive, 600)
    note = archive.ledger.publish_checkpoint()
    shutil.rmtree(archive.folder / "ledger" / "tile")
    assert archive.ledger.publish_checkpoint() == note
    assert check_tiles(archive.folder / "ledger", verify(note, archive.ledger.public_key())) == []


def test_damaged_tiles_are_written_again_when_asked(archive):
    grow(archive, 600)
    head = verify(archive.ledger.publish_checkpoint(), archive.ledger.public_key())
    folder = archive.folder / "ledger"
    (folder / "tile/0/000").write_bytes(bytes(8192))
    (folder / "tile/entries/001").unlink()
    archive.ledger.publish_checkpoint()
    assert check_tiles(folder, head)
    archive.ledger.publish_checkpoint(whole=True)
    assert check_tiles(folder, head) == []


@pytest.mark.parametrize(
    "statement",
    [
        update(ledger_leaves).where(ledger_leaves.c.position == 100).values(leaf=b"{}"),
        update(ledger_leaves).where(ledger_leaves.c.position == 100).values(hash=bytes(32)),
        update(ledger_leaves).where(ledger_leaves.c.position == 100).values(leaf=b"{}", hash=leaf_hash(b"{}")),
        delete(ledger_leaves).where(ledger_leaves.c.position == 100),
        update(ledger_nodes).values(hash=bytes(32)),
    ],
)
def test_a_ledger_that_was_changed_since_is_not_signed(archive, statement):
    before = archive.ledger.publish_checkpoint()
    grow(archive, 600)
    tampered(archive, statement)
    with pytest.raises(Corrupt):
        archive.ledger.publish_checkpoint()
    assert archive.ledger.published_checkpoint() == before


def test_a_disk_that_is_full_leaves_the_checkpoint_before(archive, monkeypatch):
    before = archive.ledger.publish_checkpoint()
    grow(archive, 10)

    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("storage.files.os.write", full)
    with pytest.raises(StorageFull):
        archive.ledger.publish_checkpoint()
    monkeypatch.undo()
    assert archive.ledger.published_checkpoint() == before
    archive.ledger.publish_checkpoint()


def test_a_history_that_is_another_one_is_told_from_an_older_one(archive):
    grow(archive, 10)
    with archive.store.read() as connection, pytest.raises(Conflict, match="another one"):
        archive.ledger.must_extend(connection, Checkpoint(origin="x", size=5, root=bytes(32)), "the anchor")
    with archive.store.read() as connection, pytest.raises(Conflict, match="an older database was put back"):
        archive.ledger.must_extend(connection, Checkpoint(origin="x", size=50, root=bytes(32)), "the anchor")


def test_a_second_publisher_waits_and_the_later_head_stays(archive):
    grow(archive, 10)
    second = Ledger(archive.store, archive.folder / "ledger")
    earlier = archive.ledger.publish_checkpoint()
    grow(archive, 10)
    later = second.publish_checkpoint()
    assert archive.ledger.publish_checkpoint() == later != earlier


def test_a_leaf_too_long_for_a_tile_is_refused_before_it_is_written():
    subjects = tuple(f"rec_{number:026}" for number in range(2_000))
    event = Event(id="evt_1", kind=EventKind.RECORD_VIEWED, actor=ACTOR, at=NOON, subjects=subjects)
    with pytest.raises(ValueError, match="at most 65,535 bytes"):
        event.encode()


def test_writers_and_publishers_at_the_same_time_leave_a_whole_log_and_never_a_smaller_checkpoint(archive):
    sizes: list[int] = []
    line = archive.ledger.public_key()
    done = threading.Event()

    def publish() -> None:
        ledger = Ledger(archive.store, archive.folder / "ledger")
        while not done.is_set():
            ledger.publish_checkpoint()

    def watch() -> None:
        while not done.is_set():
            sizes.append(verify(archive.ledger.published_checkpoint(), line).size)

    def write() -> None:
        for _ in range(40):
            grow(archive, 17)

    with ThreadPoolExecutor(6) as pool:
        waited = [pool.submit(write) for _ in range(2)]
        others = [pool.submit(publish) for _ in range(3)] + [pool.submit(watch)]
        for one in waited:
            one.result()
        done.set()
        for one in others:
            one.result()
    head = verify(archive.ledger.publish_checkpoint(), line)
    assert head.size == 1 + 2 * 40 * 17
    assert sizes == sorted(sizes)
    assert check_tiles(archive.folder / "ledger", head) == []


def test_whoever_reads_while_tiles_are_published_finds_all_of_them(archive):
    folder, line = archive.folder / "ledger", archive.ledger.public_key()
    faults: list[object] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            faults.extend(check_tiles(folder, verify(archive.ledger.published_checkpoint(), line)))

    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(read)
        for _ in range(60):
            grow(archive, 13)
            archive.ledger.publish_checkpoint()
        done.set()
        reader.result()
    assert faults == []
