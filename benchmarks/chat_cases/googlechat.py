"""Google Chat: what the exports beside the project state of themselves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.chat_cases import Case, ExpectedMessage, Facts
from ingest.formats.chats.held_files import HeldFiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def cases(shared: Path) -> Iterator[Case]:
    """One group; the facts name senders by address, the members' list beside the messages says who that is."""
    folder = shared / "fixtures/google-chat/spec-derived"
    if not folder.is_dir():
        return
    facts = json.loads((folder / "expected.json").read_text())
    (info,) = folder.rglob("group_info.json")
    names = {one["email"]: one["name"] for one in json.loads(info.read_text())["members"]}
    told = tuple(
        ExpectedMessage(
            index=place,
            at=at,
            sender=f"{names[sender]} <{sender}>",
            text=text if isinstance(text, str) else "",
        )
        for place, (sender, at, text, *_) in enumerate(facts["messages"])
    )
    yield Case(
        format="googlechat",
        name="spec-derived",
        export=HeldFiles.of_folder(folder / "Takeout"),
        facts=Facts(
            messages=facts["n_messages"],
            conversations=1,
            senders=tuple(sorted({one.sender for one in told if one.sender})),
            told=told,
        ),
    )
