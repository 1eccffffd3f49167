"""The parts of a message (RFC 2046 §5), found by an iterative walk over byte ranges of the original.

Rule kept: no recursion and no copying on hostile structure; depth, number of parts and the work for each are
bounded, and what lies beyond a bound becomes one leaf with a remark, so that nothing disappears unsaid. Parts
are numbered as IMAP numbers them (RFC 3501 §6.4.5): ``2.1`` is the first part of the second part; the body of
a message that is no multipart is ``1``.

Text before the first and after the last boundary, which RFC 2046 lets readers drop, is kept as a leaf of its own
with ``-`` or ``+`` after the number, unless it is the usual remark about MIME: messages cut by a premature closing
boundary or extended by a list server have it there.

An enclosing boundary ends inner parts whatever they declare, and a missing last boundary ends with its parent.
A message/rfc822 part in base64 or quoted-printable is against RFC 2046 §5.2.1 and common: it is decoded and
walked in a buffer of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ingest.formats.detect import HEAD_BYTES, looks_like_message
from ingest.formats.headers import ContentFields, Headers, content_fields, read_block
from ingest.formats.transfer import undo

MAX_DEPTH = 40
MAX_PARTS = 1000
MAX_DECODED_MESSAGES = 64 * 1024 * 1024
_NUMBERS_LIMIT = f"more than {MAX_PARTS} parts; the rest was not read"
_DEPTH_LIMIT = f"parts nested deeper than {MAX_DEPTH}; what lies deeper was not read"
_LOST_BOUNDARY = re.compile(rb"(?:\A|\n)--([^\s-][^\r\n]{0,68}[^\s]|[^\s-])[ \t]*\r?\n(?=[!-9;-~]+:)")
_BLANK_BEFORE = re.compile(rb"(?:[ \t]*\r?\n)+(?=[!-9;-~]+[ \t]*:)")  # careless exports begin with empty lines
_MAX_BLANK = 64 * 1024
_MIME_REMARK = re.compile(rb"mime|multi-?part", re.IGNORECASE)
_MAX_REMARK = 600
_FILE_TYPES = frozenset({"application/octet-stream", "text/plain", "application/x-eml", "application/eml"})
STRAY = ContentFields(media_type="text/plain", declared=False)
_ENCODINGS = frozenset({"base64", "quoted-printable"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One leaf or message of the tree.

    `path` is its section number, `message` the path of the message that holds it ("" for the carrier),
    `alternative` the path of the nearest multipart/alternative around it, `report` whether a multipart/report
    (RFC 6522) is around it. Its bytes are ``buffer[start:end]``, still encoded.
    """

    path: str
    fields: ContentFields
    headers: Headers
    buffer: bytes = field(repr=False)
    start: int
    end: int
    depth: int
    message: str = ""
    alternative: str | None = None
    report: bool = False
    related: bool = False
    unread: bool = False

    def encoded(self) -> bytes:
        """The bytes of the body as they stand in the message."""
        return self.buffer[self.start : self.end]

    def decoded(self) -> tuple[bytes, str | None]:
        """The bytes with their transfer encoding undone, and a remark where it did not fit."""
        return undo(self.encoded(), self.fields.encoding)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """All leaves and enclosed messages in the order of the message; `outer` are the carrier's own headers.

    `inner` are the headers of enclosed messages by section number, `remarks` say what was unusual, `limits` what
    was not read because of a bound.
    """

    outer: Headers
    fields: ContentFields
    parts: tuple[Part, ...]
    inner: dict[str, Headers]
    remarks: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()


@dataclass(slots=True)
class _Walk:
    stack: list[tuple[Part, str]]
    parts: list[Part] = field(default_factory=list)
    inner: dict[str, Headers] = field(default_factory=dict)
    remarks: dict[str, None] = field(default_factory=dict)
    limits: dict[str, None] = field(default_factory=dict)
    count: int = 1
    decoded: int = 0


