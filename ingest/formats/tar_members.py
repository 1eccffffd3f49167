"""A tar archive read one block after the other (POSIX.1-2017 pax, "ustar Interchange Format"; GNU long names).

Rule kept: nothing is remembered but the present entry; what a pax header or a GNU long name says is bounded, and
applies to the next entry only (a global header is passed over). Entries behind the end mark, which most programs do
not look at, are read and said: archives that were joined or written over hold some, and so might one that is to hide
them. Links, devices and sparse files have no bytes that could be taken, and are members that say so. A header whose
checksum is wrong ends the archive, because nothing behind it can be found any more.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, BinaryIO
from zoneinfo import ZoneInfo

from ingest.formats.chats.archived_files import MOST_FILES, ArchivedFiles
from ingest.formats.chats.export_members import export_members
from ingest.formats.chats.registry import formats_of, load
from ingest.formats.container import UNTOLD, ContainerBroken, Declared, MemberBroken, Remark
from ingest.formats.member_content import file_member, refused_member

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.export_members import OtherFile
    from ingest.formats.chats.model import ExportFormat
    from ingest.formats.container import Circumstances, Found, Member

__all__ = ["READER", "load", "members"]

READER = "tar 2"
_BLOCK = 512
_PIECE = 1 << 18
_LONGEST_EXTRA = 1 << 20
_MOST_EXTRAS = 16
_REGULAR = (b"0", b"\0", b"7")
_FOLDER = b"5"
_REASONS = {
    b"1": "it is a link",
    b"2": "it is a link",
    b"3": "it is no regular file",
    b"4": "it is no regular file",
    b"6": "it is no regular file",
    b"S": "it is a sparse file, which cannot be read",
}


@dataclass(slots=True)
class _Extra:
    """What headers before an entry say about it."""

    path: str | None = None
    size: int | None = None
    sparse: bool = False
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A file as its header states it; `at` is where its bytes begin. One with a `problem` has none."""

    path: str
    at: int
    size: int
    problem: str | None


def members(source: BinaryIO, name: str, about: Circumstances = UNTOLD) -> Iterator[Found]:
    """See `formats.container.ContainerReader`.

    Raises:
        ContainerBroken: a header is damaged, or the archive ends inside of an entry's header.
    """
    end = source.seek(0, 2)
    export, formats = _export(source, end, name, about)
    if not formats:
        for found in _entries(source, end):
            yield _member(source, found, end) if isinstance(found, _Entry) else found
        yield Declared()
        return
    remarks: list[Remark] = []
    yield from export_members(export, export, formats, _others(source, end, remarks))
    yield from remarks


def _export(
    source: BinaryIO, end: int, name: str, about: Circumstances
) -> tuple[ArchivedFiles, tuple[ExportFormat, ...]]:
    """The archive as an export, and the formats that know it; what is damaged, or has too many files, nobody knows."""
    places: dict[str, _Entry] = {}
    with suppress(ContainerBroken):
        for found in _entries(source, end):
            if isinstance(found, _Entry) and found.problem is None:
                places.setdefault(found.path, found)
            if len(places) > MOST_FILES:
                places.clear()
                break

    def pieces(path: str) -> Iterator[bytes]:
        return _pieces(source, places[path].at, places[path].size, end)

    sizes = {path: one.size for path, one in places.items()}
    export = ArchivedFiles(name, sizes, pieces, zone=ZoneInfo(about.zone), day_first=about.day_first)
    return export, formats_of(export, about.mapping) if places else ()


def _others(source: BinaryIO, end: int, remarks: list[Remark]) -> Iterator[OtherFile]:
    for found in _entries(source, end):
        if isinstance(found, _Entry):
            yield found.path, partial(_member, source, found, end)
        else:
            remarks.append(found)


