"""Telegram, documents and pages: what the exports beside the project state of themselves."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.chat_cases import Case, ExpectedMessage, Facts
from ingest.formats.chats.held_files import HeldFiles

if TYPE_CHECKING:
    from collections.abc import Iterator

_LEFT_OUT = 1
"""Of the chat of two, the origin leaves out the notice that somebody joined Telegram."""


def cases(shared: Path) -> Iterator[Case]:
    """Whole accounts of 2020 to 2023, single chats, and pages."""
    folder = shared / "fixtures/telegram"
    if folder.is_dir():
        yield from _accounts(folder / "frozenspider__chat-history-manager")
        yield from _rows(folder / "joweich__chat-miner")
        yield from _chats(folder / "mlomb__chat-analytics")
    for pages in (shared / "fixtures/telegram-html").glob("*"):
        yield from _pages(pages)


def _expected(folder: Path) -> Any:
    return json.loads((folder / "expected.json").read_text())


def _case(name: str, export: HeldFiles, facts: Facts) -> Case:
    return Case(format="telegram", name=name, export=export, facts=facts)


def _instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _accounts(folder: Path) -> Iterator[Case]:
    for case in _expected(folder)["cases"]:
        place = folder / Path(case["file"]).parent
        chat = case.get("chat", {})
        listed = json.loads((folder / case["file"]).read_text())["chats"]["list"]
        before = 0
        for one in listed:
            if one["id"] == chat.get("id", one["id"]):
                break
            before += len(one["messages"])
        told = [
            ExpectedMessage(
                index=before + number,
                at=one.get("local") or _instant(one["ts"]) if "local" in one or "ts" in one else None,
                sender=None,
                text=one.get("text"),
            )
            for number, one in enumerate(chat.get("messages", ()))
        ]
        told += [
            ExpectedMessage(index=before + number, at=None, sender=str(chat["from_id"]), text=text)
            for number, text in enumerate(chat.get("texts", ()))
        ]
        if "text_entities" in case:
            text = "\n".join(text for _, text in case["text_entities"])
            told.append(ExpectedMessage(index=0, at=None, sender=None, text=text))
        only = "texts" not in chat
        facts = Facts(
            messages=chat.get("n_messages", case.get("n_messages")) if only else None,
            conversations=case.get("n_chats"),
            senders=None,
            told=tuple(told),
        )
        yield _case(place.name, HeldFiles.of_folder(place), facts)


def _rows(folder: Path) -> Iterator[Case]:
    expected = _expected(folder)
    rows = json.loads((folder / expected["target"]).read_text())
    told = tuple(
        ExpectedMessage(index=number, at=f"{row['timestamp']}+00:00", sender=row["author"], text=row["message"])
        for number, row in enumerate(rows)
    )
    for name in expected["inputs"]:
        facts = Facts(
            messages=expected["rows"],
            conversations=1,
            senders=tuple(sorted({one["author"] for one in rows})),
            told=told,
        )
        yield _case(name, HeldFiles(files={name: (folder / name).read_bytes()}, name=name), facts)


def _chats(folder: Path) -> Iterator[Case]:
    small, big = _expected(folder)["cases"]
    names = small["authors"]
    told = tuple(
        ExpectedMessage(
            index=number,
            at=_instant(at) if isinstance(at, int) else at.removesuffix("(local)"),
            sender=names[author],
            text=" ".join(text.split()) if isinstance(text, str) else "",
        )
        for number, (_, author, at, text) in enumerate(small["messages"], _LEFT_OUT)
    )
    count = small["n_messages"] + small["n_calls"] + _LEFT_OUT
    facts = Facts(messages=count, conversations=1, senders=tuple(sorted(names.values())), told=told)
    yield _case(small["file"], HeldFiles(files={small["file"]: (folder / small["file"]).read_bytes()}), facts)
    facts = Facts(messages=big["n_messages"], conversations=1, senders=None, told=())
    yield _case(big["file"], HeldFiles(files={big["file"]: (folder / big["file"]).read_bytes()}), facts)


def _pages(folder: Path) -> Iterator[Case]:
    for case in _expected(folder)["cases"]:
        place, expected = folder / case["file"], case["expected"]
        if "dir" in expected:
            export = HeldFiles.of_folder(place.parent)
        else:
            export = HeldFiles(files={place.name: place.read_bytes()}, name=place.name)
        told = [
            ExpectedMessage(
                index=number,
                at=one.get("ts") or (one["local"] + one["offset"] if "local" in one else None),
                sender=one.get("from"),
                text=one.get("text"),
            )
            for number, one in enumerate(expected.get("messages", ()))
        ]
        for number, sender in enumerate(expected.get("froms", ())):
            told.append(ExpectedMessage(index=number, at=None, sender=sender, text=None))
        for number, text in enumerate(expected.get("texts", ())):
            told.append(ExpectedMessage(index=number, at=None, sender=None, text=text))
        facts = Facts(messages=len(told), conversations=1, senders=None, told=tuple(told))
        yield _case(f"{folder.name}/{case['file']}", export, facts)
