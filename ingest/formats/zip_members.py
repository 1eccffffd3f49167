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

from functools import partial
from typing import TYPE_CHECKING, BinaryIO
from zoneinfo import ZoneInfo

from ingest.formats.captures import wacz
from ingest.formats.captures.warc_members import load as load_captures
from ingest.formats.chats.archived_files import MOST_FILES, ArchivedFiles
from ingest.formats.chats.export_members import export_members
from ingest.formats.chats.registry import formats_of
from ingest.formats.chats.registry import load as load_exports
from ingest.formats.container import UNTOLD, ContainerBroken, Declared, MemberBroken, Remark
from ingest.formats.member_content import file_member, refused_member
from ingest.formats.zip_directory import Entry, entries, find_directory, overlapping
from ingest.formats.zip_entries import DEFLATED, STORED, entry_pieces, problem_of, start_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ingest.formats.chats.export_members import OtherFile
    from ingest.formats.chats.model import ExportFormat
    from ingest.formats.container import Circumstances, Found, Member
    from ingest.formats.zip_directory import Directory

__all__ = ["READER", "load", "members"]

READER = "zip 3"
_PACKAGE = "[Content_Types].xml"


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
            if not _is_folder(entry) and not marked[entry.number] and problem_of(entry) is None:
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
    if entry.method not in (STORED, DEFLATED):
        raise MemberBroken(f"it is compressed by method {entry.method}, in which no place can be found")
    return start_of(source, entry), entry.packed, entry.method == DEFLATED


def is_export(source: BinaryIO, name: str, about: Circumstances) -> bool:
    """Whether a zip file is the export of conversations or a capture of pages; never raises for any bytes."""
    try:
        directory = find_directory(source)
        marked, _ = overlapping(source, directory)
        _, export, formats = _export(source, directory, marked, name, about)
        return bool(formats) or wacz.recognise(export)
    except ContainerBroken:
        return False


def _member(source: BinaryIO, entry: Entry, *, overlaps: bool) -> Member:
    try:
        return file_member(entry.name, entry_pieces(source, entry, overlaps=overlaps))
    except MemberBroken as error:
        return refused_member(entry.name, str(error))
