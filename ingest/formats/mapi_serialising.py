"""MAPI objects turned into serialised messages: every property as JSON, and of attachments what is worth a name.

Rule kept: what a property says stands once and as it was stored. Text and numbers are readable; whatever cannot be
said in JSON without loss is base64 beside it. Bodies and the content of attachments have places of their own in the
document and are not repeated among the properties. Names of properties are those of [MS-OXPROPS].
"""

from __future__ import annotations

import base64
import struct
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.charsets import decode, storable
from ingest.formats.mapi import BINARY, STRING8, TIME, UNICODE, AttachMethod, RecipientType, Tag, charset_of
from ingest.formats.mapi_message import card, is_mail, letterhead, message_class, recipient
from ingest.formats.serialised_message import SerialisedAttachment, SerialisedMessage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ingest.formats.mapi import Properties
    from storage.records import Party

MAX_BODY: Final = 32 << 20
MAX_HEADERS: Final = 1 << 20
CONTENT_ID: Final = 0x3712
_BOOLEAN: Final = 0x000B
_WHOLE: Final = {0x0002: "<h", 0x0003: "<i", 0x0014: "<q"}
_ELSEWHERE: Final = frozenset({Tag.BODY, Tag.HTML, Tag.RTF_COMPRESSED, Tag.ATTACH_DATA})
_NAMES: Final = {int(one): one.name for one in Tag}
_EPOCH: Final = datetime(1601, 1, 1, tzinfo=UTC)
_NOT_CONTENT: Final = {
    AttachMethod.NONE: "it has no content",
    AttachMethod.BY_REFERENCE: "it only names a file elsewhere",
    AttachMethod.BY_REFERENCE_ONLY: "it only names a file elsewhere",
    AttachMethod.BY_WEB_REFERENCE: "it only names a file elsewhere",
}


def message_of(
    properties: Properties,
    recipients: Sequence[Properties],
    *,
    container: str,
    reader: str,
    attachments: Iterable[SerialisedAttachment] = (),
    fields: tuple[Mapping[str, Any], ...] = (),
    recovered: bool = False,
    problems: tuple[str, ...] = (),
) -> SerialisedMessage:
    """The message that these properties are, with those of each recipient."""
    kind, html = properties.values.get(Tag.HTML, (0, b""))
    charset = charset_of(properties.number(Tag.INTERNET_CODEPAGE))
    if kind == UNICODE:
        html, charset = (properties.text(Tag.HTML, limit=MAX_BODY) or "").encode(), "utf-8"
    mail = is_mail(properties)
    return SerialisedMessage(
        container=container,
        reader=reader,
        is_mail=mail,
        is_report=message_class(properties).startswith("report."),
        recovered=recovered,
        letterhead=letterhead(properties, recipients),
        bcc=_blind(recipients),
        received_at=properties.moment(Tag.MESSAGE_DELIVERY_TIME),
        headers=properties.text(Tag.TRANSPORT_MESSAGE_HEADERS, limit=MAX_HEADERS),
        plain=properties.text(Tag.BODY, limit=MAX_BODY),
        html=html[:MAX_BODY] or None,
        html_charset=charset,
        rtf=properties.content(Tag.RTF_COMPRESSED) or None,
        card="" if mail else card(properties),
        fields=(*fields, *({"recipient": readable_fields(one)} for one in recipients)),
        attachments=attachments,
        problems=(*problems, *_beyond(properties)),
    )


def attachment_of(
    properties: Properties,
    pieces: Iterable[bytes],
    *,
    fields: tuple[Mapping[str, Any], ...] = (),
    message: SerialisedMessage | None = None,
    problem: str | None = None,
) -> SerialisedAttachment:
    """The attachment that these properties describe; `pieces` are only taken where it holds its bytes itself."""
    method = properties.number(Tag.ATTACH_METHOD)
    if problem is None and method is not None and method in _NOT_CONTENT:
        problem = _NOT_CONTENT[AttachMethod(method)]
    has_bytes = message is None and problem is None
    return SerialisedAttachment(
        name=properties.phrase(Tag.ATTACH_LONG_FILENAME)
        or properties.phrase(Tag.ATTACH_FILENAME)
        or properties.phrase(Tag.DISPLAY_NAME),
        media_type=(properties.phrase(Tag.ATTACH_MIME_TAG) or "").lower() or None if message is None else None,
        content_id=properties.phrase(CONTENT_ID),
        pieces=pieces if has_bytes else None,
        message=message,
        problem=problem,
        fields=fields,
    )


def readable_fields(properties: Properties) -> tuple[dict[str, Any], ...]:
    """One JSON object a property, in the order of their ids.

    `id` and `type` are hexadecimal, `name` stands where it is known, `value` is text, a number or a truth value, and
    `base64` stands where that says less than the bytes.
    """
    charset = properties.charset()
    found: list[dict[str, Any]] = []
    for tag, (kind, raw) in sorted(properties.values.items()):
        if tag in _ELSEWHERE:
            continue
        members: dict[str, Any] = {"id": f"0x{tag:04x}", "type": f"0x{kind:04x}"}
        if tag in _NAMES:
            members["name"] = _NAMES[tag]
        value, exact = _value(kind, raw, charset)
        if value is not None:
            members["value"] = value
        if not exact:
            members["base64"] = base64.b64encode(raw).decode("ascii")
        found.append(members)
    return tuple(found)


def _value(kind: int, raw: bytes, charset: str | None) -> tuple[str | int | bool | None, bool]:
    """A value that JSON can say, and whether it says all of the bytes."""
    if kind == UNICODE:
        text = raw.decode("utf-16-le", "replace").rstrip("\0")
        return storable(text), raw.rstrip(b"\0") == text.encode("utf-16-le", "replace").rstrip(b"\0")
    if kind == STRING8:
        shown = raw.rstrip(b"\0")
        return decode(shown, charset), shown.isascii() and b"\0" not in shown
    if kind == _BOOLEAN and raw:
        return raw[0] != 0, raw[0] in (0, 1) and not any(raw[1:])
    if kind in _WHOLE and len(raw) == struct.calcsize(_WHOLE[kind]):
        number = int(struct.unpack(_WHOLE[kind], raw)[0])
        return (str(number) if kind == 0x0014 else number), True  # noqa: PLR2004 - 64 bits: more than JSON readers keep
    if kind == TIME and len(raw) == 8:  # noqa: PLR2004 - bytes of a FILETIME
        return _ticks(struct.unpack("<Q", raw)[0])
    return None, kind == BINARY and not raw


def _ticks(count: int) -> tuple[str | None, bool]:
    """A FILETIME with all its seven decimals ([MS-DTYP] §2.3.3)."""
    try:
        whole = _EPOCH + timedelta(seconds=count // 10_000_000)
    except OverflowError:
        return None, False
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{count % 10_000_000:07d}Z", True


def _blind(recipients: Sequence[Properties]) -> tuple[Party, ...]:
    found = (recipient(one) for one in recipients)
    return tuple(party for kind, party in found if kind is RecipientType.BCC and party is not None)


def _beyond(properties: Properties) -> tuple[str, ...]:
    sizes = (len(properties.values.get(tag, (0, b""))[1]) for tag in (Tag.BODY, Tag.HTML))
    return (f"a body beyond its first {MAX_BODY} bytes",) if any(one > MAX_BODY for one in sizes) else ()
