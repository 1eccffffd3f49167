"""HMAC with SHA-256 (RFC 2104, FIPS 180-4) of many short texts that begin alike.

Rule kept: the value is that of `hmac.digest`. RFC 2104 §4 allows to keep what the two paddings of the key make of the
hash, and so the key, and what all texts begin with, are hashed once. A copy of OpenSSL's own HMAC takes twice as long
as both copies here, and an export has a hundred thousand messages with two digests each.
"""

from __future__ import annotations

import hashlib
from typing import Final

_BLOCK: Final = 64  # bytes of a block of SHA-256
_INNER: Final = bytes(one ^ 0x36 for one in range(256))
_OUTER: Final = bytes(one ^ 0x5C for one in range(256))


class KeyedDigest:
    """Digests under one key.

    Args:
        key: the key.
        beginning: what every text begins with.
    """

    def __init__(self, key: bytes, beginning: bytes) -> None:
        short = key if len(key) <= _BLOCK else hashlib.sha256(key).digest()
        padded = short.ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(padded.translate(_INNER) + beginning)
        self._outer = hashlib.sha256(padded.translate(_OUTER))

    def of(self, text: str) -> bytes:
        """The digest of the beginning and this text in UTF-8."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(text.encode())
        outer.update(inner.digest())
        return outer.digest()
