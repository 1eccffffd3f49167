"""Whatever was done to an archive, its increments restored give the archive as it was at the last of them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Table, text

from archiver.backing_up import CARRIED
from storage.archive import open_archive
from storage.backup import increments
from storage.backup.creating import create_backup
from storage.backup.restoring import restore
from storage.errors import ArchiveError
from storage.keys import unlock
from storage.rotation import Rotation
from storage.shredding import Shredder
from tests.storage.archives import ACTOR, RECOVERY, file_one
from tests.storage.backup.operations import Operations, dump, readable
from tests.tiers import few

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage.archive import Archive

assert CARRIED  # every floor's tables


def back_up(archive: Archive, place: Path, days: int = 30):
    return create_backup(archive, place, key_days=days, actor=ACTOR)


def without_the_restore(after: dict, before: dict) -> dict:
    """The dump of a restored archive less what the restore itself wrote: one event, and a head that counts it."""
    size = max(row[0] for row in before["ledger_leaves"]) + 1
    kept = dict(after)
    events = [row for row in after["ledger_leaves"] if row[0] >= size]
    kept["ledger_leaves"] = [row for row in after["ledger_leaves"] if row[0] < size]
    kept["ledger_payloads"] = [row for row in after["ledger_payloads"] if row[0] < size]
    kept["ledger_subjects"] = [row for row in after["ledger_subjects"] if row[1] < size]
    holders = {row[0] for row in before["wrapped_keys"]}
    surplus = [row for row in after["wrapped_keys"] if row[0] not in holders]
    assert len(events) == len(surplus) == 1
    kept["wrapped_keys"] = [row for row in after["wrapped_keys"] if row[0] in holders]
    kept["ledger_head"] = before["ledger_head"]
    return kept


@pytest.mark.parametrize("seed", few([(one,) for one in range(6)], quick=[(0,), (3,)]))
def test_a_restore_of_increments_equals_the_archive(archive: Archive, tmp_path: Path, seed: int):
    operations = Operations(archive, random.Random(seed))
    place = tmp_path / "place"
    for _ in range(6):
        operations.run(operations.draw.randint(0, 14))
        shown = dump(archive)
        content = readable(archive)
        back_up(archive, place)
    restore(place, tmp_path / "new", RECOVERY, actor=ACTOR, clock=archive.store.clock)
    restored = open_archive(tmp_path / "new", unlock(tmp_path / "new" / "keys", RECOVERY))
    try:
        found = dump(restored)
        for batches in (shown, found):  # a restore erases at once what a destruction had decided
            for name in ("destruction_batches", "objects", "components"):
                batches.pop(name)
        found = without_the_restore(found, shown)
        assert found.keys() == shown.keys()
        for name, rows in shown.items():
            assert found[name] == rows, name
        assert readable(restored) == content
    finally:
        restored.close()


def test_objects_and_components_come_back_where_nothing_is_being_destroyed(archive: Archive, tmp_path: Path):
    operations = Operations(archive, random.Random(11))
    operations.run(20)
    for batch in Shredder(archive).unfinished():
        Shredder(archive).erase(batch.id)
    back_up(archive, tmp_path / "place")
    operations.file()
    shown = dump(archive)
    back_up(archive, tmp_path / "place")
    restore(tmp_path / "place", tmp_path / "new", RECOVERY, actor=ACTOR)
    restored = open_archive(tmp_path / "new", unlock(tmp_path / "new" / "keys", RECOVERY))
    try:
        found = dump(restored)
        for name in ("objects", "components", "destruction_batches"):
            assert found[name] == shown[name], name
    finally:
        restored.close()


def test_an_increment_costs_what_is_new(archive: Archive, tmp_path: Path):
    operations = Operations(archive, random.Random(1))
    for _ in range(120):
        operations.file()
    full = back_up(archive, tmp_path / "place")
    operations.file()
    increment = back_up(archive, tmp_path / "place")
    assert full.full
    assert not increment.full
    assert increment.objects == 1
    assert increment.bytes * 20 < full.bytes


def test_a_second_backup_of_nothing_new_copies_nothing(archive: Archive, tmp_path: Path):
    Operations(archive, random.Random(2)).file()
    back_up(archive, tmp_path / "place")
    again = back_up(archive, tmp_path / "place")
    assert again.objects == 0
    assert again.manifest.number == 2


def test_a_chain_that_outgrew_its_beginning_begins_again(archive: Archive, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("storage.backup.creating._LEAST_BASE", 0)
    operations = Operations(archive, random.Random(3))
    place = tmp_path / "place"
    fulls = []
    for _ in range(16):
        for _ in range(3):
            operations.file()
        report = back_up(archive, place)
        if report.full:
            fulls.append(report.manifest.number)
    assert len(fulls) > 2
    assert min(int(one.name) for one in (place / "catalogue").iterdir()) == fulls[-2]
    restored = restore(place, tmp_path / "new", RECOVERY, actor=ACTOR)
    assert restored.objects == 48
    assert restored.fixity is not None
    assert restored.fixity.faults == []


def test_what_is_deposited_while_rows_are_read_is_in_the_increment(archive: Archive, tmp_path: Path, monkeypatch):
    """The pages are read one after the other; between them the archive goes on."""
    monkeypatch.setattr(increments, "_PAGE", 3)
    monkeypatch.setattr(increments, "_LEAVES", 4)
    operations = Operations(archive, random.Random(4))
    for _ in range(12):
        operations.file()
    busy = iter(range(25))
    read = increments.IncrementReader._pages

    def meanwhile(self: increments.IncrementReader, table: Table, *where: Any) -> Iterator[increments.Page]:
        for page in read(self, table, *where):
            yield page
            if next(busy, None) is not None:
                operations.run(1)

    monkeypatch.setattr(increments.IncrementReader, "_pages", meanwhile)
    back_up(archive, tmp_path / "place")
    content = readable(archive)
    restored = restore(tmp_path / "place", tmp_path / "new", RECOVERY, actor=ACTOR)
    assert restored.fixity is not None
    assert restored.fixity.faults == []
    opened = open_archive(tmp_path / "new", unlock(tmp_path / "new" / "keys", RECOVERY))
    try:
        assert readable(opened) == content
    finally:
        opened.close()


@pytest.mark.parametrize("sort", ["full", "increment"])
def test_an_epoch_that_is_destroyed_while_keys_are_read_makes_them_be_read_again(
    archive: Archive, tmp_path: Path, monkeypatch, sort: str
):
    operations = Operations(archive, random.Random(6))
    for _ in range(6):
        operations.file()
    if sort == "increment":
        back_up(archive, tmp_path / "place")
        operations.file()
    read = increments.IncrementReader.changes
    rolls = iter(range(1))

    def meanwhile(self: increments.IncrementReader, *asked: Any) -> Iterator[increments.Page]:
        if next(rolls, None) is not None:
            Rotation(archive).roll(ACTOR)
        yield from read(self, *asked)

    monkeypatch.setattr(increments.IncrementReader, "changes", meanwhile)
    report = back_up(archive, tmp_path / "place")
    assert report.keys_full
    assert report.manifest.epochs == (2,)
    content = readable(archive)
    restore(tmp_path / "place", tmp_path / "new", RECOVERY, actor=ACTOR)
    opened = open_archive(tmp_path / "new", unlock(tmp_path / "new" / "keys", RECOVERY))
    assert readable(opened) == content
    opened.close()


def test_a_program_that_does_not_know_all_tables_saves_nothing(archive: Archive, tmp_path: Path):
    with archive.store.write() as transaction:
        transaction.connection.execute(text("CREATE TABLE of_another_floor (id INTEGER)"))
    with pytest.raises(ArchiveError, match="of_another_floor"):
        back_up(archive, tmp_path / "place")
    assert not (tmp_path / "place").exists()


def test_every_row_changed_by_a_deposit_is_named_by_a_leaf(archive: Archive, tmp_path: Path):
    back_up(archive, tmp_path / "place")
    filed = file_one(archive, Operations(archive, random.Random(5))._custodians[0], b"one")
    report = back_up(archive, tmp_path / "place")
    assert report.objects == 1
    assert filed.blob_id in {one.name for one in (tmp_path / "place" / "objects").rglob("*") if one.is_file()}


def test_objects_that_are_erased_after_the_leaf_was_carried_do_not_come_back(archive: Archive, tmp_path: Path):
    operations = Operations(archive, random.Random(7))
    for _ in range(3):
        operations.file()
    operations.destroy()
    back_up(archive, tmp_path / "place")  # decided, its objects still there
    for batch in Shredder(archive).unfinished():
        Shredder(archive).erase(batch.id)
    back_up(archive, tmp_path / "place")
    report = restore(tmp_path / "place", tmp_path / "new", RECOVERY, actor=ACTOR)
    assert report.object_faults == {}
    opened = open_archive(tmp_path / "new", unlock(tmp_path / "new" / "keys", RECOVERY))
    assert dump(opened)["objects"] == dump(archive)["objects"]
    opened.close()


def test_half_an_object_that_a_killed_backup_left_is_made_whole(archive: Archive, tmp_path: Path):
    operations = Operations(archive, random.Random(8))
    operations.file()
    back_up(archive, tmp_path / "place")
    operations.file()
    copied = {path.name for path in (tmp_path / "place" / "objects").rglob("*")}
    (source,) = [path for path in (archive.folder / "objects").rglob("*") if path.is_file() and path.name not in copied]
    half = tmp_path / "place" / "objects" / source.name[:2] / source.name
    half.parent.mkdir(exist_ok=True)
    half.write_bytes(source.read_bytes()[:50])
    back_up(archive, tmp_path / "place")
    assert half.read_bytes() == source.read_bytes()


def test_half_an_object_that_a_killed_backup_left_is_made_whole_by_a_full_one_too(
    archive: Archive, tmp_path: Path, monkeypatch
):
    monkeypatch.setattr("storage.backup.creating._LEAST_BASE", 0)
    operations = Operations(archive, random.Random(9))
    place = tmp_path / "place"
    operations.file()
    back_up(archive, place)
    while not (manifest := back_up(archive, place).manifest).chain_bytes > manifest.base_bytes:
        operations.file()
    filed = file_one(archive, operations._custodians[0], b"what came since")
    source = archive.folder / "objects" / filed.blob_id[:2] / filed.blob_id
    half = place / "objects" / filed.blob_id[:2] / filed.blob_id
    half.parent.mkdir(exist_ok=True)
    half.write_bytes(source.read_bytes()[:50])
    assert back_up(archive, place).full
    assert half.read_bytes() == source.read_bytes()


def test_an_object_that_a_killed_backup_left_whole_is_durable_before_the_manifest_names_it(
    archive: Archive, tmp_path: Path, monkeypatch
):
    operations = Operations(archive, random.Random(10))
    place = tmp_path / "place"
    operations.file()
    back_up(archive, place)
    filed = file_one(archive, operations._custodians[0], b"what came since")
    left = place / "objects" / filed.blob_id[:2] / filed.blob_id
    left.parent.mkdir(exist_ok=True)
    left.write_bytes((archive.folder / "objects" / filed.blob_id[:2] / filed.blob_id).read_bytes())
    manifests: list[bool] = []
    monkeypatch.setattr(
        "storage.backup.creating.os.sync", lambda: manifests.append((place / "manifest-2.json").exists())
    )
    back_up(archive, place)
    assert manifests == [False]


def test_an_object_that_could_not_be_copied_is_told_until_it_is_copied(archive: Archive, tmp_path: Path):
    operations = Operations(archive, random.Random(12))
    place = tmp_path / "place"
    filed = file_one(archive, operations._custodians[0], b"one")
    source = archive.folder / "objects" / filed.blob_id[:2] / filed.blob_id
    away = source.rename(tmp_path / "away")
    assert set(back_up(archive, place).faults) == {filed.blob_id}
    operations.file()
    for _ in range(2):
        again = back_up(archive, place)
        assert not again.full
        assert set(again.faults) == set(again.manifest.faults) == {filed.blob_id}
    away.rename(source)
    mended = back_up(archive, place)
    assert (mended.full, mended.objects, mended.faults) == (False, 1, {})
    assert (place / "objects" / filed.blob_id[:2] / filed.blob_id).read_bytes() == source.read_bytes()
    assert back_up(archive, place).objects == 0


def test_an_object_that_was_destroyed_is_no_fault_of_later_backups(archive: Archive, tmp_path: Path):
    operations = Operations(archive, random.Random(13))
    filed = file_one(archive, operations._custodians[0], b"one")
    (archive.folder / "objects" / filed.blob_id[:2] / filed.blob_id).unlink()
    assert back_up(archive, tmp_path / "place").faults
    shredder = Shredder(archive)
    with archive.store.write() as transaction:
        batch = shredder.decide(transaction, [filed.record_id], ACTOR, {})
    shredder.erase(batch)
    assert back_up(archive, tmp_path / "place").faults == {}


def test_more_faults_than_a_manifest_names_are_found_by_looking_at_every_object(
    archive: Archive, tmp_path: Path, monkeypatch
):
    monkeypatch.setattr("storage.backup.creating._MOST_FAULTS", 2)
    operations = Operations(archive, random.Random(14))
    for number in range(3):
        filed = file_one(archive, operations._custodians[0], b"mail %d" % number)
        (archive.folder / "objects" / filed.blob_id[:2] / filed.blob_id).unlink()
    for _ in range(2):
        report = back_up(archive, tmp_path / "place")
        assert (report.full, len(report.faults), len(report.manifest.faults)) == (True, 3, 2)
