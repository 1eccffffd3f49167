"""A conversation that is given as a file of the Relativity Short Message Format (RSMF) 2.0.0. Pure.

Rules kept:

- It is made from the kept text of the messages and from nothing else: who says it in the first line, when in the
  second, what is said in the rest. What was left out stands as its mark, also where it was a name or a moment; people
  whose name was left out in the same way are one participant, since nobody can tell them apart.
- The file is a mail (RFC 5322) with the conversation as its text and ``rsmf.zip`` as its one attachment, in which
  ``rsmf_manifest.json`` has the members that the published schema requires. A moment that is none stands as it is
  written, and none is invented.
- Attachments of messages are documents of their own in the production, and not in this file.
- The same conversation gives the same bytes: the zip has a fixed date, and its members stand uncompressed.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import zipfile
from dataclasses import dataclass
from datetime import UTC
from email.header import Header
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Final

from search.disclosure.load_files import read_moment
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from search.disclosure.release_types import ProducedDocument

VERSION: Final = "2.0.0"
_MANIFEST: Final = "rsmf_manifest.json"
_ZIP: Final = "rsmf.zip"
_OLDEST: Final = (1980, 1, 1, 0, 0, 0)
_LINE: Final = 76
_UNNAMED: Final = "unknown"
_HEAD_LINES: Final = 2
_NO_SIGN: Final = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenMessage:
    """A message as it is given: `when` as it is written, `at` where that is a moment."""

    number: int
    who: str
    when: str
    at: datetime | None
    body: str


def given_message(number: int, text: str) -> GivenMessage:
    """A message from its kept text; one of a single line is only what is said."""
    lines = text.split("\n")
    if len(lines) < _HEAD_LINES:
        return GivenMessage(number=number, who=_UNNAMED, when="", at=None, body=text)
    who, when = lines[0].strip(), lines[1].strip()
    return GivenMessage(
        number=number, who=who or _UNNAMED, when=when, at=read_moment(when), body="\n".join(lines[_HEAD_LINES:])
    )


def conversation_file(produced: ProducedDocument, platform: str = "") -> bytes:
    """The conversation of a document as an RSMF file.

    Args:
        produced: a document that has messages.
        platform: where the conversation was held, such as ``sms``; as the document's fields say where not given.

    Raises:
        InvalidInput: it has no messages.
    """
    messages = [given_message(number, text) for number, text in sorted(produced.document.messages.items())]
    if not messages:
        raise InvalidInput(f"{produced.first} has no messages, so there is no conversation file of it")
    held_on = platform or produced.document.fields.get("platform", "")
    manifest = conversation_manifest(produced, messages, held_on)
    return _mail(produced, messages, _zipped(manifest), held_on)


def conversation_manifest(
    produced: ProducedDocument, messages: Sequence[GivenMessage], platform: str
) -> dict[str, Any]:
    """The manifest: participants by their first message, the conversation, and an event a message."""
    people: dict[str, str] = {}
    for one in messages:
        people.setdefault(one.who, f"P{len(people) + 1}")
    conversation: dict[str, Any] = {
        "id": produced.first,
        "platform": _clean(platform) or _UNNAMED,
        "participants": list(people.values()),
    }
    if produced.document.title:
        conversation["display"] = _clean(produced.document.title)
    if produced.custodian:
        conversation["custom"] = [{"name": "custodian", "value": _clean(produced.custodian)}]
    return {
        "version": VERSION,
        "eventcollectionid": produced.first,
        "participants": [{"id": key, "display": _clean(name)} for name, key in people.items()],
        "conversations": [conversation],
        "events": [_event(one, people, produced.first) for one in messages],
    }


def _event(one: GivenMessage, people: Mapping[str, str], conversation: str) -> dict[str, Any]:
    event: dict[str, Any] = {
        "id": str(one.number),
        "type": "message",
        "participant": people[one.who],
        "conversation": conversation,
        "body": _clean(one.body),
    }
    if one.at is not None:
        event["timestamp"] = one.at.isoformat()
    elif one.when:
        event["custom"] = [{"name": "sent", "value": _clean(one.when)}]
    return event


def _zipped(manifest: Mapping[str, Any]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as packed:
        about = zipfile.ZipInfo(_MANIFEST, _OLDEST)
        about.external_attr = 0o644 << 16
        about.create_system = 3
        packed.writestr(about, json.dumps(manifest, ensure_ascii=False, indent=1).encode())
    return target.getvalue()


def _mail(produced: ProducedDocument, messages: Sequence[GivenMessage], packed: bytes, platform: str) -> bytes:
    """The mail around the zip, in which every header is one line that no value can end."""
    moments = sorted((one.at for one in messages if one.at is not None), key=_in_time)
    names = ", ".join(dict.fromkeys(one.who for one in messages))
    head = {
        "X-RSMF-Version": VERSION,
        "X-RSMF-Generator": "Public records archiver",
        "X-RSMF-EventCount": str(len(messages)),
        "X-RSMF-AttachmentCount": "0",
        "X-RSMF-Application": platform,
        "X-RSMF-Custodian": produced.custodian,
        "X-RSMF-Participants": names,
        "X-RSMF-EventCollectionID": produced.first,
        "Subject": produced.document.title,
    }
    if moments:
        head |= {"X-RSMF-BeginDate": moments[0].isoformat(), "X-RSMF-EndDate": moments[-1].isoformat()}
        if moments[-1].tzinfo is not None:  # a date of a mail has its zone (RFC 5322 §3.3)
            head["Date"] = format_datetime(moments[-1])
    said = "\n\n".join(f"{one.who}\n{one.when}\n{one.body}".strip() for one in messages)
    text = _clean(said).replace("\r", "").replace("\n", "\r\n").encode()
    boundary = f"=_{hashlib.sha256(text + packed).hexdigest()[:32]}"
    pieces = [
        *(f"{name}: {_header(name, value)}" for name, value in head.items() if value),
        "From: Conversation <conversation@archiver.invalid>",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/mixed; boundary="{boundary}"',
        "",
        f"--{boundary}",
        'Content-Type: text/plain; charset="utf-8"',
        "Content-Transfer-Encoding: base64",
        "",
        *_base64_lines(text),
        f"--{boundary}",
        f'Content-Type: application/zip; name="{_ZIP}"',
        "Content-Transfer-Encoding: base64",
        f'Content-Disposition: attachment; filename="{_ZIP}"',
        "",
        *_base64_lines(packed),
        f"--{boundary}--",
        "",
    ]
    return "\r\n".join(pieces).encode("ascii")


def _in_time(moment: datetime) -> datetime:
    """A moment to be compared with others, of which some have no offset and the day may have two."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _header(name: str, value: str) -> str:
    line = " ".join(_clean(value).split())
    charset = "us-ascii" if line.isascii() and line.isprintable() else "utf-8"
    return Header(line, charset, header_name=name).encode(linesep="\r\n")


def _base64_lines(content: bytes) -> list[str]:
    coded = base64.b64encode(content).decode("ascii")
    return [coded[at : at + _LINE] for at in range(0, len(coded), _LINE)]


def _clean(text: str) -> str:
    """Text that UTF-8 has signs for: a half of a surrogate pair is U+FFFD, and so is a zero."""
    return _NO_SIGN.sub("\N{REPLACEMENT CHARACTER}", text)
