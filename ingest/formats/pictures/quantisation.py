"""Whether the tables of a JPEG are the customary ones, scaled (ITU-T T.81 Annex K.1, as libjpeg scales them).

Rule kept: it is told which tables they are, as metadata, and nothing is concluded: phones and cameras mostly have
their own, and many programs that save pictures have these.
"""

from __future__ import annotations

from typing import Final

# table K.1 in zig-zag order (T.81 §A.3.6)
_LUMINANCE: Final = (
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61,
    60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113,
    121, 112, 100, 120, 92, 101, 103, 99,
)  # fmt: skip


def tables_note(tables: tuple[bytes, ...]) -> str | None:
    """How the first table relates to K.1; None where there is no table of eight bits."""
    if not tables or len(tables[0]) != len(_LUMINANCE):
        return None
    for quality in range(1, 101):
        if tables[0] == _scaled(quality):
            return f"those of T.81 Annex K at quality {quality}"
    return "their own"


def _scaled(quality: int) -> bytes:
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality  # noqa: PLR2004 - libjpeg, jpeg_quality_scaling
    return bytes(max(1, min(255, (one * scale + 50) // 100)) for one in _LUMINANCE)
