"""Receipts of deposits: what stands in them, in which forms, for whom, and one for each item of an `ingest`."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from archiver.receipts import ReceiptForm, render
from storage.bundle_check import check_document
from tests.archiver.commands import CUSTODIAN, a_mail

if TYPE_CHECKING:
    from pathlib import Path

    from tests.archiver.commands import Office
    from tests.archiver.conftest import Filled

MEMBERS = [
    "type",
    "format",
    "product",
    "archive",
    "agency",
    "zone",
    "issued_at",
    "submission",
    "received_at",
    "received_at_local",
    "channel",
    "submitter",
    "recipient",
    "custodian",
    "source",
    "container",
    "size",
    "sha256",
    "outcome",
    "reason",
    "records",
    "unread",
    "position",
    "salt",
    "payload",
    "proof",
    "key",
    "fingerprint",
    "signature",
]


@pytest.fixture(scope="module")
def walrus(filled: Filled) -> dict[str, Any]:
    """The line of the account of `ingest` about one mail."""
    return next(one for one in map(json.loads, filled.items) if one["source"] == "inbox/a-walrus.eml")


@pytest.fixture(scope="module")
def document(filled: Filled, walrus: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = filled.office.json("receipt", walrus["submission"])
    return found


def the_key(office: Office) -> str:
    return office.run("ledger", "key", "--quiet").out.strip()


def test_a_receipt_has_its_members_in_their_order(document: dict[str, Any]):
    assert list(document) == MEMBERS
    assert (document["type"], document["format"]) == ("receipt", 1)


def test_a_receipt_says_what_was_handed_in_and_what_became_of_it(
    filled: Filled, walrus: dict[str, Any], document: dict[str, Any]
):
    content = (filled.inbox / "a-walrus.eml").read_bytes()
    assert (document["sha256"], document["size"]) == (hashlib.sha256(content).hexdigest(), len(content))
    assert (document["outcome"], document["records"]) == ("archived", walrus["records"])
    assert document["custodian"] == {"name": "Jane Doe", "address": CUSTODIAN}
    assert document["source"] == "inbox/a-walrus.eml"


def test_the_times_are_one_moment_in_utc_and_in_the_archive_s_zone(document: dict[str, Any]):
    at, local = (datetime.fromisoformat(document[name]) for name in ("received_at", "received_at_local"))
    assert at == local
    assert at.utcoffset() != local.utcoffset()
    assert document["zone"] == "America/Los_Angeles"


def test_a_record_s_receipt_is_that_of_its_submission(filled: Filled, walrus: dict[str, Any]):
    of_record = filled.office.json("receipt", walrus["records"][0])
    assert of_record["submission"] == walrus["submission"]
    assert check_document(json.dumps(of_record).encode(), the_key(filled.office)).trusted


def test_the_older_command_gives_the_same_receipt(filled: Filled, walrus: dict[str, Any], document: dict[str, Any]):
    again = filled.office.json("record", "receipt", walrus["submission"])
    assert (again["sha256"], again["salt"], again["payload"]) == tuple(
        document[name] for name in ("sha256", "salt", "payload")
    )


@pytest.mark.parametrize("form", ["text", "html"])
def test_the_forms_for_people_say_every_fact(
    filled: Filled, walrus: dict[str, Any], document: dict[str, Any], form: str
):
    text = filled.office.run("receipt", walrus["submission"], "--format", form).out
    for name in (
        "agency",
        "archive",
        "submission",
        "received_at",
        "channel",
        "source",
        "sha256",
        "outcome",
        "fingerprint",
    ):
        assert document[name] in text, name
    assert f"{document['size']:,} bytes" in text
    assert walrus["records"][0] in text


def test_the_page_for_printing_loads_nothing_and_runs_nothing(filled: Filled, walrus: dict[str, Any]):
    page = filled.office.run("receipt", walrus["submission"], "--format", "html").out
    assert re.findall(r"<(?:script|link|img|iframe|object)|\b(?:src|href|on\w+)=|url\(|@import", page) == []


def test_hostile_names_stay_text_in_the_page(filled: Filled, document: dict[str, Any]):
    page = render({**document, "source": "<script>alert(1)</script>\u202e.eml"}, ReceiptForm.HTML).decode()
    assert "<script>" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;" in page


def test_a_receipt_goes_into_a_new_file_and_never_over_another(filled: Filled, walrus: dict[str, Any], tmp_path: Path):
    to = tmp_path / "receipt.json"
    filled.office.json("receipt", walrus["submission"], "--to", str(to))
    assert json.loads(to.read_bytes())["submission"] == walrus["submission"]
    assert filled.office.run("receipt", walrus["submission"], "--to", str(to)).status == 5


def test_the_ending_of_the_file_names_the_form(filled: Filled, walrus: dict[str, Any], tmp_path: Path):
    filled.office.json("receipt", walrus["submission"], "--to", str(tmp_path / "receipt.html"))
    assert (tmp_path / "receipt.html").read_text("utf-8").startswith("<!doctype html>")


def test_the_receipts_of_a_custodian_go_into_a_folder(filled: Filled, tmp_path: Path):
    to = tmp_path / "receipts"
    done = filled.office.json("receipt", "--custodian", CUSTODIAN, "--since", "2020-01-01", "--to", str(to))
    assert (done["written"], done["failed"]) == (5, [])
    key = the_key(filled.office)
    assert all(check_document(one.read_bytes(), key).trusted for one in to.iterdir())


def test_a_custodian_without_submissions_in_that_time_ends_with_3(filled: Filled, tmp_path: Path):
    to = str(tmp_path / "receipts")
    assert filled.office.run("receipt", "--custodian", CUSTODIAN, "--since", "2999-01-01", "--to", to).status == 3
    assert filled.office.run("receipt", "--custodian", "nobody@x.example", "--to", to).status == 3


def test_one_that_is_not_there_is_named_and_the_others_go_on(filled: Filled, walrus: dict[str, Any], tmp_path: Path):
    done = filled.office.json("receipt", "sub_none", walrus["submission"], "--to", str(tmp_path / "receipts"), status=6)
    assert done["written"] == 1
    assert [one["submission"] for one in done["failed"]] == ["sub_none"]


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ([], 2),
        (["sub_none"], 3),
        (["rec_none"], 3),
        (["sub_1", "--custodian", CUSTODIAN], 2),
        (["sub_1", "sub_2"], 2),
        (["--since", "yesterday", "--to", "x"], 2),
    ],
)
def test_what_cannot_be_answered_ends_with_its_status(filled: Filled, arguments: list[str], status: int):
    assert filled.office.run("receipt", *arguments).status == status


def test_ingest_writes_a_receipt_for_each_item(office: Office, tmp_path: Path):
    for number in range(3):
        (tmp_path / f"{number}.eml").write_bytes(a_mail(f"M {number}", "m"))
    paths = [str(tmp_path / f"{number}.eml") for number in range(3)]
    account, to = tmp_path / "items.jsonl", tmp_path / "receipts"
    done = office.json("ingest", *paths, "--items", str(account), "--receipts", str(to))
    lines = [json.loads(one) for one in account.read_text("utf-8").splitlines()]
    assert done["receipts"] == 3
    assert {one.name for one in to.iterdir()} == {f"{one['submission']}.json" for one in lines}
    key = the_key(office)
    for line in lines:
        content = (to / f"{line['submission']}.json").read_bytes()
        assert check_document(content, key).trusted
        assert json.loads(content)["sha256"] == line["sha256"]
        assert json.loads(content)["outcome"] == "archived"


def test_receipts_before_examination_say_that_it_waits(office: Office, tmp_path: Path):
    (tmp_path / "m.eml").write_bytes(a_mail("M", "m"))
    office.json("ingest", str(tmp_path / "m.eml"), "--no-wait", "--receipts", str(tmp_path / "receipts"))
    (written,) = (tmp_path / "receipts").iterdir()
    assert json.loads(written.read_bytes())["outcome"] is None
    assert check_document(written.read_bytes(), the_key(office)).trusted


def test_a_folder_that_cannot_be_made_is_refused_before_anything_is_taken(office: Office, tmp_path: Path):
    (tmp_path / "m.eml").write_bytes(a_mail("M", "m"))
    (tmp_path / "file").write_text("")
    answer = office.run("ingest", str(tmp_path / "m.eml"), "--receipts", str(tmp_path / "file"))
    assert answer.status == 5
    assert office.json("record", "list") == []


def test_a_file_name_that_is_no_text_still_gets_a_receipt(office: Office, tmp_path: Path):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "caf\udce9.eml").write_bytes(a_mail("M", "m"))
    office.run("ingest", str(inbox), "--receipts", str(tmp_path / "receipts"))
    (written,) = (tmp_path / "receipts").iterdir()
    assert check_document(written.read_bytes(), the_key(office)).trusted
    assert json.loads(written.read_bytes())["source"].startswith("inbox/caf")
