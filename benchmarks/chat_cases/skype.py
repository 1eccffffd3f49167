"""Skype and Teams: what the sample export states of itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.chat_cases import Case, ExpectedMessage, Facts
from ingest.formats.chats.held_files import HeldFiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NAMES = {"8:live:.cid.friend": "Friend Person <8:live:.cid.friend>"}  # as the conversation calls the handle


def cases(shared: Path) -> Iterator[Case]:
    """One conversation; what is stated stands in the order of time, the export has the newest first."""
    folder = shared / "fixtures/skype-teams/spec-derived"
    if not folder.is_dir():
        return
    told = json.loads((folder / "expected.json").read_text())
    messages = tuple(
        ExpectedMessage(
            index=index,
            at=one["ts"],
            sender=_NAMES.get(one["from"], one["from"]) if "from" in one else None,
            text=one.get("text"),
        )
        for index, one in enumerate(reversed(told["messages"]))
    )
    yield Case(
        format="skype",
        name="messages.json",
        export=HeldFiles.of_folder(folder),
        facts=Facts(messages=told["n_messages"], conversations=1, senders=None, told=messages),
    )
