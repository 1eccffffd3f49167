"""`archiver backup` as people use it: made, listed, drilled, restored, and what it refuses."""

from __future__ import annotations

import os
import shutil
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from archiver.backing_up import ScheduledBackup
from archiver.settings_sections import BackupSection
from storage.archive import open_archive
from storage.backup.account import place_tag
from storage.keys import Secret, SlotKind, unlock
from storage.shredding import Shredder
from storage.tables import backups
from tests.archiver.commands import PASSPHRASE, Office, a_mail, run

if TYPE_CHECKING:
    from pathlib import Path

    from storage.archive import Archive


def take(office: Office, folder: Path, *subjects: str) -> None:
    folder.mkdir(exist_ok=True)
    for subject in subjects:
        (folder / f"{subject}.eml").write_bytes(a_mail(subject, f"About {subject}."))
    office.json("ingest", str(folder), "--quiet")


def opened(folder: Path) -> Archive:
    secret = Secret(kind=SlotKind.PASSPHRASE, content=PASSPHRASE.encode())
    return open_archive(folder, unlock(folder / "keys", secret))


def destroy(office: Office, record_id: str) -> None:
    archive = opened(office.folder)
    shredder = Shredder(archive)
    with archive.store.write() as transaction:
        batch = shredder.decide(transaction, [record_id], "operator:test", {})
    shredder.erase(batch)
    archive.ledger.publish_checkpoint()
    archive.close()


def found(office: Office, query: str) -> list[str]:
    return office.run("search", query, "--ids").out.split()


