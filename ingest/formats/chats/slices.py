r"""A slice: what one record of an export is made of, as bytes that can be sealed, read and taken apart again.

Layout, version 1, all numbers decimal in ASCII:

    ``archiver slice 1 NNNNNNNNNNNN NNNNNNNNNNNN\n``   the lengths of the reading and of the source
    the reading                                       a `Description` as `storage.description_codec` writes it
    the source                                        the exact bytes of its messages, in order
    files                                             the media that the messages carry, one behind the other
    the index                                         one JSON object: what each file is, where, and its SHA-256
    ``NNNNNNNNNNNN\n``                                 the length of the index

Rule kept: whoever has the reading needs no parser of the format, and whoever doubts the reading has the source. The
index stands last because the media stream through; a file that breaks on its way is named there with the reason.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.container import MemberBroken
from ingest.formats.detect import detect
from storage.description_codec import decode, encode
from storage.records import Attachment, Component, ComponentRole, Description, RecordKind
from storage.strict_json import many, number, only, read_object, refuse, sha256, string, string_or_none, write_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ingest.formats.chats.model import Media

MEDIA_TYPE: Final = "application/vnd.archiver.slice"
SIGNATURE: Final = b"archiver slice 1 "
DIGITS: Final = 12
HEADER_BYTES: Final = len(SIGNATURE) + 2 * DIGITS + 2
FOOTER_BYTES: Final = DIGITS + 1
_PLACE: Final = re.compile(rf"bytes=([0-9]{{1,{DIGITS}}})\+([0-9]{{1,{DIGITS}}})")
_WORDLESS: Final = ("image/", "audio/", "video/", "font/")
_KINDS: Final = frozenset({RecordKind.CONVERSATION, RecordKind.POST, RecordKind.PAGE})
_MOST_FILES: Final = 100_000
_LARGEST: Final = 10**DIGITS - 1
_UNKNOWN_TYPE: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceFile:
    """A file in a slice; `offset` counts from the slice's first byte. One with a `problem` has no bytes."""

    name: str | None
    media_type: str
    offset: int
    size: int
    sha256: str
    problem: str | None = None

    @property
    def is_wordless(self) -> bool:
        """Whether it is of a kind that no text can be read in: a picture, sound, video."""
        return is_wordless(self.media_type)


def is_wordless(media_type: str) -> bool:
    """Whether files of this kind hold no text that could be read in them."""
    return media_type.startswith(_WORDLESS)


def written(
    reading: Description, source: bytes, media: Iterable[Media], opened: Callable[[Media], Iterable[bytes]]
) -> Iterator[bytes]:
    """The bytes of a slice, in pieces.

    Args:
        reading: what it says; its only component is `source_component`, and the present attachments of its messages
            are, in order, the files of `media`.
        source: the exact bytes of its messages.
        media: every file that is present, once for each message that carries it.
        opened: gives the bytes of a file, and may raise `MemberBroken` at any time.

    Raises:
        ValueError: the reading breaks a bound of its codec.
    """
    encoded = encode(reading)
    yield b"%b%0*d %0*d\n" % (SIGNATURE, DIGITS, len(encoded), DIGITS, len(source))
    yield encoded
    yield source
    place = HEADER_BYTES + len(encoded) + len(source)
    files: list[dict[str, Any]] = []
    known: dict[str, dict[str, Any]] = {}
    for one in media:
        if one.entry is not None and one.entry in known:
            files.append(known[one.entry] | {"name": one.name})
            continue
        digest, size, problem, media_type = hashlib.sha256(), 0, None, one.media_type
        try:
            for piece in opened(one):
                media_type = media_type or detect(piece, one.name).media_type
                digest.update(piece)
                size += len(piece)
                yield piece
        except MemberBroken as error:
            problem = str(error)
        line = {"name": one.name, "type": media_type or _UNKNOWN_TYPE, "at": place, "size": size}
        files.append(line | {"sha256": digest.hexdigest(), "problem": problem})
        place += size
        if one.entry is not None:
            known[one.entry] = files[-1]
    index = write_object({"files": files})
    yield index
    yield b"%0*d\n" % (DIGITS, len(index))


def source_component(source: bytes, media_type: str) -> Component:
    """The component that the messages' own bytes are; where they stand is known once the slice is written."""
    return Component(
        id="",
        role=ComponentRole.ORIGINAL,
        media_type=media_type,
        name=None,
        size=len(source),
        sha256=hashlib.sha256(source).hexdigest(),
    )


def front_length(header: bytes) -> int:
    """How many bytes the header, the reading and the source of a slice take, from its header.

    Raises:
        ValueError: this is no slice.
    """
    reading, source = _lengths(header)
    return HEADER_BYTES + reading + source


