"""Serialised messages read back: their description, and the bytes of their attachments.

Rule kept: the document is believed in nothing. It may have been forged by whoever handed it in, so it is bounded and
checked by type before a field is used. To be read it is put together as a mail (RFC 5322, RFC 2045) in memory, so that
bodies, forwards, attachments and their limits are those of every other mail; that mail is never stored, never shown
and never checked for signatures. An attached message has no bytes either: what is described and given for it is the
JSON of its own.

Section numbers: 1 is the body, attachment n is n+1, and the parts of an attached message follow its number.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from ingest.formats.charsets import codec_of
from ingest.formats.dates import moment
from ingest.formats.email_message import read_email
from ingest.formats.enclosures import extract_part
from ingest.formats.headers import MAX_NAME, read_block
from ingest.formats.message_ids import references_of
from ingest.formats.rtf_text import read_compressed_rtf
from ingest.formats.serialised_message import MARK, MAX_DEPTH, MEDIA_TYPE, SIGNATURE, VERSION, canonical
from storage.records import Description, Forward, ForwardMethod, Letterhead, Party, RecordKind
from storage.strict_json import read_object

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ingest.formats.office.allowance import Allowance

READER: Final = "serialised/1"
MAX_BRACKETS: Final = 1_000_000
_MAX_PARTIES: Final = 20_000
_MAX_HEADERS: Final = 1 << 20
_BOUNDARY: Final = "=_serialised"  # an underscore and an equals sign at its begin: no line of base64 can be it
_MEDIA_TYPE_CHARACTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789!#$&^_.+-/")
_CONTAINERS: Final = {"pst": "an Outlook data file", "olm": "an Outlook for Mac archive"}
_OWN_FIELDS: Final = (b"content-", b"mime-version")


class NotSerialised(ValueError):
    """The bytes are no serialised message that this version reads."""


def is_serialised(head: bytes) -> bool:
    """Whether bytes begin as a serialised message does."""
    return head.startswith(SIGNATURE)


def read_serialised(
    raw: bytes, *, component_id: Callable[[], str] | None = None, allowance: Allowance | None = None
) -> Description:
    """Describe a serialised message, as `email_message.read_email` does a mail, within the same allowance.

    Raises:
        NotSerialised: it is none, or damaged.
    """
    document = _document(raw)
    found = read_email(_as_mail(document, 0), component_id=component_id, allowance=allowance)
    carrier = _letterhead(document)
    inner = _attached_messages(document)
    components = []
    for one in found.components:
        if one.path in inner:
            content = canonical(inner[one.path])
            digest = hashlib.sha256(content).hexdigest()
            components.append(replace(one, media_type=MEDIA_TYPE, size=len(content), sha256=digest))
        else:
            components.append(one)
    if _flag(document, "is_report"):  # it prints headers of the message that it is about, and forwards nothing
        found = replace(found, forward=Forward(), chain=())
    original = carrier if found.forward.method is ForwardMethod.NONE else found.original
    is_mail = _flag(document, "is_mail")
    told = (
        *_problems(document),
        *(f"attached message {path}: {one}" for path in inner for one in _problems(inner[path])),
    )
    return replace(
        found,
        kind=RecordKind.EMAIL if is_mail else RecordKind.DOCUMENT,
        original=original,
        carrier=carrier,
        sent_at=moment(original.date),
        components=tuple(components),
        notes=(*found.notes, *_provenance(document)),
        unsearchable=(*found.unsearchable, *told),
        reader=f"{READER} {found.reader}",
    )


def extract_serialised(raw: bytes, path: str) -> bytes:
    """The bytes of the attachment with that section number; those of an attached message are its JSON.

    Raises:
        NotSerialised: this is no serialised message.
        NotFound: it has no such attachment.
    """
    document = _document(raw)
    found = _attached_messages(document).get(path)
    return extract_part(_as_mail(document, 0), path) if found is None else canonical(found)


def as_mail(raw: bytes) -> tuple[bytes, str]:
    """The message as a mail of our own making, to be read and forgotten, and its blind copies on one line.

    Raises:
        NotSerialised: it is none, or damaged.
    """
    document = _document(raw)
    blind = (one.name or one.address or "" for one in _parties(document, "bcc"))
    return _as_mail(document, 0), "; ".join(one for one in blind if one)


def _document(raw: bytes) -> dict[str, Any]:
    if not is_serialised(raw[: len(SIGNATURE)]):
        raise NotSerialised("it does not begin as a serialised message")
    try:
        document = read_object(raw, brackets=MAX_BRACKETS, unique_names=True)
    except (ValueError, RecursionError) as error:
        raise NotSerialised("it is no JSON object, or too large a one") from error
    if document.get(MARK) != VERSION:
        raise NotSerialised("it is of another version")
    return document


def _provenance(document: Mapping[str, Any]) -> tuple[str, ...]:
    made = _text(document, "reader") or "an unknown reader"
    container = _CONTAINERS.get(_text(document, "container") or "", "a mailbox file")
    notes = [f"serialised by {made[:100]} from the fields of {container}; these are not the bytes sent"]
    notes += [one[:300] for one in _list(document, "remarks")[:100] if isinstance(one, str)]
    if _flag(document, "recovered"):
        notes.append("the mailbox no longer listed this message; it was recovered from what the file still holds")
    return tuple(notes)


def _problems(document: Mapping[str, Any]) -> list[str]:
    """What could not be read: of the message, then of each attachment."""
    told = [one[:300] for one in _list(document, "problems")[:100] if isinstance(one, str)]
    for number, one in enumerate(_attachments(document), 1):
        problem = _text(one, "problem")
        if problem is not None:
            told.append(f"attachment {number}: {problem[:300]}")
    return told


def _attached_messages(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The messages attached, by section number, in order."""
    found: dict[str, dict[str, Any]] = {}
    waiting = [("", document)]
    while waiting:
        prefix, here = waiting.pop()
        if prefix.count(".") >= MAX_DEPTH:
            continue
        for number, one in enumerate(_attachments(here), 2):
            inner = one.get("message")
            if isinstance(inner, dict):
                path = f"{prefix}{number}"
                found[path] = inner
                waiting.append((f"{path}.", inner))
    return found


