"""Conversations made for tests, pictures of parts of them as an engine reads these, and mails; all from a seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from search.message_digests import plain
from search.message_matching import Said

if TYPE_CHECKING:
    import random

# few words on purpose: different conversations say the same things, as people of one office do
_WHO = ("Ana", "the principal", "Coach Lee", "the bus driver", "your sister", "Mr. Ortiz", "the board")
_DID = ("called about", "is asking for", "wants to see", "forgot", "sent me", "cancelled", "will bring", "moved")
_WHAT = ("the report", "the keys", "the field trip", "the budget sheet", "the meeting", "the signed forms", "the van")
_WHEN = ("today", "tomorrow morning", "after lunch", "on Friday", "at 3:30", "at 4:30", "next week", "before class")
_SHORT = ("ok", "yes", "no", "👍", "thanks", "on my way", "lol", "sure", "call me", "really?", "good", "😂😂")
_COMMON = ("Thank you so much!", "See you tomorrow", "Happy birthday to you!", "Have a great day!", "Where are you?")
_LONG = (
    "I'm driving with Do Not Disturb turned on. I'll see your message when I get where I'm going.",
    "Reminder: school is closed on Monday. Please check the website for details.",
)
_DENSE = ("明天早上八点在学校门口见", "会议改到下周三了", "请把签好的表格带来", "好的，谢谢你")
_MISREAD = {"l": "I", "I": "l", "o": "c", "e": "c", "m": "rn", "t": "f", "n": "r", "a": "o", "i": "l", "S": "5"}


@dataclass(frozen=True, kw_only=True)
class Talk:
    """A conversation of one day, as an export holds it."""

    said: tuple[str, ...]
    speakers: tuple[str, ...]
    minutes: tuple[int, ...]
    day: str

    def held(self) -> tuple[Said, ...]:
        rows = zip(self.said, self.speakers, self.minutes, strict=True)
        return tuple(Said(texts=(plain(text),), speaker=who, day=self.day, minute=at) for text, who, at in rows)


def a_text(chance: random.Random) -> str:
    kind = chance.random()
    if kind < 0.25:
        return chance.choice(_SHORT)
    if kind < 0.4:
        return chance.choice(_COMMON)
    if kind < 0.43:
        return chance.choice(_LONG)
    if kind < 0.5:
        return chance.choice(_DENSE)
    said = f"{chance.choice(_WHO)} {chance.choice(_DID)} {chance.choice(_WHAT)} {chance.choice(_WHEN)}"
    return said[0].upper() + said[1:] + chance.choice((".", "", "?", "!"))


def a_talk(chance: random.Random, length: int = 40) -> Talk:
    minutes: list[int] = []
    at = chance.randint(6 * 60, 9 * 60)
    for _ in range(length):
        at += chance.choice((0, 0, 1, 1, 2, 5, 30))
        minutes.append(at)
    other = chance.choice(("Ana", "Ben", "Cleo"))
    return Talk(
        said=tuple(a_text(chance) for _ in range(length)),
        speakers=tuple(chance.choice(("Dana", other)) for _ in range(length)),
        minutes=tuple(minutes),
        day=f"2026-03-{chance.randint(1, 28):02}",
    )


def misread(chance: random.Random, text: str, rate: float) -> str:
    """A text as an engine reads it: so many of its letters wrong, some spaces lost, emoji gone."""
    letters = []
    for one in text:
        if one == " " and chance.random() < rate:
            continue
        if not one.isascii() and not one.isalnum():
            continue
        letters.append(_MISREAD.get(one, "") if chance.random() < rate and not one.isdigit() else one)
    return "".join(letters)


def a_picture(chance: random.Random, talk: Talk, rate: float, *, times: float = 0.3) -> tuple[tuple[Said, ...], int]:
    """Some messages in a row as a picture shows them, and the place of the first; some have times."""
    length = chance.randint(3, 9)
    first = chance.randint(0, len(talk.said) - length)
    shown = []
    for place in range(first, first + length):
        side = "right" if talk.speakers[place] == "Dana" else "left"
        minute = talk.minutes[place] if chance.random() < times else None
        text = plain(misread(chance, talk.said[place], rate))
        shown.append(Said(texts=(text,), speaker=side, side=side, minute=minute))
    return tuple(shown), first
