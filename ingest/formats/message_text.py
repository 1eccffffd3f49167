"""Which parts of a MIME message are its text, and that text: what a person would read.

Rule kept: of alternatives the plain one (RFC 2046 §5.1.4) unless it is blank, of parts those that are not marked or
named as attachments (RFC 2183 §2). Encrypted text is told by its first line (RFC 9580 §6.2), so that it is never
taken for something that was read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ingest.formats.charsets import decode
from ingest.formats.html_text import decode_html, html_to_text

if TYPE_CHECKING:
    from ingest.formats.mime_tree import Part, Tree

_ARMOUR: Final = "-----BEGIN PGP MESSAGE-----"
ENCRYPTED_TEXT: Final = "the text of a message: encrypted (OpenPGP)"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageText:
    """The body texts of one message in their order, and remarks on parts by number."""

    texts: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def is_body(part: Part) -> bool:
    """Whether a leaf is text of its message rather than something attached to it (RFC 2183 §2)."""
    fields = part.fields
    if part.unread or fields.media_type not in ("text/plain", "text/html") or fields.disposition == "attachment":
        return False
    return fields.name is None or (part.depth == 0 and fields.disposition is None)


def texts_of(tree: Tree, message: str) -> MessageText:
    """The body texts of one message of the tree (``""`` for the outermost)."""
    bodies = [part for part in tree.parts if part.message == message and is_body(part)]
    answered: set[str] = set()
    texts: dict[str, str] = {}
    remarks: list[str] = []
    for wanted in ("text/plain", "text/html"):
        for part in bodies:
            if part.fields.media_type != wanted or (wanted == "text/html" and part.alternative in answered):
                continue
            text, remark = _body_text(part)
            if remark is not None:
                remarks.append(f"part {part.path} {remark}")
            if text.strip():
                texts[part.path] = text
                if part.alternative is not None:
                    answered.add(part.alternative)
    return MessageText(texts=tuple(texts[part.path] for part in bodies if part.path in texts), remarks=tuple(remarks))


def is_encrypted(text: str) -> bool:
    """Whether a text is nothing but, or begins soon with, an OpenPGP message."""
    return _ARMOUR in text[:2000]


def _body_text(part: Part) -> tuple[str, str | None]:
    """Text of a body part, and the remark of its transfer encoding if there is one."""
    content, remark = part.decoded()
    if part.fields.media_type == "text/html":
        text, _ = html_to_text(decode_html(content, part.fields.charset))
    else:
        text = decode(content, part.fields.charset, guess=True)
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.strip("\n"), remark
