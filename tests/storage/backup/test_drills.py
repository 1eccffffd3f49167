"""A drill restores, compares, and leaves nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.backup.drilling import drill
from storage.events import EventKind
from tests.storage.archives import ACTOR, RECOVERY

if TYPE_CHECKING:
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
