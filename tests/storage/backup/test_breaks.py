"""Ledgers and anchors that know more than the backup, and losses that are declared."""

from __future__ import annotations

import shutil

import pytest

from storage.archive import RESTORING, open_archive
from storage.backup.accepting import accept_loss
from storage.backup.creating import create_backup
from storage.backup.restoring import restore
from storage.errors import Conflict
from storage.events import EventKind
from storage.fixity import FixityCheck
from storage.keys import unlock
from storage.shredding import Shredder
from tests.storage.archives import ACTOR, RECOVERY, file_one, flip
from tests.storage.backup.scenes import Scene, is_readable


def test_an_anchor_that_is_newer_leaves_the_archive_closed(scene: Scene):
    scene.file("one")
    scene.back_up()
    scene.file("two")
    report = scene.restore(anchors=[scene.anchor()])
    assert report.missing_leaves == 3  # the event of the backup, and two of the second mail
    archive = scene.opened()
    with pytest.raises(Conflict, match="restored without the newest"), archive.store.write():
        pass
    with pytest.raises(Conflict, match="--accept-loss"):
        create_backup(archive, scene.folder / "elsewhere", key_days=30, actor=ACTOR)
    archive.close()


def test_a_loss_that_is_accepted_begins_a_new_log_that_names_the_old_one(scene: Scene):
    filed = scene.file("one")
    scene.back_up()
    scene.file("two")
    anchor = scene.anchor()
    report = scene.restore(anchors=[anchor])
    archive = scene.opened()
    with archive.store.read() as connection:
        before = archive.ledger.head(connection)
    accepted = accept_loss(archive, actor="user:boss")
    assert (accepted.size, accepted.root) == (before.size, before.root().hex())
    assert accepted.missing_leaves == report.missing_leaves
    archive = scene.opened()
    with archive.store.read() as connection:
        first = archive.ledger.event_at(connection, 0)
        payload = archive.ledger.payload(connection, 0)
        assert first.event.kind is EventKind.LOSS_ACCEPTED
        assert payload is not None
        assert payload["root"] == before.root().hex() == first.event.facts
        assert archive.ledger.origin.endswith("/2")
        assert archive.submissions.get(connection, filed.submission_id).position == filed.position + 1
        (declared,) = archive.ledger.declared_breaks(connection)
        assert declared.size == before.size
    assert is_readable(archive, filed)
    assert (scene.folder / "new" / "ledger" / "log-1" / "checkpoint").exists()
    assert FixityCheck(archive).run().faults == []
    later = file_one(archive, scene.owner, b"after")
    assert is_readable(archive, later)
    again = create_backup(archive, scene.place, key_days=30, actor=ACTOR)
    assert again.full
    archive.close()
    assert (scene.place / "ledger" / "log-1" / "checkpoint").exists()
    third = restore(scene.place, scene.folder / "third", RECOVERY, actor=ACTOR, anchors=[anchor])
    assert third.missing_leaves == 0
    assert third.fixity is not None
    assert third.fixity.faults == []


def test_there_is_no_loss_to_accept_where_nothing_is_missing(scene: Scene):
    with pytest.raises(Conflict, match="nothing is missing"):
        accept_loss(scene.archive, actor="user:boss")


def test_a_backup_from_before_a_break_is_continued_by_the_log_behind_it(scene: Scene):
    filed = [scene.file("one"), scene.file("two")]
    scene.back_up()
    shutil.copytree(scene.place, scene.folder / "old place")
    scene.file("three")
    scene.restore(anchors=[scene.anchor()])
    accept_loss(scene.opened(), actor="user:boss")
    archive = scene.opened()
    shredder = Shredder(archive)
    with archive.store.write() as transaction:
        shredder.decide(transaction, [filed[0].record_id], ACTOR, {})
    archive.ledger.publish_checkpoint()
    archive.close()
    report = restore(
        scene.folder / "old place",
        scene.folder / "third",
        RECOVERY,
        actor=ACTOR,
        ledgers=[scene.folder / "new" / "ledger"],
    )
    assert report.continuation.destroyed == [filed[0].record_id]
    third = scene.opened("third")
    assert [is_readable(third, one) for one in filed] == [False, True]
    third.close()


def test_an_anchor_of_another_history_stops_the_restore(scene: Scene):
    scene.file("one")
    other = scene.folder / "other"
    shutil.copytree(scene.archive.folder, other)
    forked = open_archive(other, unlock(other / "keys", RECOVERY))
    file_one(forked, scene.owner, b"fork")
    (scene.folder / "anchor").write_bytes(forked.ledger.publish_checkpoint())
    forked.close()
    for number in range(3):
        scene.file(f"mail {number}")
    scene.back_up()
    with pytest.raises(Conflict, match="history is another"):
        scene.restore(anchors=[scene.folder / "anchor"])


def test_a_ledger_copy_of_another_history_stops_the_restore(scene: Scene):
    scene.file("one")
    other = scene.folder / "other"
    shutil.copytree(scene.archive.folder, other)
    scene.file("two")
    scene.back_up()
    forked = open_archive(other, unlock(other / "keys", RECOVERY))
    for number in range(40):
        file_one(forked, scene.owner, b"fork %d" % number)
    forked.ledger.publish_checkpoint()
    forked.close()
    with pytest.raises(Conflict, match="another history"):
        scene.restore(ledgers=[other / "ledger"])
    assert (scene.folder / "new" / RESTORING).exists()


def test_a_damaged_ledger_copy_is_told_and_the_next_one_is_taken(scene: Scene):
    filed = scene.file("one")
    scene.back_up()
    scene.destroy(filed)
    good = scene.archive.folder / "ledger"
    bad = scene.folder / "bad"
    shutil.copytree(good, bad)
    bundle = next(path for path in (bad / "tile" / "entries").rglob("*") if path.is_file())
    bundle.write_bytes(flip(bundle.read_bytes(), 40))
    report = scene.restore(ledgers=[bad, good, scene.folder / "nowhere"])
    assert report.continuation.destroyed == [filed.record_id]
    assert any("nowhere" in one for one in report.findings)
