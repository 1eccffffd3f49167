"""What a header states of a picture, as a type; and how a resolution is told from its units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MOST_TEXTS: Final = 100
MOST_TEXT: Final = 4_000
_INCH_IN_CM: Final = 2.54


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """The header of a picture. Sizes are pixels as stored, before any orientation.

    `frames` is how many pictures it claims to hold (1 where it claims none), `dpi` its resolution if it states one.
    `exif` begins with the mark of a TIFF header, `xmp` is XML; `icc` is a colour profile. `texts` are name and value
    of what else it says of itself. `quantisation` are the tables of a JPEG in the order in which they stand, `scans`
    how many passes its pixels have.
    """

    media_type: str
    width: int
    height: int
    frames: int = 1
    dpi: tuple[float, float] | None = None
    exif: bytes = b""
    xmp: bytes = b""
    icc: bytes = b""
    texts: tuple[tuple[str, str], ...] = ()
    quantisation: tuple[bytes, ...] = ()
    scans: int = 1


def per_inch(across: float, down: float, unit: int) -> tuple[float, float] | None:
    """A resolution in dots per inch; `unit` as EXIF and JFIF number them: inch or centimetre, else there is none.

    Units are those of EXIF (2 inch, 3 centimetre); JFIF's are one less.
    """
    factor = {2: 1.0, 3: _INCH_IN_CM}.get(unit)
    if factor is None or across <= 0 or down <= 0:
        return None
    return across * factor, down * factor
