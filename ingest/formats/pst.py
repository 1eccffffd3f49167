"""Outlook data files, .pst and .ost, by libpff: every folder and what lies in it, told against what each declares.

Rule kept: nothing is passed over in silence. Each message, contact, task or note that a folder lists is a member; one
that cannot be read is a member with a problem; what no folder lists any more (libpff's orphans) comes last and says so.
A folder's own count (PidTagContentCount) is what was declared. Search folders hold no messages of their own
([MS-PST] §2.4.8.4) and are passed over. The files keep no bytes of the mail as it was sent, so a member is every
property that was read (`serialised_message`).

The only module that knows libpff, which is C and reads hostile bytes: it is called in the sandboxed child only, and
may take that child down. What it does not reach, attached messages, is read by `pst_messages`. Passwords of these
files are a checksum that no reader need ask for ([MS-PST] §2.5.2).
"""

from __future__ import annotations

import io
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import pypff

from ingest.formats.container import (
    UNTOLD,
    Circumstances,
    ContainerBroken,
    Declared,
    DeclaredFolder,
    Found,
    Member,
    MemberBroken,
    MemberKind,
    Remark,
)
from ingest.formats.mapi import AttachMethod, Properties, Tag
from ingest.formats.mapi_message import subject
from ingest.formats.mapi_serialising import attachment_of, message_of, readable_fields
from ingest.formats.pst_messages import AttachedMessages
from ingest.formats.serialised_message import SerialisedAttachment, SerialisedMessage, write

if TYPE_CHECKING:
    from collections.abc import Iterator

READER: Final = f"pst/1 (libpff {pypff.get_version()})"
MAX_FOLDERS: Final = 100_000
MAX_FOLDER_DEPTH: Final = 100
MAX_VALUE: Final = 64 << 20
"""Bytes of one property above which it is not read."""
MAX_ENTRIES: Final = 10_000
MAX_RECIPIENTS: Final = 20_000
MAX_ATTACHMENTS: Final = 5_000
RECOVERED: Final = "(no longer listed)"
"""The path of what no folder lists; parentheses, because a folder may be called anything."""

_PIECE: Final = 1 << 18
_CONTENT_COUNT: Final = 0x3602
_ANSI_VERSIONS: Final = (14, 15)
_SEARCH_FOLDER: Final = 0x03  # nidType, the lowest five bits of an identifier ([MS-PST] §2.2.2.1)
_NID_TYPE: Final = 0x1F
_UNREADABLE: Final = "the message cannot be read: its part of the file is damaged or of a kind that is not known"
_NO_CONTENT: Final = "its content cannot be read"


def members(source: BinaryIO, _name: str, _about: Circumstances = UNTOLD) -> Iterator[Found]:
    """All that a .pst or .ost holds, folder by folder in the file's own order; see `container.ContainerReader`.

    Raises:
        ContainerBroken: this is no such file, or too damaged to find its folders.
    """
    file = pypff.file()
    try:
        file.open_file_object(source)
        root = file.root_folder
    except (OSError, MemoryError) as error:
        raise ContainerBroken("it is no Outlook data file, or its begin or its end is damaged") from error
    if root is None:
        raise ContainerBroken("it has no folders")
    if _is_cut_off(source):
        yield Remark(text="the file is shorter than it says; its end is missing", lost=None)
    yield from _Walk(file=file, attached=AttachedMessages(source)).members(root)


def _is_cut_off(source: BinaryIO) -> bool:
    """Whether the file ends before the place that its header states (ibFileEof, [MS-PST] §2.2.2.5)."""
    source.seek(0)
    head = source.read(192)
    is_ansi = int.from_bytes(head[10:12], "little") in _ANSI_VERSIONS
    stated = int.from_bytes(head[168:172] if is_ansi else head[184:192], "little")
    return source.seek(0, io.SEEK_END) < stated


