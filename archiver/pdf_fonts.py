"""Text of any script in our PDFs: which font shows a sign, and what stands where none does.

Rules:

- Bitstream Vera comes with reportlab and shows Latin. For other scripts the fonts of this machine are looked through,
  DejaVu and Noto; the font is embedded as far as it is used.
- Letters that change by their neighbours or run from right to left (Unicode UAX #9), and those of fonts that reportlab
  cannot embed, are drawn by Pillow with HarfBuzz and stand as small pictures.
- A sign that nothing here shows, or that has no shape (a control of direction), stands as its code point,
  ``[U+202E]``, so that nothing is ever left out or shown as a box. The signed file has the text as it is.
"""

from __future__ import annotations

import base64
import io
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from search.disclosure.machine_fonts import FURTHER, PLAIN_SCRIPTS, TURNED, drawing_font, font_files, is_drawn, script

if TYPE_CHECKING:
    from collections.abc import Iterator

PLAIN: Final = "Vera"
BOLD: Final = "VeraBd"
_DRAWN: Final = 64  # pixels of a letter's height, shown as `_POINTS`
_POINTS: Final = 8.5
_LONGEST_PICTURE: Final = 24  # letters: what is longer would not fit into a column


@cache
def register() -> None:
    """Make the two fonts of our own known to reportlab, and let it read nothing over the network."""
    from reportlab import rl_config  # noqa: PLC0415 - few commands make a PDF
    from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415
    from reportlab.pdfbase.ttfonts import TTFont  # noqa: PLC0415

    rl_config.trustedSchemes = ["data"]  # pictures come from the text itself, and from nowhere else
    rl_config.trustedHosts = ["localhost"]  # without one no scheme is read
    for name in (PLAIN, BOLD):
        pdfmetrics.registerFont(TTFont(name, f"{name}.ttf"))


@cache
def _signs_of(name: str) -> frozenset[int]:
    from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415

    register()
    return frozenset(pdfmetrics.getFont(name).face.charToGlyph)


@cache
def _embedded() -> tuple[str, ...]:
    """The fonts of this machine that are embedded, by name."""
    from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415
    from reportlab.pdfbase.ttfonts import TTFError, TTFont  # noqa: PLC0415

    found = []
    for path in font_files(*FURTHER):
        try:
            pdfmetrics.registerFont(TTFont(path.stem, str(path)))
        except (TTFError, OSError, ValueError, KeyError, IndexError):
            continue
        found.append(path.stem)
    return tuple(dict.fromkeys(found))


@cache
def _font_of(sign: str, own: str) -> str | None:
    """The font that a sign is written with; None where it is drawn, or cannot be shown."""
    if ord(sign) in _signs_of(own):
        return own
    is_letter = unicodedata.category(sign)[0] in "LM"
    if unicodedata.bidirectional(sign) in TURNED or (is_letter and script(sign) not in PLAIN_SCRIPTS):
        return None
    return next((name for name in _embedded() if ord(sign) in _signs_of(name)), None)


@cache
def _picture(text: str) -> str:
    """Text of one script as a picture in a paragraph."""
    from PIL import Image, ImageDraw  # noqa: PLC0415

    font = drawing_font(script(text[0]), _DRAWN)
    assert font is not None, "only what can be drawn comes here"
    ascent, descent = font.getmetrics()
    width, height = int(font.getlength(text)) + 2, ascent + descent
    image = Image.new("L", (width, height), 255)
    ImageDraw.Draw(image).text((1, 0), text, fill=0, font=font)
    target = io.BytesIO()
    image.save(target, "PNG")
    coded = base64.b64encode(target.getvalue()).decode()
    scale = _POINTS / _DRAWN
    sizes = f'width="{width * scale:.2f}" height="{height * scale:.2f}" valign="{-descent * scale:.2f}"'
    return f'<img src="data:image/png;base64,{coded}" {sizes}/>'


def _runs(line: str, own: str) -> Iterator[tuple[str, str]]:
    """Runs of text, each with the name of its font, or with "" where it is drawn."""
    run, present = "", own
    for at, sign in enumerate(line):
        if sign == " " and _is_between_turned(run, line[at + 1 : at + 2]):
            run += sign  # words that run from right to left stay in their order only within one picture
            continue
        font = _font_of(sign, own)
        shown = sign
        if font is None and is_drawn(sign, _DRAWN):
            font = ""
        elif font is None:
            font, shown = own, _coded(sign)
        goes_on = font == present and (font != "" or _goes_on(run, sign))
        if run and not goes_on:
            yield present, run
            run = ""
        run, present = run + shown, font
    if run:
        yield present, run


def _coded(sign: str) -> str:
    return f"[U+{ord(sign):04X}]"


def _is_between_turned(before: str, after: str) -> bool:
    ends = (before[-1:], after)
    return len(before) < _LONGEST_PICTURE and all(one and unicodedata.bidirectional(one) in TURNED for one in ends)


def _goes_on(run: str, sign: str) -> bool:
    return len(run) < _LONGEST_PICTURE and (script(run[0]) == script(sign) or unicodedata.category(sign)[0] == "M")


def markup(text: object, *, bold: bool = False) -> str:
    """Text as a paragraph of reportlab takes it, on one line, every sign of it shown in some way."""
    own = BOLD if bold else PLAIN
    line = "".join(one if one.isprintable() else _coded(one) for one in " ".join(str(text).split()))
    return "".join(_shown(font, run, own) for font, run in _runs(line, own))


def _shown(font: str, run: str, own: str) -> str:
    if font == own:
        return escape(run)
    return f'<font name="{font}">{escape(run)}</font>' if font else _picture(run)
