"""The ledger's rows written from leaves: what a restore makes again, continues, or sets behind a declared break.

Rule: hashes are computed from leaves here and never taken over, so a restored ledger proves what its leaves say.
These functions write no event and need the database to themselves.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, insert, select, update

from storage.backup.rows import position_columns
from storage.errors import Corrupt
from storage.events import Event
from storage.merkle import ROW_LEVELS, Frontier, leaf_hash
from storage.tables import ledger_head, ledger_leaves, ledger_nodes, ledger_subjects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_TOGETHER = 2_000


def _batches(leaves: Iterable[bytes]) -> Iterator[list[bytes]]:
    rest = iter(leaves)
    while batch := list(islice(rest, _TOGETHER)):
        yield batch


def _decoded(leaf: bytes, position: int) -> Event:
    try:
        return Event.decode(leaf)
    except ValueError as error:
        raise Corrupt(f"leaf {position} of the ledger cannot be read", position=position) from error


def _insert(connection: Connection, table: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def append_leaves(connection: Connection, leaves: Iterable[bytes]) -> Iterator[tuple[int, Event]]:
    """Append leaves that are another copy's; gives each with its place once its batch is written.

    Raises:
        Corrupt: one of them is no leaf.
    """
    head = connection.execute(select(ledger_head.c.size, ledger_head.c.frontier)).one()
    frontier = Frontier.decode(head.size, head.frontier)
    for batch in _batches(leaves):
        first = frontier.size
        events = [_decoded(leaf, first + at) for at, leaf in enumerate(batch)]
        rows = [
            {"position": first + at, "kind": event.kind.value, "leaf": leaf, "hash": leaf_hash(leaf)}
            for at, (leaf, event) in enumerate(zip(batch, events, strict=True))
        ]
        _insert(connection, ledger_leaves, rows)
        frontier = _derive(connection, frontier, batch, events)
        yield from ((first + at, event) for at, event in enumerate(events))


def _derive(connection: Connection, frontier: Frontier, batch: list[bytes], events: list[Event]) -> Frontier:
    """Write subjects, hashes of subtrees and head for leaves that follow a frontier."""
    first = frontier.size
    subjects = [
        {"subject": subject, "position": first + at}
        for at, event in enumerate(events)
        for subject in dict.fromkeys(event.subjects)
    ]
    _insert(connection, ledger_subjects, subjects)
    frontier, completed = frontier.append([leaf_hash(leaf) for leaf in batch])
    nodes = [
        {"level": level, "number": number, "hash": hashed}
        for level, number, hashed in completed
        if level % ROW_LEVELS == 0
    ]
    _insert(connection, ledger_nodes, nodes)
    connection.execute(update(ledger_head).values(size=frontier.size, frontier=frontier.encode()))
    return frontier


def rebuild_tree(connection: Connection) -> Frontier:
    """Make subjects, hashes and head again from the leaves that are there.

    Raises:
        Corrupt: a leaf is missing or no leaf, or its stored hash is another's.
    """
    connection.execute(delete(ledger_subjects))
    connection.execute(delete(ledger_nodes))
    frontier = Frontier()
    while True:
        place = ledger_leaves.c.position
        query = select(ledger_leaves).where(place >= frontier.size).order_by(place).limit(_TOGETHER)
        rows = connection.execute(query).all()
        if not rows:
            connection.execute(update(ledger_head).values(size=frontier.size, frontier=frontier.encode()))
            return frontier
        for at, row in enumerate(rows):
            if row.position != frontier.size + at or bytes(row.hash) != leaf_hash(row.leaf):
                raise Corrupt(f"leaf {frontier.size + at} of the ledger is missing or damaged", position=row.position)
        leaves = [bytes(row.leaf) for row in rows]
        events = [_decoded(leaf, frontier.size + at) for at, leaf in enumerate(leaves)]
        frontier = _derive(connection, frontier, leaves, events)


def set_before(connection: Connection, leaves: list[bytes], log: int) -> Frontier:
    """Begin the log of the next number: these leaves first, then all that there are; every position moves up.

    Foreign keys must be off or without positions; no column of a position refers to another table.
    """
    by = len(leaves)
    for column in position_columns():
        # twice, by way of negative numbers, so that a key that moves meets none that has not moved yet
        connection.execute(update(column.table).values({column: -column - 1 - by}))
        connection.execute(update(column.table).values({column: -column - 1}))
    rows = [
        {"position": at, "kind": _decoded(leaf, at).kind.value, "leaf": leaf, "hash": leaf_hash(leaf)}
        for at, leaf in enumerate(leaves)
    ]
    _insert(connection, ledger_leaves, rows)
    connection.execute(update(ledger_head).values(log=log))
    return rebuild_tree(connection)
