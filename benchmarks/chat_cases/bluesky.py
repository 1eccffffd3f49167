"""Bluesky: records of another project; no repository with facts was found."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.chat_cases import Case, ExpectedMessage, Facts
from ingest.formats.chats.held_files import HeldFiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_POST = "app.bsky.feed.post"


def cases(shared: Path) -> Iterator[Case]:
    """Each post alone, with the text and the time that its record states."""
    folder = shared / "fixtures/activitypub-bluesky/snarfed__granary"
    if not folder.is_dir():
        return
    for file in sorted(folder.glob("*.bsky.json")):
        value = json.loads(file.read_text())
        value = value.get("post", value)
        record = value.get("record", value)
        if record.get("$type") != _POST:
            continue
        told = ExpectedMessage(index=0, at=record["createdAt"] or None, sender=None, text=record["text"])
        yield Case(
            format="bluesky",
            name=file.name,
            export=HeldFiles(files={file.name: file.read_bytes()}, name=file.name),
            facts=Facts(messages=1, conversations=0, senders=None, told=(told,)),
        )
