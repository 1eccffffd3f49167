"""Telephone numbers as they are compared: the digits of E.164 behind a plus sign, or none.

Rule kept: a number is only made international where it says so itself (``+`` or ``00``), or where it is a whole number
of the North American plan, ten digits whose area code and exchange begin with 2 to 9 (NANP; ITU-T E.164 allows fifteen
digits). Anything else may be a number of anywhere, and is the same as no other.
"""

from __future__ import annotations

import re
from typing import Final

_WRITTEN: Final = re.compile(r"\+?[0-9](?:[ .()/\u00a0\u2010-\u2013\u202f-]{0,3}[0-9])*")
_OPENED: Final = re.compile(r"\(([0-9]+)\)")
_NANP: Final = re.compile(r"1?([2-9][0-9]{2}[2-9][0-9]{6})")
_MARKS: Final = "\u200e\u200f\u202a\u202c\u2066\u2068\u2069"  # direction marks that exports put around numbers
_LONGEST: Final = 40
_LEAST_DIGITS: Final = 7
_MOST_DIGITS: Final = 15


def normal_number(text: str) -> str | None:
    """The number as ``+15035550123``; None where the text is no number, or does not say of which country."""
    if len(text) > _LONGEST:
        return None
    written = _OPENED.sub(r"\1", text.strip().strip(_MARKS).strip().replace("(0)", ""))
    if not _WRITTEN.fullmatch(written):
        return None
    digits = "".join(one for one in written if one.isdigit())
    if written.startswith("+") or digits.startswith("00"):
        whole = digits.removeprefix("00") if not written.startswith("+") else digits
        return f"+{whole}" if _LEAST_DIGITS <= len(whole) <= _MOST_DIGITS else None
    national = _NANP.fullmatch(digits)
    return f"+1{national[1]}" if national else None
