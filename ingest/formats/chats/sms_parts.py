"""One multimedia message of SMS Backup & Restore: its own fields, its parts, and who it went between.

Rule kept: text parts are what it says, a SMIL part is layout and says nothing, every other part is a file with its
bytes. Addresses: type 137 sent it, 151 received it, 130 and 129 are copies and blind copies. A message is read up to
its end tag and its bytes are all that stands between; one that is too large is counted and passed over.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ingest.formats.charsets import storable
from ingest.formats.chats.model import Media
from ingest.formats.chats.xml_tags import resolved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.xml_tags import XmlTag

_MOST_PARTS: Final = 2_000
_SMIL: Final = "application/smil"
_FROM: Final = b"137"
_TO: Final = frozenset({b"151", b"130", b"129"})
_NAMES: Final = (b"name", b"fn", b"cl", b"cid")
_OWN_TOKEN: Final = "insert-address-token"  # Android's for the owner's own number
_EMPTY: Final = frozenset({b"null", b"", b"0", b"-1"})
_KNOWN: Final = frozenset(
    {
        b"address",
        b"date",
        b"msg_box",
        b"m_type",
        b"m_id",
        b"sub",
        b"contact_name",
        b"readable_date",
        b"read",
        b"seen",
        b"ct_t",
        b"text_only",
        b"m_size",
    }
)
_UNREADABLE: Final = "the bytes of a file in a message cannot be read: they are no base64"
_OVERSIZE: Final = "a message is larger than is read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Multimedia:
    """A message with what was found in it; `remarks` are pairs of a text and how many messages are lost by it."""

    fields: dict[bytes, bytes]
    raw: bytes = field(repr=False)
    text: str = ""
    media: tuple[Media, ...] = ()
    sender: str | None = None
    receivers: tuple[str, ...] = ()
    unmapped: tuple[str, ...] = ()
    remarks: tuple[tuple[str, int], ...] = ()
    lost: bool = False


def multimedia_of(begin: XmlTag, following: Iterator[XmlTag], largest: int) -> Multimedia:
    """The message that this tag begins; takes the tags up to its end.

    Raises:
        ContainerBroken: the file ends before the message does.
    """
    fields = begin.attributes()
    reader = _Parts()
    size = len(begin.raw)
    dropped = begin.too_large
    if not begin.is_empty:
        for tag in following:
            size += len(tag.before) + len(tag.raw)
            dropped = dropped or tag.too_large or size > largest
            if dropped:
                reader = _Parts()
            else:
                reader.take(tag)
            if tag.is_end and tag.name == "mms":
                break
    if dropped:
        return Multimedia(fields=fields, raw=b"", remarks=((_OVERSIZE, 1),), lost=True)
    names = {
        name.decode("ascii", "replace")[:100]
        for name, value in fields.items()
        if name not in _KNOWN and value not in _EMPTY
    }
    return Multimedia(
        fields=fields,
        raw=b"".join((begin.raw, *reader.raw)),
        text="\n".join(reader.texts),
        media=tuple(reader.media),
        sender=reader.sender,
        receivers=tuple(reader.receivers),
        unmapped=tuple(sorted(names | reader.unmapped)),
        remarks=((_UNREADABLE, 0),) * reader.unreadable,
    )


class _Parts:
    """What the tags inside of a message say."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.texts: list[str] = []
        self.media: list[Media] = []
        self.receivers: list[str] = []
        self.sender: str | None = None
        self.unmapped: set[str] = set()
        self.unreadable = 0

    def take(self, tag: XmlTag) -> None:
        """A tag and what stands before it."""
        self.raw.append(tag.before)
        self.raw.append(tag.raw)
        if tag.is_end or len(self.media) + len(self.texts) + len(self.receivers) >= _MOST_PARTS:
            return
        if tag.name == "part":
            self._part(tag.attributes())
        elif tag.name == "addr":
            self._address(tag.attributes())

    def _part(self, fields: dict[bytes, bytes]) -> None:
        kind = (_word(fields.get(b"ct")) or "").lower()
        if kind == _SMIL:
            return
        text, data = _word(fields.get(b"text")), fields.get(b"data", b"")
        if kind == "text/plain" and text is not None:
            self.texts.append(text)
            return
        content: bytes | None = None
        if data not in _EMPTY:
            try:
                data = resolved(data).encode("ascii", "replace") if b"&" in data else data
                content = base64.b64decode(data.translate(None, b" \t\r\n"), validate=True)
            except (binascii.Error, ValueError):
                self.unreadable += 1
        elif text is not None:
            content = text.encode("utf-8", "replace")
        if kind == "text/plain" and content is not None:
            self.texts.append(storable(content.decode("utf-8", "replace")))
            return
        if kind == "text/plain":
            return  # an empty text
        name = next((found for label in _NAMES if (found := _word(fields.get(label))) is not None), None)
        self.media.append(Media(name=name.strip("<>") if name else None, media_type=kind or None, inline=content))

    def _address(self, fields: dict[bytes, bytes]) -> None:
        number, kind = _word(fields.get(b"address")), fields.get(b"type")
        if number is None or number == _OWN_TOKEN:
            return
        if kind == _FROM:
            self.sender = number
        elif kind in _TO:
            self.receivers.append(number)
            if kind != b"151":
                self.unmapped.add("addrs.addr.type")


def _word(value: bytes | None) -> str | None:
    return None if value is None or value in (b"null", b"") else resolved(value)
