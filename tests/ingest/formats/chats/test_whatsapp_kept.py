from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from ingest.formats.chats import whatsapp
from tests.ingest.formats.chats.test_whatsapp import export_of, told

if TYPE_CHECKING:
    from ingest.formats.chats.model import ChatMessage


def seen(message: ChatMessage) -> tuple[str | None, str | None, str]:
    at = message.at.isoformat() if isinstance(message.at, datetime) else None
    return at, message.sender, " ".join(message.text.split())


def test_the_kept_layouts_of_one_chat_give_the_same_messages(shared_dir) -> None:
    folder = shared_dir / "fixtures/whatsapp/joweich__chat-miner"
    stated = json.loads((folder / "expected.json").read_text())
    target = [
        (one["timestamp"], one["author"], one["message"]) for one in json.loads((folder / "target.json").read_text())
    ]
    for name in stated["inputs"]:
        export = export_of((folder / name).read_bytes(), name)
        assert whatsapp.recognise(export)
        assert [seen(one) for one in told(export) if not one.system] == target[::-1]


def test_the_kept_long_chats_have_their_counts(shared_dir) -> None:
    folder = shared_dir / "fixtures/whatsapp/lucasrodes__whatstk"
    for name, facts in json.loads((folder / "expected.json").read_text())["files"].items():
        messages = told(export_of((folder / name).read_bytes(), name))
        assert len(messages) == facts["header_lines"]
        assert sum(one.system for one in messages) == facts.get("system", 0)
        assert messages[0].raw.decode().startswith(facts["first_line"][:60])
        assert all(one.at is not None for one in messages)


def test_the_kept_small_chats_have_their_messages(shared_dir) -> None:
    folder = shared_dir / "fixtures/whatsapp/mlomb__chat-analytics"
    cases = {one["file"]: one["expected"] for one in json.loads((folder / "expected.json").read_text())["cases"]}
    small = [one for one in told(export_of((folder / "2A_5M.txt").read_bytes(), "2A_5M.txt")) if not one.system]
    in_time = sorted(small, key=lambda one: one.at or datetime.min)  # noqa: DTZ901 - as printed
    for message, (author, at, text) in zip(in_time, cases["2A_5M.txt"]["messages"], strict=True):
        assert (message.sender, message.at.isoformat() if message.at else "") == (author, at)
        assert message.text == text if isinstance(text, str) else message.attachments
    group = told(export_of((folder / "4A_11M.txt").read_bytes(), "4A_11M.txt", day_first=True))
    assert sum(not one.system for one in group) == cases["4A_11M.txt"]["n_messages"]
    for author, at, text in cases["4A_11M.txt"]["contains"]:
        assert (at, author, text) in [seen(one) for one in group]
