"""Content-addressable archives (CARv1) and the values in them (DAG-CBOR, a strict form of RFC 8949).

Rule kept: blocks are given one by one as they stand, a value is made of one only when it is asked for, and hostile
bytes end in `Malformed`: lengths are held against what is there before anything is made, depth and size are bounded.

Sources: IPLD "CARv1" and "DAG-CBOR" specifications; multiformats varint (LEB128, at most 9 bytes) and CID.
"""

from __future__ import annotations

import base64
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from ingest.formats.charsets import storable
from ingest.formats.container import ContainerBroken

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_BLOCK: Final = 16 << 20  # AT Protocol allows 1 MB
MOST_DEPTH: Final = 48
_READ: Final = 1 << 18
_LONGEST_VARINT: Final = 9
_CID_TAG: Final = 42
_SHA_256: Final = b"\x12\x20"
_CUT: Final = "the archive ends inside of a block"
_DAMAGED: Final = "the archive is damaged: a block has no identifier or no plausible length"
_HALF, _SINGLE, _DOUBLE = (struct.Struct(">e"), struct.Struct(">f"), struct.Struct(">d"))
_UNSIGNED: Final = {24: 1, 25: 2, 26: 4, 27: 8}
_PLAIN: Final[dict[int, Any]] = {20: False, 21: True, 22: None, 23: None}


class Malformed(Exception):
    """Raised by `value_of`: these bytes are no DAG-CBOR, or more than is read."""


@dataclass(frozen=True, slots=True)
class Link:
    """A content identifier; its text is multibase base32."""

    content: bytes

    def __str__(self) -> str:
        """``bafy...``, as addresses have it."""
        return "b" + base64.b32encode(self.content).decode("ascii").rstrip("=").lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block and its identifier; one that is too large has no bytes."""

    cid: bytes
    content: bytes = field(repr=False)
    problem: str | None = None


def blocks(stream: BinaryIO) -> Iterator[Block]:
    """All blocks in the order of the archive, without its header.

    Raises:
        ContainerBroken: it is no CARv1, or it is damaged; what came before stays.
    """
    window = _Window(stream)
    size = window.varint()
    if size is None or not 0 < size <= _READ:
        raise ContainerBroken(_DAMAGED)
    header = window.take(size)
    if b"eroots" not in header or b"gversion\x01" not in header:
        raise ContainerBroken("it is no archive of this kind, or of another version")
    while (size := window.varint()) is not None:
        if size > LARGEST_BLOCK:
            head = window.take(min(size, 128))
            window.skip(size - len(head))
            yield Block(cid=head[: _cid_length(head)], content=b"", problem="it is larger than can be read")
            continue
        section = window.take(size)
        length = _cid_length(section)
        if not length:
            raise ContainerBroken(_DAMAGED)
        yield Block(cid=section[:length], content=section[length:])


def is_archive(head: bytes) -> bool:
    """Whether these first bytes are the header of a CARv1."""
    return head[1:2] in b"\xa2\xa3\xa1\x01" and b"eroots" in head[:200] and b"gversion\x01" in head[:300]


def digest_of(cid: bytes) -> bytes | None:
    """The SHA-256 that an identifier states, None where it states another digest."""
    return cid[-32:] if cid[-34:-32] == _SHA_256 else None


def value_of(content: bytes) -> Any:
    """The value that a block holds; identifiers are `Link`, texts never have lone surrogates.

    Raises:
        Malformed: it is none.
    """
    try:
        value, end = _value(content, 0, 0)
    except (IndexError, struct.error) as error:
        raise Malformed from error
    if end != len(content):
        raise Malformed
    return value


def _value(content: bytes, place: int, depth: int) -> tuple[Any, int]:  # noqa: C901, PLR0911, PLR0912 - one branch a type
    if depth > MOST_DEPTH:
        raise Malformed
    first = content[place]
    kind, low = first >> 5, first & 31
    place += 1
    if kind == 7:  # noqa: PLR2004 - major types of RFC 8949, section 3.1
        if low in _PLAIN:
            return _PLAIN[low], place
        form = {25: _HALF, 26: _SINGLE, 27: _DOUBLE}.get(low)
        if form is None:
            raise Malformed
        return form.unpack_from(content, place)[0], place + form.size
    if low < 24:  # noqa: PLR2004 - the number itself
        number = low
    else:
        width = _UNSIGNED.get(low, 0)
        if not width or place + width > len(content):
            raise Malformed
        number = int.from_bytes(content[place : place + width])
        place += width
    if kind == 0:
        return number, place
    if kind == 1:
        return -1 - number, place
    if kind == 6:  # noqa: PLR2004 - a tag
        inner, place = _value(content, place, depth + 1)
        return (Link(inner[1:]) if number == _CID_TAG and type(inner) is bytes else inner), place
    if number > len(content) - place:  # every byte, member and entry takes one byte at least
        raise Malformed
    if kind == 2:  # noqa: PLR2004
        return content[place : place + number], place + number
    if kind == 3:  # noqa: PLR2004
        return storable(content[place : place + number].decode("utf-8", "replace")), place + number
    if kind == 4:  # noqa: PLR2004
        array = []
        for _ in range(number):
            one, place = _value(content, place, depth + 1)
            array.append(one)
        return array, place
    made: dict[str, Any] = {}
    for _ in range(number):
        key, place = _value(content, place, depth + 1)
        one, place = _value(content, place, depth + 1)
        if type(key) is not str:
            raise Malformed
        made[key] = one
    return made, place


def _cid_length(section: bytes) -> int:
    """How many of these bytes are the identifier: version 0 is a bare SHA-256, version 1 says its own length."""
    if section.startswith(_SHA_256):
        return 34
    place = 0
    numbers: list[int] = []
    while len(numbers) < 4:  # noqa: PLR2004 - version, codec, digest, length
        number, shift = 0, 0
        while True:
            if place >= len(section) or shift > 7 * _LONGEST_VARINT:
                return 0
            byte = section[place]
            place += 1
            number |= (byte & 127) << shift
            shift += 7
            if byte < 128:  # noqa: PLR2004 - the last byte of a varint
                break
        numbers.append(number)
    version, _, _, size = numbers
    return place + size if version == 1 and size <= 128 and place + size <= len(section) else 0  # noqa: PLR2004 - bytes of a digest


class _Window:
    """A stream with the bytes that were read and not yet taken."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._held = b""
        self._at = 0

    def take(self, size: int) -> bytes:
        """Exactly so many bytes."""
        if len(self._held) - self._at < size:
            parts = [self._held[self._at :]]
            have = len(parts[0])
            while have < size:
                content = self._stream.read(max(_READ, size - have))
                if not content:
                    raise ContainerBroken(_CUT)
                parts.append(content)
                have += len(content)
            self._held, self._at = b"".join(parts), 0
        taken = self._held[self._at : self._at + size]
        self._at += size
        return taken

    def skip(self, size: int) -> None:
        """Go on, without keeping what lies between."""
        while size > 0:
            size -= len(self.take(min(size, _READ)))

    def varint(self) -> int | None:
        """The next length; None at the end."""
        number = 0
        for place in range(_LONGEST_VARINT):
            if self._at >= len(self._held):
                self._held, self._at = self._stream.read(_READ), 0
                if not self._held:
                    if place:
                        raise ContainerBroken(_CUT)
                    return None
            byte = self._held[self._at]
            self._at += 1
            number |= (byte & 127) << (7 * place)
            if byte < 128:  # noqa: PLR2004 - the last byte
                return number
        raise ContainerBroken(_DAMAGED)
