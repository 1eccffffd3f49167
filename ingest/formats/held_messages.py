"""What the walk through a mail finds: messages, and things that are attached to them.

Rule kept: a message is described by what stands in it, whatever form it has: MIME headers and parts, or properties of
Outlook. Which message is attached to which is kept by paths (see `enclosures`), never by nesting.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.formats.detect import HEAD_BYTES, detect
from ingest.formats.headers import MAX_NAME, ContentFields, content_fields, letterhead
from ingest.formats.mapi_message import body, card, is_mail, message_class
from ingest.formats.mapi_message import letterhead as mapi_letterhead
from ingest.formats.message_text import texts_of
from ingest.formats.outlook_message import MEDIA_TYPE as OUTLOOK_TYPE
from ingest.formats.outlook_message import looks_like_outlook_message

if TYPE_CHECKING:
    from ingest.formats.mapi import MapiAttachment, MapiMessage
    from ingest.formats.mime_tree import Part, Tree
    from storage.records import Letterhead


@dataclass(slots=True, kw_only=True)
class HeldMessage:
    """A message found in a mail, or the mail itself (`path` empty).

    `holder` is the path of the message that it is attached to. `is_original` is whether it can be what its holder
    forwards: a mail that has a letterhead, and not one that a report returns. `texts` grow while files of the holder
    are opened that are the same message in another form; `unread` says what of its own text could not be read.
    """

    path: str
    holder: str = ""
    letterhead: Letterhead
    texts: list[str] = field(default_factory=list)
    has_headers: bool = True
    is_original: bool = True
    is_mime: bool = True
    remarks: tuple[str, ...] = ()
    unread: str | None = None

    @property
    def text(self) -> str:
        """The body as one text."""
        return "\n\n".join(self.texts)


@dataclass(slots=True, kw_only=True)
class Enclosure:
    """One thing that is attached: its bytes as a file, and the message that it is, if it is one.

    `fields` are what is declared of it. `unread` says why it cannot be read, `remarks` what is odd about its bytes,
    `extra` is text that belongs to its holder and is written here only.
    """

    path: str
    holder: str
    fields: ContentFields
    content: bytes = field(repr=False)
    message: HeldMessage | None = None
    unread: str | None = None
    remarks: tuple[str, ...] = ()
    extra: str = ""
    is_opened: bool = False


def from_tree(tree: Tree) -> HeldMessage:
    """The outermost message of a MIME tree."""
    found = texts_of(tree, "")
    return HeldMessage(
        path="",
        letterhead=letterhead(tree.outer, tree.fields.charset),
        texts=list(found.texts),
        has_headers=bool(tree.outer.fields),
        remarks=(*tree.remarks, *found.remarks),
    )


def from_part(tree: Tree, part: Part, prefix: str, holder: HeldMessage) -> HeldMessage | None:
    """The message that a part encloses; None where the walk did not open it."""
    headers = tree.inner.get(part.path)
    if headers is None:
        return None
    found = texts_of(tree, part.path)
    return HeldMessage(
        path=prefix + part.path,
        holder=holder.path,
        letterhead=letterhead(headers, content_fields(headers).charset),
        texts=list(found.texts),
        has_headers=bool(headers.fields),
        is_original=bool(headers.fields) and not part.report,
        remarks=found.remarks,
    )


def from_mapi(opened: MapiMessage, path: str, holder: str) -> HeldMessage:
    """The message that a .msg file, an embedded message or a TNEF stream is."""
    properties = opened.properties
    found = body(properties)
    texts = [found.text]
    if message_class(properties).startswith("ipm.contact"):
        texts.append(card(properties))
    return HeldMessage(
        path=path,
        holder=holder,
        letterhead=mapi_letterhead(properties, opened.recipients),
        texts=[text for text in texts if text.strip()],
        is_original=is_mail(properties),
        is_mime=False,
        unread=found.unread,
    )


def declared_fields(attachment: MapiAttachment, content: bytes) -> ContentFields:
    """What is declared of an attachment; where nothing is, what its bytes are."""
    name = attachment.name
    declared = attachment.media_type
    if attachment.message is not None or declared is None:
        declared = detect(content[:HEAD_BYTES], name).media_type
        if looks_like_outlook_message(content):
            declared = OUTLOOK_TYPE
    return ContentFields(media_type=declared, name=name[:MAX_NAME] if name else None)
