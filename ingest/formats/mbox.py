"""Mailbox files cut into messages (RFC 4155 appendix A; the mboxrd quoting of qmail's mbox(5)).

Rule kept: bytes are split at line starts and never parsed, because this runs outside of the sandbox; the file is
read in blocks and at most one message is in memory. The bytes of a message are what stands between its ``From ``
line and the empty line before the next one, with one ``>`` taken from every line that matches ``^>+From ``.

A line begins a message only where it stands at the start of the file or after an empty line, *and* looks like a
separator: ``From``, a sender without spaces (or a quoted one), then a weekday, a month, a day, a time and a year.
Mozilla's bare ``From -`` and the bare ``From <number>@xxx`` of Google's exports pass without a date. Place and form
are both asked because mailboxes written without quoting hold body lines that begin with ``From ``; a body line that
imitates all of this after an empty line cannot be told from a separator by anybody. The fixed line with which
``git format-patch`` begins a patch separates only in files that begin with one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = 1 << 20
MAX_MESSAGE = 256 * 1024 * 1024
MAX_SEPARATOR = 1024
_LINE_FEED = 0x0A
CUT_SHORT = "the mailbox ends inside a line; it may have been cut short"
FOREIGN_START = "bytes before the first separator line"

_SEPARATOR = re.compile(
    rb'From +(?:[^\s"]+|"[^"\r\n]*"[^\s"]*|) *'
    rb"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +"
    rb"(?:(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d{1,2}|"
    rb"\d{1,2} +(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d{4}) +"
    rb"\d{1,2}:\d{2}(?::\d{2})?[^\r\n]*)\r?\n"
)
_UNDATED = re.compile(rb"From +(?:-|\d{10,25}@xxx)[ \t]*\r?\n")
_PATCH = re.compile(rb"From [0-9a-f]{40,64} Mon Sep 17 00:00:00 2001\r?\n")
_YEAR = re.compile(rb"[ ,](?:19|20|21)\d\d(?!\d)")
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_CANDIDATE = b"\nFrom "
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class MboxMessage:
    """One message: its ordinal from 1, the offset in bytes of its separator line, and its bytes without quoting.

    `problem` is a reason for people: where it stands beside `raw`, the bytes are all that is there; where `raw`
    is empty and the message was too large, the bytes were passed over. Ordinal 0 are bytes before the first
    separator line.
    """

    number: int
    offset: int
    raw: bytes = field(repr=False)
    problem: str | None = None


def is_separator(line: bytes) -> bool:
    """Whether the line (with its line end) looks like a real ``From `` line."""
    if len(line) > MAX_SEPARATOR:
        return False
    dated = _SEPARATOR.match(line) is not None and _YEAR.search(line) is not None
    return dated or _UNDATED.fullmatch(line) is not None


def split_mbox(source: BinaryIO, *, max_message: int = MAX_MESSAGE, block: int = BLOCK) -> Iterator[MboxMessage]:
    """The messages of a mailbox file, in order, each once.

    Args:
        source: a file object open for reading bytes, at its start.
        max_message: bytes above which a message is not given but reported in `problem`.
        block: bytes read at once.

    Raises:
        OSError: the file cannot be read.
    """
    return _Splitter(source, max_message, block).messages()


class _Splitter:
    """Reads blocks into a buffer that begins with the current message; `base` is the buffer's offset in the file."""

    def __init__(self, source: BinaryIO, max_message: int, block: int) -> None:
        self._read = source.read
        self._max = max_message
        self._block = block
        self._buffer = bytearray()
        self._base = 0
        self._at_end = False
        self._skipped = 0
        self._patches: bool | None = None  # whether patch lines separate: told by the first line of the file

    def messages(self) -> Iterator[MboxMessage]:
        self._fill()
        start = 0
        if self._buffer.startswith(_BYTE_ORDER_MARK):
            start = len(_BYTE_ORDER_MARK)
        while not self._at_end and len(self._buffer) < MAX_SEPARATOR + start:
            self._fill()
        body = self._body_after(start)
        number = 1 if body > start else 0
        self._drop(start)
        body -= start
        while True:
            offset = self._base
            found, body_length = self._next_separator(body)
            content = bytes(memoryview(self._buffer)[body : body + body_length])
            yield from self._message(number, offset, content, last=found < 0)
            if found < 0:
                return
            number += 1
            body = self._body_after(found) - found
            self._drop(found)

    def _message(self, number: int, offset: int, content: bytes, *, last: bool) -> Iterator[MboxMessage]:
        skipped, self._skipped = self._skipped, 0
        problem = None
        if skipped or len(content) > self._max:
            problem = f"larger than {self._max} bytes; it was passed over"
            content = b""
        elif number == 0:
            if not content.strip():
                return  # an empty file, or empty lines before the first separator
            problem = FOREIGN_START
        elif last and content and not content.endswith(b"\n"):
            problem = CUT_SHORT
        if b">From " in content:
            content = _QUOTED.sub(rb"\1", content)
        yield MboxMessage(number=number, offset=offset, raw=content, problem=problem)

    def _fill(self) -> None:
        chunk = self._read(self._block)
        self._at_end = not chunk
        self._buffer += chunk

    def _drop(self, count: int) -> None:
        del self._buffer[:count]
        self._base += count

    def _body_after(self, start: int) -> int:
        """The offset after the separator line at `start`; `start` itself where none stands there."""
        end = self._buffer.find(b"\n", start, start + MAX_SEPARATOR)
        line = bytes(self._buffer[start : end + 1]) if end >= 0 else b""
        patch = _PATCH.match(line) is not None
        if self._patches is None:
            self._patches = patch
        return end + 1 if is_separator(line) and (self._patches or not patch) else start

    def _next_separator(self, body: int) -> tuple[int, int]:
        """The offset of the next separator (-1 at the end of the file) and the length of the body before it."""
        place = max(body - 1, 0)
        while True:
            found = self._buffer.find(_CANDIDATE, place)
            if found < 0 or self._incomplete(found + 1):
                place = found if found >= 0 else max(len(self._buffer) - len(_CANDIDATE) + 1, place)
                if self._at_end:
                    return -1, self._without_empty_line(body, len(self._buffer))
                place -= self._forget(body, place)
                self._fill()
                continue
            length = self._before(body, found + 1)
            if length >= 0 and self._body_after(found + 1) > found + 1:
                return found + 1, length
            place = found + 1

    def _incomplete(self, start: int) -> bool:
        """Whether more of the file is needed to see the whole line at `start`."""
        if self._at_end or len(self._buffer) - start >= MAX_SEPARATOR:
            return False
        return self._buffer.find(b"\n", start) < 0

    def _forget(self, body: int, place: int) -> int:
        """Drop the bytes of a message that is too large, up to `place`; the two bytes before stay for the check."""
        if len(self._buffer) - body <= self._max and not self._skipped:
            return 0
        drop = max(place - 2 - body, 0)
        del self._buffer[body : body + drop]
        self._base += drop
        self._skipped += drop
        return drop

    def _before(self, body: int, start: int) -> int:
        """Length of the body that ends with an empty line before `start`; -1 where no empty line stands there."""
        for blank in (b"\n", b"\r\n"):
            begin = start - len(blank)
            ends_line = begin == body or (begin > body and self._buffer[begin - 1] == _LINE_FEED)
            if ends_line and self._buffer.startswith(blank, begin):
                return begin - body
        return -1

    def _without_empty_line(self, body: int, end: int) -> int:
        length = self._before(body, end)
        return length if length >= 0 else end - body
