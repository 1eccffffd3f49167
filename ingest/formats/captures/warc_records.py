r"""The records of a WARC file, one after the other (ISO 28500:2017, WARC 1.1; also 1.0, 0.18 and 0.17).

    ``WARC/1.1 CRLF``  named fields  ``CRLF``  block of Content-Length bytes  ``CRLF CRLF``

Rule kept: only places are given, no content, and memory is that of one record's fields. The length that a record
states is believed where a record or the end follows behind it; where none does, the next line that begins a record is
looked for, inside the stated length first, since a record that was cut short is the commoner damage. What was passed
over or is missing is said. Names of fields are compared without case; ``<`` and ``>`` around a target, which 1.0 prints
in its grammar, and spaces in it, are taken as they come.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO, Final

from ingest.formats.captures.inflated import pieces_of
from ingest.formats.charsets import storable
from ingest.formats.container import ContainerBroken, NoContainer, Remark
from ingest.formats.container_kinds import WARC_SIGNATURE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_BEGINS: Final = re.compile(rb"\nWARC/(?:1\.[01]|0\.1[78])\r?\n[A-Za-z][A-Za-z0-9-]{0,60}:")
_LONGEST_BEGINNING: Final = 100
_END_OF_FIELDS: Final = re.compile(rb"\r?\n\r?\n")
_FRONT: Final = 4096
_LONGEST_FIELDS: Final = 1 << 16
_LONGEST_LENGTH: Final = 1 << 44
_MOST_REPAIRS: Final = 100
_PIECE: Final = 1 << 16
_MOST_BLANK: Final = 1 << 20
_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?Z?")
_EARLIEST: Final = 1990
_LATEST: Final = 2100
_UNREADABLE: Final = Remark(text="the beginning of a record cannot be read", lost=1)


@dataclass(frozen=True, slots=True)
class WarcRecord:
    """Where a record lies: `at` its first byte, its block of `length` bytes from `block_at` on.

    `fields` are the named ones in lower case, the first of each name. `shortfall` is how many bytes of the stated
    length are not there.
    """

    at: int
    block_at: int
    length: int
    fields: Mapping[str, str]
    shortfall: int = 0

    @property
    def kind(self) -> str:
        """Its type in lower case, such as ``response``."""
        return self.fields.get("warc-type", "").strip().lower()

    @property
    def target(self) -> str:
        """The address that it is about, as it is printed; empty where it is about none."""
        return target_of(self.fields.get("warc-target-uri", ""))

    @property
    def end(self) -> int:
        """The offset behind its block."""
        return self.block_at + self.length


def target_of(text: str) -> str:
    """An address without the brackets that the grammar of WARC 1.0 puts around it."""
    text = text.strip()
    return text[1:-1] if text.startswith("<") and text.endswith(">") else text


def moment_of(text: str) -> datetime | None:
    """A WARC-Date (W3C-DTF, UTC; up to nanoseconds in 1.1, which are cut to microseconds); None without a time."""
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        return None
    fraction = (match[3] or "0")[:6].ljust(6, "0")
    try:
        found = datetime.fromisoformat(f"{match[1]}T{match[2]}").replace(microsecond=int(fraction), tzinfo=UTC)
    except ValueError:
        return None
    return found if _EARLIEST <= found.year < _LATEST else None


def is_warc(source: BinaryIO) -> bool:
    """Whether a file begins as a record does."""
    source.seek(0)
    return WARC_SIGNATURE.match(source.read(_LONGEST_BEGINNING)) is not None


def record_at(source: BinaryIO, at: int) -> WarcRecord | None:
    """The record that begins at this offset, its length as it states it; None where none begins."""
    source.seek(at)
    front = source.read(_FRONT)
    if WARC_SIGNATURE.match(front) is None:
        return None
    end = _END_OF_FIELDS.search(front)
    if end is None:
        source.seek(at)
        front = source.read(_LONGEST_FIELDS)
        end = _END_OF_FIELDS.search(front)
        if end is None:
            return None
    fields = _fields(front[: end.start()])
    stated = fields.get("content-length", "").strip()
    if not (stated.isascii() and stated.isdigit()) or len(stated) > len(str(_LONGEST_LENGTH)):
        return None
    return WarcRecord(at, at + end.end(), int(stated), fields)


def records(source: BinaryIO) -> Iterator[WarcRecord | Remark]:
    """All records of a file in order, from its first byte on.

    Raises:
        NoContainer: it does not begin as a record does, or no record can be read in it.
        ContainerBroken: it is damaged in more places than are mended.
    """
    if not is_warc(source):
        raise NoContainer
    repairs = 0
    at: int | None = 0
    is_first = True
    while at is not None:
        found = record_at(source, at)
        if found is None:
            repairs = _counted(repairs)
            at = _next_record(source, at + 1)
            if at is None and is_first:
                raise NoContainer
            if not is_first:
                yield _UNREADABLE
            continue
        if is_first:
            yield from [_UNREADABLE] * repairs  # said only now: before there was a record it might have been none
            is_first = False
        sound, at = _behind(source, found)
        if sound:
            yield found
        else:
            repairs = _counted(repairs)
            mended, at, remark = _mended(source, found)
            yield mended
            yield remark


def _counted(repairs: int) -> int:
    if repairs >= _MOST_REPAIRS:
        raise ContainerBroken("it is damaged in too many places")
    return repairs + 1


def _behind(source: BinaryIO, record: WarcRecord) -> tuple[bool, int | None]:
    """Whether a record or the end follows where this one says that it ends, and the next one's offset, None at the end.

    Between them are two line ends, by the standard; more, fewer and padding with zeros are met and say nothing.
    """
    if record.length:
        source.seek(record.end - 1)
        if not source.read(1):
            return False, None
    at = record.end
    while at - record.end <= _MOST_BLANK:
        source.seek(at)
        front = source.read(_LONGEST_BEGINNING)
        if not front:
            return True, None
        rest = front.lstrip(b"\r\n\0")
        at += len(front) - len(rest)
        if rest:
            source.seek(at)
            return WARC_SIGNATURE.match(source.read(_LONGEST_BEGINNING)) is not None, at
    return False, at


def _mended(source: BinaryIO, record: WarcRecord) -> tuple[WarcRecord, int | None, Remark]:
    """A record whose length is wrong as far as it goes, where the next one begins, and what there is to say."""
    inside = _next_record(source, record.block_at, record.end)
    if inside is not None:
        source.seek(max(inside - 4, record.block_at))
        ending = source.read(inside - max(inside - 4, record.block_at))
        length = inside - record.block_at - (len(ending) - len(ending.rstrip(b"\r\n")))
        remark = Remark(text="a record is shorter than it states; what there is of it was taken", path=record.target)
    else:
        there = sum(map(len, pieces_of(source, record.block_at, record.length)))
        if there < record.length:
            remark = Remark(text="the file ends inside of a record; what would follow is not there", lost=None)
            return _shortened(record, there), None, remark
        length = record.length
        inside = _next_record(source, record.end)
        remark = Remark(text="bytes behind a record that belong to none were passed over", path=record.target)
    return _shortened(record, length), inside, remark


def _shortened(record: WarcRecord, length: int) -> WarcRecord:
    return WarcRecord(record.at, record.block_at, length, record.fields, record.length - length)


def _next_record(source: BinaryIO, at: int, end: int = _LONGEST_LENGTH) -> int | None:
    """Where the next record begins at the start of a line from this offset on, None where none does."""
    start = max(at - 1, 0)
    held = b""
    for piece in pieces_of(source, start, end + _LONGEST_BEGINNING - start, _PIECE):
        held += piece
        found = _BEGINS.search(held)
        if found is not None and start + found.start() + 1 < end:
            return start + found.start() + 1
        cut = max(len(held) - _LONGEST_BEGINNING, 0)
        held, start = held[cut:], start + cut
    return None


def _fields(content: bytes) -> dict[str, str]:
    """Named fields, folded lines joined (as RFC 822); UTF-8, as the standard says, and what is none is replaced."""
    found: dict[str, str] = {}
    name = ""
    for line in storable(content.decode("utf-8", "replace")).replace("\r", "").split("\n")[1:]:
        if line.startswith((" ", "\t")) and name:
            found[name] += " " + line.strip()
            continue
        name, separator, value = line.partition(":")
        name = name.strip().lower()
        if not separator or name in found:
            name = ""
            continue
        found[name] = value.strip()
    return found
