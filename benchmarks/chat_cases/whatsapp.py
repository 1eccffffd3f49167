"""WhatsApp: what the exports beside the project state of themselves."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from benchmarks.chat_cases import Case, ExpectedMessage, Facts
from ingest.formats.chats.held_files import HeldFiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ZONE = ZoneInfo("America/Los_Angeles")


def cases(shared: Path) -> Iterator[Case]:
    """Chats of three collections. Counts are of heads, notices included, where a source counts messages apart."""
    folder = shared / "fixtures/whatsapp"
    if not folder.is_dir():
        return
    yield from _one_chat_in_five_layouts(folder / "joweich__chat-miner")
    yield from _long_chats(folder / "lucasrodes__whatstk")
    yield from _small_chats(folder / "mlomb__chat-analytics")


def _one_chat_in_five_layouts(folder: Path) -> Iterator[Case]:
    rows = json.loads((folder / "target.json").read_text())
    told = tuple(
        ExpectedMessage(index=None, at=row["timestamp"], sender=row["author"], text=row["message"]) for row in rows
    )
    for name in json.loads((folder / "expected.json").read_text())["inputs"]:
        senders = tuple(sorted({one.sender for one in told if one.sender}))
        yield _case(folder / name, Facts(conversations=1, senders=senders, told=told))


def _long_chats(folder: Path) -> Iterator[Case]:
    for name, facts in json.loads((folder / "expected.json").read_text())["files"].items():
        yield _case(folder / name, Facts(messages=facts["header_lines"], conversations=1))


def _small_chats(folder: Path) -> Iterator[Case]:
    """The order of their dates is stated, and by nothing in the files: the submitter's word is taken for it."""
    stated = {one["file"]: one["expected"] for one in json.loads((folder / "expected.json").read_text())["cases"]}
    for name, facts in stated.items():
        whole = stated.get(facts.get("same_as", ""), facts)
        told = tuple(
            ExpectedMessage(index=None, at=at, sender=sender, text=text if isinstance(text, str) else None)
            for sender, at, text in whole.get("messages", whole.get("contains", ()))
        )
        notices = 3 if whole["chat_type"] == "group" else 0
        senders = tuple(sorted(whole["authors"]))
        count = facts["n_messages"] + notices
        yield _case(folder / name, Facts(messages=count, conversations=1, senders=senders, told=told), day_first=True)


def _case(path: Path, facts: Facts, *, day_first: bool | None = None) -> Case:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as held:
            files = {name: held.read(name) for name in held.namelist()}
    else:
        files = {path.name: path.read_bytes()}
    export = HeldFiles(files=files, name=path.name, zone=_ZONE, day_first=day_first)
    return Case(format="whatsapp", name=f"{path.parent.name}/{path.name}", export=export, facts=facts)
