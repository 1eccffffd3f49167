"""X archives: what the archive beside the project states of itself."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from benchmarks.chat_cases import Case, ExpectedMessage, Facts
from ingest.formats.chats.held_files import HeldFiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def cases(shared: Path) -> Iterator[Case]:
    """One archive, taken apart into the files that have facts of their own."""
    folder = shared / "fixtures/twitter-archive/larsbrinkhoff__twitter-data__pseudonymised"
    if not folder.is_dir():
        return
    told: dict[str, Any] = json.loads((folder / "expected.json").read_text())
    account = {name: (folder / name).read_bytes() for name in ("data/account.js",)}
    for name, facts in _facts(told):
        path = f"data/{name}"
        yield Case(
            format="x",
            name=name,
            export=HeldFiles(files={**account, path: (folder / path).read_bytes()}, name="twitter.zip"),
            facts=facts,
        )


def _facts(told: dict[str, Any]) -> Iterator[tuple[str, Facts]]:
    direct = told["direct-messages.js"]
    moments = [ExpectedMessage(index=None, at=direct[which], sender=None, text=None) for which in ("first", "last")]
    # it counts entries: two of them are the same conversation, with the same message in both
    conversations = direct["n_conversations"] - 1
    yield (
        "direct-messages.js",
        Facts(messages=direct["n_messages"], conversations=conversations, senders=None, told=tuple(moments)),
    )
    group = told["direct-messages-group.js"]
    yield (
        "direct-messages-group.js",
        Facts(messages=sum(group["kinds"].values()), conversations=group["n_conversations"], senders=None, told=()),
    )
    posts = told["tweets.js"]
    dates = [datetime.strptime(one, "%a %b %d %H:%M:%S %z %Y").isoformat() for one in posts["created"]]
    yield (
        "tweets.js",
        Facts(
            messages=posts["n"],
            conversations=None,
            senders=("@tweygymojvpla",),
            told=tuple(ExpectedMessage(index=at, at=one, sender=None, text=None) for at, one in enumerate(dates)),
        ),
    )
    for name in ("deleted-tweets.js", "community-tweet.js"):
        yield name, Facts(messages=told[name]["n"], conversations=None, senders=None, told=())
