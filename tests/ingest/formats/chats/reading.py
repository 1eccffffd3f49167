"""What tests of readers share: an export in memory, all that a reader says of it, and documents gone wrong."""

from __future__ import annotations

import copy
import json
import random
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ingest.formats.chats.held_files import HeldFiles
from ingest.formats.chats.model import Said, Stated
from ingest.formats.container import Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.model import ChatMessage, ExportFormat

ZONE = ZoneInfo("America/Los_Angeles")
_WRONG: tuple[Any, ...] = (
    None, True, 0, -1, 10**400, 1.5, "", "\ud800", "x" * 300, "-999999999999", [], [[]], [None], {}, {"": None},
    {"id": [], "text": {}, "name": 3}, [{"text": 5}, 7, "y"],
)  # fmt: skip


def held(files: dict[str, bytes], **named: Any) -> HeldFiles:
    return HeldFiles(files=files, zone=ZONE, **named)


def document(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def read(reader: ExportFormat, export: HeldFiles) -> tuple[list[Said], list[Stated], list[Remark]]:
    assert reader.recognise(export)
    found = list(reader.read(export))
    assert found == list(reader.read(export))  # the same at every reading
    return (
        [one for one in found if isinstance(one, Said)],
        [one for one in found if isinstance(one, Stated)],
        [one for one in found if isinstance(one, Remark)],
    )


def messages(reader: ExportFormat, export: HeldFiles) -> list[ChatMessage]:
    return [one.message for one in read(reader, export)[0]]


def stated(found: list[Stated], what: str) -> int:
    return sum(one.count for one in found if one.what == what)


def gone_wrong(value: Any, seed: int, rounds: int) -> Iterator[Any]:
    """Copies of a document, each with a few values of a wrong kind in random places."""
    chance = random.Random(seed)
    for _ in range(rounds):
        spoiled = copy.deepcopy(value)
        for _ in range(chance.randint(1, 4)):
            _spoil(spoiled, chance)
        yield spoiled


def _spoil(value: Any, chance: random.Random) -> None:
    while True:
        places = list(value) if isinstance(value, dict) else list(range(len(value)))
        if not places:
            return
        place = chance.choice(places)
        if isinstance(value[place], dict | list) and value[place] and chance.random() < 0.8:
            value = value[place]
            continue
        value[place] = copy.deepcopy(chance.choice(_WRONG))
        return
