"""Record keys in use: made, wrapped under the current epoch, unwrapped, and what is sealed under them.

Rule zero again: a record's key is random; without its wrapped row it cannot be had back from anything else.
A *holder* is whatever owns a key that dies with it: a submission, a record, a custodian, an event's payload.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.sealing import SealKind, new_key, seal, unseal

if TYPE_CHECKING:
    from storage.keys import Keyring


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
    """A holder's key as it is stored: wrapped under the key of an epoch."""

    holder: str
    epoch: int
    wrapped: bytes


class Vault:
    """Seals and opens for holders. Stateless beside the keyring; safe from many threads."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self.archive_id = keyring.archive_id

    def fresh(self, holder: str) -> HolderKey:
        """A new random key for a holder."""
        return HolderKey(holder, new_key())

    def wrap(self, key: HolderKey, epoch: int) -> WrappedKey:
        """Wrap a holder's key under an epoch's key; the holder's name is bound into it."""
        sealed = seal(
            self._keyring.epoch_key(epoch),
            archive_id=self.archive_id,
            kind=SealKind.WRAPPED_KEY,
            object_id=key.holder,
            plain=key.key,
        )
        return WrappedKey(key.holder, epoch, sealed)

    def unwrap(self, wrapped: WrappedKey) -> HolderKey:
        """Open a wrapped key.

        Raises:
            Corrupt: the row is another holder's or changed.
            NotFound: the epoch's key is destroyed.
        """
        plain = unseal(
            self._keyring.epoch_key(wrapped.epoch),
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
