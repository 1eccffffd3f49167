"""What ordinary examination sees of a picture: its header. Decoding its pixels is left to the reader of pictures.

Rule kept: a picture whose header can be read waits to be read, and says so; one that is too small to hold a letter
waits for nothing. A picture of a screen and a picture of paper are told apart by what the file says of itself: TIFF,
the name of a scanner, or the size of a sheet at a scanner's resolution make it a document.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ingest.formats.detect import HEAD_BYTES, detect
from ingest.formats.pictures.exif import read_exif
from ingest.formats.pictures.metadata import is_scan, metadata_of
from ingest.formats.pictures.survey import survey
from storage.records import RecordKind
from storage.transcription import NOT_READ_YET

SMALLEST_WITH_LETTERS: Final = 8
"""Pixels; a picture that is narrower or lower than this holds no letter that anybody could read."""

_BROKEN: Final = "the header of the picture cannot be read"


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstLook:
    """What the header told: the kind of a record that is this picture, a remark about its size, and what is not read.

    `unread` is None where the picture is too small to hold text; `pictured` whether it waits to be read.
    """

    kind: RecordKind
    note: str | None = None
    unread: str | None = None
    pictured: bool = False


def first_look(raw: bytes) -> FirstLook:
    """Look at a picture (by its first bytes: `detect`); never raises for any bytes."""
    header = survey(raw)
    if header is None:
        kind = RecordKind.DOCUMENT if detect(raw[:HEAD_BYTES]).media_type == "image/tiff" else RecordKind.SCREENSHOT
        return FirstLook(kind=kind, unread=_BROKEN)
    exif = read_exif(header.exif)
    is_paper = header.media_type == "image/tiff" or is_scan(header, exif, metadata_of(header, exif))
    note = f"its header states {header.width} by {header.height} pixels"
    if header.frames > 1:
        note += f" and {header.frames:,} pictures"
    is_legible = min(header.width, header.height) >= SMALLEST_WITH_LETTERS
    return FirstLook(
        kind=RecordKind.DOCUMENT if is_paper else RecordKind.SCREENSHOT,
        note=note,
        unread=NOT_READ_YET if is_legible else None,
        pictured=is_legible,
    )
