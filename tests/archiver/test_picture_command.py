"""Pictures through the command line: archived at once, read after that, shown, found, exported and said to be unread.

The engines are planted here (`tests.ingest.planted_pictures`): what they read stands at the end of each picture.
"""

from __future__ import annotations

import base64
import json
import struct
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from archiver import reading_turns
from tests.archiver.commands import CUSTODIAN, PERSONAL, Office
from tests.ingest.planted_pictures import MARK

if TYPE_CHECKING:
    from pathlib import Path

PLANTED = "tests.ingest.planted_pictures"
OFF = {"ARCHIVER_SET_PICTURES__ENABLED": "false"}


@pytest.fixture(autouse=True)
def _planted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_turns, "READER_MODULE", PLANTED)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(*script: Any) -> bytes:
    """A whole white PNG, and behind its end what the planted engine reads in it."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 16, 16, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress((b"\0" + b"\xff" * 16) * 16))
    whole = b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b"")
    return whole + MARK + json.dumps(script).encode()


def mail_with(picture: bytes) -> bytes:
    head = (
        f"From: Jane Doe <{PERSONAL}>\r\nTo: archive@agency.example\r\nSubject: Look\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSee below.\r\n--b\r\n"
        'Content-Type: image/png\r\nContent-Disposition: attachment; filename="a.png"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode() + base64.encodebytes(picture) + b"\r\n--b--\r\n"


def hand_in(office: Office, path: Path, content: bytes) -> str:
    """Archive a file while nobody reads; the record's id."""
    path.write_bytes(content)
    answer = office.run("ingest", str(path), "--custodian", CUSTODIAN, "--json", **OFF)
    assert answer.document["archived"] == 1, answer.out
    return max(one["id"] for one in office.json("record", "list"))


def test_a_picture_is_archived_at_once_and_said_to_be_unread_while_nobody_reads(office: Office, tmp_path: Path):
    record_id = hand_in(office, tmp_path / "a.png", png("The heronry is closed"))
    shown = office.json("record", "show", record_id, **OFF)
    assert (shown["kind"], shown["provenance"]["grade"]) == ("screenshot", "D")
    assert (shown["reading"], shown["transcription"], shown["text"]) == ("off", None, "")
    assert len(shown["unsearchable"]) == 1
    found = office.json("search", "heronry", **OFF)
    assert (found["total"], found["coverage"]["unsearchable"], found["coverage"]["pictures_waiting"]) == (0, 1, 1)
    assert "not read" in office.json("receipt", record_id, **OFF)["unread"][0]
    assert "is being read" in office.json("receipt", record_id)["unread"][0]
    waiting = office.json("picture", "waiting", **OFF)
    assert waiting == {"enabled": False, "waiting": 1, "handed_in": 1, "mail": 0, "conversation": 0}
    assert "switched off" in office.run("picture", "waiting", **OFF).out


def test_what_is_read_is_shown_and_found_and_the_grade_stays(office: Office, tmp_path: Path):
    record_id = hand_in(office, tmp_path / "a.png", png("said:The heronry is closed"))
    assert office.json("picture", "read")["read"] == 1
    shown = office.json("record", "show", record_id)
    assert (shown["reading"], shown["provenance"]["grade"], shown["platform"]) == ("read", "D", "signal")
    assert shown["unsearchable"] == []
    assert shown["conversation"]["title"] == "Ana"
    assert [(one["sender"], one["text"], one["at"], one["time"]) for one in shown["messages"]] == [
        ("Ana", "The heronry is closed", None, "9:41")
    ]
    read = shown["transcription"]
    assert (read["version"], read["source"], read["author"]) == (1, "engine", "planted 1")
    assert any(one.startswith("inferred: the pictures look like signal") for one in shown["provenance"]["asserted"])
    found = office.json("search", "heronry")
    assert [one["id"] for one in found["hits"]] == [record_id]
    assert "heronry" in found["hits"][0]["snippet"]
    assert found["coverage"]["unsearchable"] == 0
    assert office.json("receipt", record_id)["unread"] == []
    assert "record.transcribed" in [one["kind"] for one in office.json("record", "custody", record_id)]
    text = office.run("record", "show", record_id).out
    assert "9:41  Ana: The heronry is closed" in text
    assert "read by planted 1" in text
    assert office.json("verify")["faults"] == []


