"""What every command does with a wrong option, a wrong secret, a wrong folder: one sentence, one status."""

from __future__ import annotations

import errno
import json
import os
import shlex
import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from archiver import start
from archiver.cli import search_command, session
from archiver.problems import Exit
from tests.archiver.commands import PASSPHRASE, Answer, run
from tests.every_case import every_case

if TYPE_CHECKING:
    from pathlib import Path

    from tests.archiver.commands import Office
    from tests.archiver.conftest import Filled

WRONG = [
    (["search", "x", "--bogus"], 2),
    (["search", "x", "--limit", "many"], 2),
    (["search", "x", "--limit", "-1"], 2),
    (["search", "x", "--limit", "99999999999999999999999"], 2),
    (["search", "x", "--offset", "-1"], 2),
    (["search", "x", "--sort", "beauty"], 2),
    (["search"], 2),
    (["search", "x", "y"], 2),
    (["record", "show"], 2),
    (["record", "show", ""], 3),
    (["record", "show", "../../etc/passwd"], 3),
    (["record", "show", "rec_" + "9" * 10_000], 3),
    (["record", "list", "--state", "lost"], 2),
    (["record", "receipt", "sub_none"], 3),
    (["record", "custody", "rec_none"], 3),
    (["verify", "--sample", "0"], 2),
    (["verify", "--sample", "99999999999999999999"], 2),
    (["retention", "evaluate", "--today", "2026-02-30"], 2),
    (["retention", "evaluate", "--today", "soon"], 2),
    (["ledger", "proof", "rec_none"], 3),
    (["ledger", "consistency", "99999999999999999999", "3"], 2),
    (["ingest"], 2),
    (["ingest", "/nowhere"], 3),
    (["ingest", "/etc/hostname", "--kind", "poem"], 2),
    (["schedule", "load", "/nowhere"], 3),
    (["schedule", "load", "/etc"], 2),
    (["schedule", "check", "/etc/hostname"], 2),
    (["custodian", "add", "no-address", "--name", "N"], 2),
    (["custodian", "add", "a@agency.example", "--name", " "], 2),
    (["user", "add", "x", "--role", "king"], 2),
    (["user", "add", "", "--role", "officer"], 2),
    (["user", "add", "x", "--role", "employee", "--custodian", "none@agency.example"], 3),
    (["init"], 5),
]


def is_one_sentence(answer: Answer) -> bool:
    lines = answer.err.strip().splitlines()
    return len(lines) == 1 and lines[0].startswith("archiver: ") and "Traceback" not in answer.err


@every_case(("arguments", "status"), WRONG, ids=[" ".join(one)[:60] or "-" for one, _ in WRONG])
def test_a_wrong_option_ends_with_its_status_and_one_sentence(filled: Filled, arguments: list[str], status: int):
    answer = filled.office.run(*arguments, "--json")
    assert answer.status == status
    assert is_one_sentence(answer), answer.err
    assert set(answer.error) >= {"kind", "message"}
    assert answer.error["message"] in answer.err


def test_without_json_an_error_leaves_stdout_empty(filled: Filled):
    answer = filled.office.run("record", "show", "rec_none")
    assert (answer.status, answer.out) == (3, "")
    assert is_one_sentence(answer)


def test_no_such_command_is_a_usage_error():
    answer = run("destroy-everything")
    assert answer.status == 2
    assert is_one_sentence(answer)


def test_no_command_at_all_shows_the_help_and_is_a_usage_error():
    answer = run()
    assert answer.status == 2
    assert "Commands:" in answer.err


def test_a_wrong_passphrase_is_one_sentence_and_denied(filled: Filled):
    answer = filled.office.run("search", "x", "--json", passphrase="not the passphrase")
    assert answer.status == 4
    assert is_one_sentence(answer)
    assert answer.error["kind"] == "denied"
    assert "not the passphrase" not in answer.err


