"""The letters of pages that are given: which font shows a sign, how wide it is, and what stands where none does.

Rules kept:

- Bitstream Vera comes with reportlab and shows Latin; for other scripts the fonts of this machine are looked through
  (DejaVu and Noto). What a document uses of a font is embedded; the same letters are cut out of it once in a program,
  so that most pages cost no time for their fonts, and the same page has the same bytes.
- Letters that change by their neighbours or run from right to left (Unicode UAX #9) are drawn by Pillow with HarfBuzz,
  as small pictures; without HarfBuzz, or where no font has them, a sign stands as its code point, ``[U+202E]``, so that
  nothing is left out unsaid or shown as a box.
- No font is asked of anybody: nothing is read but files of this machine.
"""

from __future__ import annotations

import hashlib
import unicodedata
import zlib
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from PIL import Image, ImageChops, ImageDraw, ImageFont, features
from reportlab.pdfbase.ttfonts import TTFError, TTFontFile

from search.disclosure.machine_fonts import FURTHER, PLAIN_SCRIPTS, TURNED, drawing_font, font_files, is_drawn, script

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PLAIN: Final = "Vera"
MOST_SIGNS: Final = 150  # of a slice, besides ASCII
TALL: Final = 1_000  # units of a letter's height
_DRAWN: Final = 48  # pixels of a letter's height
_CODES: Final = 256
_PRINTABLE: Final = range(0x20, 0x7F)
_FREE: Final = (*range(0x80, 0x100), *range(1, 0x20))
_LAST: Final = 0x10FFFF
_MOST_REMEMBERED: Final = 100_000
_DEFAULTS: Final = {"ascent": 928, "descent": -236, "capHeight": 730, "italicAngle": 0, "stemV": 87}


@dataclass(frozen=True, slots=True)
class FontSlice:
    """A part of a font as it is embedded: TrueType (ISO 32000-1 §9.6.3) with one byte a letter.

    `codes` are the bytes of its signs, `program` is compressed (RFC 1950), `length` its size before; `widths` are of
    the codes 0 to 255, in 1/1000.
    """

    font: str
    name: str
    codes: dict[str, int] = field(repr=False)
    program: bytes = field(repr=False)
    length: int
    widths: tuple[int, ...]
    to_unicode: bytes = field(repr=False)
    box: tuple[int, int, int, int]
    ascent: int
    descent: int
    cap_height: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """Text that is drawn: pixels of grey, compressed; sizes in pixels, `below` how much of it is under the line."""

    text: str
    width: int
    height: int
    below: int
    pixels: bytes = field(repr=False)

    @property
    def scale(self) -> float:
        """Of a pixel in 1/1000 of the letters' size."""
        return TALL / _DRAWN


@cache
def _font(name: str) -> TTFontFile | None:
    path = f"{name}.ttf" if name == PLAIN else next((str(one) for one in font_files(name)), None)
    if path is None:
        return None
    try:
        return TTFontFile(path)
    except (TTFError, OSError, ValueError, KeyError, IndexError):
        return None


@cache
def _further() -> tuple[str, ...]:
    """The fonts of this machine that are embedded, by the names of their files."""
    names = tuple(dict.fromkeys(one.name for one in font_files(*FURTHER)))
    return tuple(one for one in names if _font(one) is not None)


@lru_cache(maxsize=256)
def slice_of(font: str, signs: str) -> FontSlice:
    """A slice of a font for at most `MOST_SIGNS` signs that it shows; the first font has printable ASCII besides."""
    whole = _font(font)
    assert whole is not None, "only fonts that show a sign come here"
    codes = {chr(code): code for code in _PRINTABLE} if font == PLAIN else {}
    codes |= dict(zip(signs, _FREE, strict=False))
    known = {code: ord(sign) for sign, code in codes.items()}
    points = [known.get(code, _LAST) for code in range(_CODES)]
    program = whole.makeSubset(points)
    digest = hashlib.sha256(f"{font}\n{signs}".encode()).digest()
    tag = "".join(chr(ord("A") + digit % 26) for digit in digest[:6])
    plain = "".join(one for one in whole.name.decode("ascii", "ignore") if one.isalnum() or one == "-")
    said = {name: getattr(whole, name, value) for name, value in _DEFAULTS.items()}
    left, bottom, right, top = (round(one) for one in whole.bbox)
    return FontSlice(
        font=font,
        name=f"{tag}+{plain}",
        codes=codes,
        program=zlib.compress(program, 9),
        length=len(program),
        widths=tuple(round(whole.charWidths.get(point, whole.defaultWidth)) for point in points),
        to_unicode=zlib.compress(to_unicode(known), 9),
        box=(left, bottom, right, top),
        ascent=round(said["ascent"]),
        descent=round(said["descent"]),
        cap_height=round(said["capHeight"]),
    )


