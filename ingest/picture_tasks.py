"""What the confined child that reads pictures can do; the only place where it meets decoders and engines.

Imported in that child's process only. `load` makes the engines and opens a sample of each format before confinement, so
that whatever they load on first use is there when nothing can be opened any more.

Rule: a round goes page by page and stops, behind a whole page, after the seconds that it was given. What is open then
stays open for the next round of the same record, which goes on there, and is closed by any other.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ingest.formats.ocr.engines import load_engines
from ingest.formats.ocr.languages import DEFAULT_LANGUAGES
from ingest.formats.ocr.naming import language_remark
from ingest.formats.ocr.pages import read_page
from ingest.formats.pictures.limits import PictureLimits, PictureRefused
from ingest.formats.pictures.opening import open_picture, rehearse
from ingest.formats.pictures.turned import transcript_as_kept, turned_pixels, upright_page
from ingest.formats.transcripts.transcribe import transcribe
from ingest.picture_codec import PictureTask, Place, answer, asked_of, blank
from ingest.picture_rounds import MOST_PAGES_OF_CONVERSATION
from storage.transcription import Box, Page, TextLine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ingest.formats.ocr.engines import Engines
    from ingest.formats.pictures.office_pictures import OfficePictures
    from ingest.formats.pictures.opening import PdfPicture, Picture
    from ingest.formats.pictures.pixels import PagePixels, Pixels
    from ingest.picture_codec import Asked, Part
    from ingest.sandbox_child import Task as Reader
    from storage.transcription import PictureFacts, Transcript

_LATER: Final = 10  # niceness: whoever examines goes first
_MOST_PIXELS: Final = 192 << 20  # bytes of pixels kept for the conversation; pages beyond it go by their lines


def load(languages: str = "") -> dict[str, Reader]:
    """The tasks by name, rehearsed; `languages` are names of Tesseract's data, with commas, or none for the usual."""
    rehearse()
    chosen = tuple(one for one in languages.split(",") if one) or DEFAULT_LANGUAGES
    pictures = _Pictures(load_engines(chosen))
    transcribe([_two_bubbles()])
    os.nice(_LATER)  # behind the loading, which somebody waits for with a limit
    return {PictureTask.READ: pictures.read, PictureTask.TRANSCRIBE: pictures.transcribe}


@dataclass(slots=True)
class _Open:
    """A component that is open: the pages behind `page` come next, one by one."""

    part: Part
    picture: Picture | PdfPicture | OfficePictures
    pages: Iterator[PagePixels]
    page: int = 0


@dataclass(slots=True)
class _Round:
    """What a round has read so far; `kept` are the pages upright with their pixels, as far as these are kept."""

    pages: list[Page] = field(default_factory=list)
    facts: list[PictureFacts] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    kept: list[tuple[Page, Pixels | None]] = field(default_factory=list)
    pixels: int = 0

    def keep(self, page: Page, pixels: Pixels | None) -> None:
        """Keep a page that was read, with its pixels while there is room for them; these upright, as it was read."""
        self.pages.append(page)
        size = 0 if pixels is None else pixels.nbytes
        if pixels is None or self.pixels + size > _MOST_PIXELS:
            self.kept.append((upright_page(page), None))
            return
        self.pixels += size
        self.kept.append((upright_page(page), turned_pixels(pixels, page.turn)))


