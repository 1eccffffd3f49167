"""The chunks of a PNG (W3C PNG, third edition, §5): its size, what it says of itself, and the part that makes pixels.

Rule kept: compressed texts are inflated up to a fixed length, chunks are walked up to a fixed number, and a decoder is
given none but those that make pixels, so that no text, profile or time in the file can harm it.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Final

from ingest.formats.pictures.surveyed import MOST_TEXT, MOST_TEXTS, Survey, per_inch

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
MOST_CHUNKS: Final = 200_000
_MOST_PROFILE: Final = 1 << 20
_PIXELS: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"acTL", b"fcTL", b"fdAT"})
_XMP: Final = b"XML:com.adobe.xmp"
_METRE: Final = 0.0254


def survey_png(raw: bytes) -> Survey | None:
    """The header of a PNG or an APNG."""
    if raw[12:16] != b"IHDR" or len(raw) < 33:  # noqa: PLR2004 - the signature and a whole IHDR
        return None
    width, height = struct.unpack_from(">II", raw, 16)
    frames, dpi, exif, xmp, icc = 1, None, b"", b"", b""
    texts: list[tuple[str, str]] = []
    for kind, start, end in _chunks(raw):
        if kind == b"IDAT":
            continue
        if kind == b"acTL" and end - start >= 8:  # noqa: PLR2004 - two numbers
            frames = max(1, struct.unpack_from(">I", raw, start)[0])
        elif kind == b"pHYs" and end - start == 9 and raw[end - 1] == 1:  # noqa: PLR2004 - as it is laid down
            across, down = struct.unpack_from(">II", raw, start)
            dpi = per_inch(across * _METRE, down * _METRE, 2)
        elif kind == b"eXIf":
            exif = raw[start:end]
        elif kind == b"iCCP":
            icc = _inflated(raw[start:end].partition(b"\0")[2][1:], _MOST_PROFILE)
        elif kind == b"iTXt" and raw.startswith(_XMP + b"\0", start, end):
            xmp = _international(raw[start:end], _MOST_PROFILE)
        elif len(texts) < MOST_TEXTS and (text := _text(kind, raw[start : min(end, start + _MOST_PROFILE)])):
            texts.append(text)
    return Survey(
        media_type="image/png",
        width=width,
        height=height,
        frames=frames,
        dpi=dpi,
        exif=exif,
        xmp=xmp,
        icc=icc,
        texts=tuple(texts),
    )


def pixels_only(raw: bytes) -> bytes:
    """The same PNG with nothing but the chunks that make pixels."""
    kept = [raw[start - 8 : end + 4] for kind, start, end in _chunks(raw) if kind in _PIXELS]
    return b"".join((SIGNATURE, *kept))


def _chunks(raw: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of each chunk's content; the last may be cut short."""
    at = len(SIGNATURE)
    for _ in range(MOST_CHUNKS):
        if at + 8 > len(raw):
            return
        length = int.from_bytes(raw[at : at + 4])
        kind = raw[at + 4 : at + 8]
        yield kind, at + 8, min(at + 8 + length, len(raw))
        if kind == b"IEND":
            return
        at += 12 + length


def _text(kind: bytes, content: bytes) -> tuple[str, str] | None:
    if kind == b"tIME" and len(content) == 7:  # noqa: PLR2004 - §11.3.5.1
        return "tIME", "{:04}-{:02}-{:02} {:02}:{:02}:{:02}".format(*struct.unpack(">HBBBBB", content))
    name, _, rest = content.partition(b"\0")
    if kind == b"tEXt":
        value = rest[: MOST_TEXT * 4]
    elif kind == b"zTXt":
        value = _inflated(rest[1:], MOST_TEXT * 4)
    elif kind == b"iTXt":
        return name.decode("latin-1"), _international(content, MOST_TEXT * 4).decode("utf-8", "replace")
    else:
        return None
    return name.decode("latin-1"), value.decode("latin-1")


def _international(content: bytes, most: int) -> bytes:
    """The text of an iTXt (§11.3.3.4): after keyword, two flags, language and translated keyword."""
    _, _, rest = content.partition(b"\0")
    compressed, rest = rest[:1] == b"\1", rest[2:]
    text = rest.partition(b"\0")[2].partition(b"\0")[2]
    return _inflated(text, most) if compressed else text[:most]


def _inflated(packed: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(packed, most)
    except zlib.error:
        return b""
