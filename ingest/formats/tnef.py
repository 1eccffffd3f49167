"""TNEF ([MS-OXTNEF]), the ``winmail.dat`` of Outlook and Exchange: a stream of attributes to a message.

Rule kept: total and bounded; attributes are taken until one does not fit, a wrong checksum is said and its attribute
is read all the same, and nothing that the stream declares decides how much is kept. MAPI properties go before the
older attributes of the same meaning, which are in the code page that the stream names. An attachment begins with
attAttachRenddata ([MS-OXTNEF] §2.1.3.4); a message embedded in it is a TNEF stream of its own, and so is its file.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from ingest.formats.charsets import decode
from ingest.formats.mapi import (
    BINARY,
    FIXED_SIZES,
    MULTIPLE,
    OBJECT,
    STRING8,
    UNICODE,
    AttachMethod,
    MapiAttachment,
    MapiMessage,
    Properties,
    Tag,
    charset_of,
)

SIGNATURE: Final = b"\x78\x9f\x3e\x22"
MEDIA_TYPE: Final = "application/ms-tnef"
MAX_ATTRIBUTES: Final = 100_000
MAX_PROPERTIES: Final = 200_000
MAX_ATTACHMENTS: Final = 1000
MAX_ROWS: Final = 20_000

_MESSAGE_LEVEL, _ATTACHMENT_LEVEL = 1, 2
_VARIABLE: Final = frozenset({STRING8, UNICODE, BINARY, OBJECT})
_NAMED: Final = 0x8000
_FROM, _SUBJECT, _MESSAGE_ID, _BODY = 0x00008000, 0x00018004, 0x00018009, 0x0002800C
_MESSAGE_CLASS, _CODEPAGE, _PROPERTIES, _RECIPIENTS = 0x00078008, 0x00069007, 0x00069003, 0x00069004
_RENDERING, _DATA, _TITLE, _ATTACHMENT = 0x00069002, 0x0006800F, 0x00018010, 0x00069005
_TEXTS: Final = {_SUBJECT: Tag.SUBJECT, _BODY: Tag.BODY, _MESSAGE_CLASS: Tag.MESSAGE_CLASS}
# Interface ids that begin the value of an object ([MS-OXTNEF] §2.1.3.3.15): IMessage; IStorage and IStream.
_IMESSAGE: Final = bytes.fromhex("0703020000000000c000000000000046")
_OTHER_INTERFACES: Final = frozenset(
    {bytes.fromhex("0b00000000000000c000000000000046"), bytes.fromhex("0c00000000000000c000000000000046")}
)
_CUT_OFF: Final = "the stream is cut off or followed by something else"


@dataclass(slots=True)
class _Attachment:
    values: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    content: bytes | None = None
    title: bytes | None = None


@dataclass(slots=True)
class _Reading:
    """What is gathered from one stream; `left` is how many properties may still be read."""

    values: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    older: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    recipients: list[dict[int, tuple[int, bytes]]] = field(default_factory=list)
    attachments: list[_Attachment] = field(default_factory=list)
    damages: dict[str, None] = field(default_factory=dict)
    is_full: bool = False
    codepage: int | None = None
    left: int = MAX_PROPERTIES


def read_tnef(content: bytes) -> MapiMessage | None:
    """The message in a TNEF stream, or None where the bytes are none; never raises for any bytes."""
    if not content.startswith(SIGNATURE):
        return None
    reading = _Reading()
    place = 6  # the signature and a key that means nothing to readers
    for _ in range(MAX_ATTRIBUTES):
        if place >= len(content):
            break
        if place + 9 > len(content):
            reading.damages[_CUT_OFF] = None
            break
        level, attribute, size = struct.unpack_from("<BII", content, place)
        first, end = place + 9, place + 9 + size
        if level not in (_MESSAGE_LEVEL, _ATTACHMENT_LEVEL):
            reading.damages[_CUT_OFF] = None
            break
        value = content[first:end]
        if len(value) < size:
            reading.damages[_CUT_OFF] = None
        elif content[end : end + 2] != struct.pack("<H", sum(value) & 0xFFFF):
            reading.damages["a checksum is wrong"] = None
        _take(level, attribute, value, reading)
        place = end + 2
    else:
        reading.damages[f"more than {MAX_ATTRIBUTES} attributes; the rest was not read"] = None
    return _message(reading)


def _take(level: int, attribute: int, value: bytes, reading: _Reading) -> None:
    if level == _ATTACHMENT_LEVEL:
        _take_attached(attribute, value, reading)
    elif attribute == _PROPERTIES:
        for tag, found in _properties(value, 0, reading)[0].items():
            reading.values.setdefault(tag, found)
    elif attribute == _RECIPIENTS:
        _take_recipients(value, reading)
    elif attribute == _CODEPAGE and len(value) >= 4:  # noqa: PLR2004 - bytes of a code page
        reading.codepage = int.from_bytes(value[:4], "little")
    elif attribute in _TEXTS:
        reading.older[_TEXTS[attribute]] = (STRING8, value)
    elif attribute == _FROM:
        _take_sender(value, reading)


def _take_attached(attribute: int, value: bytes, reading: _Reading) -> None:
    if attribute == _RENDERING or not reading.attachments:
        if len(reading.attachments) >= MAX_ATTACHMENTS:
            reading.damages[f"more than {MAX_ATTACHMENTS} attachments; the rest was not read"] = None
            reading.is_full = True
            return
        reading.attachments.append(_Attachment())
    if reading.is_full:
        return  # what follows belongs to an attachment that is not kept, and not to the last that is
    current = reading.attachments[-1]
    if attribute == _DATA:
        current.content = value
    elif attribute == _TITLE:
        current.title = value.rstrip(b"\0")
    elif attribute == _ATTACHMENT:
        current.values |= _properties(value, 0, reading)[0]


def _take_sender(value: bytes, reading: _Reading) -> None:
    """The sender as attFrom has it: a name and an address with its type, as 8-bit text ([MS-OXTNEF] §2.1.3.3.3)."""
    if len(value) < 8:  # noqa: PLR2004 - four numbers of two bytes
        return
    _, _, name_size, address_size = struct.unpack_from("<4H", value)
    name, address = value[8 : 8 + name_size], value[8 + name_size : 8 + name_size + address_size]
    kind, _, address = address.rstrip(b"\0").partition(b":")
    reading.older[Tag.SENDER_NAME] = (STRING8, name.rstrip(b"\0"))
    if kind.upper() == b"SMTP":
        reading.older[Tag.SENDER_EMAIL_ADDRESS] = (STRING8, address)


def _take_recipients(value: bytes, reading: _Reading) -> None:
    rows = int.from_bytes(value[:4], "little")
    place = 4
    for _ in range(min(rows, MAX_ROWS)):
        found, place = _properties(value, place, reading)
        if found:
            reading.recipients.append(found)
        if place >= len(value):
            break


def _properties(value: bytes, place: int, reading: _Reading) -> tuple[dict[int, tuple[int, bytes]], int]:
    """One list of MAPI properties ([MS-OXTNEF] §2.1.3.4 MsgPropertyList), and the place behind it."""
    found: dict[int, tuple[int, bytes]] = {}
    count, end = int.from_bytes(value[place : place + 4], "little"), len(value)
    place += 4
    for _ in range(count):
        if place + 4 > end or not reading.left:
            reading.damages[_CUT_OFF] = None
            return found, end
        reading.left -= 1
        kind, tag = struct.unpack_from("<HH", value, place)
        place += 4
        if tag >= _NAMED:
            place = _after_name(value, place)
        raw, place = _value(value, place, kind, reading)
        if raw is not None and not kind & MULTIPLE and tag < _NAMED:
            found[tag] = (kind, raw)
    return found, min(place, end)


def _after_name(value: bytes, place: int) -> int:
    """The place behind the name of a named property: a set, a kind, and a number or a string."""
    kind, number = struct.unpack_from("<II", value, place + 16) if place + 24 <= len(value) else (0, 0)
    return place + 24 if kind == 0 else place + 24 + (number + 3 & ~3)


def _value(value: bytes, place: int, kind: int, reading: _Reading) -> tuple[bytes | None, int]:
    """The first value of a property, and the place behind all of them; each is padded to four bytes."""
    base, counts = kind & ~MULTIPLE, 1
    if base in _VARIABLE or kind & MULTIPLE:
        counts = int.from_bytes(value[place : place + 4], "little")
        place += 4
    if base not in _VARIABLE:
        size = FIXED_SIZES.get(base)
        if size is None:
            reading.damages["a property of an unknown type; the rest of its list was not read"] = None
            return None, len(value)
        return value[place : place + size] or None, place + counts * (size + 3 & ~3)
    first: bytes | None = None
    for _ in range(counts):
        if place + 4 > len(value) or not reading.left:
            reading.damages[_CUT_OFF] = None
            return first, len(value)
        reading.left -= 1
        size = int.from_bytes(value[place : place + 4], "little")
        if first is None:
            first = value[place + 4 : place + 4 + size]
        place += 4 + (size + 3 & ~3)
    return first, place


def _message(reading: _Reading) -> MapiMessage:
    codepage = reading.codepage
    properties = Properties(values=reading.older | reading.values, codepage=codepage)
    return MapiMessage(
        properties=properties,
        recipients=tuple(Properties(values=values, codepage=codepage) for values in reading.recipients),
        attachments=tuple(_attachment(one, codepage) for one in reading.attachments),
        damages=reading.damages,
    )


def _attachment(found: _Attachment, codepage: int | None) -> MapiAttachment:
    kind, raw = found.values.pop(Tag.ATTACH_DATA, (0, b""))
    properties = Properties(values=found.values, codepage=codepage)
    content, message = found.content, None
    if kind == OBJECT and raw[:16] == _IMESSAGE:
        content = raw[16:]
        message = partial(read_tnef, content)
    elif kind == OBJECT and raw[:16] in _OTHER_INTERFACES:
        content = raw[16:]
    elif kind in (OBJECT, BINARY) and raw:
        content = raw
    method = properties.number(Tag.ATTACH_METHOD)
    reference = method in (AttachMethod.BY_REFERENCE, AttachMethod.BY_REFERENCE_ONLY, AttachMethod.BY_WEB_REFERENCE)
    title = " ".join(decode(found.title, charset_of(codepage)).split()) if found.title else None
    return MapiAttachment(
        properties=properties,
        content=partial(_given, content),
        message=message,
        reason="only a reference to it is in the message" if reference else "the message holds no content",
        title=title,
    )


def _given(content: bytes | None) -> bytes | None:
    return content
