"""Signal's backup, version 2 (Android and iOS since 2025), where it is not encrypted; and what is, said to be so.

Rule kept: the file is a stream of messages with their length before them: BackupInfo, then frames (Backup.proto); each
chat item comes out, or is counted as lost. An item has bytes of its own but no names in them, so what is kept is
every field that was read, as JSON (RFC 8259, sorted names). A backup that needs a key is told, never guessed at:
backups leave a phone encrypted (AES-256-CBC in gzip), and only its owner has the key.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Final

from ingest.formats.chats.model import Stated
from ingest.formats.chats.signal_frames import ItemReader
from ingest.formats.chats.signal_people import People
from ingest.formats.chats.signal_wire import WireDamaged, decoded, frames, varint
from ingest.formats.container import ContainerBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.model import Export, Said

READER: Final = "signal-backup 1"
_GZIP: Final = b"\x1f\x8b\x08"
_MAGIC: Final = b"SBACKUP\x01"
_ITEM: Final = 0x22
"""The tag of Frame.chatItem."""
_CONTEXT: Final = {0x0A: "account", 0x12: "recipient", 0x1A: "chat"}
_HEAD: Final = 4096
_INFO_TAGS: Final = frozenset({0x08, 0x10, 0x1A, 0x22, 0x2A, 0x32})
_SUFFIXES: Final = (".binproto", ".binproto.gz", ".backup", "/main", "/modern", "-main")
_NEEDS_KEY: Final = (
    "this Signal backup is encrypted, and only the key of the phone opens it: export the chats in plain text "
    "there and hand in that"
)
_DESKTOP: Final = (
    "this is the encrypted database of Signal Desktop, which only its own computer opens: export the chats in plain "
    "text there and hand in that"
)
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False).encode


def recognise(export: Export) -> bool:
    """See `ExportFormat`: the first message is a BackupInfo; or it is one of Signal's encrypted containers."""
    return _found(export) is not None


def read(export: Export) -> Iterator[Said | Stated | Remark]:
    """See `ExportFormat`.

    Raises:
        ContainerBroken: it is encrypted, or damaged from some place on.
    """
    found = _found(export)
    if found is None:
        raise ContainerBroken("no Signal backup is in it")
    name, problem = found
    if problem:
        raise ContainerBroken(problem)
    with export.open(name) as stream:
        source = _Gunzipped(stream) if export.head(name, 3) == _GZIP else stream
        yield from _messages(source, name)


def aside(name: str) -> str | None:
    """See `ExportFormat`."""
    return "it holds no messages" if name.rsplit("/", 1)[-1] in {"metadata", "metadata.json"} else None


@dataclass(slots=True)
class _Account:
    """What was met: items and the chats they name, and how much of it could not be read."""

    items: int = 0
    lost: int = 0
    unread: int = 0
    chats: set[object] = field(default_factory=set)


def _messages(source: BinaryIO | _Gunzipped, name: str) -> Iterator[Said | Stated | Remark]:
    met, problem = _Account(), None
    try:
        yield from _items(source, name, met)
    except WireDamaged as damaged:
        problem = str(damaged)
    if met.lost:
        yield Remark(text="messages in it are damaged or too large and were not read", path=name, lost=met.lost)
    if met.unread:
        yield Remark(text="people or chats in it are damaged; their messages stand without their names", path=name)
    yield Stated(what="messages", count=met.items, path=name)
    yield Stated(what="conversations", count=len(met.chats), path=name)
    if problem:
        raise ContainerBroken(f"the backup is damaged: {problem}; what stands before was read")


def _items(source: BinaryIO | _Gunzipped, name: str, met: _Account) -> Iterator[Said]:
    people = People(path=name, serialised=True)
    reader = ItemReader(people)
    stream = frames(source)
    next(stream, None)  # BackupInfo
    for frame in stream:
        if isinstance(frame, int):
            met.items, met.lost = met.items + 1, met.lost + 1
        elif frame and frame[0] == _ITEM:
            met.items += 1
            try:
                item = decoded(frame, "Frame")["chatItem"]
            except (WireDamaged, KeyError):
                met.lost += 1
                continue
            met.chats.add(item.get("chatId"))
            yield reader.said(item, _encode(item).encode("utf-8", "replace"))
        elif frame and frame[0] in _CONTEXT:
            kind = _CONTEXT[frame[0]]
            try:
                getattr(people, kind)(decoded(frame, "Frame")[kind])
            except (WireDamaged, KeyError):
                met.unread += 1


def _found(export: Export) -> tuple[str, str | None] | None:
    """The file of the backup, and why it cannot be read where it cannot."""
    names = export.names
    chosen = names if len(names) == 1 else [name for name in names if f"/{name}".lower().endswith(_SUFFIXES)]
    for name in chosen[:8]:
        head = export.head(name, _HEAD)
        if _begins_backup(head):
            return name, None
        if head.startswith(_GZIP) and _begins_backup(_inflated(head)):
            return name, None
        if head.startswith(_MAGIC) or _begins_old_backup(head):
            return name, _NEEDS_KEY
    sealed = [name for name in names if name.endswith("/main") or name == "main"]
    for name in sealed:
        folder = name.removesuffix("main")
        if f"{folder}metadata" in names and len(export.head(name, 64)) == 64:  # noqa: PLR2004 - there are bytes
            return name, _NEEDS_KEY
    for name in names:
        if f"/{name}".endswith("/sql/db.sqlite") and not export.head(name, 16).startswith(b"SQLite format 3"):
            return name, _DESKTOP
    return None


def _begins_backup(head: bytes) -> bool:
    """A BackupInfo of version 1 or more, whole in the first bytes, with the time of the backup and no other fields."""
    try:
        length, start = varint(head, 0, len(head))
        if not length or start + length > len(head) or head[start] not in _INFO_TAGS:
            return False
        info = decoded(head, "BackupInfo", start, start + length)
        rest = start + length
        if rest < len(head):
            _, first = varint(head, rest, len(head))
            if first < len(head) and head[first] != 0x0A:  # noqa: PLR2004 - Frame.account comes first
                return False
    except WireDamaged:
        return False
    return "version" in info and "backupTimeMs" in info and not any(key.startswith("#") for key in info)


def _begins_old_backup(head: bytes) -> bool:
    """A length in four bytes, then a BackupFrame with a header: 16 bytes of iv, 32 of salt (Android, from 2018 on)."""
    return head[:3] == b"\0\0\0" and head[4:5] == b"\x0a" and head[6:8] == b"\x0a\x10" and head[24:26] == b"\x12\x20"


def _inflated(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(head, _HEAD)
    except zlib.error:
        return b""


class _Gunzipped:
    """A gzip stream (RFC 1952) read forward in bounded pieces."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._inflate = zlib.decompressobj(wbits=31)

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; none at the end.

        Raises:
            WireDamaged: the compression is damaged.
        """
        while not self._inflate.eof:
            waiting = self._inflate.unconsumed_tail or self._stream.read(1 << 16)
            try:
                piece = self._inflate.decompress(waiting, size)
            except zlib.error:
                raise WireDamaged("its compression is damaged") from None
            if piece:
                return piece
            if not waiting:
                raise WireDamaged("it ends within its compression")
        return b""
