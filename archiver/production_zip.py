"""A package as one ZIP file that is the same byte for byte whenever and wherever it is made of the same files.

Rules:

- Files are stored as they are, in the order of their names, dated 1 January 1980, the first day that a ZIP file can
  say: what compression makes of them would depend on the library of the machine.
- Each file's size and check sum stand before it, as every program that unpacks expects them for stored files; so a file
  is read twice. The ZIP64 form (APPNOTE 4.5.3) is used where a number needs it, and nowhere else.
- All lie in one folder there, so that whoever unpacks it gets one folder. Only plain files are taken, and no link is
  followed.
"""

from __future__ import annotations

import os
import struct
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final

from storage.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PIECE: Final = 1 << 20
_IN_64: Final = 0xFFFFFFFF
_MOST: Final = 0xFFFF
_VERSION, _VERSION_64 = 20, 45
_UNIX: Final = 3 << 8
_UTF_8: Final = 0x800
_DAY: Final = (1 << 5) | 1  # 1980-01-01
_PLAIN: Final = 0o100600 << 16
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
_END: Final = struct.Struct("<4s4H2LH")
_END_64: Final = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64: Final = struct.Struct("<4sLQL")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """A file of a ZIP file: its name there, size, CRC-32, and where its head begins."""

    name: bytes
    size: int
    crc: int
    offset: int

    def head(self) -> bytes:
        """What stands before its bytes (APPNOTE 4.3.7)."""
        large = self.size >= _IN_64
        extra = struct.pack("<2H2Q", 1, 16, self.size, self.size) if large else b""
        size = _IN_64 if large else self.size
        about = (b"PK\x03\x04", _VERSION_64 if large else _VERSION, _flags(self.name), 0, 0, _DAY)
        return _LOCAL.pack(*about, self.crc, size, size, len(self.name), len(extra)) + self.name + extra

    def entry(self) -> bytes:
        """What the directory says of it (APPNOTE 4.3.12)."""
        wide = ([self.size, self.size] if self.size >= _IN_64 else []) + (
            [self.offset] if self.offset >= _IN_64 else []
        )
        extra = struct.pack(f"<2H{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
        version = _VERSION_64 if wide else _VERSION
        size, offset = min(self.size, _IN_64), min(self.offset, _IN_64)
        about = (b"PK\x01\x02", _UNIX | version, version, _flags(self.name), 0, 0, _DAY, self.crc, size, size)
        return _CENTRAL.pack(*about, len(self.name), len(extra), 0, 0, 0, _PLAIN, offset) + self.name + extra


def zipped(folder: Path, top: str, *, leave_out: str | None = None) -> Iterator[bytes]:
    """The files of a folder as one ZIP file, in pieces.

    Args:
        folder: what is packed.
        top: the folder's name in the ZIP file.
        leave_out: a name in the folder that is not packed.

    Raises:
        Conflict: something in the folder is no plain file, or changes while it is packed.
    """
    made: list[_Stored] = []
    at, left_out = 0, None if leave_out is None else folder / leave_out
    for path in sorted(folder.rglob("*")):
        if (path.is_dir() and not path.is_symlink()) or path == left_out:
            continue
        if path.is_symlink() or not path.is_file():
            raise Conflict("something in this package is no plain file; take it away, or write the package again")
        name = f"{top}/{path.relative_to(folder).as_posix()}".encode()
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as source:
            crc, size = _measured(source)
            one = _Stored(name=name, size=size, crc=crc, offset=at)
            yield one.head()
            yield from _same(source, one)
        made.append(one)
        at += len(one.head()) + size
    length = 0
    for one in made:
        entry = one.entry()
        length += len(entry)
        yield entry
    yield _end(len(made), length, at)


def _measured(source: IO[bytes]) -> tuple[int, int]:
    crc = size = 0
    while piece := source.read(_PIECE):
        crc = zlib.crc32(piece, crc)
        size += len(piece)
    source.seek(0)
    return crc, size


def _same(source: IO[bytes], one: _Stored) -> Iterator[bytes]:
    """The bytes of a file, which must be those that were measured: its head is handed out already."""
    crc = size = 0
    while piece := source.read(_PIECE):
        crc = zlib.crc32(piece, crc)
        size += len(piece)
        if size > one.size:
            break
        yield piece
    if (crc, size) != (one.crc, one.size):
        raise Conflict("a file of this package changed while it was packed; write the package again")


def _end(count: int, length: int, start: int) -> bytes:
    """What stands behind the directory (APPNOTE 4.3.14 to 4.3.16)."""
    wide = b""
    if count >= _MOST or length >= _IN_64 or start >= _IN_64:
        about = (b"PK\x06\x06", _END_64.size - 12, _UNIX | _VERSION_64, _VERSION_64, 0, 0)
        wide = _END_64.pack(*about, count, count, length, start)
        wide += _LOCATOR_64.pack(b"PK\x06\x07", 0, start + length, 1)
    few = min(count, _MOST)
    return wide + _END.pack(b"PK\x05\x06", 0, 0, few, few, min(length, _IN_64), min(start, _IN_64), 0)


def _flags(name: bytes) -> int:
    return 0 if name.isascii() else _UTF_8
