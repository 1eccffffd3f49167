"""`archiver verify bundle`: receipts, proofs and exports checked without an archive; whatever is changed is found."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from storage.bundle_check import check_bundle, check_document
from storage.errors import InvalidInput, NewerFormat
from tests.archiver.commands import Answer, new_office, run
from tests.storage.archives import flip
from tests.storage.mutating import everywhere

if TYPE_CHECKING:
    from pathlib import Path

    from tests.archiver.conftest import Filled


@pytest.fixture(scope="module")
def key(filled: Filled) -> str:
    return filled.office.run("ledger", "key", "--quiet").out.strip()


@pytest.fixture(scope="module")
def other_key(tmp_path_factory: pytest.TempPathFactory) -> str:
    office = new_office(tmp_path_factory.mktemp("other") / "archive")
    return office.run("ledger", "key", "--quiet").out.strip()


@pytest.fixture(scope="module")
def walrus(filled: Filled) -> dict[str, Any]:
    return next(one for one in map(json.loads, filled.items) if one["source"] == "inbox/a-walrus.eml")


@pytest.fixture(scope="module")
def receipt(filled: Filled, walrus: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = filled.office.json("receipt", walrus["submission"])
    return found


@pytest.fixture(scope="module")
def exported(filled: Filled, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two exported records, one with an attachment."""
    to = tmp_path_factory.mktemp("exported") / "records"
    filled.office.json("record", "export", "--query", "subject:routes OR walrus", "--to", str(to))
    return to


@pytest.fixture
def routes(exported: Path, tmp_path: Path) -> Path:
    """A copy of the exported record with an attachment."""
    (found,) = [one for one in exported.iterdir() if (one / "002-routes.csv").exists()]
    return shutil.copytree(found, tmp_path / found.name)


def anywhere(*arguments: str) -> Answer:
    """Run with no archive, no passphrase and nothing that names one."""
    return run("verify", "bundle", *arguments, passphrase=None)


def saved(document: Any, folder: Path) -> str:
    path = folder / "document.json"
    path.write_text(json.dumps(document))
    return str(path)


def faulty(document: Any, key: str | None) -> bool:
    try:
        return bool(check_document(json.dumps(document).encode(), key).faults)
    except (InvalidInput, NewerFormat):
        return True


def test_a_receipt_is_proved_by_the_key_alone(receipt: dict[str, Any], key: str, tmp_path: Path):
    (tmp_path / "key").write_text(key)
    answer = anywhere(saved(receipt, tmp_path), "--key", str(tmp_path / "key"), "--json")
    assert answer.status == 0, answer.err
    assert answer.document["trusted"] is True
    assert answer.document["faults"] == []


def test_for_people_it_says_line_by_line_what_holds(receipt: dict[str, Any], key: str, tmp_path: Path):
    out = anywhere(saved(receipt, tmp_path), "--key", key).out
    assert f"the bytes with SHA-256 {receipt['sha256']} ({receipt['size']:,} bytes) were received on" in out
    assert out.rstrip().endswith("proved by the key that you gave.")


def test_without_a_key_it_says_what_to_compare(receipt: dict[str, Any], tmp_path: Path):
    answer = anywhere(saved(receipt, tmp_path), "--json")
    assert answer.status == 0
    assert answer.document["trusted"] is False
    assert answer.document["fingerprint"] == receipt["fingerprint"]


def test_the_key_of_another_archive_is_a_fault(receipt: dict[str, Any], other_key: str, tmp_path: Path):
    answer = anywhere(saved(receipt, tmp_path), "--key", other_key, "--json")
    assert answer.status == 6
    assert [one["kind"] for one in answer.document["faults"]] == ["key"]
    assert answer.document["trusted"] is False


@pytest.mark.parametrize("keyed", [True, False], ids=["with the key", "by itself"])
def test_no_value_of_a_receipt_can_be_changed(receipt: dict[str, Any], key: str, keyed: bool):  # noqa: FBT001
    tried = everywhere(receipt)
    assert len(tried) >= 200
    assert [one for one in tried if not faulty(one, key if keyed else None)] == []


