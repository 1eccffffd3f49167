"""LinkedIn: what the sample export states of itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.chat_cases import Case, ExpectedMessage, Facts
from ingest.formats.chats.held_files import HeldFiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def cases(shared: Path) -> Iterator[Case]:
    """Its messages; posts are in another file, of which nothing is stated."""
    folder = shared / "fixtures/linkedin/spec-derived"
    if not folder.is_dir():
        return
    told = json.loads((folder / "expected.json").read_text())
    sender, at, text = told["first"]
    first = ExpectedMessage(index=0, at=at, sender=sender, text=text)
    files = {"messages.csv": (folder / "messages.csv").read_bytes()}
    yield Case(
        format="linkedin",
        name="messages.csv",
        export=HeldFiles(files=files, name="export.zip"),
        facts=Facts(messages=told["messages"], conversations=1, senders=None, told=(first,)),
    )
