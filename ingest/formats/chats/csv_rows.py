r"""Rows of a comma-separated file, each with its exact bytes; streaming, total on hostile input.

Rule kept: RFC 4180 where the file keeps it (line feeds and doubled quotes inside quotes), and where it does not, no row
disappears: a quote inside an unquoted cell is a character, a quote that is never closed ends its row at the limit (of
bytes, or of 50,000 lines), and then each line under it is a row of its own with a `problem`. Linear in time.

Encodings: a byte order mark decides; UTF-16 without one is known by its zeros; everything else is read line by line
as UTF-8 and, where a line is not that, as Windows-1252, because platforms join parts of different origin in one file.
A NUL and a lone surrogate become U+FFFD.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO, Final

from ingest.formats.charsets import decode, storable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MAX_ROW: Final = 16 << 20
_CHUNK: Final = 1 << 16
_DELIMITERS: Final = ",;\t|"
_SNIFFED_ROWS: Final = 30
_MOST_LINES: Final = 50_000
_UTF_16_LITTLE: Final = re.compile(rb"(?s:..)*?\n\x00")
_UTF_16_BIG: Final = re.compile(rb"(?s:..)*?\x00\n")
_CARRIAGE: Final = "\ufdd0"  # a noncharacter: stands for a lone CR, which the csv module takes for the end of a row
UNCLOSED: Final = "a quote is opened in this row and never closed"
TOO_LARGE: Final = "this row is larger than is read"
CUT: Final = "the file ends inside a quoted cell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: its place (from 1, blank lines not counted), its cells, its bytes without the line end.

    `problem` says what is wrong with it, without content; a row that is too large has no cells and no bytes.
    """

    number: int
    cells: list[str]
    raw: bytes = field(repr=False)
    problem: str | None = None


