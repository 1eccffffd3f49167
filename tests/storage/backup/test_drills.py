"""A drill restores, compares, and leaves nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage.backup import drilling
from storage.backup.drilling import drill
from storage.backup.scratch import scratch_folder, sweep_scratch
from storage.events import EventKind
from storage.recovery import recover
from tests.storage.archives import ACTOR, RECOVERY

if TYPE_CHECKING:
    from pathlib import Path

    from tests.storage.backup.scenes import Scene


def test_a_drill_compares_with_the_archive_and_leaves_nothing(scene: Scene):
    scene.file("one")
    scene.back_up()
    scene.file("two")
    before = sorted(scene.folder.iterdir())
    result = drill(scene.place, RECOVERY, beside=scene.folder, actor=ACTOR, live=scene.archive)
    assert result.faults == ()
    assert result.live_compared
    assert sorted(scene.folder.iterdir()) == before
    with scene.archive.store.read() as connection:
        drilled = scene.archive.ledger.events_after(connection, -1, kinds=[EventKind.BACKUP_DRILLED])
    assert len(drilled) == 1


def test_a_drill_names_an_object_that_the_backup_lost(scene: Scene):
    filed = scene.file("one")
    scene.back_up()
    (scene.place / "objects" / filed.blob_id[:2] / filed.blob_id).unlink()
    result = drill(scene.place, RECOVERY, beside=scene.folder, actor=ACTOR)
    assert any(filed.blob_id in one for one in result.faults)


def left_by_a_kill(scene: Scene, monkeypatch) -> Path:
    """What a drill leaves that is killed when everything is restored, the lock given back by the kernel."""
    with monkeypatch.context() as patched:
        patched.setattr("storage.backup.scratch._destroy", lambda _: None)
        drill(scene.place, RECOVERY, beside=scene.folder, actor=ACTOR)
    (left,) = scene.folder.glob(".drill-*")
    assert (left / "archive" / "keys" / "epoch" / "1").exists()
    return left


@pytest.mark.parametrize("by", ["drill", "recovery"])
def test_what_a_killed_drill_left_is_destroyed(scene: Scene, monkeypatch, by: str):
    """Its keys would open what is destroyed later."""
    scene.file("one")
    scene.back_up()
    left = left_by_a_kill(scene, monkeypatch)
    if by == "drill":
        drill(scene.place, RECOVERY, beside=scene.folder, actor=ACTOR)
    else:
        recover(scene.archive, ACTOR)
    assert not left.exists()


def test_a_drill_that_is_under_way_is_left_alone(scene: Scene):
    with scratch_folder(scene.folder) as folder:
        folder.mkdir()
        assert sweep_scratch(scene.folder) == 0
        assert folder.exists()
    assert not folder.exists()


def test_a_folder_that_others_may_have_made_is_left_alone(scene: Scene):
    """It could hold a link to the keys of a living archive."""
    planted = scene.folder / ".drill-planted"
    (planted / "archive").mkdir(parents=True)
    planted.chmod(0o777)
    (planted / "held").touch()
    (planted / "archive" / "keys").symlink_to(scene.archive.folder / "keys")
    assert sweep_scratch(scene.folder) == 0
    assert (scene.archive.folder / "keys" / "keyring").exists()


def test_a_drill_that_fails_leaves_nothing(scene: Scene, monkeypatch):
    scene.file("one")
    scene.back_up()

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(drilling, "restore", interrupted)
    with pytest.raises(KeyboardInterrupt):
        drill(scene.place, RECOVERY, beside=scene.folder, actor=ACTOR)
    assert not list(scene.folder.glob(".drill-*"))
