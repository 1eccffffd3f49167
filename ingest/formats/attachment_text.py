"""Text of one attachment by what its bytes are, or the reason why it has none.

Rule kept: the bytes decide, the declared media type and the name only settle what they leave open. Every
attachment ends in text, in a reason, or in both; a reason is a phrase without content.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.formats.charsets import decode
from ingest.formats.detect import HEAD_BYTES, MediaKind, detect
from ingest.formats.html_text import decode_html, html_to_text
from ingest.formats.office.allowance import Allowance
from ingest.formats.office.reading import read_office
from ingest.formats.pdf_text import pdf_to_text
from ingest.formats.pictures.first_look import first_look
from ingest.formats.rtf_text import read_rtf
from storage.transcription import NOT_READ_YET

if TYPE_CHECKING:
    from ingest.formats.headers import ContentFields

MAX_TEXT_BYTES = 16 * 1024 * 1024
_TEXT_TYPES = frozenset(
    {"application/json", "application/xml", "application/javascript", "application/x-sh",
     "message/delivery-status", "message/disposition-notification", "message/partial", "message/feedback-report",
     "message/external-body"}
)  # fmt: skip
_CARDS = (b"BEGIN:VCALENDAR", b"BEGIN:VCARD")
_FOLD = re.compile("\n[ \t]")  # a long line goes on (RFC 5545 3.1, RFC 6350 3.2)
_DRAWING = "a drawing of lines (SVG), of which no more than its text is read"
_OFFICE_KINDS = frozenset({MediaKind.ZIP, MediaKind.OLE, MediaKind.XML})
_TEXT_KINDS = frozenset({MediaKind.TEXT, MediaKind.JSON, MediaKind.XML, MediaKind.EML, MediaKind.MBOX})


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentText:
    """Text found, and why there is none or not all of it.

    `pictured` is set where pixels may hold text that waits to be read; `unread`, or where there are other reasons
    `waiting`, then ends with `NOT_READ_YET`. `notes` are remarks without content; `asserted` is what a document says of
    itself.
    """

    text: str = ""
    unread: str | None = None
    pictured: bool = False
    notes: tuple[str, ...] = ()
    asserted: tuple[str, ...] = ()
    waiting: str | None = None

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why there is no text or not all of it, each a phrase."""
        return tuple(one for one in (self.unread, self.waiting) if one is not None)


def read_attachment(content: bytes, fields: ContentFields, allowance: Allowance | None = None) -> AttachmentText:
    """Text of the decoded bytes of an attachment; never raises for any bytes.

    Args:
        content: the bytes.
        fields: what they were declared as.
        allowance: what the documents of one record may cost together; without it that of one document.
    """
    allowance = allowance or Allowance()
    found = detect(content[:HEAD_BYTES], fields.name)
    if found.kind is MediaKind.EMPTY:
        return AttachmentText()
    if found.kind is MediaKind.PDF or fields.media_type == "application/pdf":
        return _pdf(content, allowance)
    if found.kind is MediaKind.IMAGE:
        return _picture(content, found.media_type)
    if found.kind in _OFFICE_KINDS:
        office = _office(content, allowance)
        if office is not None:
            return office
    if found.media_type == "image/svg+xml":
        return AttachmentText(text=_html(content, fields.charset).text, unread=_DRAWING)
    return _by_declaration(content, fields, found.kind)


def _by_declaration(content: bytes, fields: ContentFields, kind: MediaKind) -> AttachmentText:
    """What bytes without a mark of their own hold, by what they were declared as."""
    declared = fields.media_type
    if content.startswith(b"{\\rtf"):
        rtf = read_rtf(content)
        return AttachmentText(text=rtf.text, unread=rtf.unread)
    if kind is MediaKind.HTML or (declared == "text/html" and kind in _TEXT_KINDS):
        return _html(content, fields.charset)
    is_text = kind in _TEXT_KINDS and (_is_textual(declared) or declared == "application/octet-stream")
    if is_text or (kind is MediaKind.UNKNOWN and declared.startswith("text/")):
        return _text(content, fields.charset)
    return AttachmentText(unread=f"{declared} has no text")


def _office(content: bytes, allowance: Allowance) -> AttachmentText | None:
    office = read_office(content, allowance)
    if office is None:
        return None
    unread = ", ".join(office.unread) or None
    return AttachmentText(
        text=office.text,
        unread=unread,
        pictured=office.waiting is not None,
        notes=office.notes,
        asserted=office.asserted,
        waiting=office.waiting,
    )


def _picture(content: bytes, media_type: str) -> AttachmentText:
    seen = first_look(content)
    unread = None if seen.unread is None else f"{media_type}: {seen.unread}"
    return AttachmentText(unread=unread, pictured=seen.pictured)


def _pdf(content: bytes, allowance: Allowance) -> AttachmentText:
    pdf = pdf_to_text(content, allowance.pages)
    return AttachmentText(
        text=pdf.text,
        unread=f"{pdf.unread}: {NOT_READ_YET}" if pdf.scanned else pdf.unread,
        pictured=pdf.scanned > 0,
        notes=pdf.notes,
        asserted=pdf.asserted,
    )


def _is_textual(declared: str) -> bool:
    return declared.startswith("text/") or declared in _TEXT_TYPES or declared.endswith(("+xml", "+json"))


def _html(content: bytes, charset: str | None) -> AttachmentText:
    text, complete = html_to_text(decode_html(content[: MAX_TEXT_BYTES * 2], charset))
    return AttachmentText(text=text, unread=None if complete else "the end of a long HTML document")


def _text(content: bytes, charset: str | None) -> AttachmentText:
    unread = f"text beyond the first {MAX_TEXT_BYTES} bytes" if len(content) > MAX_TEXT_BYTES else None
    text = decode(content[:MAX_TEXT_BYTES], charset, guess=True).replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    if content[: len(_CARDS[0])].upper().startswith(_CARDS):
        text = _FOLD.sub("", text)
    return AttachmentText(text=text, unread=unread)
