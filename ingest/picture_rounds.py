"""The pictures of one record, read by the child in rounds, and what they come to together.

Rule: a round goes on for a few seconds and tells where it stopped, so that a record of a thousand pages can be broken
off, and a harm is put down to a page. After one, pages are asked for singly; a page that does harm alone is said not
to be read, and reading goes on behind it, a few times. The conversation is looked for once all pages are read: in the
same round where one was enough, else in a round of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Protocol

from ingest.picture_codec import (
    Answered,
    Part,
    Place,
    answered_of,
    blank,
    reading_request,
    transcribing_request,
)
from ingest.reading_codec import FailureReason, ReadingFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ingest.reading_codec import ReadingAnswer, ReadingRequest
    from storage.records import Component
    from storage.transcription import Page, PictureFacts, Transcript, Transcription

MOST_PAGES_OF_CONVERSATION: Final = 60
_PAGED: Final = (
    "application/pdf",
    "image/tiff",
    "application/vnd.openxml",
    "application/vnd.oasis.",
    "application/vnd.ms-",
)
_FAILED: Final = {
    FailureReason.CRASH: "the reader of pictures crashed on it",
    FailureReason.MEMORY: "reading it took more memory than is allowed",
    FailureReason.TIME: "reading it took longer than is allowed",
    FailureReason.PROTOCOL: "what the reader of pictures answered was not acceptable",
    FailureReason.REFUSED: "the reader of pictures refused it",
}
_REST: Final = "from there on it was not read: too many of its pages do harm"
_APART: Final = "no conversation was looked for: the pictures are too many, or too large together"
_NO_CONVERSATION: Final = "whether they show a conversation could not be found out: {}"


class Interrupted(Exception):
    """It was time to stop before a record was read."""


class Reader(Protocol):
    """Reads hostile pictures elsewhere; `ingest.sandbox.SandboxedReader` in the product."""

    def read(self, request: ReadingRequest) -> ReadingAnswer:
        """One answer; never raises for what a request holds."""
        ...

    def renew(self) -> None:
        """Throw the present child away."""
        ...

    def warm_up(self) -> None:
        """Have a child ready that has loaded what it needs."""
        ...

    def close(self) -> None:
        """End all children."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundsLimits:
    """What one record may cost. Sizes in bytes; `round_seconds` is for how long a round takes up further pages.

    `largest` is the most of one component, `together` of those that lie in memory at a time, `pages` of one component,
    `harms` how many pages may do harm before the rest is left.
    """

    largest: int = 64 << 20
    together: int = 96 << 20
    pages: int = 500
    round_seconds: float = 5.0
    harms: int = 3

    def refusal(self, size: int) -> str | None:
        """Why a component of this size is not read, None where it is."""
        return None if size <= self.largest else f"larger than {self.largest >> 20} MB"


@dataclass(slots=True, kw_only=True)
class Found:
    """What the rounds came to; `problems` are sentences about what is not read, `author` the engines by name."""

    pages: tuple[Page, ...] = ()
    pictures: tuple[PictureFacts, ...] = ()
    transcript: Transcript | None = None
    author: str = ""
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Group:
    """Parts that travel together."""

    parts: list[Part] = field(default_factory=list)
    size: int = 0


