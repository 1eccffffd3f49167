"""A range of a sealed container, opened without the rest of it.

Rule: a byte is given out when (1) the header is that of the object, (2) the commitment is that of the key, object,
kind and archive, (3) the last chunk authenticates in its place and is a short one, so that the length is proven,
and (4) every chunk that the range touches authenticates in its place. What another program would give out for the
same range, this one gives out, or raises.

The library seals and opens streams only, so this is C2SP chunked-encryption v1 over its parts: HKDF-Expand
(RFC 5869) with SHA-512 makes message key, base nonce and commitment out of key, salt and context; chunk number n
is AES-256-GCM under the base nonce XOR n, big-endian, without associated data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import constant_time
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from storage.errors import Corrupt
from storage.sealing import CHUNK_BYTES, KEY_BYTES, PREFIX_BYTES, TAG_BYTES, header, refused_header

if TYPE_CHECKING:
    from storage.blobs import ObjectReader
    from storage.sealing import SealKind

_LABEL = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00"
_SALT_BYTES = 24
_NONCE_BYTES = 12
_STEP = CHUNK_BYTES + TAG_BYTES
_TOGETHER = 16  # chunks read at once


class SealedRanges:
    """Random access to the plain bytes of one sealed object. `size` is their number, proven when this is made.

    It reads through `sealed` and does not close it. Safe from several threads where the reader is.
    """

    def __init__(self, key: bytes, *, archive_id: str, kind: SealKind, object_id: str, sealed: ObjectReader) -> None:
        """Open the container.

        Raises:
            Corrupt: another object, kind, archive or key, a changed header, or an end that is not the sealed one.
        """
        self._sealed = sealed
        self._object = object_id
        head = header(kind, object_id)
        start = len(head) + PREFIX_BYTES
        front = sealed.read_at(0, start)
        if len(front) != start or not constant_time.bytes_eq(front[: len(head)], head):  # (1)
            raise refused_header(front, object_id)
        salt, commitment = front[len(head) : len(head) + _SALT_BYTES], front[len(head) + _SALT_BYTES :]
        info = _LABEL + salt + head + archive_id.encode("ascii")
        derived = HKDFExpand(SHA512(), KEY_BYTES + _NONCE_BYTES + len(commitment), info).derive(key)
        if not constant_time.bytes_eq(derived[KEY_BYTES + _NONCE_BYTES :], commitment):  # (2)
            raise self._refusal()
        self._cipher = AESGCM(derived[:KEY_BYTES])
        self._base_nonce = int.from_bytes(derived[KEY_BYTES : KEY_BYTES + _NONCE_BYTES])
        self._start = start
        whole, last = divmod(sealed.size - start, _STEP)
        if sealed.size < start or last < TAG_BYTES:  # a container never ends with a full chunk
            raise self._refusal()
        self.size = whole * CHUNK_BYTES + last - TAG_BYTES
        self._open(whole, sealed.read_at(start + whole * _STEP, last + 1))  # (3) one more byte than there may be

    def read(self, offset: int, length: int) -> bytes:
        """The plain bytes from `offset` on: `length` of them, fewer only where the content ends.

        Raises:
            Corrupt: a chunk that is touched is not what was sealed. Nothing of it leaves.
            ValueError: a negative offset or length.
        """
        if offset < 0 or length < 0:
            raise ValueError("a range has no negative offset or length")
        end = min(offset + length, self.size)
        if offset >= end:
            return b""
        number, behind = offset // CHUNK_BYTES, (end - 1) // CHUNK_BYTES + 1
        opened: list[bytes] = []
        while number < behind:
            count = min(_TOGETHER, behind - number)
            opened += self._chunks(number, count)
            number += count
        skipped = offset % CHUNK_BYTES
        return b"".join(opened)[skipped : skipped + end - offset]

    def _chunks(self, first: int, count: int) -> list[bytes]:
        last_one = self.size // CHUNK_BYTES
        wanted = count * _STEP if first + count <= last_one else self._sealed.size - self._start - first * _STEP
        sealed = self._sealed.read_at(self._start + first * _STEP, wanted)
        if len(sealed) != wanted:
            raise self._refusal()
        view = memoryview(sealed)
        return [self._open(first + at, view[at * _STEP : (at + 1) * _STEP]) for at in range(count)]  # (4)

    def _open(self, number: int, chunk: bytes | memoryview) -> bytes:
        nonce = (self._base_nonce ^ number).to_bytes(_NONCE_BYTES)
        try:
            return self._cipher.decrypt(nonce, chunk, None)
        except (InvalidTag, ValueError) as error:
            raise self._refusal() from error

    def _refusal(self) -> Corrupt:
        return Corrupt("a sealed container does not authenticate", object=self._object)
