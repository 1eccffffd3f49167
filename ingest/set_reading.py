"""A set of pictures read into the description of its record: one component a picture, in the order given.

Rule kept: nothing is decoded here. Of a picture its header is looked at, of pages their text layer, as for those that
are handed in by themselves; a record of which one is a picture of a screen is a screenshot. Runs in the sandboxed
child.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.attachment_remarks import AttachmentRemarks
from ingest.formats.attachment_text import read_attachment
from ingest.formats.chats.slices import place_of
from ingest.formats.detect import HEAD_BYTES, MediaKind, detect
from ingest.formats.headers import ContentFields
from ingest.formats.office.allowance import MOST_PAGES, Allowance
from ingest.formats.picture_set import read_index
from ingest.formats.pictures.first_look import first_look
from storage.records import Component, ComponentRole, Description, RecordKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.formats.picture_set import SetPicture

_PACKED: Final = (
    "{count} pictures in the order in which they were handed in together, packed by the archive; each keeps its "
    "own bytes and its own SHA-256"
)
_IN_PART: Final = "it was not read: the pictures are too large together"
_MOST_TEXT: Final = 8 << 20


def read_set(payload: bytes, options: Mapping[str, Any], *, pages: int = MOST_PAGES) -> Description:
    """The description of a set.

    Args:
        payload: its pictures or their beginnings, and then its index with the footer.
        options: the `size` of the whole, the length of its `index`, the `lengths` of what is here of each picture, and
            the `names` that they came with.
        pages: how many pages of a PDF are read.

    Raises:
        ValueError: this is no set.
    """
    index = payload[len(payload) - int(options["index"]) :]
    pictures = read_index(index, int(options["size"]))
    names = [one if isinstance(one, str) else None for one in json.loads(options["names"])]
    seen = _Seen(Allowance(pages=pages))
    place = 0
    for number, (one, length) in enumerate(zip(pictures, map(int, options["lengths"].split(",")), strict=True), 1):
        name = names[number - 1] if number <= len(names) else None
        seen.look(number, one, payload[place : place + length], name)
        place += length
    is_screen = RecordKind.SCREENSHOT in seen.kinds
    return Description(
        kind=RecordKind.SCREENSHOT if is_screen else RecordKind.DOCUMENT,
        text="\n".join(seen.texts)[:_MOST_TEXT],
        components=tuple(seen.components),
        asserted=tuple(seen.remarks.asserted),
        notes=(_PACKED.format(count=len(pictures)), *seen.notes, *seen.remarks.notes),
        unsearchable=tuple(seen.unread),
    )


class _Seen:
    """What was seen of the pictures so far."""

    def __init__(self, allowance: Allowance) -> None:
        self.allowance = allowance
        self.remarks = AttachmentRemarks()
        self.components: list[Component] = []
        self.kinds: set[RecordKind] = set()
        self.texts: list[str] = []
        self.notes: list[str] = []
        self.unread: list[str] = []

    def look(self, number: int, one: SetPicture, content: bytes, name: str | None) -> None:
        """Look at one picture, of which at least the beginning is here."""
        found = detect(content[:HEAD_BYTES], name)
        unread: tuple[str, ...] = ()
        pictured = False
        if found.kind is MediaKind.IMAGE:
            looked = first_look(content)
            self.kinds.add(looked.kind)
            unread, pictured = () if looked.unread is None else (looked.unread,), looked.pictured
            if looked.note is not None:
                self.notes.append(f"picture {number}: {looked.note}")
        elif len(content) < one.size:
            unread = (_IN_PART,)
        else:
            read = read_attachment(content, ContentFields(media_type=found.media_type, name=name), self.allowance)
            self.remarks.take(f"picture {number}", read)
            unread, pictured = read.reasons, read.pictured
            if read.text:
                self.texts.append(read.text)
        self.unread += [f"picture {number}: {reason}" for reason in unread]
        self.components.append(
            Component(
                id="",
                role=ComponentRole.ORIGINAL,
                media_type=found.media_type,
                name=name,
                size=one.size,
                sha256=one.sha256,
                path=place_of(one.offset, one.size),
                pictured=pictured,
            )
        )
