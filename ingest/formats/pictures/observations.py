"""What can be measured of a picture and may matter to whoever weighs it: observations, never verdicts.

Rule kept: each says what was seen and where, in words that accuse nobody; each was tried on pictures that have it and
on pictures that do not. What could not be measured reliably is not here: docs/formats/pictures.md says what and why.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from ingest.formats.pictures.looks import fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.formats.pictures.pixels import Pixels

_PROGRAMS: Final = frozenset({"EXIF Software", "XMP xmp:CreatorTool", "XMP tiff:Software", "XMP stEvt:softwareAgent",
                              "PNG Software", "EXIF HostComputer", "JPEG Comment", "PNG Comment"})  # fmt: skip
_EDITORS: Final = re.compile(
    r"photoshop|lightroom|illustrator|\bgimp\b|pixelmator|snapseed|picsart|\bcanva\b|paint\.net|affinity|facetune|"
    r"photopea|inkscape|\bkrita\b|acorn|paintshop|corel|vsco|meitu|polarr|luminar|capture one|darktable|rawtherapee|"
    r"imagemagick|\bfotor\b|pixlr|befunky|photoscape|photofiltre|irfanview|xnview|skitch|snagit|firefly|midjourney|"
    r"stable diffusion",
    re.IGNORECASE,
)
_MADE_UP: Final = re.compile(r"algorithmicMedia", re.IGNORECASE)
_TIMES: Final = re.compile(
    r"DateTime|CreateDate|ModifyDate|MetadataDate|DateCreated|stEvt:when|tIME|CreationDate|ModDate"
)
_STAMP: Final = re.compile(
    r"(?:D:)?(\d{4})[-:]?(\d\d)[-:]?(\d\d)(?:[T ]?(\d\d):?(\d\d):?(\d\d)?)?(?:\.\d{1,9})?(Z|[+-]\d\d(?:[:']?\d\d)?)?"
)
_EARLIEST_ZONE: Final = timedelta(hours=14)  # a time without a zone is at the earliest that of UTC+14
_CLOCKS: Final = timedelta(hours=1)  # granted to wrong clocks
_GRID: Final = 24
_ALIKE: Final = 0.85
_FLAT: Final = 4.0  # levels of 256; what varies less has no look to compare
_PNG_END: Final = b"IEND\xaeB`\x82"


def program_observations(pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Programs that edit or make pictures, where the metadata name one."""
    seen: set[str] = set()
    for name, value in pairs:
        found = _EDITORS.search(value) if name in _PROGRAMS else None
        if found and found[0].casefold() not in seen:
            seen.add(found[0].casefold())
            yield f"its metadata name a program that edits pictures ({name}: {value[:100]})"
        if name == "XMP Iptc4xmpExt:DigitalSourceType" and _MADE_UP.search(value):
            yield f"its metadata state that it was made by a program ({name}: {value[:100]})"


def time_observations(pairs: Sequence[tuple[str, str]], received_at: datetime) -> Iterator[str]:
    """Times that the metadata state and that lie after the moment at which the picture was received."""
    for name, value in pairs:
        stated = _moment(value) if _TIMES.search(name) else None
        if stated is not None and stated > received_at + _CLOCKS:
            yield f"its metadata state a time after it was received ({name}: {value[:40]})"


def thumbnail_observation(thumbnail: Pixels, picture: Pixels) -> str | None:
    """Whether the small picture in the metadata looks unlike the picture itself; both upright in the same way.

    Compared are 24 by 24 fields of luma, by their correlation; of a thumbnail with bars the part of the same shape.
    """
    own = _cut_to(thumbnail, picture.shape[1] / picture.shape[0])
    one, other = fields(own, _GRID, _GRID), fields(picture, _GRID, _GRID)
    if min(one.std(), other.std()) < _FLAT:
        return None
    likeness = float(((one - one.mean()) * (other - other.mean())).mean() / (one.std() * other.std()))
    if likeness >= _ALIKE:
        return None
    return f"the small picture in its metadata looks unlike it (correlation {likeness:.2f} of 1)"


def trailing_observation(raw: bytes, media_type: str) -> str | None:
    """Bytes after the end of a PNG: no program shows them, and one that cuts pictures in place leaves some."""
    if media_type != "image/png":
        return None
    end = raw.find(_PNG_END)
    after = len(raw) - end - len(_PNG_END)
    return f"{after:,} bytes stand after the end of the picture" if end >= 0 and after > 0 else None


def _cut_to(pixels: Pixels, shape: float) -> Pixels:
    """The middle of a picture that has this width by height: cameras put bars around thumbnails."""
    height, width = pixels.shape[:2]
    if width / height > shape * 1.03:
        kept = max(1, round(height * shape))
        start = (width - kept) // 2
        return np.ascontiguousarray(pixels[:, start : start + kept])
    kept = max(1, min(height, round(width / shape)))
    start = (height - kept) // 2
    return pixels[start : start + kept]


def _moment(value: str) -> datetime | None:
    """A stated time in UTC, the earliest that it can mean; of a day its beginning."""
    found = _STAMP.match(value)
    if found is None:
        return None
    zone = found[7]
    try:
        year, month, day, hour, minute, second = (int(one or 0) for one in found.groups()[:6])
        stated = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        if zone is None:
            return stated - _EARLIEST_ZONE
        if zone == "Z":
            return stated
        digits = re.sub(r"\D", "", zone).ljust(4, "0")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]))
        return stated - offset if zone[0] == "+" else stated + offset
    except (ValueError, OverflowError):
        return None
