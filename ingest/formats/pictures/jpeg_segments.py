"""The segments of a JPEG before its pixels (ITU-T T.81 Annex B): size, tables, EXIF, XMP, JFIF density, comments.

Rule kept: segments are walked up to a fixed number, by their own lengths; the pixels are not looked at, but for the
number of their scans, since each costs a decoder a pass over the whole picture.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ingest.formats.pictures.surveyed import MOST_TEXT, Survey, per_inch

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_SEGMENTS: Final = 5_000
_MOST_GATHERED: Final = 4 << 20
_MARK: Final = 0xFF
_FILL: Final = re.compile(rb"\xff*")  # fill bytes (B.1.1.2)
_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_SCAN: Final = 0xDA
_TABLES: Final = 0xDB
_END: Final = 0xD9
_COMMENT: Final = 0xFE
_EXIF: Final = b"Exif\0\0"
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
_ICC: Final = b"ICC_PROFILE\0"


def survey_jpeg(raw: bytes) -> Survey | None:
    """The header of a JPEG; of several pictures in one file (MPO) that of the first."""
    gathered = _Gathered()
    for mark, start, end in _segments(raw):
        if mark in _FRAMES and end - start >= 6:  # noqa: PLR2004 - precision, height, width, count
            height, width = struct.unpack_from(">HH", raw, start + 1)
            gathered.size = gathered.size or (width, height)
        elif mark == _SCAN:
            gathered.pixels = start
        elif mark == _TABLES:
            gathered.tables += _quantisation(raw[start:end])
        elif mark == _COMMENT:
            gathered.texts["Comment"] = raw[start:end][: MOST_TEXT * 4].decode("utf-8", "replace")
        else:
            gathered.take_application(mark, raw[start:end])
    if gathered.size is None:
        return None
    return Survey(
        media_type="image/jpeg",
        width=gathered.size[0],
        height=gathered.size[1],
        dpi=gathered.dpi,
        exif=gathered.exif,
        xmp=gathered.xmp,
        icc=gathered.icc,
        texts=tuple(gathered.texts.items()),
        quantisation=tuple(gathered.tables[:8]),
        # in the pixels a mark stands for itself alone (B.1.1.5), so that counting finds the scans
        scans=1 + raw.count(b"\xff\xda", gathered.pixels) if gathered.pixels else 0,
    )


@dataclass(slots=True)
class _Gathered:
    """What was found on the way; `pixels` is where the first scan begins."""

    size: tuple[int, int] | None = None
    dpi: tuple[float, float] | None = None
    exif: bytes = b""
    xmp: bytes = b""
    icc: bytes = b""
    pixels: int = 0
    texts: dict[str, str] = field(default_factory=dict)
    tables: list[bytes] = field(default_factory=list)

    def take_application(self, mark: int, content: bytes) -> None:
        """What programs put beside the picture; what stands twice is taken as its standard has it."""
        if mark == 0xE0 and content.startswith(b"JFIF\0") and len(content) >= 12:  # noqa: PLR2004 - JFIF 1.02
            unit, across, down = struct.unpack_from(">BHH", content, 7)
            self.dpi = self.dpi or per_inch(across, down, unit + 1)
        elif mark == 0xE1 and content.startswith(_EXIF) and len(self.exif) < _MOST_GATHERED:  # noqa: PLR2004 - APP1
            self.exif += content[len(_EXIF) :]
        elif mark == 0xE1 and content.startswith(_XMP):  # noqa: PLR2004 - APP1
            self.xmp = self.xmp or content[len(_XMP) :]
        elif mark == 0xE2 and content.startswith(_ICC) and len(self.icc) < _MOST_GATHERED:  # noqa: PLR2004 - APP2
            self.icc += content[len(_ICC) + 2 :]
        elif mark == 0xED and content.startswith(b"Photoshop 3.0\0"):  # noqa: PLR2004 - APP13
            self.texts["Photoshop resources"] = "present"


def _segments(raw: bytes) -> Iterator[tuple[int, int, int]]:
    """Mark, start and end of the content of each segment up to the first scan."""
    at = 2
    for _ in range(_MOST_SEGMENTS):
        at = max(at, _FILL.match(raw, at).end() - 1)  # type: ignore[union-attr]  # it matches nothing, too
        if at + 4 > len(raw) or raw[at] != _MARK:
            return
        mark = raw[at + 1]
        if mark == _END:
            return
        if mark in _ALONE:
            at += 2
            continue
        length = int.from_bytes(raw[at + 2 : at + 4])
        if length < 2:  # noqa: PLR2004 - its own two bytes
            return
        yield mark, at + 4, min(at + 2 + length, len(raw))
        if mark == _SCAN:
            return
        at += 2 + length


def _quantisation(content: bytes) -> Iterator[bytes]:
    """The tables of one segment (B.2.4.1), with 8-bit or 16-bit elements."""
    at = 0
    while at < len(content):
        size = 128 if content[at] >> 4 else 64
        if at + 1 + size > len(content):
            return
        yield content[at + 1 : at + 1 + size]
        at += 1 + size
