"""Opening one object for a check: its digest, its size, its container and the digest of what is inside.

Rule: the sealed bytes are read once, and are what their name says before a key is asked; an object of any size
is checked with a few megabytes of memory. Hashing and AES release Python's global lock, so threads help.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from storage.blobs import pieces_of
from storage.errors import Corrupt, NotFound, TemporarilyUnavailable
from storage.sealed_streams import open_pieces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.blobs import BlobStore, ObjectReader
    from storage.sealing import SealKind
    from storage.vault import HolderKey, Vault

_WHOLE_BYTES = 1 << 17  # up to this the bytes are read at once; larger ones pass through a processor's cache


class ObjectFault(Exception):
    """An object is not what was written; the message is the detail of the fault, without the object's name.

    `there` says whether there were bytes that could be read.
    """

    def __init__(self, detail: str, *, there: bool = True) -> None:
        super().__init__(detail)
        self.there = there


@dataclass(frozen=True, slots=True)
class Opened:
    """The plain bytes of an object: their size and SHA-256 in hexadecimal."""

    size: int
    sha256: str


def check_object(
    blobs: BlobStore, vault: Vault, key: HolderKey | None, kind: SealKind, object_id: str, row: Any
) -> Opened | None:
    """Read, hash and open the object that a row names; None where there is no key to open it with.

    Raises:
        ObjectFault: it is missing, unreadable, other bytes, or does not open as this object.
    """
    blob_id: str = row.blob_id
    try:
        with blobs.open(blob_id) as reader:
            if reader.size != row.sealed_size:
                raise ObjectFault("the object has another size than was written")
            if reader.size > _WHOLE_BYTES:
                return _check_pieces(reader, vault, key, kind, object_id, blob_id)
            sealed = reader.read_at(0, reader.size)
    except NotFound as error:
        raise ObjectFault("the object is missing", there=False) from error
    except (Corrupt, TemporarilyUnavailable) as error:
        raise ObjectFault(error.message, there=False) from error
    if hashlib.sha256(sealed).hexdigest() != blob_id:
        raise ObjectFault("the object is not what was written")
    if key is None:
        return None
    try:
        plain = vault.unseal(key, kind, object_id, sealed)
    except Corrupt as error:
        raise ObjectFault(error.message) from error
    return Opened(len(plain), hashlib.sha256(plain).hexdigest())


class _Hashed:
    """The pieces of an object, hashed as they pass; no generator, so that a reader that gives up does not end it."""

    def __init__(self, reader: ObjectReader) -> None:
        self._pieces = pieces_of(reader)
        self.digest = hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece = next(self._pieces)
        self.digest.update(piece)
        return piece


def _check_pieces(
    reader: ObjectReader, vault: Vault, key: HolderKey | None, kind: SealKind, object_id: str, blob_id: str
) -> Opened | None:
    pieces, plain_digest, size = _Hashed(reader), hashlib.sha256(), 0
    refused: Corrupt | None = None
    if key is not None:
        try:
            for plain in open_pieces(
                key.key, archive_id=vault.archive_id, kind=kind, object_id=object_id, sealed=pieces
            ):
                plain_digest.update(plain)
                size += len(plain)
        except Corrupt as error:
            refused = error
    for _ in pieces:  # to the end, since only the digest tells damage from another object's container
        pass
    if pieces.digest.hexdigest() != blob_id:
        raise ObjectFault("the object is not what was written")
    if refused is not None:
        raise ObjectFault(refused.message)
    return None if key is None else Opened(size, plain_digest.hexdigest())
