"""Compound files ([MS-CFB], also called OLE or structured storage): storages and streams in one file.

Rule kept: bounded and total on hostile bytes. Every chain of sectors ends after as many sectors as the file has,
every directory entry is reached at most once, and all that is read together is limited to a few times the size of
the file, so that loops and shared sectors cannot make work. What is cut off or out of range is given short and
counted in `damages`. No recursion: a tree of entries is walked with a stack.
"""

from __future__ import annotations

import struct
import sys
from array import array
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

SIGNATURE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAX_ENTRIES: Final = 150_000
_HEADER: Final = struct.Struct("<8s16sHHHHH6xIIIIIIIII")
_HEADER_BYTES: Final = 512
_ENTRY: Final = struct.Struct("<64sHBBIII16sIQQIQ")
_LAST_SECTOR: Final = 0xFFFFFFFA
_NO_ENTRY: Final = 0xFFFFFFFF
_READ_TIMES: Final = 4
_READ_AT_LEAST: Final = 1 << 20
_SHIFTS: Final = {3: 9, 4: 12}


class EntryKind(IntEnum):
    """What a directory entry is ([MS-CFB] §2.6.1)."""

    STORAGE = 1
    STREAM = 2
    ROOT = 5


class NotACompoundFile(ValueError):
    """The bytes have no header or no root of a compound file."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One storage or stream; `number` is its place in the directory, `size` the declared bytes of a stream."""

    number: int
    name: str
    kind: EntryKind
    start: int
    size: int
    class_id: bytes


