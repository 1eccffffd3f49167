"""Pixels with regions burned in, and the pictures they are written as; Pillow decodes and encodes.

Rules kept: what is given is made of pixels only: one frame, upright (Exif 2.3 §4.6.4 A), without alpha (over white),
palette, profile, thumbnail or any other chunk than IHDR, IDAT and IEND (PNG, ISO/IEC 15948 §11.2). A region is filled
with black where it touches a pixel, then its label is drawn in white where it fits. Burning twice changes nothing, so a
picture is proved by burning it again. Sizes are bounded before anything is decoded.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from dataclasses import dataclass
from math import ceil, floor
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

MOST_PIXELS: Final = 50_000_000
MOST_BYTES: Final = 64 << 20
FORMATS: Final = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")
_MARGIN: Final = 2  # pixels between a label and the edge of its box
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PLAIN_CHUNKS: Final = (b"IHDR", b"IDAT", b"IEND")
_GREY: Final = 0
_COLOURS: Final = 2
_SMALLEST: Final = 45  # bytes of a PNG without rows
_CHUNK_FRAME: Final = 12  # bytes of a chunk beside its content
_FLAT: Final = 2  # dimensions of grey pixels
_RAISED: Final = (OSError, ValueError, TypeError, SyntaxError, KeyError, IndexError, OverflowError, MemoryError)
_RAISED_TOO: Final = (*_RAISED, struct.error, zlib.error, EOFError, RuntimeError, Image.DecompressionBombError, Warning)


@dataclass(frozen=True, slots=True, kw_only=True)
class Burn:
    """A box to be filled, in pixels from the upper left, and what is printed in it."""

    left: float
    top: float
    right: float
    bottom: float
    label: str = ""

    def box(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Every pixel it touches, of a picture of that size."""
        left, top = max(0, floor(self.left)), max(0, floor(self.top))
        return left, top, min(width, ceil(self.right)), min(height, ceil(self.bottom))


