"""The digests that a capture states of its records, held against their bytes (ISO 28500:2017, 5.8 and 5.9).

Rule kept: only what was computed is called verified. A digest is ``algorithm:value`` and the standard leaves the form
of the value open: Base32 is usual, hexadecimal and Base64 occur. Of a payload some programs take the digest of the body
as it was sent and others of the body without its chunks, so either fits.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_ALGORITHMS: Final = {
    "sha1": "sha1",
    "sha-1": "sha1",
    "sha256": "sha256",
    "sha-256": "sha256",
    "sha512": "sha512",
    "sha-512": "sha512",
}


@dataclass(frozen=True, slots=True)
class StatedDigest:
    """A digest by an algorithm that can be computed; `values` are the digests that its text may mean."""

    algorithm: str
    values: frozenset[bytes]

    @property
    def name(self) -> str:
        """The algorithm as people write it."""
        return {"sha1": "SHA-1", "sha256": "SHA-256", "sha512": "SHA-512"}[self.algorithm]

    def computing(self) -> hashlib._Hash:
        """A digest by its algorithm, of nothing yet."""
        return hashlib.new(self.algorithm, usedforsecurity=False)

    def fits(self, pieces: Iterable[bytes]) -> bool:
        """Whether it is that of these bytes."""
        digest = self.computing()
        for piece in pieces:
            digest.update(piece)
        return digest.digest() in self.values


def stated_digest(text: str) -> StatedDigest | None:
    """The digest that a field states; None where there is none that can be computed."""
    label, separator, value = text.strip().partition(":")
    algorithm = _ALGORITHMS.get(label.strip().lower())
    value = value.strip()
    if not separator or algorithm is None or len(value) > 200:  # noqa: PLR2004 - none is as long
        return None
    size = hashlib.new(algorithm, usedforsecurity=False).digest_size
    found = {one for one in _meanings(value) if len(one) == size}
    return StatedDigest(algorithm, frozenset(found)) if found else None


def _meanings(value: str) -> Iterable[bytes]:
    padded = value.rstrip("=")
    for decode, text in (
        (bytes.fromhex, value),
        (lambda one: base64.b32decode(one + "=" * (-len(one) % 8), casefold=True), padded),
        (lambda one: base64.b64decode(one + "=" * (-len(one) % 4), validate=True), padded.translate(_URL_SAFE)),
    ):
        try:
            yield decode(text)
        except (ValueError, binascii.Error):
            continue


_URL_SAFE: Final = str.maketrans("-_", "+/")