class CompoundFile:
    """A compound file in memory.

    Args:
        content: all of its bytes.

    Raises:
        NotACompoundFile: they do not begin as one, or no root entry can be found.
    """

    def __init__(self, content: bytes) -> None:
        self.damages: dict[str, None] = {}
        self._content = content
        self._allowance = _READ_TIMES * len(content) + _READ_AT_LEAST
        if len(content) < _HEADER_BYTES or not content.startswith(SIGNATURE):
            raise NotACompoundFile
        (_, _, _, version, _, shift, mini_shift, _, _, directory, _, cutoff, mini_fat, _, difat, _) = (
            _HEADER.unpack_from(content)
        )
        if _SHIFTS.get(version) != shift:
            shift = _SHIFTS.get(version, 9)
            self.damages["an unknown version of the file format"] = None
        self._shift, self._mini_shift, self._cutoff = shift, 6, cutoff or 4096
        if mini_shift != self._mini_shift:
            self.damages["an unknown version of the file format"] = None
        self._sectors = max(len(content) - 1 >> shift, 0)
        self._fat = self._read_fat(difat)
        self._entries: dict[int, Entry] = {}
        self._children: dict[int, tuple[int, ...]] = {}
        self._read_directory(self._chained(directory, self._fat, MAX_ENTRIES << 7))
        root = self._entries.get(0)
        if root is None:
            raise NotACompoundFile
        self.root = root
        table = self._chained(mini_fat, self._fat, len(content))
        self._mini_fat = _numbers(table)
        self._mini = self._chained(root.start, self._fat, min(root.size, len(content)))

    def children(self, storage: Entry) -> tuple[Entry, ...]:
        """What a storage holds, by name; empty for a stream."""
        found = [self._entries[number] for number in self._children.get(storage.number, ())]
        return tuple(sorted(found, key=lambda entry: entry.name))

    def read(self, stream: Entry, limit: int | None = None) -> bytes:
        """The bytes of a stream, at most `limit`; fewer than declared where its chain ends early."""
        wanted = stream.size if limit is None else min(stream.size, limit)
        if stream.kind is not EntryKind.STREAM or not wanted:
            return b""
        if stream.size < self._cutoff:
            found = self._from_mini_stream(stream.start, wanted)
        else:
            found = self._chained(stream.start, self._fat, wanted)
        if len(found) < wanted:
            self.damages["streams that are cut off"] = None
        return found

    def _read_fat(self, difat: int) -> array[int]:
        """The sector allocation table, no longer than the file has sectors."""
        per_sector = 1 << self._shift - 2
        wanted = self._sectors // per_sector + 1
        numbers = list(struct.unpack_from("<109I", self._content, 76))
        for _ in range(wanted // (per_sector - 1) + 2):
            if difat >= self._sectors or len(numbers) >= wanted + 109:
                break
            more = _numbers(self._sector(difat))
            if len(more) < per_sector:
                break
            numbers += more[:-1]
            difat = more[-1]
        pieces = [self._sector(number) for number in numbers if number < self._sectors][:wanted]
        return _numbers(b"".join(pieces))

    def _sector(self, number: int) -> bytes:
        start = number + 1 << self._shift
        return self._content[start : start + (1 << self._shift)]

    def _chained(self, start: int, table: Sequence[int], wanted: int) -> bytes:
        """The bytes of a chain, at most `wanted`; runs of neighbouring sectors are taken in one piece."""
        wanted = min(wanted, self._allowance)
        size, pieces, number, count = 1 << self._shift, [], start, 0
        most = min(-(-wanted // size), self._sectors)
        while count < most and number < self._sectors:
            first, run = number, 0
            while count < most and number == first + run and number < self._sectors:
                run, count = run + 1, count + 1
                number = table[number] if number < len(table) else _LAST_SECTOR
            pieces.append(self._content[first + 1 << self._shift : first + 1 + run << self._shift])
        found = b"".join(pieces)[:wanted]
        self._allowance -= len(found)
        return found

    def _from_mini_stream(self, start: int, wanted: int) -> bytes:
        size, pieces, number = 1 << self._mini_shift, [], start
        most = -(-wanted // size)
        for _ in range(most):
            if number >= len(self._mini_fat):
                break
            pieces.append(self._mini[number * size : (number + 1) * size])
            number = self._mini_fat[number]
        found = b"".join(pieces)[: min(wanted, self._allowance)]
        self._allowance -= len(found)
        return found

    def _read_directory(self, directory: bytes) -> None:
        """Every entry that can be reached from the root, each at most once ([MS-CFB] §2.6.4)."""
        count = len(directory) >> 7
        if count >= MAX_ENTRIES:
            self.damages[f"more than {MAX_ENTRIES} entries"] = None
        reached = bytearray(count)
        if not count:
            return
        reached[0] = 1
        storages = [0]
        while storages:
            storage = storages.pop()
            fields = _ENTRY.unpack_from(directory, storage << 7)
            if not storage:
                self._entries[0] = _entry(0, fields, EntryKind.ROOT)
            members: list[int] = []
            siblings = [fields[6]]
            while siblings:
                number = siblings.pop()
                if number >= count or reached[number]:
                    if number != _NO_ENTRY:
                        self.damages["entries that are reached twice or out of range"] = None
                    continue
                reached[number] = 1
                found = _ENTRY.unpack_from(directory, number << 7)
                siblings += (found[4], found[5])
                if found[2] in (EntryKind.STORAGE, EntryKind.STREAM):
                    members.append(number)
                    self._entries[number] = _entry(number, found, EntryKind(found[2]))
                    if found[2] == EntryKind.STORAGE:
                        storages.append(number)
            self._children[storage] = tuple(members)


def _entry(
    number: int, fields: tuple[bytes, int, int, int, int, int, int, bytes, int, int, int, int, int], kind: EntryKind
) -> Entry:
    name = fields[0][: max(min(fields[1], 64) - 2, 0) & ~1].decode("utf-16-le", "replace")
    # the upper half of a size is garbage in files of version 3 ([MS-CFB] §2.6.1)
    return Entry(number, name, kind, fields[11], fields[12] & 0xFFFFFFFF, fields[7])


def _numbers(content: bytes) -> array[int]:
    numbers = array("I")
    numbers.frombytes(content[: len(content) & ~3])
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
