"""Telegram's exports from the test data of public parsers, held against the facts that those state."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ingest.formats.chats import telegram
from tests.ingest.formats.chats.reading import held, read

if TYPE_CHECKING:
    from pathlib import Path


def fixture(shared_dir: Path, path: str) -> list[Any]:
    file = shared_dir / "fixtures" / "telegram" / path
    return read(telegram, held({file.name: file.read_bytes()}, name=file.name))[0]


@pytest.mark.shared
def test_exports_of_2020_to_2023_give_their_stated_facts(shared_dir: Path) -> None:
    folder = "frozenspider__chat-history-manager"
    for case in json.loads((shared_dir / "fixtures/telegram" / folder / "expected.json").read_text())["cases"]:
        said = fixture(shared_dir, f"{folder}/{case['file']}")
        if "text_entities" in case:
            assert said[0].message.text == "\n".join(text for _, text in case["text_entities"])  # one is a quotation
            continue
        expected = case["chat"]
        found = [one.message for one in said if one.thread.key.endswith(f":{expected['id']}")]
        assert len(found) == expected["n_messages"]
        if "n_chats" in case:
            assert len({one.thread.key for one in said}) == case["n_chats"]
        if "texts" in expected:
            assert [one.text for one in found] == expected["texts"]
            assert {one.sender for one in found} == {str(expected["from_id"])}
        for one, told in zip(found, expected.get("messages", ()), strict=False):
            assert one.id == str(told["id"])
            assert one.at is not None
            if "local" in told:
                assert one.at.isoformat() == told["local"]
            if "ts" in told:
                assert one.at.timestamp() == told["ts"]
            if "text" in told:
                assert one.text == told["text"]
            assert one.system == ("event" in told)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["test_batch_export.json", "test_single_export.json"])
def test_single_and_whole_exports_give_the_same_rows(shared_dir: Path, name: str) -> None:
    folder = "joweich__chat-miner"
    rows = json.loads((shared_dir / "fixtures/telegram" / folder / "target.json").read_text())
    found = [one.message for one in fixture(shared_dir, f"{folder}/{name}")]
    assert [(one.at.replace(tzinfo=None).isoformat(), one.sender, one.text) for one in found] == [
        (row["timestamp"], row["author"], row["message"]) for row in rows
    ]


@pytest.mark.shared
def test_a_chat_of_two_gives_its_stated_messages_and_its_call(shared_dir: Path) -> None:
    folder = "mlomb__chat-analytics"
    case, big = json.loads((shared_dir / "fixtures/telegram" / folder / "expected.json").read_text())["cases"]
    found = [one.message for one in fixture(shared_dir, f"{folder}/{case['file']}")]
    spoken = [one for one in found if not one.system]
    assert len(spoken) == case["n_messages"]
    for one, (number, author, at, text) in zip(spoken, case["messages"], strict=True):
        assert (one.id, one.sender) == (number, case["authors"][author])
        assert at == (one.at.timestamp() if isinstance(at, int) else f"{one.at.isoformat()}(local)")
        if isinstance(text, str):
            assert one.text.split() == text.split()
        else:
            assert len(one.attachments) == 1
    call = next(one for one in found if one.id == case["calls"][0]["id"])
    assert (call.at.timestamp(), call.text) == (
        case["calls"][0]["start"],
        "phone call (duration seconds: 56; discard reason: hangup)",
    )
    many = [one.message for one in fixture(shared_dir, f"{folder}/{big['file']}")]
    assert (len(many), len({one.sender for one in many})) == (big["n_messages"], big["n_authors"])