def open_picture(raw: bytes) -> NDArray[np.uint8]:
    """The first frame upright: height x width of grey, or height x width x 3 of red, green and blue.

    Raises:
        InvalidInput: it is no picture of a known format, damaged or too large.
    """
    if len(raw) > MOST_BYTES:
        raise InvalidInput("The picture is too large to be redacted. Withhold it.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(raw), formats=FORMATS) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise InvalidInput("The picture is too large to be redacted. Withhold it.")
                picture.load()
                upright = ImageOps.exif_transpose(picture)
                return _flat(upright)
    except _RAISED_TOO:
        pass  # Pillow's errors can quote what they read
    raise InvalidInput("The picture cannot be read whole, so it cannot be redacted. Withhold it.")


def burn(pixels: NDArray[np.uint8], burns: Sequence[Burn]) -> NDArray[np.uint8]:
    """A copy of the pixels with all boxes filled and labelled."""
    out = np.array(pixels, dtype=np.uint8, copy=True)
    height, width = out.shape[:2]
    for one in burns:
        left, top, right, bottom = one.box(width, height)
        out[top:bottom, left:right] = 0
    for one in burns:
        left, top, right, bottom = one.box(width, height)
        drawn = _label(one.label)
        if drawn is None or drawn.shape[0] > bottom - top - 2 * _MARGIN or drawn.shape[1] > right - left - 2 * _MARGIN:
            continue
        down, across = top + (bottom - top - drawn.shape[0]) // 2, left + (right - left - drawn.shape[1]) // 2
        place = out[down : down + drawn.shape[0], across : across + drawn.shape[1]]
        place[:] = drawn if out.ndim == _FLAT else drawn[:, :, None]
    return out


def is_grey(pixels: NDArray[np.uint8]) -> bool:
    """Whether red, green and blue are the same everywhere."""
    if pixels.ndim == _FLAT:
        return True
    first = pixels[:, :, 0]
    return bool(np.array_equal(first, pixels[:, :, 1]) and np.array_equal(first, pixels[:, :, 2]))


def write_png(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG with its three needed chunks only; the same pixels give the same bytes."""
    grey = is_grey(pixels)
    flat = pixels if pixels.ndim == _FLAT or not grey else pixels[:, :, 0]
    height, width = flat.shape[:2]
    rows = np.ascontiguousarray(flat).reshape(height, -1).astype(np.int16)
    lines = np.zeros((height, rows.shape[1] + 1), dtype=np.uint8)
    lines[:, 0] = 2  # filter Up (§9.2): each byte less the one above it
    lines[0, 1:] = rows[0]
    lines[1:, 1:] = (rows[1:] - rows[:-1]) & 0xFF
    head = struct.pack(">IIBBBBB", width, height, 8, _GREY if grey else _COLOURS, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(lines.tobytes(), 6)), (b"IEND", b""))
    return _PNG + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def redacted_picture(raw: bytes, burns: Sequence[Burn]) -> bytes:
    """A picture as PNG with boxes burned in; nothing but its pixels is kept.

    Raises:
        InvalidInput: it cannot be read, or a box lies outside of it.
    """
    pixels = open_picture(raw)
    height, width = pixels.shape[:2]
    if any(one.left >= width or one.top >= height or one.right > width + 1 or one.bottom > height + 1 for one in burns):
        raise InvalidInput("A redaction goes beyond the edge of its picture. Draw it again.")
    return write_png(burn(pixels, burns))


def beside_pixels(raw: bytes) -> Iterator[str]:
    """What a file of a picture has beside pixels, as phrases without content; nothing for a plain PNG."""
    if not raw.startswith(_PNG) or len(raw) < _SMALLEST:
        yield "a picture that is no PNG"
        return
    at, kinds = len(_PNG), []
    while at + _CHUNK_FRAME <= len(raw):
        (length,) = struct.unpack_from(">I", raw, at)
        kinds.append(raw[at + 4 : at + 8])
        at += _CHUNK_FRAME + length
        if kinds[-1] == b"IEND":
            break
    if at != len(raw):
        yield "bytes after the end of a picture"
    if not set(kinds) <= set(_PLAIN_CHUNKS):
        yield "a chunk that holds no pixels"
    if raw[25:26] not in {bytes([_GREY]), bytes([_COLOURS])}:
        yield "a palette or transparency"
    if raw[24:25] != b"\x08" or kinds[:1] != [b"IHDR"] or kinds.count(b"IHDR") != 1 or not _only_rows(raw):
        yield "pixels that are not all shown"


def _only_rows(raw: bytes) -> bool:
    """Whether the compressed rows are as many as the picture has, without bytes behind them."""
    width, height = struct.unpack_from(">II", raw, 16)
    if not 0 < width * height <= MOST_PIXELS:
        return False
    parts, at = [], len(_PNG)
    while at + _CHUNK_FRAME <= len(raw):
        (length,) = struct.unpack_from(">I", raw, at)
        if raw[at + 4 : at + 8] == b"IDAT":
            parts.append(raw[at + 8 : at + 8 + length])
        at += _CHUNK_FRAME + length
    wanted = height * (width * (3 if raw[25] == _COLOURS else 1) + 1)
    undone = zlib.decompressobj()
    try:
        rows = undone.decompress(b"".join(parts), wanted + 1)
    except zlib.error:
        return False
    return len(rows) == wanted and undone.eof and not undone.unused_data


def _flat(picture: Image.Image) -> NDArray[np.uint8]:
    if picture.mode in {"L", "1"} and "transparency" not in picture.info:
        return np.asarray(picture.convert("L"), dtype=np.uint8)
    if picture.mode == "F":
        raise ValueError("no scale from dark to light is known")
    if picture.mode.startswith("I"):  # 16 bits: the upper eight
        return (np.asarray(picture).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8)
    if "A" in picture.mode or "transparency" in picture.info:
        whole = picture.convert("RGBA")
        under = Image.new("RGBA", whole.size, (255, 255, 255, 255))
        return np.asarray(Image.alpha_composite(under, whole).convert("RGB"), dtype=np.uint8)
    return np.asarray(picture.convert("RGB"), dtype=np.uint8)


def _label(label: str) -> NDArray[np.uint8] | None:
    """The label in white on black; None where there is none, or it has letters that the small font does not."""
    if not label or not label.isascii():
        return None
    font = ImageFont.load_default_imagefont()
    left, top, right, bottom = (ceil(one) for one in font.getbbox(label))
    canvas = Image.new("L", (right - left, bottom - top), 0)
    ImageDraw.Draw(canvas).text((-left, -top), label, fill=255, font=font)
    return np.asarray(canvas, dtype=np.uint8)
