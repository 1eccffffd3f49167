"""Signal's plain-text export: the frames of a backup as lines of JSON, with files beside them."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ingest.formats.chats import signal_jsonl
from ingest.formats.chats.model import Media, Said, Stated
from ingest.formats.container import Remark
from tests.ingest.formats.chats.reading import gone_wrong, held, read, stated
from tests.ingest.formats.chats.signal_writing import ANN, SENT

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2024, 5, 13, 11, 33, 20, tzinfo=UTC)
ACI = base64.b64encode(ANN).decode()
LINES: tuple[dict[str, Any], ...] = (
    {"version": "1", "backupTimeMs": "1715636551000"},
    {"account": {"givenName": "Boba", "familyName": "Fett"}},
    {"recipient": {"id": "1", "self": {}}},
    {"recipient": {"id": "4", "contact": {"aci": ACI, "e164": "16105550101", "profileGivenName": "Ann"}}},
    {"chat": {"id": "2", "recipientId": "4"}},
)


def exported(*items: dict[str, Any], **files: bytes) -> dict[str, bytes]:
    text = "".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in (*LINES, *items))
    return {"backup/main.jsonl": text.encode("utf-8", "surrogatepass"), **files}


def chat_item(**fields: Any) -> dict[str, Any]:
    return {"chatItem": {"chatId": "2", "authorId": "4", "dateSent": str(SENT), "incoming": {}, **fields}}


def test_a_line_of_the_plain_text_export_is_a_message_with_its_exact_bytes():
    line = chat_item(standardMessage={"text": {"body": "Grüße"}})
    found = read(signal_jsonl, held(exported(line)))
    one = found[0][0]
    assert (one.message.text, one.message.sender, one.message.at) == ("Grüße", "Ann", AT)
    assert one.message.raw == json.dumps(line, ensure_ascii=False).encode()
    assert not one.thread.serialised


def test_words_below_a_file_are_named():
    lines = [
        chat_item(standardMessage={"attachments": [{"pointer": {"fileName": "a.png", "caption": words}}]})
        for words in ("", "the gym")
    ]
    plain, captioned = read(signal_jsonl, held(exported(*lines)))[0]
    assert (plain.message.unmapped, captioned.message.unmapped) == ((), ("standardMessage.attachments.caption",))


def test_a_file_is_found_by_the_hash_of_its_content():
    plain = hashlib.sha256(b"picture").digest()
    pointer = {"fileName": "a.png", "locatorInfo": {"plaintextHash": base64.b64encode(plain).decode()}}
    line = chat_item(standardMessage={"attachments": [{"pointer": pointer}]})
    name = f"backup/files/{plain.hex()[:2]}/{plain.hex()}.png"
    files = exported(line)
    assert read(signal_jsonl, held({**files, name: b"picture"}))[0][0].message.attachments[0].entry == name
    assert read(signal_jsonl, held(files))[0][0].message.attachments == (Media(name="a.png"),)


def test_a_damaged_line_is_counted_as_lost():
    files = exported(chat_item(standardMessage={"text": {"body": "a"}}))
    files["backup/main.jsonl"] += b'{"chatItem": {"chatId": "2"\n\n[' + b"[" * 100_000 + b"\n"
    found, counts, remarks = read(signal_jsonl, held(files))
    assert len(found) == 1
    assert [one.lost for one in remarks] == [2]
    assert stated(counts, "messages") == 3


def test_a_lone_surrogate_is_replaced_and_stays_in_the_bytes():
    files = exported()
    files["backup/main.jsonl"] += b'{"chatItem":{"chatId":"2","standardMessage":{"text":{"body":"a\\ud800b"}}}}\n'
    one = read(signal_jsonl, held(files))[0][0].message
    assert one.text == "a\ufffdb"
    assert b"\\ud800" in one.raw


@pytest.mark.parametrize("seed", range(3))
def test_wrong_types_anywhere_end_in_messages_or_remarks(seed: int):
    item_ = chat_item(
        revisions=[chat_item()["chatItem"]],
        standardMessage={
            "text": {"body": "a\ufffc", "bodyRanges": [{"start": 1, "length": 1, "mentionAci": ACI}]},
            "quote": {"targetSentTimestamp": "5", "authorId": "4", "text": {"body": "x"}},
            "reactions": [{"emoji": "x", "authorId": "4", "sentTimestamp": "5"}],
            "attachments": [{"pointer": {"fileName": "a", "locatorInfo": {"plaintextHash": "AA=="}}}],
        },
    )
    update = chat_item(updateMessage={"groupChange": {"updates": [{"groupNameUpdate": {"newGroupName": "x"}}]}})
    for spoiled in gone_wrong([*LINES[1:], item_, update], seed, 300):
        lines = "".join(f"{json.dumps(one)}\n" for one in (LINES[0], *spoiled)).encode()
        found = list(signal_jsonl.read(held({"main.jsonl": lines})))
        for one in found:
            if isinstance(one, Said):
                one.message.text.encode()
        counted = sum(one.count for one in found if isinstance(one, Stated) and one.what == "messages")
        lost = sum(one.lost or 0 for one in found if isinstance(one, Remark))
        assert counted == lost + sum(isinstance(one, Said) for one in found)


def test_the_plain_text_export_beside_the_project_says_what_is_told(shared_dir: Path):
    folder = shared_dir / "fixtures/signal-jsonl/spec-derived"
    names = [one for one in folder.rglob("*") if one.is_file() and one.name not in {"ORIGIN.json", "expected.json"}]
    export = held({one.relative_to(folder).as_posix(): one.read_bytes() for one in names})
    found = [one.message for one in read(signal_jsonl, export)[0]]
    assert [one.at and one.at.isoformat() for one in found] == [
        "2024-05-13T11:33:20+00:00", "2024-05-13T11:35:00+00:00", "2024-05-13T11:36:40+00:00"
    ]  # fmt: skip
    assert [one.sender for one in found] == ["Alice Smith", "Boba Fett", "Alice Smith"]
    assert found[0].text == "hello @\ufffc"
    assert found[1].attachments[0].present
    assert (found[1].reply_to, found[2].deleted) == (found[0].id, True)
