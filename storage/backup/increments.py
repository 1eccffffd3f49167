"""What an increment carries, read from the archive while it is being written to.

Rules:

- Every change of a row that travels by SUBJECT leaves a leaf with its id among the subjects, in the same transaction.
  So the ids that the leaves since the last increment name are all that changed; an id without rows was deleted.
- Rows are read in pages, each page in one short read transaction; the last page, which catches up with the head,
  carries the small tables and the epochs too. What a page missed because it changed later has a later leaf and is
  carried again by a later page, so the whole shows the archive exactly as it was at the last page's moment.
- Two changes leave no leaf of their own: the objects of a destruction are erased after its leaf, and payloads that
  describe a destroyed record go with it. Both are followed from the leaf that witnesses it and the open batches.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, or_, select

from storage.backup.rows import RowCodec, carriage, chunks, rows_about, rows_of, tables_by
from storage.columns import CarriedBy
from storage.destructions import WITNESSES
from storage.events import Event
from storage.tables import (
    destruction_batches,
    destructions,
    epochs,
    ledger_head,
    ledger_leaves,
    ledger_payloads,
    ledger_subjects,
    objects,
    wrapped_keys,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Table

    from storage.transaction import Store

_PAGE = 1_000  # rows of the whole catalogue
_LEAVES = 500  # leaves of a page of changes

Rows = list[list[Any]]


@dataclass(slots=True, kw_only=True)
class Page:
    """What one read transaction gave: rows by table, encoded, and what they replace.

    `ids` are replaced in every SUBJECT table, `positions` among the payloads, `holders` among the keys.
    `blobs` are the objects that the rows name, with their sealed sizes. What stands behind `whole` comes with the last
    page only.
    """

    ids: list[str] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    rows: dict[str, Rows] = field(default_factory=dict)
    holders: list[str] = field(default_factory=list)
    keys: Rows = field(default_factory=list)
    blobs: dict[str, int] = field(default_factory=dict)
    whole: dict[str, Rows] = field(default_factory=dict)
    epochs: Rows | None = None
    live_epochs: tuple[int, ...] = ()
    log: int = 0
    size: int = 0
    frontier: bytes = b""


class IncrementReader:
    """Reads pages from one archive's database."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._codecs = {
            table.name: RowCodec(table)
            for by in (CarriedBy.POSITION, CarriedBy.SUBJECT, CarriedBy.WHOLE, CarriedBy.KEYS)
            for table in tables_by(by)
        }
        self._subject_tables = tables_by(CarriedBy.SUBJECT)
        self._position_tables = tables_by(CarriedBy.POSITION)

    def codec(self, name: str) -> RowCodec:
        """The codec of a table."""
        return self._codecs[name]

    def head(self) -> tuple[int, int, tuple[int, ...]]:
        """The present log, its size, and the epochs that have keys."""
        with self._store.read() as connection:
            row = connection.execute(select(ledger_head.c.log, ledger_head.c.size)).one()
            return row.log, row.size, _live_epochs(connection)

    def objects_since(self, start: int) -> frozenset[str]:
        """The objects that leaves from the place `start` on name."""
        found: set[str] = set()
        place = ledger_leaves.c.position
        while True:
            query = select(ledger_leaves.c.leaf).where(place >= start).order_by(place).limit(_LEAVES)
            with self._store.read() as connection:
                leaves = connection.execute(query).scalars().all()
            for leaf in leaves:
                found.update(Event.decode(leaf).blobs)
            start += len(leaves)
            if len(leaves) < _LEAVES:
                return frozenset(found)

    def catalogue(self, size: int) -> Iterator[Page]:
        """The rows of every SUBJECT table, and of the POSITION tables up to a ledger size, page by page."""
        for table in self._subject_tables:
            yield from self._pages(table)
        for table in self._position_tables:
            position = carriage(table).column
            yield from self._pages(table, table.columns[position] < size)

    def all_keys(self) -> Iterator[Page]:
        """Every wrapped key, page by page."""
        yield from self._pages(wrapped_keys)

    def _pages(self, table: Table, *where: Any) -> Iterator[Page]:
        codec = self._codecs[table.name]
        key = tuple(table.primary_key.columns)
        after: tuple[Any, ...] | None = None
        while True:
            query = select(table).where(*where).order_by(*key).limit(_PAGE)
            if after is not None:
                query = query.where(_beyond(key, after))
            with self._store.read() as connection:
                found = connection.execute(query).all()
            if not found:
                return
            after = tuple(found[-1]._mapping[column] for column in key)  # noqa: SLF001 - SQLAlchemy's public name
            encoded = [codec.encode(row) for row in found]
            page = Page(keys=encoded) if table is wrapped_keys else Page(rows={table.name: encoded})
            if table is objects:
                page.blobs = {row.blob_id: row.sealed_size for row in found}
            yield page

    def changes(self, start: int, known: Mapping[str, str]) -> Iterator[Page]:
        """What changed since the ledger had `start` leaves; the last page brings the rest of one moment.

        Args:
            start: the size up to which everything was carried.
            known: digests of the small tables as last carried; an equal one is left out.
        """
        first = start
        while True:
            with self._store.read() as connection:
                query = select(ledger_leaves.c.position, ledger_leaves.c.leaf)
                query = query.where(ledger_leaves.c.position >= first).order_by(ledger_leaves.c.position)
                leaves = connection.execute(query.limit(_LEAVES)).all()
                page = self._changed(connection, first, [Event.decode(row.leaf) for row in leaves])
                first += len(leaves)
                if len(leaves) < _LEAVES:
                    self._close(connection, page, start, known)
                    yield page
                    return
            yield page

    def _changed(self, connection: Connection, first: int, events: list[Event]) -> Page:
        page = Page()
        ids = dict.fromkeys(subject for event in events for subject in event.subjects)
        destroyed = {subject for event in events if event.kind in WITNESSES for subject in event.subjects[:-1]}
        spoken = _events_about(connection, sorted(destroyed), first)
        page.positions = list(spoken)
        self._carry(connection, page, list(ids), [*(event.id for event in events), *spoken.values()])
        for table in self._position_tables:
            column = table.columns[carriage(table).column]
            query = select(table).where(column >= first, column < first + len(events)).order_by(column)
            page.rows[table.name] = rows_of(connection, self._codecs[table.name], query)
        if spoken:
            kept = ledger_payloads.c.position.in_(page.positions)
            codec = self._codecs[ledger_payloads.name]
            page.rows[ledger_payloads.name] += rows_of(connection, codec, select(ledger_payloads).where(kept))
        return page

    def _carry(self, connection: Connection, page: Page, ids: list[str], further_holders: list[str]) -> None:
        page.ids = list(dict.fromkeys([*page.ids, *ids]))
        for table in self._subject_tables:
            codec = self._codecs[table.name]
            page.rows[table.name] = rows_about(connection, codec, carriage(table).column, page.ids)
        for row in page.rows[objects.name]:
            about = dict(zip(self._codecs[objects.name].names, row, strict=True))
            page.blobs[about["blob_id"]] = about["sealed_size"]
        page.holders = list(dict.fromkeys([*page.holders, *page.ids, *further_holders]))
        page.keys = rows_about(connection, self._codecs[wrapped_keys.name], "holder", page.holders)

    def _close(self, connection: Connection, page: Page, start: int, known: Mapping[str, str]) -> None:
        """Add to the last page what has no leaf: small tables and their keys, epochs, destructions under way."""
        holders: list[str] = []
        for table in tables_by(CarriedBy.WHOLE):
            codec = self._codecs[table.name]
            found = rows_of(connection, codec, select(table).order_by(*table.primary_key.columns))
            if whole_digest(found) != known.get(table.name):
                page.whole[table.name] = found
                if "id" in codec.names:
                    at = codec.names.index("id")
                    holders += [str(row[at]) for row in found]
        self._carry(connection, page, [*page.ids, *_under_way(connection, start)], [*page.holders, *holders])
        codec = self._codecs[epochs.name]
        page.epochs = rows_of(connection, codec, select(epochs).order_by(epochs.c.number))
        page.live_epochs = _live_epochs(connection)
        head = connection.execute(select(ledger_head)).one()
        page.log, page.size, page.frontier = head.log, head.size, bytes(head.frontier)


