"""A submission's bytes as handed in: whole, in pieces, or a range of them.

Rule: whoever reads asks with the key at hand and holds no connection meanwhile, since an object may take minutes
to read. A missing object under a row is damage, not absence.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.errors import Corrupt, NotFound
from storage.sealing import SealKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from storage.blobs import BlobStore
    from storage.sealed_ranges import SealedRanges
    from storage.vault import HolderKey, Vault


class Measured:
    """Pieces on their way into a store, with the digest and the size of those that went by."""

    def __init__(self, pieces: Iterable[bytes | memoryview]) -> None:
        self._pieces = pieces
        self.digest = hashlib.sha256()
        self.size = 0

    def __iter__(self) -> Iterator[bytes | memoryview]:
        """The pieces, once."""
        for piece in self._pieces:
            self.digest.update(piece)
            self.size += len(piece)
            yield piece


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionContent:
    """The content of one submission, not read yet. `size` is that of the plain bytes, as taken down at receipt."""

    vault: Vault
    blobs: BlobStore
    key: HolderKey
    blob_id: str
    size: int

    def read(self) -> bytes:
        """All of it, authenticated.

        Raises:
            Corrupt: the stored bytes are not what was sealed.
        """
        with self._there():
            sealed = self.blobs.read(self.blob_id)
        return self.vault.unseal(self.key, SealKind.SUBMISSION, self.key.holder, sealed)

    def pieces(self) -> Iterator[bytes]:
        """All of it in order, each piece authenticated; complete only where the iteration ends without an error.

        Raises:
            Corrupt: the stored bytes are not what was sealed.
        """
        with self._there():
            reader = self.blobs.open(self.blob_id)
        with reader:
            yield from self.vault.open_pieces(self.key, SealKind.SUBMISSION, self.key.holder, reader)

    @contextmanager
    def ranges(self) -> Iterator[SealedRanges]:
        """Random access to it.

        Raises:
            Corrupt: the stored bytes are not what was sealed.
        """
        with self._there():
            reader = self.blobs.open(self.blob_id)
        with reader:
            yield self.vault.open_ranges(self.key, SealKind.SUBMISSION, self.key.holder, reader)

    @contextmanager
    def _there(self) -> Iterator[None]:
        try:
            yield
        except NotFound as error:
            missing = "the object of a submission is missing"
            raise Corrupt(missing, submission=self.key.holder, object=self.blob_id) from error