def test_no_passphrase_and_nobody_to_ask_is_a_usage_error(filled: Filled):
    answer = filled.office.run("search", "x", passphrase=None)
    assert answer.status == 2
    assert is_one_sentence(answer)


def test_a_passphrase_file_opens_the_archive_too(filled: Filled, tmp_path: Path):
    (tmp_path / "secret").write_text(f"{PASSPHRASE}\n")
    answer = filled.office.run("search", "x", "--passphrase-file", str(tmp_path / "secret"), passphrase=None)
    assert answer.status == 0


@pytest.mark.parametrize("content", [None, ""])
def test_a_passphrase_file_that_is_missing_or_empty_is_one_sentence(
    filled: Filled, tmp_path: Path, content: str | None
):
    path = tmp_path / "secret"
    if content is not None:
        path.write_text(content)
    answer = filled.office.run("search", "x", "--passphrase-file", str(path), passphrase=None)
    assert answer.status in {2, 3}
    assert is_one_sentence(answer)


def test_a_folder_without_an_archive_ends_with_3(tmp_path: Path):
    answer = run("search", "x", "--data", str(tmp_path), "--json")
    assert answer.status == 3
    assert "archiver init" in answer.error["message"]


def test_an_empty_folder_name_is_a_usage_error():
    answer = run("search", "x", "--data", "")
    assert answer.status == 2
    assert is_one_sentence(answer)


def test_who_may_not_is_told_who_may(filled: Filled):
    answer = filled.office.run("quarantine", "reject", "sub_none", "--reason", "no record", "--json")
    assert answer.status == 4
    assert "who may: officer; act as one with --as USER" in answer.error["message"]


def test_a_misspelt_setting_is_named(office: Office):
    (office.folder / "archiver.toml").write_text("[smtp]\nprot = 25\n")
    answer = office.run("search", "x", "--json")
    assert answer.status == 2
    assert "smtp.prot" in answer.error["message"]
    assert "there is no such setting" in answer.error["message"]


def test_a_short_passphrase_makes_no_archive(tmp_path: Path):
    answer = run("init", "--data", str(tmp_path / "a"), passphrase="short")
    assert answer.status == 2
    assert not (tmp_path / "a").exists()


def test_an_unknown_zone_makes_no_archive(tmp_path: Path):
    assert run("init", "--data", str(tmp_path / "a"), "--zone", "Nowhere/Town").status == 2
    assert not (tmp_path / "a").exists()


def test_a_user_without_his_token_is_denied(filled: Filled):
    answer = filled.office.run("search", "x", "--as", "somebody", "--json")
    assert answer.status == 4
    assert answer.error["kind"] == "denied"


def test_a_token_of_nobody_is_denied(filled: Filled):
    assert filled.office.run("search", "x", "--as", "somebody", ARCHIVER_TOKEN="pra_wrong").status == 4


def test_an_administrator_cannot_read_and_an_officer_can(office: Office):
    tokens = {role: office.json("user", "add", role, "--role", role)["token"] for role in ("administrator", "officer")}
    assert office.run("search", "x", "--as", "administrator", ARCHIVER_TOKEN=tokens["administrator"]).status == 4
    assert office.run("search", "x", "--as", "officer", ARCHIVER_TOKEN=tokens["officer"]).status == 0


def test_a_busy_archive_ends_with_75(filled: Filled, monkeypatch: pytest.MonkeyPatch):
    from storage.errors import TemporarilyUnavailable  # noqa: PLC0415 - the only test that raises it

    def busy(*_: object, **__: object) -> None:
        raise TemporarilyUnavailable("the archive is busy; try again")

    monkeypatch.setattr(search_command, "search_records", busy)
    assert filled.office.run("search", "x").status == Exit.TRY_AGAIN == 75