def index_length(footer: bytes) -> int:
    """How many bytes the index of a slice takes together with its footer, from the footer.

    Raises:
        ValueError: this is no slice.
    """
    if len(footer) != FOOTER_BYTES or not footer[:DIGITS].isdigit():
        refuse("the end of a slice")
    return int(footer[:DIGITS]) + FOOTER_BYTES


def read_slice(content: bytes, *, size: int | None = None) -> Description:
    """What a slice says, with its source and its files as components that have no ids yet.

    Args:
        content: its bytes; or its front and its index alone, where `size` says how long the whole is.
        size: the length of the whole, where `content` is not all of it.

    Raises:
        ValueError: this is no slice, or it contradicts itself.
    """
    whole = len(content) if size is None else size
    reading_length, source_length = _lengths(content[:HEADER_BYTES])
    source_at = HEADER_BYTES + reading_length
    front, back = source_at + source_length, index_length(content[-FOOTER_BYTES:])
    if front + back > len(content):
        refuse("the lengths of a slice")
    described = decode(content[HEADER_BYTES:source_at])
    files = read_index(content[len(content) - back : len(content) - FOOTER_BYTES])
    if any(not front <= one.offset <= one.offset + one.size <= whole - back for one in files):
        refuse("the place of a file in a slice")
    if described.components != (source_component(content[source_at:front], _type_of(described)),):
        refuse("the source of a slice")
    if described.kind not in _KINDS or described.conversation is None or described.authenticity or described.verified:
        refuse("what a slice says")  # nothing of an export was verified, whoever says so
    original = replace(described.components[0], path=place_of(source_at, source_length))
    described = _with_files(described, files)
    return replace(described, components=(original, *_components(files)))


def read_index(line: bytes) -> tuple[SliceFile, ...]:
    """The files of a slice, from its index.

    Raises:
        ValueError: this is no index.
    """
    members = only(read_object(line, brackets=_MOST_FILES + 2), frozenset({"files"}))
    return many(members, "files", _file)


def place_of(offset: int, size: int) -> str:
    """The path of a component whose bytes stand in a slice as they are."""
    return f"bytes={offset}+{size}"


def range_of(path: str) -> tuple[int, int] | None:
    """Offset and length that a path of `place_of` names, None where it is another kind of path."""
    found = _PLACE.fullmatch(path)
    return None if found is None else (int(found[1]), int(found[2]))


def _type_of(described: Description) -> str:
    return described.components[0].media_type if described.components else ""


def _with_files(described: Description, files: tuple[SliceFile, ...]) -> Description:
    """The messages with the digests of what they carry; a file that broke is not present.

    Of a page the files are what it shows, which no message carries.
    """
    if described.kind is RecordKind.PAGE and not any(
        each.present for one in described.messages for each in one.attachments
    ):
        broken = sum(one.problem is not None for one in files)
        notes = (f"{broken:,} files that the page shows are broken in the capture",) if broken else ()
        return replace(described, notes=(*described.notes, *notes))
    if not files and not any(message.attachments for message in described.messages):
        return described
    waiting = iter(files)
    messages = []
    for message in described.messages:
        if not any(one.present for one in message.attachments):
            messages.append(message)
            continue
        settled = tuple([_settled(one, next(waiting, None)) if one.present else one for one in message.attachments])
        messages.append(message._replace(attachments=settled))
    if next(waiting, None) is not None:
        refuse("the number of files in a slice")
    return replace(described, messages=tuple(messages))


def _settled(attachment: Attachment, file: SliceFile | None) -> Attachment:
    if file is None:
        refuse("the number of files in a slice")
    if file.problem is not None:
        return replace(attachment, present=False)
    return replace(attachment, sha256=file.sha256, media_type=file.media_type)


def _components(files: tuple[SliceFile, ...]) -> Iterator[Component]:
    """Each file once, whoever carries it."""
    present = [one for one in files if one.problem is None]
    for one in {(one.offset, one.size, one.name): one for one in present}.values():
        yield Component(
            id="",
            role=ComponentRole.ATTACHMENT,
            media_type=one.media_type,
            name=one.name,
            size=one.size,
            sha256=one.sha256,
            path=place_of(one.offset, one.size),
        )


def _lengths(header: bytes) -> tuple[int, int]:
    first, last = header[len(SIGNATURE) : len(SIGNATURE) + DIGITS], header[-DIGITS - 1 : -1]
    if len(header) != HEADER_BYTES or not (header.startswith(SIGNATURE) and first.isdigit() and last.isdigit()):
        refuse("the beginning of a slice")
    return int(first), int(last)


def _file(value: object) -> SliceFile:
    members = only(value, frozenset({"name", "type", "at", "size", "sha256", "problem"}))
    return SliceFile(
        name=string_or_none(members, "name"),
        media_type=string(members, "type"),
        offset=number(members, "at", at_most=_LARGEST),
        size=number(members, "size", at_most=_LARGEST),
        sha256=sha256(members, "sha256"),
        problem=string_or_none(members, "problem"),
    )
