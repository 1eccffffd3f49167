"""A record out of a mailbox file names it, on every way that shows it; what a reader wrote is called no original."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.archiver.commands import CUSTODIAN, PERSONAL, a_mail
from tests.ingest.test_unpacking import mbox

if TYPE_CHECKING:
    from pathlib import Path

    from tests.archiver.commands import Office


def take(office: Office, path: Path) -> list[dict]:
    lines = path.parent / f"{path.name}.items"
    office.json("ingest", str(path), "--custodian", CUSTODIAN, "--items", str(lines))
    return [json.loads(one) for one in lines.read_text("utf-8").splitlines()]


def an_olm() -> bytes:
    mail = (
        '<?xml version="1.0"?><emails elementCount="1"><email>'
        f'<OPFMessageCopyFromAddresses><emailAddress OPFContactEmailAddressAddress="{PERSONAL}" '
        'OPFContactEmailAddressName="Jane"/></OPFMessageCopyFromAddresses>'
        "<OPFMessageCopySubject>Walrus</OPFMessageCopySubject>"
        "<OPFMessageCopyBody>A walrus came by.</OPFMessageCopyBody></email></emails>"
    )
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Accounts/a@b.example/com.microsoft.__Messages/Inbox/message_00001.xml", mail)
    return made.getvalue()


@pytest.fixture
def second(office: Office, tmp_path: Path) -> dict:
    """The line of the account about the second mail of a mailbox file."""
    (tmp_path / "in.mbox").write_bytes(mbox(a_mail("One", "1"), a_mail("Two", "2")))
    return take(office, tmp_path / "in.mbox")[1]


def test_a_record_names_the_container_and_its_place_in_there(office: Office, second: dict):
    (record,) = second["records"]
    (container,) = office.json("container", "list")["containers"]
    captured = office.json("record", "show", record)["captured"]
    assert captured["container"] == {"id": container["id"], "number": 2, "place": "in.mbox#2", "destroyed": False}
    assert f"container {container['id']}, member 2: in.mbox#2" in office.run("record", "show", record).out


def test_custody_begins_with_the_container_and_names_the_leaf_of_the_member(office: Office, second: dict):
    (record,) = second["records"]
    (container,) = office.json("container", "list")["containers"]
    events = office.json("record", "custody", record)
    assert [one["kind"] for one in events if one["container"] == container["id"]] == [
        "submission.deposited",
        "container.unpacked",
    ]
    assert events[0]["container"] == container["id"]
    assert [one["position"] for one in events] == sorted(one["position"] for one in events)
    assert f"(container {container['id']})" in office.run("record", "custody", record).out


def test_a_receipt_of_a_member_names_the_container(office: Office, second: dict, tmp_path: Path):
    (container,) = office.json("container", "list")["containers"]
    document = office.json("receipt", second["submission"])
    assert document["container"] == {"id": container["id"], "number": 2}
    assert f"container {container['id']}, member 2" in office.run("receipt", second["submission"]).out
    office.run("receipt", second["submission"], "--to", str(tmp_path / "receipt.json"))
    key = office.run("ledger", "key", "--quiet").out.strip()
    (tmp_path / "key").write_text(key)
    assert office.run("verify", "bundle", str(tmp_path / "receipt.json"), "--key", str(tmp_path / "key")).status == 0


def test_what_was_handed_in_by_itself_names_no_container(office: Office, tmp_path: Path):
    (tmp_path / "one.eml").write_bytes(a_mail("One", "1"))
    (line,) = take(office, tmp_path / "one.eml")
    (record,) = line["records"]
    assert office.json("record", "show", record)["captured"]["container"] is None
    assert {one["container"] for one in office.json("record", "custody", record)} == {None}
    assert office.json("receipt", record)["container"] is None


def test_a_serialised_message_is_exported_under_a_name_that_claims_no_original(office: Office, tmp_path: Path):
    (tmp_path / "mac.olm").write_bytes(an_olm())
    (line,) = take(office, tmp_path / "mac.olm")
    (record,) = line["records"]
    document = office.json("record", "show", record)
    assert document["components"][0]["role"] == "original"
    assert any("not the bytes sent" in note for note in document["notes"])
    assert "wrote these bytes" in document["provenance"]["verified"][0]
    office.json("record", "export", record, "--to", str(tmp_path / "out"))
    names = {one.name for one in (tmp_path / "out").iterdir()}
    assert names == {"001-serialised-message.json", "metadata.json", "proof.json"}
    written = json.loads((tmp_path / "out" / "001-serialised-message.json").read_bytes())
    assert written["archiver.serialised-message"]
    assert "\noriginal" not in office.run("record", "show", record).out