def test_what_the_ledger_binds_is_named_as_such(receipt: dict[str, Any], key: str):
    for name, value in (("sha256", "0" * 64), ("size", 1), ("received_at", "2020-01-01T00:00:00+00:00")):
        verdict = check_document(json.dumps({**receipt, name: value}).encode(), key)
        assert "payload" in {one.kind for one in verdict.faults}, name


def test_a_forger_with_a_key_of_his_own_does_not_pass(receipt: dict[str, Any], key: str, other_key: str):
    assert faulty({**receipt, "key": other_key}, key)


def test_an_older_checkpoint_does_not_fit_the_proof(filled: Filled, receipt: dict[str, Any], key: str):
    older = filled.office.json("ledger", "consistency", "3", "5")["old_checkpoint"]
    forged = {**receipt, "proof": {**receipt["proof"], "checkpoint": older}}
    verdict = check_document(json.dumps(forged).encode(), key)
    assert "checkpoint" in {one.kind for one in verdict.faults}


def test_a_receipt_of_a_later_format_asks_for_the_newer_program(receipt: dict[str, Any], tmp_path: Path):
    answer = anywhere(saved({**receipt, "format": 2}, tmp_path))
    assert answer.status == 1
    assert "newer program" in answer.err


def test_the_proof_of_another_submission_does_not_fit(filled: Filled, receipt: dict[str, Any], key: str):
    line = next(one for one in map(json.loads, filled.items) if one["source"] == "inbox/b-routes.eml")
    other = filled.office.json("receipt", line["submission"])
    kinds = {one.kind for one in check_document(json.dumps({**receipt, "proof": other["proof"]}).encode(), key).faults}
    assert {"leaf", "payload", "signature"} <= kinds


def test_the_file_that_was_kept_is_compared(filled: Filled, receipt: dict[str, Any], key: str, tmp_path: Path):
    path = saved(receipt, tmp_path)
    assert anywhere(path, "--key", key, "--file", str(filled.inbox / "a-walrus.eml")).status == 0
    answer = anywhere(path, "--key", key, "--file", str(filled.inbox / "b-routes.eml"), "--json")
    assert answer.status == 6
    assert [one["kind"] for one in answer.document["faults"]] == ["file"]
    assert anywhere(path, "--file", str(tmp_path / "absent")).status == 3


@pytest.mark.parametrize(
    ("content", "status"), [(b"{", 2), (b"[1]", 2), (b"{}", 2), (b"hello", 2), (b'{"payload": 1}', 6)]
)
def test_what_is_no_bundle_is_one_sentence(content: bytes, status: int, tmp_path: Path):
    (tmp_path / "document").write_bytes(content)
    answer = anywhere(str(tmp_path / "document"))
    assert answer.status == status
    assert len(answer.err.splitlines()) <= 1
    assert "Traceback" not in answer.err


def test_what_is_not_there_ends_with_3(tmp_path: Path, receipt: dict[str, Any]):
    assert anywhere(str(tmp_path / "absent")).status == 3
    assert anywhere(saved(receipt, tmp_path), "--key", str(tmp_path / "absent")).status == 3
    assert anywhere(str(tmp_path)).status == 2


def test_an_archive_s_own_options_do_not_go_with_a_bundle(receipt: dict[str, Any], tmp_path: Path):
    path = saved(receipt, tmp_path)
    assert run("verify", "--sample", "3", "bundle", path, passphrase=None).status == 2
    assert run("verify", "--json", "bundle", path, passphrase=None).document["bundle"] == "receipt"


def test_the_proof_of_the_ledger_is_checked(filled: Filled, walrus: dict[str, Any], key: str, tmp_path: Path):
    for name in (walrus["submission"], walrus["records"][0]):
        proof = filled.office.json("ledger", "proof", name)
        assert anywhere(saved(proof, tmp_path), "--key", key).status == 0
        assert faulty({**proof, "subject": "sub_other"}, key)


def test_the_consistency_of_two_heads_is_checked(filled: Filled, key: str, tmp_path: Path):
    document = filled.office.json("ledger", "consistency", "3", "9")
    answer = anywhere(saved(document, tmp_path), "--key", key, "--json")
    assert (answer.status, answer.document["trusted"]) == (0, True)
    assert faulty({**document, "old_checkpoint": document["new_checkpoint"]}, key)


