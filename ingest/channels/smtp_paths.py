"""The address of MAIL and RCPT (RFC 5321 §4.1.2), taken apart in one pass; pure.

Rule: linear in the length of the command, whatever stands in it, where the library's own parser recurses.
"""

from __future__ import annotations

import re

NULL_PATH = "<>"

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def parse_path(arg: str) -> tuple[str | None, str | None]:
    """Split ``<path> parameters`` (RFC 5321 §4.1.2) in one pass; linear where aiosmtpd's own parser recurses.

    Returns:
        the address without source route, `NULL_PATH` for ``<>``, and the parameters; ("", "") where there is
        nothing, (None, None) where it is malformed.
    """
    text = arg.strip()
    if not text:
        return "", ""
    if _CONTROL.search(text) is not None:
        return None, None
    if not text.startswith("<"):
        address, _, rest = text.partition(" ")
        return (address, rest) if "<" not in address and ">" not in address else (None, None)
    close = _closing_bracket(text)
    path, rest = text[1:close], text[close + 1 :]
    if close < 0 or (rest and not rest.startswith(" ")) or (path.startswith("@") and ":" not in path):
        return None, None
    if path.startswith("@"):
        path = path.partition(":")[2]  # RFC 5321 §4.1.1.3: a source route is accepted and ignored
    return path.strip() or NULL_PATH, rest.strip()


def _closing_bracket(text: str) -> int:
    """The place of the ``>`` that is not inside a quoted local part, or -1."""
    quoted = escaped = False
    for place, character in enumerate(text):
        if escaped:
            escaped = False
        elif character == "\\" and quoted:
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character == ">" and not quoted:
            return place
    return -1
