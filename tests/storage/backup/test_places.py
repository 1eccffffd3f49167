"""What may be a backup place, and what of keys is left in one."""

from __future__ import annotations

import errno
import os
import shutil
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from storage.backup.creating import create_backup
from storage.backup.expiry import cleared_at, key_places
from storage.backup.place import Place
from storage.errors import Conflict, InvalidInput, StorageFull
from storage.rotation import Rotation
from tests.storage.archives import ACTOR, flip, make_archive
from tests.storage.backup.scenes import Scene, is_readable

if TYPE_CHECKING:
    from pathlib import Path


def test_a_place_is_refused_that_cannot_be_one(scene: Scene, tmp_path: Path):
    with pytest.raises(InvalidInput, match="inside each other"):
        create_backup(scene.archive, scene.archive.folder / "backup", key_days=30, actor=ACTOR)
    with pytest.raises(InvalidInput, match="inside each other"):
        create_backup(scene.archive, scene.archive.folder.parent, key_days=30, actor=ACTOR)
    other = make_archive(tmp_path / "other archive")
    create_backup(other, tmp_path / "of the other", key_days=30, actor=ACTOR)
    other.close()
    with pytest.raises(Conflict, match="another archive"):
        create_backup(scene.archive, tmp_path / "of the other", key_days=30, actor=ACTOR)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "photo.jpg").write_bytes(b"")
    with pytest.raises(Conflict, match="not empty"):
        create_backup(scene.archive, tmp_path / "full", key_days=30, actor=ACTOR)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Conflict, match="is a file"):
        create_backup(scene.archive, tmp_path / "file", key_days=30, actor=ACTOR)


def test_an_archive_that_is_older_than_its_backup_does_not_write_to_it(scene: Scene):
    scene.file("one")
    older = scene.folder / "older"
    shutil.copytree(scene.archive.folder, older)
    scene.file("two")
    scene.back_up()
    archive = scene.opened("older")
    with pytest.raises(Conflict, match="older"):
        create_backup(archive, scene.place, key_days=30, actor=ACTOR)
    archive.close()


def test_a_damaged_object_of_the_archive_is_named_and_not_copied(scene: Scene):
    filed = scene.file("one")
    path = scene.archive.folder / "objects" / filed.blob_id[:2] / filed.blob_id
    path.write_bytes(flip(path.read_bytes()))
    report = scene.back_up()
    assert set(report.faults) == {filed.blob_id}
    assert not list((scene.place / "objects").rglob(filed.blob_id))


def test_a_full_disk_leaves_the_backup_before(scene: Scene, monkeypatch):
    scene.file("one")
    scene.back_up()
    scene.file("two")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr("storage.backup.parts.os.fsync", full)
        with pytest.raises(StorageFull):
            scene.back_up()
    assert [path.name for path in (scene.place / "keys").iterdir()] == ["1"]
    assert scene.restore().manifest.number == 1


def test_two_backups_at_a_time_are_refused(scene: Scene):
    scene.back_up()
    with Place(scene.place).held(), pytest.raises(Conflict, match="being made"):
        scene.back_up()


def test_keys_of_a_backup_open_nothing_without_a_slot(scene: Scene):
    """The key part is sealed; in the place no file holds the plain text of a mail or of a key."""
    scene.file("a canary sang here")
    scene.back_up()
    everything = b"".join(path.read_bytes() for path in scene.place.rglob("*") if path.is_file())
    assert b"canary" not in everything
    assert scene.archive.keyring.backup_key not in everything
    assert scene.archive.keyring.epoch_key(1) not in everything


def test_the_key_parts_of_a_destroyed_epoch_go_with_the_next_backup(scene: Scene):
    filed = [scene.file("one"), scene.file("two")]
    scene.back_up()
    scene.file("three")
    scene.back_up()
    old = {path.name: path.read_bytes() for path in (scene.place / "keys").iterdir()}
    scene.destroy(filed[0])
    Rotation(scene.archive).roll(ACTOR)
    report = scene.back_up()
    assert report.keys_full
    assert report.keys_destroyed == 2
    assert not report.full
    left = {path.name for path in (scene.place / "keys").iterdir()}
    assert left.isdisjoint(old)
    scene.restore()
    archive = scene.opened()
    assert [is_readable(archive, one) for one in filed] == [False, True]
    archive.close()


@pytest.mark.parametrize("days", [1, 7, 30])
def test_no_copy_of_keys_in_the_place_is_older_than_allowed(scene: Scene, days: int):
    scene.file("one")
    for _ in range(12):
        scene.late += timedelta(days=days) / 5
        report = scene.back_up(days)
        assert scene.archive.store.clock() - report.manifest.keys_at < timedelta(days=days)
        names = sorted(int(path.name) for path in (scene.place / "keys").iterdir())
        assert names == list(range(report.manifest.keys_from, report.manifest.number + 1))
    scene.late += timedelta(days=days)
    scene.file("two")
    parts = {path.name for path in (scene.place / "keys").iterdir()}
    scene.back_up(days)
    assert parts.isdisjoint(path.name for path in (scene.place / "keys").iterdir())


def cleared(scene: Scene, moment: datetime, position: int) -> list[datetime | None]:
    with scene.archive.store.read() as connection:
        places = key_places(connection)
        return [cleared_at(scene.archive, connection, one, moment, position) for one in places]


def now(scene: Scene) -> tuple[datetime, int]:
    """A moment and the newest leaf of then."""
    with scene.archive.store.read() as connection:
        return scene.archive.store.clock(), scene.archive.ledger.head(connection).size - 1


def test_a_place_is_cleared_by_the_backup_that_began_its_keys_anew(scene: Scene):
    scene.file("one")
    assert cleared(scene, *now(scene)) == []
    scene.back_up()
    then = now(scene)
    assert cleared(scene, *then) == [None]
    scene.back_up()
    assert cleared(scene, *then) == [None]  # its keys are still those of the first
    scene.late += timedelta(days=16)
    scene.back_up()
    (moment,) = cleared(scene, *then)
    assert moment is not None
    assert moment - then[0] > timedelta(days=16)
    scene.late += timedelta(days=1)
    scene.back_up()
    assert cleared(scene, *then) == [moment]


def test_a_place_that_is_left_for_another_stays_pending(scene: Scene):
    scene.back_up()
    then = now(scene)
    scene.late += timedelta(days=90)
    create_backup(scene.archive, scene.folder / "another", key_days=30, actor=ACTOR)
    assert sorted(one is None for one in cleared(scene, *then)) == [False, True]


def test_keys_dated_by_a_clock_that_was_set_back_are_renewed_and_clear_nothing_before(scene: Scene):
    scene.late = timedelta(days=20)
    scene.back_up()
    scene.late = timedelta()
    then = now(scene)
    assert cleared(scene, *then) == [None]
    report = scene.back_up()
    assert report.keys_full
    assert report.manifest.keys_at == report.manifest.made_at
    assert None not in cleared(scene, *then)
