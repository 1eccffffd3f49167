"""What the tests of account exports share: a whole reading, and exports that are wrong in every place."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ingest.formats.chats.held_files import HeldFiles
from ingest.formats.chats.model import Said, Stated
from ingest.formats.container import ContainerBroken, MemberBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.model import ChatMessage, Export, ExportFormat

WRONG = (
    None,
    True,
    -1,
    0,
    10**30,
    1e308,
    "",
    "\x00",
    "\ud800",
    "9" * 5000,
    [],
    {},
    [[]],
    {"a": {}},
    "<a",
    "2024-13-45",
)


@dataclass(slots=True)
class Reading:
    """All that a reader gave."""

    said: list[Said] = field(default_factory=list)
    stated: dict[str, int] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)
    broken: str | None = None

    @property
    def messages(self) -> list[ChatMessage]:
        return [one.message for one in self.said]

    @property
    def texts(self) -> list[str]:
        return [one.message.text for one in self.said]

    @property
    def keys(self) -> set[str]:
        return {one.thread.key for one in self.said}

    @property
    def lost(self) -> int:
        return sum(one.lost or 0 for one in self.remarks)


def reading(form: ExportFormat, export: Export | dict[str, bytes]) -> Reading:
    made = Reading()
    if isinstance(export, dict):
        export = HeldFiles(files=export)
    try:
        for one in form.read(export):
            if isinstance(one, Said):
                made.said.append(one)
            elif isinstance(one, Stated):
                made.stated[one.what] = made.stated.get(one.what, 0) + one.count
            else:
                assert isinstance(one, Remark)
                made.remarks.append(one)
    except (ContainerBroken, MemberBroken) as problem:
        made.broken = str(problem)
    return made


def dumped(value: Any, prefix: str = "") -> bytes:
    return (prefix + json.dumps(value, ensure_ascii=False)).encode("utf-8", "surrogatepass")


def altered(value: Any, seed: int, rounds: int = 200) -> Iterator[Any]:
    """The same document with one value in it replaced by a wrong one, or one name doubled or gone."""
    chance = random.Random(seed)  # printed by the test that asks
    for _ in range(rounds):
        copy = json.loads(json.dumps(value))
        places = list(_places(copy))
        if not places:
            return
        holder, key = chance.choice(places)
        if chance.random() < 0.15 and isinstance(holder, dict):
            del holder[key]
        else:
            holder[key] = chance.choice(WRONG)
        yield copy


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    stack = [value]
    while stack:
        here = stack.pop()
        for key, inner in here.items() if isinstance(here, dict) else enumerate(here) if isinstance(here, list) else ():
            yield here, key
            stack.append(inner)


def cut(content: bytes, seed: int, rounds: int = 100) -> Iterator[bytes]:
    """The same bytes cut off, or with some of them changed."""
    chance = random.Random(seed)
    for _ in range(rounds):
        if chance.random() < 0.5:
            yield content[: chance.randrange(len(content))]
        else:
            changed = bytearray(content)
            for _ in range(chance.randrange(1, 6)):
                changed[chance.randrange(len(changed))] = chance.randrange(256)
            yield bytes(changed)
