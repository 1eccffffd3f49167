"""Content-Transfer-Encoding undone (RFC 2045 §6), tolerant of what mail really carries.

Rule kept: one pure function, the same bytes in and out every time, because a component's digest is taken over
its answer and its bytes are cut from the original again years later. Anything that is not what it declares is
given back as it stands, with a remark.
"""

from __future__ import annotations

import binascii
import re

_PURE = re.compile(rb"[A-Za-z0-9+/=\s]*\Z")
_ALPHABET = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
# `translate` copies once; a substitution keeps a piece for every gap, which made forty times the size of noise
_FOREIGN = bytes(one for one in range(256) if one not in _ALPHABET)
_WHITE = b" \t\n\r\x0b\x0c"
_UU_BEGIN = re.compile(rb"(?:\A|\n)begin(?:-base64)? [0-7]{3,4} [^\n]*\n")
_MOST = 0.9

NOT_BASE64 = "is declared as base64 and is not"
DAMAGED_BASE64 = "holds bytes that are no base64; they were passed over"
NOT_UUENCODED = "is declared as uuencoded and is not"


def undo(content: bytes, encoding: str) -> tuple[bytes, str | None]:
    """Decoded bytes of a part, and a remark where the declared encoding did not fit; never raises.

    Args:
        content: the bytes of the part's body as they stand in the message.
        encoding: the declared encoding in lower case; unknown ones count as identity (RFC 2045 §6.4).
    """
    if encoding == "quoted-printable":
        return binascii.a2b_qp(content), None
    if encoding == "base64":
        return _base64(content)
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return _uuencode(content)
    return content, None


def _base64(content: bytes) -> tuple[bytes, str | None]:
    try:  # what is as it should be, which nearly all is, at a tenth of the cost; the answer is the same as below
        return binascii.a2b_base64(content.translate(None, b"\r\n"), strict_mode=True), None
    except binascii.Error:
        return _damaged_base64(content)


def _damaged_base64(content: bytes) -> tuple[bytes, str | None]:
    remark = None
    if not _PURE.match(content):
        first_end = content.find(b"=")
        if first_end >= 0 and _PURE.match(content[:first_end]):
            return _segment(content[:first_end]), DAMAGED_BASE64  # a list footer after the end of the encoded text
        remark = DAMAGED_BASE64
    solid = content.translate(None, _FOREIGN)
    # encoded lines hold no blanks: text of letters and blanks alone must not pass for base64
    if len(solid) < _MOST * len(content.translate(None, b"\r\n")):
        return content, NOT_BASE64
    if b"=" not in solid.rstrip(b"="):
        return _segment(solid.rstrip(b"=")), remark
    # several encoded runs one after the other, each with its own padding
    return b"".join(_segment(run) for run in solid.split(b"=") if run), remark


def _segment(run: bytes) -> bytes:
    """Decode one unpadded run; a last lone character carries no whole byte and is dropped."""
    run = run.translate(None, _WHITE)
    if len(run) % 4 == 1:
        run = run[:-1]
    try:
        return binascii.a2b_base64(run + b"=" * (-len(run) % 4))
    except binascii.Error:
        return b""


def _uuencode(content: bytes) -> tuple[bytes, str | None]:
    begin = _UU_BEGIN.search(content)
    if begin is None:
        return content, NOT_UUENCODED
    decoded: list[bytes] = []
    for line in content[begin.end() :].splitlines():
        if line.strip() in (b"end", b"`", b""):
            break
        length = (((line[0] - 32) & 63) * 4 + 2) // 3 + 1  # what the line declares; some encoders pad beyond it
        try:
            decoded.append(binascii.a2b_uu(line[:length]))
        except binascii.Error:
            return content, NOT_UUENCODED
    return b"".join(decoded), None