class FontPlan:
    """Which slices of fonts a document is written with: one for each font, more where it has very many letters.

    Args:
        texts: all that is written, as `shown_text` gives it.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        signs: set[str] = set()
        for text in texts:
            if not text.isascii():
                signs.update(text)
        by_font: dict[str, list[str]] = {PLAIN: []}
        for sign in sorted(signs):
            if sign > "~" and FONTS[sign]:
                by_font.setdefault(FONTS[sign], []).append(sign)
        self._places: dict[str, dict[str, tuple[str, str]]] = {}
        for font, known in by_font.items():
            places: dict[str, tuple[str, str]] = {}
            for at in range(0, len(known), MOST_SIGNS):
                cut = "".join(known[at : at + MOST_SIGNS])
                places |= dict.fromkeys(cut, (font, cut))
            self._places[font] = places
        self._first = (PLAIN, "".join(by_font[PLAIN][:MOST_SIGNS]))

    def plain(self) -> FontSlice:
        """The slice that has printable ASCII at its own codes."""
        return slice_of(*self._first)

    def encoded(self, font: str, text: str) -> Iterator[tuple[FontSlice, str]]:
        """Runs of letters of one slice, with their codes in hexadecimal."""
        places = self._places.get(font, {})
        standing, codes = self._first, ""
        for one in text:
            here = places.get(one, self._first)
            if here != standing and codes:
                yield slice_of(*standing), codes
                codes = ""
            standing = here
            codes += f"{slice_of(*here).codes[one]:02X}"
        if codes:
            yield slice_of(*standing), codes


def to_unicode(known: dict[int, int]) -> bytes:
    """The map of one-byte codes to code points (ISO 32000-1 §9.10.3, Adobe Technical Note 5411)."""
    rows = [f"<{code:02X}> <{chr(sign).encode('utf-16-be').hex().upper()}>\n" for code, sign in known.items()]
    blocks = [rows[at : at + 100] for at in range(0, len(rows), 100)]
    middle = "".join(f"{len(block)} beginbfchar\n{''.join(block)}endbfchar\n" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Kept def /CMapType 2 def\n"
        f"1 begincodespacerange <00> <FF> endcodespacerange\n{middle}"
        "endcmap CMapName currentdict /CMap defineresource pop end end"
    ).encode("ascii")


class _Fonts(dict[str, str]):
    """By sign the font that it is written with: empty where it is drawn; what cannot be shown is not asked for."""

    def __missing__(self, sign: str) -> str:
        font = _font_of(sign) or ""
        if len(self) < _MOST_REMEMBERED:
            self[sign] = font
        return font


class _Widths(dict[str, int]):
    """By sign its width in 1/1000 of the letters' size."""

    def __missing__(self, sign: str) -> int:
        font = FONTS[sign]
        whole = _font(font) if font else None
        width = _drawn_width(sign) if whole is None else round(whole.charWidths.get(ord(sign), whole.defaultWidth))
        if len(self) < _MOST_REMEMBERED:
            self[sign] = width
        return width


class _Shown(dict[int, str]):
    """For `str.translate`: a sign itself, or its code point in brackets where nothing here shows it.

    Signs of the private use area stand for marks (`page_lines`); no text that is given has others.
    """

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        is_shown = (
            sign in " \n" or unicodedata.category(sign) == "Co" or _font_of(sign) is not None or is_drawn(sign, _DRAWN)
        )
        shown = sign if is_shown else f"[U+{code:04X}]"
        if len(self) < _MOST_REMEMBERED:
            self[code] = shown
        return shown


def _font_of(sign: str) -> str | None:
    """The font that a sign is written with; None where it is drawn, or cannot be shown."""
    whole = _font(PLAIN)
    if whole is not None and ord(sign) in whole.charToGlyph and sign.isprintable():
        return PLAIN
    is_letter = unicodedata.category(sign)[0] in "LM"
    if not sign.isprintable() or unicodedata.bidirectional(sign) in TURNED:
        return None
    if is_letter and script(sign) not in PLAIN_SCRIPTS and not unicodedata.name(sign, "").startswith("COMBINING"):
        return None
    return next((name for name in _further() if ord(sign) in getattr(_font(name), "charToGlyph", ())), None)


def _drawn_width(sign: str) -> int:
    font = drawing_font(script(sign), _DRAWN)
    return TALL if font is None else round(font.getlength(sign) * TALL / _DRAWN)


@cache
def _line_font() -> tuple[ImageFont.FreeTypeFont | None, frozenset[int]]:
    """The font for whole lines that run from right to left, and the signs that it has."""
    path = next(font_files("DejaVuSans.ttf"), None)
    whole = _font("DejaVuSans.ttf")
    if path is None or whole is None or not features.check("raqm"):
        return None, frozenset()
    return ImageFont.truetype(str(path), _DRAWN), frozenset(whole.charToGlyph)


def draws_whole(line: str) -> bool:
    """Whether a line is best drawn whole: it runs from right to left, and one font has all of it."""
    font, signs = _line_font()
    return font is not None and all(ord(one) in signs for one in line)


@cache
def _drawn(text: str, name: str) -> Drawn:
    font = _line_font()[0] if name == "LINE" else drawing_font(name, _DRAWN)
    assert font is not None, "only what can be drawn comes here"
    ascent, descent = font.getmetrics()
    width, height = max(1, int(font.getlength(text)) + 4), ascent + descent
    image = Image.new("L", (width, height), 255)
    ImageDraw.Draw(image).text((2, 0), text, fill=0, font=font)
    _, top, _, bottom = ImageChops.invert(image).getbbox() or (0, 0, 0, height)
    inked = image.crop((0, top, width, bottom))  # white over the line above would hide it
    below = descent - (height - bottom)
    return Drawn(text=text, width=width, height=bottom - top, below=below, pixels=zlib.compress(inked.tobytes(), 6))


def drawn_line(text: str) -> Drawn:
    """A whole line as one picture, in the order that its directions ask for."""
    return _drawn(text, "LINE")


def drawn_run(text: str) -> Drawn:
    """Letters of one script as one picture."""
    return _drawn(text, script(text[0]))


FONTS: Final = _Fonts()
WIDTHS: Final = _Widths()
SHOWN: Final = _Shown()


def shown_text(text: str) -> str:
    """A text with code points in brackets for signs that nothing here shows; tabs are four spaces."""
    spaced = text.replace("\t", "    ") if "\t" in text else text
    return spaced if spaced.isascii() else spaced.translate(SHOWN)


def width_of(text: str) -> int:
    """How wide a text is, in 1/1000 of the letters' size."""
    return sum(map(WIDTHS.__getitem__, text))
