"""What the confined child answers about records that are to be given, as types: files opened, and pages drawn. Pure.

Rule kept: a file is text, pages or closed, and one of the three only. Why it is closed and what its text does not have
are words of fixed lists, so that no content comes this way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from search.disclosure.redaction import Unit


class Closed(StrEnum):
    """Why a file has neither text nor pages; the words are shown to people."""

    EMPTY = "it is empty"
    NO_TEXT = "it has neither text nor pages"
    UNREADABLE = "it is damaged, or locked with a password"
    TOO_LARGE = "it is too large to be opened"
    FRAMES = "it is an animation of more pictures than are shown"
    PART_OF = "it is a part of the message itself"


class Gap(StrEnum):
    """What a text does not have of its file; the words are shown to people."""

    NONE = ""
    TEXT = "part of this file cannot be shown as text"
    PICTURES = "this file has pictures that are not shown here"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadWord:
    """A word that is seen on a page (from 1), and its box in the unit of the pages."""

    page: int
    box: tuple[float, float, float, float]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile:
    """A file as it was opened: `text`, or `sizes` of its pages in `unit`, or `closed`; `path` is its component's."""

    path: str
    text: str | None = field(default=None, repr=False)
    unit: Unit | None = None
    sizes: tuple[tuple[float, float], ...] = ()
    words: tuple[ReadWord, ...] = field(default=(), repr=False)
    closed: Closed | None = None
    gap: Gap = Gap.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMail:
    """A mail as it was opened.

    Args:
        text: its body, and of a mail that forwards another as a file that one's body below.
        original: the path of the component that is the message forwarded, whose files are listed like its own.
        bcc: blind copies of the message that it forwards, or of itself.
        reply_to: as well.
        files: what is attached, in order.
    """

    text: str = field(default="", repr=False)
    original: str | None = None
    bcc: str = ""
    reply_to: str = ""
    files: tuple[ReadFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SentWord:
    """A word on a page that is given: text, and box in pixels of the page's picture."""

    text: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class SentPage:
    """A page as it is given: its picture with everything burned in, and what is kept of its words.

    Args:
        number: from 1.
        across: its width in points.
        down: its height in points.
        width: of the picture, in pixels.
        height: of the picture, in pixels.
        parts: 1 for grey, 3 for red, green and blue.
        pixels: compressed (RFC 1950), row by row.
        words: those that are kept and seen, in reading order.
        burnt: the boxes, each with its label.
        taken: the strings that were left out.
        unseen: how many words of its text layer nobody sees.
    """

    number: int
    across: float
    down: float
    width: int
    height: int
    parts: int
    pixels: bytes = field(repr=False)
    words: tuple[SentWord, ...] = field(default=(), repr=False)
    burnt: tuple[SentWord, ...] = ()
    taken: tuple[str, ...] = field(default=(), repr=False)
    unseen: int = 0
