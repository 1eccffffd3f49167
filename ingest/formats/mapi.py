"""MAPI properties: their ids, and their values as text, numbers, times and bytes.

Rule kept: pure and total; a property that is absent, cut off or of another type than is asked for is None. Values
are decoded when they are asked for, because the code page of 8-bit strings is itself a property of the message.
Ids and types are those of [MS-OXPROPS]; values [MS-OXCDATA] §2.11.1. Used for .msg, TNEF and PST alike; what a mail
says by them is read in `mapi_message`.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from ingest.formats.charsets import decode, storable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_TEXT_BYTES: Final = 64 * 1024

STRING8: Final = 0x001E
UNICODE: Final = 0x001F
BINARY: Final = 0x0102
OBJECT: Final = 0x000D
TIME: Final = 0x0040
MULTIPLE: Final = 0x1000
# Types whose value has a fixed size, in bytes ([MS-OXCDATA] §2.11.1).
FIXED_SIZES: Final = {
    0x0001: 0, 0x0002: 2, 0x0003: 4, 0x0004: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x000A: 4, 0x000B: 2,
    0x0014: 8, 0x0040: 8, 0x0048: 16,
}  # fmt: skip
_MEDIA_TYPE: Final = re.compile(r"[\w!#$&^.+-]{1,64}/[\w!#$&^.+-]{1,64}", re.ASCII)
_WHOLE: Final = {0x0002: "<h", 0x0003: "<i", 0x000B: "<H", 0x0014: "<q"}


class Tag(IntEnum):
    """Ids of the properties that are read, under their names of [MS-OXPROPS] without the prefix."""

    MESSAGE_CLASS = 0x001A
    SUBJECT = 0x0037
    CLIENT_SUBMIT_TIME = 0x0039
    SENT_REPRESENTING_NAME = 0x0042
    SENT_REPRESENTING_ADDRESS_TYPE = 0x0064
    SENT_REPRESENTING_EMAIL_ADDRESS = 0x0065
    SUBJECT_PREFIX = 0x003D
    TRANSPORT_MESSAGE_HEADERS = 0x007D
    RECIPIENT_TYPE = 0x0C15
    SENDER_NAME = 0x0C1A
    SENDER_ADDRESS_TYPE = 0x0C1E
    SENDER_EMAIL_ADDRESS = 0x0C1F
    DISPLAY_CC = 0x0E03
    DISPLAY_TO = 0x0E04
    MESSAGE_DELIVERY_TIME = 0x0E06
    NORMALIZED_SUBJECT = 0x0E1D
    BODY = 0x1000
    RTF_COMPRESSED = 0x1009
    HTML = 0x1013
    INTERNET_MESSAGE_ID = 0x1035
    INTERNET_REFERENCES = 0x1039
    IN_REPLY_TO_ID = 0x1042
    DISPLAY_NAME = 0x3001
    ADDRESS_TYPE = 0x3002
    EMAIL_ADDRESS = 0x3003
    ATTACH_DATA = 0x3701
    ATTACH_EXTENSION = 0x3703
    ATTACH_FILENAME = 0x3704
    ATTACH_METHOD = 0x3705
    ATTACH_LONG_FILENAME = 0x3707
    ATTACH_MIME_TAG = 0x370E
    SMTP_ADDRESS = 0x39FE
    INTERNET_CODEPAGE = 0x3FDE
    MESSAGE_CODEPAGE = 0x3FFD
    SENDER_SMTP_ADDRESS = 0x5D01
    SENT_REPRESENTING_SMTP_ADDRESS = 0x5D02


class RecipientType(IntEnum):
    """What a recipient is ([MS-OXOMSG] §2.2.3.1); its higher bits are flags of the sending program."""

    ORIGINATOR = 0
    TO = 1
    CC = 2
    BCC = 3


class AttachMethod(IntEnum):
    """Where the content of an attachment is ([MS-OXCMSG] §2.2.2.9)."""

    NONE = 0
    BY_VALUE = 1
    BY_REFERENCE = 2
    BY_REFERENCE_ONLY = 4
    EMBEDDED_MESSAGE = 5
    STORAGE = 6
    BY_WEB_REFERENCE = 7


_EPOCH: Final = datetime(1601, 1, 1, tzinfo=UTC)
_UNSET_YEARS: Final = frozenset({1601, 4500, 4501})  # what Outlook writes for "none"
_CODEPAGES: Final = {
    708: "iso8859-6", 874: "cp874", 936: "gb18030", 1200: "utf-16-le", 1201: "utf-16-be", 10000: "mac_roman",
    20127: "ascii", 20866: "koi8-r", 20932: "euc_jp", 21866: "koi8-u", 38598: "iso8859-8", 50220: "iso2022_jp",
    50221: "iso2022_jp_ext", 50222: "iso2022_jp_ext", 50225: "iso2022_kr", 50227: "gb18030", 51932: "euc_jp",
    51936: "gb18030", 51949: "euc_kr", 52936: "hz", 54936: "gb18030", 65000: "utf-7", 65001: "utf-8",
    28603: "iso8859-13", 28605: "iso8859-15",
}  # fmt: skip


def charset_of(codepage: int | None) -> str | None:
    """The charset label for a code page of Windows, or None where it has none that is known here."""
    if codepage is None or not 0 < codepage <= 65001:  # noqa: PLR2004 - the largest that is assigned
        return None
    if codepage in _CODEPAGES:
        return _CODEPAGES[codepage]
    if 28591 <= codepage <= 28600:  # noqa: PLR2004 - the parts of ISO 8859 in their order
        return f"iso8859-{codepage - 28590}"
    return f"cp{codepage}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Properties:
    """The properties of one object by id, each with its type and the bytes of its value as stored.

    `codepage` is the code page of 8-bit strings where the container knows it; the message's own goes before it.
    """

    values: Mapping[int, tuple[int, bytes]] = field(repr=False)
    codepage: int | None = None

    def charset(self) -> str | None:
        """The charset of 8-bit strings, as the message or its container says; None where neither does."""
        own = self.number(Tag.MESSAGE_CODEPAGE) or self.codepage or self.number(Tag.INTERNET_CODEPAGE)
        return charset_of(own)

    def text(self, tag: int, *, limit: int = MAX_TEXT_BYTES) -> str | None:
        """A string of either width, without the zeros at its end; at most `limit` bytes of it are read."""
        kind, raw = self.values.get(tag, (0, b""))
        if kind == UNICODE:
            return storable(raw[: limit & ~1].decode("utf-16-le", "replace").rstrip("\0"))
        if kind == STRING8:
            return decode(raw[:limit].rstrip(b"\0"), self.charset(), guess=len(raw) > MAX_TEXT_BYTES)
        return None

    def phrase(self, tag: int) -> str | None:
        """A string of one line, with its blanks made single; None where it is absent or blank."""
        return " ".join((self.text(tag) or "").split()) or None

    def number(self, tag: int) -> int | None:
        """A whole number or a truth value."""
        kind, raw = self.values.get(tag, (0, b""))
        form = _WHOLE.get(kind)
        if form is None or len(raw) < struct.calcsize(form):
            return None
        return int(struct.unpack_from(form, raw)[0])

    def moment(self, tag: int) -> datetime | None:
        """A time in UTC (FILETIME, [MS-DTYP] §2.3.3); None where it is none, or one that Outlook writes for none."""
        kind, raw = self.values.get(tag, (0, b""))
        if kind != TIME or len(raw) < 8:  # noqa: PLR2004 - bytes of a FILETIME
            return None
        try:
            found = _EPOCH + timedelta(microseconds=struct.unpack_from("<Q", raw)[0] // 10)
        except OverflowError:
            return None
        return None if found.year in _UNSET_YEARS else found

    def content(self, tag: int) -> bytes | None:
        """The bytes of a binary property."""
        kind, raw = self.values.get(tag, (0, b""))
        return raw if kind == BINARY else None


@dataclass(frozen=True, slots=True, kw_only=True)
class MapiAttachment:
    """One attachment; its bytes and the message in it are made when they are asked for.

    `content` gives the bytes of it as a file, None where the message holds none, and then `reason` says why.
    `message` gives the message that is embedded (it has a `content` too: the file that it would be by itself).
    `is_made` is true where no such bytes stand in the message and the file is written by this program.
    """

    properties: Properties
    content: Callable[[], bytes | None] = field(repr=False)
    message: Callable[[], MapiMessage | None] | None = field(default=None, repr=False)
    is_made: bool = False
    reason: str | None = None
    title: str | None = None

    @property
    def name(self) -> str | None:
        """The file name as given: the long one, else the short one, else what is shown; not yet safe for a disk."""
        for tag in (Tag.ATTACH_LONG_FILENAME, Tag.ATTACH_FILENAME):
            found = self.properties.phrase(tag)
            if found:
                return found
        return self.title or self.properties.phrase(Tag.DISPLAY_NAME)

    @property
    def media_type(self) -> str | None:
        """The media type that is declared, in lower case; None where none is, or none that could be one."""
        declared = (self.properties.phrase(Tag.ATTACH_MIME_TAG) or "").lower()
        return declared if _MEDIA_TYPE.fullmatch(declared) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class MapiMessage:
    """A message and what hangs on it, in the order of its source; `damages` grows while attachments are read."""

    properties: Properties
    recipients: tuple[Properties, ...] = ()
    attachments: tuple[MapiAttachment, ...] = ()
    damages: Mapping[str, None] = field(default_factory=dict)
