"""What stands between review and production: the parts of a record that can be marked, and the documents that leave.

Rules:

- A part's text is in normal form (`kept_text.normal_text`); spans of redactions count its characters. The same record
  gives the same parts, whoever asks, so that a mark stays where it was made.
- A message of a conversation is one text of lines: who says it, when, and then what is said.
- A document that leaves is one item of a family: the record itself first, then its attachments in their order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from search.disclosure.redaction import Place, Unit
    from search.disclosure.redaction_pages import BurntRegion


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPart:
    """A text that words are marked in; `title` names it for people, such as ``Subject`` or ``message 12``."""

    place: Place
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenLine:
    """A line that was read in a picture: where it stands on a page (from 1), in the part's unit, and what it says."""

    page: int
    left: float
    top: float
    right: float
    bottom: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PagesPart:
    """Pages or a picture that regions are drawn on; `sizes` has the width and height of each page in `unit`."""

    place: Place
    title: str
    media_type: str
    unit: Unit
    sizes: tuple[tuple[float, float], ...]
    lines: tuple[SeenLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedPart:
    """An attachment that cannot be shown as text or pages; `reason` is a phrase without content."""

    place: Place
    title: str
    media_type: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordParts:
    """All of a record, in the order in which it is printed; nothing of it is in no part."""

    record_id: str
    parts: tuple[TextPart | PagesPart | ClosedPart, ...]

    @property
    def texts(self) -> tuple[TextPart, ...]:
        """The parts that words are marked in."""
        return tuple(one for one in self.parts if isinstance(one, TextPart))

    @property
    def pages(self) -> tuple[PagesPart, ...]:
        """The parts that regions are drawn on."""
        return tuple(one for one in self.parts if isinstance(one, PagesPart))


class Leaves(StrEnum):
    """How a document leaves."""

    WHOLE = "whole"
    REDACTED = "redacted"
    SLIP_SHEET = "slip_sheet"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedDocument:
    """A document that leaves: a record (`component` is None) or an attachment of it.

    Args:
        record_id: the record it is of.
        component: the attachment's id.
        title: what people and bookmarks call it, with what was left out replaced.
        leaves: whole, redacted, or as a sheet that says why it is not there.
        pages: a PDF without numbers; its pages have a strip at the foot for them.
        page_count: how many pages it has, at least one.
        text: the kept text, as load files carry it.
        fields: the kept metadata by name (``from``, ``to``, ``cc``, ``subject``, ``sent``, ``file_name`` ...).
        taken: the strings that were left out, to be looked for in all that is given.
        burnt: the boxes burned into its pages.
        codes: the grounds of what was left out, in order, each once.
        messages: of a conversation, the kept text of each message by its number.
        unseen: how many words of its text layer nobody sees on its pages; left out.
        media_type: of the native file.
        native_sha256: of the native file, in hexadecimal.
        may_go_native: whether nothing was left out of it and of its family, so that its file may go as it is.
        kept: the kept text of each part that words are marked in, by the part's name (``text``, ``header:to``,
            ``message:12``, ``component:ID``, ``name:ID``); the gate compares them with accepted occurrences.
    """

    record_id: str
    component: str | None
    title: str
    leaves: Leaves
    pages: bytes = field(repr=False)
    page_count: int
    text: str = field(repr=False)
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    taken: tuple[str, ...] = field(default=(), repr=False)
    burnt: tuple[BurntRegion, ...] = ()
    codes: tuple[str, ...] = ()
    messages: Mapping[int, str] = field(default_factory=dict, repr=False)
    unseen: int = 0
    media_type: str = "application/octet-stream"
    native_sha256: str = ""
    may_go_native: bool = False
    kept: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProducedDocument:
    """A document with its numbers and files in a package; paths are relative and have `/`.

    Args:
        document: what leaves; its `pages` may have been dropped when its file was written.
        first: the number of its first page, such as ``LAKE-000017``.
        last: that of its last page.
        family_first: the number of the first page of the record that it belongs to.
        family_last: that of the family's last page.
        custodian: whose it is, by name.
        pdf_path: its PDF with numbers.
        text_path: its kept text.
        native_path: its file as it was handed in, where that may go.
        pdf_sha256: of the PDF, in hexadecimal.
    """

    document: ReleasedDocument
    first: str
    last: str
    family_first: str
    family_last: str
    custodian: str
    pdf_path: str
    text_path: str
    native_path: str | None
    pdf_sha256: str
