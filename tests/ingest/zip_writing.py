"""Zip files written field by field, so that each of them can lie."""

from __future__ import annotations

import bz2
import struct
import zlib
from dataclasses import dataclass, field

FULL = 0xFFFFFFFF


@dataclass(kw_only=True)
class Planned:
    """One entry; whatever is None is what an honest writer would put there."""

    name: bytes = b"a.txt"
    content: bytes = b"text of the entry\n"
    method: int = 8
    flags: int = 0
    packed: bytes | None = None
    stated_size: int | None = None
    stated_packed: int | None = None
    stated_crc: int | None = None
    stated_offset: int | None = None
    attributes: int = 0
    made_by: int = 3
    extra: bytes = b""
    local_name: bytes | None = None
    local_mark: bytes = b"PK\x03\x04"
    local_extra: bytes = b""
    comment: bytes = b""

    def body(self) -> bytes:
        if self.packed is not None:
            return self.packed
        if self.method == 8:
            engine = zlib.compressobj(9, zlib.DEFLATED, -15)
            return engine.compress(self.content) + engine.flush()
        return bz2.compress(self.content) if self.method == 12 else self.content


@dataclass(kw_only=True)
class End:
    """The record at the end; None is the honest value."""

    count: int | None = None
    size: int | None = None
    start: int | None = None
    disk: int = 0
    comment: bytes = b""
    comment_size: int | None = None
    trailing: bytes = b""
    zip64: tuple[int, int, int] | None = None
    zip64_at: int | None = None
    missing: bool = False
    before: bytes = field(default=b"")


def build(*planned: Planned, end: End | None = None) -> bytes:
    """The file."""
    last = end or End()
    out = bytearray(last.before)
    directory = bytearray()
    for one in planned:
        body = one.body()
        crc = zlib.crc32(one.content) if one.stated_crc is None else one.stated_crc
        size = len(one.content) if one.stated_size is None else one.stated_size
        packed = len(body) if one.stated_packed is None else one.stated_packed
        name = one.name if one.local_name is None else one.local_name
        offset = len(out) - len(last.before) if one.stated_offset is None else one.stated_offset
        out += one.local_mark + struct.pack(
            "<HHHHHIIIHH",
            20,
            one.flags,
            one.method,
            0,
            33,
            crc,
            packed & FULL,
            size & FULL,
            len(name),
            len(one.local_extra),
        )
        out += name + one.local_extra + body
        directory += b"PK\x01\x02" + struct.pack(
            "<BBHHHHHIIIHHHHHII",
            20, one.made_by, 20, one.flags, one.method, 0, 33, crc, packed & FULL, size & FULL,
            len(one.name), len(one.extra), len(one.comment), 0, 0, one.attributes, offset & FULL,
        )  # fmt: skip
        directory += one.name + one.extra + one.comment
    start = len(out) - len(last.before)
    out += directory
    count = len(planned) if last.count is None else last.count
    size = len(directory) if last.size is None else last.size
    begin = start if last.start is None else last.start
    if last.zip64 is not None:
        place = len(out) if last.zip64_at is None else last.zip64_at
        many, large, far = last.zip64
        out += b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, many, many, large, far)
        out += b"PK\x06\x07" + struct.pack("<IQI", 0, place, 1)
    if not last.missing:
        comment_size = len(last.comment) if last.comment_size is None else last.comment_size
        out += b"PK\x05\x06" + struct.pack(
            "<HHHHIIH", last.disk, last.disk, count & 0xFFFF, count & 0xFFFF, size & FULL, begin & FULL, comment_size
        )
        out += last.comment + last.trailing
    return bytes(out)