def _entries(source: BinaryIO, end: int) -> Iterator[_Entry | Remark]:
    """Every file in order, and what is odd about the archive.

    Raises:
        ContainerBroken: a header is damaged, or the archive ends inside of one.
    """
    extra = _Extra()
    at = 0
    behind_mark = False
    while True:
        header = _read_at(source, at, _BLOCK)
        if not header.strip(b"\0"):
            if len(header) < _BLOCK:
                if not behind_mark:
                    yield Remark(text="it has no end mark, so it may have been cut short", lost=None)
                break
            more = _next_written(source, at + _BLOCK)
            if more is None:
                break
            if not _is_header(_read_at(source, more, _BLOCK)):
                yield Remark(text="something that is no entry follows its end mark; it was not read", lost=None)
                break
            if not behind_mark:
                yield Remark(text="entries follow its end mark, where few programs look; they were read, too")
            behind_mark, at = True, more
            continue
        _check(header)
        kind = header[156:157]
        size = extra.size if extra.size is not None else _number(header[124:136])
        data, at = at + _BLOCK, at + _BLOCK + -(-size // _BLOCK) * _BLOCK
        if kind in (b"x", b"g", b"L", b"K"):
            extra = _taken_down(extra, kind, _extra_content(source, data, size))
            continue
        path = extra.path if extra.path is not None else _path(header)
        if kind != _FOLDER and not (kind in _REGULAR and path.endswith("/")):
            yield _Entry(path=path, at=data, size=size, problem=_problem(kind, data, size, end, sparse=extra.sparse))
        extra = _Extra()


def _problem(kind: bytes, data: int, size: int, end: int, *, sparse: bool) -> str | None:
    problem = _REASONS[b"S"] if sparse else None if kind in _REGULAR else _REASONS.get(kind, "it is no regular file")
    if problem is None and data >= end and size:
        return "the archive ends before its first byte"
    return problem


def _member(source: BinaryIO, entry: _Entry, end: int) -> Member:
    if entry.problem is not None:
        return refused_member(entry.path, entry.problem)
    return file_member(entry.path, _pieces(source, entry.at, entry.size, end))


def _pieces(source: BinaryIO, data: int, size: int, end: int) -> Iterator[bytes]:
    # what is there is told to be cut short before a byte of it is given: half a mail would pass for a whole one
    if data + size > end:
        raise MemberBroken("the archive ends inside of it")
    stop = data + size
    while data < stop:
        piece = _read_at(source, data, min(_PIECE, stop - data))
        if not piece:
            raise MemberBroken("the archive ends inside of it")
        data += len(piece)
        yield piece


def _next_written(source: BinaryIO, at: int) -> int | None:
    """The next block from there on that is not all zeros; None where only padding follows."""
    while piece := _read_at(source, at, _PIECE):
        padding = len(piece) - len(piece.lstrip(b"\0"))
        if padding < len(piece):
            return at + padding // _BLOCK * _BLOCK
        at += len(piece)
    return None


def _is_header(block: bytes) -> bool:
    try:
        _check(block)
    except ContainerBroken:
        return False
    return True


def _read_at(source: BinaryIO, at: int, length: int) -> bytes:
    source.seek(at)
    return source.read(length)


def _check(header: bytes) -> None:
    if len(header) < _BLOCK:
        raise ContainerBroken("it ends inside of a header")
    stated = _number(header[148:156])
    if sum(header[:148]) + sum(header[156:]) + 8 * 0x20 != stated:
        raise ContainerBroken("a header is damaged")


def _number(field: bytes) -> int:
    """A size: octal digits, or binary where GNU tar needs more of them.

    Raises:
        ContainerBroken: it is neither.
    """
    if field[:1] == b"\x80":
        value = int.from_bytes(field[1:])
    else:
        digits = field.split(b"\0", 1)[0].strip()
        if digits.strip(b"01234567"):
            raise ContainerBroken("a header is damaged")
        value = int(digits or b"0", 8)
    if value >> 63:
        raise ContainerBroken("a header is damaged")
    return value


def _path(header: bytes) -> str:
    name = header[:100].split(b"\0", 1)[0]
    prefix = header[345:500].split(b"\0", 1)[0] if header[257:263] == b"ustar\0" else b""
    return _text(prefix + b"/" + name if prefix else name)


def _text(name: bytes) -> str:
    try:
        return name.decode()
    except UnicodeDecodeError:
        return name.decode("latin-1")


def _extra_content(source: BinaryIO, data: int, size: int) -> bytes:
    if size > _LONGEST_EXTRA:
        raise ContainerBroken("a header about the next entry is too large")
    content = _read_at(source, data, size)
    if len(content) < size:
        raise ContainerBroken("it ends inside of a header")
    return content


def _taken_down(extra: _Extra, kind: bytes, content: bytes) -> _Extra:
    extra.count += 1
    if extra.count > _MOST_EXTRAS:
        raise ContainerBroken("too many headers are about one entry")
    if kind == b"L":
        extra.path = _text(content.split(b"\0", 1)[0])
    elif kind == b"x":
        _read_pax(extra, content)
    extra.size = extra.size if kind == b"x" else None
    return extra


def _read_pax(extra: _Extra, content: bytes) -> None:
    """Take down what the records of a pax header say: each is its length, a space, keyword=value, and a line feed."""
    at = 0
    while at < len(content):
        space = content.find(b" ", at, at + 20)
        digits = content[at:space] if space > 0 else b""
        length = int(digits) if digits.isdigit() else 0
        if length <= 0 or at + length > len(content):
            raise ContainerBroken("a header about the next entry is damaged")
        keyword, _, value = content[space + 1 : at + length - 1].partition(b"=")
        if keyword == b"path":
            extra.path = _text(value)
        elif keyword == b"size":
            if not value.isdigit() or len(value) >= 20:  # noqa: PLR2004 - 64 bits
                raise ContainerBroken("a header about the next entry is damaged")
            extra.size = int(value)
        elif keyword.startswith(b"GNU.sparse."):
            extra.sparse = True
        at += length