def _as_mail(document: Mapping[str, Any], depth: int) -> bytes:
    """The message as a mail of our own making; it is read and forgotten."""
    boundary = f"{_BOUNDARY}{depth}".encode()
    kind = b"multipart/report" if _flag(document, "is_report") else b"multipart/mixed"
    lines = [_header(document), b'Content-Type: %s; boundary="%s"\r\n\r\n' % (kind, boundary)]
    lines += [b"--", boundary, b"\r\n", _body(document)]
    for one in _attachments(document):
        lines += [b"\r\n--", boundary, b"\r\n", _part(one, depth)]
    lines += [b"\r\n--", boundary, b"--\r\n"]
    return b"".join(lines)


def _body(document: Mapping[str, Any]) -> bytes:
    plain = "\n\n".join(one for one in (_text(document, "card"), _text(document, "plain")) if one and one.strip())
    html = _bytes(document, "html")
    if not plain and html is not None and html.strip():
        charset = codec_of(_text(document, "html_charset"))
        declared = f"; charset={charset}" if charset else ""
        return _encoded(f"text/html{declared}".encode(), html)
    if not plain:
        plain = read_compressed_rtf(_bytes(document, "rtf") or b"").text
    return _encoded(b"text/plain; charset=utf-8", plain.encode())


def _part(attachment: Mapping[str, Any], depth: int) -> bytes:
    inner = attachment.get("message")
    name = _text(attachment, "name")
    disposition = b"attachment" + (b"; filename*=utf-8''" + quote(name[:MAX_NAME]).encode() if name else b"")
    if isinstance(inner, dict) and depth < MAX_DEPTH:
        return _encoded(b"message/rfc822", _as_mail(inner, depth + 1), disposition)
    media_type = (_text(attachment, "media_type") or "").lower()
    if media_type.strip("/").count("/") != 1 or not _MEDIA_TYPE_CHARACTERS.issuperset(media_type):
        media_type = "application/octet-stream"
    if media_type.startswith("multipart/"):
        media_type = "application/octet-stream"  # its bytes are one body here, whatever they once were
    return _encoded(media_type.encode(), _bytes(attachment, "content") or b"", disposition)


