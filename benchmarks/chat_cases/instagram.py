"""Instagram: what the exports beside the project state of themselves."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from benchmarks.chat_cases import Case, ExpectedMessage, Facts
from ingest.formats.chats.held_files import HeldFiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_OWN = ("expected.json", "ORIGIN.json")


def cases(shared: Path) -> Iterator[Case]:
    """One account in JSON, one cut-down page of messages, two pages of HTML."""
    folder = shared / "fixtures/instagram"
    if not folder.is_dir():
        return
    yield _account(folder / "spec-derived")
    yield _page(folder / "joweich__chat-miner")
    pages = folder / "spec-derived-html"
    for stated in json.loads((pages / "expected.json").read_text())["cases"]:
        told = tuple(
            ExpectedMessage(index=None, at=f"{at}:00", sender=sender, text=text)
            for sender, at, text in stated["messages"]
        )
        facts = Facts(messages=stated["n"], conversations=1, senders=_senders(told), told=told)
        export = HeldFiles.of_folder(pages / stated["dir"])
        yield Case(format="instagram", name=f"html {stated['dir']}", export=export, facts=facts)


def _account(folder: Path) -> Case:
    stated = json.loads((folder / "expected.json").read_text())
    told = [_direct(*one[:3]) for one in stated["dm"]["ascending"]]
    posts = [(one["ts"], one["caption"]) for one in stated["posts"]]
    posts.append((stated["comment"]["ts"], stated["comment"]["text"]))
    told += [ExpectedMessage(index=None, at=_seconds(at), sender=None, text=text) for at, text in posts]
    whole = HeldFiles.of_folder(folder)
    export = HeldFiles(
        files={name: content for name, content in whole.files.items() if name not in _OWN}, name=folder.name
    )
    facts = Facts(messages=len(told), conversations=1, senders=None, told=tuple(told))
    return Case(format="instagram", name="spec-derived", export=export, facts=facts)


def _direct(sender: str, at: int, text: str) -> ExpectedMessage:
    # "share ...", "photo" and "... (system-like)" describe a message and are not its text
    described = text == "photo" or text.startswith("share ") or text.endswith(")")
    moment = datetime.fromtimestamp(at / 1000, UTC).isoformat()
    return ExpectedMessage(index=None, at=moment, sender=sender, text=None if described else text)


def _page(folder: Path) -> Case:
    rows: list[dict[str, Any]] = json.loads((folder / "target.json").read_text())
    told = tuple(
        # the origin prints the instants without their zone, which is UTC
        ExpectedMessage(index=place, at=f"{row['timestamp']}+00:00", sender=row["author"], text=row["message"])
        for place, row in enumerate(rows)
    )
    export = HeldFiles(files={"message_1.json": (folder / "test_export.json").read_bytes()}, name="message_1.json")
    facts = Facts(messages=len(rows), conversations=1, senders=_senders(told), told=told)
    return Case(format="instagram", name="joweich__chat-miner", export=export, facts=facts)


def _seconds(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def _senders(told: tuple[ExpectedMessage, ...]) -> tuple[str, ...]:
    return tuple(sorted({one.sender for one in told if one.sender}))
