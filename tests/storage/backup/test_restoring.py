"""What comes back, what stays destroyed, and what is named as lost."""

from __future__ import annotations

import json
import shutil

import pytest
from sqlalchemy import select

from storage.archive import RESTORING
from storage.backup.creating import create_backup
from storage.backup.restoring import restore
from storage.errors import ArchiveError, Conflict, Corrupt, Denied, NotFound
from storage.events import EventKind
from storage.keys import Secret, SlotKind
from storage.records import Channel, Envelope
from storage.tables import losses
from storage.transcriptions import ReadingPriority
from tests.storage.archives import ACTOR, file_one, flip
from tests.storage.backup.operations import readable
from tests.storage.backup.scenes import Scene, is_readable
from tests.storage.transcribing import add_version, newest, version


def test_a_backup_and_one_secret_are_enough(scene: Scene):
    filed = [scene.file(f"mail {number}") for number in range(5)]
    scene.back_up()
    content = readable(scene.archive)
    shutil.rmtree(scene.archive.folder / "keys")
    shutil.rmtree(scene.archive.folder / "objects")
    report = scene.restore()
    assert report.fixity is not None
    assert report.fixity.faults == []
    assert report.findings == ()
    with_new = scene.opened()
    assert readable(with_new) == content
    with with_new.store.read() as connection:
        described = with_new.catalogue.describe(connection, [one.record_id for one in filed])
    assert [one.record.id for one in described] == [one.record_id for one in filed]
    with_new.close()


def test_what_was_read_in_pictures_comes_back_and_what_waits_goes_on_waiting(scene: Scene):
    read, waits = scene.file("one"), scene.file("two")
    add_version(scene.archive, version(read.record_id, 1, "first"))
    scene.back_up()
    add_version(scene.archive, version(read.record_id, 2, "second"))
    with scene.archive.store.write() as transaction:
        transaction.append(EventKind.RECORD_VIEWED, actor=ACTOR, subjects=(waits.record_id,))
        scene.archive.transcriptions.queue(transaction, [(waits.record_id, ReadingPriority.MAIL)])
    scene.back_up()
    report = scene.restore()
    assert report.fixity is not None
    assert report.fixity.faults == []
    archive = scene.opened()
    assert newest(archive, read.record_id).text == "second"
    with archive.store.read() as connection:
        assert len(archive.transcriptions.versions(connection, read.record_id)) == 2
        assert archive.transcriptions.is_waiting(connection, [read.record_id, waits.record_id]) == {waits.record_id}
    archive.close()


def test_a_restored_archive_takes_mail_and_makes_its_own_backup(scene: Scene):
    scene.file("one")
    scene.back_up()
    scene.restore()
    archive = scene.opened()
    file_one(archive, scene.owner, b"two")
    report = create_backup(archive, scene.place, key_days=30, actor=ACTOR)
    assert not report.full
    assert report.objects == 1
    archive.close()


@pytest.mark.parametrize("share", [1, 3, 6])
def test_what_was_destroyed_after_the_backup_stays_destroyed(scene: Scene, share: int):
    filed = [scene.file(f"mail {number}") for number in range(6)]
    scene.back_up()
    scene.destroy(*filed[:share])
    report = scene.restore(ledgers=[scene.archive.folder / "ledger"])
    assert sorted(report.continuation.destroyed) == sorted(one.record_id for one in filed[:share])
    assert report.fixity is not None
    assert report.fixity.faults == []
    archive = scene.opened()
    assert [is_readable(archive, one) for one in filed] == [number >= share for number in range(6)]
    names = {path.name for path in (scene.folder / "new" / "objects").rglob("*") if path.is_file()}
    assert names == {one.blob_id for one in filed[share:]}
    archive.close()


def test_a_record_that_was_taken_and_destroyed_after_the_backup_is_no_fault(scene: Scene):
    """Its destruction is a row, and it has none itself."""
    scene.file("first")
    scene.back_up()
    taken = scene.file("second")
    scene.destroy(taken)
    report = scene.restore(ledgers=[scene.archive.folder / "ledger"])
    assert report.continuation.destroyed == [taken.record_id]
    assert report.fixity is not None
    assert report.fixity.faults == []


def test_a_record_that_was_made_and_destroyed_after_the_backup_is_not_made_again(scene: Scene):
    """The backup has the deposit, waiting; examining it once more would bring the record back."""
    scene.file("first")
    prepared = scene.archive.submissions.prepare(
        channel=Channel.CLI,
        account="cli",
        custodian_id=scene.owner,
        envelope=Envelope(),
        kind=None,
        payload=b"second",
        epoch=1,
        received_at=scene.archive.store.clock(),
        actor=ACTOR,
    )
    scene.archive.blobs.write([prepared.sealed])
    with scene.archive.store.write() as transaction:
        scene.archive.submissions.add(transaction, [prepared])
    scene.back_up()
    destroyed = (prepared.submission.id, "rec_made_since", "dst_decided_since")
    with scene.archive.store.write() as transaction:
        transaction.append(EventKind.RECORD_ARCHIVED, actor=ACTOR, subjects=(destroyed[1], destroyed[0]))
        transaction.append(EventKind.DESTRUCTION_DECIDED, actor=ACTOR, subjects=(destroyed[2],))
        transaction.append(EventKind.RECORD_DESTROYED, actor=ACTOR, subjects=(destroyed[1], destroyed[0], destroyed[2]))
    scene.archive.ledger.publish_checkpoint()
    scene.restore(ledgers=[scene.archive.folder / "ledger"])
    archive = scene.opened()
    with archive.store.read() as connection:
        assert archive.submissions.awaiting(connection, limit=10) == []
    assert prepared.submission.id not in readable(archive)
    archive.close()


