"""Apple Mail's message files, .emlx: a number, the message of that many bytes, and a property list after it.

Rule kept: the message is given byte for byte, so that signatures over it can be checked; what Apple Mail says about
it (flags, time of receipt) stays in the file and is not read. A file whose message is shorter than its number says is
given as far as it goes, with a remark. What is followed by anything but a property list is no such file: else a number
in front could hide the rest of a mail. Files named .partial.emlx hold a message without its attachments, which lie in
files beside it. The format is not published; the layout is that of files of Mac OS X 10.4 to macOS 14.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

_COUNT: Final = re.compile(rb"[ \t]{0,16}(\d{1,12})[ \t]{0,16}\r?\n")
_FIELD: Final = re.compile(rb"[!-9;-~]{1,100}[ \t]*:|>?From ")
_MAX_PREFIX: Final = 64
_MAX_LIST: Final = 1 << 18
CUT_SHORT: Final = "the file says that the message is longer; its end is missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Emlx:
    """The message of an .emlx file, and a remark where it is not whole."""

    message: bytes = field(repr=False)
    remark: str | None = None


def message_start(head: bytes) -> int | None:
    """The offset of the message in a file that begins like an .emlx; None where it does not."""
    found = _COUNT.match(head[:_MAX_PREFIX])
    if found is None or _FIELD.match(head, found.end()) is None:
        return None
    return found.end()


def read_emlx(raw: bytes) -> Emlx | None:
    """The message of an .emlx file, None where the bytes are none."""
    start = message_start(raw)
    if start is None:
        return None
    end = start + int(raw[:start])
    if end < len(raw) and not _is_property_list(raw[end:].strip(b"\0 \t\r\n")):
        return None
    return Emlx(message=raw[start:end], remark=CUT_SHORT if end > len(raw) else None)


def _is_property_list(rest: bytes) -> bool:
    """Whether this is nothing, or Apple Mail's property list and no more."""
    whole = rest.startswith((b"<?xml", b"<!DOCTYPE plist", b"<plist")) and rest.endswith(b"</plist>")
    return not rest or (whole and len(rest) <= _MAX_LIST and rest.count(b"</plist>") == 1)