def test_a_fault_of_the_program_is_a_sentence_that_quotes_nothing(filled: Filled, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object, **__: object) -> None:
        msg = "content of a mail"
        raise ZeroDivisionError(msg)

    monkeypatch.setattr(search_command, "search_records", broken)
    answer = filled.office.run("search", "x", "--json")
    assert answer.status == 1
    assert is_one_sentence(answer)
    assert "content of a mail" not in answer.out + answer.err
    assert answer.error["kind"] == "error"


def test_an_interrupted_command_says_that_nothing_taken_is_lost(filled: Filled, monkeypatch: pytest.MonkeyPatch):
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(search_command, "search_records", interrupted)
    answer = filled.office.run("search", "x")
    assert answer.status == 1
    assert is_one_sentence(answer)


def test_an_interruption_while_the_program_is_loaded_is_a_sentence_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    class Loading(ModuleType):
        def __getattr__(self, name: str) -> None:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "archiver.cli.main", Loading("archiver.cli.main"))
    with pytest.raises(SystemExit) as left:
        start.main()
    assert left.value.code == Exit.ERROR
    assert capsys.readouterr().err == "archiver: interrupted; nothing was done\n"


def test_a_full_disk_below_a_command_ends_with_75(filled: Filled, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(search_command, "search_records", full)
    answer = filled.office.run("search", "x", "--json")
    assert answer.status == 75
    assert answer.error["kind"] == "storage_full"


def test_workers_are_not_started_by_hand(filled: Filled, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("os.read", lambda *_: b"")
    assert run("worker", "examiner", "--data", str(filled.office.folder)).status == 2


def test_every_error_of_the_house_has_a_status_of_the_contract():
    from archiver.problems import problem_of  # noqa: PLC0415 - the only test that needs it
    from storage import errors  # noqa: PLC0415 - the same

    kinds = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.ArchiveError)]
    statuses = {one.kind: int(problem_of(one("x")).exit) for one in kinds}
    assert set(statuses.values()) <= {1, 2, 3, 4, 5, 75}
    assert statuses["invalid_input"] == 2
    assert statuses["not_found"] == 3
    assert statuses["denied"] == 4
    assert statuses["conflict"] == 5
    assert statuses["storage_full"] == statuses["temporarily_unavailable"] == 75


def test_json_output_is_one_document_on_one_line(filled: Filled):
    answer = filled.office.run("search", "x", "--json")
    assert answer.out.count("\n") == 1
    json.loads(answer.out)


def test_the_version_is_printed():
    assert run("--version").out.startswith("archiver")


def test_a_heading_that_stands_twice_in_the_settings_says_what_to_do(office: Office):
    with (office.folder / "archiver.toml").open("a") as file:
        file.write("\n[smtp]\nport = 25\n")
    answer = office.run("doctor")
    assert (answer.status, "may stand once" in answer.err) == (2, True)


def test_a_file_system_that_is_read_only_says_what_to_do(filled: Filled, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), "write.lock")

    monkeypatch.setattr(session, "open_installation", refuse)
    answer = filled.office.run("record", "list")
    assert (answer.status, "mount it writable" in answer.err) == (1, True)


def test_an_archive_without_its_slots_is_not_called_absent(office: Office):
    (office.folder / "keys" / "slots.json").unlink()
    answer = office.run("record", "list")
    assert (answer.status, "keys/slots.json" in answer.err, "archiver init" in answer.err) == (3, True, False)


def test_a_damaged_keyring_is_named_with_what_to_do(office: Office):
    keyring = office.folder / "keys" / "keyring"
    keyring.write_bytes(keyring.read_bytes()[:-1])
    answer = office.run("record", "list")
    assert (answer.status, answer.err.count("keys/keyring is damaged"), "restore it" in answer.err) == (1, 1, True)


def test_the_next_command_after_init_can_be_pasted(tmp_path: Path):
    answer = run("init", "--data", str(tmp_path / "two words"))
    (line,) = [one for one in answer.out.splitlines() if one.startswith("Next: ")]
    assert shlex.split(line)[-1] == str(tmp_path / "two words")
