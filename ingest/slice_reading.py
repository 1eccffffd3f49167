"""A slice of an export read into the description of its record, with the text of the documents that it carries.

Rule: the unpacker's reading is taken as it is, since it is about these bytes alone and was made by a process as
confined as this one; what is added is what search needs of the files. Runs in the sandboxed child.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.attachment_remarks import AttachmentRemarks
from ingest.formats.attachment_text import read_attachment
from ingest.formats.chats.slices import is_wordless, range_of, read_slice
from ingest.formats.headers import ContentFields
from ingest.formats.office.allowance import MOST_PAGES, Allowance
from storage.transcription import NOT_READ_YET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storage.records import Description

MOST_TEXT: Final = 8 << 20
_MOST_NAMED: Final = 100
_TOO_LARGE: Final = "its files were not read: together they are too large"
_NOT_READ: Final = "{count:,} of its files are sound, video or drawings, which hold no text to be read"
_PICTURES: Final = "{count:,} of its files are pictures; of each " + NOT_READ_YET


def read_whole_slice(payload: bytes, options: Mapping[str, Any], *, pages: int = MOST_PAGES) -> Description:
    """The description of a slice.

    Args:
        payload: all of it, or its front and its index alone.
        options: its `size` in bytes.
        pages: how many pages of a PDF are read.

    Raises:
        ValueError: this is no slice.
    """
    size = int(options["size"])
    described = read_slice(payload, size=size)
    files = described.components[1:]
    if not files:
        return described
    allowance, remarks = Allowance(pages=pages), AttachmentRemarks()
    texts: list[str] = []
    unread: list[str] = []
    media = pictures = 0
    pictured: set[str] = set()
    left = MOST_TEXT - len(described.text)
    for number, file in enumerate(files, start=1):
        if _is_picture(file.media_type):
            pictured.add(file.path)
            pictures += 1
            continue
        if is_wordless(file.media_type):
            media += 1
            continue
        if len(payload) < size:
            unread = [_TOO_LARGE]
            continue
        offset, length = range_of(file.path) or (0, 0)
        fields = ContentFields(media_type=file.media_type, name=file.name)
        read = read_attachment(payload[offset : offset + length], fields, allowance)
        remarks.take(f"file {number}", read)
        if read.pictured:
            pictured.add(file.path)
        text = read.text[: max(left, 0)]
        left -= len(text)
        if text:
            texts.append(text)
        reasons = read.reasons if len(text) == len(read.text) else ("its text is longer than can be kept",)
        unread += [f"file {number}: {reason}" for reason in reasons][: max(0, _MOST_NAMED - len(unread))]
    text = "\n".join([described.text, *texts]) if texts else described.text
    unread += [sentence.format(count=count) for sentence, count in ((_NOT_READ, media), (_PICTURES, pictures)) if count]
    components = tuple([replace(one, pictured=one.path in pictured) for one in described.components])
    return replace(
        described,
        text=text,
        components=components,
        asserted=(*described.asserted, *remarks.asserted),
        notes=(*described.notes, *remarks.notes),
        unsearchable=(*described.unsearchable, *unread),
    )


def _is_picture(media_type: str) -> bool:
    """By what the export calls it: its bytes may not be here. A drawing of lines (SVG) has no pixels to be read."""
    return media_type.startswith("image/") and media_type != "image/svg+xml"
