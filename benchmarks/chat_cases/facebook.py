"""Facebook and Messenger: what the exports beside the project state of themselves."""

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
_UNSENT = {"e2ee_simple": 1}  # their origin leaves messages out that were taken back; here they are kept and marked


def cases(shared: Path) -> Iterator[Case]:
    """The exports of Messenger that are there, one a folder, then posts and comments."""
    messenger = shared / "fixtures/facebook-messenger/wesm__msgvault"
    if messenger.is_dir():
        yield from _messenger(messenger)
    posts = shared / "fixtures/facebook-posts/spec-derived"
    if posts.is_dir():
        yield _posts(posts)


def _messenger(folder: Path) -> Iterator[Case]:
    stated: dict[str, list[dict[str, Any]]] = {}
    for case in json.loads((folder / "expected.json").read_text())["cases"]:
        if "root" in case and (folder / case["root"]).is_dir():
            stated.setdefault(case["root"], []).append(case)
    for root, found in stated.items():
        if root == "html_timestamps":
            for name in found[0]["files"]:
                export = HeldFiles(files={name: (folder / root / name).read_bytes()}, name=name)
                told = ExpectedMessage(index=0, at="2019-10-19T14:37:00", sender="Test User", text="ping")
                facts = Facts(messages=1, conversations=1, senders=("Test User",), told=(told,))
                yield Case(format="facebook", name=f"{root}/{name}", export=export, facts=facts)
            continue
        threads = [case for case in found if "n_messages" in case]
        listed = next((len(case["threads"]) for case in found if "threads" in case), len(threads))
        # json_simple states the messages of one of its two threads only
        count = sum(case["n_messages"] for case in threads) + _UNSENT.get(root, 0) if listed == len(threads) else None
        told = tuple(
            ExpectedMessage(index=None, at=None, sender=None, text=text)
            for case in threads
            for text in case.get("bodies", ())
        )
        facts = Facts(messages=count, conversations=listed, senders=None, told=told)
        yield Case(format="facebook", name=root, export=HeldFiles.of_folder(folder / root), facts=facts)


def _posts(folder: Path) -> Case:
    stated = json.loads((folder / "expected.json").read_text())
    told = tuple(
        ExpectedMessage(
            index=None,
            at=datetime.fromtimestamp(one["ts"], UTC).isoformat(),
            sender="Ana Owner",
            text="\n".join(part for part in (one["text"], one.get("url")) if part),
        )
        for one in (*stated["posts"], *stated["comments"])
    )
    whole = HeldFiles.of_folder(folder)
    export = HeldFiles(
        files={name: content for name, content in whole.files.items() if name not in _OWN}, name=folder.name
    )
    facts = Facts(messages=len(told), conversations=0, senders=("Ana Owner",), told=told)
    return Case(format="facebook", name="facebook-posts/spec-derived", export=export, facts=facts)
