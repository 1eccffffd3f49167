"""Mailbox files cut into messages (RFC 4155 appendix A; the variants of qmail's mbox(5); MMDF of mmdf(5)).

Rule kept: bytes are split at line starts and never parsed; the file is read in blocks and at most one message is in
memory. The bytes of a message are what stands between its ``From `` line and the empty line before the next one.

Where a message begins: at a line of a separator's form (`mbox_lines`) at the start of the file or after an empty line;
after any other line only if a header block follows it, since some programs write no empty line, and then the message
says so. A body line that imitates all of this cannot be told from a separator by anybody but a Content-Length (mboxcl,
mboxcl2). That is believed while every message so far, the first included, had one that lands on a separator or on the
end of the file: the first that is missing or wrong ends belief for the rest of the file, so that a field which a
sender wrote cannot hide the messages after his own; the first message's is believed to pass over what looks like
others only if the one behind it lands, too. What it lets pass is said.

Quoting: one ``>`` is taken from every line that matches ``^>+From `` (mboxrd; the same as mboxo for all but lines
that were quoted twice, and no file says which it is). Where the file holds a body line that begins with ``From ``, its
writer quotes nothing (mboxcl2, Thunderbird, Eudora), and the bytes are given as they stand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Final

from ingest.formats.mbox_lines import (
    MAX_HEADER,
    MAX_SEPARATOR,
    MMDF,
    MboxMessage,
    declared_end,
    has_fields,
    holds_separator,
    is_bare,
    is_patch_line,
    is_quoted,
    is_separator,
    landing,
    unquoted,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CUT_SHORT", "FOREIGN_START", "MboxMessage", "is_separator", "split_mbox"]

BLOCK: Final = 1 << 20
MAX_MESSAGE: Final = 256 * 1024 * 1024
CUT_SHORT: Final = "the mailbox ends inside a line; it may have been cut short"
FOREIGN_START: Final = "bytes before the first separator line"
NO_EMPTY_LINE: Final = "no empty line stands before it; it was cut there because a header block follows"
PASSED_OVER: Final = "it holds what looks like the begin of another message; by its length that is its own text"
_LINE_FEED: Final = 0x0A
_HEAD: Final = 4096  # bytes of a header block that are looked at
_CANDIDATE: Final = b"\nFrom "
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def split_mbox(source: BinaryIO, *, max_message: int = MAX_MESSAGE, block: int = BLOCK) -> Iterator[MboxMessage]:
    """The messages of a mailbox file, in order, each once.

    Args:
        source: a file object open for reading bytes, at its start. Where it cannot seek, lengths are not believed
            and lines count as quoted.
        max_message: bytes above which a message is not given but reported in `problem`.
        block: bytes read at once.

    Raises:
        OSError: the file cannot be read.
    """
    return _Splitter(source, max_message, block).messages()


class _Splitter:
    """Reads blocks into a buffer that begins with the current message; `base` is the buffer's offset in the file.

    `quotes` is whether the writer of the file quotes; None where that is found out when it first matters.
    """

    def __init__(self, source: BinaryIO, max_message: int, block: int, *, quotes: bool | None = None) -> None:
        self._source = source
        self._max = max_message
        self._block = block
        self._buffer = bytearray()
        self._base = 0
        self._at_end = False
        self._skipped = 0
        self._patches: bool | None = None  # whether patch lines separate: told by the first line of the file
        self._believes = source.seekable()
        self._quotes = quotes if source.seekable() else True
        self._lacks_empty_line = False

    def messages(self) -> Iterator[MboxMessage]:
        self._fill()
        self._ensure(MAX_SEPARATOR)
        if self._buffer.startswith(MMDF):
            yield from self._enclosed()
            return
        start = len(_BYTE_ORDER_MARK) if self._buffer.startswith(_BYTE_ORDER_MARK) else 0
        body = self._body_after(start)
        number = 1 if body > start else 0
        self._drop(start)
        body -= start
        while True:
            offset, remark = self._base, NO_EMPTY_LINE if self._lacks_empty_line else None
            self._lacks_empty_line = False
            declared = self._declared(body) if number else None
            found, length = declared or self._next_separator(body)
            content = bytes(memoryview(self._buffer)[body : body + length])
            if declared is not None and holds_separator(content):
                remark = PASSED_OVER
                if number == 1 and not self._is_borne_out(found):
                    self._believes, remark = False, None
                    found, length = self._next_separator(body)
                    content = bytes(memoryview(self._buffer)[body : body + length])
            yield from self._message(number, offset, content, remark, last=found < 0)
            if found < 0:
                return
            number += 1
            body = self._body_after(found) - found
            self._drop(found)

    def _message(
        self, number: int, offset: int, content: bytes, problem: str | None, *, last: bool
    ) -> Iterator[MboxMessage]:
        skipped, self._skipped = self._skipped, 0
        if skipped or len(content) > self._max:
            problem = f"larger than {self._max} bytes; it was passed over"
            content = b""
        elif number == 0:
            if not content.strip():
                return  # an empty file, or empty lines before the first separator
            problem = FOREIGN_START
        elif last and content and not content.endswith(b"\n"):
            problem = CUT_SHORT
        if is_quoted(content) and self._file_quotes():
            content = unquoted(content)
        yield MboxMessage(number=number, offset=offset, raw=content, problem=problem)

    def _file_quotes(self) -> bool:
        """Whether the writer of the file quotes: no message of it holds a bare line. Reads the file once, at most."""
        if self._quotes is None:
            place = self._source.tell()
            self._source.seek(0)
            survey = _Splitter(self._source, self._max, self._block, quotes=False)
            self._quotes = not any(is_bare(one.raw) for one in survey.messages() if one.number)
            self._source.seek(place)
        return self._quotes

    def _fill(self) -> None:
        chunk = self._source.read(self._block)
        self._at_end = not chunk
        self._buffer += chunk

    def _ensure(self, count: int) -> None:
        while not self._at_end and len(self._buffer) < count:
            self._fill()

    def _drop(self, count: int) -> None:
        del self._buffer[:count]
        self._base += count

    def _body_after(self, start: int) -> int:
        """The offset after the separator line at `start`; `start` itself where none stands there."""
        end = self._buffer.find(b"\n", start, start + MAX_SEPARATOR)
        line = bytes(self._buffer[start : end + 1]) if end >= 0 else b""
        patch = is_patch_line(line)
        if self._patches is None:
            self._patches = patch
        return end + 1 if is_separator(line) and (self._patches or not patch) else start

    def _declared(self, body: int) -> tuple[int, int] | None:
        """As `_next_separator`, by the message's own Content-Length; None where that is not believed."""
        if not self._believes:
            return None
        while (end := declared_end(self._buffer, body)) is None and len(self._buffer) < body + MAX_HEADER:
            if self._at_end or self._has_header(body):
                break
            self._fill()
        self._believes = False
        if end is None or end - body > self._max:
            return None
        after_line, tail = self._peek(end)
        blank = None if tail is None else landing(tail, after_line=after_line)
        if blank is None:
            return None
        self._believes = True
        self._ensure(end + blank + MAX_SEPARATOR)
        found = end + blank
        if found >= len(self._buffer):
            return -1, self._without_empty_line(body, len(self._buffer))
        length = self._before(body, found)
        return found, length if length >= 0 else found - body

    def _is_borne_out(self, found: int) -> bool:
        """Whether the message behind the first one has a length that lands, too: a sender can write that of his own."""
        return found >= 0 and self._declared(self._body_after(found)) is not None

    def _has_header(self, body: int) -> bool:
        return any(self._buffer.find(blank, max(body - 1, 0)) >= 0 for blank in (b"\n\n", b"\n\r\n"))

    def _peek(self, place: int) -> tuple[bool, bytes | None]:
        """Whether a line begins at an offset of the buffer, and what follows there, read from the file if need be."""
        if place + MAX_SEPARATOR <= len(self._buffer) or self._at_end:
            if place > len(self._buffer):
                return False, None
            return self._buffer[place - 1] == _LINE_FEED, bytes(self._buffer[place : place + MAX_SEPARATOR])
        here = self._source.tell()
        self._source.seek(self._base + place - 1)
        found = self._source.read(MAX_SEPARATOR + 1)
        self._source.seek(here)
        return found[:1] == b"\n", found[1:] if found else None

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
            after = self._body_after(found + 1)
            if after > found + 1:
                length = self._before(body, found + 1)
                if length >= 0:
                    return found + 1, length
                if has_fields(bytes(self._buffer[after : after + _HEAD])):
                    self._lacks_empty_line = True
                    return found + 1, found + 1 - body
            place = found + 1

    def _incomplete(self, start: int) -> bool:
        """Whether more of the file is needed to see the whole line at `start` and the lines after it."""
        if self._at_end or len(self._buffer) - start >= MAX_SEPARATOR + _HEAD:
            return False
        end = self._buffer.find(b"\n", start)
        return end < 0 or is_separator(bytes(self._buffer[start : end + 1]))

    def _forget(self, body: int, place: int) -> int:
        """Drop the bytes of a message that is too large, up to `place`; the two bytes before stay for the check."""
        if place - body <= self._max and not self._skipped:
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

    def _enclosed(self) -> Iterator[MboxMessage]:
        """The messages of an MMDF file: each between two lines of four control-A, its bytes as they stand."""
        number, place = 0, 0
        self._quotes = False
        while True:
            found = self._buffer.find(MMDF, place)
            if found < 0 and not self._at_end:
                place = max(len(self._buffer) - len(MMDF), 0)
                place -= self._forget(0, place)
                self._fill()
                continue
            content = bytes(self._buffer[: found if found >= 0 else len(self._buffer)])
            if content or self._skipped:
                number += 1
                yield from self._message(number, self._base, content, None, last=found < 0)
            if found < 0:
                return
            self._drop(found + len(MMDF))
            place = 0