def test_what_was_taken_after_the_backup_is_named_as_lost(scene: Scene):
    scene.file("before")
    scene.back_up()
    after = [scene.file("after"), scene.file("later")]
    scene.archive.ledger.publish_checkpoint()
    report = scene.restore(ledgers=[scene.archive.folder / "ledger"])
    assert report.continuation.lost["submissions"] == [one.submission_id for one in after]
    assert report.continuation.lost["records"] == [one.record_id for one in after]
    assert report.fixity is not None
    assert report.fixity.faults == []
    archive = scene.opened()
    with archive.store.read() as connection:
        named = set(connection.execute(select(losses.c.subject)).scalars())
        restored = archive.ledger.events_after(connection, -1, kinds=[EventKind.ARCHIVE_RESTORED])
        payload = archive.ledger.payload(connection, restored[0].position)
    assert {one.record_id for one in after} | {one.submission_id for one in after} <= named
    assert payload is not None
    assert payload["lost"]["records"]["count"] == 2
    archive.close()


def test_the_wrong_secret_opens_nothing(scene: Scene):
    scene.back_up()
    with pytest.raises(Denied):
        restore(scene.place, scene.folder / "new", Secret(kind=SlotKind.RECOVERY, content=b"x" * 32), actor=ACTOR)


def test_a_folder_with_something_in_it_is_not_restored_into(scene: Scene):
    scene.back_up()
    (scene.folder / "new").mkdir()
    (scene.folder / "new" / "mine.txt").write_text("mine")
    with pytest.raises(Conflict, match="not empty"):
        scene.restore()
    assert (scene.folder / "new" / "mine.txt").read_text() == "mine"


def test_a_folder_without_a_backup_says_so(scene: Scene):
    with pytest.raises(NotFound, match="no backup"):
        scene.restore()


def test_a_restore_that_was_killed_is_begun_again(scene: Scene, monkeypatch):
    scene.file("one")
    scene.back_up()

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("storage.backup.restoring._copy_objects", die)
        with pytest.raises(KeyboardInterrupt):
            scene.restore()
    with pytest.raises(Conflict, match="not completely restored"):
        scene.opened()
    assert scene.restore().objects == 1
    scene.opened().close()


def test_a_restore_that_was_killed_before_its_mark_had_its_name_is_begun_again(scene: Scene):
    scene.file("one")
    scene.back_up()
    (scene.folder / "new").mkdir()
    (scene.folder / "new" / f"{RESTORING}.new").write_bytes(b"/mnt")
    assert scene.restore().objects == 1
    scene.opened().close()


@pytest.mark.parametrize("part", ["catalogue/1", "keys/1", "manifest-1.json", "archive/slots.json", "archive/keyring"])
def test_damage_of_any_part_is_told(scene: Scene, part: str):
    scene.file("one")
    scene.back_up()
    path = scene.place / part
    content = path.read_bytes()
    path.write_bytes(flip(content, len(content) // 2))
    with pytest.raises((Corrupt, Denied)):
        scene.restore()


def test_a_manifest_of_an_older_increment_cannot_be_put_in_the_place_of_a_newer_one(scene: Scene):
    for number in range(3):
        scene.file(f"mail {number}")
        scene.back_up()
    first = (scene.place / "manifest-1.json").read_bytes()
    members = json.loads(first)
    members["number"] = 3
    (scene.place / "manifest-3.json").write_bytes(json.dumps(members).encode())
    with pytest.raises(Corrupt):
        scene.restore()
    (scene.place / "manifest-3.json").write_bytes(first)
    with pytest.raises(Corrupt):
        scene.restore()


def test_a_damaged_object_is_named_and_the_rest_comes_back(scene: Scene):
    filed = [scene.file("one"), scene.file("two")]
    scene.back_up()
    path = scene.place / "objects" / filed[0].blob_id[:2] / filed[0].blob_id
    path.write_bytes(flip(path.read_bytes()))
    report = scene.restore()
    assert set(report.object_faults) == {filed[0].blob_id}
    archive = scene.opened()
    assert archive.blobs.contains(filed[1].blob_id)
    archive.close()


def test_an_older_increment_can_be_restored(scene: Scene):
    scene.file("one")
    scene.back_up()
    scene.file("two")
    scene.back_up()
    report = scene.restore(number=1)
    assert report.manifest.number == 1
    assert report.continuation.lost["records"]


def test_the_chain_of_manifests_is_checked(scene: Scene):
    for number in range(3):
        scene.file(f"mail {number}")
        scene.back_up()
    (scene.place / "manifest-2.json").unlink()
    with pytest.raises(ArchiveError):
        scene.restore()


@pytest.mark.parametrize("missing", ["nothing", "leaves"])
def test_all_that_was_loaded_is_durable_before_the_restore_counts_as_done(scene: Scene, monkeypatch, missing: str):
    scene.file("one")
    scene.back_up()
    scene.file("two")
    anchors = [scene.anchor()] if missing == "leaves" else []
    under_way: list[bool] = []
    mark = scene.folder / "new" / "restoring"
    monkeypatch.setattr("storage.backup.restoring.os.sync", lambda: under_way.append(mark.exists()))
    scene.restore(anchors=anchors)
    assert under_way == [True]
    assert not mark.exists()