def _encoded(content_type: bytes, content: bytes, disposition: bytes = b"") -> bytes:
    shown = b"\r\nContent-Disposition: " + disposition if disposition else b""
    head = b"Content-Type: " + content_type + shown + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head + binascii.b2a_base64(content, newline=False)


def _header(document: Mapping[str, Any]) -> bytes:
    """The transport headers without what they say of MIME, and for what they lack the fields of the message."""
    kept: list[bytes] = []
    present: set[bytes] = set()
    is_kept = False
    block = (_text(document, "headers") or "")[:_MAX_HEADERS].strip().encode()
    for line in block[: read_block(block).end].split(b"\n"):
        if line[:1] not in (b" ", b"\t"):
            name = line.partition(b":")[0].strip().lower()
            is_kept = bool(name) and b":" in line and not name.startswith(_OWN_FIELDS)
            if is_kept:
                present.add(name)
        if is_kept:
            kept.append(line.rstrip(b"\r") + b"\r\n")
    head = _letterhead(document)
    own = {
        b"from": () if head.sender is None else (head.sender,),
        b"to": head.to,
        b"cc": head.cc,
    }
    kept += [
        b"%s: %s\r\n" % (name, _addresses(parties)) for name, parties in own.items() if parties and name not in present
    ]
    if head.subject is not None and b"subject" not in present:
        kept.append(b"subject: %s\r\n" % _word(head.subject))
    if head.date is not None and b"date" not in present:
        kept.append(b"date: %s\r\n" % _date(head.date))
    if head.message_id is not None and b"message-id" not in present:
        kept.append(b"message-id: %s\r\n" % b" ".join(head.message_id.encode("ascii", "replace").split()))
    if head.references and not present & {b"references", b"in-reply-to"}:
        kept.append(b"references: %s\r\n" % b" ".join(one.encode("utf-8", "replace") for one in head.references))
    return b"".join(kept)


def _date(date: str) -> bytes:
    try:
        found = datetime.fromisoformat(date)
    except ValueError:
        return b""
    shown = format_datetime(found)
    return (shown if found.tzinfo is not None else shown.removesuffix("-0000").rstrip()).encode()


def _addresses(parties: tuple[Party, ...]) -> bytes:
    shown = []
    for one in parties:
        address = None if one.address is None else "".join(one.address.split()).strip("<>")
        bracketed = b"<" + address.encode("utf-8", "replace") + b">" if address else b""
        shown.append(b" ".join(piece for piece in (_word(one.name) if one.name else b"", bracketed) if piece))
    return b",\r\n ".join(one for one in shown if one)


def _word(text: str) -> bytes:
    """One encoded word (RFC 2047), longer than the RFC allows: it is for our own reader only."""
    return b"=?utf-8?b?" + base64.b64encode(text.encode()) + b"?="


def _letterhead(document: Mapping[str, Any]) -> Letterhead:
    sender = document.get("from")
    date = _text(document, "date")
    return Letterhead(
        sender=_party(sender) if isinstance(sender, dict) else None,
        to=_parties(document, "to"),
        cc=_parties(document, "cc"),
        date=date if date is None or _date(date) else None,
        subject=_text(document, "subject"),
        message_id=_text(document, "message_id"),
        references=references_of(" ".join(one for one in _list(document, "references") if isinstance(one, str)), None),
    )


def _parties(document: Mapping[str, Any], name: str) -> tuple[Party, ...]:
    return tuple(_party(one) for one in _list(document, name)[:_MAX_PARTIES] if isinstance(one, dict))


def _party(members: Mapping[str, Any]) -> Party:
    return Party(name=_text(members, "name"), address=_text(members, "address"))


def _attachments(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [one for one in _list(document, "attachments") if isinstance(one, dict)]


def _text(members: Mapping[str, Any], name: str) -> str | None:
    found = members.get(name)
    return found if isinstance(found, str) else None


def _list(members: Mapping[str, Any], name: str) -> list[Any]:
    found = members.get(name)
    return found if isinstance(found, list) else []


def _flag(members: Mapping[str, Any], name: str) -> bool:
    return members.get(name) is True


def _bytes(members: Mapping[str, Any], name: str) -> bytes | None:
    found = members.get(name)
    if not isinstance(found, str):
        return None
    try:
        return binascii.a2b_base64(found)
    except ValueError:
        return None
