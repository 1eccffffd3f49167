"""Tag lists (RFC 6376 §3.2), key records (§3.6.1), and the two signature algorithms (RFC 8301, RFC 8463).

Rules: a key is data of a stranger, so its size and exponent are bounded before any arithmetic; RSA under 1,024 bits
and SHA-1 do not count (RFC 8301 §3). The padding of PKCS #1 v1.5 (RFC 8017 §8.2.2) is built and compared as a whole,
never parsed, and a signature has exactly the length of the modulus.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_TAGS: Final = 60
MAX_KEY_BYTES: Final = 2_048
LEAST_RSA_BITS: Final = 1_024
MOST_RSA_BITS: Final = 8_192
_LEAST_EXPONENT, _MOST_EXPONENT = 3, 1 << 33
_TAG_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9_]*")
_BLANKS = re.compile(rb"[ \t\r\n]+")
# DigestInfo of SHA-256 (RFC 8017 §9.2, note 1)
_SHA256_INFO: Final = bytes.fromhex("3031300d060960864801650304020105000420")
_RSA_ENCRYPTION: Final = bytes.fromhex("06092a864886f70d010101")
_SEQUENCE, _INTEGER, _BIT_STRING = 0x30, 0x02, 0x03
_ED25519_BYTES: Final = 32
_LONG_FORM, _SIGN_BIT = 0x80, 0x80


@lru_cache(maxsize=64)  # each step of a check looks at the tags of the same few fields
def read_tags(value: bytes) -> Mapping[bytes, bytes] | None:
    """The tags of a list, or None where it is none: a name twice, no name, or more than 60 of them."""
    tags: dict[bytes, bytes] = {}
    parts = value.split(b";", MAX_TAGS + 1)
    if not parts[-1].strip():
        parts.pop()
    if len(parts) > MAX_TAGS:
        return None
    for part in parts:
        name, equals, content = part.partition(b"=")
        name = name.strip()
        if not equals or not _TAG_NAME.fullmatch(name) or name in tags:
            return None
        tags[name] = content.strip()
    return tags


def read_base64(value: bytes) -> bytes | None:
    """What base64 with blanks in it (RFC 6376 §3.2, FWS) stands for, or None."""
    try:
        return base64.b64decode(_BLANKS.sub(b"", value), validate=True)
    except (binascii.Error, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class RsaKey:
    """An RSA public key within the bounds."""

    modulus: int
    exponent: int

    def verifies(self, digest: bytes, signature: bytes) -> bool:
        """Whether the signature is one of this SHA-256 digest."""
        size = (self.modulus.bit_length() + 7) // 8
        if len(signature) != size:
            return False
        padding = size - len(_SHA256_INFO) - len(digest) - 3
        wanted = b"\x00\x01" + b"\xff" * padding + b"\x00" + _SHA256_INFO + digest
        return pow(int.from_bytes(signature), self.exponent, self.modulus).to_bytes(size) == wanted


@dataclass(frozen=True, slots=True)
class EdwardsKey:
    """An Ed25519 public key of 32 bytes."""

    point: bytes

    def verifies(self, digest: bytes, signature: bytes) -> bool:
        """Whether the signature is one of this SHA-256 digest (RFC 8463 §3)."""
        try:
            VerifyKey(self.point).verify(digest, signature)
        except (CryptoError, ValueError, TypeError):
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """A key record as published. `key` is None where ``p=`` is empty: withdrawn."""

    key: RsaKey | EdwardsKey | None
    is_testing: bool = False
    is_strict: bool = False
    is_for_mail: bool = True
    takes_sha256: bool = True

    @property
    def is_weak(self) -> bool:
        """Whether the key is too short to prove anything."""
        return isinstance(self.key, RsaKey) and self.key.modulus.bit_length() < LEAST_RSA_BITS


def key_texts(values: tuple[str, ...]) -> list[Mapping[bytes, bytes]]:
    """Those of the TXT records that are key records, as tags."""
    found = []
    for value in values:
        tags = read_tags(value.encode("latin-1", "replace"))
        if tags is not None and b"p" in tags and tags.get(b"v", b"DKIM1") == b"DKIM1":
            found.append(tags)
    return found


def read_key(tags: Mapping[bytes, bytes]) -> KeyRecord | None:
    """The key of a record's tags, or None where it cannot be used."""
    point = _BLANKS.sub(b"", tags[b"p"])
    kind = tags.get(b"k", b"rsa")
    key: RsaKey | EdwardsKey | None = None
    if point:
        encoded = read_base64(point) if len(point) <= 2 * MAX_KEY_BYTES else None
        if encoded is None:
            return None
        if kind == b"ed25519":
            key = EdwardsKey(encoded) if len(encoded) == _ED25519_BYTES else None
        elif kind == b"rsa":
            key = _rsa(encoded)
        if key is None:
            return None
    flags = _words(tags.get(b"t", b""))
    return KeyRecord(
        key=key,
        is_testing=b"y" in flags,
        is_strict=b"s" in flags,
        is_for_mail=not {b"*", b"email"}.isdisjoint(_words(tags.get(b"s", b"*"))),
        takes_sha256=b"sha256" in _words(tags.get(b"h", b"sha256")),
    )


def _words(value: bytes) -> set[bytes]:
    return {one.strip() for one in value.split(b":")}


def _rsa(encoded: bytes) -> RsaKey | None:
    """A SubjectPublicKeyInfo (RFC 5280 §4.1) or a bare RSAPublicKey (RFC 8017 §A.1.1), in DER."""
    outer = _read(encoded, 0, _SEQUENCE)
    if outer is None:
        return None
    inner = outer[0]
    if _RSA_ENCRYPTION in inner[:24]:
        algorithm = _read(inner, 0, _SEQUENCE)
        bits = None if algorithm is None else _read(inner, algorithm[1], _BIT_STRING)
        wrapped = None if bits is None or bits[0][:1] != b"\0" else _read(bits[0], 1, _SEQUENCE)
        if wrapped is None:
            return None
        inner = wrapped[0]
    modulus = _read(inner, 0, _INTEGER)
    exponent = None if modulus is None else _read(inner, modulus[1], _INTEGER)
    if modulus is None or exponent is None or not modulus[0] or modulus[0][0] & _SIGN_BIT:
        return None
    key = RsaKey(int.from_bytes(modulus[0]), int.from_bytes(exponent[0]))
    if key.modulus.bit_length() > MOST_RSA_BITS or key.modulus.bit_length() < LEAST_RSA_BITS // 4:
        return None
    return key if _LEAST_EXPONENT <= key.exponent <= _MOST_EXPONENT and key.modulus % 2 and key.exponent % 2 else None


def _read(encoded: bytes, place: int, tag: int) -> tuple[bytes, int] | None:
    """The content of the DER value at `place` and where the next one begins, or None where it is no such value."""
    if place + 2 > len(encoded) or encoded[place] != tag:
        return None
    length, start = encoded[place + 1], place + 2
    if length & _LONG_FORM:
        count = length & ~_LONG_FORM
        if not 1 <= count <= 2 or start + count > len(encoded):  # noqa: PLR2004 - no key is longer than 65,535 bytes
            return None
        length, start = int.from_bytes(encoded[start : start + count]), start + count
    if start + length > len(encoded):
        return None
    return encoded[start : start + length], start + length
