"""Where the files of a package lie when it is checked: in a folder, or in one ZIP file that is never unpacked.

Rules, for a ZIP file, which comes from anybody:

- It holds plain files with names of their own and nothing else: no links, no encryption, no other packing than none or
  deflate, and each of its bytes belongs to one file or to the directory at its end, as both the directory and the
  file's own head say. So a program that reads it by its directory and one that reads it from its start see the same.
- It is read where it lies. Names in it are compared and never followed, and nothing of it is written anywhere.
- Count, directory and unpacked size are bounded before anything is unpacked.
"""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol

from storage.bundle_verdict import open_regular
from storage.strict_json import refuse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import IO, BinaryIO

ZIP_START: Final = b"PK\x03\x04"

_MOST_FILES: Final = 250_000
_LARGEST_DIRECTORY: Final = 64 << 20
_MOST_TIMES: Final = 200  # what deflate makes of a production's files; its limit is above a thousand
_END: Final = struct.Struct("<4s4H2LH")
_END_64: Final = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64: Final = struct.Struct("<4sLQL")
_ENTRY_LENGTHS: Final = struct.Struct("<3H")
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_NOTHING_BEHIND: Final[tuple[int, ...]] = (0,)
# sizes behind a file's data, with or without a signature, of 32 or 64 bits
_DESCRIPTORS: Final[tuple[int, ...]] = (12, 16, 20, 24)
_SIZES_BEHIND: Final = 0x8
_IN_64: Final = 0xFFFFFFFF
PACKINGS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""How files of a ZIP file may be packed, here and wherever else one is opened that is believed to be ours."""
HIDING: Final = 0x1 | 0x20 | 0x40 | 0x2000
"""Flags of what is never opened: encrypted, patched, strongly encrypted, its directory masked (APPNOTE 4.4.4)."""
_BROKEN: Final = (
    zipfile.BadZipFile,
    NotImplementedError,
    OverflowError,
    EOFError,
    UnicodeDecodeError,
    zlib.error,
    struct.error,
    OSError,
)


class PackageFiles(Protocol):
    """The files of a package by their names, with ``/`` between folder and file."""

    def names(self) -> set[str]:
        """Every name there, also of what is no plain file.

        Raises:
            ValueError: they cannot be told.
        """
        ...

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]:
        """A file for reading.

        Raises:
            ValueError: there is no plain file of this name, or it cannot be read.
        """
        ...


class FolderFiles:
    """The files of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> set[str]:
        """See `PackageFiles`."""
        there: set[str] = set()
        for place, folders, files in os.walk(self._folder):
            inside = os.path.relpath(place, self._folder)
            links = [one for one in folders if os.path.islink(os.path.join(place, one))]  # noqa: PTH118, PTH114
            there.update(name if inside == "." else f"{inside}/{name}" for name in (*files, *links))
        return there

    def open(self, name: str) -> AbstractContextManager[BinaryIO]:
        """See `PackageFiles`."""
        return open_regular(self._folder / name)


class ZippedFiles:
    """The files of a ZIP file; where all of them lie in one folder there, its name is left out."""

    def __init__(self, file: IO[bytes]) -> None:
        """Read the directory of a ZIP file.

        Raises:
            ValueError: it is none, or not one of the kind that this module's rules describe.
        """
        try:
            size = file.seek(0, os.SEEK_END)
            start = _check_directory(file, size)
            self._zip = zipfile.ZipFile(file)
            entries = self._zip.infolist()
            for one in entries:
                _check_entry(one)
            _check_cover(file, entries, start)
        except _BROKEN:
            refuse("a ZIP file that can be read")
        if sum(one.file_size for one in entries) > size * _MOST_TIMES:
            refuse("a ZIP file of a package: it unpacks to more than any package does")
        files = [one for one in entries if not one.is_dir()]
        top = _top(files)
        self._files = {one.filename.removeprefix(top): one for one in files}
        if len({one.filename for one in entries}) != len(entries):
            refuse("a ZIP file of a package: a name stands in it twice")

    def names(self) -> set[str]:
        """See `PackageFiles`."""
        return set(self._files)

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """See `PackageFiles`."""
        found = self._files.get(name)
        if found is None:
            refuse("a plain file")
        try:
            with self._zip.open(found) as file:
                yield file
        except _BROKEN:
            refuse("a file that can be read")


