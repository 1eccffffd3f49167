"""Lines of chats drawn with the system's fonts: each text in a bubble of its own, with its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont, features

from ingest.formats.ocr import tesseract

NOTO = Path("/usr/share/fonts")
FONTS = {
    "Latn": "truetype/noto/NotoSans-Regular.ttf",
    "Cyrl": "truetype/noto/NotoSans-Regular.ttf",
    "Grek": "truetype/noto/NotoSans-Regular.ttf",
    "Arab": "truetype/noto/NotoSansArabic-Regular.ttf",
    "Hebr": "truetype/noto/NotoSansHebrew-Regular.ttf",
    "Thai": "truetype/noto/NotoSansThai-Regular.ttf",
    "Deva": "truetype/noto/NotoSansDevanagari-Regular.ttf",
    "Ethi": "truetype/noto/NotoSansEthiopic-Regular.ttf",
    "Guru": "truetype/noto/NotoSansGurmukhi-Regular.ttf",
    "Hang": "opentype/noto/NotoSansCJK-Regular.ttc",
    "Hani": "opentype/noto/NotoSansCJK-Regular.ttc",
    "Hira": "opentype/noto/NotoSansCJK-Regular.ttc",
}
LIGHT = ((255, 255, 255), (233, 233, 235), (0, 0, 0))
DARK = ((11, 20, 26), (0, 92, 75), (233, 237, 239))


def font(script: str, size: int) -> ImageFont.FreeTypeFont:
    path = NOTO / FONTS[script]
    if not path.is_file():
        pytest.skip(f"FONT {path.name} IS NOT INSTALLED (fonts-noto-core, fonts-noto-cjk)")
    if script in {"Arab", "Hebr", "Thai", "Deva", "Guru"} and not features.check("raqm"):
        pytest.skip("PILLOW HAS NO RAQM: this script cannot be drawn")
    return ImageFont.truetype(str(path), size)


def needs_language(*codes: str) -> None:
    missing = [code for code in codes if code not in tesseract.installed_languages(tesseract.data_folder())]
    if missing:
        pytest.skip(f"TESSERACT HAS NO DATA FOR {', '.join(missing)}: this script was NOT read")


def bubbles(
    texts: list[str], script: str, look: tuple = LIGHT, *, size: int = 34, width: int = 900
) -> tuple[np.ndarray, list[tuple[int, int, int, int]]]:
    """A page of one bubble a text, left and right in turn, and where each text stands."""
    page, paper, ink = look
    letters = font(script, size)
    image = Image.new("RGB", (width, 40 + len(texts) * size * 3), page)
    drawn = ImageDraw.Draw(image)
    places = []
    for number, text in enumerate(texts):
        length = int(drawn.textlength(text, font=letters))
        left = 40 if number % 2 == 0 else width - length - 40
        top = 30 + number * size * 3
        box = (left, top, left + length, top + int(size * 1.5))
        drawn.rounded_rectangle((left - 20, top - 12, left + length + 20, box[3] + 16), radius=26, fill=paper)
        drawn.text((left, top), text, font=letters, fill=ink)
        places.append(box)
    return np.asarray(image), places
