"""Which epochs live, and holders' keys read while they are rotated from one epoch to the next.

Rules:

- One epoch is current and wraps what is new; older ones are draining until no row needs them, then retired; only
  after the commit that retires an epoch is its key file destroyed.
- So in one snapshot every row lies under an epoch that lives in that snapshot. A row whose epoch key is gone was
  rewrapped after the snapshot was taken, and a fresh look finds it under a newer epoch.
- A program forgets the keys of epochs that do not live any more whenever it looks here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from storage.errors import Corrupt, NotFound, TemporarilyUnavailable
from storage.tables import epochs, wrapped_keys
from storage.vault import HolderKey, Vault, WrappedKey

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from contextlib import AbstractContextManager

    from storage.keys import Keyring

CURRENT, DRAINING, RETIRED = "current", "draining", "retired"

_TOGETHER = 500
_LOOKS = 4


def live_epochs(connection: Connection) -> tuple[int, frozenset[int]]:
    """The current epoch, and all that live: the current one and those that drain.

    Raises:
        Corrupt: not exactly one epoch is current.
    """
    query = select(epochs.c.number, epochs.c.state).where(epochs.c.state.in_((CURRENT, DRAINING)))
    rows = connection.execute(query).all()
    current = [row.number for row in rows if row.state == CURRENT]
    if len(current) != 1:
        raise Corrupt(f"the archive has {len(current)} current epochs and needs one; restore the database")
    return current[0], frozenset(row.number for row in rows)


def lost_epochs(keyring: Keyring, fresh_read: Callable[[], AbstractContextManager[Connection]]) -> tuple[int, ...]:
    """The epochs that live and whose key cannot be had: what lies under them cannot be read, nor anything taken."""
    with fresh_read() as connection:
        _, live = live_epochs(connection)
    closed = [number for number in sorted(live) if not _opens(keyring, number)]
    if not closed:
        return ()
    with fresh_read() as connection:  # one that still lives now was not destroyed by a rotation meanwhile
        _, live = live_epochs(connection)
    return tuple(number for number in closed if number in live)


def _opens(keyring: Keyring, number: int) -> bool:
    try:
        keyring.epoch_key(number)
    except (NotFound, Corrupt):
        return False
    return True


def read_holder_keys(
    vault: Vault,
    connection: Connection,
    holders: Sequence[str],
    fresh_read: Callable[[], AbstractContextManager[Connection]],
) -> dict[str, HolderKey]:
    """The opened keys of these holders; a destroyed holder is absent.

    Args:
        vault: opens the rows.
        connection: the snapshot to read in.
        holders: their ids, any number.
        fresh_read: opens a snapshot of now, for rows whose epoch was destroyed since `connection` took its own.

    Raises:
        Corrupt: a row, or the key file of an epoch that lives, is missing or damaged.
        TemporarilyUnavailable: the keys were rotated over and over meanwhile.
    """
    found, late = _open_rows(vault, connection, holders)
    for _ in range(_LOOKS):
        if not late:
            return found
        with fresh_read() as fresh:
            _, live = live_epochs(fresh)
            # it lives after its key could not be had, so it lived then too, and nobody may have destroyed the key
            _refuse_lost(late.values(), live, living=True)
            again, late = _open_rows(vault, fresh, list(late))
            _refuse_lost(late.values(), live, living=False)
        found.update(again)
    raise TemporarilyUnavailable("the keys are being rotated over and over; try again")


def _open_rows(
    vault: Vault, connection: Connection, holders: Sequence[str]
) -> tuple[dict[str, HolderKey], dict[str, int]]:
    """The keys that open, and the epochs of those rows whose epoch key cannot be had."""
    found: dict[str, HolderKey] = {}
    late: dict[str, int] = {}
    for start in range(0, len(holders), _TOGETHER):
        chosen = wrapped_keys.c.holder.in_(holders[start : start + _TOGETHER])
        for row in connection.execute(select(wrapped_keys).where(chosen)):
            opened = vault.unwrap_if_epoch_opens(WrappedKey(row.holder, row.epoch, row.wrapped))
            if opened is None:
                late[row.holder] = row.epoch
            else:
                found[row.holder] = opened
    return found, late


def _refuse_lost(numbers: Collection[int], live: Collection[int], *, living: bool) -> None:
    for number in numbers:
        if (number in live) is living:
            raise Corrupt(
                f"the key file keys/epoch/{number} is missing or damaged; restore it from the key backup", epoch=number
            )
