"""A picture or a PDF opened: what it says of itself, its pages as pixels, and what can be measured of them.

Rule kept: its first bytes decide what it is, whatever it is called; none but the formats of `survey` and PDF are
opened. Sizes are checked before pixels are decoded. Nothing here touches a file or the network, so that it
runs in a confined process; `rehearse` loads there what is loaded on first use.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ingest.formats.detect import HEAD_BYTES, MediaKind, detect
from ingest.formats.pictures import heif, raster
from ingest.formats.pictures.exif import read_exif
from ingest.formats.pictures.limits import PictureLimits, PictureRefused
from ingest.formats.pictures.looks import perceptual_hash
from ingest.formats.pictures.metadata import bounded, metadata_of
from ingest.formats.pictures.observations import (
    program_observations,
    thumbnail_observation,
    time_observations,
    trailing_observation,
)
from ingest.formats.pictures.office_pictures import OfficePictures
from ingest.formats.pictures.pdf_pages import PdfPages
from ingest.formats.pictures.pixels import upright
from ingest.formats.pictures.quantisation import tables_note
from ingest.formats.pictures.samples import SAMPLES
from ingest.formats.pictures.survey import survey
from storage.transcription import PictureFacts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ingest.formats.pictures.pixels import PagePixels, Pixels
    from ingest.formats.pictures.surveyed import Survey

PDF: Final = "application/pdf"
_NOT_A_PICTURE: Final = "no picture or PDF of a kind that is read"
_MOST_COUNTED: Final = 1_000_000
_BROKEN_HEADER: Final = "the header of the picture cannot be read"
_WITHIN_BOXES: Final = {"image/heic": heif.inside_heif, "image/avif": raster.inside_avif}


class Picture:
    """One component, opened. `notes` grow while its pages are read; they are sentences without content.

    `pages` may be gone through once for the pixels; `facts` is best asked afterwards, since it then need not decode
    anything again.
    """

    def __init__(self, raw: bytes, header: Survey, limits: PictureLimits) -> None:
        self.notes: list[str] = []
        self.media_type = header.media_type
        self._raw, self._limits = raw, limits
        self._survey = header
        self._exif = read_exif(header.exif)
        self._first: tuple[str | None, str | None, int, int] | None = None
        self._is_tried = False
        self._pages = 1

    def pages(self, first: int = 1) -> Iterator[PagePixels]:
        """Pages or frames in order, from a number on; those that cannot be decoded have a problem and no pixels."""
        if self.media_type == "image/heic":
            decoded = heif.decoded_heif(self._raw, self._limits)
        else:
            decoded = raster.decoded_frames(self._raw, self._survey, self._limits, first)
        for page in decoded:
            self._is_tried = self._is_tried or page.number == 1
            self._measure(page)
            if page.reduced > 1:
                self._say(f"page {page.number} is read at 1/{page.reduced} of its size")
            if page.problem is not None:
                self._say(f"page {page.number}: {page.problem}")
            self._pages = max(self._pages, page.number)
            if page.number >= first:
                yield page
        self._say_what_is_left()

    def facts(self, component: str, *, received_at: datetime | None = None) -> PictureFacts:
        """What was measured; `received_at` is when the picture came in, to compare the times that it states with.

        Sizes are those of the picture as a person sees it, before any reduction.
        """
        if not self._is_tried:
            next(iter(self.pages()), None)
        look, thumbnail, width, height = self._first or (None, None, self._survey.width, self._survey.height)
        pairs = metadata_of(self._survey, self._exif)
        tables = tables_note(self._survey.quantisation)
        if tables is not None:
            pairs = bounded([*pairs, ("JPEG quantisation tables", tables)])
        seen = [*program_observations(pairs)]
        if received_at is not None:
            seen += time_observations(pairs, received_at)
        seen += [one for one in (thumbnail, trailing_observation(self._raw, self.media_type)) if one is not None]
        return PictureFacts(
            component=component,
            media_type=self.media_type,
            width=width,
            height=height,
            pages=max(self._pages, min(self._survey.frames, _MOST_COUNTED)),
            metadata=pairs,
            perceptual=look,
            observations=tuple(seen),
        )

    def _measure(self, page: PagePixels) -> None:
        if page.number > 1 or self._first is not None or page.pixels is None:
            return
        self._first = (
            perceptual_hash(page.pixels),
            self._compare_thumbnail(page.pixels),
            page.width * page.reduced,
            page.height * page.reduced,
        )
        if page.reduced > 1:
            sizes = (self._survey.width, self._survey.height)
            turned = (page.width > page.height) != (sizes[0] > sizes[1])
            self._first = (*self._first[:2], *(sizes[::-1] if turned else sizes))

    def _compare_thumbnail(self, picture: Pixels) -> str | None:
        small = raster.thumbnail_pixels(self._exif.thumbnail) if self._exif.thumbnail else None
        if small is None or self.media_type in _WITHIN_BOXES:
            return None
        return thumbnail_observation(upright(small, self._exif.orientation), picture)

    def _say_what_is_left(self) -> None:
        claimed, limits = self._survey.frames, self._limits
        if self.media_type == "image/tiff" and claimed > limits.pages:
            self._say(f"the pages beyond the first {limits.pages:,} are not read")
        elif self.media_type == "image/tiff" and claimed > self._pages:
            self._say(f"the pages after page {self._pages:,} are not read")
        elif self.media_type != "image/tiff" and claimed > limits.frames:
            self._say(f"of an animation of {claimed:,} pictures at most {limits.frames} are read")

    def _say(self, note: str) -> None:
        if note not in self.notes and len(self.notes) < self._limits.frames + self._limits.pages:
            self.notes.append(note)


class PdfPicture:
    """A PDF, opened as `Picture` is."""

    media_type = PDF

    def __init__(self, raw: bytes, limits: PictureLimits) -> None:
        self.notes: list[str] = []
        self._limits = limits
        try:
            self._pages = PdfPages(raw, limits)
        except ValueError as error:
            raise PictureRefused(str(error)) from None
        self._facts = self._pages.facts()
        self._look: str | None = None

    def pages(self, first: int = 1) -> Iterator[PagePixels]:
        """Its pages from a number up to the limit: lines of text where it has them, else pixels, else a problem."""
        for page in self._pages.pages(first):
            if page.pixels is not None and self._look is None and page.number == 1:
                self._look = perceptual_hash(page.pixels)
            if page.problem is not None:
                self.notes.append(f"page {page.number}: {page.problem}")
            yield page
        if self._facts.pages > self._limits.pages:
            beyond = self._facts.pages - self._limits.pages
            self.notes.append(f"{beyond:,} pages beyond the first {self._limits.pages:,} are not read")

    def drawn(self, number: int) -> PagePixels:
        """A page as a person sees it, whether it has a text layer or not.

        Raises:
            PictureRefused: there is no such page, or it cannot be drawn.
        """
        try:
            return self._pages.drawn(number)
        except ValueError as error:
            raise PictureRefused(str(error)) from None

    def facts(self, component: str, *, received_at: datetime | None = None) -> PictureFacts:
        """What it states; the look is that of a first page that was drawn."""
        pairs = bounded(self._facts.info)
        seen = [*program_observations(pairs)]
        if received_at is not None:
            seen += time_observations(pairs, received_at)
        return PictureFacts(
            component=component,
            media_type=PDF,
            width=self._facts.width,
            height=self._facts.height,
            pages=self._facts.pages,
            metadata=pairs,
            perceptual=self._look,
            observations=tuple(seen),
        )


def open_picture(
    raw: bytes, media_type: str | None = None, limits: PictureLimits | None = None
) -> Picture | PdfPicture | OfficePictures:
    """Open a component by its first bytes.

    Args:
        raw: all of it.
        media_type: what it was declared as, for PDFs whose mark does not stand at the first byte; else unused.
        limits: what it may cost.

    Raises:
        PictureRefused: it is no picture or PDF that is read, its header is broken, or it is too large; the
            message says why, without content.
    """
    limits = limits or PictureLimits()
    found = detect(raw[:HEAD_BYTES])
    if found.kind is MediaKind.PDF or (media_type == PDF and found.kind in (MediaKind.UNKNOWN, MediaKind.TEXT)):
        return PdfPicture(raw, limits)
    if found.kind is MediaKind.ZIP:
        return OfficePictures(raw, found.media_type, limits, open_picture)
    if found.kind is not MediaKind.IMAGE:
        raise PictureRefused(_NOT_A_PICTURE)
    header = survey(raw)
    if header is None:
        raise PictureRefused(_BROKEN_HEADER)
    if header.media_type != "image/jpeg":  # which is made smaller while it is decoded, and checked then
        limits.check(header.media_type, header.width, header.height)
    if header.media_type in _WITHIN_BOXES:
        exif, xmp, frames = _WITHIN_BOXES[header.media_type](raw)
        header = replace(header, exif=exif.removeprefix(b"Exif\0\0"), xmp=xmp, frames=max(1, frames))
    return Picture(raw, header, limits)


def rehearse() -> None:
    """Open and decode one small sample of each format, so that nothing is left to be loaded later."""
    for sample in SAMPLES:
        picture = open_picture(sample)
        for _ in picture.pages():
            picture.facts("")
