"""SMS Backup & Restore: what the files beside the project state of themselves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.chat_cases import Case, ExpectedMessage, Facts
from ingest.formats.chats.held_files import HeldFiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def cases(shared: Path) -> Iterator[Case]:
    """A file of texts with a multimedia message, and one of calls."""
    folder = shared / "fixtures/sms-backup-restore/wjcarpenter__gvoice-sms-takeout-xml"
    if not folder.is_dir():
        return
    texts, calls = json.loads((folder / "expected.json").read_text())["cases"]
    told = texts["mms"]
    yield Case(
        format="sms",
        name=texts["file"],
        export=HeldFiles(files={texts["file"]: (folder / texts["file"]).read_bytes()}),
        facts=Facts(
            messages=texts["n_sms"] + texts["n_mms"],
            conversations=2,
            senders=None,
            told=(
                ExpectedMessage(index=0, at=None, sender="Susie Glow <+18885554321>", text="That's about right."),
                ExpectedMessage(index=2, at=told["ts"], sender=f"Me <{told['from_'].split()[0]}>", text=told["text"]),
            ),
        ),
    )
    yield Case(
        format="sms",
        name=calls["file"],
        export=HeldFiles(files={calls["file"]: (folder / calls["file"]).read_bytes()}),
        facts=Facts(messages=calls["n_calls"], conversations=2, senders=None, told=()),
    )
