"""Where in a query a mistake is: the query as typed, with a mark under the place, as lines for a terminal.

Rule: these lines go to the terminal of who typed the query and nowhere else. They hang on the error as notes (PEP 678),
so that neither its sentence nor its fields repeat the query.
"""

from __future__ import annotations

import unicodedata
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator

_BEFORE, _AFTER = 50, 20  # characters of the query that are shown on either side of the place
_CUT: Final = "\u2026"


def place_lines(text: str, position: int) -> list[str]:
    """Two lines: the query around a place, and ``^`` under it.

    Args:
        text: the query, as typed.
        position: the place in characters from 0; the end of the query counts.
    """
    place = max(0, min(position, len(text)))
    first, last = max(0, place - _BEFORE), min(len(text), place + _AFTER)
    shown = _on_one_line(text[first:last])
    before = (_CUT if first else "") + shown[: place - first]
    after = shown[place - first :] + (_CUT if last < len(text) else "")
    return [f"  {before}{after}", f"  {' ' * _width(before)}^"]


def _on_one_line(text: str) -> str:
    spaced = text.translate({10: " ", 13: " ", 9: " "})
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in spaced)


def _width(text: str) -> int:
    """The columns that a text takes on a terminal (UAX #11); marks take none."""
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text
    )


@contextmanager
def pointing_at(text: object) -> Iterator[None]:
    """Within it a refusal of this query says its place, and what may have been meant; for anything but text nothing."""
    try:
        yield
    except InvalidInput as error:
        position = error.fields.get("position")
        if isinstance(text, str) and isinstance(position, int):
            for line in place_lines(text, position):
                error.add_note(line)
            if suggestion := error.fields.get("suggestion"):
                error.add_note(f"  perhaps: {suggestion}")
        raise
