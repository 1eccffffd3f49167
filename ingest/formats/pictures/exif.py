"""The EXIF metadata of a picture (CIPA DC-008-2019, Exif 2.32) as names and values, as they stand.

Rule kept: what is stated is listed and nothing is concluded from it: a maker's name does not make a camera original.
Three directories are opened (the first, Exif, GPS), and the one of the thumbnail; each once. What is binary and has no
reading (maker notes) is left to the bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ingest.formats.pictures.tiff_tags import Directory, TagReader, decoded, resolution

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.formats.pictures.tiff_tags import Value

_EXIF, _GPS = 0x8769, 0x8825
_ORIENTATION: Final = 0x0112
_THUMBNAIL, _THUMBNAIL_LENGTH = 0x0201, 0x0202
_COMMENT: Final = 0x9286
_XP: Final = range(0x9C9B, 0x9CA0)
_VERSION: Final = frozenset({0x9000, 0xA000})
_MOST_THUMBNAIL: Final = 1 << 20
_RATIONAL_PAIR: Final = 2

_FIRST_TAGS: Final = {
    0x010D: "DocumentName",
    0x010E: "ImageDescription",
    0x010F: "Make",
    0x0110: "Model",
    0x0112: "Orientation",
    0x011A: "XResolution",
    0x011B: "YResolution",
    0x0128: "ResolutionUnit",
    0x0131: "Software",
    0x0132: "DateTime",
    0x013B: "Artist",
    0x013C: "HostComputer",
    0x8298: "Copyright",
    0x9C9B: "XPTitle",
    0x9C9C: "XPComment",
    0x9C9D: "XPAuthor",
    0x9C9E: "XPKeywords",
    0x9C9F: "XPSubject",
}
_EXIF_TAGS: Final = {
    0x829A: "ExposureTime",
    0x829D: "FNumber",
    0x8822: "ExposureProgram",
    0x8827: "PhotographicSensitivity",
    0x9000: "ExifVersion",
    0x9003: "DateTimeOriginal",
    0x9004: "DateTimeDigitized",
    0x9010: "OffsetTime",
    0x9011: "OffsetTimeOriginal",
    0x9012: "OffsetTimeDigitized",
    0x9201: "ShutterSpeedValue",
    0x9202: "ApertureValue",
    0x9207: "MeteringMode",
    0x9209: "Flash",
    0x920A: "FocalLength",
    0x9286: "UserComment",
    0x9290: "SubSecTime",
    0x9291: "SubSecTimeOriginal",
    0x9292: "SubSecTimeDigitized",
    0xA001: "ColorSpace",
    0xA002: "PixelXDimension",
    0xA003: "PixelYDimension",
    0xA300: "FileSource",
    0xA405: "FocalLengthIn35mmFilm",
    0xA406: "SceneCaptureType",
    0xA420: "ImageUniqueID",
    0xA430: "CameraOwnerName",
    0xA431: "BodySerialNumber",
    0xA433: "LensMake",
    0xA434: "LensModel",
    0xA460: "CompositeImage",
}
_GPS_TAGS: Final = {
    1: "GPSLatitudeRef",
    2: "GPSLatitude",
    3: "GPSLongitudeRef",
    4: "GPSLongitude",
    5: "GPSAltitudeRef",
    6: "GPSAltitude",
    7: "GPSTimeStamp",
    12: "GPSSpeedRef",
    13: "GPSSpeed",
    16: "GPSImgDirectionRef",
    17: "GPSImgDirection",
    18: "GPSMapDatum",
    27: "GPSProcessingMethod",
    29: "GPSDateStamp",
    31: "GPSHPositioningError",
}
_CHARACTERS: Final = {b"ASCII\0\0\0": "ascii", b"UNICODE\0": "utf-16", b"JIS\0\0\0\0\0": "iso2022_jp"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exif:
    """What EXIF states: pairs in the order of their directories, orientation (1 to 8), dots per inch, the thumbnail."""

    pairs: tuple[tuple[str, str], ...] = ()
    orientation: int = 1
    thumbnail: bytes = b""
    dpi: tuple[float, float] | None = None


def read_exif(raw: bytes) -> Exif:
    """Read EXIF that begins with its TIFF header; never raises for any bytes."""
    reader = TagReader(raw.removeprefix(b"Exif\0\0"))
    first = reader.first()
    if first is None:
        return Exif()
    pairs = _pairs(first, _FIRST_TAGS)
    for pointer, names in ((_EXIF, _EXIF_TAGS), (_GPS, _GPS_TAGS)):
        inner = reader.at(first.number(pointer) or 0)
        if inner is not None:
            pairs += _pairs(inner, names)
    orientation = first.number(_ORIENTATION) or 1
    return Exif(
        pairs=tuple(pairs),
        orientation=orientation if 1 <= orientation <= 8 else 1,  # noqa: PLR2004 - the eight of the standard
        dpi=resolution(first),
        thumbnail=_thumbnail(reader, first, raw.removeprefix(b"Exif\0\0")),
    )


def _thumbnail(reader: TagReader, first: Directory, raw: bytes) -> bytes:
    after = reader.at(first.next)
    if after is None:
        return b""
    at, length = after.number(_THUMBNAIL) or 0, after.number(_THUMBNAIL_LENGTH) or 0
    return raw[at : at + length] if 0 < length <= _MOST_THUMBNAIL and at else b""


def _pairs(directory: Directory, names: Mapping[int, str]) -> list[tuple[str, str]]:
    found = ((names[tag], _shown(tag, value)) for tag, value in directory.tags.items() if tag in names)
    return [(name, text) for name, text in found if text]


def _shown(tag: int, value: Value) -> str:
    if isinstance(value, bytes):
        return _text(tag, value)
    numbers = [f"{one:g}" if isinstance(one, float) else str(one) for one in value]
    if tag in _RATIONALS and len(value) % _RATIONAL_PAIR == 0:
        pairs = zip(value[::2], value[1::2], strict=True)
        numbers = [f"{above / below:.8g}" if below else f"{above}/{below}" for above, below in pairs]
    return " ".join(numbers)


def _text(tag: int, value: bytes) -> str:
    if tag in _XP:
        return value.decode("utf-16-le", "ignore").rstrip("\0").strip()
    if tag in _VERSION:
        return decoded(value)
    codec = _CHARACTERS.get(value[:8])
    if codec is not None:  # UserComment and GPSProcessingMethod name their character code first
        return value[8:].decode(codec, "ignore").strip("\0 ")
    if tag == _COMMENT:
        return decoded(value[8:]) if value[:8] == bytes(8) else decoded(value)
    if any(byte < 0x20 for byte in value.rstrip(b"\0")):  # noqa: PLR2004 - no text: numbers of one byte
        return " ".join(map(str, value[:64]))
    return decoded(value)


_RATIONALS: Final = frozenset(
    {0x011A, 0x011B, 0x829A, 0x829D, 0x9201, 0x9202, 0x920A}  # of the first two directories
    | {2, 4, 6, 7, 13, 17, 31}  # of the GPS
)
