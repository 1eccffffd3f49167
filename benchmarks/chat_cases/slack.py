"""Slack: what the workspace beside the project states of itself."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING

from benchmarks.chat_cases import Case, Facts
from ingest.formats.chats.held_files import HeldFiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def cases(shared: Path) -> Iterator[Case]:
    """One workspace; only counts are stated of it."""
    for folder in (shared / "fixtures/slack-export").glob("*"):
        facts = json.loads((folder / "expected.json").read_text())
        with zipfile.ZipFile(folder / "testarchive.zip") as archive:
            files = {one.filename: archive.read(one) for one in archive.infolist() if not one.is_dir()}
        yield Case(
            format="slack",
            name=folder.name,
            export=HeldFiles(files=files, name="testarchive.zip"),
            facts=Facts(messages=facts["total"], conversations=len(facts["channels"]), senders=None, told=()),
        )
