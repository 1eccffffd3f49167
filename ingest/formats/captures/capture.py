"""A capture: the records of one or more WARC files by place, opened one at a time.

Rule kept: a place is a number that stands for a file and an offset, so that a million records are remembered in eight
bytes each; a record is read again from its place whenever it is needed, and nothing of it is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO, Final

from ingest.formats.captures.http_message import LONGEST_HEAD, HttpHead, body_of, read_head
from ingest.formats.captures.inflated import InflatedFile, pieces_of
from ingest.formats.captures.warc_records import WarcRecord, record_at, records
from ingest.formats.container import MemberBroken, NoContainer, Remark
from ingest.formats.detect import HEAD_BYTES, MediaKind, detect

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FILE_SHIFT: Final = 44
_OFFSET: Final = (1 << _FILE_SHIFT) - 1
MOST_FILES: Final = 100_000
_HTML: Final = frozenset({"text/html", "application/xhtml+xml"})
_SHOWN: Final = ("image/", "audio/", "video/")
_DOCUMENTS: Final = frozenset(
    {"application/pdf", "application/msword", "application/rtf", "application/vnd.ms-excel", "application/epub+zip"}
    | {"application/vnd.ms-powerpoint", "application/vnd.ms-outlook", "message/rfc822", "text/csv", "text/calendar"}
)
_DOCUMENT_STARTS: Final = ("application/vnd.openxmlformats-officedocument.", "application/vnd.oasis.opendocument.")
_VAGUE: Final = frozenset({"", "application/octet-stream", "binary/octet-stream", "unknown/unknown"})


class Sort(StrEnum):
    """What a record is to the archive."""

    PAGE = "page"
    SHOWN = "shown"
    """A picture, sound or film."""
    DOCUMENT = "document"
    REVISIT = "revisit"
    """It says that an answer was the same as an earlier one."""
    BROWSER = "browser"
    """What the capturing browser wrote down of a page: its text, its picture."""
    MADE = "made"
    """How the capture was made."""
    OTHER = "other"


_MADE: Final = ("warcinfo", "request", "metadata", "conversion", "continuation")
_BY_KIND: Final = dict.fromkeys(_MADE, Sort.MADE) | {"revisit": Sort.REVISIT}


@dataclass(frozen=True, slots=True)
class CaptureFile:
    """A WARC file: its name, and its bytes without compression as a seekable file."""

    name: str
    stream: BinaryIO


@dataclass(frozen=True)
class Opened:
    """A record with its file; what is read of its block is read when it is asked for."""

    place: int
    file: CaptureFile = field(repr=False)
    record: WarcRecord = field(repr=False)

    @cached_property
    def head(self) -> HttpHead | None:
        """The head of the HTTP answer that its block is, None where it is none."""
        if self.record.kind not in ("response", "revisit"):
            return None
        # most heads are short, and a whole block must not be read for one that is none
        for size in (1 << 12, LONGEST_HEAD):
            self.file.stream.seek(self.record.block_at)
            front = self.file.stream.read(min(size, self.record.length))
            found = read_head(front)
            if found is None or found.length < len(front) or len(front) == self.record.length:
                return found
        return found

    @cached_property
    def media_type(self) -> str:
        """What its body is, by the server's word, and by the first bytes where that says nothing."""
        head = self.head
        stated = head.media_type if head is not None else self._stated()
        if stated not in _VAGUE:
            return stated
        front = b""
        try:
            for piece in self.body(HEAD_BYTES):
                front += piece
                if len(front) >= HEAD_BYTES:
                    break
        except MemberBroken:
            pass
        found = detect(front)
        return "" if found.kind in (MediaKind.EMPTY, MediaKind.TEXT, MediaKind.UNKNOWN) else found.media_type

    def block(self) -> Iterator[bytes]:
        """Its block as it is stored."""
        return pieces_of(self.file.stream, self.record.block_at, self.record.length)

    def stored(self, most: int | None = None) -> Iterator[bytes]:
        """Its body as it is stored, or only the first bytes of it."""
        skipped = 0 if self.head is None else self.head.length
        size = max(self.record.length - skipped, 0)
        size = size if most is None else min(size, most)
        return pieces_of(self.file.stream, self.record.block_at + skipped, size)

    def body(self, most: int | None = None) -> Iterator[bytes]:
        """Its body without its codings; `most` bounds the stored bytes.

        Raises:
            MemberBroken: there is no more of it.
        """
        return body_of({} if self.head is None else self.head.fields, self.stored(most))

    def bounded_body(self, free: int, times: int) -> Iterator[bytes]:
        """As `body`, of at most `free` bytes or so many `times` what is stored.

        Raises:
            MemberBroken: there is no more of it, or too much.
        """
        left = max(free, times * self.record.length)
        for piece in self.body():
            left -= len(piece)
            if left < 0:
                raise MemberBroken("too much comes out of it for its size")
            yield piece

    def whole(self) -> bytes:
        """All bytes of the record: its fields and its block, without the line ends behind it."""
        return b"".join(pieces_of(self.file.stream, self.record.at, self.record.end - self.record.at))

    @cached_property
    def sort(self) -> Sort:
        """What it is to the archive."""
        kind = self.record.kind
        if kind in _BY_KIND:
            return _BY_KIND[kind]
        if kind == "resource" and self.record.target.startswith("urn:"):
            return Sort.BROWSER
        return self._sort_of_content() if self._is_answer(kind) else Sort.OTHER

    def _is_answer(self, kind: str) -> bool:
        """Whether it is what a server sent as what was asked for (RFC 9110 §15.3), or stands for that."""
        if not self.record.target.lower().startswith(("http:", "https:")):
            return False
        if kind == "response":
            return self.head is not None and 200 <= self.head.status < 300  # noqa: PLR2004 - RFC 9110
        return kind == "resource"

    def _sort_of_content(self) -> Sort:
        found = self.media_type
        if found in _HTML:
            return Sort.PAGE
        if found.startswith(_SHOWN):
            return Sort.SHOWN
        return Sort.DOCUMENT if found in _DOCUMENTS or found.startswith(_DOCUMENT_STARTS) else Sort.OTHER

    def _stated(self) -> str:
        return self.record.fields.get("content-type", "").partition(";")[0].strip().lower()