class _Pictures:
    """Reads pictures with the engines that are loaded."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._open: _Open | None = None

    def read(self, payload: bytes, options: Mapping[str, Any]) -> bytes:
        """Pages from a place on, and where the round stopped."""
        asked = asked_of(payload, options)
        found = _Round()
        until = time.monotonic() + asked.seconds
        place: Place | None = asked.place
        while place is not None:
            place = self._read_one(asked, place, found)
            if time.monotonic() >= until:
                break
        whole = asked.place == Place() and place is None
        read = replace(
            blank(self._engines.describe()),
            pages=tuple(found.pages),
            pictures=tuple(found.facts),
            unsearchable=tuple(found.problems),
            notes=tuple(found.notes),
            transcript=_conversation(found) if whole else None,
        )
        return answer(read, place)

    def transcribe(self, payload: bytes, options: Mapping[str, Any]) -> bytes:
        """The conversation in pages that were read before."""
        asked = asked_of(payload, options)
        lines = {} if asked.known is None else {(one.component, one.number): one for one in asked.known.pages}
        found = _Round()
        self._open = None
        limits = PictureLimits(pages=asked.pages)
        for part in asked.parts:
            for page in open_picture(part.content, part.media_type, limits).pages():
                known = lines.get((part.id, page.number))
                if known is not None:
                    found.keep(known, page.pixels)
        return answer(replace(blank(self._engines.describe()), transcript=_conversation(found)))

    def _read_one(self, asked: Asked, place: Place, found: _Round) -> Place | None:
        """Read the next page at a place or behind it; where to go on, None at the end of the last part."""
        part = asked.parts[place.part]
        following = Place(part=place.part + 1) if place.part + 1 < len(asked.parts) else None
        try:
            opened = self._opened(part, place, asked)
        except PictureRefused as error:
            found.problems.append(f"picture {part.number}: {error.message}")
            return following
        page = next((one for one in opened.pages if one.number >= place.page), None)
        if page is not None:
            self._keep(part, page, found)
        if place.page == 1:
            found.facts.append(opened.picture.facts(part.id, received_at=asked.received_at))
        if page is None:
            self._close(opened, found)
            return following
        opened.page = page.number
        return Place(part=place.part, page=page.number + 1)

    def _opened(self, part: Part, place: Place, asked: Asked) -> _Open:
        """The component at a place, open where it was left, or anew.

        Raises:
            PictureRefused: it is not opened.
        """
        there = self._open
        if there is not None and there.part == part and there.page == place.page - 1:
            return there
        self._open = None
        picture = open_picture(part.content, part.media_type, PictureLimits(pages=asked.pages))
        # a page that does harm is not decoded again for the sake of those behind it, as far as the format allows
        self._open = _Open(part, picture, picture.pages(place.page))
        return self._open

    def _keep(self, part: Part, page: PagePixels, found: _Round) -> None:
        if page.problem is not None:
            found.problems.append(f"picture {part.number}, page {page.number}: {page.problem}")
        if page.pixels is not None:
            read = read_page(page.pixels, self._engines, component=part.id, number=page.number)
            found.notes += [f"picture {part.number}, page {page.number}: {one}" for one in self._remarks(read)]
        else:
            read = Page(
                component=part.id,
                number=page.number,
                width=page.width,
                height=page.height,
                lines=page.text_lines,
                layer=bool(page.text_lines),
            )
        found.keep(read, page.pixels)

    def _remarks(self, read: Page) -> Iterator[str]:
        if read.turn:
            yield f"it does not stand upright, and was read after a turn of {read.turn} degrees clockwise"
        remark = language_remark(read, self._engines.seconds)
        if remark is not None:
            yield remark

    def _close(self, opened: _Open, found: _Round) -> None:
        self._open = None
        number = opened.part.number
        found.notes += [f"picture {number}: {note}" for note in opened.picture.notes]


def _two_bubbles() -> tuple[Page, Pixels]:
    """A small conversation, for what is made on first use."""
    pixels = np.full((320, 240, 3), 255, np.uint8)
    pixels[60:110, 12:150] = 232
    pixels[150:200, 90:228] = (0, 122, 255)
    boxes = Box(left=24, top=76, right=138, bottom=94), Box(left=102, top=166, right=216, bottom=184)
    lines = tuple(TextLine(text="a line of words", box=one) for one in boxes)
    return Page(component="", number=1, width=240, height=320, lines=lines), pixels


def _conversation(found: _Round) -> Transcript | None:
    if not found.kept or len(found.kept) > MOST_PAGES_OF_CONVERSATION:
        return None
    transcript = transcribe(found.kept)
    pages: dict[tuple[str | None, int], Page] = {(one.component, one.number): one for one in found.pages if one.turn}
    return transcript_as_kept(transcript, pages) if transcript is not None and pages else transcript
