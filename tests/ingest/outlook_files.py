"""Writers of small .msg files and TNEF streams for tests, from the published layouts ([MS-OXMSG], [MS-OXTNEF])."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ingest.formats.compound_writer import Storage, write_compound_file

IMESSAGE = bytes.fromhex("0703020000000000c000000000000046")
SUBJECT, HEADERS, BODY, HTML, RTF = 0x0037, 0x007D, 0x1000, 0x1013, 0x1009
CLASS, SENT, SENDER_NAME, SENDER_EMAIL, SENDER_SMTP = 0x001A, 0x0039, 0x0C1A, 0x0C1F, 0x5D01
NAME, EMAIL, SMTP, TYPE = 0x3001, 0x3003, 0x39FE, 0x0C15
DATA, LONG_NAME, METHOD, MIME = 0x3701, 0x3707, 0x3705, 0x370E


@dataclass
class Made:
    """A message as tests think of it: values by id, recipients, and attachments as values or further messages."""

    values: dict[int, object] = field(default_factory=dict)
    recipients: list[dict[int, object]] = field(default_factory=list)
    attachments: list[dict[int, object] | tuple[str, Made]] = field(default_factory=list)


def mail(subject: str, text: str, sender: str = "ana@example.org", **more: object) -> Made:
    """A small message from `sender` to one recipient."""
    values: dict[int, object] = {
        CLASS: "IPM.Note",
        SUBJECT: subject,
        BODY: text,
        SENDER_NAME: "Ana",
        SENDER_SMTP: sender,
    }
    values[SENT] = datetime(2024, 3, 1, 14, 5, tzinfo=UTC)
    recipients = [{NAME: "Ben", SMTP: "ben@example.org", TYPE: 1}]
    made = Made(values, recipients)
    for name, value in more.items():
        setattr(made, name, value)
    return made


def filetime(moment: datetime) -> bytes:
    """The 8 bytes of a FILETIME."""
    since = moment - datetime(1601, 1, 1, tzinfo=UTC)
    return struct.pack("<Q", (since.days * 86400 + since.seconds) * 10_000_000)


def msg(made: Made) -> bytes:
    """The bytes of a .msg file."""
    storages = [Storage()]
    _store(made, 32, storages, 0)
    storages.append(Storage("__nameid_version1.0", 0, {"__substg1.0_00020102": b""}))
    return write_compound_file(storages)


def _store(made: Made, header: int, storages: list[Storage], place: int) -> None:
    storages[place].streams |= _values(made.values, header)
    for number, recipient in enumerate(made.recipients):
        storages.append(Storage(f"__recip_version1.0_#{number:08X}", place, _values(recipient, 8)))
    for number, attachment in enumerate(made.attachments):
        name = f"__attach_version1.0_#{number:08X}"
        if isinstance(attachment, tuple):
            storages.append(Storage(name, place, _values({LONG_NAME: attachment[0], METHOD: 5}, 8)))
            storages.append(Storage("__substg1.0_3701000D", len(storages) - 1))
            _store(attachment[1], 24, storages, len(storages) - 1)
        else:
            storages.append(Storage(name, place, _values({METHOD: 1, **attachment}, 8)))


def _values(values: dict[int, object], header: int) -> dict[str, bytes]:
    streams: dict[str, bytes] = {}
    table = bytearray(header)
    for tag, value in values.items():
        kind, raw = encoded(value)
        if kind in (0x1F, 0x1E, 0x102):
            streams[f"__substg1.0_{tag:04X}{kind:04X}"] = raw
            raw = struct.pack("<II", len(raw), 0)
        table += struct.pack("<HHI8s", kind, tag, 6, raw)
    streams["__properties_version1.0"] = bytes(table)
    return streams


def encoded(value: object) -> tuple[int, bytes]:
    """The type of a value and its bytes."""
    if isinstance(value, tuple):
        return value
    if isinstance(value, str):
        return 0x1F, value.encode("utf-16-le")
    if isinstance(value, bytes):
        return 0x102, value
    if isinstance(value, datetime):
        return 0x40, filetime(value)
    assert isinstance(value, int)
    return 0x03, struct.pack("<i", value)


def tnef(made: Made) -> bytes:
    """The bytes of a winmail.dat."""
    pieces = [b"\x78\x9f\x3e\x22\x01\x00", attribute(1, 0x00089006, struct.pack("<I", 0x10000))]
    pieces.append(attribute(1, 0x00069007, struct.pack("<II", 1252, 0)))
    pieces.append(attribute(1, 0x00069003, listed(made.values)))
    if made.recipients:
        rows = b"".join(listed(one) for one in made.recipients)
        pieces.append(attribute(1, 0x00069004, struct.pack("<I", len(made.recipients)) + rows))
    for attachment in made.attachments:
        pieces.append(attribute(2, 0x00069002, bytes(14)))
        if isinstance(attachment, tuple):
            inner = IMESSAGE + tnef(attachment[1])
            pieces.append(attribute(2, 0x00069005, listed({LONG_NAME: attachment[0], METHOD: 5, DATA: (0x0D, inner)})))
        else:
            rest = dict(attachment)
            pieces.append(attribute(2, 0x0006800F, rest.pop(DATA)))
            pieces.append(attribute(2, 0x00069005, listed(rest)))
    return b"".join(pieces)


def attribute(level: int, number: int, value: bytes) -> bytes:
    """One attribute with its checksum."""
    return struct.pack("<BII", level, number, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def listed(values: dict[int, object]) -> bytes:
    """A list of MAPI properties."""
    pieces = [struct.pack("<I", len(values))]
    for tag, value in values.items():
        kind, raw = encoded(value)
        padded = raw + bytes(-len(raw) % 4)
        head = struct.pack("<HH", kind, tag)
        pieces.append(head + (padded if kind in (0x03, 0x40) else struct.pack("<II", 1, len(raw)) + padded))
    return b"".join(pieces)


def carrying(
    name: str, content_type: str, content: bytes, *, text: str = "See below.", encoding: str = "base64"
) -> bytes:
    """A MIME mail with one attachment."""
    import base64  # noqa: PLC0415 - used here only

    body = base64.encodebytes(content).replace(b"\n", b"\r\n") if encoding == "base64" else content
    return (
        b"From: Cy <cy@school.example>\r\nTo: archive@school.example\r\nSubject: Fwd: plans\r\n"
        b"Date: Mon, 4 Mar 2024 09:00:00 -0800\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=outer\r\n\r\n--outer\r\nContent-Type: text/plain\r\n\r\n"
        + text.encode()
        + f'\r\n--outer\r\nContent-Type: {content_type}; name="{name}"\r\n'.encode()
        + f'Content-Disposition: attachment; filename="{name}"\r\n'.encode()
        + f"Content-Transfer-Encoding: {encoding}\r\n\r\n".encode()
        + body
        + b"\r\n--outer--\r\n"
    )
