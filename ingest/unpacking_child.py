"""The process that takes one container apart: confined like every reader, it asks its parent for each byte.

Rule kept: no file is ever open here. The container is a `RemoteFile`, whose bytes come through the pipe when they are
asked for, so its size is not this process's memory; members go out as they are found, in bounded pieces, and the
parent's pace is ours, since a pipe that nobody reads blocks. Only the reader of the one kind is imported, all of it
before confinement: a reader module may have `load()`, which tries its parser on a sample of its own.

A reader module has `members` (see `formats.container`) and `READER`, its name and version: another version may find
other members, so what an earlier one found is not continued.
"""

from __future__ import annotations

import gc
import importlib
import io
import json
import os
import signal
import sys
from collections import OrderedDict
from typing import TYPE_CHECKING, BinaryIO, Final, cast
from zoneinfo import ZoneInfo

from ingest.confinement import confine
from ingest.formats.container import Circumstances, ContainerBroken, Declared, Member, MemberBroken, NoContainer, Remark
from ingest.formats.container_kinds import ContainerKind
from ingest.reading_codec import PREFIX, frame_parts, ready_parts, refusal_parts
from ingest.sandbox_child import import_codecs, private_pipes, send
from ingest.unpacking_codec import (
    LARGEST_RANGE,
    PIECE_BYTES,
    Word,
    declared_head,
    folder_head,
    member_head,
    reason_head,
    remark_head,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.container import ContainerReader
    from storage.strict_json import Members

READERS: Final = {
    ContainerKind.MBOX: "ingest.formats.mbox_members",
    ContainerKind.ZIP: "ingest.formats.zip_members",
    ContainerKind.TAR: "ingest.formats.tar_members",
    ContainerKind.GZIP: "ingest.formats.gzip_members",
    ContainerKind.PST: "ingest.formats.pst",
    ContainerKind.OLM: "ingest.formats.olm",
    ContainerKind.WARC: "ingest.formats.captures.warc_members",
    ContainerKind.ZSTANDARD: "ingest.formats.captures.warc_members",
    ContainerKind.EXPORT: "ingest.formats.chats.export_file",
    ContainerKind.MAIL: "ingest.formats.mail_exports",
    ContainerKind.SELECTION: "ingest.formats.selection",
}
_BLOCK: Final = 1 << 16
_BLOCKS_KEPT: Final = 128
_READ_AHEAD: Final = 1 << 18


def main(kind: str, memory: str, cpu_seconds: str, seconds: str, zone: str) -> None:
    """Take apart the container that the parent opens; never returns.

    `memory` is a number of bytes, `cpu_seconds` for the whole life of the process, `seconds` what one step may take
    before the process ends itself, `zone` the archive's.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's Ctrl-C is for the parent
    os.environ.clear()
    requests, answers = private_pipes()
    import_codecs()
    module = importlib.import_module(READERS[ContainerKind(kind)])
    getattr(module, "load", lambda: None)()
    ZoneInfo(zone)  # which keeps it: its file cannot be opened later
    sys.path.clear()
    sys.path_importer_cache.clear()
    gc.collect()
    gc.freeze()
    send(answers, ready_parts(confine(memory=int(memory), cpu_seconds=int(cpu_seconds))))
    with io.FileIO(requests) as pipe:
        line = Line(io.BufferedReader(pipe, _READ_AHEAD), answers, seconds=int(seconds))
        options, mapping = line.receive()
        about = Circumstances(zone=zone, day_first=options["day_first"], mapping=mapping)
        try:
            _unpack(line, module.members, module.READER, options, about)
            line.tell(Word.DONE)
        except NoContainer:
            line.tell(Word.PLAIN)
        except ContainerBroken as error:
            line.tell(Word.BROKEN, reason_head(str(error)))
        except Exception as error:  # noqa: BLE001 - whatever hostile input raises in a parser is an answer about it
            send(answers, refusal_parts(error, 0))
    os._exit(0)


class Line:
    """Our ends of the two pipes."""

    def __init__(self, requests: io.BufferedReader, answers: int, *, seconds: int) -> None:
        self._requests = requests
        self._answers = answers
        self._seconds = seconds

    def receive(self) -> tuple[Members, bytes]:
        """The next frame from the parent; this process ends where there is none."""
        signal.alarm(0)
        prefix = self._requests.read(PREFIX.size)
        if len(prefix) < PREFIX.size:
            os._exit(0)
        _, head, body, _ = PREFIX.unpack(prefix)
        members = json.loads(self._requests.read(head) or b"{}")
        content = self._requests.read(body)
        self.rewind()
        return members, content

    def tell(self, word: Word, head: Members | None = None, body: bytes = b"") -> None:
        """Send a frame. The parent may take its time: it is not ours."""
        signal.alarm(0)
        send(self._answers, frame_parts(word, head or {}, body))
        self.rewind()

    def rewind(self) -> None:
        """Begin a step: the parent watches the time, this is for the case that it is gone."""
        signal.alarm(self._seconds)


class RemoteFile(io.RawIOBase):
    """The container as a seekable binary file; `size` is in bytes. Small reads share blocks that are kept."""

    def __init__(self, line: Line, size: int) -> None:
        super().__init__()
        self.size = size
        self._line = line
        self._at = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self._at

    def get_size(self) -> int:
        """The number of bytes, for readers that ask in this way."""
        return self.size

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Set the place of the next read; behind the end is allowed, before the beginning is not."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError("a place before the beginning")
        self._at = base + offset
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        """So many bytes, fewer only at the end."""
        left = max(self.size - self._at, 0)
        wanted = left if size is None or size < 0 else min(size, left)
        parts: list[bytes] = []
        while wanted:
            part = self._some(wanted)
            parts.append(part)
            wanted -= len(part)
            self._at += len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """As `read`, into a buffer."""
        content = self.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def _some(self, wanted: int) -> bytes:
        if wanted >= 4 * _BLOCK:
            return self._ask(self._at, min(wanted, LARGEST_RANGE))
        number, skipped = divmod(self._at, _BLOCK)
        return self._block(number)[skipped : skipped + wanted]

    def _block(self, number: int) -> bytes:
        block = self._blocks.get(number)
        if block is None:
            # one after the other: whoever reads on is given more at once
            count = 8 if number - 1 in self._blocks else 1
            content = self._ask(number * _BLOCK, min(count * _BLOCK, self.size - number * _BLOCK))
            for at in range(0, len(content), _BLOCK):
                self._blocks[number + at // _BLOCK] = content[at : at + _BLOCK]
            while len(self._blocks) > _BLOCKS_KEPT:
                self._blocks.popitem(last=False)
            block = self._blocks[number]
        self._blocks.move_to_end(number)
        return block

    def _ask(self, offset: int, length: int) -> bytes:
        self._line.tell(Word.ASK, {"offset": offset, "length": length})
        _, content = self._line.receive()
        if len(content) != length:
            raise ContainerBroken("the stored bytes could not be read")
        return content


def _unpack(line: Line, members: ContainerReader, reader: str, options: Members, about: Circumstances) -> None:
    after = options["after"] if options["reader"] in ("", reader) else 0
    line.tell(Word.BEGUN, {"reader": reader, "after": after})
    source = RemoteFile(line, options["size"])
    ordinal = 0
    for found in members(cast("BinaryIO", source), options["name"], about):
        if isinstance(found, Member):
            ordinal += 1
            if options["list_only"]:
                line.tell(Word.MEMBER, member_head(found, whole=True))
            elif ordinal > after:
                _tell_member(line, found)
        elif isinstance(found, Remark):
            line.tell(Word.REMARK, remark_head(found))
        elif isinstance(found, Declared):
            for folder in found.folders:
                line.tell(Word.FOLDER, folder_head(folder))
            line.tell(Word.DECLARED, declared_head(found))


def _tell_member(line: Line, member: Member) -> None:
    if member.problem is not None:
        line.tell(Word.MEMBER, member_head(member, whole=True))
        return
    pieces = _even(member)
    held, broken = b"", None
    try:
        held = next(pieces, b"")
        more = next(pieces, b"")
    except MemberBroken as error:
        more, broken = b"", str(error)
    if not more and broken is None:
        line.tell(Word.MEMBER, member_head(member, whole=True), held)
        return
    line.tell(Word.MEMBER, member_head(member, whole=False))
    if broken is None:
        line.tell(Word.PIECE, None, held)
        line.tell(Word.PIECE, None, more)
        try:
            for piece in pieces:
                line.tell(Word.PIECE, None, piece)
        except MemberBroken as error:
            broken = str(error)
    line.tell(Word.END, reason_head(broken))


def _even(member: Member) -> Iterator[bytes]:
    """The content in pieces of one size, none of them empty."""
    held = bytearray()
    for piece in member.pieces:
        view = memoryview(piece)
        while view:
            part = view[: PIECE_BYTES - len(held)]
            held += part
            view = view[len(part) :]
            if len(held) == PIECE_BYTES:
                yield bytes(held)
                held.clear()
    if held:
        yield bytes(held)
