"""The bytes of a draft, opened with its key: in pieces as they are handed in, or a range of them as they are listed.

Rule: as for submissions, no connection is held while they are read; a draft that ends meanwhile ends the reading.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from storage.errors import Conflict, NotFound
from storage.sealing import SealKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.blobs import BlobStore, ObjectReader
    from storage.sealed_ranges import SealedRanges
    from storage.vault import HolderKey, Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftContent:
    """The content of one draft, as a `ContentSource`; `size` is that of the plain bytes."""

    vault: Vault
    blobs: BlobStore
    key: HolderKey = field(repr=False)
    blob_id: str
    size: int

    def pieces(self) -> Iterator[bytes]:
        """See `ContentSource.pieces`.

        Raises:
            Corrupt: the stored bytes are not what was sealed.
            Conflict: the draft has ended.
        """
        with self._reader() as reader:
            yield from self.vault.open_pieces(self.key, SealKind.DRAFT, self.key.holder, reader)

    @contextmanager
    def ranges(self) -> Iterator[SealedRanges]:
        """Random access to it.

        Raises:
            Corrupt, Conflict: as `pieces`.
        """
        with self._reader() as reader:
            yield self.vault.open_ranges(self.key, SealKind.DRAFT, self.key.holder, reader)

    @contextmanager
    def _reader(self) -> Iterator[ObjectReader]:
        try:
            opened = self.blobs.open(self.blob_id)
        except NotFound as error:
            raise Conflict(f"draft {self.key.holder} has ended, or its bytes are lost; add it again") from error
        with opened as reader:
            yield reader
