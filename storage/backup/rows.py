"""Rows as they travel: JSON values for each column, and which tables travel how.

Rule: a table says in its `info` how it is carried (`storage.columns.CarriedBy`); what it does not say is not carried.
The encoding is that of the logical type, not of one database: bytes in base 64, moments as whole microseconds since
1970-01-01 UTC, days as ISO 8601, everything else as JSON has it.
"""

from __future__ import annotations

import base64
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Date, LargeBinary, Select, inspect, select

from storage.columns import Carried, CarriedBy, Moment, Position, metadata
from storage.errors import ArchiveError, Corrupt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Column, Connection, Table

T = TypeVar("T")

_CHOSEN = 500
_moment = Moment()


def carriage(table: Table) -> Carried:
    """How a table travels.

    Raises:
        KeyError: it does not say.
    """
    found: Carried = table.info["backup"]
    return found


def tables_by(by: CarriedBy) -> list[Table]:
    """The tables that travel in this way, referenced ones first."""
    return [table for table in metadata.sorted_tables if carriage(table).by is by]


def refuse_unknown_tables(connection: Connection) -> None:
    """Refuse to carry half of a database: every table that it has must be declared in this program.

    Raises:
        ArchiveError: one is not; the program was started without the floor that owns it.
    """
    names = set(inspect(connection).get_table_names()) - {"alembic_version"}
    if unknown := sorted(names - set(metadata.tables)):
        raise ArchiveError(f"the database has a table {unknown[0]} that this program does not know; nothing was saved")


def position_columns() -> list[Column[Any]]:
    """Every column of every table that holds a ledger position."""
    return [column for table in metadata.sorted_tables for column in table.columns if column.type is Position]


def _encoder(column: Column[Any]) -> Callable[[Any], Any] | None:
    if isinstance(column.type, LargeBinary):
        return lambda value: None if value is None else base64.b64encode(value).decode()
    if isinstance(column.type, Moment):
        return lambda value: _moment.process_bind_param(value, None)
    if isinstance(column.type, Date):
        return lambda value: None if value is None else value.isoformat()
    return None


def _decoder(column: Column[Any]) -> Callable[[Any], Any] | None:
    if isinstance(column.type, LargeBinary):
        return lambda value: None if value is None else base64.b64decode(value, validate=True)
    if isinstance(column.type, Moment):
        return lambda value: _moment.process_result_value(value, None)
    if isinstance(column.type, Date):
        return lambda value: None if value is None else date.fromisoformat(value)
    return None


class RowCodec:
    """Encodes and decodes the rows of one table, all columns in the table's order."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.names = [column.name for column in table.columns]
        self._encoders = [_encoder(column) for column in table.columns]

    def encode(self, row: Sequence[Any]) -> list[Any]:
        """A row as JSON values."""
        return [
            value if encoder is None else encoder(value) for value, encoder in zip(row, self._encoders, strict=True)
        ]


class RowReader:
    """Decodes rows of a table as some version wrote them: their columns are named."""

    def __init__(self, name: str, columns: Sequence[str]) -> None:
        """Raises Corrupt where this program has no such table or column."""
        table = metadata.tables.get(name)
        if table is None or any(column not in table.columns for column in columns):
            raise Corrupt(f"the backup holds rows of {name!r} in a form that this program does not know")
        self.table = table
        self._names = list(columns)
        self._decoders = [_decoder(table.columns[column]) for column in columns]

    def decode(self, values: Sequence[Any]) -> dict[str, Any]:
        """A row for an insert.

        Raises:
            Corrupt: not values of these columns.
        """
        try:
            return {
                name: value if decoder is None else decoder(value)
                for name, value, decoder in zip(self._names, values, self._decoders, strict=True)
            }
        except (ValueError, TypeError, OverflowError) as error:
            raise Corrupt(f"a row of {self.table.name} in the backup cannot be read") from error


def rows_of(connection: Connection, codec: RowCodec, query: Select[Any]) -> list[list[Any]]:
    """The rows that a query over the codec's table gives, encoded."""
    return [codec.encode(row) for row in connection.execute(query)]


def rows_about(connection: Connection, codec: RowCodec, column: str, ids: Sequence[str]) -> list[list[Any]]:
    """The rows whose column is one of these ids, encoded."""
    found: list[list[Any]] = []
    for chosen in chunks(ids):
        query = select(codec.table).where(codec.table.columns[column].in_(chosen))
        found += rows_of(connection, codec, query)
    return found


def chunks(ids: Sequence[T]) -> Iterator[Sequence[T]]:
    """Ids in portions that one statement takes."""
    for start in range(0, len(ids), _CHOSEN):
        yield ids[start : start + _CHOSEN]
