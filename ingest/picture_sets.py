"""Sets of pictures on their way in and to the reader: packed as they are sealed, and opened no further than needed.

Rule: a set holds pictures and pages (PDF) only, by their first bytes; anything else is handed in by itself. What each
was called stands in the envelope, so that the same pictures under other names are the same set. The reader gets the
whole of each picture where they are small together, else its beginning, which has the header.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ingest.formats.chats.slices import place_of
from ingest.formats.detect import HEAD_BYTES, MediaKind, detect
from ingest.formats.picture_set import FOOTER_BYTES, MOST_PICTURES, index_length, read_index, written, written_size
from ingest.reading_codec import ReadingRequest, Task
from storage.errors import InvalidInput
from storage.records import Component, ComponentRole
from storage.sealed_streams import PIECE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ingest.submission import ContentSource
    from storage.contents import SubmissionContent
    from storage.records import Envelope

SET: Final = "picture set"
"""The kind of a set in a `Handover`."""

_NAMES: Final = "pictures"
_LONGEST_NAME: Final = 1_000
_HEAD: Final = 1 << 18
_KINDS: Final = frozenset({MediaKind.IMAGE, MediaKind.PDF})


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureSet:
    """Pictures that become one record, as a `ContentSource`; each is bytes or a source of its own."""

    pictures: tuple[bytes | ContentSource, ...] = field(repr=False)

    @property
    def size(self) -> int:
        """The bytes of the whole."""
        return written_size([len(one) if isinstance(one, bytes) else one.size for one in self.pictures])

    def pieces(self) -> Iterator[bytes]:
        """See `ContentSource.pieces`."""
        for piece in written([_pieces(one) for one in self.pictures]):
            yield bytes(piece)


def may_be_in_set(head: bytes, name: str) -> bool:
    """Whether a file that begins so is a picture, or pages."""
    return detect(head[:HEAD_BYTES], name).kind in _KINDS


def refuse_no_set(heads: Sequence[tuple[str, bytes]]) -> None:
    """Refuse what is no set; `heads` are the name and the first bytes of each.

    Raises:
        InvalidInput: too many, or one is no picture; says which by its number.
    """
    if len(heads) > MOST_PICTURES:
        raise InvalidInput(f"one set has at most {MOST_PICTURES} pictures; hand them in as several sets")
    for number, (name, head) in enumerate(heads, start=1):
        if not may_be_in_set(head, name):
            raise InvalidInput(
                f"file {number} is no picture and no PDF; hand it in by itself, and only the pictures of one "
                "conversation together",
                number=number,
            )


def source_of(names: Sequence[str]) -> str:
    """What a set is called: by its first picture."""
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def name_pairs(names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """What the pictures of a set were called, in order, as pairs of an envelope's transport."""
    cut = [name[:_LONGEST_NAME].encode("utf-8", "replace").decode() for name in names]
    return ((_NAMES, json.dumps(cut, ensure_ascii=False)),)


def set_reading(content: SubmissionContent, envelope: Envelope, *, largest: int) -> ReadingRequest:
    """To read a set: its pictures, or of a set of more than `largest` bytes their beginnings.

    Raises:
        ValueError: the stored bytes are no set.
    """
    size = content.size
    with content.ranges() as ranges:
        back = index_length(ranges.read(size - FOOTER_BYTES, FOOTER_BYTES))
        index = ranges.read(size - back, back)
        pictures = read_index(index, size)
        lengths = [one.size if size <= largest else min(one.size, _HEAD) for one in pictures]
        parts = [ranges.read(one.offset, length) for one, length in zip(pictures, lengths, strict=True)]
    names = dict(envelope.transport).get(_NAMES, "[]")
    options: dict[str, str | int | bool] = {
        "size": size,
        "index": back,
        "lengths": ",".join(map(str, lengths)),
        "names": names,
    }
    return ReadingRequest(task=Task.SET, payload=b"".join((*parts, index)), options=options)


def unread_components(content: SubmissionContent, envelope: Envelope) -> tuple[Component, ...]:
    """The pictures of a set that nobody reads, each a component that has no id yet.

    Raises:
        ValueError: the stored bytes are no set.
    """
    names = json.loads(dict(envelope.transport).get(_NAMES, "[]"))
    with content.ranges() as ranges:
        back = index_length(ranges.read(content.size - FOOTER_BYTES, FOOTER_BYTES))
        pictures = read_index(ranges.read(content.size - back, back), content.size)
        heads = [ranges.read(one.offset, min(one.size, HEAD_BYTES)) for one in pictures]
    return tuple(
        Component(
            id="",
            role=ComponentRole.ORIGINAL,
            media_type=detect(head).media_type,
            name=names[number] if number < len(names) else None,
            size=one.size,
            sha256=one.sha256,
            path=place_of(one.offset, one.size),
        )
        for number, (one, head) in enumerate(zip(pictures, heads, strict=True))
    )


def _pieces(one: bytes | ContentSource) -> Iterable[bytes | memoryview]:
    if not isinstance(one, bytes):
        yield from one.pieces()
        return
    view = memoryview(one)
    for start in range(0, len(one), PIECE_BYTES):
        yield view[start : start + PIECE_BYTES]
