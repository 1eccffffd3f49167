"""What was read in the pictures of a record, as types: pages of lines with their places, and the transcript of a chat.

Rule: a transcription is added to a record and never changes it, nor one before it: the pixels are the evidence, what
an engine read in them is a first version, and what a person corrects is a further one with its author. Nothing is
invented: what could not be read is an `UnreadRegion` with its reason, what was concluded is named in `inferred`.
All of it is content, and sealed under the record's key.

Places are pixels of the page as a person sees it (after its EXIF orientation), from the upper left corner; `right` and
`bottom` are exclusive. Scripts are four-letter codes (ISO 15924), languages BCP 47 tags.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from storage.records import Message

NOT_READ_YET: Final = "its text is not read yet"
"""How an entry of a description's `unsearchable` ends that says so of a picture; a reading takes its place."""


class TextSource(StrEnum):
    """Who says that the picture says this."""

    ENGINE = "engine"
    PERSON = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle on a page, in pixels."""

    left: int
    top: int
    right: int
    bottom: int

    def __post_init__(self) -> None:
        """A box that holds nothing is a fault of whoever made it."""
        if not (0 <= self.left < self.right and 0 <= self.top < self.bottom):
            msg = "a box needs an area, and lies on its page"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word, or where a script has no spaces one run of letters, with its place."""

    text: str
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLine:
    """One line as an engine read it.

    `confidence` is the engine's own, in thousandths; it is no promise. `other` is what a second engine read there
    where it disagrees, by its name and its text.
    """

    text: str
    box: Box
    words: tuple[Word, ...] = ()
    engine: str = ""
    confidence: int = 0
    script: str | None = None
    other: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadRegion:
    """Where there is writing that no engine here has the letters of, or could read; `reason` is a sentence."""

    box: Box
    reason: str
    script: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page or frame of a component: its size in pixels, its lines from top to bottom, what stays unread.

    `component` is the id of the record's component, `number` counts its pages from 1. `layer` is set where the text
    stood in the file itself (the text layer of a PDF) and was not read from pixels. `turn` is by how many degrees
    clockwise the page was turned to be read (0, 90, 180, 270); its lines come in the order of reading then, and their
    places are still those of the page as it is kept.
    """

    component: str
    number: int
    width: int
    height: int
    lines: tuple[TextLine, ...] = ()
    unread: tuple[UnreadRegion, ...] = ()
    layer: bool = False
    turn: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscribedMessage:
    """A message of a pictured conversation.

    `message.at` is set only where date and time both are known; `time` and `day` are what the picture prints for it
    ("9:41 AM", "Yesterday"). `component`, `page` and `box` are where it stands; of two pages that overlap, the first.
    `inferred` names what of it was concluded and not read ("sender", "side", "day").
    `matched` is the record that holds the same message as better evidence.
    """

    message: Message
    time: str | None = None
    day: str | None = None
    component: str | None = None
    page: int = 1
    box: Box | None = None
    inferred: tuple[str, ...] = ()
    matched: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """The conversation that pictures show: who said what, in order.

    `app` is a platform by name where it was told or guessed, `app_reasons` are why, in words. `status_time` is the
    clock of the phone's status bar, `group` whether more than two people speak, None where that cannot be seen.
    `draft` is whether unsent text stood in the entry field; its text is no message.
    """

    messages: tuple[TranscribedMessage, ...] = ()
    app: str | None = None
    app_reasons: tuple[str, ...] = ()
    title: str | None = None
    status_time: str | None = None
    group: bool | None = None
    draft: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureFacts:
    """What can be measured of one picture. Observations are what was seen, never what it means.

    `metadata` are name and value of what the container states (EXIF and the like), as asserted as everything that a
    file says of itself. `perceptual` is a 64-bit hash of the look, in hexadecimal: like pictures differ in few bits.
    """

    component: str
    media_type: str
    width: int
    height: int
    pages: int
    metadata: tuple[tuple[str, str], ...] = ()
    perceptual: str | None = None
    observations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """Who, what, when, where and why of pictures, in the words of whoever handed them in; empty where not said."""

    who: str = ""
    what: str = ""
    when: str = ""
    where: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcription:
    """One version of what a record's pictures say.

    `number` counts a record's versions from 1; `author` is the engines by name and version, or the person. `text` is
    what search sees of it, `unsearchable` what nobody could read, by reason, as in a `Description`.
    """

    record_id: str
    number: int
    made_at: datetime
    source: TextSource
    author: str
    pages: tuple[Page, ...] = ()
    pictures: tuple[PictureFacts, ...] = ()
    transcript: Transcript | None = None
    caption: Caption | None = None
    text: str = ""
    unsearchable: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
