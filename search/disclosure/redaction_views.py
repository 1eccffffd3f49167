"""A text in the forms in which it can be hidden in a file. Pure.

Rule kept: what a program of ordinary use undoes is undone here: base64 (RFC 4648), hexadecimal digits, octal and
Unicode escapes, quoted-printable (RFC 2045 §6.7), percent signs (RFC 3986 §2.1), character references of HTML, UTF-16
in either order; and letters of other scripts are read as those that they look like (UTS #39). One step deep: nothing
here is a search for ciphers. All expressions are linear.
"""

from __future__ import annotations

import base64
import html
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{8,}(?:\r?\n[A-Za-z0-9+/_-]+)*={0,2}")
_HEX: Final = re.compile(r"[0-9A-Fa-f][0-9A-Fa-f \r\n]{9,}")
_OCTAL: Final = re.compile(r"\\([0-3][0-7]{2})")
_UNICODE: Final = re.compile(r"\\u\{([0-9A-Fa-f]{1,6})\}|\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})|\\x([0-9A-Fa-f]{2})")
_QUOTED: Final = re.compile(r"[=%#]([0-9A-Fa-f]{2})")
_SOFT: Final = re.compile(r"=\r?\n")
_TAGS: Final = re.compile(r"<[^<>]{0,10000}>")
_WORD: Final = re.compile(r"[A-Z]?[a-z]*")
_LINE: Final = b"\n\n\n"
_LONG: Final = 64  # bytes
_FEW: Final = 200  # one control character in so many bytes is too many for a text
_PRINTABLE: Final = b"\x00\t\n\r" + bytes(range(0x20, 0x7F))
_NO_CONTROL: Final = b"\x00\x14\t\n\v\f\r" + bytes(range(0x20, 0x7F)) + bytes(range(0x80, 0x100))
_RUN: Final = re.compile(rb"(?:[\t\n\r\x20-\x7e]|[\xc2-\xf4][\x80-\xbf]{1,3}){8,}")
_WIDE_RUN: Final = re.compile(rb"(?:[\t\n\r\x20-\x7e]\x00){6,}[\t\n\r\x20-\x7e]?|(?:\x00[\t\n\r\x20-\x7e]){6,}")
_DIGITS: Final = 64
_LEAST_DIGEST: Final = 29  # letters of the shortest that `_DIGEST` knows
_DIGEST: Final = re.compile(
    r"(?<![A-Za-z0-9+/=_-])(?:[0-9a-f]{64}|[A-Za-z0-9+/]{43}=|[a-z]{2,4}_0[0-9a-hjkmnp-tv-z]{25})"
    r"(?![A-Za-z0-9+/=_-])"
)
# the time of a moment (RFC 3339): its digits, ten thousand times in proofs, make any number; its day stays
_TIME: Final = re.compile(r"T(?<=\d-\d\dT)\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)")
_FILL: Final = ("", "", "gg", "g")
_URL_SAFE: Final = str.maketrans("-_", "+/")
_ALIKE: Final = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u051b\u0261\u04bb"  # Cyrillic, script g
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0406\u0408\u0405"
    "\u03bf\u03bd\u03c1\u03b9\u03ba\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7",
    "aeopcyxijsdqghABEKMHOPCTYXIJSovpikABEZHIKMNOPTYX",
)
_CELLS: Final = str.maketrans("\x14\u00fe\u00ae", "\n\n\n")  # between and around cells of a Concordance load file
_MOST: Final = 0x10FFFF


def views(text: str) -> Iterator[str]:
    """The text itself, and each of its other readings that it has; runs of one kind are read together, line by line."""
    told, runs = _without_chance(text)
    yield told
    if not told.isascii():
        alike = told.translate(_ALIKE)
        if alike != told:
            yield alike
    if "<" in told:
        yield _TAGS.sub("", told)
    if "&" in told:
        yield html.unescape(_TAGS.sub("", told))
    if "\\" in told:
        yield _UNICODE.sub(_letter, _OCTAL.sub(lambda one: chr(int(one[1], 8)), told))
    if "=" in told or "%" in told or "#" in told:
        undone = _QUOTED.sub(lambda one: chr(int(one[1], 16)), _SOFT.sub("", told))
        if undone != told:
            yield from readings(undone.encode("latin-1", "replace"))
    if "\x00" in told:
        yield told.replace("\x00", "")
    if "\x14" in told:
        yield told.translate(_CELLS)
    yield from _runs(told, runs)


