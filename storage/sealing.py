"""The sealed container: a header that names what is inside, then C2SP chunked encryption (Cobblestone-256).

Rule: what is opened is exactly what was sealed, under this key, as this object of this kind in this archive;
anything else raises. There is no unencrypted form and no other form (frozen; see docs/format.md).

Layout::

    "PRAR" | version 0x01 | kind (1 byte) | length of id (1 byte) | id (ASCII)
    salt (24) | commitment (32) | chunks of 16 KiB plain text, AES-256-GCM, the last one always shorter

The header and the archive's id are the context of the key derivation, so a container that is moved to another
object, kind or archive fails at its commitment. Source: C2SP chunked-encryption v1, HKDF-Expand with SHA-512.
"""

from __future__ import annotations

import os
from enum import IntEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import constant_time

try:
    from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
except ImportError as error:  # pragma: no cover - the lock file pins a version that has it
    raise ImportError("cryptography 50 or newer is needed (cryptography.cobblestone)") from error

from storage.errors import Corrupt, NewerContainer

MAGIC = b"PRAR"
VERSION = 1
KEY_BYTES = 32
CHUNK_BYTES = 16 * 1024
TAG_BYTES = 16
PREFIX_BYTES = 24 + 32
_FIXED_HEADER = len(MAGIC) + 3
_LONGEST_ID = 255


class SealKind(IntEnum):
    """What a container holds; the number stands in the header and never changes its meaning."""

    SUBMISSION = 1
    COMPONENT = 2
    DESCRIPTION = 3
    ENVELOPE = 4
    EVENT_PAYLOAD = 5
    WRAPPED_KEY = 6
    CUSTODIAN = 7
    USER = 8
    DRAFT = 9
    KEYRING = 10
    EPOCH_KEY = 11
    INDEX_KEY = 12
    MASTER_KEY = 13
    BACKUP = 14
    LETTER = 15
    PARTICIPANT = 16
    TRANSCRIPTION = 17
    HOLD = 18
    SUBJECT = 19
    SEARCH = 20
    INDEX_FILE = 21
    REQUEST = 22


def new_key() -> bytes:
    """A fresh random key of 32 bytes."""
    return os.urandom(KEY_BYTES)


def header(kind: SealKind, object_id: str) -> bytes:
    """The header of a container for this object."""
    name = object_id.encode("ascii")
    if len(name) > _LONGEST_ID:
        raise ValueError("an object id has at most 255 characters")
    return MAGIC + bytes((VERSION, kind, len(name))) + name


def seal(key: bytes, *, archive_id: str, kind: SealKind, object_id: str, plain: bytes) -> bytes:
    """Seal `plain` (any length) and return the whole container; overhead is header + 56 bytes + 16 a chunk."""
    head = header(kind, object_id)
    encryptor = Cobblestone256Encryptor(key, head + archive_id.encode("ascii"))
    return b"".join((head, encryptor.update(plain), encryptor.finalize()))


def unseal(key: bytes, *, archive_id: str, kind: SealKind, object_id: str, sealed: bytes) -> bytes:
    """Open a container and return the plain bytes, all of them authenticated.

    Raises:
        Corrupt: another object, kind, archive or key, or any byte changed, cut or added. Nothing plain leaves.
        NewerContainer: a `Corrupt` that names a version beyond ours.
    """
    head = header(kind, object_id)
    if not constant_time.bytes_eq(sealed[: len(head)], head):
        raise refused_header(sealed, object_id)
    decryptor = Cobblestone256Decryptor(key, head + archive_id.encode("ascii"))
    try:
        return bytes(decryptor.update(memoryview(sealed)[len(head) :]) + decryptor.finalize())
    except (InvalidTag, ValueError) as error:
        raise Corrupt("a sealed container does not authenticate", object=object_id) from error


def refused_header(sealed: bytes | memoryview, object_id: str) -> Corrupt:
    """The error for a container whose header is not that of the object; one of a newer version is named so."""
    version = _version(sealed)
    if version is not None and version > VERSION:
        return _newer(version, object=object_id)
    return Corrupt("a sealed container does not carry the header of its object", object=object_id)


def _version(sealed: bytes | memoryview) -> int | None:
    at = len(MAGIC)
    return int(sealed[at]) if len(sealed) > at and bytes(sealed[:at]) == MAGIC else None


def _newer(version: int, **fields: str) -> NewerContainer:
    return NewerContainer(
        f"a sealed container has version {version} and this program knows {VERSION}; use the newer program, or restore "
        "it if it is damaged",
        **fields,
    )


def read_header(sealed: bytes) -> tuple[SealKind, str]:
    """Kind and object id as the (unauthenticated) header says them; for naming what a stray file is.

    Raises:
        Corrupt: this is no container of a known version.
        NewerContainer: a `Corrupt` that names a version beyond ours.
    """
    version = _version(sealed)
    if version is not None and version > VERSION:
        raise _newer(version)
    if len(sealed) < _FIXED_HEADER or sealed[: len(MAGIC)] != MAGIC or sealed[4] != VERSION:
        raise Corrupt("not a sealed container of a known version")
    name = sealed[_FIXED_HEADER : _FIXED_HEADER + sealed[6]]
    if len(name) != sealed[6]:
        raise Corrupt("a sealed container ends inside its header")
    try:
        return SealKind(sealed[5]), name.decode("ascii")
    except ValueError as error:
        raise Corrupt("not a sealed container of a known kind") from error
