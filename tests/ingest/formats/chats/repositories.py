"""Writes repositories of the AT Protocol as CAR files, because none that may be kept was found."""

from __future__ import annotations

import hashlib
import struct
from typing import Any

from ingest.formats.chats.car_blocks import Link


def encoded(value: Any) -> bytes:  # noqa: PLR0911 - one return a type
    """A value as DAG-CBOR: shortest numbers, keys by length and then by bytes."""
    if value is None:
        return b"\xf6"
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        content = value.encode("utf-8", "surrogatepass")
        return _head(3, len(content)) + content
    if isinstance(value, Link):
        return b"\xd8\x2a" + encoded(b"\x00" + value.content)
    if isinstance(value, (list, tuple)):
        return _head(4, len(value)) + b"".join(map(encoded, value))
    if set(value) == {"$link"}:
        return encoded(cid(value["$link"].encode()))
    keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
    return _head(5, len(value)) + b"".join(encoded(key) + encoded(value[key]) for key in keys)


def _head(kind: int, number: int) -> bytes:
    for low, width in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 24:
            return bytes([kind << 5 | number])
        if number < 256**width:
            return bytes([kind << 5 | low]) + number.to_bytes(width)
    raise ValueError(number)


def cid(content: bytes) -> Link:
    return Link(b"\x01\x71\x12\x20" + hashlib.sha256(content).digest())


def varint(number: int) -> bytes:
    made = bytearray()
    while number > 127:
        made.append(number & 127 | 128)
        number >>= 7
    return bytes(made) + bytes([number])


def section(content: bytes, link: Link | None = None) -> bytes:
    link = link or cid(content)
    return varint(len(link.content) + len(content)) + link.content + content


def tree(records: dict[str, Link]) -> tuple[Link, list[bytes]]:
    """The nodes of a tree of two levels: the first half of the records hangs under the root, which has the rest."""
    names = sorted(records)
    blocks: list[bytes] = []
    left = None
    for part in (names[: len(names) // 2], names[len(names) // 2 :]):
        entries, before = [], b""
        for name in part:
            key = name.encode()
            shared = next(
                (n for n, (a, b) in enumerate(zip(key, before, strict=False)) if a != b), min(len(key), len(before))
            )
            entries.append({"p": shared, "k": key[shared:], "v": records[name], "t": None})
            before = key
        blocks.append(encoded({"l": left, "e": entries}))
        left = cid(blocks[-1])
    assert left is not None
    return left, blocks


def repository(records: dict[str, Any], did: str = "did:plc:owner", *, without: tuple[str, ...] = ()) -> bytes:
    """A CAR file of a repository with these records, less the blocks of those that are `without`."""
    contents = {path: encoded(record) for path, record in records.items()}
    root, nodes = tree({path: cid(content) for path, content in contents.items()})
    commit = encoded({"did": did, "rev": "3k", "sig": b"s" * 64, "data": root, "prev": None, "version": 3})
    header = encoded({"roots": [cid(commit)], "version": 1})
    kept = [content for path, content in contents.items() if path not in without]
    return varint(len(header)) + header + b"".join(map(section, (commit, *nodes, *kept)))
