"""`archiver verify`, `archiver ledger` and `archiver index coverage`: what proves that nothing changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.archiver.commands import a_mail

if TYPE_CHECKING:
    from pathlib import Path

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