class _Overrun(Exception):
    """Raised inside: the row that is being read has grown over the limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Encoding:
    """How lines are found and read; `unit_line` finds a line of two-byte units, and is None for single bytes."""

    line_end: bytes
    unit_line: re.Pattern[bytes] | None
    text: Callable[[bytes], str]

    def trimmed(self, line: bytes) -> bytes:
        """A line without its end: one CR LF, LF or CR."""
        if self.unit_line is None:
            return line.removesuffix(self.line_end).removesuffix(b"\r")
        end = line[-2:]
        if end not in (b"\n\x00", b"\x00\n"):
            return line
        return line[:-2].removesuffix(b"\r\x00" if end == b"\n\x00" else b"\x00\r")


def rows(
    stream: BinaryIO,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    backslashes: bool = False,
    limit: int = MAX_ROW,
) -> Iterator[Row]:
    """All rows in order; the header row, if there is one, is the first of them.

    Args:
        stream: read forward once, from where it stands.
        delimiter: one character; None takes what fits the first rows best of comma, semicolon, tab and bar.
        encoding: a label such as "cp1252"; None decides as the module says.
        backslashes: a quote inside quotes may be written with a backslash before it, too.
        limit: bytes of one row.

    Raises:
        MemberBroken: whatever `stream.read` raises, after all rows before it.
    """
    csv.field_size_limit(max(limit, csv.field_size_limit()))  # one setting for the whole program: never lowered
    head = stream.read(_CHUNK)
    known = _encoding(head, encoding)
    if backslashes:
        as_written = known.text
        known = replace(known, text=lambda raw: as_written(raw).replace('\\"', '""'))
    if delimiter is None:
        delimiter = _sniffed(head, known)
    lines = _lines(head, stream, known, limit)
    for number, (cells, raw, problem) in enumerate(_split(lines, known, delimiter, limit), 1):
        yield Row(number=number, cells=cells, raw=raw, problem=problem)


def _encoding(head: bytes, label: str | None) -> _Encoding:
    if label is None:
        if head.startswith(b"\xff\xfe") or _zeros(head, 1):
            label = "utf-16-le"
        elif head.startswith(b"\xfe\xff") or _zeros(head, 0):
            label = "utf-16-be"
    wide = (label or "").lower().replace("_", "-").replace("utf16", "utf-16")
    if wide.startswith("utf-16"):
        big = wide.endswith("be") or (wide == "utf-16" and head.startswith(b"\xfe\xff"))
        codec = "utf-16-be" if big else "utf-16-le"

        def text(raw: bytes) -> str:
            return storable(raw.decode(codec, "replace"))

        return _Encoding(line_end=b"", unit_line=_UTF_16_BIG if big else _UTF_16_LITTLE, text=text)
    old_mac = b"\r" in head and b"\n" not in head
    return _Encoding(line_end=b"\r" if old_mac else b"\n", unit_line=None, text=lambda raw: decode(raw, label))


def _zeros(head: bytes, offset: int) -> bool:
    """Whether ASCII stands there in units of two bytes, the zeros at `offset`."""
    sample = head[:64]
    return len(sample) >= 8 and not any(sample[offset::2]) and all(sample[1 - offset :: 2])  # noqa: PLR2004 - four units


def _lines(head: bytes, stream: BinaryIO, known: _Encoding, limit: int) -> Iterator[bytes | None]:
    """Physical lines with their ends; None for one that is larger than `limit`, of which nothing is kept."""
    rest: list[bytes] = []
    size = 0
    for chunk in _aligned(head, stream, 1 if known.unit_line is None else 2):
        *whole, last = _cut(chunk, known)
        for line in whole:
            if size + len(line) > limit:
                yield None
            elif rest:
                yield b"".join((*rest, line))
            else:
                yield line
            rest, size = [], 0
        size += len(last)
        if size > limit:
            rest = []
        elif last:
            rest.append(last)
    if size > limit:
        yield None
    elif rest:
        yield b"".join(rest)


def _aligned(head: bytes, stream: BinaryIO, width: int) -> Iterator[bytes]:
    """The file in chunks of whole units; the last may have half a unit."""
    over = b""
    chunk = head
    while chunk:
        chunk = over + chunk
        over = chunk[len(chunk) - len(chunk) % width :]
        yield chunk[: len(chunk) - len(over)]
        chunk = stream.read(_CHUNK)
    if over:
        yield over


def _cut(chunk: bytes, known: _Encoding) -> list[bytes]:
    """A chunk at its line ends, which stay; the last piece has none and may be empty."""
    if known.unit_line is None:
        *whole, last = chunk.split(known.line_end)
        return [*(piece + known.line_end for piece in whole), last]
    found = []
    place = 0
    while match := known.unit_line.match(chunk, place):
        found.append(match[0])
        place = match.end()
    return [*found, chunk[place:]]


def _split(
    lines: Iterator[bytes | None], known: _Encoding, delimiter: str, limit: int
) -> Iterator[tuple[list[str], bytes, str | None]]:
    first = True
    for line in lines:
        if line is None:
            yield [], b"", TOO_LARGE
            continue
        text = known.text(line)
        if first:
            text, first = text.removeprefix("\ufeff"), False
        bare = text.rstrip("\r\n")
        if not bare:
            continue
        if '"' not in bare:
            yield bare.split(delimiter), known.trimmed(line), None
            continue
        yield from _quoted(line, text, lines, known, delimiter, limit)


def _quoted(
    line: bytes, text: str, lines: Iterator[bytes | None], known: _Encoding, delimiter: str, limit: int
) -> Iterator[tuple[list[str], bytes, str | None]]:
    """The row that begins with this line and takes as many further lines as its quotes span."""
    taken: list[tuple[bytes, str]] = [(line, text)]
    ended = False
    lost = False

    def further() -> Iterator[str]:
        nonlocal ended, lost
        size = len(line)
        for more in lines:
            if more is None:
                lost = True
                raise _Overrun
            size += len(more)
            taken.append((more, known.text(more)))
            if size > limit or len(taken) > _MOST_LINES:
                raise _Overrun
            yield _shielded(taken[-1][1])
        ended = True

    try:
        cells = next(csv.reader(chain((_shielded(text),), further()), delimiter=delimiter), [])
    except (_Overrun, csv.Error):
        # What was gathered under the quote is given line by line and never gathered again: linear.
        for raw, own in taken:
            yield _alone(own, delimiter), known.trimmed(raw), UNCLOSED
        if lost:
            yield [], b"", TOO_LARGE
        return
    raw = b"".join(raw for raw, _ in taken)
    if any(_CARRIAGE in cell for cell in cells):
        cells = [cell.replace(_CARRIAGE, "\r") for cell in cells]
    # The csv module closes an open quote in silence at the end of the file.
    yield cells, known.trimmed(raw), CUT if ended else None


def _shielded(text: str) -> str:
    bare = text.rstrip("\r\n")
    return bare.replace("\r", _CARRIAGE) + text[len(bare) :] if "\r" in bare else text


def _alone(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader((_shielded(text.rstrip("\r\n")),), delimiter=delimiter), [])
    except csv.Error:
        return text.rstrip("\r\n").split(delimiter)


def _sniffed(head: bytes, known: _Encoding) -> str:
    """The delimiter under which most of the first rows have the same number of cells, more than one."""
    sample = _cut(head[: len(head) - len(head) % 2], known)
    texts = [known.text(line) for line in sample[:_SNIFFED_ROWS]]
    best, best_score = _DELIMITERS[0], (0, 0)
    for delimiter in _DELIMITERS:
        counts = _cell_counts(texts, delimiter)
        wide = [count for count in counts if count > 1]
        if not wide:
            continue
        usual = max(set(wide), key=lambda count: (wide.count(count), count))
        score = (wide.count(usual), usual)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _cell_counts(texts: Iterable[str], delimiter: str) -> list[int]:
    try:
        return [len(cells) for cells in csv.reader(map(_shielded, texts), delimiter=delimiter) if cells]
    except csv.Error:
        return [text.count(delimiter) + 1 for text in texts]
