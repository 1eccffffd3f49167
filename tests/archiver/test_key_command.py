"""`archiver key`: who can open the archive, and the rotation of its keys, as people use them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from unittest import mock

from archiver.chores import chores_of
from archiver.unlocking import unlock_folder
from archiver.wiring import open_installation
from storage.errors import TemporarilyUnavailable
from storage.rotation import Rotation
from tests.archiver.commands import PASSPHRASE, Office, a_mail

if TYPE_CHECKING:
    from pathlib import Path

NEXT = "another long passphrase"


def a_key_file(place: Path, content: bytes = bytes(range(64))) -> str:
    path = place / "key"
    path.write_bytes(content)
    return str(path)


def slots(office: Office) -> list[tuple[int, str]]:
    return [(one["number"], one["kind"]) for one in office.json("key", "slot", "list", passphrase=None)["slots"]]


def test_the_slots_are_listed_without_a_passphrase(office: Office):
    assert slots(office) == [(1, "passphrase"), (2, "recovery")]
    assert "made with the archive" in office.run("key", "slot", "list", passphrase=None).out


def test_a_passphrase_is_changed_by_adding_one_and_removing_the_other(office: Office):
    added = office.json("key", "slot", "add", ARCHIVER_NEW_PASSPHRASE=NEXT)
    assert (added["number"], added["kind"]) == (3, "passphrase")
    removed = office.json("key", "slot", "remove", "1", "--yes", passphrase=NEXT)
    assert (removed["removed"]["number"], len(removed["slots"])) == (1, 2)
    assert office.run("custodian", "list").status == 4
    assert office.run("custodian", "list", passphrase=NEXT).status == 0


def test_a_new_passphrase_comes_from_a_file_too_and_must_be_long_enough(office: Office, tmp_path: Path):
    path = tmp_path / "next"
    path.write_text("short\n")
    refused = office.run("key", "slot", "add", "--new-passphrase-file", str(path))
    assert (refused.status, "fewer than 8" in refused.err) == (2, True)
    path.write_text(f"{NEXT}\n")
    assert office.json("key", "slot", "add", "--new-passphrase-file", str(path))["number"] == 3
    assert office.run("custodian", "list", passphrase=NEXT).status == 0


def test_a_key_file_opens_every_command_by_option_and_by_environment(office: Office, tmp_path: Path):
    path = a_key_file(tmp_path)
    assert office.json("key", "slot", "add", "--new-key-file", path)["kind"] == "key-file"
    assert office.run("custodian", "list", "--key-file", path, passphrase=None).status == 0
    assert office.run("custodian", "list", passphrase=None, ARCHIVER_KEY_FILE=path).status == 0
    assert office.run("custodian", "list", "--key-file", a_key_file(tmp_path, b"x" * 64), passphrase=None).status == 4


def test_what_the_command_names_goes_before_the_environment(office: Office, tmp_path: Path):
    path = a_key_file(tmp_path)
    office.json("key", "slot", "add", "--new-key-file", path)
    assert office.run("custodian", "list", "--key-file", path, passphrase="wrong passphrase").status == 0
    assert office.run("custodian", "list", ARCHIVER_KEY_FILE=str(tmp_path / "none")).status == 0


def test_two_secrets_for_one_opening_are_refused(office: Office, tmp_path: Path):
    path = a_key_file(tmp_path)
    answer = office.run("custodian", "list", "--key-file", path, "--passphrase-file", path)
    assert (answer.status, "not both" in answer.err) == (2, True)


def test_a_key_file_that_is_missing_short_or_huge_is_one_sentence(office: Office, tmp_path: Path):
    for content, status in ((b"k" * 31, 2), (b"k" * ((1 << 20) + 1), 2)):
        answer = office.run("key", "slot", "add", "--new-key-file", a_key_file(tmp_path, content))
        assert (answer.status, answer.err.count("\n")) == (status, 1)
    missing = office.run("custodian", "list", "--key-file", str(tmp_path / "none"), passphrase=None)
    assert (missing.status, missing.err.count("\n")) == (3, 1)


def test_an_archive_made_with_a_key_file_opens_with_it(tmp_path: Path):
    office = Office(folder=tmp_path / "archive")
    path = a_key_file(tmp_path, b"\n" + bytes(range(63)))
    office.json("init", "--key-file", path)
    assert slots(office) == [(1, "passphrase"), (2, "recovery"), (3, "key-file")]
    assert office.run("custodian", "list", "--key-file", path, passphrase=None).status == 0


def test_a_new_recovery_key_is_printed_once_and_opens(office: Office):
    added = office.json("key", "slot", "add", "--recovery")
    assert office.run("custodian", "list", passphrase=added["recovery_key"]).status == 0
    assert added["recovery_key"] not in office.run("key", "slot", "list").out
    assert office.json("key", "slot", "remove", "2", "--yes")["removed"]["kind"] == "recovery"
    last = office.run("key", "slot", "remove", "3", "--yes")
    assert (last.status, "last recovery key" in last.err) == (5, True)


def test_what_would_leave_too_little_is_refused_with_its_reason(office: Office):
    assert office.run("key", "slot", "remove", "2", "--yes").status == 5
    assert office.run("key", "slot", "remove", "1", "--yes").status == 5
    unknown = office.json("key", "slot", "remove", "9", "--yes", status=3)
    assert unknown["error"]["slot"] == 9
    assert office.run("key", "slot", "remove", "one", "--yes").status == 2
    assert slots(office) == [(1, "passphrase"), (2, "recovery")]


def test_removing_without_a_yes_is_not_done_where_nobody_can_be_asked(office: Office):
    office.json("key", "slot", "add", ARCHIVER_NEW_PASSPHRASE=NEXT)
    answer = office.run("key", "slot", "remove", "3")
    assert (answer.status, "--yes" in answer.err) == (2, True)
    assert len(slots(office)) == 3


def test_one_kind_of_new_secret_at_a_time(office: Office, tmp_path: Path):
    answer = office.run("key", "slot", "add", "--recovery", "--new-key-file", a_key_file(tmp_path))
    assert answer.status == 2
    assert office.run("key", "slot", "add").status == 2


def test_damaged_slots_are_one_sentence(office: Office):
    (office.folder / "keys" / "slots.json").write_text("{")
    for arguments in (("slot", "list"), ("slot", "remove", "1", "--yes"), ("rotate",)):
        answer = office.run("key", *arguments)
        assert (answer.status, answer.err.count("\n"), "slots.json" in answer.err) == (1, 1, True)


def test_rotating_keeps_every_record_and_destroys_the_old_key(office: Office, tmp_path: Path):
    (tmp_path / "one.eml").write_bytes(a_mail("Walrus", "A walrus came by."))
    office.json("ingest", str(tmp_path / "one.eml"))
    report = office.json("key", "rotate")
    assert (report["epoch"], report["retired"], report["destroyed"], report["unreadable"]) == (2, [1], [1], 0)
    assert report["rewrapped"] > 2
    assert [path.name for path in (office.folder / "keys" / "epoch").iterdir()] == ["2"]
    assert office.json("search", "walrus")["total"] == 1
    assert office.json("verify", "--all")["faults"] == []
    assert "Epoch 3 wraps all keys now" in office.run("key", "rotate").out


def test_rotating_an_archive_whose_key_file_is_missing_says_so(office: Office):
    (office.folder / "keys" / "epoch" / "1").unlink()
    answer = office.run("key", "rotate")
    assert (answer.status, "keys/epoch/1 is missing" in answer.err) == (1, True)


def test_the_clock_finishes_a_rotation_that_was_interrupted(office: Office):
    with mock.patch.object(Rotation, "_retire", side_effect=TemporarilyUnavailable("interrupted; try again")):
        assert office.run("key", "rotate").status == 75
    keys = unlock_folder(office.folder, None, {"ARCHIVER_PASSPHRASE": PASSPHRASE})
    installation = open_installation(office.folder, keys)
    (chore,) = [one for one in chores_of(installation) if one.name == "rotation"]
    assert sorted(path.name for path in (office.folder / "keys" / "epoch").iterdir()) == ["1", "2"]
    chore.step()
    installation.close()
    assert [path.name for path in (office.folder / "keys" / "epoch").iterdir()] == ["2"]


def test_the_administrator_may_change_keys_and_the_officer_may_not(office: Office):
    tokens = {role: office.json("user", "add", role, "--role", role)["token"] for role in ("administrator", "officer")}
    assert office.run("key", "rotate", "--as", "officer", ARCHIVER_TOKEN=tokens["officer"]).status == 4
    assert office.run("key", "rotate", "--as", "administrator", ARCHIVER_TOKEN=tokens["administrator"]).status == 0


def test_no_secret_is_printed_or_kept_in_the_clear(office: Office):
    answer = office.run("key", "slot", "add", "--json", ARCHIVER_NEW_PASSPHRASE=NEXT)
    assert NEXT not in answer.out + answer.err
    kept = (office.folder / "keys" / "slots.json").read_text()
    assert NEXT not in kept
    assert PASSPHRASE not in kept
    assert len(json.loads(kept)["slots"]) == 3
