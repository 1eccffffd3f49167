"""One e-mail to its description: letterheads, text, attachments, and the message that it forwards.

Rule kept: `read_email` has an answer for any bytes and never raises; whatever cannot be read is named in
`unsearchable` by reason, never by content, and the rest is read all the same. Text is what a person would read:
of alternatives the plain one (RFC 2046 §5.1.4), quoted text included, then the text of attachments. The original
of a forward is the attached message where there is one (its own headers are better evidence than printed ones),
else the block printed in the text, else the mail itself.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ingest.formats.attachment_text import AttachmentText, read_attachment
from ingest.formats.charsets import decode
from ingest.formats.dates import moment
from ingest.formats.forwarded import find_forward
from ingest.formats.headers import content_fields, letterhead
from ingest.formats.html_text import decode_html, html_to_text
from ingest.formats.mime_tree import is_message, walk
from storage.errors import NotFound
from storage.records import Component, ComponentRole, Description, Forward, ForwardMethod, Letterhead, RecordKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.formats.forwarded import InlineForward
    from ingest.formats.mime_tree import Part, Tree

READER = "email/1"
_GAP = "\n\n"
MAX_TEXT = 8 * 1024 * 1024
# Parts whose bytes say nothing to a reader: their lack of text is no gap in what search can find.
_SIGNATURES = frozenset({"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"})


@dataclass(slots=True)
class _Draft:
    """What is gathered on the way through the parts; `room` is what is left of the text limit, in characters."""

    texts: list[str] = field(default_factory=list)
    components: list[Component] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unsearchable: list[str] = field(default_factory=list)
    room: int = MAX_TEXT
    full: bool = False

    def add_text(self, text: str) -> None:
        """Take text up to the limit; what is beyond it is said once."""
        if not text or text.isspace():
            return
        if len(text) > self.room:
            self.full = True
            text = text[: self.room]
        self.room = max(self.room - len(text) - len(_GAP), 0)
        if text:
            self.texts.append(text)


def read_email(raw: bytes, *, component_id: Callable[[], str] | None = None) -> Description:
    """Describe one e-mail; pure apart from `component_id`, and total: every input has a description.

    Args:
        raw: the message as it was handed in.
        component_id: makes the id of each attachment; without it ids are empty and given later.

    Returns:
        A description of kind ``email``: `components` are the attachments only, each with its section number
        (`extract_part` gives its bytes by it), size and SHA-256 of its decoded bytes.
    """
    tree = walk(raw)
    carrier = letterhead(tree.outer, tree.fields.charset)
    draft = _Draft(notes=list(tree.remarks), unsearchable=list(tree.limits))
    if not raw.strip():
        draft.notes.append("the message is empty")
    elif not tree.outer.fields:
        draft.notes.append("the message has no headers")
    own_text = _read_body(tree, draft)
    _read_attachments(tree, draft, component_id or str)
    if draft.full:
        draft.unsearchable.append(f"text over {MAX_TEXT} characters")
    original, forward = _original(tree, carrier, own_text, draft)
    return Description(
        kind=RecordKind.EMAIL,
        original=original,
        carrier=carrier,
        forward=forward,
        text=_GAP.join(draft.texts),
        sent_at=moment(original.date),
        components=tuple(draft.components),
        notes=tuple(draft.notes),
        unsearchable=tuple(draft.unsearchable),
        reader=READER,
    )


def extract_part(raw: bytes, path: str) -> bytes:
    """The decoded bytes of the attachment with that section number, exactly those whose digest was described.

    Raises:
        NotFound: the message has no such part.
    """
    for part in walk(raw).parts:
        if part.path == path:
            return part.decoded()[0]
    raise NotFound("The message has no part of that number; ask for one that its description lists.")


def _is_body(part: Part) -> bool:
    """Whether a leaf is text of its message rather than something attached to it (RFC 2183 §2)."""
    fields = part.fields
    if part.unread or fields.media_type not in ("text/plain", "text/html") or fields.disposition == "attachment":
        return False
    return fields.name is None or (part.depth == 0 and fields.disposition is None)


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


def _read_body(tree: Tree, draft: _Draft) -> str:
    """Gather the body text of the carrier; the text of enclosed messages follows with the attachments."""
    texts = _texts_of(tree, "", draft)
    for text in texts:
        draft.add_text(text)
    return texts[0] if len(texts) == 1 else _GAP.join(texts)


def _texts_of(tree: Tree, message: str, draft: _Draft) -> list[str]:
    """The body texts of one message of the tree, of alternatives the plain one unless it is blank."""
    bodies = [part for part in tree.parts if part.message == message and _is_body(part)]
    answered: set[str] = set()
    texts: dict[str, str] = {}
    for wanted in ("text/plain", "text/html"):
        for part in bodies:
            if part.fields.media_type != wanted or (wanted == "text/html" and part.alternative in answered):
                continue
            text, remark = _body_text(part)
            if remark is not None:
                draft.notes.append(f"part {part.path} {remark}")
            if text.strip():
                texts[part.path] = text
                if part.alternative is not None:
                    answered.add(part.alternative)
    return [texts[part.path] for part in bodies if part.path in texts]


def _read_attachments(tree: Tree, draft: _Draft, component_id: Callable[[], str]) -> None:
    for part in tree.parts:
        if _is_body(part):
            continue
        number = len(draft.components) + 1
        content, remark = part.decoded()
        draft.components.append(
            Component(
                id=component_id(),
                role=ComponentRole.ATTACHMENT,
                media_type=part.fields.media_type,
                name=part.fields.name,
                size=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
                path=part.path,
            )
        )
        if remark is not None:
            draft.notes.append(f"attachment {number} {remark}")
        if part.unread:
            draft.unsearchable.append(f"attachment {number}: parts beyond the limits of the reader")
        elif is_message(part):
            _read_enclosed(tree, part, draft)
        elif part.fields.media_type not in _SIGNATURES:
            _take(read_attachment(content, part.fields), number, draft)


def _take(found: AttachmentText, number: int, draft: _Draft) -> None:
    draft.add_text(found.text)
    if found.unread is not None:
        draft.unsearchable.append(f"attachment {number}: {found.unread}")


def _read_enclosed(tree: Tree, part: Part, draft: _Draft) -> None:
    """Subject and text of an enclosed message; its own attachments are parts of the tree and follow by themselves."""
    inner = tree.inner.get(part.path)
    if inner is None:
        return
    subject = letterhead(inner, content_fields(inner).charset).subject
    draft.add_text(subject or "")
    for text in _texts_of(tree, part.path, draft):
        draft.add_text(text)


def _original(tree: Tree, carrier: Letterhead, own_text: str, draft: _Draft) -> tuple[Letterhead, Forward]:
    """What the mail forwards, and how; the carrier itself where it forwards nothing."""
    by = carrier.sender.address if carrier.sender is not None else None
    enclosed = [part for part in tree.parts if part.path in tree.inner and not part.message and not part.report]
    if enclosed:
        if len(enclosed) > 1:
            draft.notes.append(f"{len(enclosed)} messages are attached; the first is taken for the original")
        headers = tree.inner[enclosed[0].path]
        if headers.fields:
            comment = own_text.strip() or None
            original = letterhead(headers, content_fields(headers).charset)
            return original, Forward(method=ForwardMethod.ATTACHED, by=by, comment=comment)
        draft.notes.append("the attached message has no headers")
    found = find_forward(own_text, carrier.subject) if own_text else None
    if found is None:
        return carrier, Forward()
    return _completed(found, draft), Forward(method=ForwardMethod.INLINE, by=by, comment=found.comment)


def _completed(found: InlineForward, draft: _Draft) -> Letterhead:
    if found.original.date is None:
        draft.notes.append("the forwarded message prints no date that can be read")
    return replace(found.original, message_id=None)
