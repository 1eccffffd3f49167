"""Record keys in use: made, wrapped under the current epoch, unwrapped, and what is sealed under them.

Rule zero again: a record's key is random; without its wrapped row it cannot be had back from anything else.
A *holder* is whatever owns a key that dies with it: a submission, a record, a custodian, an event's payload.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from storage.blobs import pieces_of
from storage.errors import Corrupt, NotFound
from storage.sealed_ranges import SealedRanges
from storage.sealed_streams import open_pieces, seal_pieces
from storage.sealing import SealKind, new_key, seal, unseal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from storage.blobs import ObjectReader
    from storage.keys import Keyring

NOT_WRAPPED = 0  # no epoch has this number; the first is 1


@dataclass(frozen=True, slots=True)
class HolderKey:
    """A holder's key, opened; never printed."""

    holder: str
    key: bytes

    def __repr__(self) -> str:
        """Without the key."""
        return f"HolderKey({self.holder!r})"


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A holder's key as it is stored: wrapped under the key of an epoch.

    `opened` is the key itself where this program made it just now, so that it can be wrapped again although its
    epoch was rotated away before the commit. It is never stored and never printed. An epoch of `NOT_WRAPPED` says
    that no wrapping was possible yet; the transaction that keeps the key makes it.
    """

    holder: str
    epoch: int
    wrapped: bytes
    opened: bytes | None = field(default=None, repr=False, compare=False)


class Vault:
    """Seals and opens for holders. Stateless beside the keyring; safe from many threads."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self.archive_id = keyring.archive_id

    def fresh(self, holder: str) -> HolderKey:
        """A new random key for a holder."""
        return HolderKey(holder, new_key())

    def wrap(self, key: HolderKey, epoch: int) -> WrappedKey:
        """Wrap a new key ahead of the transaction that will keep it (`Transaction.keep_key`).

        The caller may name an epoch that was destroyed since he read it; the key then stays unwrapped until it is
        kept, and the deposit goes on.
        """
        try:
            return self.wrap_row(key, epoch)
        except (NotFound, Corrupt):  # gone, or being overwritten at this moment
            return WrappedKey(key.holder, NOT_WRAPPED, b"", key.key)

    def wrap_row(self, key: HolderKey, epoch: int) -> WrappedKey:
        """Wrap a holder's key under an epoch's key, as the row will hold it; the holder's name is bound into it.

        Raises:
            NotFound: the epoch's key is destroyed.
            Corrupt: the epoch's key is damaged.
        """
        sealed = seal(
            self._keyring.epoch_key(epoch),
            archive_id=self.archive_id,
            kind=SealKind.WRAPPED_KEY,
            object_id=key.holder,
            plain=key.key,
        )
        return WrappedKey(key.holder, epoch, sealed, key.key)

    def keep_only(self, epochs: Collection[int]) -> None:
        """Forget the keys of all other epochs: a running program must not outlive their destruction for long."""
        self._keyring.forget_epochs_but(epochs)

    def unwrap(self, wrapped: WrappedKey) -> HolderKey:
        """Open a wrapped key.

        Raises:
            Corrupt: the row is another holder's or changed, or the epoch's key is damaged.
            NotFound: the epoch's key is destroyed.
        """
        return self._unwrap(wrapped, self._keyring.epoch_key(wrapped.epoch))

    def unwrap_if_epoch_opens(self, wrapped: WrappedKey) -> HolderKey | None:
        """Open a wrapped key; None where the key of its epoch is destroyed, missing or damaged.

        Raises:
            Corrupt: the row is another holder's or changed.
        """
        try:
            epoch_key = self._keyring.epoch_key(wrapped.epoch)
        except (NotFound, Corrupt):
            return None
        return self._unwrap(wrapped, epoch_key)

    def _unwrap(self, wrapped: WrappedKey, epoch_key: bytes) -> HolderKey:
        plain = unseal(
            epoch_key,
            archive_id=self.archive_id,
            kind=SealKind.WRAPPED_KEY,
            object_id=wrapped.holder,
            sealed=wrapped.wrapped,
        )
        return HolderKey(wrapped.holder, plain)

    def seal(self, key: HolderKey, kind: SealKind, object_id: str, plain: bytes) -> bytes:
        """Seal bytes under a holder's key, bound to what they are."""
        return seal(key.key, archive_id=self.archive_id, kind=kind, object_id=object_id, plain=plain)

    def unseal(self, key: HolderKey, kind: SealKind, object_id: str, sealed: bytes) -> bytes:
        """Open what `seal` made.

        Raises:
            Corrupt: not exactly that.
        """
        return unseal(key.key, archive_id=self.archive_id, kind=kind, object_id=object_id, sealed=sealed)

    def seal_pieces(
        self, key: HolderKey, kind: SealKind, object_id: str, pieces: Iterable[bytes | memoryview]
    ) -> Iterator[bytes]:
        """Seal bytes that come in pieces; see `storage.sealed_streams.seal_pieces`."""
        return seal_pieces(key.key, archive_id=self.archive_id, kind=kind, object_id=object_id, pieces=pieces)

    def open_pieces(self, key: HolderKey, kind: SealKind, object_id: str, sealed: ObjectReader) -> Iterator[bytes]:
        """The plain bytes of an opened object in pieces; see `storage.sealed_streams.open_pieces`.

        Raises:
            Corrupt: not exactly what was sealed; only an iteration that ends without it gave all.
        """
        return open_pieces(
            key.key, archive_id=self.archive_id, kind=kind, object_id=object_id, sealed=pieces_of(sealed)
        )

    def open_ranges(self, key: HolderKey, kind: SealKind, object_id: str, sealed: ObjectReader) -> SealedRanges:
        """Random access to the plain bytes of an opened object; see `storage.sealed_ranges.SealedRanges`.

        Raises:
            Corrupt: not exactly what was sealed.
        """
        return SealedRanges(key.key, archive_id=self.archive_id, kind=kind, object_id=object_id, sealed=sealed)
