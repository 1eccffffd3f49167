"""The reference blob store: objects in a dictionary, for tests of what stands on a store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from storage.blobs import SealedObject


class MemoryBlobs:
    """A `BlobStore` that lives as long as the program."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}

    def write(self, batch: Sequence[SealedObject]) -> None:
        """See `BlobStore.write`."""
        self._objects.update({one.blob_id: one.sealed for one in batch})

    def read(self, blob_id: str) -> bytes:
        """See `BlobStore.read`."""
        try:
            return self._objects[blob_id]
        except KeyError as error:
            raise NotFound("the object is not in the store", object=blob_id) from error

    def contains(self, blob_id: str) -> bool:
        """See `BlobStore.contains`."""
        return blob_id in self._objects

    def delete(self, blob_id: str) -> None:
        """See `BlobStore.delete`."""
        self._objects.pop(blob_id, None)

    def ids(self) -> Iterator[str]:
        """See `BlobStore.ids`."""
        yield from list(self._objects)
