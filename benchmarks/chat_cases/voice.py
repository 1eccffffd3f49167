"""Google Voice: what the pages beside the project state of themselves, each an export of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from benchmarks.chat_cases import Case, ExpectedMessage, Facts
from ingest.formats.chats.held_files import HeldFiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FOLDERS = ("wesm__msgvault", "wjcarpenter__gvoice-sms-takeout-xml")


def cases(shared: Path) -> Iterator[Case]:
    """Texts, groups and calls."""
    for name in _FOLDERS:
        folder = shared / "fixtures/google-voice" / name
        if not folder.is_dir():
            continue
        for facts in json.loads((folder / "expected.json").read_text())["cases"]:
            if "file" not in facts:
                continue
            yield Case(
                format="voice",
                name=f"{name}: {facts['file']}",
                export=HeldFiles(files={facts["file"]: (folder / facts["file"]).read_bytes()}),
                facts=Facts(
                    messages=facts.get("n_messages", 1), conversations=1, senders=None, told=tuple(_told(facts))
                ),
            )


def _told(facts: dict[str, Any]) -> Iterator[ExpectedMessage]:
    for place, one in enumerate(facts.get("messages", ())):
        if isinstance(one, list):
            number, name, at, text = one
        else:
            number, name, at, text = one.get("phone"), one["name"], one.get("ts"), one.get("text")
        sender = f"{name} <{number}>" if number else None
        yield ExpectedMessage(index=place, at=at, sender=sender, text=text)
    if facts.get("call") == "received":
        yield ExpectedMessage(index=0, at=facts.get("ts"), sender=f"{facts['name']} <{facts['phone']}>", text=None)
