"""Messages: a database, and the text and pages of imessage-exporter."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.chat_cases import Case, ExpectedMessage, Facts
from ingest.formats.chats.held_files import HeldFiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def cases(shared: Path) -> Iterator[Case]:
    """The database, and every case that is a message or a notice and no single line of one."""
    database = shared / "fixtures/imessage-db/evantahler__macos-ts"
    if database.is_dir():
        yield _database(database)
    exporter = shared / "fixtures/imessage-text/ReagentX__imessage-exporter"
    if not exporter.is_dir():
        return
    for name, told in json.loads((exporter / "expected.json").read_text())["files"].items():
        if told.get("kind") == "reaction":
            continue
        count = told["messages"] + told["system"] if "messages" in told else 1
        at = told.get("all_dates_local", told.get("date_local"))
        one = ExpectedMessage(index=0, at=at, sender=told.get("sender"), text=told.get("text"))
        yield Case(
            format="imessage-text" if name.endswith(".txt") else "imessage-html",
            name=name,
            export=HeldFiles(files={name: (exporter / name).read_bytes()}),
            facts=Facts(
                messages=count,
                conversations=1,
                senders=tuple(told["senders"]) if "senders" in told else None,
                told=(one,),
            ),
        )


def _database(folder: Path) -> Case:
    told = json.loads((folder / "expected.json").read_text())
    texts = [text for chat in told["chats"] for text in chat["texts"]]
    first = told["chats"][0]
    # what stands in brackets behind a text is said of it
    messages = [
        ExpectedMessage(
            index=number, at=None, sender=None, text="" if text.startswith("(") else text.partition(" (")[0]
        )
        for number, text in enumerate(texts)
    ]
    messages += [
        ExpectedMessage(index=0, at=first["first"], sender=told["handles"][0], text=None),
        ExpectedMessage(index=first["n_messages"] - 1, at=first["last"], sender=None, text=None),
    ]
    return Case(
        format="imessage-db",
        name=told["file"],
        export=HeldFiles(files={told["file"]: (folder / told["file"]).read_bytes()}),
        facts=Facts(
            messages=told["n_messages"],
            conversations=told["n_chats"],
            senders=("Me", *told["handles"]),
            told=tuple(messages),
        ),
    )
