"""Signal's own test backups: items and bodies, and every message as its text form beside it states it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from benchmarks.chat_cases import Case, ExpectedMessage, Facts
from ingest.formats.chats.held_files import HeldFiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ITEM: Final = re.compile(r"^  chatItem = ChatItem \{\n(.*?)^  \}\n", re.MULTILINE | re.DOTALL)
_FIELD: Final = re.compile(r"^    (\w+) = (\d+)$", re.MULTILINE)
_BODY: Final = re.compile(r'^        body = "(.*)"$', re.MULTILINE)
_PERSON: Final = re.compile(r"^    id = (\d+)$", re.MULTILINE)
_NAMES: Final = re.compile(r'profile(Given|Family)Name = "(.*)"')
_OWNER: Final = re.compile(r'^    (given|family)Name = "(.*)"$', re.MULTILINE)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PLAUSIBLE: Final = 631_152_000_000  # 1990, in milliseconds


def cases(shared: Path) -> Iterator[Case]:
    """Every backup that has expected facts."""
    folder = shared / "fixtures/signal-backup-v2/signalapp__Signal-Message-Backup-Tests"
    if not folder.is_dir():
        return
    for name, facts in json.loads((folder / "expected.json").read_text())["files"].items():
        text = (folder / facts["text_form"]).read_text()
        items = facts["by_kind"].get("chatItem", 0)
        yield Case(
            format="signal-backup",
            name=name,
            export=HeldFiles(files={name: (folder / name).read_bytes()}, name=name),
            facts=Facts(
                messages=items,
                conversations=len({dict(_FIELD.findall(one[1])).get("chatId") for one in _ITEM.finditer(text)}),
                told=tuple(_told(text, facts["bodies"])),
            ),
        )


def _told(text: str, bodies: list[str]) -> Iterator[ExpectedMessage]:
    people = dict(_people(text))
    for index, found in enumerate(_ITEM.finditer(text)):
        numbers = dict(_FIELD.findall(found[1]))
        body = next((one for one in _BODY.findall(found[1]) if one in bodies), None)
        edited = "    revisions = [" in found[1]  # such a message was sent when its first version was
        sent = int(numbers.get("dateSent", 0))
        at = None if edited or sent < _PLAUSIBLE else (_EPOCH + timedelta(milliseconds=sent)).isoformat()
        is_text = "    standardMessage = " in found[1]
        yield ExpectedMessage(
            index=index, at=at, sender=people.get(numbers.get("authorId", "")), text=body if is_text else None
        )


def _people(text: str) -> Iterator[tuple[str, str]]:
    for frame in text.split("\nFrame {\n")[1:]:
        number = _PERSON.search(frame)
        if number and frame.startswith("  recipient = Recipient {\n") and "contact = Contact {" in frame:
            names = dict(_NAMES.findall(frame))
            name = f"{names.get('Given', '')} {names.get('Family', '')}".strip()
            if name and not re.search(r'system\w*Name = "[^"]|nickname = ', frame):
                yield number[1], name
        elif number and "self = Self" in frame:
            names = dict(_OWNER.findall(text))
            yield number[1], f"{names.get('given', '')} {names.get('family', '')}".strip()