def whole_digest(rows: Rows) -> str:
    """The digest by which a small table is known to be unchanged."""
    return hashlib.sha256(json.dumps(rows, separators=(",", ":")).encode()).hexdigest()


def _live_epochs(connection: Connection) -> tuple[int, ...]:
    query = select(epochs.c.number).where(epochs.c.state != "retired").order_by(epochs.c.number)
    return tuple(connection.execute(query).scalars())


def _under_way(connection: Connection, start: int) -> list[str]:
    """Records and submissions of destructions that had not ended when the last increment was made."""
    confirmed = destruction_batches.c.confirmed_position
    query = select(destructions.c.record_id, destructions.c.submission_id).join(destruction_batches)
    found = connection.execute(query.where(or_(confirmed.is_(None), confirmed >= start)))
    return [one for row in found for one in (row.record_id, row.submission_id)]


def _events_about(connection: Connection, subjects: list[str], before: int) -> dict[int, str]:
    """Position and id of the events about these subjects that earlier pages carried."""
    found: dict[int, str] = {}
    for chosen in chunks(subjects):
        about = select(ledger_subjects.c.position).where(ledger_subjects.c.subject.in_(chosen))
        query = select(ledger_leaves.c.position, ledger_leaves.c.leaf).where(
            ledger_leaves.c.position.in_(about), ledger_leaves.c.position < before
        )
        for row in connection.execute(query):
            found[row.position] = Event.decode(row.leaf).id
    return dict(sorted(found.items()))


def _beyond(key: tuple[Any, ...], after: tuple[Any, ...]) -> Any:
    """Rows behind the last one, in the order of the key."""
    if len(key) == 1:
        return key[0] > after[0]
    return or_(key[0] > after[0], (key[0] == after[0]) & _beyond(key[1:], after[1:]))
