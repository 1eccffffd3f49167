"""Everything that a mail holds, in one flat order: attachments, attached messages, and what lies inside of those.

Rule kept: one walk without recursion for mail of every form (RFC 5322, .msg, TNEF); how deep files are opened inside of
files, how many things are listed and how many bytes are opened is bounded, and what lies beyond is listed unread.

Paths. Each thing has one, by which `extract_part` finds its bytes again: its number in what holds it, and for what
lies in a file that is opened the path of that file, a slash, and the number in there. Numbers in MIME messages are
section numbers (RFC 3501 §6.4.5), those in .msg and TNEF count attachments from 1: ``2/1/3`` is the third attachment
of the message that is the first attachment of the ``winmail.dat`` in section 2.

A ``winmail.dat`` is the message that carries it in another form ([MS-OXTNEF] §1.3), not one of its own: what hangs on
it hangs on the carrier. The same holds for the entity that Outlook keeps of a clear-signed message ([MS-OXOSMIME]).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ingest.formats.detect import HEAD_BYTES, looks_like_message
from ingest.formats.encrypted import encryption_of
from ingest.formats.held_messages import Enclosure, HeldMessage, declared_fields, from_mapi, from_part, from_tree
from ingest.formats.mapi_message import body, is_report
from ingest.formats.message_text import is_body, texts_of
from ingest.formats.mime_tree import is_message, walk
from ingest.formats.outlook_message import looks_like_outlook_message, read_outlook_message
from ingest.formats.tnef import SIGNATURE as TNEF_SIGNATURE
from ingest.formats.tnef import read_tnef
from storage.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.mapi import MapiMessage
    from ingest.formats.mime_tree import Tree

MAX_OPENED_DEPTH: Final = 20
MAX_ENCLOSURES: Final = 2000
MAX_OPENED_BYTES: Final = 192 * 1024 * 1024
_NOT_OPENED: Final = "files in files beyond the limits of the reader"
_MAIL_TYPES: Final = frozenset({"message/rfc822", "message/global"})


@dataclass(slots=True)
class OpenedMail:
    """A mail being walked: the message itself, and its enclosures, to be taken once.

    `remarks` and `limits` (what was not read because of a bound) are complete when the last was taken.
    """

    message: HeldMessage
    enclosures: Iterator[Enclosure]
    remarks: dict[str, None]
    limits: dict[str, None]


def open_mail(raw: bytes) -> OpenedMail:
    """Begin the walk through a mail, a .msg file or a TNEF stream; total for any bytes."""
    opening = _Opening()
    opened = _as_mapi(raw)
    if opened is not None:
        message = from_mapi(opened, "", "")
        opening.note(message)
        level = opening.mapi_level(opened, "", "", message)
    else:
        tree = walk(raw)
        message = from_tree(tree)
        opening.note(message)
        opening.limits |= dict.fromkeys(tree.limits)
        level = opening.mime_level(tree, "", message)
    return OpenedMail(message, opening.run(level), opening.remarks, opening.limits)


def extract_part(raw: bytes, path: str) -> bytes:
    """The decoded bytes of the enclosure with that path, exactly those whose digest was described.

    Raises:
        NotFound: the message has no such part.
    """
    content: bytes | None = raw
    for depth, number in enumerate(path.split("/", MAX_OPENED_DEPTH + 1)):
        content = _step(content, number, is_file=depth > 0) if content is not None else None
    if content is None:
        raise NotFound("The message has no part of that number; ask for one that its description lists.")
    return content


def enclosed_bytes(raw: bytes, path: str) -> bytes | None:
    """The exact bytes of an attached MIME message, its transfer encoding undone, from its first header on.

    None where the enclosure is no MIME message: a .msg file and an embedded message keep none of the bytes that were
    sent, so that no signature of the sender can be checked on them.

    Raises:
        NotFound: the message has no such part.
    """
    content = extract_part(raw, path)
    if _as_mapi(content) is not None:
        return None
    start = 0
    while content.startswith((b"\r\n", b"\n"), start):  # an empty line too many before the enclosed headers
        start += 1 if content.startswith(b"\n", start) else 2
    return content[start:] if looks_like_message(content[start : start + HEAD_BYTES]) else None


def is_outlook_file(content: bytes) -> bool:
    """Whether the bytes are a message of Outlook or Exchange as a file: .msg, .oft or TNEF."""
    return _as_mapi(content) is not None


class _Opening:
    """The state of one walk."""

    def __init__(self) -> None:
        self.remarks: dict[str, None] = {}
        self.limits: dict[str, None] = {}
        self._left = MAX_OPENED_BYTES
        self._stack: list[Iterator[Enclosure]] = []
        self._next: Iterator[Enclosure] | None = None

    def run(self, level: Iterator[Enclosure]) -> Iterator[Enclosure]:
        """All enclosures, each followed by what lies inside of it."""
        self._stack.append(level)
        count = 0
        while self._stack:
            found = next(self._stack[-1], None)
            if found is None:
                self._stack.pop()
                continue
            count += 1
            if count > MAX_ENCLOSURES:
                self.limits[f"more than {MAX_ENCLOSURES} attachments; the rest was not read"] = None
                return
            inner, self._next = self._next, None
            yield found
            if inner is not None:
                self._stack.append(inner)

    def note(self, message: HeldMessage) -> None:
        """Say what is odd about a message, and what of its own text could not be read."""
        self.remarks |= dict.fromkeys(message.remarks)
        if message.unread is not None:
            (self.remarks if message.texts else self.limits)[message.unread] = None

    def mime_level(self, tree: Tree, prefix: str, top: HeldMessage) -> Iterator[Enclosure]:
        """The enclosures of a MIME message; those of messages attached to it are among them."""
        held = {"": top}
        for part in tree.parts:
            if is_body(part):
                continue
            content, remark = part.decoded()
            holder = held.get(part.message, top)
            found = Enclosure(
                path=prefix + part.path,
                holder=holder.path,
                fields=part.fields,
                content=content,
                remarks=(remark,) if remark is not None else (),
            )
            if part.unread:
                found.unread = "parts beyond the limits of the reader"
            elif is_message(part):
                found.message = from_part(tree, part, prefix, holder)
                found.is_opened = True
                if found.message is not None:
                    held[part.path] = found.message
                    self.note(found.message)
            else:
                self._open(found, holder, report=part.report)
            yield found

    def mapi_level(self, opened: MapiMessage, prefix: str, base: str, holder: HeldMessage) -> Iterator[Enclosure]:
        """The enclosures of a .msg or TNEF message; `base` is the path of the message that they hang on."""
        report = is_report(opened.properties)
        for number, attachment in enumerate(opened.attachments, start=1):
            content = attachment.content()
            found = Enclosure(
                path=f"{prefix}{number}",
                holder=base,
                fields=declared_fields(attachment, content or b""),
                content=content or b"",
                unread=attachment.reason if content is None else None,
            )
            inner = attachment.message() if attachment.message is not None else None
            if attachment.is_made and content is not None:
                found.remarks = ("has no bytes of its own in the message; its file is written by this program",)
            if inner is not None:
                self._hold(found, inner, holder, report=report)
            elif content is not None:
                self._open(found, holder, report=report)
            yield found
        for damage in opened.damages:
            self.remarks[f"a message of Outlook is damaged: {damage}"] = None

    def _open(self, found: Enclosure, holder: HeldMessage, *, report: bool) -> None:
        """Open a file that is, or holds, a message; everything else stays as it is."""
        content, media_type = found.content, found.fields.media_type
        encryption = encryption_of(content, media_type)
        if encryption is not None:
            found.unread = encryption
            return
        mapi = content.startswith(TNEF_SIGNATURE) or looks_like_outlook_message(content)
        entity = media_type == "multipart/signed"
        if not mapi and not entity and not _is_mail_file(found):
            return
        if not self._may_open(found):
            return
        opened = _as_mapi(content) if mapi else None
        if opened is not None and content.startswith(TNEF_SIGNATURE):
            text = body(opened.properties)
            self._join(found, holder, [text.text], text.unread)
            self._next = self.mapi_level(opened, f"{found.path}/", holder.path, holder)
        elif opened is not None:
            self._hold(found, opened, holder, report=report, counted=True)
        elif not mapi:
            tree = walk(content)
            self.limits |= dict.fromkeys(tree.limits)
            if entity:
                self._join(found, holder, list(texts_of(tree, "").texts), None)
                self._next = self.mime_level(tree, f"{found.path}/", holder)
                return
            message = from_tree(tree)
            self.note(message)
            message.path, message.holder = found.path, holder.path
            message.is_original = message.has_headers and not report
            found.message, found.is_opened = message, True
            self._next = self.mime_level(tree, f"{found.path}/", message)

    def _hold(
        self, found: Enclosure, opened: MapiMessage, holder: HeldMessage, *, report: bool, counted: bool = False
    ) -> None:
        """A .msg file or an embedded message: it is a message of its own."""
        message = from_mapi(opened, found.path, holder.path)
        message.is_original = message.is_original and not report
        found.message, found.is_opened = message, True
        self.note(message)
        if counted or self._may_open(found):
            self._next = self.mapi_level(opened, f"{found.path}/", found.path, message)

    def _join(self, found: Enclosure, holder: HeldMessage, texts: list[str], unread: str | None) -> None:
        """Take the text of the same message in another form, unless the holder has it already."""
        found.is_opened = True
        known = "".join("".join(holder.texts).split())
        fresh = [text for text in texts if text.strip() and "".join(text.split()) not in known]
        if fresh and not known:
            holder.texts += fresh
        found.extra = "\n\n".join(fresh)
        if unread is not None and not known:
            found.unread = unread

    def _may_open(self, found: Enclosure) -> bool:
        self._left -= len(found.content)
        if self._left >= 0 and len(self._stack) <= MAX_OPENED_DEPTH:
            return True
        found.unread = _NOT_OPENED
        return False


def _step(content: bytes, number: str, *, is_file: bool) -> bytes | None:
    """The bytes under one number; a file inside of a mail is opened only where it is a message."""
    opened = _as_mapi(content)
    if opened is None:
        if is_file and not looks_like_message(content[:HEAD_BYTES]):
            return None
        return next((part.decoded()[0] for part in walk(content).parts if part.path == number), None)
    place = int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 0  # noqa: PLR2004 - a small number
    if not 0 < place <= len(opened.attachments):
        return None
    return opened.attachments[place - 1].content() or b""  # what has no bytes that can be had is described as empty


def _as_mapi(content: bytes) -> MapiMessage | None:
    return read_outlook_message(content) if looks_like_outlook_message(content) else read_tnef(content)


def _is_mail_file(found: Enclosure) -> bool:
    """Whether a file in a .msg or TNEF is a MIME message; in MIME messages the walk over parts tells."""
    name = (found.fields.name or "").lower()
    if found.fields.media_type in _MAIL_TYPES or name.endswith(".eml"):
        return looks_like_message(found.content[:HEAD_BYTES])
    return False
