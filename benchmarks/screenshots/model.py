"""What a scene is made of: talks, the words of an interface in one language, devices, and the scene itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

APPS: Final = (
    "imessage",
    "android_messages",
    "whatsapp",
    "messenger",
    "instagram",
    "snapchat",
    "signal",
    "telegram",
    "x",
    "tiktok",
    "discord",
    "teams",
)
OWNER: Final = 0
NOTICE: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message of a talk; `who` is 0 for the owner of the phone, 1 to 3 for others, -1 for a notice of the app.

    `new_day` puts a separator before it, `quote` counts back to the message it answers, 0 where none.
    """

    who: int
    text: str
    new_day: bool = False
    quote: int = 0
    reaction: str = ""
    deleted: bool = False
    edited: bool = False
    picture: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """An interface in one language. Templates take `{name}`, `{hour}`, `{hour12}`, `{minute}` and `{half}`."""

    language: str
    script: str
    right_to_left: bool = False
    clock: str
    halves: tuple[str, str] = ("AM", "PM")
    today: str
    yesterday: str
    weekday: str
    date: str
    typing: str
    placeholder: str
    delivered: str
    read: str
    deleted: str
    edited: str
    joined: str
    you: str
    members: str
    online: str
    suggestions: tuple[str, str, str]
    keys: tuple[str, str, str]
    space: str
    draft: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """An invented talk in one language: three names of others, a title for the group, and what was said."""

    people: tuple[str, str, str]
    group: str
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A screen: CSS pixels, and how many pixels of the picture one of them is."""

    name: str
    width: int
    height: int
    scale: float
    rounded: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One picture (or, with `pages` above 1, overlapping pictures of one talk) to be drawn.

    `damage` names what happens to the pixels afterwards (`benchmarks.screenshots.damage`), "clean" where nothing.
    `cell` is the group of scenes in the report: apps, scripts, damage, overlap or features.
    """

    name: str
    cell: str
    app: str
    language: str
    dark: bool
    group: bool
    device: str
    talk: int = 0
    damage: str = "clean"
    pages: int = 1
    font: str = "Noto Sans"
    keyboard: bool = False
    typing: bool = False
    notice: bool = False
    start: int = 0
    count: int = 12
