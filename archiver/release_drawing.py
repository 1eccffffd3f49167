"""Pages of PDFs and pictures as they leave: asked for in the confined child, put together here.

Rules kept: what the child answers is pixels and words, and is checked for being all pages that were asked for, in their
order. Words are normal text again before they are set. A file that the child cannot draw whole is not given in part.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from archiver.release_codec import decode_pages
from archiver.release_requests import PAGES, pages_request
from ingest.reading_codec import ReadingRequest
from search.disclosure.kept_text import mark, normal_text
from search.disclosure.page_pictures import PicturePage, PictureWord
from search.disclosure.redaction import Part, Place, Unit
from search.disclosure.redaction_pages import BurntRegion, check_redactions
from search.disclosure.redaction_pixels import Burn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archiver.release_answers import SentPage, SentWord
    from archiver.release_parts import OpenedFile, PartReader
    from archiver.release_texts import Gathered
    from storage.records import DescribedRecord

_AT_ONCE: Final = 12  # pages that are asked for together


@dataclass(slots=True)
class Drawing:
    """The pages of one document, gathered file by file.

    Args:
        reader: opens the record's bytes and holds the child.
        described: the record.
        gathered: what is left out of the document.
    """

    reader: PartReader
    described: DescribedRecord
    gathered: Gathered
    pages: list[PicturePage] = field(default_factory=list)
    burnt: list[BurntRegion] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    unseen: int = 0

    def add(self, one: OpenedFile) -> bool:
        """All pages of a file; False, with nothing added, where it cannot be drawn whole.

        Raises:
            Conflict: a redaction is a draft.
            InvalidInput: a redaction does not lie on the pages, or is of words as a text has them.
        """
        unit = one.read.unit
        assert unit is not None, "only files with pages come here"
        redactions = self.gathered.carrying.at(Place(part=Part.COMPONENT, component=one.component.id))
        check_redactions(redactions, one.read.sizes, unit)
        content = self.reader.content(self.described, one.component)
        sent: list[SentPage] = []
        for first in range(1, len(one.read.sizes) + 1, _AT_ONCE):
            last = min(first + _AT_ONCE - 1, len(one.read.sizes))
            payload = pages_request(
                content,
                redactions,
                unit=unit,
                first=first,
                last=last,
                words=one.words,
                roster=self.gathered.carrying.roster,
            )
            answer = self.reader.ask(self.described, ReadingRequest(task=PAGES, payload=payload, wants_content=True))
            try:
                here = () if answer is None else decode_pages(answer)
            except ValueError:
                here = ()  # it is no answer
            if [page.number for page in here] != list(range(first, last + 1)):
                return False
            sent += here
        for page in sent:
            self._take(page, is_page=unit is Unit.POINTS)
        taken = [text for page in sent for text in map(normal_text, page.taken) if text]
        self.gathered.left_out(tuple(dict.fromkeys(taken)), redactions)
        if redactions and any(page.burnt for page in sent):
            self.gathered.codes += [code for each in redactions for code in each.codes]
        return True

    @property
    def text(self) -> str:
        """The kept words of all pages, in lines."""
        return "\n\n".join(one for one in self.texts if one)

    def _take(self, page: SentPage, *, is_page: bool) -> None:
        words, told = tuple(_words(page.words)), tuple(_boxes(page.burnt))
        self.pages.append(
            PicturePage(
                across=page.across,
                down=page.down,
                width=page.width,
                height=page.height,
                parts=page.parts,
                pixels=page.pixels,
                words=words,
                told=told,
                is_page=is_page,
            )
        )
        number = len(self.pages)
        for one in told:
            burn = Burn(left=one.left, top=one.top, right=one.right, bottom=one.bottom, label=one.text)
            self.burnt.append(BurntRegion(page=number, burn=burn))
        self.texts.append("\n".join(_lines(words, told)))
        self.unseen += page.unseen


def _words(words: Sequence[SentWord]) -> Iterator[PictureWord]:
    for one in words:
        text = " ".join(normal_text(one.text).split())
        if text:
            left, top, right, bottom = one.box
            yield PictureWord(text=text, left=left, top=top, right=right, bottom=bottom)


def _boxes(boxes: Sequence[SentWord]) -> Iterator[PictureWord]:
    for one in boxes:
        left, top, right, bottom = one.box
        yield PictureWord(text=one.text.strip(), left=left, top=top, right=right, bottom=bottom)


def _lines(words: Sequence[PictureWord], told: Sequence[PictureWord]) -> Iterator[str]:
    """The words of a page in lines, with a mark where a box stands among them."""
    pieces = [(one, one.text) for one in words]
    for box in told:
        at = next((at for at, (one, _) in enumerate(pieces) if _follows(one, box)), len(pieces))
        pieces.insert(at, (box, mark(box.text)))
    line: list[str] = []
    before: PictureWord | None = None
    for one, text in pieces:
        if before is not None and line and not _beside(before, one):
            yield " ".join(line)
            line = []
        line.append(text)
        before = one
    if line:
        yield " ".join(line)


def _follows(one: PictureWord, box: PictureWord) -> bool:
    """Whether a word stands after a box: below it, or to its right on the same line."""
    middle = (one.top + one.bottom) / 2
    return middle > box.bottom or (middle > box.top and one.left >= box.left)


def _beside(one: PictureWord, other: PictureWord) -> bool:
    return other.top < one.bottom and other.bottom > one.top and other.left >= one.left
