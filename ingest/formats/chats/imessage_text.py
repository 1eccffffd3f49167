"""Text files of imessage-exporter: a file a chat, messages with a date line, a line with the sender, then the words.

Rule kept: a message begins with a date line at the beginning of the file or after an empty line; a date line that has
more in it is a notice. What stands indented below a message are answers that come again at their own place, so they
are no messages here: they stay in the bytes. Marks of the program (tapbacks, effects, deletions, edits) are taken out
of the words, everything else stays.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Final

from ingest.formats.chats.byte_lines import lines
from ingest.formats.chats.imessage_export import (
    DATE,
    DELETED,
    EFFECTS,
    MISSING,
    OWNER,
    RESPONDED,
    attached,
    is_unsent,
    moment,
    names_file,
    reaction,
    side,
    title_of,
)
from ingest.formats.chats.model import ChatMessage, Media, Reacted, Said, Stated, Thread, Version
from ingest.formats.container import ContainerBroken, MemberBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.model import Export

READER: Final = "imessage-text 1"
_HEAD: Final = 4096
_MOST_NAMES: Final = 1000
_FIRST: Final = re.compile(f"{DATE}(?= |$)".encode())
_REST: Final = re.compile(rf"{DATE}( \([^\n]*\))?(?: ?)(.*)", re.DOTALL)
_INDENTED: Final = re.compile(f" {{4}}{DATE}".encode())
_EDITED: Final = re.compile(r"Edited (?:.{1,100}? )?later: ?")
_BYTES_IN_MESSAGE: Final = 16 << 20


def recognise(export: Export) -> bool:
    """See `ExportFormat`."""
    return next(_chats(export), None) is not None


def read(export: Export) -> Iterator[Said | Stated | Remark]:
    """See `ExportFormat`.

    Raises:
        ContainerBroken: there is no chat in it.
    """
    none = True
    for name in _chats(export):
        none = False
        try:
            yield from _messages(export, name)
        except MemberBroken as problem:
            yield Remark(text=f"the file could not be read to its end: {problem}", path=name, lost=None)
    if none:
        raise ContainerBroken("no chat of Messages is in it")


def aside(name: str) -> str | None:
    """See `ExportFormat`."""
    return "it holds no messages" if name.rpartition("/")[2] in {"style.css", ".DS_Store"} else None


def _chats(export: Export) -> Iterator[str]:
    names = export.names
    for name in names:
        if (len(names) == 1 or name.lower().endswith(".txt")) and _begins_chat(export.head(name, _HEAD)):
            yield name


def _begins_chat(head: bytes) -> bool:
    first, _, rest = head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n").replace(b"\r\n", b"\n").partition(b"\n")
    if _FIRST.match(first) is None or moment(first.decode("utf-8", "replace")) is None:
        return False
    if _notice(first) is not None:
        return True
    return bool(rest.partition(b"\n")[0].strip())


def _notice(line: bytes) -> str | None:
    """The words of a notice, None where the line is that of a message."""
    found = _REST.match(line.decode("utf-8", "replace"))
    return found[9] if found and not found[8] and found[9] else None


def _messages(export: Export, name: str) -> Iterator[Said | Stated | Remark]:
    senders: dict[str, None] = {}
    count = before = cut = 0
    with export.open(name) as stream:
        for held in _blocks(stream):
            if held.first is None:
                before += 1
                continue
            count += 1
            cut += held.cut
            if _notice(held.first) is None and held.rest and len(senders) < _MOST_NAMES:
                senders[held.rest[0].decode("utf-8", "replace").strip()] = None
    title = title_of(name)
    thread = Thread(
        platform="imessage",
        key=f"chat:{title or ''}",
        title=title,
        participants=tuple(sender for sender in senders if sender),
        owner=OWNER if OWNER in senders else None,
        path=name,
        media_type="text/plain",
    )
    folder = name.rpartition("/")[0]
    with export.open(name) as stream:
        for held in _blocks(stream):
            if held.first is not None:
                yield Said(thread=thread, message=_message(export, folder, held))
    if before:
        yield Remark(text="lines before the first message belong to none", path=name)
    if cut:
        yield Remark(text="messages in it are too long and were cut", path=name)
    yield Stated(what="messages", count=count, path=name)


@dataclass(slots=True)
class _Block:
    """The lines of one message, and its bytes; `first` is None for what stands before all messages."""

    first: bytes | None
    raw: list[bytes] = field(default_factory=list)
    rest: list[bytes] = field(default_factory=list)
    size: int = 0
    cut: bool = False


def _blocks(stream: BinaryIO) -> Iterator[_Block]:
    held = _Block(None)
    after_blank = True
    for whole in lines(stream, whole=True):
        line = whole.rstrip(b"\r\n") if whole is not None else b""
        if after_blank and whole and _FIRST.match(line):
            if held.raw:
                yield held
            held = _Block(line, [whole])
        elif whole is None or held.size + len(whole) > _BYTES_IN_MESSAGE:
            held.cut = True
        elif held.first is not None or line.strip():
            held.raw.append(whole)
            held.rest.append(line)
            held.size += len(whole)
        after_blank = line == b""
    if held.raw:
        yield held


def _message(export: Export, folder: str, held: _Block) -> ChatMessage:
    assert held.first is not None
    at = moment(held.first.decode("utf-8", "replace"))
    raw = b"".join(held.raw).rstrip(b"\r\n")
    notice = _notice(held.first)
    if notice is not None:
        words = "\n".join((notice, *(line.decode("utf-8", "replace") for line in held.rest))).strip()
        return ChatMessage(at=at, sender=None, text=words, raw=raw, side="center", system=True)
    sender = held.rest[0].decode("utf-8", "replace").strip() or None if held.rest else None
    body = _Body(export, folder)
    body.take(held.rest[1:])
    edits, text = body.versions()
    return ChatMessage(
        at=at,
        sender=sender,
        text=text,
        raw=raw,
        side=side(sender),
        attachments=tuple(body.media),
        edits=edits,
        edited=bool(edits),
        deleted=body.deleted or (body.unsent and not text and not body.media),
        reactions=tuple(body.reactions),
        unmapped=tuple(sorted(body.unmapped | ({"read"} if b"(Read by" in held.first else set()))),
    )


class _Body:
    """The lines below the sender, sorted into words and marks."""

    def __init__(self, export: Export, folder: str) -> None:
        self._export = export
        self._folder = folder
        self._words: list[str] = []
        self.media: list[Media] = []
        self.reactions: list[Reacted] = []
        self.unmapped: set[str] = set()
        self.deleted = False
        self.unsent = False
        self._in_tapbacks = False

    def take(self, rows: list[bytes]) -> None:
        """All lines in order."""
        in_answer = False
        for number, row in enumerate(rows):
            if in_answer or _INDENTED.match(row):
                in_answer = row != b""
                self.unmapped.add("replies")
                continue
            line = row.decode("utf-8", "replace")
            if not (self._in_tapbacks and self._is_tapback(line)) and not self._is_mark(line, first=number == 0):
                self._words.append(line)

    def _is_tapback(self, line: str) -> bool:
        found = reaction(line)
        sticker = line.startswith("Sticker from ")
        if found is not None:
            self.reactions.append(found)
        elif sticker:
            self.unmapped.add("sticker")
        self._in_tapbacks = found is not None or sticker
        return self._in_tapbacks or not line

    def _is_mark(self, line: str, *, first: bool) -> bool:
        if line == DELETED and first:
            self.deleted = True
        elif line in {"Tapbacks:", "Reactions:"} and not first:
            self._in_tapbacks = True
        elif line == RESPONDED:
            self.unmapped.add("reply")
        elif line in EFFECTS and not first:
            self.unmapped.add("effect")
        elif is_unsent(line):
            self.unsent = True
        else:
            return self._is_file(line)
        return True

    def _is_file(self, line: str) -> bool:
        if line in MISSING:
            self.media.append(Media())
        elif names_file(line) or (line and self._export.has(f"{self._folder}/{line}" if self._folder else line)):
            self.media.append(attached(self._export, self._folder, line))
        else:
            return False
        return True

    def versions(self) -> tuple[tuple[Version, ...], str]:
        """Earlier versions, and what the message says now."""
        text = "\n".join(self._words).strip("\n")
        parts = _EDITED.split(text)
        first = _REST.match(parts[0])
        at = moment(parts[0])
        if len(parts) == 1 or first is None or at is None:
            return (), text
        older = [Version(text=first[9].strip("\n"), at=at), *(Version(text=one.strip("\n")) for one in parts[1:-1])]
        return tuple(older), parts[-1].strip("\n")
