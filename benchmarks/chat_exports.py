"""Generated exports of chats: the same invented talk in the layout of every format that there is a reader for.

Rule kept: nothing but words from a list, drawn with a seed, so that everybody's exports are alike to the byte; each
layout is the one that its page in `docs/formats/` describes. There are no media: what is measured is messages.
"""

from __future__ import annotations

import random
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

OWNER: Final = "Jane Doe"
_FIRST: Final = datetime(2023, 1, 9, 7, 30, tzinfo=UTC)
_MADE: Final = (2024, 1, 2, 3, 4, 6)
_SEED: Final = 20_230_109
_NAMES: Final = ("Ann", "Ben", "Carla", "Dan", "Eva", "Finn", "Grace", "Hugo", "Ines", "Jack")
_SURNAMES: Final = ("Adams", "Baker", "Clark", "Davis", "Evans", "Foster", "Green", "Hill", "Irwin", "Jones")
_SAID: Final = """
    the to a and you is it on for we can be that have at this not of in will do so are with me but just was what
    there your if up about they no get out how okay yes thanks see when tomorrow today bus school budget meeting
    board room teacher parents lunch agenda schedule call later sent please morning minutes vote item report
    grant letter principal office coach field trip permission form deadline question answer signed copy draft
"""
_WORDS: Final = tuple(_SAID.split())
_MARKS: Final = ("", ".", ".", "!", "?", " 👍", " 😀", "…")
_HARMONIC: Final = [1 / (rank + 2) for rank in range(len(_WORDS))]
_OWN_SHARE: Final = 0.45
_MOST_WORDS: Final = 22
_LINK_EVERY: Final = 60
_SECOND_LINE_EVERY: Final = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """One message: its conversation and its place there, both from 0, when in UTC, who, and what."""

    conversation: int
    place: int
    at: datetime
    sender: str
    text: str

    @property
    def millis(self) -> int:
        """Milliseconds since 1970."""
        return round(self.at.timestamp() * 1_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is said: so many messages in so many conversations, each of them on so many days."""

    messages: int
    conversations: int
    days: int

    def partner(self, conversation: int) -> str:
        """Whom the owner speaks with there."""
        name = f"{_NAMES[conversation % len(_NAMES)]} {_SURNAMES[conversation // len(_NAMES) % len(_SURNAMES)]}"
        return name if conversation < len(_NAMES) * len(_SURNAMES) else f"{name} {conversation}"

    def talk(self, conversation: int) -> Iterator[Spoken]:
        """What is said in one conversation, in order of time."""
        count = self.messages // self.conversations + (conversation < self.messages % self.conversations)
        chance = random.Random(_SEED + conversation)  # noqa: S311 - the same for everybody
        partner = self.partner(conversation)
        today, begun = -1, 0
        for place in range(count):
            day = place * self.days // count
            begun, today = (place, day) if day != today else (begun, today)
            # a minute or so between two messages of a day, so that a long one still ends before midnight everywhere
            seconds = (place - begun) * 71 % 30_000 + conversation % 60
            yield Spoken(
                conversation=conversation,
                place=place,
                at=_FIRST + timedelta(days=day, seconds=seconds),
                sender=OWNER if chance.random() < _OWN_SHARE else partner,
                text=_said(chance),
            )

    def all_talk(self) -> Iterator[Spoken]:
        """Everything, one conversation after the other."""
        for conversation in range(self.conversations):
            yield from self.talk(conversation)


def _said(chance: random.Random) -> str:
    words = chance.choices(_WORDS, _HARMONIC, k=1 + int(chance.random() ** 2 * _MOST_WORDS))
    words[0] = words[0].capitalize()
    text = " ".join(words) + chance.choice(_MARKS)
    if not chance.randrange(_LINK_EVERY):
        text += f" https://district.example/board/{chance.randrange(10_000)}"
    if not chance.randrange(_SECOND_LINE_EVERY):
        text += "\n" + " ".join(chance.choices(_WORDS, _HARMONIC, k=6))
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a format's export is written.

    Args:
        name: as it is printed.
        reader: the module that reads it.
        file: what the export is called.
        write: writes it.
        one_chat: it holds one conversation only.
        is_goal: the goal of speed is set for it.
    """

    name: str
    reader: str
    file: str
    write: Callable[[Plan, Path], None]
    one_chat: bool = False
    is_goal: bool = False

    def plan(self, messages: int, conversations: int, days: int) -> Plan:
        """What is said in an export of this layout."""
        return Plan(messages=messages, conversations=1 if self.one_chat else conversations, days=days)


def write_zip(target: Path, files: Iterable[tuple[str, str | bytes]]) -> None:
    """An archive of files, as the platforms deliver them."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name, _MADE), content, zipfile.ZIP_DEFLATED)
