"""Signal in text: the plain-text export, chat.md and data.json, and the line form."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from benchmarks.chat_cases import Case, ExpectedMessage, Facts
from ingest.formats.chats.held_files import HeldFiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FACTS: Final = {"ORIGIN.json", "expected.json"}
_OWNER: Final = "Boba Fett"  # whom the account's frame names, "self" in the facts


def cases(shared: Path) -> Iterator[Case]:
    """An export of each kind; of signal-export each of the twins alone."""
    fixtures = shared / "fixtures"
    if (fixtures / "signal-jsonl/spec-derived").is_dir():
        yield _plain_text(fixtures / "signal-jsonl/spec-derived")
    if (fixtures / "signal-md/spec-derived").is_dir():
        yield from _twins(fixtures / "signal-md/spec-derived")
    if (fixtures / "signal-text/joweich__chat-miner").is_dir():
        yield _line_form(fixtures / "signal-text/joweich__chat-miner")


def _files(folder: Path) -> dict[str, bytes]:
    found = (one for one in sorted(folder.rglob("*")) if one.is_file() and one.name not in _FACTS)
    return {one.relative_to(folder).as_posix(): one.read_bytes() for one in found}


def _plain_text(folder: Path) -> Case:
    told: dict[str, Any] = json.loads((folder / "expected.json").read_text())
    messages = tuple(
        ExpectedMessage(
            index=number,
            at=one["ts"],
            sender=_OWNER if one["author"] == "self" else one["author"],
            text=one["text"].partition(" (")[0] if "text" in one else "",
        )
        for number, one in enumerate(told["messages"])
    )
    facts = Facts(messages=told["n_items"], conversations=told["chats"], told=messages)
    return Case(format="signal-jsonl", name="main.jsonl", export=HeldFiles(files=_files(folder)), facts=facts)


def _twins(folder: Path) -> Iterator[Case]:
    told = json.loads((folder / "expected.json").read_text())
    liked_at, *_ = told["reactions"][0]
    facts = Facts(
        messages=told["messages"],
        conversations=1,
        senders=tuple(told["senders"]),
        told=(
            ExpectedMessage(index=1, at=told["quote_at"], sender="Me", text="second line: with a colon"),
            ExpectedMessage(index=4, at=liked_at, sender="Me", text="ok"),
        ),
    )
    for twin in ("chat.md", "data.json"):
        files = {
            name: content
            for name, content in _files(folder).items()
            if not name.endswith((".md", ".json")) or name.endswith(twin)
        }
        yield Case(format="signal-text", name=twin, export=HeldFiles(files=files), facts=facts)


def _line_form(folder: Path) -> Case:
    rows = list(reversed(json.loads((folder / "target.json").read_text())))
    told = tuple(
        ExpectedMessage(
            index=number,
            at=one["timestamp"],
            sender=one["author"],
            # the facts are those of a program that joins lines with a space
            text=one["message"] if number == 0 else None,
        )
        for number, one in enumerate(rows)
    )
    files = {"test_export.txt": (folder / "test_export.txt").read_bytes()}
    return Case(
        format="signal-text",
        name="test_export.txt",
        export=HeldFiles(files=files),
        facts=Facts(messages=len(rows), conversations=1, senders=("Jane Doe", "John Doe"), told=told),
    )
