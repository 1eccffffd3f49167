"""All that a picture says of itself, as one bounded list of names and values; and whether it says "scanner".

Rule kept: every value is what the file asserts. Names that several places use are told apart by the place ("EXIF",
"XMP", "PNG"). Lists and values are cut at a fixed size, and the cut is said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingest.formats.charsets import storable
from ingest.formats.pictures.xmp import read_xmp

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingest.formats.pictures.exif import Exif
    from ingest.formats.pictures.surveyed import Survey

MOST_PAIRS: Final = 200
LONGEST_NAME: Final = 100
LONGEST_VALUE: Final = 1_000
_CUT: Final = "…"
_MAKERS: Final = frozenset({"EXIF Make", "EXIF Model", "EXIF Software", "XMP xmp:CreatorTool", "XMP tiff:Software",
                            "XMP tiff:Model", "PNG Software", "PDF Creator", "PDF Producer"})  # fmt: skip
# inches; the larger side first: A3, A4, A5, letter, legal, tabloid
_PAPERS: Final = ((16.54, 11.69), (11.69, 8.27), (8.27, 5.83), (11.0, 8.5), (14.0, 8.5), (17.0, 11.0))
_TOLERANCE: Final = 0.04
_SCANNED_AT: Final = (150, 1_200)


def metadata_of(survey: Survey, exif: Exif) -> tuple[tuple[str, str], ...]:
    """What the container of a picture states, by place and name."""
    kind = survey.media_type.partition("/")[2].upper()
    pairs = [(f"EXIF {name}", value) for name, value in exif.pairs]
    pairs += [(f"XMP {name}", value) for name, value in read_xmp(survey.xmp)]
    pairs += [(f"{kind} {name}", value) for name, value in survey.texts]
    if survey.dpi is not None:
        pairs.append((f"{kind} resolution", "{:.0f} by {:.0f} dots per inch".format(*survey.dpi)))
    profile = profile_name(survey.icc)
    if profile:
        pairs.append(("ICC profile", profile))
    return bounded(pairs)


def bounded(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """At most so many pairs of limited length, in text that can be stored; the last says that there were more."""
    kept: list[tuple[str, str]] = []
    for name, value in dict.fromkeys(pairs):
        if len(kept) == MOST_PAIRS:
            kept[-1] = ("more", "not all that the file states is listed")
            break
        shown = value if len(value) <= LONGEST_VALUE else value[:LONGEST_VALUE] + _CUT
        kept.append((storable(name[:LONGEST_NAME]), storable(shown)))
    return tuple(kept)


def is_scan(survey: Survey, exif: Exif, pairs: Sequence[tuple[str, str]]) -> bool:
    """Whether a picture says that a scanner made it, or has the resolution and the size of a sheet of paper."""
    if any("scan" in value.casefold() for name, value in pairs if name in _MAKERS):
        return True
    dpi = survey.dpi or exif.dpi
    if dpi is None or not all(_SCANNED_AT[0] <= round(one) <= _SCANNED_AT[1] for one in dpi):
        return False
    sides = sorted((survey.width / dpi[0], survey.height / dpi[1]), reverse=True)
    return any(
        all(abs(side - wanted) <= wanted * _TOLERANCE for side, wanted in zip(sides, paper, strict=True))
        for paper in _PAPERS
    )


def profile_name(icc: bytes) -> str:
    """The description of a colour profile (ICC.1:2022 §7.3, tag 'desc'): of version 2 plain, of version 4 UTF-16."""
    count = int.from_bytes(icc[128:132])
    for number in range(min(count, 100)):
        entry = icc[132 + 12 * number : 144 + 12 * number]
        if entry[:4] != b"desc":
            continue
        at = int.from_bytes(entry[4:8])
        if icc[at : at + 4] == b"desc":
            return (
                icc[at + 12 : at + 12 + min(int.from_bytes(icc[at + 8 : at + 12]), 100)].decode("latin-1").rstrip("\0")
            )
        if icc[at : at + 4] == b"mluc":
            length, offset = int.from_bytes(icc[at + 20 : at + 24]), int.from_bytes(icc[at + 24 : at + 28])
            return icc[at + offset : at + offset + min(length, 200)].decode("utf-16-be", "ignore").rstrip("\0")
    return ""