class Rounds:
    """The rounds about one record, received at a time; `stop` is asked before each."""

    def __init__(
        self, reader: Reader, limits: RoundsLimits, stop: Callable[[], bool], *, received_at: datetime
    ) -> None:
        self._reader = reader
        self._received_at = received_at
        self._limits = limits
        self._stop = stop
        self._group = _Group()
        self._found = Found()
        self._harms = 0
        self._groups = 0
        self._harmed = -1  # the part of which a page did harm last
        self._is_settled = False

    def add(self, number: int, component: Component, content: bytes) -> None:
        """Take a component; those before it are read first where together they are too large.

        Raises:
            Interrupted: it was time to stop.
        """
        if self._group.parts and self._group.size + len(content) > self._limits.together:
            self._read_group()
            self._group = _Group()
        self._group.parts.append(Part(id=component.id, number=number, media_type=component.media_type, content=content))
        self._group.size += len(content)

    def refuse(self, number: int, reason: str) -> None:
        """Say that a component is not read."""
        self._found.problems += (f"picture {number}: {reason}",)

    def finish(self) -> Found:
        """Read what is left, and look for the conversation.

        Raises:
            Interrupted: it was time to stop.
        """
        if self._group.parts:
            self._read_group()
        if not self._is_settled and self._found.pages:
            self._transcribe()
        return self._found

    def _read_group(self) -> None:
        self._groups += 1
        parts = self._group.parts
        place: Place | None = Place()
        singly = False
        while place is not None:
            if self._stop():
                raise Interrupted
            seconds = 0.0 if singly else self._limits.round_seconds
            request = reading_request(
                parts, place, seconds=seconds, pages=self._limits.pages, received_at=self._received_at
            )
            answered = self._ask(request, place)
            if isinstance(answered, Answered):
                self._take(answered.read)
                # one round that read everything has looked for the conversation, too
                self._is_settled = self._groups == 1 and place == Place() and answered.next_place is None
                place, singly = answered.next_place, False
            elif singly:
                place = self._behind(place, answered)
            else:
                singly = True  # which page it was is found out by asking for one at a time

    def _ask(self, request: ReadingRequest, place: Place | None = None) -> Answered | ReadingFailed:
        """The answer to a request; one about reading goes on behind its place, or it is none."""
        answer = self._reader.read(request)
        if isinstance(answer, ReadingFailed):
            return answer
        try:
            answered = answered_of(answer if isinstance(answer, bytes) else b"", self._group.parts)
        except ValueError:
            return ReadingFailed(reason=FailureReason.PROTOCOL, detail="the answer")
        following = answered.next_place
        if place is not None and following is not None and (following.part, following.page) <= (place.part, place.page):
            return ReadingFailed(reason=FailureReason.PROTOCOL, detail="the place")
        return answered

    def _take(self, read: Transcription) -> None:
        found = self._found
        found.pages += read.pages
        found.pictures += read.pictures
        found.transcript = read.transcript
        found.author = read.author or found.author
        found.problems += read.unsearchable
        found.notes += read.notes

    def _behind(self, place: Place, failed: ReadingFailed) -> Place | None:
        """Where to go on behind a page that does harm, None where that is the end."""
        parts = self._group.parts
        number = parts[place.part].number
        why = _FAILED[failed.reason]
        has_pages = parts[place.part].media_type.startswith(_PAGED)
        where = f"picture {number}, page {place.page}" if has_pages else f"picture {number}"
        self._found.problems += (f"{where}: {why}",)
        self._harms += 1
        if self._harms > self._limits.harms:
            self._found.problems += (f"{where}: {_REST}",)
            return None
        if has_pages and self._harmed != place.part:
            self._harmed = place.part
            return Place(part=place.part, page=place.page + 1)
        return Place(part=place.part + 1) if place.part + 1 < len(parts) else None

    def _transcribe(self) -> None:
        found, parts = self._found, self._group.parts
        found.transcript = None
        if any(one.media_type.startswith(_PAGED) for one in parts):
            return  # paper, whose pages are no screens
        if self._groups > 1 or len(found.pages) > MOST_PAGES_OF_CONVERSATION:
            found.notes += (_APART,)
            return
        if self._stop():
            raise Interrupted
        known = replace(blank(found.author), pages=found.pages)
        try:
            request = transcribing_request(parts, known, pages=self._limits.pages)
        except ValueError:
            found.notes += (_APART,)
            return
        answered = self._ask(request)
        if isinstance(answered, Answered):
            found.transcript = answered.read.transcript
        else:
            found.notes += (_NO_CONVERSATION.format(_FAILED[answered.reason]),)
