"""Bytes to text for hostile mail: every byte string becomes a string that can be stored and encoded.

Rule kept: a declared charset (RFC 2046 §4.1.2) is followed where it names a text encoding and fits; labels
that senders use for a smaller set than they write are widened as the WHATWG Encoding Standard does; whatever
fits nothing is read as UTF-8, then guessed, then Windows-1252. The result never holds a surrogate or a NUL:
both become U+FFFD, so that text can always be written as UTF-8 and never ends early in a C library.
"""

from __future__ import annotations

import codecs
import re

SAMPLE_BYTES = 8 * 1024
FALLBACK = "cp1252"

# Labels that are narrower than what is written under them (WHATWG Encoding Standard §4.2).
_WIDENED = {
    "ascii": "utf-8",
    "iso8859-1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "hz": "hz",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "iso8859-9": "cp1254",
    "tis-620": "cp874",
}
_ALIASES = {
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "unicode-1-1-utf-7": "utf-7",
    "x-sjis": "cp932",
    "x-gbk": "gb18030",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "utf8mb4": "utf-8",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
}
# Python codecs that are no charset of any mail: quadratic in their input, or not text at all.
_REFUSED = frozenset({"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "unicode-escape"})
_UNSAFE = re.compile("[\x00\ud800-\udfff]")
_MAX_LABEL = 60
_MAX_KNOWN = 512
_known: dict[str, str | None] = {}


def codec_of(label: str | None) -> str | None:
    """The Python codec for a charset label, or None where the label names no text encoding."""
    if not label or len(label) > _MAX_LABEL:
        return None
    key = label.strip().strip("\"'").lower()
    if key in _known:
        return _known[key]
    found = _look_up(key)
    if len(_known) < _MAX_KNOWN:  # labels come from outside: the memory for them is bounded
        _known[key] = found
    return found


def _look_up(key: str) -> str | None:
    if not key.isascii() or "\0" in key:
        return None
    try:
        info = codecs.lookup(_ALIASES.get(key, key))
        b"a".decode(info.name, "replace")  # refuses codecs between bytes (hex, zlib), which are no charsets
    except (LookupError, ValueError, TypeError):
        return None
    if info.name in _REFUSED:
        return None
    return _WIDENED.get(info.name, info.name)


def storable(text: str) -> str:
    """The same text with every NUL and lone surrogate as U+FFFD."""
    if text.isascii() and "\0" not in text:
        return text
    return _UNSAFE.sub("\ufffd", text)


def decode(content: bytes, label: str | None = None, *, guess: bool = False) -> str:
    """Text of `content` under the charset `label`; total: every input has an answer.

    `guess` allows a statistical guess from the first 8 KiB where no label fits and the bytes are not UTF-8;
    it costs milliseconds, so headers never ask for it.
    """
    codec = codec_of(label)
    if (codec is None or codec in ("utf-8", "cp1252")) and content.isascii():
        text = content.decode("ascii")
        return text if "\0" not in text else storable(text)
    if codec is not None and codec != "utf-8":
        return storable(_lenient(content, codec))
    try:
        return storable(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        if codec == "utf-8" and _mostly_utf8(content, error.start, label):
            return storable(content.decode("utf-8-sig", "replace"))
    guessed = _guess(content) if guess else None
    return storable(_lenient(content, guessed or FALLBACK))


def _lenient(content: bytes, codec: str) -> str:
    try:
        return content.decode(codec, "replace")
    except (UnicodeError, LookupError, ValueError):  # a few codecs raise whatever the error handler says
        return content.decode("latin-1")


def _mostly_utf8(content: bytes, first_bad: int, label: str | None) -> bool:
    """Whether a UTF-8 label is worth keeping though the bytes are not all UTF-8 (one bad byte, a cut character)."""
    if (
        codecs.lookup(_ALIASES.get((label or "").lower(), "utf-8")).name != "utf-8"
        or (label or "").lower() == "us-ascii"
    ):
        return False
    window = content[max(0, first_bad - SAMPLE_BYTES) : first_bad + SAMPLE_BYTES]
    good = sum(1 for character in window.decode("utf-8", "ignore") if character > "\x7f")
    bad = window.decode("utf-8", "replace").count("\ufffd")
    return good >= bad


def _guess(content: bytes) -> str | None:
    from charset_normalizer import from_bytes  # noqa: PLC0415 - a third of a second to load, and seldom needed

    high = next((place for place, byte in enumerate(content[: 1 << 20]) if byte > 0x7F), 0)  # noqa: PLR2004 - ASCII ends
    sample = content[max(0, high - 256) : high + SAMPLE_BYTES]
    best = from_bytes(sample, steps=3, chunk_size=1024, enable_fallback=False).best()
    return codec_of(best.encoding) if best is not None else None