def _check_directory(file: IO[bytes], size: int) -> int:
    """Where the directory begins; it must end right before the end record, and that with the file (APPNOTE 4.3)."""
    end = size - _END.size
    if end < 0:
        refuse("a ZIP file that can be read")
    file.seek(end)
    mark, disk, first, here, count, length, start, comment = _END.unpack(file.read(_END.size))
    if mark != b"PK\x05\x06" or disk or first or here != count or comment:
        refuse("a ZIP file that ends with its directory")
    locator = end - _LOCATOR_64.size
    if locator >= 0:
        file.seek(locator)
        mark, disk, place, disks = _LOCATOR_64.unpack(file.read(_LOCATOR_64.size))
        if mark == b"PK\x06\x07":
            end = locator - _END_64.size
            if disk or disks != 1 or place != end or end < 0:
                refuse("a ZIP file that ends with its directory")
            file.seek(end)
            mark, rest, _, _, disk, first, here, count, length, start = _END_64.unpack(file.read(_END_64.size))
            if mark != b"PK\x06\x06" or rest != _END_64.size - 12 or disk or first or here != count:
                refuse("a ZIP file that ends with its directory")
    if start + length != end or length > _LARGEST_DIRECTORY or count > _MOST_FILES:
        refuse("a ZIP file of a package: its directory is not in its place, or too long")
    file.seek(start)
    if _entries_of(file.read(length)) != count:
        refuse("a ZIP file that can be read")
    return int(start)


def _entries_of(directory: bytes) -> int:
    """How many entries a directory has: counted here, since a reader makes an object of each before it can be asked."""
    at = count = 0
    while at < len(directory) and count <= _MOST_FILES:
        lengths = directory[at + 28 : at + 34]
        if directory[at : at + 4] != b"PK\x01\x02" or len(lengths) != _ENTRY_LENGTHS.size:
            refuse("a ZIP file that can be read")
        name, extra, comment = _ENTRY_LENGTHS.unpack(lengths)
        at += 46 + name + extra + comment
        count += 1
    if at != len(directory):
        refuse("a ZIP file that can be read")
    return count


def _check_entry(one: zipfile.ZipInfo) -> None:
    if one.flag_bits & HIDING:
        refuse("a ZIP file of a package: a file in it is encrypted")
    if one.compress_type not in PACKINGS:
        refuse("a ZIP file of a package: a file in it is packed in another way")
    kind = stat.S_IFMT(one.external_attr >> 16)
    if kind not in {0, stat.S_IFDIR if one.is_dir() else stat.S_IFREG}:
        refuse("a ZIP file of a package: it has a link, or something else that is no plain file")
    parts = one.filename.removesuffix("/").split("/")
    wrong = any(part in {"", ".", ".."} for part in parts) or "\\" in one.filename
    if wrong or one.orig_filename != one.filename or (one.is_dir() and one.file_size):
        refuse("a ZIP file of a package: a name in it leads elsewhere")


def _check_cover(file: IO[bytes], entries: list[zipfile.ZipInfo], start: int) -> None:
    """Each byte before the directory belongs to one file: none lies between, before or in two of them."""
    at, allowed = 0, _NOTHING_BEHIND
    for one in sorted(entries, key=lambda entry: entry.header_offset):
        if one.header_offset - at not in allowed:
            refuse("a ZIP file of a package: bytes in it belong to no file, or to two")
        file.seek(one.header_offset)
        header = file.read(_LOCAL.size)
        _, _, _, method, _, _, _, packed, unpacked, name, extra = _LOCAL.unpack(header)
        behind = one.flag_bits & _SIZES_BEHIND
        told = behind or (packed in {one.compress_size, _IN_64} and unpacked in {one.file_size, _IN_64})
        if method != one.compress_type or not told:
            refuse("a ZIP file of a package: the head of a file says something else than the directory")
        at = one.header_offset + _LOCAL.size + name + extra + one.compress_size
        allowed = _DESCRIPTORS if behind else _NOTHING_BEHIND
    if start - at not in allowed:
        refuse("a ZIP file of a package: bytes in it belong to no file, or to two")


def _top(files: list[zipfile.ZipInfo]) -> str:
    """The folder in which all files lie, with its ``/``; nothing where there is no such one."""
    tops = {one.filename.partition("/")[0] for one in files}
    inside = len(tops) == 1 and all("/" in one.filename for one in files)
    return f"{tops.pop()}/" if inside else ""
