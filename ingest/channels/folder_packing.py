"""A folder as one zip file that is written while it is read: the same files always make the same bytes.

Rule: nothing is compressed and nothing is invented (PKWARE APPNOTE.TXT 6.3.10 §4.3): entries are stored in the order
of their names' bytes, their times are those of no file (1 January 1980), their modes are one, so that a folder that
is handed in again is known again. Zip64 (§4.5.3) stands only where the classic fields are too small. The comment of
an entry says the SHA-256 of the file, as it was when the folder was looked through; a file that has other bytes when
it is sealed is refused.
"""

from __future__ import annotations

import hashlib
import os
import stat
import struct
import zlib
from bisect import bisect_right
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Final

from ingest.channels.file_content import CHANGED, FileContent
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

MOST_FILES: Final = 300_000
LARGEST: Final = 64 << 30
_LOCAL: Final = struct.Struct("<4s5H3I2H")
_ENTRY: Final = struct.Struct("<4sBB5H3I5H2I")
_END64: Final = struct.Struct("<4sQ2H2I4Q")
_LOCATOR64: Final = struct.Struct("<4sIQI")
_END: Final = struct.Struct("<4s4H2IH")
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_NEEDS, _NEEDS64 = 20, 45
_UTF8: Final = 1 << 11
_NO_TIME, _FIRST_DAY = 0, 0x21
_UNIX: Final = 3
_MODE: Final = (stat.S_IFREG | 0o644) << 16
_ZIP64: Final = 1
_TOGETHER: Final = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedFile:
    """One file of a folder: its name in there as bytes, parts separated by ``/``, and what it held when looked at."""

    name: bytes = field(repr=False)
    content: FileContent = field(repr=False)
    crc: int
    sha256: str

    @property
    def local(self) -> bytes:
        """What stands in front of its bytes (§4.3.7)."""
        size, large = self.content.size, self.content.size >= _FULL32
        extra = struct.pack("<2H2Q", _ZIP64, 16, size, size) if large else b""
        stated = _FULL32 if large else size
        needs = _NEEDS64 if large else _NEEDS
        head = _LOCAL.pack(
            b"PK\x03\x04", needs, _flags(self.name), 0, _NO_TIME, _FIRST_DAY, self.crc, stated, stated, len(self.name),
            len(extra),
        )  # fmt: skip
        return head + self.name + extra

    @property
    def size_packed(self) -> int:
        """How many bytes it has with what stands in front of it."""
        zip64 = 20 if self.content.size >= _FULL32 else 0
        return _LOCAL.size + len(self.name) + zip64 + self.content.size

    def entry(self, offset: int) -> bytes:
        """What the directory says of it (§4.3.12)."""
        size = self.content.size
        wide = [one for one in (size, size, offset) if one >= _FULL32]
        extra = struct.pack(f"<2H{len(wide)}Q", _ZIP64, 8 * len(wide), *wide) if wide else b""
        comment = f"SHA-256 {self.sha256}".encode()
        stated = min(size, _FULL32)
        needs = _NEEDS64 if wide else _NEEDS
        head = _ENTRY.pack(
            b"PK\x01\x02", needs, _UNIX, needs, _flags(self.name), 0, _NO_TIME, _FIRST_DAY, self.crc, stated, stated,
            len(self.name), len(extra), len(comment), 0, 0, _MODE, min(offset, _FULL32),
        )  # fmt: skip
        return head + self.name + extra + comment


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedFolder:
    """A folder as a zip file, a `ContentSource`. `size` is in bytes."""

    files: tuple[PackedFile, ...] = field(repr=False)
    size: int

    @classmethod
    def of(cls, files: Sequence[PackedFile]) -> PackedFolder:
        """These files, in whatever order they were found."""
        ordered = tuple(sorted(files, key=lambda one: one.name))
        before = sum(one.size_packed for one in ordered)
        return cls(files=ordered, size=before + sum(len(one) for one in _directory(ordered)))

    def pieces(self) -> Iterator[bytes]:
        """See `ContentSource.pieces`."""
        held = bytearray()
        for piece in self._parts():
            held += piece
            if len(held) >= _TOGETHER:
                yield bytes(held)
                held.clear()
        if held:
            yield bytes(held)

    def _parts(self) -> Iterator[bytes]:
        for one in self.files:
            yield one.local
            crc = 0
            for piece in one.content.pieces():
                crc = zlib.crc32(piece, crc)
                yield piece
            if crc != one.crc:
                raise InvalidInput(CHANGED)
        yield from _directory(self.files)

    @contextmanager
    def ranges(self) -> Iterator[PackedRanges]:
        """Random access to it, for who only looks; opened file by file.

        Raises:
            InvalidInput: as `pieces`, when a range is read.
        """
        yield PackedRanges(self)


