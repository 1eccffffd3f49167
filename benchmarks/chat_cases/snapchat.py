"""Snapchat: what the sample exports state of themselves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.chat_cases import Case, ExpectedMessage, Facts
from ingest.formats.chats.held_files import HeldFiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def cases(shared: Path) -> Iterator[Case]:
    """The layout of 2024; of the older one there are no facts but what its two lines say."""
    folder = shared / "fixtures/snapchat/spec-derived"
    if folder.is_dir():
        told = json.loads((folder / "expected.json").read_text())
        # its note says of this number that it counts milliseconds: 1713576562686
        moment = ExpectedMessage(index=0, at="2024-04-20T01:29:22.686+00:00", sender=None, text=None)
        facts = Facts(
            messages=told["n_messages"] + told["n_snaps"],
            conversations=told["n_conversations"],
            senders=None,
            told=(moment,),
        )
        yield Case(format="snapchat", name="2024", export=HeldFiles.of_folder(folder), facts=facts)
    old = shared / "fixtures/snapchat/spec-derived-old"
    if old.is_dir():
        facts = Facts(messages=2, conversations=1, senders=None, told=())
        yield Case(format="snapchat", name="2022", export=HeldFiles.of_folder(old), facts=facts)