@dataclass(slots=True, kw_only=True)
class _Walk:
    """One reading of one file. `file` keeps libpff's objects alive."""

    file: Any
    attached: AttachedMessages
    declared: list[DeclaredFolder] = field(default_factory=list)
    complete: bool = True

    def members(self, root: Any) -> Iterator[Found]:
        waiting = deque([(root, "", 0)])
        seen: set[int] = set()
        while waiting:
            folder, path, depth = waiting.popleft()
            identifier = folder.identifier
            if identifier in seen or len(seen) >= MAX_FOLDERS or depth > MAX_FOLDER_DEPTH:
                self.complete = False
                yield Remark(text="a folder inside of itself, or more folders than are read", path=path, lost=None)
                continue
            seen.add(identifier)
            if identifier & _NID_TYPE == _SEARCH_FOLDER:
                continue
            yield from self._folder(folder, path)
            inner: list[tuple[Any, str, int]] = []
            count = _count(folder, "number_of_sub_folders")
            if count is None:
                self.complete = False
                yield Remark(text="the list of the folders in a folder cannot be read", path=path, lost=None)
            for number in range(count or 0):
                try:
                    found = folder.get_sub_folder(number)
                    name = found.name or ""
                except (OSError, MemoryError):
                    self.complete = False
                    yield Remark(text="a folder that cannot be read", path=path, lost=None)
                    continue
                inner.append((found, f"{path}/{name}" if path else name, depth + 1))
            waiting.extendleft(reversed(inner))
        yield from self._orphans()
        total = sum(one.count for one in self.declared)
        yield Declared(count=total if self.complete else None, folders=tuple(self.declared))

    def _folder(self, folder: Any, path: str) -> Iterator[Found]:
        found = _count(folder, "number_of_sub_messages")
        stated = _properties(folder, {_CONTENT_COUNT})[0].number(_CONTENT_COUNT)
        if found is None:
            self.complete = False
            yield Remark(text="the list of the messages in a folder cannot be read", path=path, lost=None)
        count = (found or 0) if stated is None or stated < 0 else stated
        if count or found:
            self.declared.append(DeclaredFolder(path=path, count=count))
        for number in range(found or 0):
            try:
                message = folder.get_sub_message(number)
            except (OSError, MemoryError):
                yield Member(path=path, name="", kind=MemberKind.SERIALISED_EMAIL, problem=_UNREADABLE)
                continue
            yield self._member(message, path, recovered=False)

    def _orphans(self) -> Iterator[Found]:
        try:
            count = self.file.number_of_orphan_items
        except (OSError, MemoryError):
            yield Remark(text="what is no longer listed cannot be looked for: the file is damaged", lost=None)
            return
        for number in range(count):
            try:
                orphan = self.file.get_orphan_item(number)
            except (OSError, MemoryError):
                yield Member(path=RECOVERED, name="", kind=MemberKind.SERIALISED_EMAIL, problem=_UNREADABLE)
                continue
            if _is_message(orphan):
                yield self._member(orphan, RECOVERED, recovered=True)
            else:
                yield Remark(text="something that is no message is no longer listed; it was not read", path=RECOVERED)

    def _member(self, item: Any, path: str, *, recovered: bool) -> Member:
        try:
            properties, fields, problems = _properties(item)
            recipients = _recipients(item)
            identifier = int(item.identifier)
        except (OSError, MemoryError):
            return Member(path=path, name="", kind=MemberKind.SERIALISED_EMAIL, problem=_UNREADABLE)
        if not _is_message(item):
            problems = (*problems, "recipients and attachments cannot be read: the kind of the message is not known")
        if not properties.values:
            return Member(path=path, name="", kind=MemberKind.SERIALISED_EMAIL, problem=_UNREADABLE)
        message = message_of(
            properties,
            recipients,
            container="pst",
            reader=READER,
            recovered=recovered,
            fields=fields,
            attachments=self._attachments(item, identifier),
            problems=problems,
        )
        remark = "it is no longer listed by any folder; it was recovered" if recovered else None
        pieces = _unbroken(message)
        name = subject(properties) or ""
        return Member(path=path, name=name, kind=MemberKind.SERIALISED_EMAIL, pieces=pieces, remark=remark)

    def _attachments(self, item: Any, identifier: int) -> Iterator[SerialisedAttachment]:
        try:
            count = int(item.number_of_attachments) if _is_message(item) else 0
        except (OSError, MemoryError):
            yield SerialisedAttachment(problem="the list of attachments cannot be read")
            return
        if count > MAX_ATTACHMENTS:
            yield SerialisedAttachment(problem=f"there are more than {MAX_ATTACHMENTS} attachments; none was read")
            return
        for number in range(count):
            try:
                found = item.get_attachment(number)
                properties, fields, _ = _properties(found, without={int(Tag.ATTACH_DATA)})
                node = int(found.identifier)
            except (OSError, MemoryError):
                yield SerialisedAttachment(problem=_NO_CONTENT)
                continue
            inner = problem = None
            if properties.number(Tag.ATTACH_METHOD) == AttachMethod.EMBEDDED_MESSAGE:
                inner, problem = self._attached(identifier, node)
            yield attachment_of(properties, _pieces(found), fields=fields, message=inner, problem=problem)

    def _attached(self, message: int, attachment: int) -> tuple[SerialisedMessage | None, str | None]:
        try:
            return self.attached.open(message, attachment, reader=READER), None
        except MemberBroken as error:
            return None, str(error)


