"""The pictures inside an office document as its pages, one each, so that they are read as attached pictures are.

Rule kept: the document is opened as the hostile package that it is (`ingest.formats.office.package`), and what comes
out of it is counted; each part is a picture by its own first bytes or is said to be none. A picture that stands in it
several times is read once, of an animation the first frame. Nothing inside of it is a package again.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Final, Protocol

from ingest.formats.container import MemberBroken
from ingest.formats.detect import HEAD_BYTES, MediaKind, detect
from ingest.formats.office.allowance import Allowance, Spent
from ingest.formats.office.gathered import Gathered
from ingest.formats.office.package import NoPackage, Package
from ingest.formats.office.pictures import picture_parts
from ingest.formats.pictures.first_look import SMALLEST_WITH_LETTERS
from ingest.formats.pictures.limits import PictureLimits, PictureRefused
from ingest.formats.pictures.pixels import PagePixels
from storage.transcription import PictureFacts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

LARGEST: Final = 64 << 20
_NOT_A_DOCUMENT: Final = "no document with pictures in it"
_NOT_A_PICTURE: Final = "no picture of a kind that is read"
_TOO_LARGE: Final = f"larger than {LARGEST >> 20} MB"


class Opened(Protocol):
    """A picture, opened; `ingest.formats.pictures.opening.Picture` in the product."""

    def pages(self, first: int = 1) -> Iterator[PagePixels]:
        """Its pages or frames."""
        ...


class Opens(Protocol):
    """Opens a picture by its bytes."""

    def __call__(self, raw: bytes, media_type: str | None, limits: PictureLimits) -> Opened:
        """The picture.

        Raises:
            PictureRefused: it is not opened.
        """
        ...


class OfficePictures:
    """A document, opened for its pictures.

    Args:
        raw: all of it.
        media_type: what it is called.
        limits: what it may cost; `pages` is how many pictures of it are read.
        opens: opens one of its pictures.

    Raises:
        PictureRefused: it is no document, or has no pictures.
    """

    def __init__(self, raw: bytes, media_type: str, limits: PictureLimits, opens: Opens) -> None:
        self.notes: list[str] = []
        self.media_type = media_type
        self._limits, self._opens = limits, opens
        try:
            self._package = Package(raw, Allowance(), Gathered())
        except (NoPackage, Spent):
            raise PictureRefused(_NOT_A_DOCUMENT) from None
        self._names = picture_parts(self._package)
        self._size = (0, 0)
        if not self._names:
            raise PictureRefused(_NOT_A_DOCUMENT)

    def pages(self, first: int = 1) -> Iterator[PagePixels]:
        """Each picture from a number on; what cannot be read is a page with a problem."""
        known: set[bytes] = set()
        left = self._limits.all_pixels
        for number, name in zip(count(1), self._names[: self._limits.pages], strict=False):
            if number < first:
                continue
            try:
                content = self._content(name)
            except Spent as error:
                yield PagePixels(number=number, width=0, height=0, problem=f"the pictures from here on: {error}")
                return
            except MemberBroken as error:
                yield PagePixels(number=number, width=0, height=0, problem=f"a picture in it: {error}")
                continue
            digest = hashlib.sha256(content).digest()
            if digest in known:
                continue
            known.add(digest)
            page = self._page(content, number)
            left -= page.width * page.height
            if left < 0:
                yield PagePixels(number=number, width=0, height=0, problem="the pictures before took all pixels")
                return
            if page.problem is not None or min(page.width, page.height) >= SMALLEST_WITH_LETTERS:
                self._size = self._size if any(self._size) else (page.width, page.height)
                yield page
        beyond = len(self._names) - self._limits.pages
        if beyond > 0:
            self.notes.append(f"{beyond:,} pictures beyond the first {self._limits.pages:,} are not read")

    def facts(self, component: str, *, received_at: datetime | None = None) -> PictureFacts:
        """How many pictures there are, and the size of the first that was read."""
        del received_at  # a document states its own times, which stand in the description
        width, height = self._size
        return PictureFacts(
            component=component, media_type=self.media_type, width=width, height=height, pages=len(self._names)
        )

    def _content(self, name: str) -> bytes:
        pieces, size = [], 0
        for piece in self._package.pieces(name):
            size += len(piece)
            if size > LARGEST:
                raise MemberBroken(_TOO_LARGE)
            pieces.append(piece)
        return b"".join(pieces)

    def _page(self, content: bytes, number: int) -> PagePixels:
        if detect(content[:HEAD_BYTES]).kind is not MediaKind.IMAGE:
            return PagePixels(number=number, width=0, height=0, problem=_NOT_A_PICTURE)
        try:
            picture = self._opens(content, None, replace(self._limits, frames=1, pages=1))
            page = next(iter(picture.pages()), None)
        except PictureRefused as error:
            return PagePixels(number=number, width=0, height=0, problem=error.message)
        if page is None:
            return PagePixels(number=number, width=0, height=0, problem=_NOT_A_PICTURE)
        return replace(page, number=number)
