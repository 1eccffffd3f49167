"""Messages of Outlook as files of their own (.msg, .oft): [MS-OXMSG] on top of compound files.

Rule kept: total and bounded; a stream that is missing or cut off leaves its property out, never the message. Strings
and bytes are taken from the streams that are there (``__substg1.0_`` with id and type), numbers and times from the
property stream; sizes that the property stream declares are not believed. An embedded message or object is a storage
and has no bytes of its own: as a file it is what `compound_writer` makes of that storage, the same each time.
"""

from __future__ import annotations

import re
import struct
from functools import partial
from typing import Final

from ingest.formats.compound_file import CompoundFile, Entry, EntryKind, NotACompoundFile
from ingest.formats.compound_writer import Storage, write_compound_file
from ingest.formats.mapi import (
    BINARY,
    FIXED_SIZES,
    MULTIPLE,
    AttachMethod,
    MapiAttachment,
    MapiMessage,
    Properties,
    Tag,
)

MAX_ATTACHMENTS: Final = 1000
MAX_RECIPIENTS: Final = 20_000
MAX_VALUE_BYTES: Final = 32 * 1024 * 1024 + 2
MAX_MADE_BYTES: Final = 128 * 1024 * 1024
MEDIA_TYPE: Final = "application/vnd.ms-outlook"
_MARK: Final = "__properties_version1.0"
_MARK_BYTES: Final = _MARK.encode("utf-16-le")
_STREAM: Final = re.compile(r"__substg1\.0_([0-9A-Fa-f]{4})([0-9A-Fa-f]{4})\Z")
_OBJECT: Final = "__substg1.0_3701000D"
_NAMES: Final = "__nameid_version1.0"
_TOP, _EMBEDDED, _PART = 32, 24, 8
_ROW_COST: Final = 2048  # what an entry counts in the bytes that are made: small ones cost time too
_NO_CONTENT: Final[dict[int, str]] = {
    AttachMethod.BY_REFERENCE: "only a path to it is in the message",
    AttachMethod.BY_REFERENCE_ONLY: "only a path to it is in the message",
    AttachMethod.BY_WEB_REFERENCE: "only a link to it is in the message",
}


def looks_like_outlook_message(content: bytes) -> bool:
    """Whether a compound file names the property stream that each message has; cheap, and no promise."""
    return content.startswith(b"\xd0\xcf\x11\xe0") and _MARK_BYTES in content


def read_outlook_message(content: bytes) -> MapiMessage | None:
    """The message in a .msg file, or None where the bytes are none; never raises for any bytes."""
    try:
        file = CompoundFile(content)
    except NotACompoundFile:
        return None
    if not any(entry.name == _MARK for entry in file.children(file.root)):
        return None
    return _Message(file).read(file.root, _TOP)


