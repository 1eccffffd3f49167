"""What the header of a picture states, read without decoding a pixel: its size, and where its metadata stand.

Rule kept: pure and total; bytes that no reader of the house knows, or whose header is broken, have no survey. What
is read is bounded in count and length, whatever the file claims. The sizes are those that the file claims: a decoder
may find others, and is asked again.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from ingest.formats.detect import HEAD_BYTES, MediaKind, detect
from ingest.formats.pictures.boxes import survey_boxes
from ingest.formats.pictures.jpeg_segments import survey_jpeg
from ingest.formats.pictures.plain_headers import survey_bmp, survey_gif, survey_tiff, survey_webp
from ingest.formats.pictures.png_chunks import survey_png

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.formats.pictures.surveyed import Survey

_READERS: Final[dict[str, Callable[[bytes], Survey | None]]] = {
    "image/png": survey_png,
    "image/jpeg": survey_jpeg,
    "image/gif": survey_gif,
    "image/webp": survey_webp,
    "image/tiff": survey_tiff,
    "image/bmp": survey_bmp,
    "image/heic": survey_boxes,
    "image/avif": survey_boxes,
}


def survey(raw: bytes) -> Survey | None:
    """The header of a picture; None where this is none, or its header cannot be read."""
    found = detect(raw[:HEAD_BYTES])
    if found.kind is not MediaKind.IMAGE:
        return None
    try:
        return _READERS[found.media_type](raw)
    except (ValueError, IndexError, KeyError, ArithmeticError, struct.error):
        return None
