"""A small archive of each released format, never written again: this version opens, verifies and searches it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from storage.archive import FORMAT
from tests.archiver.commands import run
from tests.vectors.archives import FORMATS, FrozenArchive, unpack


def command(frozen: FrozenArchive, *arguments: str, status: int = 0) -> Any:
    answer = run(*arguments, "--json", "--data", str(frozen.folder), passphrase=frozen.passphrase)
    assert answer.status == status, answer.err
    return answer.document


@pytest.fixture(params=FORMATS)
def upgraded(request, tmp_path):
    frozen = unpack(request.param, tmp_path)
    command(frozen, "upgrade")
    return frozen


@pytest.fixture(params=[number for number in FORMATS if number > 1])  # format 1 had receipts without signatures
def frozen_receipts(request, tmp_path):
    facts = unpack(request.param, tmp_path).facts
    return facts, facts["receipts"]


def test_the_first_format_is_kept():
    assert FORMATS[0] == 1


def test_it_verifies_without_faults_and_its_log_goes_on_from_where_it_was(upgraded):
    report = command(upgraded, "verify")
    assert report["faults"] == []
    assert report["records"] == upgraded.facts["records"]
    proof = command(
        upgraded, "ledger", "consistency", str(upgraded.facts["ledger_size"]), str(report["ledger"]["size"])
    )
    assert proof["old"] == upgraded.facts["ledger_size"]


def test_it_is_searched(upgraded):
    for words, expected in upgraded.facts["searches"].items():
        found = command(upgraded, "search", words)
        assert [hit["id"] for hit in found["hits"]] == expected


def test_what_was_handed_in_comes_out_byte_for_byte(upgraded, tmp_path):
    answer = run("record", "export", "--all", "--to", str(tmp_path / "out"), "--data", str(upgraded.folder),
                 passphrase=upgraded.passphrase)  # fmt: skip
    assert answer.status == 0, answer.err
    digests = {hashlib.sha256(one.read_bytes()).hexdigest() for one in (tmp_path / "out").rglob("*") if one.is_file()}
    assert digests >= set(upgraded.facts["handed_in"])


def test_its_recovery_key_and_public_key_are_what_they_were(upgraded):
    answer = run("ledger", "key", "--json", "--data", str(upgraded.folder), passphrase=upgraded.facts["recovery_key"])
    assert json.loads(answer.out)["key"] == upgraded.facts["public_key"]


def test_its_users_still_prove_themselves(upgraded):
    who = upgraded.facts["officer"]
    answer = run("search", "sprinkler", "--ids", "--as", who["name"], "--data", str(upgraded.folder),
                 passphrase=upgraded.passphrase, ARCHIVER_TOKEN=who["token"])  # fmt: skip
    assert answer.status == 0, answer.err
    assert answer.out.split() == upgraded.facts["searches"]["sprinkler"]


@pytest.mark.parametrize("number", [number for number in FORMATS if number < FORMAT])
def test_an_older_archive_is_not_touched_before_it_is_upgraded(number, tmp_path):
    frozen = unpack(number, tmp_path)
    before = (frozen.folder / "archive.db").read_bytes()
    error = command(frozen, "verify", status=5)["error"]
    assert error["message"].endswith("run: archiver upgrade")
    assert (frozen.folder / "archive.db").read_bytes() == before


def test_receipts_that_were_given_out_still_check_against_the_public_key(tmp_path, frozen_receipts):
    facts, receipts = frozen_receipts
    (tmp_path / "key.txt").write_text(facts["public_key"])
    for number, receipt in enumerate(receipts):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(receipt, ensure_ascii=False), "utf-8")
        answer = run("verify", "bundle", str(path), "--key", str(tmp_path / "key.txt"), "--json", passphrase=None)
        assert answer.status == 0, answer.out
        assert answer.document["trusted"] is True


@pytest.mark.parametrize("number", [number for number in FORMATS if number > 2])  # format 2 had no containers
def test_its_containers_still_account_for_every_member(number, tmp_path):
    frozen = unpack(number, tmp_path)
    command(frozen, "upgrade")
    found = command(frozen, "container", "list")["containers"]
    accounts = [("zip", 2, 0), ("mbox", 2, 0), ("export", 2, 0), ("export", 2, 0)]
    assert [(one["kind"], one["members"], one["unexplained"]) for one in found] == accounts
    waiting = command(frozen, "quarantine", "list")
    assert waiting["total"] == 1


@pytest.mark.parametrize("number", [number for number in FORMATS if number > 2])  # format 2 had no requests
def test_its_frozen_search_and_its_request_stand_as_they_were_left(number, tmp_path):
    frozen = unpack(number, tmp_path)
    command(frozen, "upgrade")
    kept, asked = frozen.facts["frozen"], frozen.facts["request"]
    assert command(frozen, "frozen", "verify", kept["id"])["faults"] == []
    listed = run("frozen", "ids", kept["id"], "--data", str(frozen.folder), passphrase=frozen.passphrase)
    assert listed.out.split() == kept["ids"]
    shown = command(frozen, "request", "review", asked["number"], "--decision", "withhold")
    assert [one["record"] for one in shown["records"]] == [asked["withheld"]]
    assert command(frozen, "request", "show", asked["number"])["text"] == "All about the walrus costume."
    tagged = command(frozen, "request", "review", asked["number"], "--tag", asked["tagged"])
    assert [one["record"] for one in tagged["records"]] == [asked["withheld"]]
    own = [
        one["code"] for one in command(frozen, "request", "exemption", "list")["exemptions"] if one["source"] == "own"
    ]
    assert own == [asked["own_exemption"]]


@pytest.mark.parametrize("number", [number for number in FORMATS if number > 2])  # format 2 had no productions
def test_its_production_and_its_marks_stand_as_they_were_left(number, tmp_path):
    frozen = unpack(number, tmp_path)
    command(frozen, "upgrade")
    given, asked = frozen.facts["production"], frozen.facts["request"]["number"]
    found = command(frozen, "request", "produced", "--of", given["first"])
    assert [one["record"] for one in found] == [given["record"]]
    marks = command(frozen, "request", "redact", "list", asked, given["record"])["marks"]
    assert [(one["state"], one["spans"]) for one in marks] == [("final", [[0, len(given["left_out"])]])]
