"""The lines that mailbox files are cut at, and what is believed of them (RFC 4155 appendix A; qmail's mbox(5)).

Rule kept: pure, linear, and no parse: a line is judged by its form, a header block by whether its first lines are
fields that mail has. What a separator line looks like: ``From``, a sender without spaces (or a quoted one), then a
weekday, a month, a day, a time and a year. Mozilla's bare ``From -`` and the bare ``From <number>@xxx`` of Google's
exports pass without a date. The fixed line with which ``git format-patch`` begins a patch is told apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

MAX_SEPARATOR: Final = 1024
MAX_HEADER: Final = 256 * 1024
MMDF: Final = b"\x01\x01\x01\x01\n"
_MAX_LINES: Final = 60

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
_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,12})[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)
_HEADER_END = re.compile(rb"\n\r?\n")
_FIELD_LINE = re.compile(rb"([!-9;-~]{1,100})[ \t]*:")
_KNOWN_FIELDS: Final = frozenset(
    b"from to cc bcc subject date sender reply-to message-id received return-path delivered-to mime-version "
    b"content-type x-original-to dkim-signature arc-seal x-mozilla-status in-reply-to references resent-from "
    b"list-id status x-received x-uidl x-gm-thrid x-gmail-labels x-keywords x-account-key".split()
)
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_BLANK_LINES = re.compile(rb"(?:\r?\n){0,2}")


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


def is_patch_line(line: bytes) -> bool:
    """Whether the line is the one that begins each patch in a file of patches."""
    return _PATCH.match(line) is not None


def has_fields(head: bytes) -> bool:
    """Whether the bytes after a separator begin with a header block: two fields that mail has, before any other line.

    Bytes that end inside of the block are judged by what is there.
    """
    known = 0
    for number, line in enumerate(head.split(b"\n", _MAX_LINES)):
        if line[:1] in (b" ", b"\t") and number:
            continue
        match = _FIELD_LINE.match(line)
        if match is None:
            return known > 1
        known += match[1].lower() in _KNOWN_FIELDS
    return known > 1


def declared_end(message: bytes | bytearray, start: int) -> int | None:
    """Where the message that begins at `start` ends by its own Content-Length; None where it declares none, or two.

    The field is that of System V mailboxes: bytes after the empty line that ends the header block.
    """
    end = _HEADER_END.search(message, max(start - 1, 0), start + MAX_HEADER)
    if end is None:
        return None
    found = {int(one[1]) for one in _LENGTH.finditer(message, start, end.end())}
    return end.end() + found.pop() if len(found) == 1 else None


def landing(tail: bytes, *, after_line: bool) -> int | None:
    """How many bytes of empty lines stand before a separator line, or before the end of the file, in `tail`.

    None where something else stands there. `after_line` is whether `tail` begins at the start of a line.
    """
    blank = _BLANK_LINES.match(tail)
    assert blank is not None
    rest = tail[blank.end() :]
    if not rest:
        return blank.end()
    line = rest[: rest.find(b"\n") + 1]
    if not line or not (after_line or blank.end()) or not is_separator(line) or is_patch_line(line):
        return None
    return blank.end()


def is_quoted(content: bytes) -> bool:
    """Whether a line of the message looks quoted."""
    return content.startswith(b">From ") or b"\n>From " in content or b">>From " in content


def is_bare(content: bytes) -> bool:
    """Whether a line of the message begins with ``From `` as it stands, which no writer that quotes lets through."""
    return content.startswith(b"From ") or b"\nFrom " in content


def unquoted(content: bytes) -> bytes:
    """The message with one ``>`` less before every quoted ``From ``."""
    return _QUOTED.sub(rb"\1", content)


def holds_separator(content: bytes) -> bool:
    """Whether a line inside of a message looks like the begin of another: a separator and then a header block."""
    place = content.find(b"\nFrom ")
    while place >= 0:
        end = content.find(b"\n", place + 1, place + 1 + MAX_SEPARATOR)
        if end >= 0 and is_separator(content[place + 1 : end + 1]) and has_fields(content[end + 1 : end + 4096]):
            return True
        place = content.find(b"\nFrom ", place + 1)
    return False