class _Message:
    """One file that is read; what is written again out of it is bounded in all."""

    def __init__(self, file: CompoundFile) -> None:
        self._file = file
        self._made_bytes = 0

    def read(self, storage: Entry, header: int) -> MapiMessage:
        members = self._file.children(storage)
        recipients = [entry for entry in members if _is_storage(entry, "__recip_version1.0_#")]
        attachments = [entry for entry in members if _is_storage(entry, "__attach_version1.0_#")]
        if len(attachments) > MAX_ATTACHMENTS:
            self._file.damages[f"more than {MAX_ATTACHMENTS} attachments; the rest was not read"] = None
        properties = self._properties(members, header)
        codepage = properties.codepage
        return MapiMessage(
            properties=properties,
            recipients=tuple(
                self._properties(self._file.children(entry), _PART, codepage) for entry in recipients[:MAX_RECIPIENTS]
            ),
            attachments=tuple(self._attachment(entry, codepage) for entry in attachments[:MAX_ATTACHMENTS]),
            damages=self._file.damages,
        )

    def _properties(self, members: tuple[Entry, ...], header: int, codepage: int | None = None) -> Properties:
        values: dict[int, tuple[int, bytes]] = {}
        for entry in members:
            if entry.kind is not EntryKind.STREAM:
                continue
            if entry.name == _MARK:
                _fixed(self._file.read(entry, MAX_VALUE_BYTES), header, values)
                continue
            match = _STREAM.match(entry.name)
            if match is None or (tag := int(match[1], 16)) == Tag.ATTACH_DATA or int(match[2], 16) & MULTIPLE:
                continue
            values[tag] = (int(match[2], 16), self._file.read(entry, MAX_VALUE_BYTES))
        own = Properties(values=values)
        return Properties(values=values, codepage=own.number(Tag.MESSAGE_CODEPAGE) or codepage)

    def _attachment(self, storage: Entry, codepage: int | None) -> MapiAttachment:
        members = self._file.children(storage)
        properties = self._properties(members, _PART, codepage)
        method = properties.number(Tag.ATTACH_METHOD)
        for entry in members:
            if entry.name.upper() == _OBJECT.upper() and entry.kind is EntryKind.STORAGE:
                inner = any(member.name == _MARK for member in self._file.children(entry))
                return MapiAttachment(
                    properties=properties,
                    content=partial(self._made, entry, is_message=inner),
                    message=partial(self.read, entry, _EMBEDDED) if inner else None,
                    is_made=True,
                    reason="objects in it are too large to be written out",
                )
            match = _STREAM.match(entry.name)
            if match is not None and int(match[1], 16) == Tag.ATTACH_DATA and int(match[2], 16) == BINARY:
                return MapiAttachment(properties=properties, content=partial(self._file.read, entry))
        reason = _NO_CONTENT.get(-1 if method is None else method, "the message holds no content")
        return MapiAttachment(properties=properties, content=_nothing, reason=reason)

    def _made(self, storage: Entry, *, is_message: bool) -> bytes | None:
        """The storage as a file; None where what was made so far leaves no room for it."""
        storages, size = [Storage(class_id=storage.class_id)], 0
        waiting = [(storage, 0)]
        while waiting:
            entry, place = waiting.pop()
            for member in self._file.children(entry):
                size += _ROW_COST
                if member.kind is EntryKind.STORAGE:
                    storages.append(Storage(name=member.name, parent=place, class_id=member.class_id))
                    waiting.append((member, len(storages) - 1))
                else:
                    found = storages[place].streams[member.name] = self._file.read(member)
                    size += len(found)
                if self._made_bytes + size > MAX_MADE_BYTES:
                    self._made_bytes += size
                    return None
        if is_message:
            # the header of a message by itself is eight bytes longer ([MS-OXMSG] §2.4.1)
            properties = storages[0].streams.get(_MARK, b"")
            storages[0].streams[_MARK] = properties[:_EMBEDDED] + bytes(_TOP - _EMBEDDED) + properties[_EMBEDDED:]
            for entry in self._file.children(self._file.root):
                if entry.name == _NAMES and entry.kind is EntryKind.STORAGE:
                    streams = {one.name: self._file.read(one) for one in self._file.children(entry)}
                    storages.append(Storage(name=_NAMES, streams=streams))
                    size += sum(map(len, streams.values()))
        self._made_bytes += size
        return write_compound_file(storages)


def _fixed(stream: bytes, header: int, values: dict[int, tuple[int, bytes]]) -> None:
    """The values that stand in the property stream itself ([MS-OXMSG] §2.4.2)."""
    for place in range(header, len(stream) - 15, 16):
        kind, tag = struct.unpack_from("<HH", stream, place)
        size = FIXED_SIZES.get(kind)
        if size:
            values.setdefault(tag, (kind, stream[place + 8 : place + 8 + size]))


def _is_storage(entry: Entry, prefix: str) -> bool:
    return entry.kind is EntryKind.STORAGE and entry.name.startswith(prefix)


def _nothing() -> None:
    return None