class Capture:
    """The records of some WARC files.

    Args:
        files: in the order in which they are read; at most `MOST_FILES`.
        lone: there is one, and where it holds no record there is no capture.
    """

    def __init__(self, files: Sequence[CaptureFile], *, lone: bool = False) -> None:
        self.files = tuple(files)
        self._lone = lone
        self._mended: dict[int, WarcRecord] = {}

    def walk(self) -> Iterator[Opened | Remark]:
        """All records of all files, and what is wrong with them.

        Raises:
            NoContainer: the only file is none.
            ContainerBroken: a file is damaged in too many places.
        """
        for number, file in enumerate(self.files):
            try:
                yield from self._walk(number, file)
            except NoContainer:
                if self._lone:
                    raise
                yield Remark(text="no record of it can be read", path=file.name, lost=None)
            if isinstance(file.stream, InflatedFile):
                yield from _of_compression(file)

    def _walk(self, number: int, file: CaptureFile) -> Iterator[Opened | Remark]:
        for found in records(file.stream):
            if isinstance(found, Remark):
                yield Remark(text=found.text, path=found.path or file.name, lost=found.lost)
                continue
            place = number << _FILE_SHIFT | found.at
            if found.shortfall:
                self._mended[place] = found
            yield Opened(place, file, found)

    def open(self, place: int) -> Opened:
        """The record at a place that `walk` gave.

        Raises:
            MemberBroken: it is not there any more.
        """
        file = self.files[place >> _FILE_SHIFT]
        record = self._mended.get(place) or record_at(file.stream, place & _OFFSET)
        if record is None:
            raise MemberBroken("it cannot be read again")
        return Opened(place, file, record)


def _of_compression(file: CaptureFile) -> Iterator[Remark]:
    assert isinstance(file.stream, InflatedFile)
    if file.stream.problem is not None:
        yield Remark(text=f"{file.stream.problem}; what came before was taken", path=file.name, lost=None)
    if file.stream.trailing:
        yield Remark(text="bytes behind the compressed data were passed over", path=file.name)
