"""Protocol buffers on the wire, read into the JSON mapping of proto3 by a table of fields.

Rule kept: nothing that is on the wire is lost. A field that the table does not name, or that has another wire type
than it says, is kept under ``#`` and its number; so is what a later value of a single field would overwrite. 64-bit
numbers are decimal strings and bytes are base64, as the JSON mapping has them
(protobuf.dev/programming-guides/proto3, "JSON Options" and /encoding); a field at its default is absent.

Depth, lengths and numbers are bounded by the bytes at hand: a value that reaches beyond its message is damage.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any, Final, Protocol

from ingest.formats.chats.signal_fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_DEPTH: Final = 24
MAX_FRAME: Final = 32 << 20
_BLOCK: Final = 1 << 18
_VARINT: Final = 0
_LENGTH: Final = 2
_FIXED: Final = {1: 8, 5: 4}
"""Bytes of a value, by wire type."""
_MORE: Final = 0x80
_LONGEST_VARINT: Final = 10
_NUMBERS: Final[dict[str, Callable[[int, tuple[str, ...]], Any]]] = {
    "u64": lambda value, _: str(value),
    "u32": lambda value, _: value & 0xFFFF_FFFF,
    "bool": lambda value, _: bool(value),
    "enum": lambda value, names: names[value] if value < len(names) else value,
}


class Source(Protocol):
    """Bytes that are read forward."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; none at the end."""
        ...


class WireDamaged(ValueError):
    """These bytes are no protocol buffer of the type asked for. Its text is the reason, without content."""


def varint(content: bytes, at: int, end: int) -> tuple[int, int]:
    """The number at `at` and where it ends.

    Raises:
        WireDamaged: it has no end, or more than 64 bits.
    """
    result = shift = 0
    for place in range(at, min(end, at + _LONGEST_VARINT)):
        byte = content[place]
        result |= (byte & 0x7F) << shift
        if byte < _MORE:
            return result & 0xFFFF_FFFF_FFFF_FFFF, place + 1
        shift += 7
    raise WireDamaged("a number in it has no end")


def decoded(content: bytes, message: str, at: int = 0, end: int | None = None, depth: int = 0) -> dict[str, Any]:
    """A message of the type named, as the JSON mapping has it.

    Raises:
        WireDamaged: it is damaged, or nested deeper than `MAX_DEPTH`.
    """
    if depth > MAX_DEPTH:
        raise WireDamaged("it is nested too deep to be read")
    end = len(content) if end is None else end
    fields = FIELDS[message]
    result: dict[str, Any] = {}
    while at < end:
        number, wire, value, start, at = _part(content, at, end)
        field = fields.get(number)
        if field is None or (wire == _VARINT) != (field.kind in _NUMBERS) or wire not in (_VARINT, _LENGTH):
            kept: str | int = value if wire == _VARINT else b64encode(content[start:at]).decode()
            result.setdefault(f"#{number}", []).append(kept)
            continue
        read: Any
        if wire == _VARINT:
            read = _NUMBERS[field.kind](value, field.values)
        elif field.kind == "message":
            read = decoded(content, field.message, start, at, depth + 1)
        elif field.kind == "str":
            read = content[start:at].decode("utf-8", "replace")
        else:
            read = b64encode(content[start:at]).decode()
        if field.repeated:
            result.setdefault(field.name, []).append(read)
        else:
            if field.name in result:
                result.setdefault(f"#{number}", []).append(result[field.name])
            result[field.name] = read
    return result


def _part(content: bytes, at: int, end: int) -> tuple[int, int, int, int, int]:
    """The field that begins at `at`: its number, wire type, value where that is a number, and where its bytes lie."""
    tag = content[at]
    if tag < _MORE:
        at += 1
    else:
        tag, at = varint(content, at, end)
    wire, number, value, start = tag & 7, tag >> 3, 0, at
    if wire == _VARINT:
        value, at = varint(content, at, end)
    elif wire == _LENGTH:
        value, start = varint(content, at, end)
        at = start + value
    elif wire in _FIXED:
        at += _FIXED[wire]
    else:
        raise WireDamaged("a field in it has no type that is in use")
    if at > end or not number:
        raise WireDamaged("a field in it reaches beyond its end")
    return number, wire, value, start, at


def frames(stream: Source) -> Iterator[bytes | int]:
    """The length-delimited messages of a stream, or the length of one that is larger than `MAX_FRAME`.

    Raises:
        WireDamaged: a length cannot be read, or the stream ends within a message; after all those before it.
    """
    window, at = b"", 0
    while True:
        if len(window) - at < _LONGEST_VARINT:
            window, at = window[at:] + stream.read(_BLOCK), 0
            if not window:
                return
        length, start = varint(window, at, len(window))
        if length > MAX_FRAME:
            _pass_over(stream, length - (len(window) - start))
            window, at = window[start + length :], 0
            yield length
            continue
        while len(window) < start + length:
            more = stream.read(max(_BLOCK, start + length - len(window)))
            if not more:
                raise WireDamaged("it ends within a message")
            window, start = window[start:] + more, 0
        at = start + length
        yield window[start:at]


def _pass_over(stream: Source, count: int) -> None:
    while count > 0:
        passed = len(stream.read(min(count, _BLOCK)))
        if not passed:
            raise WireDamaged("it ends within a message")
        count -= passed
