"""Text of others made fit to be shown: what could mislead the eye or steer a screen is made visible; pure.

Rule: control characters, and in one-line fields the characters that turn the direction of writing (UAX #9 §2), become
U+FFFD, so that a file name cannot be read as another. Escaping for a page is the template's.
"""

from __future__ import annotations

import re
from typing import Final

LONGEST_TEXT: Final = 400_000
"""Characters of a record's text on its page; the rest is in the download."""
_LONGEST_LINE = 500
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def line(text: object) -> str:
    """Text for one line; long ones end in an ellipsis."""
    shown = _LINE_CONTROLS.sub("\N{REPLACEMENT CHARACTER}", str(text))
    return shown if len(shown) <= _LONGEST_LINE else shown[:_LONGEST_LINE] + "\N{HORIZONTAL ELLIPSIS}"


def sentence(text: str) -> str:
    """An error's message as a sentence: a capital at the beginning, a full stop at the end."""
    shown = line(text)
    return shown[:1].upper() + shown[1:] + ("" if shown.endswith((".", "!", "?")) else ".")


def block(text: str) -> str:
    """Text of several lines, at most `LONGEST_TEXT` characters of it."""
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text[:LONGEST_TEXT].replace("\r\n", "\n"))
