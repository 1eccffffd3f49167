"""Text of one attachment by what its bytes are, or the reason why it has none.

Rule kept: the bytes decide, the declared media type and the name only settle what they leave open. Every
attachment ends in text, in a reason, or in both; a reason is a phrase without content.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.formats.charsets import decode
from ingest.formats.detect import HEAD_BYTES, MediaKind, detect
from ingest.formats.html_text import decode_html, html_to_text
from ingest.formats.pdf_text import pdf_to_text
from ingest.formats.rtf_text import read_rtf

if TYPE_CHECKING:
    from ingest.formats.headers import ContentFields

MAX_TEXT_BYTES = 16 * 1024 * 1024
_TEXT_TYPES = frozenset(
    {"application/json", "application/xml", "application/javascript", "application/x-sh",
     "message/delivery-status", "message/disposition-notification", "message/partial", "message/feedback-report",
     "message/external-body"}
)  # fmt: skip
_TEXT_KINDS = frozenset({MediaKind.TEXT, MediaKind.JSON, MediaKind.XML, MediaKind.EML, MediaKind.MBOX})


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentText:
    """Text found, and why there is none or not all of it."""

    text: str = ""
    unread: str | None = None


def read_attachment(content: bytes, fields: ContentFields) -> AttachmentText:
    """Text of the decoded bytes of an attachment; never raises for any bytes."""
    found = detect(content[:HEAD_BYTES], fields.name)
    declared = fields.media_type
    if found.kind is MediaKind.EMPTY:
        return AttachmentText()
    if found.kind is MediaKind.PDF or declared == "application/pdf":
        pdf = pdf_to_text(content)
        return AttachmentText(text=pdf.text, unread=pdf.unread)
    if content.startswith(b"{\\rtf"):
        rtf = read_rtf(content)
        return AttachmentText(text=rtf.text, unread=rtf.unread)
    if found.kind is MediaKind.HTML or (declared == "text/html" and found.kind in _TEXT_KINDS):
        return _html(content, fields.charset)
    is_text = found.kind in _TEXT_KINDS and (_is_textual(declared) or declared == "application/octet-stream")
    if is_text or (found.kind is MediaKind.UNKNOWN and declared.startswith("text/")):
        return _text(content, fields.charset)
    return AttachmentText(unread=f"{declared} has no text")


def _is_textual(declared: str) -> bool:
    return declared.startswith("text/") or declared in _TEXT_TYPES or declared.endswith(("+xml", "+json"))


def _html(content: bytes, charset: str | None) -> AttachmentText:
    text, complete = html_to_text(decode_html(content[: MAX_TEXT_BYTES * 2], charset))
    return AttachmentText(text=text, unread=None if complete else "the end of a long HTML document")


def _text(content: bytes, charset: str | None) -> AttachmentText:
    unread = f"text beyond the first {MAX_TEXT_BYTES} bytes" if len(content) > MAX_TEXT_BYTES else None
    text = decode(content[:MAX_TEXT_BYTES], charset, guess=True).replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    return AttachmentText(text=text, unread=unread)
