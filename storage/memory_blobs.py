"""The reference blob store: objects in a dictionary, for tests of what stands on a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from storage.blobs import SealedObject, StoredObject
from storage.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class MemoryBlobs:
    """A `BlobStore` that lives as long as the program."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}

    def write(self, batch: Sequence[SealedObject]) -> None:
        """See `BlobStore.write`."""
        self._objects.update({one.blob_id: one.sealed for one in batch})

    def write_pieces(self, pieces: Iterable[bytes]) -> StoredObject:
        """See `BlobStore.write_pieces`."""
        whole = SealedObject.of(b"".join(pieces))
        self.write([whole])
        return StoredObject(whole.blob_id, whole.size)

    def read(self, blob_id: str) -> bytes:
        """See `BlobStore.read`."""
        try:
            return self._objects[blob_id]
        except KeyError as error:
            raise NotFound("the object is not in the store", object=blob_id) from error

    def open(self, blob_id: str) -> MemoryReader:
        """See `BlobStore.open`."""
        return MemoryReader(self.read(blob_id))

    def contains(self, blob_id: str) -> bool:
        """See `BlobStore.contains`."""
        return blob_id in self._objects

    def delete(self, *blob_ids: str) -> None:
        """See `BlobStore.delete`."""
        for blob_id in blob_ids:
            self._objects.pop(blob_id, None)

    def ids(self) -> Iterator[str]:
        """See `BlobStore.ids`."""
        yield from list(self._objects)


class MemoryReader:
    """An `ObjectReader` of bytes."""

    def __init__(self, sealed: bytes) -> None:
        self._sealed = sealed
        self.size = len(sealed)

    def read_at(self, offset: int, length: int) -> bytes:
        """See `ObjectReader.read_at`."""
        return self._sealed[offset : offset + length]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held open."""
