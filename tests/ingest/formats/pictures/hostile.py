"""Pictures and PDFs made to harm whoever opens them, by name: each is a few bytes to a few megabytes, none is real."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Final

from PIL import Image

from ingest.formats.pictures.samples import SAMPLES
from tests.ingest.formats.pictures.hostile_documents import documents, drawn_pdf, pages
from tests.ingest.formats.pictures.pictures import (
    animation,
    box,
    chunk,
    directory,
    exif,
    orientation,
    png_header,
    saved,
    scene,
    with_chunks,
    with_segment,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_END: Final = chunk(b"IEND", b"")
_HEIC: Final = SAMPLES[-1]
_CUTS: Final = (1, 7, 30, 60, 95)  # in hundredths of the file
Case = tuple[str, bytes]


def cases() -> list[Case]:
    """All of them, in a fixed order."""
    made = [*_png(), *_jpeg(), *_tiff(), *_animated(), *_boxed(), *documents(), *_polyglots(), *_cut_short()]
    assert len({name for name, _ in made}) == len(made)
    return made


def _png() -> Iterator[Case]:
    whole = saved(scene(), "PNG")
    zeros = zlib.compress(bytes(64 << 20), 9)
    for side in (60_000, 2**31 - 1, 2**32 - 1):
        yield f"PNG of {side} by {side} pixels", png_header(side, side) + chunk(b"IDAT", zeros[:1000]) + _END
    yield "PNG without width", png_header(0, 10) + chunk(b"IDAT", zlib.compress(b"")) + _END
    yield "PNG a million wide and one high", png_header(1_000_000, 1) + chunk(b"IDAT", zeros) + _END
    yield (
        "PNG of 90 million pixels out of 260 kB",
        png_header(9_500, 9_500) + chunk(b"IDAT", _deflated(9_500 * 28_501)) + _END,
    )
    yield "PNG, interlaced, of 90 million pixels", png_header(9_500, 9_500, interlace=1) + chunk(b"IDAT", zeros) + _END
    yield "PNG whose pixels inflate far beyond its size", png_header(10, 10) + chunk(b"IDAT", zeros) + _END
    yield "PNG of a depth that is not defined", png_header(10, 10, depth=7) + chunk(b"IDAT", zeros[:100]) + _END
    yield "PNG with a text bomb", with_chunks(whole, chunk(b"zTXt", b"a\0\0" + zeros))
    yield "PNG with 50 text bombs", with_chunks(whole, *[chunk(b"zTXt", b"a\0\0" + zeros)] * 50)
    yield "PNG with a bomb of international text", with_chunks(whole, chunk(b"iTXt", b"a\0\1\0\0\0" + zeros))
    yield "PNG with an XMP bomb", with_chunks(whole, chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zeros))
    yield "PNG with a bomb of a colour profile", with_chunks(whole, chunk(b"iCCP", b"a\0\0" + zeros))
    yield "PNG with 100,000 chunks", with_chunks(whole, *[chunk(b"tEXt", b"a\0b")] * 100_000)
    yield "PNG whose chunk is longer than the file", whole[:33] + struct.pack(">I", 2**32 - 1) + b"IDAT" + whole[50:]
    yield "PNG whose chunk has a length of no bytes", whole[:33] + bytes(12) * 1000
    yield "PNG whose check sums are wrong", whole[:-20] + bytes(8) + whole[-12:]
    yield "PNG without pixels", png_header(100, 100) + _END
    yield "PNG with 70,000 colours", with_chunks(saved(scene().convert("P"), "PNG"), chunk(b"PLTE", bytes(210_000)))
    yield "PNG with EXIF of a megabyte", with_chunks(whole, chunk(b"eXIf", exif() + bytes(1 << 20)))
    yield (
        "PNG whose profile lists four billion tags",
        with_chunks(whole, chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(128) + b"\xff" * 4 + bytes(1200)))),
    )


def _deflated(zeros: int) -> bytes:
    packer = zlib.compressobj(9)
    packed = [packer.compress(bytes(1 << 20)) for _ in range(zeros >> 20)]
    return b"".join((*packed, packer.compress(bytes(zeros & 0xFFFFF)), packer.flush()))


def _jpeg() -> Iterator[Case]:
    whole = saved(scene(), "JPEG")
    start = whole.index(b"\xff\xc0") + 5
    progressive = saved(scene(600, 400), "JPEG", progressive=True)
    at = progressive.index(b"\xff\xc2") + 5
    scans = progressive.index(b"\xff\xda")
    huge = struct.pack(">HH", 65_535, 65_535)
    yield "JPEG of 65,535 by 65,535 pixels", whole[:start] + huge + whole[start + 4 :]
    yield "progressive JPEG of 65,535 by 65,535 pixels", progressive[:at] + huge + progressive[at + 4 :]
    yield "progressive JPEG of 30,000 scans", progressive[:-2] + progressive[scans : scans + 60] * 30_000 + b"\xff\xd9"
    yield "JPEG without height", whole[:start] + b"\0\0" + whole[start + 2 :]
    yield "JPEG with 50,000 comments", whole[:2] + (b"\xff\xfe\x00\x04ab" * 50_000) + whole[2:]
    yield "JPEG with a segment of no length", whole[:2] + b"\xff\xe1\x00\x00" + whole[2:]
    yield "JPEG of fill bytes", b"\xff\xd8" + b"\xff" * 1_000_000
    yield "JPEG with two sizes", whole[:2] + whole[start - 5 : start] + huge + whole[start + 4 : start + 14] + whole[2:]
    yield (
        "JPEG whose EXIF points to itself",
        with_segment(
            whole, 0xE1, b"Exif\0\0" + exif((0x8769, 4, 1, b"\x08\0\0\0"), (0x8825, 4, 1, b"\x08\0\0\0"), following=8)
        ),
    )
    yield (
        "JPEG whose EXIF has 65,535 entries",
        with_segment(
            whole, 0xE1, b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x0e\x01\x02\0\xff\xff\xff\xff\x08\0\0\0" * 5_000
        ),
    )
    yield (
        "JPEG whose EXIF counts four billion values",
        with_segment(
            whole, 0xE1, b"Exif\0\0" + exif((0x010E, 2, 2**32 - 1, bytes(4)), (0x011A, 5, 2**32 - 1, bytes(4)))
        ),
    )
    yield (
        "JPEG whose EXIF divides by nothing",
        with_segment(
            whole,
            0xE1,
            b"Exif\0\0" + exif((0x011A, 5, 1, b"\x1a\0\0\0"), (0x011B, 5, 1, b"\x1a\0\0\0"), rest=bytes(16)),
        ),
    )
    yield (
        "JPEG with 60 segments of EXIF",
        whole[:2] + with_segment(b"\xff\xd8", 0xE1, b"Exif\0\0" + b"I" * 65_000)[2:] * 60 + whole[2:],
    )
    yield "JPEG whose thumbnail is itself broken", with_segment(
        whole, 0xE1,
        b"Exif\0\0" + exif(following=14, rest=directory([(0x201, 4, 1, b"\x40\0\0\0"), (0x202, 4, 1, b"\xff\0\0\0")]))
        + b"\xff\xd8\xff\xe0" * 100,
    )  # fmt: skip
    yield (
        "JPEG with XMP of open tags",
        with_segment(whole, 0xE1, b"http://ns.adobe.com/xap/1.0/\0" + b"<dc:title " * 6_000),
    )
    yield (
        "JPEG with XMP of entities",
        with_segment(
            whole,
            0xE1,
            b'http://ns.adobe.com/xap/1.0/\0<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]>' + b"&c;" * 9_000,
        ),
    )
    yield (
        "JPEG that counts 65,535 pictures in itself",
        with_segment(
            whole,
            0xE2,
            b"MPF\0II*\0\x08\0\0\0" + directory([(0xB001, 4, 1, b"\xff\xff\0\0"), (0xB002, 7, 16, bytes(4))]),
        ),
    )
    yield "JPEG of arithmetic coding", whole.replace(b"\xff\xc0", b"\xff\xc9", 1)


def _tiff() -> Iterator[Case]:
    whole = saved(scene(), "TIFF")
    yield (
        "TIFF whose directories make a loop",
        b"II*\0\x08\0\0\0" + directory([(256, 4, 1, b"\x0a\0\0\0")], following=8),
    )
    yield "TIFF of two directories in a circle", b"II*\0\x08\0\0\0" + directory([], 14) + directory([], 8)
    yield "TIFF of 60,000 by 60,000 pixels", _tiff_of(60_000, 60_000, strip=100)
    yield "TIFF with a strip of four gigabytes", _tiff_of(100, 100, strip=2**32 - 1)
    yield "TIFF with 30,000 pages", _tiff_pages(30_000)
    yield "TIFF whose strips lie outside", _tiff_of(100, 100, strip=30_000, at=2**31)
    yield "TIFF with four billion strips", _tiff_of(100, 100, strip=100, strips=2**32 - 1)
    yield (
        "TIFF with negative values",
        whole.replace(struct.pack("<HHII", 256, 4, 1, 120), struct.pack("<HHIi", 256, 9, 1, -1)),
    )
    yield "TIFF with a directory at its end", b"II*\0\x08\0\0\0\x01"
    yield "TIFF of the large kind", b"II+\0\x08\0\0\0" + bytes(100)
    yield "TIFF with a bomb of Deflate", saved(Image.new("1", (9_000, 9_000)), "TIFF", compression="tiff_adobe_deflate")
    yield "TIFF in tiles of a gigapixel", _tiff_of(100, 100, strip=100, more=((322, 4, 1, 65_536), (323, 4, 1, 65_536)))
    yield "TIFF of a compression nobody knows", _tiff_of(100, 100, strip=100, compression=51_234)


def _tiff_of(
    width: int, height: int, *, strip: int, at: int = 8, strips: int = 1, compression: int = 1,
    more: tuple[tuple[int, int, int, int], ...] = (),
) -> bytes:  # fmt: skip
    tags = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, compression), (262, 3, 1, 1)]
    tags += [(273, 4, strips, at), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, strips, strip), *more]
    return b"II*\0\x08\0\0\0" + directory([(*tag[:3], struct.pack("<I", tag[3])) for tag in tags]) + bytes(20_000)


def _tiff_pages(count: int) -> bytes:
    tags = [(256, 4, 1, 1), (257, 4, 1, 1), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 4)]
    tags += [(277, 3, 1, 1), (278, 4, 1, 1), (279, 4, 1, 1)]
    size = 6 + 12 * len(tags)
    packed = [(*tag[:3], struct.pack("<I", tag[3])) for tag in tags]
    listed = (directory(packed, 8 + size * number if number < count else 0) for number in range(1, count + 1))
    return b"II*\0\x08\0\0\0" + b"".join(listed)


def _animated() -> Iterator[Case]:
    still = scene(40, 30)
    turned = [still.rotate(angle) for angle in range(0, 360, 6)]
    whole = animation("GIF", turned)
    frame = whole[whole.index(b"\x21\xf9") : whole.index(b"\x21\xf9", whole.index(b"\x21\xf9") + 2)]
    yield "GIF of 60 frames that differ", whole
    yield "GIF of 20,000 frames", whole[:-1] + frame * 20_000 + b";"
    yield "GIF of 65,535 by 65,535 pixels", whole[:6] + b"\xff\xff\xff\xff" + whole[10:]
    yield "GIF whose frame lies far outside", whole.replace(b"\x2c" + bytes(4), b"\x2c\xff\xff\xff\xff", 1)
    yield "GIF of broken codes", whole[:800] + b"\xff" * 2000
    yield "GIF without an end", b"GIF89a\x10\0\x10\0\0\0\0" + b"\x21\xfe\xff" * 100_000
    moving = animation("PNG", turned)
    control = moving.index(b"acTL") + 4
    yield "APNG of 60 frames that differ", moving
    yield (
        "APNG that claims four billion frames",
        moving[: control - 8] + chunk(b"acTL", b"\xff" * 4 + bytes(4)) + moving[control + 12 :],
    )
    yield "APNG whose frames are out of order", moving.replace(b"fdAT\0\0\0\2", b"fdAT\0\0\xff\2")
    yield "WebP of 60 frames that differ", animation("WEBP", turned)
    yield "AVIF of 60 frames that differ", animation("AVIF", turned)
    yield "WebP with a canvas of 16,777,216 by 16,777,216", b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0" + b"\xff" * 6
    yield "WebP whose chunk is longer than the file", b"RIFF\xff\xff\xff\xffWEBPVP8 \xff\xff\xff\xff" + bytes(30)
    yield "WebP of 100,000 empty chunks", b"RIFF\0\0\0\0WEBP" + b"ANMF\0\0\0\0" * 100_000


def _boxed() -> Iterator[Case]:
    for name, whole in (("HEIC", _HEIC), ("AVIF", saved(scene(), "AVIF"))):
        size = whole.index(b"ispe") + 8
        yield (
            f"{name} of 65,535 by 65,535 pixels",
            whole[:size] + struct.pack(">II", 65_535, 65_535) + whole[size + 8 :],
        )
        yield f"{name} of four billion pixels a side", whole[:size] + b"\xff" * 8 + whole[size + 8 :]
        yield f"{name} whose box is longer than the file", whole.replace(b"\0\0\0\x14ispe", b"\x7f\xff\xff\xffispe")
        yield f"{name} whose box has no length", whole.replace(b"\0\0\0\x14ispe", b"\0\0\0\0ispe")
        yield (
            f"{name} whose item lies outside",
            whole[: whole.index(b"iloc") + 16] + b"\xff" * 12 + whole[whole.index(b"iloc") + 28 :],
        )
        yield f"{name} without a picture", whole[: whole.index(b"meta") - 4]
        yield (
            f"{name} of broken pixels",
            whole[: whole.index(b"mdat") + 4] + b"\xa5" * (len(whole) - whole.index(b"mdat") - 4),
        )
    deep = b""
    for _ in range(5_000):
        deep = box(b"meta", bytes(4) + deep)
    yield "HEIC of 5,000 boxes in one another", box(b"ftyp", b"heic\0\0\0\0mif1") + deep
    yield "HEIC of 100,000 boxes", box(b"ftyp", b"heic\0\0\0\0mif1") + box(b"free", b"") * 100_000


def _polyglots() -> Iterator[Case]:
    png, jpeg = saved(scene(), "PNG"), saved(scene(), "JPEG")
    yield "PNG and then a zip", png + b"PK\x03\x04" + bytes(1000)
    yield "PNG and then a page with a script", png + b"<script>alert(1)</script>"
    yield "GIF that is a script", b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)"
    yield "JPEG and then a PDF", jpeg + pages(1)
    yield "JPEG with a page in a comment", with_segment(jpeg, 0xFE, b"<html><script>alert(1)</script>")
    yield "PDF and then a picture", pages(1) + png
    yield "SVG with a script", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    yield (
        "SVG with an entity of a file",
        b"<?xml version='1.0'?><!DOCTYPE s [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><svg>&x;</svg>",
    )
    yield (
        "SVG that includes itself",
        b"<svg xmlns='http://www.w3.org/2000/svg'><use href='#a'/><g id='a'><use href='#a'/></g></svg>",
    )
    yield "EPS with a program", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file"
    yield "Windows metafile", b"\xd7\xcd\xc6\x9a" + bytes(100)
    yield "icon with a PNG", b"\0\0\1\0\1\0\0\0\0\0\1\0\x20\0" + struct.pack("<II", len(png), 22) + png
    yield "JPEG 2000", b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(100)
    yield "Photoshop file", b"8BPS\0\1" + bytes(100)
    yield "film that calls itself a picture", b"\0\0\0\x18ftypisom\0\0\2\0heicmif1" + bytes(100)
    yield (
        "bitmap of two gigapixels",
        b"BM" + bytes(12) + struct.pack("<IiiHHI", 40, 50_000, 50_000, 1, 24, 0) + bytes(100),
    )
    yield (
        "bitmap of the least number",
        b"BM" + bytes(12) + struct.pack("<IiiHHI", 40, -(2**31), -(2**31), 1, 24, 0) + bytes(99),
    )
    yield (
        "bitmap of runs without end",
        b"BM" + bytes(8) + struct.pack("<IIiiHHI", 54, 40, 9_000, 9_000, 1, 8, 1) + b"\xff\1" * 900_000,
    )
    yield "PNG with the orientation nine", with_chunks(png, chunk(b"eXIf", orientation(9)))


def _cut_short() -> Iterator[Case]:
    whole = {form: saved(scene(), form) for form in ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "AVIF", "BMP")} | {
        "HEIC": _HEIC,
        "PDF": drawn_pdf(3),
    }
    for form, content in whole.items():
        for part in _CUTS:
            yield f"{form} cut off at {part} %", content[: max(12, len(content) * part // 100)]
