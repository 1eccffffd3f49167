"""Reddit: what the sample export states of itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.chat_cases import Case, Facts
from ingest.formats.chats.held_files import HeldFiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def cases(shared: Path) -> Iterator[Case]:
    """Its posts and its comments, each file with the account's own."""
    folder = shared / "fixtures/reddit/spec-derived"
    if not folder.is_dir():
        return
    told = json.loads((folder / "expected.json").read_text())
    for name, count in (("posts.csv", told["posts"]), ("comments.csv", told["comments"])):
        files = {one: (folder / one).read_bytes() for one in (name, "statistics.csv")}
        yield Case(
            format="reddit",
            name=name,
            export=HeldFiles(files=files, name="export.zip"),
            facts=Facts(messages=count, conversations=0, senders=(told["account"],), told=()),
        )
