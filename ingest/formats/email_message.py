"""One e-mail to its description: letterheads, text, attachments, and the message that it forwards.

Rule kept: `read_email` has an answer for any bytes and never raises; whatever cannot be read is named in
`unsearchable` by reason, never by content, and the rest is read all the same. Text is what a person would read:
of alternatives the plain one (RFC 2046 §5.1.4), quoted text included, then the text of attachments. The original
of a forward is the attached message where there is one (its own headers are better evidence than printed ones),
else the block printed in the text, else the mail itself. An attached message may in its turn forward another, by
either way: the chain is followed from the outermost inwards.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ingest.formats.attachment_remarks import AttachmentRemarks
from ingest.formats.attachment_text import AttachmentText, read_attachment
from ingest.formats.container_kinds import ContainerKind, container_kind
from ingest.formats.dates import moment
from ingest.formats.description_bounds import bounded
from ingest.formats.detect import HEAD_BYTES
from ingest.formats.enclosures import extract_part, open_mail
from ingest.formats.forwarded import find_forward
from ingest.formats.message_text import ENCRYPTED_TEXT, is_encrypted
from ingest.formats.office.allowance import Allowance
from storage.records import (
    Component,
    ComponentRole,
    Description,
    Forward,
    ForwardedMessage,
    ForwardMethod,
    Letterhead,
    RecordKind,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.formats.held_messages import Enclosure, HeldMessage

__all__ = ["MAX_TEXT", "READER", "extract_part", "read_email"]

READER = "email/2"
_GAP = "\n\n"
_EXPORTS = frozenset({ContainerKind.EXPORT, ContainerKind.ZIP, ContainerKind.WARC})
MAX_TEXT = 8 * 1024 * 1024
# Parts whose bytes say nothing to a reader: their lack of text is no gap in what search can find.
_SILENT = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature",
     "application/pgp-encrypted"}
)  # fmt: skip


@dataclass(slots=True)
class _Draft:
    """What is gathered on the way through the parts; `room` is what is left of the text limit, in characters."""

    allowance: Allowance
    remarks: AttachmentRemarks = field(default_factory=AttachmentRemarks)
    texts: list[str] = field(default_factory=list)
    components: list[Component] = field(default_factory=list)
    held: dict[str, list[HeldMessage]] = field(default_factory=dict)
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


def read_email(
    raw: bytes, *, component_id: Callable[[], str] | None = None, allowance: Allowance | None = None
) -> Description:
    """Describe one e-mail; pure apart from `component_id`, and total: every input has a description.

    Args:
        raw: the message as it was handed in: MIME, a .msg file or a TNEF stream.
        component_id: makes the id of each attachment; without it ids are empty and given later.
        allowance: what the documents in it may cost together; without it the usual.

    Returns:
        A description of kind ``email``, or ``document`` for a contact, a task and what else of Outlook was never sent;
        `components` are the attachments only, each with its path
        (`enclosures.extract_part` gives its bytes by it), size and SHA-256 of its decoded bytes.
    """
    mail = open_mail(raw)
    root = mail.message
    draft = _Draft(allowance or Allowance())
    if not raw.strip():
        draft.notes.append("the message is empty")
    elif not root.has_headers:
        draft.notes.append("the message has no headers")
    if not root.is_original:
        draft.add_text(root.letterhead.subject or "")
    _read_message(root, draft)
    for found in mail.enclosures:
        _read_enclosure(found, draft, component_id or str)
    if draft.full:
        draft.unsearchable.append(f"text over {MAX_TEXT} characters")
    chain = _chain(root, draft)
    original = chain[0].letterhead if chain else root.letterhead
    described = Description(
        kind=RecordKind.EMAIL if root.is_original else RecordKind.DOCUMENT,
        original=original,
        carrier=root.letterhead,
        forward=_forward(root.letterhead, chain),
        chain=chain,
        text=_GAP.join(draft.texts),
        sent_at=moment(original.date),
        components=tuple(draft.components),
        asserted=tuple(draft.remarks.asserted),
        notes=(*mail.remarks, *draft.notes, *draft.remarks.notes),
        unsearchable=(*mail.limits, *dict.fromkeys(draft.unsearchable)),
        reader=READER,
    )
    return bounded(described)


def _read_message(message: HeldMessage, draft: _Draft) -> None:
    for text in message.texts:
        draft.add_text(text)
        if is_encrypted(text):
            draft.unsearchable.append(ENCRYPTED_TEXT)


def _read_enclosure(found: Enclosure, draft: _Draft, component_id: Callable[[], str]) -> None:
    number = len(draft.components) + 1
    draft.components.append(
        Component(
            id=component_id(),
            role=ComponentRole.ATTACHMENT,
            media_type=found.fields.media_type,
            name=found.fields.name,
            size=len(found.content),
            sha256=hashlib.sha256(found.content).hexdigest(),
            path=found.path,
            may_hold=container_kind(found.content[:HEAD_BYTES], found.fields.name or "") in _EXPORTS,
        )
    )
    draft.notes += (f"attachment {number} {remark}" for remark in found.remarks)
    if found.unread is not None:
        draft.unsearchable.append(f"attachment {number}: {found.unread}")
    if found.message is not None:
        draft.held.setdefault(found.holder, []).append(found.message)
        draft.add_text(found.message.letterhead.subject or "")
        _read_message(found.message, draft)
    draft.add_text(found.extra)
    if found.unread is None and not found.is_opened and found.fields.media_type not in _SILENT:
        read = read_attachment(found.content, found.fields, draft.allowance)
        draft.components[-1] = replace(draft.components[-1], pictured=read.pictured)
        _take(read, number, draft)


def _take(found: AttachmentText, number: int, draft: _Draft) -> None:
    draft.add_text(found.text)
    draft.remarks.take(f"attachment {number}", found)
    draft.unsearchable += [f"attachment {number}: {reason}" for reason in found.reasons]


def _chain(root: HeldMessage, draft: _Draft) -> tuple[ForwardedMessage, ...]:
    """Every message found inside a mail, outermost first: attached to the one around it, else printed in its text."""
    chain: list[ForwardedMessage] = []
    around = root
    while (enclosed := _attached_to(around, draft)) is not None:
        comment = around.text.strip() or None
        chain.append(ForwardedMessage(method=ForwardMethod.ATTACHED, letterhead=enclosed.letterhead, comment=comment))
        around = enclosed
    found = find_forward(around.text, around.letterhead.subject) if around.texts else None
    if found is None:
        return tuple(chain)
    if not chain and found.original.date is None:
        draft.notes.append("the forwarded message prints no date that can be read")
    # a message id is no part of what clients print: what looks like one is text
    printed = (replace(one, letterhead=replace(one.letterhead, message_id=None)) for one in found.chain)
    return (*chain, *printed)


def _forward(carrier: Letterhead, chain: tuple[ForwardedMessage, ...]) -> Forward:
    """How the outermost of the messages inside came, by whom, and what was written above it."""
    if not chain:
        return Forward()
    by = carrier.sender.address if carrier.sender is not None else None
    return Forward(method=chain[0].method, by=by, comment=chain[0].comment)


def _attached_to(holder: HeldMessage, draft: _Draft) -> HeldMessage | None:
    """The message that is attached to another as what it forwards; the first, where there are several."""
    attached = draft.held.get(holder.path, [])
    originals = [message for message in attached if message.is_original]
    if len(originals) > 1:
        draft.notes.append(f"{len(originals)} messages are attached; the first is taken for the original")
    if not originals and any(not message.has_headers for message in attached):
        draft.notes.append("the attached message has no headers")
    return originals[0] if originals else None
