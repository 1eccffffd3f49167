"""Small pictures made for tests, with any metadata; and chunks, boxes and tags to break them with."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Sequence


def scene(width: int = 120, height: int = 80) -> Image.Image:
    """A picture that looks different from every side: a red corner, a blue bar, a green spot, on a grey wash."""
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    for column in range(width):
        draw.line((column, 0, column, height), fill=(255 - 120 * column // width,) * 3)
    draw.rectangle((0, 0, width // 3, height // 4), fill=(200, 30, 30))
    draw.rectangle((width * 3 // 8, height * 3 // 8, width - 1, height * 5 // 8), fill=(20, 60, 200))
    draw.ellipse((width // 6, height * 5 // 8, width // 3, height * 7 // 8), fill=(20, 140, 60))
    return image


def saved(image: Image.Image, form: str, **options: Any) -> bytes:
    written = io.BytesIO()
    image.save(written, form, **options)
    return written.getvalue()


def animation(form: str, frames: Sequence[Image.Image]) -> bytes:
    return saved(frames[0], form, save_all=True, append_images=list(frames[1:]), duration=50)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_header(width: int, height: int, depth: int = 8, colour: int = 2, interlace: int = 0) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))


def with_chunks(png: bytes, *added: bytes) -> bytes:
    """A PNG with chunks after its header."""
    return png[:33] + b"".join(added) + png[33:]


def with_segment(jpeg: bytes, mark: int, content: bytes) -> bytes:
    """A JPEG with one more segment at its beginning."""
    return jpeg[:2] + struct.pack(">BBH", 0xFF, mark, len(content) + 2) + content + jpeg[2:]


def directory(entries: Sequence[tuple[int, int, int, bytes]], following: int = 0, order: str = "<") -> bytes:
    """A directory of tags: number, type, count and the four bytes of value or offset."""
    packed = b"".join(struct.pack(order + "HHI", *entry[:3]) + entry[3].ljust(4, b"\0") for entry in entries)
    return struct.pack(order + "H", len(entries)) + packed + struct.pack(order + "I", following)


def exif(*entries: tuple[int, int, int, bytes], following: int = 0, rest: bytes = b"") -> bytes:
    """EXIF with one directory right after its header, then whatever else."""
    return b"II*\0\x08\0\0\0" + directory(entries, following) + rest


def orientation(number: int) -> bytes:
    return exif((0x0112, 3, 1, struct.pack("<H", number)))


def text_entry(tag: int, text: bytes, entries: int, at: int) -> tuple[int, int, int, bytes]:
    """An ASCII tag whose text lies `at` bytes behind a directory of so many entries."""
    return tag, 2, len(text), struct.pack("<I", 8 + 2 + 12 * entries + 4 + at)


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + kind + content