def walk(raw: bytes) -> Tree:
    """Find every part of `raw`; total and deterministic for any bytes."""
    if b"\n" not in raw[:65536] and b"\r" in raw[:65536]:
        raw = raw.replace(b"\r", b"\n")  # line ends of old Macintosh systems; offsets stay the same
    blank = _BLANK_BEFORE.match(raw, 0, _MAX_BLANK)
    outer = read_block(raw, blank.end() if blank is not None else 0)
    root_fields = content_fields(outer)
    root = Part(path="", fields=root_fields, headers=outer, buffer=raw, start=outer.end, end=len(raw), depth=0)
    state = _Walk([(root, "")])
    while state.stack:
        part, prefix = state.stack.pop()
        _visit(part, prefix, state)
    return Tree(
        outer=outer,
        fields=root_fields,
        parts=tuple(state.parts),
        inner=state.inner,
        remarks=tuple(state.remarks),
        limits=tuple(state.limits),
    )


def is_message(part: Part) -> bool:
    """Whether the part encloses a message (RFC 2046 §5.2.1, RFC 6532 §3.7), or a file ``.eml`` that begins like one."""
    fields = part.fields
    if fields.media_type in ("message/rfc822", "message/global"):
        return True
    if fields.name is None or not fields.name.lower().endswith(".eml") or fields.media_type not in _FILE_TYPES:
        return False
    head = part.buffer[part.start : min(part.end, part.start + 2 * HEAD_BYTES)]
    return looks_like_message(undo(head, fields.encoding)[0][:HEAD_BYTES])


def _visit(part: Part, prefix: str, state: _Walk) -> None:
    """Take one part from the stack: a container puts its children there, anything else is a leaf.

    `prefix` is the section prefix for children; it differs from the path for the body of a message.
    """
    multipart = part.fields.media_type.startswith("multipart/")
    if not multipart and not is_message(part):
        state.parts.append(_numbered(part))
    elif part.depth >= MAX_DEPTH:
        state.limits[_DEPTH_LIMIT] = None
        state.parts.append(_numbered(part, unread=True))
    elif multipart:
        _open_multipart(part, prefix, state)
    else:
        _open_message(part, state)


def _numbered(part: Part, *, unread: bool = False) -> Part:
    """The part under its own number; the body of a message never shares the number of the message."""
    path = f"{part.path}.1" if part.message and part.path == part.message else part.path or "1"
    return part if path == part.path and not unread else _changed(part, path=path, unread=unread)


def _changed(part: Part, *, path: str, unread: bool = False, media_type: str | None = None) -> Part:
    fields = part.fields
    if media_type is not None:
        fields = ContentFields(
            media_type=media_type, charset=fields.charset, encoding=fields.encoding, name=fields.name
        )
    return Part(
        path=path, fields=fields, headers=part.headers, buffer=part.buffer, start=part.start, end=part.end,
        depth=part.depth, message=part.message, alternative=part.alternative, report=part.report,
        related=part.related, unread=unread,
    )  # fmt: skip


def _open_multipart(part: Part, prefix: str, state: _Walk) -> None:
    if state.count > MAX_PARTS:
        state.parts.append(_numbered(part, unread=True))
        return
    ranges, around = _cut(part, state)
    if not ranges:
        state.remarks["a multipart without parts was read as text"] = None
        state.parts.append(_changed(part, path=_numbered(part).path, media_type="text/plain"))
        return
    kind = part.fields.media_type
    default = "message/rfc822" if kind == "multipart/digest" else "text/plain"
    children = [(_stray(part, prefix, sign, around[sign]), "") for sign in around if sign == "-"]
    for number, (start, end) in enumerate(ranges, start=1):
        headers = read_block(part.buffer, start, end)
        path = f"{prefix}.{number}" if prefix else str(number)
        child = Part(
            path=path,
            fields=content_fields(headers, default),
            headers=headers,
            buffer=part.buffer,
            start=min(headers.end, end),
            end=end,
            depth=part.depth + 1,
            message=part.message,
            alternative=(part.path or "1") + "/" + part.message
            if kind == "multipart/alternative"
            else part.alternative,
            report=part.report or kind == "multipart/report",
            related=part.related or kind == "multipart/related",
        )
        children.append((child, path))
    children.extend((_stray(part, prefix, sign, around[sign]), "") for sign in around if sign == "+")
    state.stack.extend(reversed(children))


