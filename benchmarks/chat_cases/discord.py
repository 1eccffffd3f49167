"""Discord, the package and what DiscordChatExporter writes: what the exports beside the project state of themselves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from benchmarks.chat_cases import Case, ExpectedMessage, Facts
from ingest.formats.chats.held_files import HeldFiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def cases(shared: Path) -> Iterator[Case]:
    """A group chat, a channel as text and as CSV, and both layouts of the package."""
    exported = shared / "fixtures/discord-chat-exporter"
    if exported.is_dir():
        yield from _groups(exported / "mlomb__chat-analytics")
        yield from _tables(exported / "spec-derived-txt-csv")
    package = shared / "fixtures/discord-package/spec-derived"
    if package.is_dir():
        yield from _packages(package)


def _expected(folder: Path) -> Any:
    return json.loads((folder / "expected.json").read_text())


def _groups(folder: Path) -> Iterator[Case]:
    """The facts name senders by id; the document says by which name, and which of its objects are notices."""
    for case in _expected(folder)["cases"]:
        content = (folder / case["file"]).read_bytes()
        objects = json.loads(content)["messages"]
        names = {one["author"]["id"]: one["author"]["nickname"] for one in objects}
        places = {one["id"]: number for number, one in enumerate(objects)}
        told = tuple(
            ExpectedMessage(index=places[number], at=at, sender=names[author], text=text)
            for number, at, author, text, *_ in case["messages"]
        )
        calls = tuple(
            ExpectedMessage(index=places[number], at=start, sender=None, text=None)
            for number, start, _ in case["calls"]
        )
        facts = Facts(
            messages=len(objects), conversations=1, senders=tuple(sorted(names.values())), told=(*told, *calls)
        )
        yield Case(
            format="discord",
            name=case["file"],
            export=HeldFiles(files={case["file"]: content}, name=case["file"]),
            facts=facts,
        )


def _tables(folder: Path) -> Iterator[Case]:
    for kind, facts in _expected(folder).items():
        for file in folder.glob(f"*.{kind}"):
            senders = tuple(sorted(facts["senders"])) if "senders" in facts else None
            yield Case(
                format="discord",
                name=f"{folder.name}.{kind}",
                export=HeldFiles(files={file.name: file.read_bytes()}, name=file.name),
                facts=Facts(
                    messages=facts.get("messages", facts.get("rows")), conversations=1, senders=senders, told=()
                ),
            )


def _packages(folder: Path) -> Iterator[Case]:
    for case in _expected(folder)["cases"]:
        export = HeldFiles.of_folder(folder / case["dir"])
        told = [
            ExpectedMessage(index=number, at=at, sender=None, text=text)
            for number, (at, text) in enumerate(case.get("messages", ()))
        ]
        told += [
            ExpectedMessage(index=0, at=at, sender=None, text=None) for at in case.get("snowflake_check", {}).values()
        ]
        yield Case(
            format="discord",
            name=f"package {case['dir']}",
            export=export,
            facts=Facts(messages=case["n_messages"], conversations=None, senders=None, told=tuple(told)),
        )
