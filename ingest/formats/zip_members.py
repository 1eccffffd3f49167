"""A zip file as a container of files: every entry of its directory is a member, with its bytes or why there are none.

An archive that is the export of conversations is taken apart as one (`chats.export_members`), and so is one that is a
capture of pages (`captures.wacz`).

Rule kept: the directory's word is taken for what is there, and the bytes' word for how much: an entry gives exactly
the size and the checksum that the directory states, or it is broken. Nothing is ever written under a name of the
archive, so a hostile name is a remark; links, encrypted entries and unknown methods are members without bytes.
Folders are no members. What else an archive holds in a folder of its own (Takeout's HTML page, a system's icons) is
a document like any other.
"""

from __future__ import annotations

import bz2
import stat
import zlib
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, Protocol
from zoneinfo import ZoneInfo

from ingest.formats.captures import wacz
from ingest.formats.captures.warc_members import load as load_captures
from ingest.formats.chats.archived_files import MOST_FILES, ArchivedFiles
from ingest.formats.chats.export_members import export_members
from ingest.formats.chats.registry import formats_of
from ingest.formats.chats.registry import load as load_exports
from ingest.formats.container import UNTOLD, ContainerBroken, Declared, MemberBroken, Remark
from ingest.formats.member_content import file_member, refused_member
from ingest.formats.zip_directory import LOCAL_SIZE, Entry, entries, find_directory, overlapping

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ingest.formats.chats.export_members import OtherFile
    from ingest.formats.chats.model import ExportFormat
    from ingest.formats.container import Circumstances, Found, Member
    from ingest.formats.zip_directory import Directory

__all__ = ["READER", "entry_pieces", "load", "members"]

READER = "zip 3"
_LOCAL_MARK = b"PK\x03\x04"
_STORED, _DEFLATED, _BZIP2, _AES = 0, 8, 12, 99
_ENCRYPTED = 1 | 1 << 6 | 1 << 13
_IN, _OUT = 1 << 16, 1 << 18
_PACKAGE = "[Content_Types].xml"


class _Engine(Protocol):
    """What decompresses: `decompress` gives at most so many bytes, and keeps or returns what it did not use."""

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        ...

    def feed(self, packed: bytes) -> bytes:
        """Some bytes out of these and of what is kept."""
        ...


class _Inflater:
    """Raw deflate (RFC 1951)."""

    def __init__(self) -> None:
        self._engine = zlib.decompressobj(-15)

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        return self._engine.eof

    def feed(self, packed: bytes) -> bytes:
        """See `_Engine`."""
        return self._engine.decompress(self._engine.unconsumed_tail + packed, _OUT)


class _Bunzipper:
    """Bzip2."""

    def __init__(self) -> None:
        self._engine = bz2.BZ2Decompressor()

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        return self._engine.eof

    def feed(self, packed: bytes) -> bytes:
        """See `_Engine`."""
        return self._engine.decompress(packed, _OUT)


def load() -> None:
    """Import all readers of exports and captures, for a process that is to be confined."""
    load_exports()
    load_captures()


def members(source: BinaryIO, name: str, about: Circumstances = UNTOLD) -> Iterator[Found]:
    """See `formats.container.ContainerReader`.

    Raises:
        ContainerBroken: there is no directory, or it is damaged, or it is that of one document.
    """
    directory = find_directory(source)
    marked, count = overlapping(source, directory)
    if count and any(one.name == _PACKAGE for one in entries(source, directory)):
        raise ContainerBroken("it is the package of one document; hand it in with --kind file")
    if directory.shift:
        yield Remark(text="bytes in front of the archive were passed over")
    if directory.trailing:
        yield Remark(text="bytes behind the archive were passed over")
    found, export, formats = _export(source, directory, marked, name, about)
    if wacz.recognise(export):
        ranges = partial(_range, source, found)
        size = source.seek(0, 2)
        yield from wacz.wacz_members(source, export, ranges, _others(source, directory, marked), size, about)
        return
    if formats:
        yield from export_members(export, export, formats, _others(source, directory, marked))
        return
    for _, as_member in _others(source, directory, marked):
        yield as_member()
    folders = sum(_is_folder(one) for one in entries(source, directory))
    # writers without Zip64 let the number run over, which is no lie about any entry (Info-ZIP, Java before 7)
    declared = count if directory.count == count & 0xFFFF else directory.count
    yield Declared(count=max(declared - folders, 0))


def _is_folder(entry: Entry) -> bool:
    return entry.name.endswith(("/", "\\")) and not entry.size


def _others(source: BinaryIO, directory: Directory, marked: Sequence[int]) -> Iterator[OtherFile]:
    """Every file of the archive, and what makes the member that it is."""
    for entry in entries(source, directory):
        if not _is_folder(entry):
            yield entry.name, partial(_member, source, entry, overlaps=bool(marked[entry.number]))


