"""The directory of a zip file, read in bounded memory however many entries it has (PKWARE APPNOTE.TXT 6.3.10 §4.3).

Rule kept: the central directory is the only account of what the file holds, and it is read as hostile. Its place is
computed from its end, never searched for; where the classic and the Zip64 record contradict each other the file is
refused, since two readers would then see two archives. An entry whose bytes overlap those of another or the directory
is marked, because overlapping is how a small file is made to hold a thousand large ones.
"""

from __future__ import annotations

import struct
import zlib
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

from ingest.formats.container import ContainerBroken

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_ENTRIES: Final = 2_000_000
LOCAL_SIZE: Final = 30

_END = struct.Struct("<4sHHHHIIH")
_END64 = struct.Struct("<4sQHHIIQQQQ")
_LOCATOR64 = struct.Struct("<4sIQI")
_ENTRY = struct.Struct("<4sBBHHHHHIIIHHHHHII")
_EXTRA = struct.Struct("<HH")
_END_MARK, _END64_MARK, _LOCATOR64_MARK, _ENTRY_MARK = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"PK\x01\x02"
_LONGEST_COMMENT = 0xFFFF
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_ZIP64, _UNICODE_PATH = 0x0001, 0x7075
_UTF8_FLAG = 1 << 11
_READ = 1 << 18
_MOST = (1 << 63) - 1
_UNIX = 3
_LONGEST_ENTRY = _ENTRY.size + 3 * _FULL16


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as the directory states it; `offset` is that of its local header in the file. Sizes in bytes."""

    number: int
    name: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    attributes: int
    made_on_unix: bool

    @property
    def least_end(self) -> int:
        """The offset behind its bytes, as small as it can be."""
        return self.offset + LOCAL_SIZE + len(self.raw_name) + self.packed


@dataclass(frozen=True, slots=True)
class Directory:
    """Where the directory lies, how many entries it says that it has, and what `shift` stands before the file."""

    start: int
    size: int
    count: int
    shift: int
    trailing: int


def find_directory(source: BinaryIO) -> Directory:
    """The directory of a zip file, by the record at the file's end.

    Raises:
        ContainerBroken: there is none, or its records contradict each other or the file.
    """
    end = source.seek(0, 2)
    tail_at = max(end - _END.size - _LONGEST_COMMENT, 0)
    tail = _read_at(source, tail_at, end - tail_at)
    place = tail.rfind(_END_MARK)
    while place >= 0 and (len(tail) - place < _END.size or _behind(tail, place) > len(tail)):
        place = tail.rfind(_END_MARK, 0, place)
    if place < 0:
        raise ContainerBroken("it has no directory; it may have been cut short")
    _, disk, disk_of, here, count, size, start, _ = _END.unpack_from(tail, place)
    at = tail_at + place
    if _FULL16 in (disk, disk_of, here, count) or _FULL32 in (size, start):
        at, disk, disk_of, here, count, size, start = _zip64(source, at, (disk, disk_of, here, count, size, start))
    if disk or disk_of or here != count:
        raise ContainerBroken("it is one part of an archive in several parts; put them together first")
    shift = at - size - start
    if shift < 0:
        raise ContainerBroken("its directory does not lie where it should")
    return Directory(start + shift, size, count, shift, len(tail) - _behind(tail, place))


def _behind(tail: bytes, place: int) -> int:
    return place + _END.size + int.from_bytes(tail[place + 20 : place + 22], "little")


def _zip64(source: BinaryIO, at: int, classic: tuple[int, ...]) -> tuple[int, ...]:
    """Place of the Zip64 end record, and its numbers (§4.3.14); classic fields that are not full must agree."""
    locator_at = at - _LOCATOR64.size
    locator = _read_at(source, locator_at, _LOCATOR64.size) if locator_at >= 0 else b""
    if not locator.startswith(_LOCATOR64_MARK):
        if _FULL32 in classic[4:]:
            raise ContainerBroken("its directory does not lie where it should")
        return at, *classic  # exactly 65,535 entries and no need of Zip64
    _, _, stated, _ = _LOCATOR64.unpack(locator)
    record_at = locator_at - _END64.size
    for place in (stated, record_at):
        record = _read_at(source, place, _END64.size) if 0 <= place < locator_at else b""
        if len(record) == _END64.size and record.startswith(_END64_MARK):
            break
    else:
        raise ContainerBroken("its directory does not lie where it should")
    large = _END64.unpack(record)[4:]
    for number, (one, other) in enumerate(zip(classic, large, strict=True)):
        if one not in (_FULL16 if number < 4 else _FULL32, other):  # noqa: PLR2004 - four numbers of two bytes
            raise ContainerBroken("its two directories contradict each other")
    return place, *large


def entries(source: BinaryIO, directory: Directory) -> Iterator[Entry]:
    """The entries in the directory's order.

    Raises:
        ContainerBroken: the directory is damaged from here on.
    """
    at, end = directory.start, directory.start + directory.size
    held, place, number = b"", 0, 0
    while at < end:
        if len(held) - place < min(_LONGEST_ENTRY, end - at):
            held, place = _read_at(source, at, min(_READ + _LONGEST_ENTRY, end - at)), 0
        if len(held) - place < _ENTRY.size or not held.startswith(_ENTRY_MARK, place):
            raise ContainerBroken("its directory is damaged")
        entry, length = _entry(held, place, number, directory.shift)
        number += 1
        if number > MOST_ENTRIES:
            raise ContainerBroken(f"it has more than {MOST_ENTRIES:,} entries")
        yield entry
        place, at = place + length, at + length


def overlapping(source: BinaryIO, directory: Directory) -> tuple[bytearray, int]:
    """A flag for each entry whose bytes overlap those of one before it or the directory, and the number of entries.

    Raises:
        ContainerBroken: the directory is damaged.
    """
    starts, ends = array("Q"), array("Q")
    for entry in entries(source, directory):
        starts.append(min(entry.offset, _MOST))
        ends.append(min(entry.least_end, _MOST))
    marked = bytearray(len(starts))
    reached = 0
    for number in sorted(range(len(starts)), key=starts.__getitem__):
        if starts[number] < reached or ends[number] > directory.start:
            marked[number] = 1
        reached = max(reached, ends[number])
    return marked, len(starts)


def _entry(held: bytes, at: int, number: int, shift: int) -> tuple[Entry, int]:
    fields = _ENTRY.unpack_from(held, at)
    flags, method, crc, packed, size = fields[4], fields[5], fields[8], fields[9], fields[10]
    name_size, extra_size, comment_size = fields[11:14]
    offset = fields[17]
    length = _ENTRY.size + name_size + extra_size + comment_size
    if at + length > len(held):
        raise ContainerBroken("its directory is damaged")
    name_at, extra_at = at + _ENTRY.size, at + _ENTRY.size + name_size
    name = held[name_at:extra_at]
    extras = _extras(held[extra_at : extra_at + extra_size])
    size, packed, offset = _widened(extras.get(_ZIP64, b""), size, packed, offset)
    entry = Entry(
        number=number,
        name=_text(name, extras.get(_UNICODE_PATH, b""), is_utf8=bool(flags & _UTF8_FLAG)),
        raw_name=name,
        flags=flags,
        method=method,
        crc=crc,
        packed=packed,
        size=size,
        offset=offset + shift,
        attributes=fields[16],
        made_on_unix=fields[2] == _UNIX,
    )
    return entry, length


def _extras(content: bytes) -> dict[int, bytes]:
    """Extra fields by their id, the first of each; what is cut short is left out (§4.5)."""
    found: dict[int, bytes] = {}
    at = 0
    while at + _EXTRA.size <= len(content):
        kind, size = _EXTRA.unpack_from(content, at)
        at += _EXTRA.size
        if at + size <= len(content):
            found.setdefault(kind, content[at : at + size])
        at += size
    return found


def _widened(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """The numbers that the Zip64 field gives for those that are full, in their fixed order (§4.5.3)."""
    numbers, at = [size, packed, offset], 0
    for place, value in enumerate(numbers):
        if value == _FULL32:
            if at + 8 > len(extra):
                continue
            numbers[place] = int.from_bytes(extra[at : at + 8], "little")
            at += 8
    return numbers[0], numbers[1], numbers[2]


def _text(name: bytes, unicode_path: bytes, *, is_utf8: bool) -> str:
    """A name: by its flag, by the field for it that fits the name (§4.6.9), else UTF-8 where it is, else CP437."""
    if not is_utf8 and unicode_path[:1] == b"\x01" and unicode_path[1:5] == zlib.crc32(name).to_bytes(4, "little"):
        name = unicode_path[5:]
    try:
        return name.decode()
    except UnicodeDecodeError:
        return name.decode("utf-8", "replace") if is_utf8 else name.decode("cp437")


def _read_at(source: BinaryIO, at: int, length: int) -> bytes:
    source.seek(at)
    return source.read(length)
