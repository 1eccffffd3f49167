"""The fonts of this machine: which files there are, which letters stand side by side, and which have to be drawn.

Rule kept: no font is asked of anybody; nothing is read but files of this machine. Letters that change by their
neighbours or run from right to left (Unicode UAX #9) are drawn by Pillow with HarfBuzz; without it they are not drawn
at all, since letters that should join would stand apart.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.ImageFont import FreeTypeFont

FOLDERS: Final = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
FURTHER: Final = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "NotoSansSymbols*-Regular.ttf", "NotoEmoji-Regular.ttf")
"""Fonts that are embedded where the first one does not show a sign, as patterns of names of files."""
PLAIN_SCRIPTS: Final = frozenset({"LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "GEORGIAN", "ETHIOPIC", "CHEROKEE"})
"""Scripts whose letters stand side by side from left to right, whatever their neighbours."""
TURNED: Final = frozenset({"R", "AL"})
"""Directions (UAX #9) of letters that run from right to left."""
_IDEOGRAPHS: Final = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC"})
_CJK: Final = ("NotoSansCJK-Regular.ttc", "NotoSerifCJK-Regular.ttc", "NotoSansCJK*-Regular.otf")
_NO_SIGN: Final = "\U0010ffff"


@cache
def _known_files(folders: tuple[Path, ...]) -> tuple[Path, ...]:
    return tuple(sorted(one for folder in folders if folder.is_dir() for one in folder.rglob("*") if one.is_file()))


def font_files(*patterns: str) -> Iterator[Path]:
    """The files of fonts whose names match, pattern by pattern, each in order."""
    for pattern in patterns:
        yield from (one for one in _known_files(FOLDERS) if one.match(pattern))


@cache
def script(sign: str) -> str:
    """The first word of a sign's name, which for letters is their script."""
    return unicodedata.name(sign, "").partition(" ")[0].partition("-")[0]


@cache
def drawing_font(name: str, pixels: int) -> FreeTypeFont | None:
    """The font that letters of this script are drawn with, so many pixels high; None where there is none."""
    from PIL import ImageFont, features  # noqa: PLC0415 - most texts are Latin and need none

    ideographs = name in _IDEOGRAPHS
    if not ideographs and not features.check("raqm"):
        return None
    called = name.capitalize()
    patterns = _CJK if ideographs else (f"NotoSans{called}-Regular.ttf", f"Noto*{called}-Regular.ttf", "DejaVuSans.ttf")
    for path in font_files(*patterns):
        try:
            return ImageFont.truetype(str(path), pixels)
        except OSError:
            continue
    return None


@cache
def is_drawn(sign: str, pixels: int) -> bool:
    """Whether a sign can be drawn, and has a shape of its own."""
    font = drawing_font(script(sign), pixels)
    return font is not None and sign.isprintable() and bytes(font.getmask(sign)) != bytes(font.getmask(_NO_SIGN))
