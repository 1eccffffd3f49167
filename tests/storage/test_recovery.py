"""What an interruption leaves is found and finished; what somebody is in the middle of is left alone."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, event, func, insert, select

from storage import recovery_objects
from storage.blobs import SealedObject
from storage.checkpoints import sign, verify
from storage.errors import Conflict, Corrupt
from storage.events import EventKind
from storage.files import write_whole
from storage.fixity import FixityCheck
from storage.outbox import Letter, Outbox
from storage.recovery import make_folders, recover
from storage.rotation import Rotation
from storage.shredding import Shredder
from storage.tables import awaiting_examination, ledger_leaves, losses, submissions
from tests.storage.archives import ACTOR, custodian, file_one, flip
from tests.storage.test_fixity import path_of, tamper

COUNT = 4
OLD = datetime.now(UTC) - timedelta(hours=2)


@pytest.fixture
def filled(archive):
    owner = custodian(archive)
    filed = [file_one(archive, owner, b"Subject: mail %d\r\n\r\ntext" % number) for number in range(COUNT)]
    archive.ledger.publish_checkpoint()
    return archive, filed


def make_old(path):
    os.utime(path, (OLD.timestamp(), OLD.timestamp()))


def plant_orphan(archive, content, *, old=True):
    sealed = SealedObject.of(content)
    archive.blobs.write([sealed])
    path = path_of(archive, sealed.blob_id)
    if old:
        make_old(path)
    return path


def recoveries(archive):
    with archive.store.read() as connection:
        kind = ledger_leaves.c.kind == EventKind.RECOVERY_MADE.value
        return connection.execute(select(func.count()).select_from(ledger_leaves).where(kind)).scalar_one()


def test_a_whole_archive_needs_nothing_and_gets_no_event(filled):
    archive, _ = filled
    report = recover(archive, ACTOR)
    assert not report.did_something
    assert (report.objects, report.missing, report.kept_because) == (COUNT, (), None)
    assert recoveries(archive) == 0


def test_old_objects_without_a_row_are_removed_and_counted(filled):
    archive, filed = filled
    planted = [plant_orphan(archive, b"left by a killed deposit %d" % number) for number in range(700)]
    report = recover(archive, ACTOR)
    assert (report.orphans, report.young, report.missing_count) == (700, 0, 0)
    assert not any(path.exists() for path in planted)
    assert all(path_of(archive, one.blob_id).exists() for one in filed)
    assert recoveries(archive) == 1
    assert recover(archive, ACTOR).orphans == 0
    assert FixityCheck(archive).run().faults == []


def test_a_young_object_without_a_row_stays(filled):
    archive, _ = filled
    path = plant_orphan(archive, b"somebody writes it now", old=False)
    report = recover(archive, ACTOR)
    assert (report.orphans, report.young) == (0, 1)
    assert path.exists()


def test_an_old_object_whose_row_comes_between_the_two_looks_stays(filled, monkeypatch):
    archive, filed = filled
    path = path_of(archive, filed[0].blob_id)
    make_old(path)
    original = recovery_objects._names_of_rows
    late = {filed[0].blob_id}
    monkeypatch.setattr(
        recovery_objects, "_names_of_rows", lambda *given: (one for one in original(*given) if one not in late)
    )
    assert recover(archive, ACTOR).orphans == 0
    assert path.exists()


def test_running_depositors_lose_nothing_to_recoveries(filled):
    archive, _ = filled
    owner = custodian(archive, "second@district.example")
    done = threading.Event()
    failures: list[Exception] = []

    def deposit(name: bytes) -> None:
        try:
            for number in range(25):
                file_one(archive, owner, b"Subject: %s %d\r\n\r\n" % (name, number))
        except Exception as error:  # noqa: BLE001 - told below
            failures.append(error)

    def keep_recovering() -> None:
        while not done.is_set():
            report = recover(archive, ACTOR)
            if report.missing_count or report.orphans:
                failures.append(AssertionError(repr(report)))

    workers = [threading.Thread(target=deposit, args=(name,)) for name in (b"a", b"b", b"c")]
    recoverer = threading.Thread(target=keep_recovering)
    for one in [*workers, recoverer]:
        one.start()
    for one in workers:
        one.join()
    done.set()
    recoverer.join()
    assert failures == []
    report = FixityCheck(archive).run()
    assert (report.faults, report.objects) == ([], COUNT + 75)


def test_a_missing_object_is_named_with_its_record_and_nothing_is_done_about_it(filled):
    archive, filed = filled
    path_of(archive, filed[1].blob_id).unlink()
    report = recover(archive, ACTOR)
    assert report.missing_count == 1
    (missing,) = report.missing
    assert (missing.blob_id, missing.holder, missing.record) == (
        filed[1].blob_id,
        filed[1].submission_id,
        filed[1].record_id,
    )
    assert recoveries(archive) == 1


def test_every_object_is_compared_however_the_pages_of_rows_fall(filled, monkeypatch):
    archive, filed = filled
    path_of(archive, filed[-1].blob_id).unlink()
    for size in range(1, COUNT + 2):
        monkeypatch.setattr(recovery_objects, "_PAGE", size)
        report = recover(archive, ACTOR, dry_run=True)
        assert (report.objects, report.orphans, report.young) == (COUNT - 1, 0, 0)
        assert [one.blob_id for one in report.missing] == [filed[-1].blob_id]


def test_rows_are_sorted_into_the_folders_of_their_names_and_odd_names_are_passed_over():
    names = sorted(["0x", "00a", "00f", "7f1", "7f2", "a\u00e9", "ff9", "A0", "zz"])
    found = dict(recovery_objects._by_folder(names))
    assert list(found) == [f"{number:02x}" for number in range(256)]
    assert {prefix: named for prefix, named in found.items() if named} == {
        "00": {"00a", "00f"},
        "7f": {"7f1", "7f2"},
        "ff": {"ff9"},
    }


def test_looking_for_objects_costs_a_small_archive_a_few_queries(filled):
    archive, _ = filled
    asked = []
    event.listen(archive.store._engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    recovery_objects.survey_objects(archive, older_than=timedelta(hours=1), remove=True)
    assert 0 < len([one for one in asked if "objects" in one]) <= 3, asked


def test_an_object_that_a_restore_declared_lost_is_not_missing(filled):
    archive, filed = filled
    path_of(archive, filed[1].blob_id).unlink()
    path_of(archive, filed[2].blob_id).unlink()
    tamper(archive, insert(losses).values(subject=filed[1].record_id, position=1))
    tamper(archive, insert(losses).values(subject=filed[2].submission_id, position=1))
    assert recover(archive, ACTOR).missing_count == 0


def test_an_interrupted_destruction_is_finished_and_its_objects_are_not_missing(filled):
    archive, filed = filled
    shredder = Shredder(archive)
    with archive.store.write() as transaction:
        shredder.decide(transaction, [filed[0].record_id, filed[1].record_id], ACTOR)
    path_of(archive, filed[0].blob_id).unlink()  # killed after the first of two
    report = recover(archive, ACTOR, finish=False)
    assert (report.missing_count, report.destructions) == (0, 1)
    assert path_of(archive, filed[1].blob_id).exists()
    report = recover(archive, ACTOR)
    assert (report.missing_count, report.orphans) == (0, 0)
    assert not path_of(archive, filed[1].blob_id).exists()
    assert FixityCheck(archive).run().faults == []


def test_who_has_more_to_finish_for_a_destruction_is_asked_instead(filled):
    archive, _ = filled
    asked = []
    recover(archive, ACTOR, finish_destructions=lambda: asked.append(True))
    assert asked == [True]


def test_a_destruction_that_cannot_go_on_is_told_and_the_rest_is_done(filled):
    archive, _ = filled

    def refuse() -> None:
        raise Conflict("something of it is left")

    path = plant_orphan(archive, b"left")
    report = recover(archive, ACTOR, finish_destructions=refuse)
    assert report.remarks == ("something of it is left",)
    assert not path.exists()


def test_an_interrupted_rotation_is_finished(filled, monkeypatch):
    archive, _ = filled

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Rotation, "_retire", killed)
        with pytest.raises(KeyboardInterrupt):
            Rotation(archive).roll(ACTOR)
    assert recover(archive, ACTOR, finish=False).rotating
    report = recover(archive, ACTOR)
    assert not report.rotating
    assert report.epochs_destroyed == (1,)
    assert not (archive.folder / "keys" / "epoch" / "1").exists()
    assert FixityCheck(archive).run().faults == []


@pytest.mark.parametrize("name", ["keys/slots.json", "keys/epoch/7", "ledger/checkpoint", "tmp/services.json", "x"])
def test_a_half_written_small_file_is_removed_once_it_is_old(filled, name):
    archive, _ = filled
    path = archive.folder / f"{name}.new"
    path.write_bytes(b"half")
    assert recover(archive, ACTOR).temporaries == 0
    assert path.exists()
    make_old(path)
    assert recover(archive, ACTOR).temporaries == 1
    assert not path.exists()


def test_a_part_of_an_object_that_nobody_writes_is_removed(filled):
    archive, _ = filled
    part = archive.folder / "objects" / f"{'0' * 32}.part"
    part.write_bytes(b"half")
    assert recover(archive, ACTOR).temporaries == 1
    assert not part.exists()


def test_a_submission_that_nobody_would_examine_waits_again(filled):
    archive, filed = filled
    with archive.store.write() as transaction:
        connection = transaction.connection
        connection.execute(submissions.update().values(outcome=None))
    report = recover(archive, ACTOR)
    assert report.requeued == COUNT
    with archive.store.read() as connection:
        rows = connection.execute(select(awaiting_examination).order_by(awaiting_examination.c.position)).all()
    assert [(row.submission_id, row.position) for row in rows] == [(one.submission_id, one.position) for one in filed]
    assert recover(archive, ACTOR).requeued == 0
    tamper(archive, delete(awaiting_examination).where(awaiting_examination.c.submission_id == filed[2].submission_id))
    assert recover(archive, ACTOR, dry_run=True).requeued == 1
    assert recover(archive, ACTOR).requeued == 1


def test_missing_folders_are_made_again(filled):
    archive, _ = filled
    (archive.folder / "drafts").rmdir()
    assert make_folders(archive.folder) == ("drafts",)
    assert (archive.folder / "drafts").stat().st_mode & 0o777 == 0o700
    assert make_folders(archive.folder) == ()


def test_letters_that_wait_are_counted(filled):
    archive, _ = filled
    box = Outbox(archive.store)
    prepared = box.prepare(Letter(kind="anchor", to="clerk@district.example", subject="s", text="t"))
    with archive.store.write() as transaction:
        box.add(transaction, prepared)
    report = recover(archive, ACTOR)
    assert report.letters == 1
    assert report.oldest_letter is not None


def test_a_dry_run_changes_nothing(filled):
    archive, _ = filled
    path = plant_orphan(archive, b"left")
    (archive.folder / "x.new").write_bytes(b"half")
    make_old(archive.folder / "x.new")
    report = recover(archive, ACTOR, dry_run=True)
    assert (report.orphans, report.temporaries) == (1, 1)
    assert path.exists()
    assert recoveries(archive) == 0


def test_a_database_older_than_its_checkpoint_loses_nothing(filled):
    archive, _ = filled
    path = plant_orphan(archive, b"a deposit that the newer database has")
    note = archive.ledger.published_checkpoint()
    checkpoint = archive.folder / "ledger" / "checkpoint"
    published = verify(note, archive.ledger.public_key())
    later = replace(published, size=published.size + 9, root=bytes(32))
    write_whole(checkpoint, sign(later, archive.keyring.signing_key))
    with pytest.raises(Conflict, match="older database"):
        recover(archive, ACTOR)
    assert path.exists()


@pytest.mark.parametrize("damage", ["absent", "damaged"])
def test_without_a_checkpoint_to_trust_orphans_stay(filled, damage):
    archive, _ = filled
    path = plant_orphan(archive, b"left")
    checkpoint = archive.folder / "ledger" / "checkpoint"
    if damage == "absent":
        checkpoint.unlink()
    else:
        checkpoint.write_bytes(flip(checkpoint.read_bytes(), -5))
    report = recover(archive, ACTOR)
    assert report.kept_because is not None
    assert path.exists()


def test_a_restricted_archive_is_only_looked_at(filled):
    archive, _ = filled
    path = plant_orphan(archive, b"left")
    archive.store.restriction = "restored without its newest ledger"
    report = recover(archive, ACTOR)
    archive.store.restriction = None
    assert path.exists()
    assert report.kept_because is not None
    assert recoveries(archive) == 0


def test_the_report_is_json_and_names_no_content(filled):
    archive, filed = filled
    path_of(archive, filed[1].blob_id).unlink()
    printed = repr(recover(archive, ACTOR).to_json())
    assert filed[1].record_id in printed
    assert "Bus route" not in printed


def test_a_damaged_key_row_does_not_stop_recovery(filled):
    archive, _ = filled
    path = plant_orphan(archive, b"left")

    def corrupt() -> None:
        raise Corrupt("a row is damaged")

    assert recover(archive, ACTOR, finish_destructions=corrupt).orphans == 1
    assert not path.exists()
