"""LINE: what the exports beside the project state of themselves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from benchmarks.chat_cases import Case, ExpectedMessage, Facts
from ingest.formats.chats.held_files import HeldFiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def cases(shared: Path) -> Iterator[Case]:
    """Two chats written from a description; notices are counted with the messages."""
    folder = shared / "fixtures/line-chat/spec-derived"
    if not folder.is_dir():
        return
    for case in json.loads((folder / "expected.json").read_text())["cases"]:
        told = tuple(
            ExpectedMessage(index=place, at=f"{at}:00", sender=sender, text=text if isinstance(text, str) else None)
            for place, (sender, at, text) in enumerate(case.get("messages", ()))
        )
        content = (folder / case["file"]).read_bytes()
        export = HeldFiles(files={case["file"]: content}, name=case["file"], zone=ZoneInfo("America/Los_Angeles"))
        facts = Facts(messages=case["n_messages"] + case.get("system", 0), conversations=1, told=told)
        yield Case(format="line", name=case["file"], export=export, facts=facts)
