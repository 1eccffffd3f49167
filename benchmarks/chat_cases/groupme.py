"""GroupMe: what the sample export states of itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.chat_cases import Case, Facts
from ingest.formats.chats.held_files import HeldFiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def cases(shared: Path) -> Iterator[Case]:
    """One conversation."""
    folder = shared / "fixtures/groupme/spec-derived"
    if folder.is_dir():
        told = json.loads((folder / "expected.json").read_text())
        facts = Facts(messages=told["n"], conversations=1, senders=None, told=())
        yield Case(format="groupme", name="group", export=HeldFiles.of_folder(folder), facts=facts)
