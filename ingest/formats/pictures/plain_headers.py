"""The short headers: GIF (GIF89a §18), WebP (RFC 9649 §2), TIFF (TIFF 6.0 §2) and BMP, without a pixel of theirs.

Rule kept: as in `ingest.formats.pictures.survey`; counting is bounded, and frames are counted by their marks alone.
"""

from __future__ import annotations

import struct
from typing import Final

from ingest.formats.pictures.surveyed import Survey
from ingest.formats.pictures.tiff_tags import Directory, TagReader, resolution

_MOST_PAGES: Final = 10_000
_MOST_CHUNKS: Final = 10_000
_MOST_STEPS: Final = 200_000
_WIDTH, _LENGTH = 256, 257
_XMP, _ICC = 700, 34675
_OLD_BITMAP: Final = 12


def survey_gif(raw: bytes) -> Survey:
    """The logical screen of a GIF. Its frames may lie outside, and a decoder then makes the screen larger."""
    width, height = struct.unpack_from("<HH", raw.ljust(10, b"\0"), 6)
    return Survey(media_type="image/gif", width=width, height=height, frames=max(1, _gif_frames(raw)))


def _gif_frames(raw: bytes) -> int:
    """How many image descriptors (GIF89a §20) stand in the chain of blocks, which is followed by their lengths."""
    at = 13 + _colours(raw[10])
    frames = steps = 0
    while at < len(raw) and steps < _MOST_STEPS:
        mark = raw[at]
        if mark == 0x2C:  # noqa: PLR2004 - an image: its place, its colours, the size of its codes
            frames += 1
            at += 11 + _colours(raw[at + 9])
        elif mark == 0x21:  # noqa: PLR2004 - an extension, with its label
            at += 2
        else:
            break
        while at < len(raw) and raw[at] and steps < _MOST_STEPS:
            at += 1 + raw[at]
            steps += 1
        at, steps = at + 1, steps + 1
    return frames


def _colours(flags: int) -> int:
    """How long a table of colours is, by the flags before it."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def survey_bmp(raw: bytes) -> Survey | None:
    """The size in the information header of a BMP; rows may run from the top, which a negative height says."""
    if len(raw) < 26:  # noqa: PLR2004 - both headers of the oldest version
        return None
    size = int.from_bytes(raw[14:18], "little")
    width, height = struct.unpack_from("<HH" if size == _OLD_BITMAP else "<ii", raw, 18)
    return Survey(media_type="image/bmp", width=abs(width), height=abs(height))


def survey_webp(raw: bytes) -> Survey | None:
    """The canvas of a WebP, its frames, and its chunks of EXIF, XMP and ICC."""
    size: tuple[int, int] | None = None
    frames = 0
    beside = {b"EXIF": b"", b"XMP ": b"", b"ICCP": b""}
    at = 12
    for _ in range(_MOST_CHUNKS):
        if at + 8 > len(raw):
            break
        kind, length = raw[at : at + 4], int.from_bytes(raw[at + 4 : at + 8], "little")
        size = size or _webp_size(kind, raw[at + 8 : at + 8 + min(length, 10)])
        frames += kind == b"ANMF"
        if kind in beside:
            beside[kind] = raw[at + 8 : at + 8 + length]
        at += 8 + length + (length & 1)
    if size is None:
        return None
    return Survey(
        media_type="image/webp",
        width=size[0],
        height=size[1],
        frames=max(1, frames),
        exif=beside[b"EXIF"].removeprefix(b"Exif\0\0"),
        xmp=beside[b"XMP "],
        icc=beside[b"ICCP"],
    )


def _webp_size(kind: bytes, content: bytes) -> tuple[int, int] | None:
    """The size in the first chunk that has one: extended (§2.7), lossy (RFC 6386 §9.1) or lossless (§3.4)."""
    if kind == b"VP8X":
        return 1 + int.from_bytes(content[4:7], "little"), 1 + int.from_bytes(content[7:10], "little")
    if kind == b"VP8 ":
        across, down = struct.unpack_from("<HH", content, 6)
        return across & 0x3FFF, down & 0x3FFF
    if kind == b"VP8L":
        bits = int.from_bytes(content[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return None


def survey_tiff(raw: bytes) -> Survey | None:
    """The first page of a TIFF, and how many there are; its tags are those of EXIF."""
    first: Directory | None = None
    pages = 0
    for directory in TagReader(raw).all(_MOST_PAGES):
        first = first or directory
        pages += 1
    width, height = (first.number(_WIDTH), first.number(_LENGTH)) if first else (None, None)
    if first is None or width is None or height is None:
        return None
    xmp, icc = first.tags.get(_XMP), first.tags.get(_ICC)
    return Survey(
        media_type="image/tiff",
        width=width,
        height=height,
        frames=pages,
        dpi=resolution(first),
        exif=raw,
        xmp=xmp if isinstance(xmp, bytes) else b"",
        icc=icc if isinstance(icc, bytes) else b"",
    )
