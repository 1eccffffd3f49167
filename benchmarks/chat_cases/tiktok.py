"""TikTok: what the sample downloads state of themselves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.chat_cases import Case, Facts
from ingest.formats.chats.held_files import HeldFiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def cases(shared: Path) -> Iterator[Case]:
    """The layouts of 2024 and of 2021."""
    folder = shared / "fixtures/tiktok/spec-derived"
    if not folder.is_dir():
        return
    for case in json.loads((folder / "expected.json").read_text())["cases"]:
        talks = case["dm_threads"]
        facts = Facts(
            messages=sum(talks.values()) + case["comments"] + case.get("posts", 0),
            conversations=len(talks),
            senders=None,
            told=(),
        )
        name = case["file"]
        export = HeldFiles(files={name: (folder / name).read_bytes()}, name=name)
        yield Case(format="tiktok", name=name, export=export, facts=facts)
