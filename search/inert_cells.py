"""Tables for spreadsheet programs whose cells do nothing: what somebody typed or wrote never becomes a formula.

Rule: a cell that begins with ``=``, ``+``, ``-``, ``@``, a tab, a line end or the full-width form of such a sign
begins with an apostrophe instead (CWE-1236; OWASP, CSV Injection). Blanks before the sign do not hide it. Tables are
CSV after RFC 4180 in UTF-8 with a byte order mark, without which programs guess the encoding.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_ACTIVE: Final = frozenset(
    "=+-@\t\r\n\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}"
    "\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}\N{MINUS SIGN}"
)


def inert(value: object) -> str:
    """A value as a cell that is only text."""
    text = "" if value is None else str(value)
    if not text.isprintable():
        text = "".join(one if _is_shown(one) else "\N{REPLACEMENT CHARACTER}" for one in text)
    return f"'{text}" if text[:1] in _ACTIVE or text.lstrip()[:1] in _ACTIVE else text


def _is_shown(sign: str) -> bool:
    return sign.isprintable() or sign in "\t\r\n" or unicodedata.category(sign) == "Zs"


def as_csv(rows: Iterable[Sequence[object]]) -> bytes:
    """Rows as a file; numbers stay numbers, everything else is inert."""
    return b"".join(csv_pieces(rows))


def csv_pieces(rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """The same row by row, for tables that need not stand in memory."""
    yield b"\xef\xbb\xbf"
    for row in rows:
        target = io.StringIO(newline="")
        csv.writer(target).writerow([one if type(one) is int else inert(one) for one in row])
        yield target.getvalue().encode("utf-8", "replace")
