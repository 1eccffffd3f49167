"""Where sealed objects lie: a store of immutable byte strings named by the SHA-256 of their sealed form.

Rule: `write` returns only when every object of the batch would survive a loss of power; what cannot be made
durable raises, and then none of the batch may be referred to.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


@dataclass(frozen=True, slots=True)
class SealedObject:
    """A sealed byte string and its name. `blob_id` is the lower-case hexadecimal SHA-256 of `sealed`."""

    blob_id: str
    sealed: bytes

    @classmethod
    def of(cls, sealed: bytes) -> SealedObject:
        """Name a sealed byte string."""
        return cls(hashlib.sha256(sealed).hexdigest(), sealed)

    @property
    def size(self) -> int:
        """How many sealed bytes there are."""
        return len(self.sealed)


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object that a store holds durably: its name, and how many sealed bytes it has."""

    blob_id: str
    size: int


class ObjectReader(Protocol):
    """One object opened for reading its sealed bytes in parts; a context that closes it."""

    @property
    def size(self) -> int:
        """How many sealed bytes there are."""
        ...

    def read_at(self, offset: int, length: int) -> bytes:
        """The sealed bytes from `offset` on: `length` of them, fewer only where the object ends.

        Raises:
            Corrupt: the disk cannot read them.
        """
        ...

    def __enter__(self) -> Self:
        """The reader itself."""
        ...

    def __exit__(self, *_: object) -> None:
        """Close it."""
        ...


def pieces_of(reader: ObjectReader, piece: int = 1 << 18) -> Iterator[bytes]:
    """All sealed bytes of an opened object, in order, `piece` at a time."""
    offset = 0
    while part := reader.read_at(offset, piece):
        offset += len(part)
        yield part


class BlobStore(Protocol):
    """Seven operations on sealed objects; every implementation joins `tests/conformance/test_blob_store.py`."""

    def write(self, batch: Sequence[SealedObject]) -> None:
        """Make all of the batch durable; writing an object again is harmless.

        Raises:
            StorageFull: no space; nothing of the batch may be referred to.
            TemporarilyUnavailable: the disk reports an error; the store refuses all further writes.
        """
        ...

    def write_pieces(self, pieces: Iterable[bytes]) -> StoredObject:
        """Make one object durable that comes in pieces, and name it; memory follows the largest piece.

        What `pieces` raises passes through, and then nothing is kept.

        Raises:
            StorageFull: no space; nothing was kept.
            TemporarilyUnavailable: the disk reports an error; the store refuses all further writes.
        """
        ...

    def read(self, blob_id: str) -> bytes:
        """The sealed bytes, as they are; checking them is the reader's business.

        Raises:
            NotFound: no such object.
            Corrupt: the disk cannot read it.
            TemporarilyUnavailable: this program cannot open it now.
        """
        ...

    def open(self, blob_id: str) -> ObjectReader:
        """The object for reading in parts; errors as in `read`."""
        ...

    def contains(self, blob_id: str) -> bool:
        """Whether the object is there."""
        ...

    def delete(self, *blob_ids: str) -> None:
        """Remove objects, durably; removing what is not there is harmless."""
        ...

    def ids(self) -> Iterator[str]:
        """Every object that is there, in no order, as the store is walked."""
        ...
