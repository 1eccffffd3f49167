"""Compound files of office programs: encrypted documents of today, and the documents of before 2007, which are kept.

Rule kept: what it is is told by the names of its streams ([MS-DOC] 2.1, [MS-XLS] 2.1.2, [MS-PPT] 2.1, [MS-OFFCRYPTO]
2.3.4.4), never by the file's name. Text of the old kinds is not read, and that is said; what they say of themselves is
([MS-OLEPS] 2.21, [MS-OSHARED] 2.3.3).
"""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from ingest.formats.charsets import decode
from ingest.formats.compound_file import SIGNATURE, CompoundFile, NotACompoundFile
from ingest.formats.mapi import charset_of

if TYPE_CHECKING:
    from ingest.formats.compound_file import Entry
    from ingest.formats.office.gathered import Gathered

_OLD: Final = {
    "WordDocument": "a document of Word 6 to 2003",
    "Workbook": "a workbook of Excel 97 to 2003",
    "Book": "a workbook of Excel 5 or 95",
    "PowerPoint Document": "a presentation of PowerPoint 97 to 2003",
    "VisioDocument": "a drawing of Visio 2003",
    "Quill": "a publication of Publisher",
}
_MACROS: Final = frozenset({"Macros", "_VBA_PROJECT_CUR", "VBA"})
_SUMMARY: Final = "\x05SummaryInformation"
_MORE: Final = "\x05DocumentSummaryInformation"
_NAMES: Final = {
    _SUMMARY: {2: "title", 3: "subject", 4: "author", 5: "keywords", 6: "comment", 8: "last saved by",
               12: "created", 13: "last saved", 18: "program"},
    _MORE: {14: "manager", 15: "company"},
}  # fmt: skip
_STRING, _WIDE_STRING, _TIME, _SHORT = 0x1E, 0x1F, 0x40, 0x02
_CODE_PAGE: Final = 1
_WIDE: Final = 1200
_MOST_BYTES: Final = 1 << 16
_MOST_PROPERTIES: Final = 200
_SCRAMBLED: Final = 1 << 8  # fEncrypted ([MS-DOC] 2.5.2)
_FIB_FLAGS_AT: Final = 10
_FILE_PASS: Final = 0x2F  # [MS-XLS] 2.4.117
_MOST_RECORDS: Final = 20
_EPOCH: Final = datetime(1601, 1, 1, tzinfo=UTC)


def read_compound(content: bytes, out: Gathered) -> bool:
    """Say what a compound file is; False where it is none of an office program."""
    if not content.startswith(SIGNATURE):
        return False
    try:
        file = CompoundFile(content)
    except NotACompoundFile:
        return False
    streams = {one.name: one for one in file.children(file.root)}
    if "EncryptedPackage" in streams:
        out.miss("encrypted (Microsoft Office)")
        return True
    kind = next((name for name in _OLD if name in streams), None)
    if kind is None:
        return False
    if _is_encrypted(file, kind, streams):
        out.miss(f"encrypted: {_OLD[kind]}")
    else:
        out.miss(f"the text of {_OLD[kind]}; save it in the form of today and hand that in as well")
    if not _MACROS.isdisjoint(streams):
        out.note("it has macros, which were not run and are not read")
    for name, named in _NAMES.items():
        if name in streams:
            _read_properties(file.read(streams[name], _MOST_BYTES), named, out)
    return True


def _is_encrypted(file: CompoundFile, kind: str, streams: dict[str, Entry]) -> bool:
    head = file.read(streams[kind], 1 << 12)
    if kind == "WordDocument":
        flags = int.from_bytes(head[_FIB_FLAGS_AT : _FIB_FLAGS_AT + 2], "little")
        return bool(flags & _SCRAMBLED)
    if kind in ("Workbook", "Book"):
        at = 0
        for _ in range(_MOST_RECORDS):
            if at + 4 > len(head):
                break
            record, size = struct.unpack_from("<HH", head, at)
            if record == _FILE_PASS:
                return True
            at += 4 + size
    return "EncryptedSummary" in streams


def _read_properties(content: bytes, named: dict[int, str], out: Gathered) -> None:
    """The first set of properties in a stream; whatever lies outside of it is passed over."""
    if len(content) < 48:  # noqa: PLR2004 - header and one offset ([MS-OLEPS] 2.21)
        return
    start = int.from_bytes(content[44:48], "little")
    if start + 8 > len(content):
        return
    count = min(int.from_bytes(content[start + 4 : start + 8], "little"), _MOST_PROPERTIES)
    places: dict[int, int] = {}
    for number in range(count):
        at = start + 8 + 8 * number
        if at + 8 <= len(content):
            key, offset = struct.unpack_from("<II", content, at)
            places.setdefault(key, start + offset)
    page = _code_page(content, places.get(_CODE_PAGE))
    for key, name in named.items():
        if key in places:
            out.fact(name, _value(content, places[key], page))


def _code_page(content: bytes, at: int | None) -> int:
    if at is None or at + 6 > len(content) or int.from_bytes(content[at : at + 2], "little") != _SHORT:
        return 1252
    return int.from_bytes(content[at + 4 : at + 6], "little")


def _value(content: bytes, at: int, page: int) -> str:
    if at + 8 > len(content):
        return ""
    kind = int.from_bytes(content[at : at + 2], "little")
    if kind == _TIME and at + 12 <= len(content):
        ticks = int.from_bytes(content[at + 4 : at + 12], "little")
        try:
            return (_EPOCH + timedelta(microseconds=ticks // 10)).isoformat() if ticks else ""
        except OverflowError:
            return ""
    size = int.from_bytes(content[at + 4 : at + 8], "little")
    if kind == _WIDE_STRING:
        return decode(content[at + 8 : at + 8 + 2 * min(size, _MOST_BYTES)], "utf-16-le").rstrip("\ufffd")
    if kind != _STRING:
        return ""
    text = content[at + 8 : at + 8 + min(size, _MOST_BYTES)]
    return decode(text, "utf-16-le" if page == _WIDE else charset_of(page)).partition("\ufffd")[0]
