"""`archiver verify`, `archiver ledger` and `archiver index coverage`: what proves that nothing changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.errors import StorageFull
from storage.transaction import Store
from tests.archiver.commands import a_mail

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.archiver.commands import Office
    from tests.archiver.conftest import Filled


def test_a_whole_archive_has_no_faults(filled: Filled):
    report = filled.office.json("verify")
    assert set(report) >= {"records", "objects", "bytes", "faults", "ledger"}
    assert set(report["ledger"]) >= {"size", "root", "checkpoint"}
    assert (report["records"], report["faults"]) == (5, [])
    assert report["bytes"] > 0
    assert len(report["ledger"]["root"]) == 64


def test_a_sample_checks_that_many(filled: Filled):
    assert filled.office.json("verify", "--sample", "1")["objects"] == 1


def test_one_flipped_bit_is_named_by_its_record_and_ends_with_6(office: Office, tmp_path: Path):
    (tmp_path / "m.eml").write_bytes(a_mail("M", "m"))
    office.json("ingest", str(tmp_path / "m.eml"))
    (listed,) = office.json("record", "list")
    (sealed,) = [path for path in (office.folder / "objects").rglob("*") if path.is_file()]
    content = bytearray(sealed.read_bytes())
    content[len(content) // 2] ^= 0x10
    sealed.write_bytes(content)
    report = office.json("verify", status=6)
    assert {fault["id"] for fault in report["faults"]} == {listed["id"]}
    assert all(set(fault) >= {"kind", "id", "detail"} for fault in report["faults"])


def test_what_the_last_check_found_is_told_without_checking(office: Office, tmp_path: Path):
    nothing = office.json("verify", "--last")
    assert (nothing["whole"], nothing["newest"], nothing["faults"]) == (None, None, [])
    (tmp_path / "m.eml").write_bytes(a_mail("M", "m"))
    office.json("ingest", str(tmp_path / "m.eml"))
    (listed,) = office.json("record", "list")
    (sealed,) = [path for path in (office.folder / "objects").rglob("*") if path.is_file()]
    kept = sealed.read_bytes()
    sealed.unlink()
    office.json("verify", status=6)
    sealed.write_bytes(kept)
    last = office.json("verify", "--last", status=6)
    assert [(fault["record"], fault["object"]) for fault in last["faults"]] == [(listed["id"], sealed.name)]
    (line,) = [one for one in office.json("doctor", status=6) if one["check"] == "fixity"]
    assert line["verdict"] == "fault"
    assert listed["id"] in line["detail"]
    office.json("verify")
    assert office.json("verify", "--last")["whole"]["objects"] == 1


def test_last_checks_nothing_and_says_so_to_who_asks_for_both(office: Office):
    assert office.run("verify", "--last", "--all").status == 2
    assert office.run("verify", "--last", "--sample", "1").status == 2


def test_a_users_sealed_name_is_checked_too(office: Office):
    office.json("user", "add", "bob", "--role", "auditor")
    assert office.json("verify")["faults"] == []


def test_a_check_is_made_and_told_where_no_event_can_be_left(office: Office, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise StorageFull("archive.db cannot grow: the disk is full")

    monkeypatch.setattr(Store, "write", full)
    answer = office.run("verify", "--json")
    assert answer.status == 0
    assert answer.document["faults"] == []
    assert "left no event" in answer.err


def test_an_export_of_a_damaged_record_writes_no_false_bytes(office: Office, tmp_path: Path):
    (tmp_path / "m.eml").write_bytes(a_mail("M", "m"))
    office.json("ingest", str(tmp_path / "m.eml"))
    (listed,) = office.json("record", "list")
    (sealed,) = [path for path in (office.folder / "objects").rglob("*") if path.is_file()]
    sealed.write_bytes(sealed.read_bytes()[:-1] + b"\x00")
    answer = office.run("record", "export", listed["id"], "--to", str(tmp_path / "out"), "--json")
    assert answer.status == 1
    assert answer.error["kind"] == "corrupt"
    assert not (tmp_path / "out" / "001-original.eml").exists()


def test_a_proof_of_a_record_names_its_leaf_and_a_signed_head(filled: Filled):
    (record_id,) = filled.office.run("search", "--ids", "walrus").out.split()
    proof = filled.office.json("ledger", "proof", record_id)
    assert record_id in proof["leaf"]
    assert proof["checkpoint"].splitlines()[0].startswith("public-records-archive/")


def test_the_checkpoint_that_is_printed_is_the_one_beside_the_database(office: Office):
    printed = office.json("ledger", "checkpoint")["checkpoint"]
    assert (office.folder / "ledger" / "checkpoint").read_text("utf-8") == printed


def test_consistency_of_the_wrong_sizes_is_a_usage_error(filled: Filled):
    assert filled.office.run("ledger", "consistency", "9", "2").status == 2


def test_coverage_is_complete_also_after_people_have_only_looked(filled: Filled):
    filled.office.json("search", "walrus")
    document = filled.office.json("index", "coverage")
    assert (document["records"], document["indexed"], document["complete"]) == (5, 5, True)


def test_a_rebuilt_index_finds_the_same(filled: Filled):
    before = filled.office.run("search", "--ids", "subject:box").out
    assert filled.office.json("index", "rebuild")["indexed"] == 5
    assert filled.office.run("search", "--ids", "subject:box").out == before
