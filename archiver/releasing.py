"""Records made into the documents that leave: pages and kept text, with what is left out burned in or marked.

Rules kept:

- Nothing of a file leaves but what is seen: mails, conversations and texts are set anew from kept text, PDFs and
  pictures are drawn anew in a confined child, page by page, whether they have a redaction or not.
- Every redaction is carried out or refused. A draft is refused, and so is one that names a part which the record does
  not have or a text that is no longer the same; nothing is given in part of what was asked.
- What cannot be shown stands as a sheet that says so. A file may go as it was handed in only where nothing was left out
  of its whole record, and nothing of it is hidden from who looks at its pages.
- The same record and the same redactions give the same bytes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Self

from archiver.release_drawing import Drawing
from archiver.release_parts import PartReader
from archiver.release_texts import Carrying, Gathered, file_said, record_said, sheet_said
from search.disclosure.page_pictures import picture_pages
from search.disclosure.page_setting import LETTER, set_pages
from search.disclosure.redaction import RedactionState
from search.disclosure.release_types import Leaves, ReleasedDocument
from storage.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archiver.release_parts import OpenedFile, OpenedRecord
    from archiver.release_texts import Said
    from archiver.wiring import Installation
    from search.disclosure.redaction import Redaction
    from storage.records import Component, DescribedRecord


class Releaser:
    """Makes the documents that leave. Holds a confined child; not safe for threads. Use it as a context."""

    def __init__(self, installation: Installation, *, paper: tuple[float, float] = LETTER) -> None:
        self._reader = PartReader(installation)
        self._paper = paper

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the child; the next record starts another."""
        self._reader.close()

    def release(
        self,
        described: DescribedRecord,
        redactions: Sequence[Redaction],
        *,
        roster: Sequence[str] = (),
        codes: Sequence[str] = (),
    ) -> tuple[ReleasedDocument, ...]:
        """The documents of a record: itself first, then its attachments in their order.

        Args:
            described: the record, opened.
            redactions: all that are in it, final.
            roster: names for redactions by pattern that ask for names.
            codes: the order in which grounds are told.

        Raises:
            Conflict: a redaction is a draft, of another text, or of a part that the record does not have.
            InvalidInput: a redaction does not fit its part, or a text is too long to be given in part.
            Corrupt: the stored bytes are not what was described.
            SandboxUnavailable: no child can be started.
        """
        if any(one.state is not RedactionState.FINAL for one in redactions):
            raise Conflict("A redaction is still a draft. Make it final, or remove it, before anything is given.")
        if any(one.record_id != described.record.id for one in redactions):
            raise Conflict("A redaction is of another record.", record=described.record.id)
        opened = self._reader.opened(described)
        carrying = Carrying(redactions, roster=roster, codes=codes)
        attached = [
            self._file(opened, (one,), carrying, number=f"attachment {number}", component=one.component.id)
            for number, one in enumerate(opened.attached, start=1)
        ]
        documents = (*self._record(opened, carrying, [one.title for one in attached]), *attached)
        carrying.refuse_what_is_left()
        hidden = any(one.unseen for one in documents)
        return tuple(replace(one, may_go_native=carrying.is_whole and not hidden) for one in documents)

    def slip_sheet(self, record_id: str, *, reason: str, codes: Sequence[str], title: str) -> ReleasedDocument:
        """A sheet that stands for a record that is withheld; it says a sentence and the grounds, and nothing of it."""
        said = sheet_said(title, reason, codes=codes)
        pages, count = set_pages(said.blocks, paper=self._paper)
        return ReleasedDocument(
            record_id=record_id,
            component=None,
            title=title,
            leaves=Leaves.SLIP_SHEET,
            pages=pages,
            page_count=count,
            text=said.text,
            codes=tuple(codes),
        )

    def _record(self, opened: OpenedRecord, carrying: Carrying, names: Sequence[str]) -> Iterator[ReleasedDocument]:
        """The record itself; pictures that were handed in together are one document."""
        if not opened.own:
            gathered = Gathered(carrying)
            said = record_said(opened, gathered, names)
            yield self._set(opened, opened.described.description.components[0], None, gathered, said)
        elif all(one.read.unit is not None for one in opened.own):
            yield self._file(opened, opened.own, carrying, number="file", component=None)
        else:
            for number, one in enumerate(opened.own, start=1):
                component = None if number == 1 else one.component.id
                yield self._file(opened, (one,), carrying, number=f"file {number}", component=component)

    def _file(
        self,
        opened: OpenedRecord,
        files: Sequence[OpenedFile],
        carrying: Carrying,
        *,
        number: str,
        component: str | None,
    ) -> ReleasedDocument:
        """A file, or several pictures, as one document."""
        gathered = Gathered(carrying)
        said, *_ = [file_said(one, gathered, number) for one in files]
        first = files[0]
        if first.read.unit is None:
            return self._set(opened, first.component, component, gathered, said, is_shown=first.read.text is not None)
        drawing = Drawing(self._reader, opened.described, gathered)
        drawn = [drawing.add(one) for one in files]
        if not all(drawn):
            sheet = sheet_said(said.title, "This file is not shown here: it cannot be drawn whole.", fields=said.fields)
            return self._set(opened, first.component, component, gathered, sheet, is_shown=False)
        pages, count = picture_pages(drawing.pages, title=said.title, paper=self._paper)
        document = self._document(opened, first.component, component, gathered, said, pages=pages, count=count)
        is_redacted = bool(gathered.taken or drawing.burnt)
        return replace(
            document,
            leaves=Leaves.REDACTED if is_redacted else Leaves.WHOLE,
            text=drawing.text,
            burnt=tuple(drawing.burnt),
            unseen=drawing.unseen,
        )

    def _set(
        self,
        opened: OpenedRecord,
        original: Component,
        component: str | None,
        gathered: Gathered,
        said: Said,
        *,
        is_shown: bool = True,
    ) -> ReleasedDocument:
        pages, count = set_pages(said.blocks, labels=gathered.carrying.labels, paper=self._paper)
        document = self._document(opened, original, component, gathered, said, pages=pages, count=count)
        return document if is_shown else replace(document, leaves=Leaves.SLIP_SHEET)

    def _document(
        self,
        opened: OpenedRecord,
        original: Component,
        component: str | None,
        gathered: Gathered,
        said: Said,
        *,
        pages: bytes,
        count: int,
    ) -> ReleasedDocument:
        return ReleasedDocument(
            record_id=opened.described.record.id,
            component=component,
            title=said.title,
            leaves=Leaves.REDACTED if gathered.taken else Leaves.WHOLE,
            pages=pages,
            page_count=count,
            text=said.text,
            fields=said.fields,
            taken=tuple(dict.fromkeys(gathered.taken)),
            codes=gathered.carrying.ordered(gathered.codes),
            messages=said.messages,
            kept=gathered.kept,
            media_type=original.media_type,
            native_sha256=original.sha256,
        )