def _stray(part: Part, prefix: str, sign: str, place: tuple[int, int]) -> Part:
    """A leaf for text that stands outside of all parts of a multipart."""
    return Part(
        path=f"{prefix}{sign}", fields=STRAY, headers=part.headers, buffer=part.buffer, start=place[0], end=place[1],
        depth=part.depth + 1, message=part.message, report=part.report,
    )  # fmt: skip


def _open_message(part: Part, state: _Walk) -> None:
    """List an enclosed message, and put its body on the stack."""
    buffer, start, end = part.buffer, part.start, part.end
    listed = _numbered(part)
    state.parts.append(listed)
    if part.fields.encoding in _ENCODINGS:
        decoded, _ = part.decoded()
        state.decoded += len(decoded)
        if state.decoded > MAX_DECODED_MESSAGES:
            state.limits["encoded messages are too large; not all of them were read"] = None
            state.parts[-1] = _changed(part, path=listed.path, unread=True)
            return
        if decoded != part.encoded():
            buffer, start, end = decoded, 0, len(decoded)
    while buffer.startswith((b"\r\n", b"\n"), start, end):  # an empty line too many before the enclosed headers
        start += 1 if buffer.startswith(b"\n", start) else 2
    headers = read_block(buffer, start, end)
    state.inner[listed.path] = headers
    fields = content_fields(headers)
    body_path = listed.path if fields.media_type.startswith("multipart/") else f"{listed.path}.1"
    body = Part(
        path=body_path, fields=fields, headers=headers, buffer=buffer, start=min(headers.end, end), end=end,
        depth=part.depth + 1, message=listed.path, report=part.report,
    )  # fmt: skip
    state.count += 1
    state.stack.append((body, body_path))


def _cut(part: Part, state: _Walk) -> tuple[list[tuple[int, int]], dict[str, tuple[int, int]]]:
    """The byte ranges between the boundary lines of a multipart (RFC 2046 §5.1.1), and those of text around them."""
    around: dict[str, tuple[int, int]] = {}
    boundary = _boundary(part, state)
    if boundary is None:
        return [], around
    line = re.compile(rb"\n--" + re.escape(boundary) + rb"(--)?[ \t]*(?:\r?\n|\r?\Z)")
    ranges: list[tuple[int, int]] = []
    # the line end before the body belongs to the first boundary line, so the search begins one byte early
    place, opened = max(part.start - 1, 0), -1
    while True:
        match = line.search(part.buffer, place, part.end)
        if match is None:
            break
        if opened >= 0:
            ranges.append((opened, _without_line_end(part.buffer, opened, match.start())))
        elif _says_something(part.buffer[part.start : match.start()]):
            around["-"] = (part.start, match.start())
        opened = match.end()
        place = match.end() - 1
        if match[1]:
            if _says_something(part.buffer[opened : part.end]):
                around["+"] = (opened, part.end)
            return ranges, around
        state.count += 1
        if state.count > MAX_PARTS:
            state.limits[_NUMBERS_LIMIT] = None
            return ranges, around
    if 0 <= opened < part.end:
        ranges.append((opened, part.end))
    return ranges, around


def _boundary(part: Part, state: _Walk) -> bytes | None:
    """The declared boundary; where there is none, the first line that looks like one and is followed by a field."""
    declared = (part.fields.boundary or "").rstrip().encode("utf-8", "surrogateescape")
    if declared:
        return declared
    found = _LOST_BOUNDARY.search(part.buffer, max(part.start - 1, 0), part.end)
    if found is None:
        return None
    state.remarks["a multipart without a boundary was cut where one appears"] = None
    return found[1]


def _says_something(text: bytes) -> bool:
    """Whether text outside of all parts is more than blanks or the usual remark for readers without MIME."""
    return bool(text.strip()) and not (len(text) < _MAX_REMARK and _MIME_REMARK.search(text))


def _without_line_end(buffer: bytes, start: int, newline: int) -> int:
    """The end of a part whose closing boundary line begins after `newline`: a CR before it goes with it."""
    if newline > start and buffer[newline - 1] == 0x0D:  # noqa: PLR2004 - carriage return
        return newline - 1
    return max(newline, start)