@pytest.fixture(scope="module")
def two_records(new_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("two")
    office = Office(folder=shutil.copytree(new_archive, folder / "archive"))
    take(office, folder / "in", "walrus", "heron")
    return office.folder


@pytest.fixture
def backed_up(two_records: Path, tmp_path: Path) -> tuple[Office, Path]:
    office = Office(folder=shutil.copytree(two_records, tmp_path / "archive"))
    place = tmp_path / "place"
    office.json("backup", "create", "--to", str(place))
    return office, place


def restored(place: Path, folder: Path, *arguments: str, status: int = 0) -> tuple[Office, dict[str, Any]]:
    other = Office(folder=folder)
    return other, other.json("backup", "restore", "--from", str(place), *arguments, status=status)


def test_a_backup_is_made_listed_and_drilled(backed_up: tuple[Office, Path]):
    office, place = backed_up
    again = office.json("backup", "create", "--to", str(place))
    assert (again["number"], again["full"], again["objects"], again["faults"]) == (2, False, 0, [])
    listed = run("backup", "list", "--from", str(place), "--json").document
    assert [one["number"] for one in listed["backups"]] == [1, 2]
    drilled = office.json("backup", "drill", "--from", str(place))
    assert drilled["compared_with_archive"]
    assert drilled["faults"] == []
    assert drilled["ledger"] == again["ledger"]


def test_a_drill_needs_no_archive(backed_up: tuple[Office, Path], tmp_path: Path):
    _, place = backed_up
    answer = run("backup", "drill", "--from", str(place), "--data", str(tmp_path / "none"), "--scratch", str(tmp_path))
    assert answer.status == 0, answer.err
    assert "can be restored" in answer.out


def test_a_restored_archive_searches_reads_and_verifies(backed_up: tuple[Office, Path], tmp_path: Path):
    office, place = backed_up
    shutil.rmtree(office.folder)
    other, document = restored(place, tmp_path / "new")
    assert document["restricted"] is False
    assert document["objects"] == 2
    (record,) = found(other, "walrus")
    assert "walrus" in other.json("record", "show", record)["text"]
    assert other.json("verify")["faults"] == []


def test_the_recovery_key_alone_restores(tmp_path: Path):
    office = Office(folder=tmp_path / "archive")
    recovery = office.json("init", "--zone", "America/Chicago")["recovery_key"]
    office.json("backup", "create", "--to", str(tmp_path / "place"))
    answer = run(
        "backup", "restore", "--from", str(tmp_path / "place"), "--data", str(tmp_path / "new"), passphrase=recovery
    )
    assert answer.status == 0, answer.err


def test_what_was_destroyed_since_stays_destroyed(backed_up: tuple[Office, Path], tmp_path: Path):
    office, place = backed_up
    (walrus,), (heron,) = found(office, "walrus"), found(office, "heron")
    destroy(office, walrus)
    other, document = restored(place, tmp_path / "new", "--ledger", str(office.folder / "ledger"), status=6)
    assert document["destroyed_again"] == 1
    assert found(other, "walrus") == []
    assert found(other, "heron") == [heron]
    assert other.json("verify")["faults"] == []


def test_an_archive_with_a_gap_shows_nothing_until_the_loss_is_accepted(backed_up: tuple[Office, Path], tmp_path: Path):
    office, place = backed_up
    token = office.json("user", "add", "boss", "--role", "administrator")["token"]
    office.json("backup", "create", "--to", str(place))
    (walrus,) = found(office, "walrus")
    destroy(office, walrus)
    anchor = tmp_path / "anchor"
    anchor.write_text(office.json("ledger", "checkpoint")["checkpoint"])
    other, document = restored(place, tmp_path / "new", "--anchor", str(anchor), status=6)
    assert document["restricted"] is True
    assert document["missing_leaves"] > 0
    for arguments in (["search", "walrus"], ["record", "show", walrus], ["record", "list"], ["ingest", str(place)]):
        refused = other.run(*arguments)
        assert (refused.status, refused.out) == (5, "")
        assert "--accept-loss" in refused.err
    assert other.run("verify").status == 0
    assert "restored" in other.run("doctor").out
    assert other.run("backup", "restore", "--accept-loss").status == 4
    accepted = other.json("backup", "restore", "--accept-loss", "--as", "boss", ARCHIVER_TOKEN=token)
    assert accepted["log"] == 2
    assert found(other, "walrus") == [walrus]
    assert other.json("verify")["faults"] == []


def test_restore_and_acceptance_in_one_command(backed_up: tuple[Office, Path], tmp_path: Path):
    office, place = backed_up
    token = office.json("user", "add", "boss", "--role", "officer")["token"]
    office.json("backup", "create", "--to", str(place))
    anchor = tmp_path / "anchor"
    anchor.write_text(office.json("ledger", "checkpoint")["checkpoint"])
    other = Office(folder=tmp_path / "new")
    arguments = ("backup", "restore", "--from", str(place), "--anchor", str(anchor), "--accept-loss")
    assert other.run(*arguments).status == 4
    assert not other.folder.exists()
    document = other.json(*arguments, "--as", "boss", status=6, ARCHIVER_TOKEN=token)
    assert document["accepted"]["missing_leaves"] == document["missing_leaves"]
    assert document["restricted"] is False


@pytest.mark.parametrize(
    ("arguments", "status", "word"),
    [
        (["create"], 2, "--to"),
        (["create", "--to", "{archive}/backup"], 2, "inside each other"),
        (["create", "--to", "{place}/../in"], 5, "not empty"),
        (["list", "--from", "{place}/nowhere"], 3, "no backup"),
        (["drill", "--from", "{place}/nowhere"], 3, "no backup"),
        (["restore"], 2, "--from"),
        (["restore", "--from", "{place}"], 5, "not empty"),
        (["restore", "--from", "{place}", "--number", "9"], 5, "not empty"),
        (["restore", "--from", "{place}", "--ledger", "{place}/nowhere"], 3, "does not exist"),
        (["restore", "--from", "{place}", "--anchor", "{place}/nowhere"], 3, "does not exist"),
        (["drill", "--from", "{place}", "--ledger", "{place}/nowhere"], 3, "does not exist"),
        (["drill", "--from", "{place}", "--scratch", "{place}/nowhere"], 3, "no folder"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    backed_up: tuple[Office, Path], tmp_path: Path, arguments: list[str], status: int, word: str
):
    office, place = backed_up
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "walrus.eml").write_bytes(b"not ours")
    chosen = [one.format(archive=office.folder, place=place) for one in arguments]
    answer = office.run("backup", *chosen)
    assert answer.status == status, answer.err
    assert word in answer.err
    assert "Traceback" not in answer.err


def test_a_wrong_passphrase_restores_nothing_and_the_next_try_works(backed_up: tuple[Office, Path], tmp_path: Path):
    _, place = backed_up
    folder = str(tmp_path / "new")
    assert run("backup", "restore", "--from", str(place), "--data", folder, passphrase="wrong horse").status == 4
    assert run("backup", "restore", "--from", str(place), "--data", folder).status == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_place_that_cannot_be_written_is_refused(office: Office, tmp_path: Path):
    (tmp_path / "place").mkdir(mode=0o500)
    answer = office.run("backup", "create", "--to", str(tmp_path / "place"))
    assert (answer.status, "cannot be written" in answer.err) == (2, True)


def test_the_scheduled_backup_runs_when_its_time_has_come_and_something_happened(office: Office, tmp_path: Path):
    archive = opened(office.folder)
    late = timedelta()
    clock = archive.store.clock
    archive.store.clock = lambda: clock() + late
    section = BackupSection(to=tmp_path / "place", every_minutes=15, key_days=30)
    made: list[bool] = []
    for minutes, happens in ((0, False), (1, True), (16, False), (40, False), (60, True), (15 * 24 * 60 + 60, False)):
        late = timedelta(minutes=minutes)
        if happens:
            archive.custodians.add(f"c{minutes}@agency.example", name="C", actor="operator:test")
        chore = ScheduledBackup(archive, section, actor="service:clock")  # as after a restart
        made.append(chore.is_due())
        chore.step()
    archive.close()
    assert made == [True, False, True, False, True, True]  # the last one renews the keys


def test_doctor_says_how_old_the_backup_is(office: Office, tmp_path: Path):
    place = tmp_path / "place"
    settings = {"ARCHIVER_SET_BACKUP__TO": str(place)}
    assert "none in" in next(line for line in office.run("doctor", **settings).out.splitlines() if " backup " in line)
    office.json("backup", "create", **settings)
    assert "last one" in next(line for line in office.run("doctor", **settings).out.splitlines() if " backup " in line)


def test_a_copy_of_the_ledger_that_was_passed_over_is_a_finding(backed_up: tuple[Office, Path], tmp_path: Path):
    _, place = backed_up
    (tmp_path / "copy").mkdir()
    _, document = restored(place, tmp_path / "new", "--ledger", str(tmp_path / "copy"), status=6)
    assert str(tmp_path / "copy") in document["findings"][0]


def test_a_restore_says_what_is_not_known_unless_something_newer_was_found(
    backed_up: tuple[Office, Path], tmp_path: Path
):
    office, place = backed_up
    (tmp_path / "anchors.txt").touch()  # an anchor that was never written to knows of nothing newer
    restore = ["backup", "restore", "--from", str(place), "--data"]
    told = run(*restore, str(tmp_path / "one"), "--anchor", str(tmp_path / "anchors.txt"))
    assert "is not known here" in told.err
    take(office, tmp_path / "in", "otter")
    office.json("ledger", "checkpoint")
    told = run(*restore, str(tmp_path / "two"), "--ledger", str(office.folder / "ledger"))
    assert "is not known here" not in told.err


def test_a_backup_whose_keys_a_later_one_destroyed_is_listed_so_and_named(
    backed_up: tuple[Office, Path], tmp_path: Path
):
    office, place = backed_up
    office.json("key", "rotate")
    office.json("backup", "create", "--to", str(place))
    listed = office.json("backup", "list", "--from", str(place))["backups"]
    assert [one["has_keys"] for one in listed] == [False, True]
    answer = run("backup", "restore", "--from", str(place), "--number", "1", "--data", str(tmp_path / "new"))
    assert (answer.status, "keys of backup 1 were destroyed" in answer.err) == (3, True)
    restored(place, tmp_path / "new", "--number", "2")


def test_a_place_that_an_older_copy_wrote_to_is_told_from_an_archive_that_is_older(
    backed_up: tuple[Office, Path], tmp_path: Path
):
    office, place = backed_up
    shutil.copytree(office.folder, tmp_path / "yesterday")
    office.json("ledger", "checkpoint")
    take(Office(folder=tmp_path / "yesterday"), tmp_path / "in2", "lynx")
    Office(folder=tmp_path / "yesterday").json("backup", "create", "--to", str(place))
    older = office.run("backup", "create", "--to", str(place))
    assert (older.status, "this archive is older" in older.err) == (5, True)
    take(office, tmp_path / "in3", *(f"ibex {number}" for number in range(9)))
    forked = office.run("backup", "create", "--to", str(place))
    assert (forked.status, "this archive is older" in forked.err, "keep both" in forked.err) == (5, False, True)


def test_doctor_names_places_that_keep_keys_for_too_long(office: Office, tmp_path: Path):
    office.json("backup", "create", "--to", str(tmp_path / "left"))
    archive = opened(office.folder)
    tag = place_tag(archive, tmp_path / "left").hex()
    assert "key copies" not in office.run("doctor").out
    with archive.store.write() as transaction:
        long_ago = transaction.at - timedelta(days=31)
        transaction.connection.execute(update(backups).values(made_at=long_ago, oldest_keys_at=long_ago))
    archive.close()
    line = next(line for line in office.run("doctor").out.splitlines() if "key copies" in line)
    assert all(word in line for word in ("warning", tag, str(tmp_path / "left"), "backup create --to"))
    office.json("backup", "create", "--to", str(tmp_path / "left"))
    assert "key copies" not in office.run("doctor", ARCHIVER_SET_BACKUP__TO=str(tmp_path / "left")).out


def test_an_object_that_cannot_be_saved_is_told_by_every_backup(backed_up: tuple[Office, Path], tmp_path: Path):
    office, _ = backed_up
    next(one for one in (office.folder / "objects").rglob("*") if one.is_file()).unlink()
    for _ in range(2):
        document = office.json("backup", "create", "--to", str(tmp_path / "second"), status=6)
        assert len(document["faults"]) == 1
