"""A slice of an export read into the description of its record, with the text of the documents that it carries.

Rule: the unpacker's reading is taken as it is, since it is about these bytes alone and was made by a process as
confined as this one; what is added is what search needs of the files. Runs in the sandboxed child.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.attachment_text import read_attachment
from ingest.formats.chats.slices import is_wordless, range_of, read_slice
from ingest.formats.headers import ContentFields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storage.records import Description

MOST_TEXT: Final = 8 << 20
_MOST_NAMED: Final = 100
_TOO_LARGE: Final = "its files were not read: together they are too large"
_NOT_READ: Final = "{count:,} of its files are pictures, sound or video, which hold no text to be read"


def read_whole_slice(payload: bytes, options: Mapping[str, Any]) -> Description:
    """The description of a slice.

    Args:
        payload: all of it, or its front and its index alone.
        options: its `size` in bytes.

    Raises:
        ValueError: this is no slice.
    """
    size = int(options["size"])
    described = read_slice(payload, size=size)
    files = described.components[1:]
    if not files:
        return described
    texts: list[str] = []
    unread: list[str] = []
    media = 0
    left = MOST_TEXT - len(described.text)
    for number, file in enumerate(files, start=1):
        if is_wordless(file.media_type):
            media += 1
            continue
        if len(payload) < size:
            unread = [_TOO_LARGE]
            continue
        offset, length = range_of(file.path) or (0, 0)
        fields = ContentFields(media_type=file.media_type, name=file.name)
        read = read_attachment(payload[offset : offset + length], fields)
        text = read.text[: max(left, 0)]
        left -= len(text)
        if text:
            texts.append(text)
        reason = read.unread if len(text) == len(read.text) else "its text is longer than can be kept"
        if reason is not None and len(unread) < _MOST_NAMED:
            unread.append(f"file {number}: {reason}")
    if media:
        unread.append(_NOT_READ.format(count=media))
    text = "\n".join([described.text, *texts]) if texts else described.text
    return replace(described, text=text, unsearchable=(*described.unsearchable, *unread))
