"""What `archiver recover` says, what `serve` does before anything else, and the scheduled check in the clock worker."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest
import structlog

from archiver.checking import ScheduledFixity
from archiver.chores import chores_of
from archiver.cli import serve as serving
from archiver.config import load_settings
from archiver.unlocking import unlock_folder
from archiver.wiring import open_installation
from storage.errors import InvalidInput
from tests.archiver.commands import PASSPHRASE, a_mail

if TYPE_CHECKING:
    from pathlib import Path

    from tests.archiver.commands import Office


@pytest.fixture
def taken(office: Office, tmp_path: Path) -> tuple[Office, Path]:
    """An archive with one mail, and the mail's object."""
    (tmp_path / "m.eml").write_bytes(a_mail("M", "m"))
    office.json("ingest", str(tmp_path / "m.eml"))
    (sealed,) = [path for path in (office.folder / "objects").rglob("*") if path.is_file()]
    return office, sealed


class Started(Exception):
    """The services would have been started now."""


@pytest.fixture
def no_services(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(*_: object) -> None:
        raise Started

    monkeypatch.setattr(serving, "plan_services", start)


def plant_orphan(office: Office) -> Path:
    folder = office.folder / "objects" / "ab"
    folder.mkdir(exist_ok=True)
    orphan = folder / ("ab" + "c" * 62)
    orphan.write_bytes(b"left by a killed deposit")
    old = time.time() - 7_200
    os.utime(orphan, (old, old))
    return orphan


def test_recover_says_what_it_removed(taken: tuple[Office, Path]):
    office, _ = taken
    orphan = plant_orphan(office)
    assert office.json("recover", "--dry-run")["orphans_removed"] == 1
    assert orphan.exists()
    answer = office.run("recover")
    assert answer.status == 0
    assert "1 objects of interrupted deposits removed" in answer.out
    assert not orphan.exists()


def test_recover_ends_with_6_where_an_object_is_missing(taken: tuple[Office, Path]):
    office, sealed = taken
    sealed.unlink()
    (listed,) = office.json("record", "list")
    document = office.json("recover", status=6)
    assert document["missing_objects"] == [
        {"object": sealed.name, "submission": document["missing_objects"][0]["submission"], "record": listed["id"]}
    ]


@pytest.mark.usefixtures("no_services")
def test_serve_recovers_before_it_starts_anything(taken: tuple[Office, Path]):
    office, _ = taken
    orphan = plant_orphan(office)
    (office.folder / "drafts").rmdir()
    answer = office.run("serve")
    assert "Started at" in answer.err
    assert not orphan.exists()
    assert (office.folder / "drafts").is_dir()


@pytest.mark.usefixtures("no_services")
def test_serve_does_not_start_where_an_object_is_missing(taken: tuple[Office, Path]):
    office, sealed = taken
    sealed.unlink()
    (listed,) = office.json("record", "list")
    answer = office.run("serve", "--json")
    assert answer.status == 6
    assert listed["id"] in answer.err
    assert answer.error["missing_objects"][0]["object"] == sealed.name
    assert "Started at" not in answer.err


@pytest.mark.usefixtures("no_services")
def test_serve_starts_despite_missing_objects_when_told_to(taken: tuple[Office, Path]):
    office, sealed = taken
    sealed.unlink()
    (listed,) = office.json("record", "list")
    answer = office.run("serve", "--despite-missing")
    assert listed["id"] in answer.err
    assert "Started at" in answer.err


@pytest.mark.parametrize("damage", ["missing", "damaged"])
@pytest.mark.usefixtures("no_services")
def test_a_key_of_an_epoch_that_cannot_be_had_is_an_alarm(taken: tuple[Office, Path], damage: str):
    office, _ = taken
    key = office.folder / "keys" / "epoch" / "1"
    if damage == "missing":
        key.unlink()
    else:
        key.write_bytes(key.read_bytes()[:-1])
    assert office.json("recover", status=6)["epochs_lost"] == [1]
    answer = office.run("serve")
    assert answer.status == 6
    assert "keys/epoch/1 is missing or damaged" in answer.err
    assert "Started at" not in answer.err


def test_doctor_looks_at_everything_though_a_key_is_missing(taken: tuple[Office, Path]):
    office, _ = taken
    (office.folder / "keys" / "epoch" / "1").unlink()
    checks = office.json("doctor", status=6)
    faults = [one["detail"] for one in checks if one["verdict"] == "fault"]
    assert any("keys/epoch/1 is missing or damaged" in detail for detail in faults)
    assert {one["check"] for one in checks} >= {"sandbox", "index", "fixity", "backup", "services"}


def test_the_check_says_truly_why_it_left_no_event(taken: tuple[Office, Path]):
    office, _ = taken
    (office.folder / "keys" / "epoch" / "1").unlink()
    answer = office.run("verify")
    assert answer.status == 6
    (line,) = [one for one in answer.err.splitlines() if "left no event" in one]
    assert "keys/epoch/1" in line


def test_the_scheduled_check_logs_faults_without_content(taken: tuple[Office, Path]):
    office, sealed = taken
    sealed.unlink()
    keyring = unlock_folder(office.folder, None, {"ARCHIVER_PASSPHRASE": PASSPHRASE})
    installation = open_installation(office.folder, keyring)
    try:
        fixity = ScheduledFixity(installation.archive, days=1e-9, actor="service:clock")
        with structlog.testing.capture_logs() as lines:
            for _ in range(3):
                fixity.step()
    finally:
        installation.close()
    told = [line for line in lines if line["event"] == "fixity.fault"]
    assert told
    assert {line["object"] for line in told} == {sealed.name}
    assert any(line["event"] == "fixity.pass_finished" for line in lines)


def test_the_setting_turns_the_chore_off(office: Office):
    keyring = unlock_folder(office.folder, None, {"ARCHIVER_PASSPHRASE": PASSPHRASE})
    installation = open_installation(office.folder, keyring)
    try:
        assert "fixity" in {chore.name for chore in chores_of(installation)}
    finally:
        installation.close()
    settings = office.folder / "archiver.toml"
    settings.write_text(settings.read_text("utf-8").replace("# days = 30.0", "days = 0"), "utf-8")
    installation = open_installation(office.folder, keyring)
    try:
        assert "fixity" not in {chore.name for chore in chores_of(installation)}
    finally:
        installation.close()


def test_a_negative_number_of_days_is_refused(office: Office):
    settings = office.folder / "archiver.toml"
    settings.write_text(settings.read_text("utf-8").replace("# days = 30.0", "days = -1"), "utf-8")
    with pytest.raises(InvalidInput, match="fixity"):
        load_settings(office.folder)
