"""The size that a HEIC or an AVIF states (ISO 23008-12 §6.5.3), found in its boxes (ISO 14496-12 §4.2).

Rule kept: three levels of boxes are opened, by name and never deeper, each up to a fixed number of boxes. The size is
the largest that any item has: that of the picture itself, since tiles and thumbnails are smaller. A decoder is
asked again, and applies the rotation that this leaves out.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from ingest.formats.detect import HEAD_BYTES, detect
from ingest.formats.pictures.surveyed import Survey

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_BOXES: Final = 5_000
_SIZE: Final = struct.Struct(">II")


def survey_boxes(raw: bytes) -> Survey | None:
    """The header of a HEIC or an AVIF."""
    sizes: list[tuple[int, int]] = []
    for meta in _contents(raw, 0, len(raw), b"meta"):
        for properties in _contents(raw, meta[0] + 4, meta[1], b"iprp"):  # a full box: version and flags come first
            for container in _contents(raw, *properties, b"ipco"):
                found = (raw[at + 4 : min(end, at + 12)] for at, end in _contents(raw, *container, b"ispe"))
                sizes += (_SIZE.unpack(one) for one in found if len(one) == _SIZE.size)
    if not sizes:
        return None
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    return Survey(media_type=detect(raw[:HEAD_BYTES]).media_type, width=width, height=height)


def _contents(raw: bytes, start: int, end: int, name: bytes) -> Iterator[tuple[int, int]]:
    """Start and end of the content of each box of this name that stands between two places."""
    at = start
    for _ in range(_MOST_BOXES):
        if at + 8 > end:
            return
        size, head = int.from_bytes(raw[at : at + 4]), 8
        if size == 1:
            size, head = int.from_bytes(raw[at + 8 : at + 16]), 16
        elif size == 0:
            size = end - at  # it goes on to the end of the file
        if size < head or at + size > end:
            return
        if raw[at + 4 : at + 8] == name:
            yield at + head, at + size
        at += size