def _unbroken(message: SerialisedMessage) -> Iterator[bytes]:
    try:
        yield from write(message)
    except (OSError, MemoryError) as error:
        raise MemberBroken(_UNREADABLE) from error


def _is_message(item: Any) -> bool:
    """Whether libpff takes an item for a message; one whose class it cannot read is an item and no more."""
    return hasattr(type(item), "number_of_attachments")


def _count(item: Any, name: str) -> int | None:
    """How many there are; None where that cannot be read, which is not the same as none."""
    try:
        return int(getattr(item, name))
    except (OSError, MemoryError):
        return None


def _pieces(attachment: Any) -> Iterator[bytes]:
    """The bytes of an attachment; never more than libpff says that there are."""
    try:
        left = int(attachment.size)
        attachment.seek_offset(0, 0)
        while left > 0:
            piece = attachment.read_buffer(min(left, _PIECE))
            if not piece:
                break
            left -= len(piece)
            yield piece
    except (OSError, MemoryError) as error:
        raise MemberBroken(_NO_CONTENT) from error
    if left > 0:
        raise MemberBroken("the end of its content cannot be read")


def _recipients(item: Any) -> tuple[Properties, ...]:
    found = item.recipients if _is_message(item) else None
    if found is None:
        return ()
    count = min(int(found.number_of_record_sets), MAX_RECIPIENTS)
    return tuple(_entries(found.get_record_set(number))[0] for number in range(count))


def _properties(
    item: Any,
    only: set[int] | None = None,
    without: set[int] = frozenset(),  # type: ignore[assignment]
) -> tuple[Properties, tuple[dict[str, Any], ...], tuple[str, ...]]:
    """The properties of an item: decoded on demand, as JSON objects, and what of them could not be read."""
    if not item.number_of_record_sets:
        return Properties(values={}), (), ()
    properties, problems = _entries(item.get_record_set(0), only, without)
    return properties, readable_fields(properties), problems


def _entries(
    record_set: Any,
    only: set[int] | None = None,
    without: set[int] = frozenset(),  # type: ignore[assignment]
) -> tuple[Properties, tuple[str, ...]]:
    values: dict[int, tuple[int, bytes]] = {}
    problems: list[str] = []
    for number in range(min(record_set.number_of_entries, MAX_ENTRIES)):
        try:
            entry = record_set.get_entry(number)
            tag, kind = entry.entry_type, entry.value_type
            if tag is None or tag in without or (only is not None and tag not in only):
                continue
            content = entry.data
        except (OSError, MemoryError):
            problems.append("a property that cannot be read")
            continue
        if content is not None and len(content) > MAX_VALUE:
            problems.append(f"a property of more than {MAX_VALUE} bytes")
        elif content is not None:
            values.setdefault(int(tag), (int(kind or 0), bytes(content)))
    return Properties(values=values), tuple(dict.fromkeys(problems))