def test_places_of_lines_are_shown_where_they_are_asked_for_and_exported(office: Office, tmp_path: Path):
    record_id = hand_in(office, tmp_path / "a.png", png("The heronry"))
    office.json("picture", "read")
    (page,) = office.json("record", "show", record_id)["transcription"]["pages"]
    assert "lines" not in page
    assert page["line_count"] == 1
    (page,) = office.json("record", "show", record_id, "--boxes")["transcription"]["pages"]
    assert [(one["text"], one["box"]) for one in page["lines"]] == [("The heronry", [0, 0, 10, 10])]
    office.json("record", "export", record_id, "--to", str(tmp_path / "out"))
    written = json.loads((tmp_path / "out" / "metadata.json").read_text("utf-8"))
    assert written["transcription"]["pages"][0]["lines"][0]["text"] == "The heronry"
    key = tmp_path / "key.txt"
    key.write_text(office.run("ledger", "key").out)
    assert office.run("verify", "bundle", str(tmp_path / "out"), "--key", str(key)).status == 0


def test_what_a_mail_carries_is_read_when_everything_is_and_adds_to_its_text(office: Office, tmp_path: Path):
    record_id = hand_in(office, tmp_path / "a.eml", mail_with(png("said:Zanzibar at nine")))
    assert office.json("picture", "waiting")["mail"] == 1
    assert office.json("picture", "read")["read"] == 0
    assert office.json("picture", "read", "--all")["read"] == 1
    shown = office.json("record", "show", record_id)
    assert (shown["kind"], shown["messages"], shown["conversation"]) == ("email", [], None)
    assert "See below." in shown["text"]
    assert "Zanzibar" in shown["text"]
    assert shown["transcription"]["transcript"]["messages"][0]["text"] == "Zanzibar at nine"
    assert office.json("search", "zanzibar")["total"] == 1
    assert office.json("search", '"see below"')["total"] == 1


def test_what_no_engine_has_the_letters_of_is_counted_and_said_by_script(office: Office, tmp_path: Path):
    record_id = hand_in(office, tmp_path / "a.png", png({"unread": "Cyrl"}))
    assert office.json("picture", "read", status=6)["unread"] == 1
    shown = office.json("record", "show", record_id)
    assert shown["transcription"]["unread"] == [{"script": "Cyrl", "reason": "no engine has its letters", "places": 1}]
    assert office.json("search", "x")["coverage"]["unsearchable"] == 1
    said = office.json("receipt", record_id)["unread"]
    assert len(said) == 1
    assert "Cyrillic" in said[0]
    assert "Cyrillic" in office.run("receipt", record_id).out


def test_a_record_is_read_again_as_a_further_version(office: Office, tmp_path: Path):
    record_id = hand_in(office, tmp_path / "a.png", png("The heronry"))
    office.json("picture", "read")
    assert office.json("picture", "read", record_id)["read"] == 1
    versions = office.json("record", "show", record_id)["transcription"]["versions"]
    assert [one["version"] for one in versions] == [1, 2]
    assert office.json("search", "heronry")["total"] == 1


def test_a_picture_that_does_harm_leaves_a_reason(office: Office, tmp_path: Path):
    record_id = hand_in(office, tmp_path / "a.png", png({"harm": "crash"}))
    assert office.json("picture", "read", status=6) | {"seconds": 0} == {
        "read": 1,
        "unread": 1,
        "waiting": 0,
        "seconds": 0,
    }
    assert "crashed" in office.json("record", "show", record_id)["unsearchable"][0]
    assert office.json("search", "x")["coverage"]["unsearchable"] == 1


def test_what_cannot_be_read_is_refused_in_a_sentence(office: Office, tmp_path: Path):
    (tmp_path / "a.txt").write_text("plain")
    office.json("ingest", str(tmp_path / "a.txt"), "--custodian", CUSTODIAN, **OFF)
    (plain,) = office.json("record", "list")
    for words, status in (
        ((plain["id"],), 5),
        (("rec_nothing",), 3),
        (("rec_nothing", "--all"), 2),
    ):
        answer = office.run("picture", "read", *words)
        assert answer.status == status
        assert answer.err.count("\n") == 1
    assert office.run("picture", "read", **OFF).status == 5
    assert office.json("picture", "read", "--all")["read"] == 0
    assert office.run("picture", "waiting").out == "No pictures wait to be read.\n"
