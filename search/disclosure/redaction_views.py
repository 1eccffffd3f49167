"""A text in the forms in which it can be hidden in a file. Pure.

Rule kept: what a program of ordinary use undoes is undone here: base64 (RFC 4648), hexadecimal digits, octal and
Unicode escapes, quoted-printable (RFC 2045 §6.7), percent signs (RFC 3986 §2.1), character references of HTML, UTF-16
in either order. One step deep: nothing here is a search for ciphers. All expressions are linear.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{8,}(?:\r?\n[A-Za-z0-9+/_-]+)*={0,2}")
_HEX: Final = re.compile(r"[0-9A-Fa-f][0-9A-Fa-f \r\n]{9,}")
_OCTAL: Final = re.compile(r"\\([0-3][0-7]{2})")
_UNICODE: Final = re.compile(r"\\u\{?([0-9A-Fa-f]{4,6})\}?|\\x([0-9A-Fa-f]{2})")
_QUOTED: Final = re.compile(r"[=%#]([0-9A-Fa-f]{2})")
_SOFT: Final = re.compile(r"=\r?\n")
_TAGS: Final = re.compile(r"<[^<>]{0,10000}>")
_MOST: Final = 0x10FFFF


def views(text: str) -> Iterator[str]:
    """The text itself, and each of its other readings that it has."""
    yield text
    if "<" in text:
        yield _TAGS.sub("", text)
    if "&" in text:
        yield html.unescape(_TAGS.sub("", text))
    if "\\" in text:
        yield _UNICODE.sub(_letter, _OCTAL.sub(lambda one: chr(int(one[1], 8)), text))
    if "=" in text or "%" in text or "#" in text:
        undone = _QUOTED.sub(lambda one: chr(int(one[1], 16)), _SOFT.sub("", text))
        yield from readings(undone.encode("latin-1", "replace"))
    if "\x00" in text:
        yield text.replace("\x00", "")
    for one in _BASE64.finditer(text):
        yield from _from_base64(one[0])
    for one in _HEX.finditer(text):
        digits = "".join(one[0].split())
        yield from readings(bytes.fromhex(digits[: len(digits) // 2 * 2]))


def readings(content: bytes) -> Iterator[str]:
    """Bytes as text in the encodings of PDF strings and mail: one byte a letter, UTF-8, UTF-16 where it may be."""
    yield content.decode("latin-1")
    if not content.isascii():
        yield content.decode("utf-8", "ignore")
    if b"\x00" in content or content[:2] in {b"\xfe\xff", b"\xff\xfe"}:
        for order in ("utf-16-be", "utf-16-le"):
            yield content.decode(order, "ignore")
            yield content[1:].decode(order, "ignore")


def _from_base64(run: str) -> Iterator[str]:
    joined = "".join(run.split()).rstrip("=").replace("-", "+").replace("_", "/")
    for skip in range(4):  # where it begins is not known when letters stand before it
        part = joined[skip:]
        part = part[: len(part) // 4 * 4] if len(part) % 4 == 1 else part + "=" * (-len(part) % 4)
        try:
            yield from readings(base64.b64decode(part))
        except binascii.Error:
            continue


def _letter(one: re.Match[str]) -> str:
    code = int(one[1] or one[2], 16)
    return chr(code) if code <= _MOST and not 0xD800 <= code < 0xE000 else ""  # noqa: PLR2004 - surrogates