def test_the_checkpoint_beside_the_database_is_checked(filled: Filled, key: str):
    path = str(filled.office.folder / "ledger" / "checkpoint")
    assert anywhere(path, "--key", key).status == 0
    assert anywhere(path, "--json").document["trusted"] is False


def test_an_exported_record_is_proved_with_its_files(exported: Path, key: str):
    for folder in exported.iterdir():
        answer = anywhere(str(folder), "--key", key, "--json")
        assert (answer.status, answer.document["trusted"]) == (0, True), answer.out
        assert any("byte for byte what was handed in" in one for one in answer.document["checks"])


def test_a_folder_of_exported_records_is_proved(exported: Path, key: str):
    document = anywhere(str(exported), "--key", key, "--json").document
    assert (document["trusted"], document["records"]) == (True, 2)


def test_no_bit_of_an_exported_record_can_be_changed(routes: Path, key: str):
    tried = 0
    for path in sorted(routes.iterdir()):
        content = path.read_bytes()
        for at in range(0, len(content), max(1, len(content) // 40)):
            for bit in (1, 16):
                path.write_bytes(flip(content, at, bit))
                try:
                    trusted = check_bundle(routes, key).trusted
                except InvalidInput:
                    trusted = False
                assert not trusted, (path.name, at, bit)
                tried += 1
        path.write_bytes(content)
    assert tried > 200
    assert check_bundle(routes, key).trusted


def test_no_value_of_the_proof_of_a_record_can_be_changed(routes: Path, key: str):
    proof = json.loads((routes / "proof.json").read_bytes())
    tried = everywhere(proof)
    assert len(tried) > 200
    assert [one for one in tried if not faulty(one, key)] == []


@pytest.mark.parametrize("change", ["swap", "add", "remove", "link", "rename", "folder"])
def test_files_of_a_record_are_not_exchanged_unseen(routes: Path, key: str, change: str):
    first, second = routes / "001-original.eml", routes / "002-routes.csv"
    if change == "swap":
        first.rename(routes / "x")
        second.rename(first)
        (routes / "x").rename(second)
    elif change == "add":
        (routes / "003-more.txt").write_text("more")
    elif change == "remove":
        second.unlink()
    elif change == "link":
        second.rename(routes.parent / "elsewhere")
        second.symlink_to(routes.parent / "elsewhere")
    elif change == "rename":
        second.rename(routes / "002-other.csv")
    else:
        (routes / "more").mkdir()
    verdict = check_bundle(routes, key)
    assert not verdict.trusted
    assert {one.kind for one in verdict.faults} == {"file"}


def test_the_metadata_of_another_record_does_not_fit(exported: Path, routes: Path, key: str):
    (other,) = [one for one in exported.iterdir() if one.name != routes.name]
    shutil.copy(other / "metadata.json", routes / "metadata.json")
    assert {"file", "facts", "component"} <= {one.kind for one in check_bundle(routes, key).faults}


def test_records_of_two_archives_in_one_folder_are_not_trusted(exported: Path, tmp_path: Path, key: str):
    office = new_office(tmp_path / "archive")
    (tmp_path / "m.eml").write_bytes(b"From: jane@agency.example\r\n\r\nother\r\n")
    office.json("ingest", str(tmp_path / "m.eml"))
    together = shutil.copytree(exported, tmp_path / "together")
    (listed,) = office.json("record", "list")
    office.json("record", "export", listed["id"], "--to", str(together / listed["id"]))
    for brought in (key, None):
        verdict = check_bundle(together, brought)
        assert "key" in {one.kind for one in verdict.faults}
        assert not verdict.trusted


def test_a_record_that_a_folder_holds_twice_is_a_fault(exported: Path, tmp_path: Path, key: str):
    together = shutil.copytree(exported, tmp_path / "together")
    one = min(exported.iterdir())
    shutil.copytree(one, together / "a-copy")
    answer = anywhere(str(together), "--key", key, "--json")
    assert (answer.status, answer.document["trusted"]) == (6, False)
    (fault,) = answer.document["faults"]
    assert (fault["kind"], one.name in fault["detail"]) == ("record", True)
