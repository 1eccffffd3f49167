"""`archiver record` as the command contract says it: show, export, receipt, custody, list."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from archiver.reading import ComponentSource
from storage.errors import Corrupt
from tests.archiver.conftest import ATTACHED, WITH_ATTACHMENT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.archiver.commands import Office
    from tests.archiver.conftest import Filled

SHOWN = {
    "id": str,
    "kind": str,
    "state": str,
    "captured": {"at", "channel", "submitter", "custodian", "sha256", "size", "submission"},
    "provenance": {"grade", "verified", "asserted", "dkim"},
    "original": {"from", "to", "cc", "date", "subject", "message_id"},
    "forward": {"method", "by", "comment", "chain"},
    "platform": type(None),
    "conversation": type(None),
    "messages": list,
    "text": str,
    "components": list,
    "series": str,
    "retention": {"decision", "eligible_on", "latest_on", "reasons"},
    "holds": list,
}


def the_id(office: Office, query: str) -> str:
    (found,) = office.run("search", "--ids", query).out.split()
    return found


@pytest.fixture(scope="module")
def routes(filled: Filled) -> dict[str, Any]:
    document: dict[str, Any] = filled.office.json("record", "show", the_id(filled.office, "subject:routes"))
    return document


def test_a_shown_record_has_every_field_of_the_contract(routes: dict[str, Any]):
    for name, expected in SHOWN.items():
        if isinstance(expected, set):
            assert set(routes[name]) >= expected, name
        else:
            assert isinstance(routes[name], expected), name


def test_a_shown_record_says_what_the_mail_says(routes: dict[str, Any]):
    original = routes["original"]
    assert original["from"] == {"name": "Jane Doe", "address": "jane.doe@mail.example"}
    assert original["to"] == [{"name": None, "address": "archive@agency.example"}]
    assert original["subject"] == "Bus routes"
    assert original["date"] == "2026-03-03T09:30:00-08:00"
    assert original["message_id"] == "<routes@mail.example>"
    assert routes["forward"] == {"method": "none", "by": None, "comment": None, "chain": []}


def test_the_captured_facts_are_those_of_the_bytes(routes: dict[str, Any]):
    captured = routes["captured"]
    assert captured["sha256"] == hashlib.sha256(WITH_ATTACHMENT).hexdigest()
    assert captured["size"] == len(WITH_ATTACHMENT)
    assert captured["channel"] == "cli"
    assert captured["at"].endswith("+00:00")


def test_the_components_are_the_original_and_the_attachment(routes: dict[str, Any]):
    original, attachment = routes["components"]
    assert (original["role"], original["sha256"]) == ("original", routes["captured"]["sha256"])
    assert (attachment["role"], attachment["name"]) == ("attachment", "routes.csv")
    assert attachment["sha256"] == hashlib.sha256(ATTACHED).hexdigest()
    assert all(set(one) >= {"id", "role", "media_type", "name", "size", "sha256"} for one in routes["components"])


def test_showing_for_people_prints_text_and_no_json(filled: Filled):
    answer = filled.office.run("record", "show", the_id(filled.office, "walrus"))
    assert answer.status == 0
    assert "Subject:  Walrus" in answer.out
    assert "{" not in answer.out


def test_an_unknown_record_ends_with_3(filled: Filled):
    answer = filled.office.run("record", "show", "rec_none", "--json")
    assert answer.status == 3
    assert answer.error["record"] == "rec_none"


def test_an_export_is_byte_exact_with_metadata_and_proof(filled: Filled, routes: dict[str, Any], tmp_path: Path):
    done = filled.office.json("record", "export", routes["id"], "--to", str(tmp_path / "out"))
    written = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert written["001-original.eml"] == WITH_ATTACHMENT
    assert written["002-routes.csv"] == ATTACHED
    assert json.loads(written["metadata.json"])["id"] == routes["id"]
    proof = json.loads(written["proof.json"])
    assert routes["id"] in proof["leaf"]
    assert proof["position"] < proof["tree_size"]
    assert {one["file"] for one in done["files"]} == {"001-original.eml", "002-routes.csv"}


def test_an_export_into_a_folder_that_holds_something_is_a_conflict(filled: Filled, tmp_path: Path):
    (tmp_path / "there").write_text("already")
    answer = filled.office.run("record", "export", the_id(filled.office, "walrus"), "--to", str(tmp_path), "--json")
    assert answer.status == 5
    assert answer.error["kind"] == "conflict"


def test_an_export_of_a_search_that_finds_nothing_ends_with_3(filled: Filled, tmp_path: Path):
    answer = filled.office.run("record", "export", "--query", "xyzzy", "--to", str(tmp_path / "none"), "--json")
    assert answer.status == 3
    assert "no record was chosen" in answer.err


def test_an_export_of_all_writes_a_folder_for_each_record(filled: Filled, tmp_path: Path):
    done = filled.office.json("record", "export", "--all", "--to", str(tmp_path / "all"))
    listed = {one["id"] for one in filled.office.json("record", "list")}
    assert {path.name for path in (tmp_path / "all").iterdir()} == listed
    assert (done["exported"], done["files"], done["failed"]) == (5, 6, [])
    digests = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (tmp_path / "all").glob("*/001-original.eml")}
    expected = {json.loads(line)["sha256"] for line in filled.items if json.loads(line)["outcome"] == "archived"}
    assert digests == expected


def test_an_export_of_several_goes_on_after_one_that_is_not_there(filled: Filled, tmp_path: Path):
    found = the_id(filled.office, "walrus")
    to = str(tmp_path / "some")
    done = filled.office.json("record", "export", "rec_none", found, "--to", to, status=6)
    assert done["exported"] == 1
    assert [one["record"] for one in done["failed"]] == ["rec_none"]
    assert (tmp_path / "some" / found / "001-original.eml").is_file()


def test_an_export_names_what_is_damaged_and_goes_on(filled: Filled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    whole = ComponentSource.read

    def damaged(self: ComponentSource, described: Any, component: Any) -> bytes:
        if component.role == "attachment":
            raise Corrupt("a component is not what was described")
        return whole(self, described, component)

    monkeypatch.setattr(ComponentSource, "read", damaged)
    done = filled.office.json("record", "export", "--all", "--to", str(tmp_path / "all"), status=6)
    assert (done["exported"], len(done["failed"])) == (4, 1)


@pytest.mark.parametrize("arguments", [[], ["rec_1", "--all"]])
def test_an_export_needs_ids_or_all(filled: Filled, tmp_path: Path, arguments: list[str]):
    assert filled.office.run("record", "export", *arguments, "--to", str(tmp_path / "out")).status == 2


def test_the_receipt_names_digest_place_in_the_ledger_and_outcome(filled: Filled):
    line = next(one for one in map(json.loads, filled.items) if one["source"] == "inbox/a-walrus.eml")
    document = filled.office.json("record", "receipt", line["submission"])
    assert document["sha256"] == line["sha256"]
    assert document["outcome"] == "archived"
    assert document["records"] == line["records"]
    assert document["proof"]["tree_size"] > document["proof"]["position"]


def test_custody_begins_with_the_deposit_and_names_who_looked(filled: Filled, routes: dict[str, Any]):
    events = filled.office.json("record", "custody", routes["id"])
    kinds = [one["kind"] for one in events]
    assert kinds[:2] == ["submission.deposited", "record.archived"]
    assert "record.viewed" in kinds
    assert events[-1]["actor"].startswith("operator:")


def test_a_list_has_every_record_once(filled: Filled):
    listed = [one["id"] for one in filled.office.json("record", "list", "--state", "active")]
    assert len(listed) == len(set(listed)) == 5


def test_a_control_character_of_a_mail_does_not_reach_the_terminal(office: Office, tmp_path: Path):
    subject = "\x1b]0;owned\x07bell"
    (tmp_path / "m.eml").write_bytes(f"From: jane.doe@mail.example\r\nSubject: {subject}\r\n\r\nx\x1b[2J\r\n".encode())
    assert office.run("ingest", str(tmp_path / "m.eml")).status == 0
    (listed,) = office.json("record", "list")
    shown = office.run("record", "show", listed["id"])
    assert "\x1b" not in shown.out
    assert "\x07" not in shown.out
