"""Messages that have no bytes of their own, written as canonical JSON: every field that was read, attachments included.

A PST or OLM holds a message as properties, not as the bytes that were once sent (RFC 5322). What is kept of it is one
JSON document in the canonical form of RFC 8785: names sorted, no blanks, UTF-8, so that the same fields give the same
bytes and the same digest. It names the reader that made it and is never called an original. Binary values are base64
(RFC 4648 §4); a time is ISO 8601, without an offset where the source prints none; what the source does not say is
null. The layout is on the page docs/formats/serialised-message.md, and `serialised_reading` reads it back.

Writing is a stream: an attachment passes through in pieces, whatever its size.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.charsets import storable
from ingest.formats.container import MemberBroken
from storage.records import Letterhead, Party

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

MEDIA_TYPE: Final = "application/vnd.archiver.serialised-message+json"
MARK: Final = "archiver.serialised-message"
VERSION: Final = 1
SIGNATURE: Final = b'{"archiver.serialised-message":'
MAX_DEPTH: Final = 8
"""How deep messages may lie inside of attached messages; what lies deeper is a problem of its attachment."""
_TRIPLES: Final = 3 << 16  # bytes turned into base64 at once: whole groups, so that no padding stands in the middle
_to_json = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), sort_keys=True, check_circular=False, allow_nan=False
).encode


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialisedAttachment:
    """One attachment: its bytes in pieces, or the message that it is, or a `problem` that says why there is neither.

    `fields` are all that the container says of it, each a JSON object of the reader's own form.
    """

    name: str | None = None
    media_type: str | None = None
    content_id: str | None = None
    pieces: Iterable[bytes] | None = field(default=None, repr=False)
    message: SerialisedMessage | None = None
    problem: str | None = None
    fields: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialisedMessage:
    """One message (or contact, task, note) as a container holds it.

    `container` is the format ("pst", "olm"), `reader` who read it, with version. `is_mail` is whether it was sent at
    all, `is_report` whether a mail system wrote it about another message (RFC 3464), which it may enclose. `headers`
    are transport headers as text where the container kept them. Of bodies all that there are: `plain` text, `html`
    bytes with their charset, `rtf` as it stands compressed ([MS-OXRTFCP]). `card` is the text of a contact.
    `recovered` is whether the container no longer lists it. `problems` say what could not be read, `remarks` how
    something was. `fields` are all properties read, each a JSON object of the reader's own form.
    """

    container: str
    reader: str
    is_mail: bool = True
    is_report: bool = False
    recovered: bool = False
    letterhead: Letterhead = field(default_factory=Letterhead)
    bcc: tuple[Party, ...] = ()
    received_at: datetime | None = None
    headers: str | None = None
    plain: str | None = field(default=None, repr=False)
    html: bytes | None = field(default=None, repr=False)
    html_charset: str | None = None
    rtf: bytes | None = field(default=None, repr=False)
    card: str = ""
    fields: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    attachments: Iterable[SerialisedAttachment] = ()
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def canonical(members: Mapping[str, Any]) -> bytes:
    """The canonical form of RFC 8785 of an object whose numbers are whole and whose names are ASCII."""
    return _to_json(members).encode()


def write(message: SerialisedMessage) -> Iterator[bytes]:
    """The document in pieces. `attachments` and their `pieces` are taken once, in order, as they are written.

    An attachment whose pieces raise `MemberBroken` ends where it broke and carries that reason as its problem.
    """
    yield b'{"' + MARK.encode() + b'":%d,"attachments":[' % VERSION
    for number, one in enumerate(message.attachments):
        yield b"," if number else b""
        yield from _attachment(one)
    yield b"]," + canonical(_members(message))[1:]


def _members(message: SerialisedMessage) -> dict[str, Any]:
    head = message.letterhead
    return {
        "bcc": [_party(one) for one in message.bcc],
        "card": storable(message.card),
        "cc": [_party(one) for one in head.cc],
        "container": message.container,
        "date": head.date,
        "fields": message.fields,
        "from": None if head.sender is None else _party(head.sender),
        "headers": _text(message.headers),
        "html": _encoded(message.html),
        "html_charset": message.html_charset,
        "is_mail": message.is_mail,
        "is_report": message.is_report,
        "message_id": _text(head.message_id),
        **({"references": [storable(one) for one in head.references]} if head.references else {}),
        "plain": _text(message.plain),
        "problems": message.problems,
        "reader": message.reader,
        "received": None if message.received_at is None else message.received_at.isoformat(),
        "recovered": message.recovered,
        "remarks": message.remarks,
        "rtf": _encoded(message.rtf),
        "subject": _text(head.subject),
        "to": [_party(one) for one in head.to],
    }


def _attachment(one: SerialisedAttachment) -> Iterator[bytes]:
    problem, size, digest = one.problem, 0, hashlib.sha256()
    if one.pieces is None:
        yield b'{"content":null,'
    else:
        yield b'{"content":"'
        rest = b""
        try:
            for piece in one.pieces:
                size += len(piece)
                digest.update(piece)
                rest += piece
                while len(rest) >= _TRIPLES:
                    yield base64.b64encode(rest[:_TRIPLES])
                    rest = rest[_TRIPLES:]
        except MemberBroken as error:
            problem = problem or str(error)
        yield base64.b64encode(rest) + b'",'
    first = {"content_id": _text(one.content_id), "fields": one.fields, "media_type": _text(one.media_type)}
    yield canonical(first)[1:-1] + b',"message":'
    if one.message is None:
        yield b"null"
    else:
        yield from write(one.message)  # bounded: readers go no deeper than MAX_DEPTH
    known = one.pieces is not None
    last = {
        "name": _text(one.name),
        "problem": problem,
        "sha256": digest.hexdigest() if known else None,
        "size": size if known else None,
    }
    yield b"," + canonical(last)[1:]


def _party(party: Party) -> dict[str, str | None]:
    return {"address": _text(party.address), "name": _text(party.name)}


def _text(text: str | None) -> str | None:
    return None if text is None else storable(text)


def _encoded(content: bytes | None) -> str | None:
    return None if content is None else base64.b64encode(content).decode("ascii")