class PackedRanges:
    """The bytes of a packed folder by their offsets. `size` is that of all of it."""

    def __init__(self, folder: PackedFolder) -> None:
        self.size = folder.size
        self._files = folder.files
        self._starts = list(accumulate((one.size_packed for one in folder.files), initial=0))
        self._directory = b""

    def read(self, offset: int, length: int) -> bytes:
        """Those from `offset` on, fewer than `length` where it ends."""
        parts = []
        end = min(offset + length, self.size)
        while offset < end:
            part = self._some(offset, end - offset)
            parts.append(part)
            offset += len(part)
        return b"".join(parts)

    def _some(self, offset: int, length: int) -> bytes:
        place = bisect_right(self._starts, offset) - 1
        skipped = offset - self._starts[place]
        if place >= len(self._files):
            self._directory = self._directory or b"".join(_directory(self._files))
            return self._directory[skipped : skipped + length]
        local, content = self._files[place].local, self._files[place].content
        if skipped < len(local):
            return local[skipped : skipped + length]
        with content.ranges() as ranges:
            part = ranges.read(skipped - len(local), min(length, content.size - (skipped - len(local))))
        if not part:
            raise InvalidInput(CHANGED)
        return part


def pack(
    folder: Path,
    refused: Callable[[bytes, str], None],
    *,
    under: bytes = b"",
    without: Path | None = None,
    most: int = MOST_FILES,
    largest: int = LARGEST,
) -> PackedFolder | None:
    """Look through a folder and read every file of it once, so that it can be written as a zip.

    Args:
        folder: the folder; links in it are not followed.
        refused: told the name in the folder and the reason of each thing that cannot be packed.
        under: the folder of the zip in which its files shall lie.
        without: a folder that is passed over and told.
        most: files above which it is not packed.
        largest: bytes of its files above which it is refused.

    Returns:
        None where there is no file, or more than `most`.

    Raises:
        InvalidInput: it is too large.
    """
    problems: list[tuple[bytes, str]] = []
    found = list(islice(_below(folder, problems, without), most + 1))
    if not found or len(found) > most:
        return None
    size = sum(status.st_size for _, _, status in found)
    if size > largest:
        raise InvalidInput(f"it has {size:,} bytes, more than {largest:,}")
    files: list[PackedFile] = []
    for name, path, status in found:
        try:
            files.append(_looked_at(under + b"/" + name if under else name, path, status))
        except InvalidInput as error:
            problems.append((name, error.message))
    for name, reason in sorted(problems):
        refused(name, reason)
    return PackedFolder.of(files)


def _below(
    folder: Path, problems: list[tuple[bytes, str]], without: Path | None
) -> Iterator[tuple[bytes, Path, os.stat_result]]:
    """The files below a folder by their names in it; what is none, and what cannot be read, is a problem."""
    waiting = [(b"", folder)]  # no recursion: folders may be nested as deep as a path is long
    while waiting:
        inside, here = waiting.pop()
        try:
            with os.scandir(os.fsencode(here)) as found:
                entries = list(found)
        except OSError as error:
            problems.append((inside, _unreadable(error)))
            continue
        for one in entries:
            name = inside + b"/" + one.name if inside else one.name
            path = here / os.fsdecode(one.name)
            try:
                if one.is_dir(follow_symlinks=False):
                    if without is not None and path.samefile(without):
                        problems.append((name, "it is the archive itself"))
                    else:
                        waiting.append((name, path))
                elif one.is_file(follow_symlinks=False):
                    yield name, path, one.stat(follow_symlinks=False)
                else:
                    problems.append((name, "it is no regular file"))
            except OSError as error:
                problems.append((name, _unreadable(error)))


def _looked_at(name: bytes, path: Path, status: os.stat_result) -> PackedFile:
    content = FileContent.of(path, status)
    crc, digest = 0, hashlib.sha256()
    for piece in content.pieces():
        crc = zlib.crc32(piece, crc)
        digest.update(piece)
    return PackedFile(name=name, content=content, crc=crc, sha256=digest.hexdigest())


def _unreadable(error: OSError) -> str:
    return f"it cannot be read: {error.strerror or type(error).__name__}"


def _flags(name: bytes) -> int:
    """The mark of a name in UTF-8; one in no encoding goes as the bytes that it has."""
    try:
        name.decode()
    except UnicodeDecodeError:
        return 0
    return _UTF8


def _directory(files: Sequence[PackedFile]) -> Iterator[bytes]:
    """The central directory and its ends (§4.3.12 to §4.3.16)."""
    offset = size = 0
    for one in files:
        entry = one.entry(offset)
        size += len(entry)
        offset += one.size_packed
        yield entry
    count = len(files)
    if count >= _FULL16 or offset >= _FULL32 or size >= _FULL32:
        numbers = (count, count, size, offset)
        yield _END64.pack(b"PK\x06\x06", _END64.size - 12, _UNIX << 8 | _NEEDS64, _NEEDS64, 0, 0, *numbers)
        yield _LOCATOR64.pack(b"PK\x06\x07", 0, offset + size, 1)
    short = min(count, _FULL16)
    yield _END.pack(b"PK\x05\x06", 0, 0, short, short, min(size, _FULL32), min(offset, _FULL32), 0)
