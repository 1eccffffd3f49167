"""A tree of streams to the bytes of a compound file ([MS-CFB], version 3), always the same for the same tree.

Rule kept: deterministic (no clock, no random ids), because the digest of a file made here is sealed with the record
and the file is made again whenever somebody asks for it. It is for what stands in a message as a storage and so has
no bytes of its own: an embedded message or object. Trees may be as deep as a hostile source is, so they are given as a
list in which each storage names the place of its parent: nothing nests, neither here nor when it is freed.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ingest.formats.compound_file import SIGNATURE

if TYPE_CHECKING:
    from collections.abc import Sequence

_SECTOR: Final = 512
_MINI: Final = 64
_CUTOFF: Final = 4096
_END: Final = 0xFFFFFFFE
_FREE: Final = 0xFFFFFFFF
_FAT: Final = 0xFFFFFFFD
_DIFAT: Final = 0xFFFFFFFC
_IN_HEADER: Final = 109
_PER_SECTOR: Final = _SECTOR // 4
_BLACK: Final = 1
_LONGEST_NAME: Final = 31
_STORAGE, _STREAM, _ROOT = 1, 2, 5


@dataclass(slots=True)
class Storage:
    """A storage to be written: its name, the place of its parent in the list, its streams by name, its class id."""

    name: str = ""
    parent: int = 0
    streams: dict[str, bytes] = field(default_factory=dict)
    class_id: bytes = bytes(16)


@dataclass(slots=True)
class _Row:
    """One directory entry on the way."""

    name: str
    kind: int
    class_id: bytes = bytes(16)
    left: int = _FREE
    right: int = _FREE
    child: int = _FREE
    start: int = _END
    content: bytes = b""
    size: int = 0

    def packed(self) -> bytes:
        name = self.name.encode("utf-16-le", "replace")
        return struct.pack(
            "<64sHBBIII16sIQQIQ", name, len(name) + 2, self.kind, _BLACK, self.left, self.right, self.child,
            self.class_id, 0, 0, 0, self.start, self.size,
        )  # fmt: skip


def write_compound_file(storages: Sequence[Storage]) -> bytes:
    """The bytes of a compound file with this tree. Names beyond 31 letters are cut, as the format has no room.

    Args:
        storages: the root first, then each storage somewhere after its parent.
    """
    rows = _directory(storages)
    small = [row for row in rows if row.kind == _STREAM and 0 < row.size < _CUTOFF]
    large = [row for row in rows if row.kind == _STREAM and row.size >= _CUTOFF]
    mini_fat: list[int] = []
    mini_stream = bytearray()
    for row in small:
        row.start = len(mini_fat)
        mini_fat += _chain(row.start, -(-row.size // _MINI))
        mini_stream += _padded(row.content, _MINI)
    rows[0].size = len(mini_stream)
    fat: list[int] = []
    body: list[bytes] = []

    def place(content: bytes) -> int:
        if not content:
            return _END
        start, count = len(fat), -(-len(content) // _SECTOR)
        fat.extend(_chain(start, count))
        body.append(_padded(content, _SECTOR))
        return start

    for row in large:
        row.start = place(row.content)
    rows[0].start = place(bytes(mini_stream))
    first_mini = place(_numbers(mini_fat))
    first_row = place(b"".join(row.packed() for row in rows) + _empty_rows(-len(rows) % 4))
    return _file(fat, body, first_row, first_mini, -(-len(mini_fat) // _PER_SECTOR))


def _file(fat: list[int], body: list[bytes], first_row: int, first_mini: int, mini_sectors: int) -> bytes:
    """The header, then all that was placed, then the tables that say where it lies."""
    used, tables, extra = len(fat), 0, 0
    while True:  # the tables describe themselves, so their number depends on itself
        wanted = -(-(used + tables + extra) // _PER_SECTOR)
        more = -(-max(wanted - _IN_HEADER, 0) // (_PER_SECTOR - 1))
        if (wanted, more) == (tables, extra):
            break
        tables, extra = wanted, more
    fat = [*fat, *[_FAT] * tables, *[_DIFAT] * extra]
    places = list(range(used, used + tables))
    rest = places[_IN_HEADER:]
    chain: list[bytes] = []
    for number in range(extra):
        held = rest[number * (_PER_SECTOR - 1) : (number + 1) * (_PER_SECTOR - 1)]
        following = used + tables + number + 1 if number + 1 < extra else _END
        chain.append(struct.pack(f"<{_PER_SECTOR}I", *held, *[_FREE] * (_PER_SECTOR - 1 - len(held)), following))
    in_header = places[:_IN_HEADER]
    header = struct.pack(
        "<8s16sHHHHH6xIIIIIIIII", SIGNATURE, bytes(16), 0x3E, 3, 0xFFFE, 9, 6, 0, tables, first_row, 0, _CUTOFF,
        first_mini, mini_sectors, used + tables if extra else _END, extra,
    ) + struct.pack("<109I", *in_header, *[_FREE] * (_IN_HEADER - len(in_header)))  # fmt: skip
    return b"".join((header, *body, _numbers(fat), *chain))


def _directory(storages: Sequence[Storage]) -> list[_Row]:
    """All entries, each storage's members as a balanced tree in the order of [MS-CFB] §2.6.4.

    The rows of the storages come first, in the order of the list, so that a place there is a number here.
    """
    rows = [_Row(one.name[:_LONGEST_NAME], _STORAGE, one.class_id, start=0) for one in storages]
    rows[0] = _Row("Root Entry", _ROOT, storages[0].class_id)
    members: list[list[int]] = [[] for _ in storages]
    for number, storage in enumerate(storages):
        if number:
            members[storage.parent].append(number)
        for name, content in sorted(storage.streams.items()):
            members[number].append(len(rows))
            rows.append(_Row(name[:_LONGEST_NAME], _STREAM, content=content, size=len(content)))
    for number, found in enumerate(members):
        _balance(rows, number, sorted(found, key=lambda member: _key(rows[member].name)))
    return rows


def _key(name: str) -> tuple[int, str]:
    return len(name), name.upper()


def _balance(rows: list[_Row], storage: int, members: list[int]) -> None:
    spans = [(0, len(members), storage, "child")]
    while spans:
        first, end, parent, side = spans.pop()
        if first >= end:
            continue
        middle = (first + end) // 2
        setattr(rows[parent], side, members[middle])
        spans += ((first, middle, members[middle], "left"), (middle + 1, end, members[middle], "right"))


def _chain(start: int, count: int) -> list[int]:
    return [*range(start + 1, start + count), _END] if count else []


def _padded(content: bytes, unit: int) -> bytes:
    return content + bytes(-len(content) % unit)


def _numbers(numbers: list[int]) -> bytes:
    padded = [*numbers, *[_FREE] * (-len(numbers) % _PER_SECTOR)]
    return struct.pack(f"<{len(padded)}I", *padded)


def _empty_rows(count: int) -> bytes:
    return struct.pack("<64xHBBIII16xIQQIQ", 0, 0, 0, _FREE, _FREE, _FREE, 0, 0, 0, 0, 0) * count
