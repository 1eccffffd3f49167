"""Google Hangouts: what the exports beside the project state of themselves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from benchmarks.chat_cases import Case, ExpectedMessage, Facts
from ingest.formats.chats.held_files import HeldFiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def cases(shared: Path) -> Iterator[Case]:
    """Both layouts; the facts name senders by id, the document says by which name."""
    folder = shared / "fixtures/google-hangouts/spec-derived"
    if not folder.is_dir():
        return
    for facts in json.loads((folder / "expected.json").read_text())["cases"]:
        content = (folder / facts["file"]).read_bytes()
        names = dict(_names(json.loads(content)))
        told = tuple(
            ExpectedMessage(
                index=place,
                at=at,
                sender=f"{names[sender]} <{sender}>" if sender in names else sender,
                text=text if isinstance(text, str) else None,
            )
            for place, (sender, at, text) in enumerate(facts["messages"])
        )
        yield Case(
            format="hangouts",
            name=facts["file"].partition("/")[0],
            export=HeldFiles(files={facts["file"]: content}),
            facts=Facts(
                messages=facts["n_events"],
                conversations=1,
                senders=tuple(sorted({one.sender for one in told if one.sender})),
                told=told,
            ),
        )


def _names(value: Any) -> Iterator[tuple[str, str]]:
    """Every id that stands beside a name."""
    if isinstance(value, list):
        for one in value:
            yield from _names(one)
    elif isinstance(value, dict):
        if "fallback_name" in value:
            yield value["id"]["gaia_id"], value["fallback_name"]
        for one in value.values():
            yield from _names(one)