def _without_chance(text: str) -> tuple[str, list[str]]:
    """A text without its digests, ids and times, whose letters are chance, and its runs that may be base64."""
    runs = _BASE64.findall(text)
    has_digest = any(len(one) >= _LEAST_DIGEST for one in runs)  # each is in such a run
    told = _TIME.sub("T", _DIGEST.sub(_unless_text, text) if has_digest else text)
    return told, runs if told == text else _BASE64.findall(told)


def readings(content: bytes) -> Iterator[str]:
    """Bytes as text in the encodings of PDF strings and mail: one byte a letter, UTF-8, UTF-16 where it may be."""
    yield content.decode("latin-1")
    if not content.isascii():
        yield content.decode("utf-8", "ignore")
    if b"\x00" in content or content[:2] in {b"\xfe\xff", b"\xff\xfe"}:
        for order in ("utf-16-be", "utf-16-le"):
            yield content.decode(order, "ignore")
            yield content[1:].decode(order, "ignore")


def readings_of_any(content: bytes) -> Iterator[str]:
    """The same of bytes that need not be text: of others only runs of letters, in which a short name stands less often.

    In a large picture, every short name stands by chance.
    """
    if len(content.translate(None, _NO_CONTROL)) * _FEW <= len(content):
        yield from readings(content)
        return
    yield "\n".join(one.decode("utf-8", "ignore") for one in _RUN.findall(content))
    yield "\n".join(one.replace(b"\x00", b"").decode("ascii") for one in _WIDE_RUN.findall(content))


def _runs(text: str, runs: Iterable[str]) -> Iterator[str]:
    """What its runs of base64 and of hexadecimal digits stand for, where that is text."""
    texts: list[bytes] = []
    others: list[bytes] = []
    for one in runs:
        run = "".join(one.split()).rstrip("=") if one[-1] == "=" or "\n" in one else one
        found = _undone(run) if len(run) <= _LONG else _decoded(run)
        texts += found[0]
        others += found[1]
    for one in _HEX.findall(text):
        digits = "".join(one.split())
        found = _sorted([bytes.fromhex(digits[: len(digits) // 2 * 2])])
        texts += found[0]
        others += found[1]
    if texts or others:
        yield from readings(_LINE.join(texts + others))


def _decoded(run: str) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """What a run of base64 stands for, read from each of the places at which it may begin; see `_sorted`."""
    first = run.translate(_URL_SAFE)
    parts = [first[skip:] for skip in range(1 if _WORD.fullmatch(run) else 4)]  # a word is no such run
    return _sorted([base64.b64decode(one + _FILL[len(one) % 4] if len(one) % 4 != 1 else one[:-1]) for one in parts])


@lru_cache(maxsize=1 << 14)
def _undone(run: str) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """The same of a short run: names and long words stand on every page."""
    return _decoded(run)


def _sorted(decoded: list[bytes]) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Those that are text, and the runs of letters in those that are long and are none."""
    told = [_is_text(one) for one in decoded]
    long = [one for one, is_text in zip(decoded, told, strict=True) if not is_text and len(one) > _LONG]
    texts = tuple(one for one, is_text in zip(decoded, told, strict=True) if is_text)
    return texts, tuple(b"\n".join(_RUN.findall(one)) for one in long)


def _is_text(content: bytes) -> bool:
    """Whether bytes may be letters that somebody wrote: most of them printable, or all of them UTF-8."""
    if 4 * len(content.translate(None, _PRINTABLE)) <= len(content):
        return True
    try:
        return content.decode("utf-8").isprintable()
    except UnicodeDecodeError:
        return False


def _unless_text(one: re.Match[str]) -> str:
    """A digest of 32 bytes, or an id, stands for no words: its letters are chance. What decodes to text stays."""
    run = one[0]
    try:
        raw = bytes.fromhex(run) if len(run) == _DIGITS else base64.b64decode(run)
    except ValueError:
        raw = b""
    return run if raw and _is_text(raw) else " "


def _letter(one: re.Match[str]) -> str:
    code = int(next(filter(None, one.groups())), 16)
    return chr(code) if code <= _MOST and not 0xD800 <= code < 0xE000 else ""  # noqa: PLR2004 - surrogates