def _export(
    source: BinaryIO, directory: Directory, marked: Sequence[int], name: str, about: Circumstances
) -> tuple[dict[str, Entry], ArchivedFiles, tuple[ExportFormat, ...]]:
    """Its files, the archive as an export, and the formats that know it; one of too many files nobody knows."""
    found: dict[str, Entry] = {}
    if directory.count <= MOST_FILES:
        for entry in entries(source, directory):
            if len(found) > MOST_FILES:
                found.clear()
                break
            if not _is_folder(entry) and not marked[entry.number] and _problem(entry) is None:
                found.setdefault(entry.name, entry)

    def pieces(path: str) -> Iterator[bytes]:
        return entry_pieces(source, found[path], overlaps=False)

    sizes = {path: entry.size for path, entry in found.items()}
    export = ArchivedFiles(name, sizes, pieces, zone=ZoneInfo(about.zone), day_first=about.day_first)
    return found, export, formats_of(export, about.mapping) if found else ()


def _range(source: BinaryIO, found: Mapping[str, Entry], path: str) -> tuple[int, int, bool]:
    """Where the bytes of a file lie, how many they are, and whether they are deflated.

    Raises:
        MemberBroken: they are not there, or compressed otherwise.
    """
    entry = found[path]
    if entry.method not in (_STORED, _DEFLATED):
        raise MemberBroken(f"it is compressed by method {entry.method}, in which no place can be found")
    return _start(source, entry), entry.packed, entry.method == _DEFLATED


def is_export(source: BinaryIO, name: str, about: Circumstances) -> bool:
    """Whether a zip file is the export of conversations or a capture of pages; never raises for any bytes."""
    try:
        directory = find_directory(source)
        marked, _ = overlapping(source, directory)
        _, export, formats = _export(source, directory, marked, name, about)
        return bool(formats) or wacz.recognise(export)
    except ContainerBroken:
        return False


def entry_pieces(source: BinaryIO, entry: Entry, *, overlaps: bool) -> Iterator[bytes]:
    """The bytes of one entry, for readers of formats that are a zip; they may be taken at any time.

    Raises:
        MemberBroken: there are none, at once, or no more of them, later.
    """
    problem = "its bytes overlap with those of another entry" if overlaps else _problem(entry)
    if problem is not None:
        raise MemberBroken(problem)
    return _checked(source, entry, _start(source, entry))


def _start(source: BinaryIO, entry: Entry) -> int:
    """Where the bytes of an entry begin."""
    source.seek(entry.offset)
    local = source.read(LOCAL_SIZE)
    if len(local) < LOCAL_SIZE or not local.startswith(_LOCAL_MARK):
        raise MemberBroken("its bytes are not where the directory says")
    start = entry.offset + LOCAL_SIZE + int.from_bytes(local[26:28], "little")
    return start + int.from_bytes(local[28:30], "little")


def _member(source: BinaryIO, entry: Entry, *, overlaps: bool) -> Member:
    try:
        return file_member(entry.name, entry_pieces(source, entry, overlaps=overlaps))
    except MemberBroken as error:
        return refused_member(entry.name, str(error))


def _problem(entry: Entry) -> str | None:
    mode = entry.attributes >> 16 if entry.made_on_unix else 0
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "it is a link" if stat.S_ISLNK(mode) else "it is no regular file"
    if entry.flags & _ENCRYPTED or entry.method == _AES:
        return "it is encrypted; hand it in without a password"
    if entry.method not in (_STORED, _DEFLATED, _BZIP2):
        return f"it is compressed by method {entry.method}, which cannot be read"
    if entry.method == _STORED and entry.packed != entry.size:
        return "its two sizes contradict each other"
    return None


def _checked(source: BinaryIO, entry: Entry, start: int) -> Iterator[bytes]:
    """The bytes, of the size and with the checksum that the directory states, or not to the end."""
    checksum, size = 0, 0
    for piece in _unpacked(source, entry, start):
        size += len(piece)
        if size > entry.size:
            raise MemberBroken("more bytes come out of it than it states")
        checksum = zlib.crc32(piece, checksum)
        yield piece
    if size < entry.size:
        raise MemberBroken("fewer bytes come out of it than it states")
    if checksum != entry.crc:
        raise MemberBroken("its checksum is wrong")


def _unpacked(source: BinaryIO, entry: Entry, start: int) -> Iterator[bytes]:
    if entry.method == _STORED:
        yield from _packed(source, start, entry.packed, _OUT)
        return
    engine: _Engine = _Inflater() if entry.method == _DEFLATED else _Bunzipper()
    waiting = _packed(source, start, entry.packed, _IN)
    while not engine.eof:
        fresh = next(waiting, b"")
        try:
            piece = engine.feed(fresh)
            while piece:
                yield piece
                piece = b"" if engine.eof else engine.feed(b"")
        except (zlib.error, OSError, EOFError):
            raise MemberBroken("its compressed data is damaged") from None
        if not fresh and not engine.eof:
            raise MemberBroken("its compressed data is cut short")


def _packed(source: BinaryIO, start: int, size: int, piece: int) -> Iterator[bytes]:
    at, end = start, start + size
    while at < end:
        source.seek(at)
        content = source.read(min(piece, end - at))
        if not content:
            raise MemberBroken("the archive ends inside of it")
        at += len(content)
        yield content
