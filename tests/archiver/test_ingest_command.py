"""`archiver ingest` as the command contract says it."""

from __future__ import annotations

import errno
import hashlib
import json
from typing import TYPE_CHECKING

from storage.errors import StorageFull
from storage.local_blobs import LocalBlobs
from tests.archiver.commands import CUSTODIAN, a_mail

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.archiver.commands import Office
    from tests.archiver.conftest import Filled

COUNTS = ("archived", "duplicate", "quarantined", "failed", "waiting")


def test_every_item_is_counted_once_under_one_outcome(filled: Filled):
    report = filled.report
    assert report["seen"] == sum(report[name] for name in COUNTS) == 8
    assert {name: report[name] for name in COUNTS} == {
        "archived": 5,
        "duplicate": 1,
        "quarantined": 1,
        "failed": 1,
        "waiting": 0,
    }
    assert report["records"] == 5
    assert report["seconds"] > 0


def test_something_quarantined_or_failed_makes_the_exit_status_6(filled: Filled):
    assert filled.status == 6


def test_every_problem_names_its_source_its_outcome_and_a_reason(filled: Filled):
    problems = {one["source"]: one for one in filled.report["problems"]}
    assert problems["inbox/c-stranger.eml"]["outcome"] == "quarantined"
    assert "custodian" in problems["inbox/c-stranger.eml"]["reason"]
    assert problems["inbox/f-link.eml"] == {
        "source": "inbox/f-link.eml",
        "outcome": "failed",
        "reason": "it is no regular file",
    }


def test_the_items_file_has_a_line_for_each_item_with_the_digest_of_its_bytes(filled: Filled):
    lines = [json.loads(line) for line in filled.items]
    assert len(lines) == filled.report["seen"]
    assert all(set(one) >= {"source", "outcome", "reason", "submission", "records", "sha256"} for one in lines)
    by_source = {one["source"]: one for one in lines}
    walrus = by_source["inbox/a-walrus.eml"]
    assert walrus["sha256"] == hashlib.sha256((filled.inbox / "a-walrus.eml").read_bytes()).hexdigest()
    assert walrus["outcome"] == "archived"
    assert len(walrus["records"]) == 1
    assert [f"inbox/e-box.mbox#{number}" in by_source for number in (1, 2, 3)] == [True] * 3


def test_the_same_again_is_a_duplicate_and_success(filled: Filled):
    report = filled.office.json("ingest", str(filled.inbox / "a-walrus.eml"))
    assert (report["seen"], report["duplicate"], report["records"]) == (1, 1, 0)


def test_a_duplicate_in_the_same_run_names_the_submission_that_it_repeats(filled: Filled):
    by_source = {line["source"]: line for line in map(json.loads, filled.items)}
    first, again = by_source["inbox/a-walrus.eml"], by_source["inbox/d-again.eml"]
    assert again["outcome"] == "duplicate"
    assert again["submission"] == first["submission"]
    assert again["records"] == first["records"]


def test_a_missing_path_ends_with_3(office: Office):
    answer = office.run("ingest", "/nowhere/at/all", "--json")
    assert answer.status == 3
    assert answer.error["kind"] == "not_found"
    assert answer.error["path"] == "/nowhere/at/all"


def test_an_empty_folder_ends_with_3_and_an_account_of_nothing(office: Office, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    answer = office.run("ingest", str(tmp_path / "empty"), "--json")
    assert answer.status == 3
    assert answer.document["seen"] == 0
    assert answer.error["kind"] == "not_found"


def test_an_empty_path_is_no_path(office: Office):
    assert office.run("ingest", "").status == 3


def test_an_unknown_custodian_ends_with_3_before_anything_is_taken(office: Office, tmp_path: Path):
    (tmp_path / "m.eml").write_bytes(a_mail("M", "m"))
    assert office.run("ingest", str(tmp_path / "m.eml"), "--custodian", "nobody@agency.example").status == 3
    assert office.json("verify")["records"] == 0


def test_a_named_custodian_owns_what_strangers_sent(office: Office, tmp_path: Path):
    (tmp_path / "m.eml").write_bytes(a_mail("M", "m", sender="stranger@far.example"))
    report = office.json("ingest", str(tmp_path / "m.eml"), "--custodian", CUSTODIAN)
    assert report["archived"] == 1


def test_without_waiting_it_returns_after_the_deposit(office: Office, tmp_path: Path):
    (tmp_path / "m.eml").write_bytes(a_mail("M", "m"))
    report = office.json("ingest", str(tmp_path / "m.eml"), "--no-wait")
    assert (report["seen"], report["waiting"], report["archived"]) == (1, 1, 0)


def test_a_dry_run_counts_and_takes_nothing(office: Office, filled: Filled):
    report = office.json("ingest", str(filled.inbox), "--dry-run")
    assert report["seen"] == 7
    assert office.json("verify")["records"] == 0


def test_the_archive_itself_is_not_taken_in(office: Office):
    answer = office.run("ingest", str(office.folder / "keys"), "--json")
    assert answer.status == 2
    assert answer.error["kind"] == "invalid_input"


def test_a_folder_around_the_archive_passes_it_over_and_says_so(office: Office, tmp_path: Path):
    (tmp_path / "m.eml").write_bytes(a_mail("M", "m"))
    report = office.json("ingest", str(tmp_path), status=6)
    assert (report["seen"], report["archived"], report["failed"]) == (2, 1, 1)
    assert report["problems"][0]["reason"] == "it is the archive itself"


def test_an_account_that_cannot_be_written_is_refused_before_anything_is_taken(office: Office, tmp_path: Path):
    (tmp_path / "m.eml").write_bytes(a_mail("M", "m"))
    answer = office.run("ingest", str(tmp_path / "m.eml"), "--items", str(tmp_path), "--json")
    assert answer.status == 2
    assert "--items" in answer.error["message"]
    assert office.json("verify")["records"] == 0


def test_a_full_disk_ends_with_75_and_the_same_again_takes_everything(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "m.eml").write_bytes(a_mail("M", "m"))

    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(LocalBlobs, "_create", refuse)
        answer = office.run("ingest", str(tmp_path / "m.eml"), "--json")
    assert answer.status == 75
    assert answer.error["kind"] == StorageFull.kind
    assert answer.document["seen"] == answer.document["failed"] == 1
    assert office.json("verify")["faults"] == []
    assert office.json("ingest", str(tmp_path / "m.eml"))["archived"] == 1
