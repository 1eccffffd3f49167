"""Leaves and stored hashes as rows of the database: what proofs, roots and tiles are made from.

Rule: a row that is short is damage, never a shorter tree. Of the hashes only each eighth level is stored (256, 65,536 …
leaves); the rest follows from them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from storage.errors import Corrupt
from storage.merkle import ROW, ROW_LEVELS, RowHashes
from storage.tables import ledger_leaves, ledger_nodes

if TYPE_CHECKING:
    from storage.transaction import Store


def stored_hashes(connection: Connection, size: int) -> RowHashes:
    """Hashes of complete subtrees of the tree of `size` leaves, each row of 256 read once.

    The rows raise `Corrupt` where leaves are missing.
    """

    def read_row(level: int, number: int) -> list[bytes]:
        first = number * ROW
        return _hashes(connection, level, first, min(first + ROW, size >> level))

    return RowHashes(read_row)


def _hashes(connection: Connection, level: int, first: int, end: int) -> list[bytes]:
    if level % ROW_LEVELS:
        raise ValueError("only each eighth level is stored")
    place = ledger_nodes.c.number if level else ledger_leaves.c.position
    query = select(ledger_nodes.c.hash).where(ledger_nodes.c.level == level) if level else select(ledger_leaves.c.hash)
    found = connection.execute(query.where(place >= first, place < end).order_by(place)).scalars()
    return _complete([bytes(one) for one in found], end - first, first << level)


def _complete(found: list[bytes], expected: int, position: int) -> list[bytes]:
    if len(found) != expected:
        raise Corrupt("the ledger lacks leaves that its head counts", position=position)
    return found


class CommittedRows:
    """What tiles are made from, in short reads: what is committed never changes. A `storage.tiles.LogRows`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def leaves(self, first: int, size: int) -> list[bytes]:
        """See `LogRows`."""
        place = ledger_leaves.c.position
        query = select(ledger_leaves.c.leaf).where(place >= first, place < size).order_by(place)
        with self._store.read() as connection:
            return _complete([bytes(one) for one in connection.execute(query).scalars()], size - first, first)

    def hashes(self, level: int, first: int, size: int) -> list[bytes]:
        """See `LogRows`."""
        with self._store.read() as connection:
            return _hashes(connection, level, first, size)
