"""Where sealed objects lie: a store of immutable byte strings named by the SHA-256 of their sealed form.

Rule: `write` returns only when every object of the batch would survive a loss of power; what cannot be made
durable raises, and then none of the batch may be referred to.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True, slots=True)
class SealedObject:
    """A sealed byte string and its name. `blob_id` is the lower-case hexadecimal SHA-256 of `sealed`."""

    blob_id: str
    sealed: bytes

    @classmethod
    def of(cls, sealed: bytes) -> SealedObject:
        """Name a sealed byte string."""
        return cls(hashlib.sha256(sealed).hexdigest(), sealed)


class BlobStore(Protocol):
    """Six operations on sealed objects; every implementation joins `tests/conformance/test_blob_store.py`."""

    def write(self, batch: Sequence[SealedObject]) -> None:
        """Make all of the batch durable; writing an object again is harmless.

        Raises:
            StorageFull: no space; nothing of the batch may be referred to.
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

    def contains(self, blob_id: str) -> bool:
        """Whether the object is there."""
        ...

    def delete(self, blob_id: str) -> None:
        """Remove the object, durably; removing what is not there is harmless."""
        ...

    def ids(self) -> Iterator[str]:
        """Every object that is there, in no order, as the store is walked."""
        ...
