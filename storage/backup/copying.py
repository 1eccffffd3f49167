"""Objects copied from one store to another, each checked by its name on the way.

Rule: an object's name is the SHA-256 of its bytes, so a copy needs no key to be right, and a damaged original is told
and never spread. What lies in the target already is believed only where an increment that is complete wrote it: a
killed writer may have left half an object under its name.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from storage.blobs import SealedObject, pieces_of
from storage.errors import Corrupt, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storage.blobs import BlobStore

_SMALL = 1 << 20
_BATCH_BYTES = 8 << 20
_BATCH = 256


class ObjectCopier:
    """Copies objects and counts them. `faults` are names and reasons of what could not be copied.

    `found_whole` says that objects were left as they lay in the target, unasked: a killed writer may have left them
    whole and not yet durable, so the caller makes them so.
    """

    def __init__(self, source: BlobStore, target: BlobStore) -> None:
        self._source = source
        self._target = target
        self.objects = 0
        self.bytes = 0
        self.faults: dict[str, str] = {}
        self.found_whole = False

    def copy(self, blobs: Mapping[str, int], *, trust_target: bool) -> None:
        """Copy those that the target lacks; `blobs` are names with sealed sizes.

        Raises:
            StorageFull, TemporarilyUnavailable: the target cannot be written.
        """
        batch: list[SealedObject] = []
        waiting = 0
        for blob_id, size in blobs.items():
            if self._target.contains(blob_id) and (trust_target or self._is_whole(blob_id)):
                self.found_whole = self.found_whole or not trust_target
                continue
            try:
                if size > _SMALL:
                    self._copy_large(blob_id)
                    continue
                sealed = SealedObject.of(self._source.read(blob_id))
            except NotFound:
                self.faults[blob_id] = "the object is missing"
                continue
            except Corrupt as error:
                self.faults[blob_id] = error.message
                continue
            if sealed.blob_id != blob_id:
                self.faults[blob_id] = "the object is damaged"
                continue
            batch.append(sealed)
            waiting += len(sealed.sealed)
            if waiting >= _BATCH_BYTES or len(batch) >= _BATCH:
                self._write(batch)
                waiting = 0
        self._write(batch)

    def _write(self, batch: list[SealedObject]) -> None:
        if batch:
            self._target.write(batch)
            self._count(len(batch), sum(len(one.sealed) for one in batch))
            batch.clear()

    def _copy_large(self, blob_id: str) -> None:
        if self._target.contains(blob_id):
            self._target.delete(blob_id)
        with self._source.open(blob_id) as reader:
            stored = self._target.write_pieces(pieces_of(reader))
        if stored.blob_id != blob_id:
            self._target.delete(stored.blob_id)
            self.faults[blob_id] = "the object is damaged"
            return
        self._count(1, stored.size)

    def _count(self, objects: int, size: int) -> None:
        self.objects += objects
        self.bytes += size

    def _is_whole(self, blob_id: str) -> bool:
        digest = hashlib.sha256()
        try:
            with self._target.open(blob_id) as reader:
                for piece in pieces_of(reader):
                    digest.update(piece)
        except (NotFound, Corrupt):
            return False
        return digest.hexdigest() == blob_id
