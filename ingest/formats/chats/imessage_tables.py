"""The tables of Apple's Messages, and of other messengers, read beside each other and as far as they can be read.

Rule kept: damage costs what lies on the damaged pages. A table that joins is read up to its damage; in the table of
messages the reading goes on behind it, by leaving out more and more numbers until a page can be read again.
"""

from __future__ import annotations

from hashlib import sha1
from sqlite3 import DatabaseError
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.chats.sqlite_image import FAULTS, tables

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    Row = dict[str, Any]

_NO_ORDER: Final = "rows come in no order"
_MOST_TRIES: Final = 300
_MOST_SAME: Final = 1_000
_FIRST_NUMBER: Final = -(1 << 63)
_LAST_NUMBER: Final = (1 << 63) - 1


class Tables:
    """Rows of a database; `pages_lost` and `tables_lost` say whether damage was met."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self.names = tables(database)
        self.pages_lost = False
        self.tables_lost = False

    def messages(self, table: str = "message") -> Iterator[Row]:
        """The rows of the table of messages by their number.

        Raises:
            sqlite3.Error: there is too much damage.
        """
        last, step, tries = _FIRST_NUMBER, 1, 0
        while last < _LAST_NUMBER:
            try:
                # one of our names, never one out of a database
                query = f"SELECT ROWID AS ROWID, * FROM {table} NOT INDEXED WHERE ROWID >= ? ORDER BY ROWID"  # noqa: S608
                for row in self._dicts(query, (last,)):
                    number = row["ROWID"]
                    if type(number) is not int or number < last:  # a page that leads back to pages before it
                        raise DatabaseError(_NO_ORDER)
                    yield row
                    last, step = number + 1, 1
            except FAULTS:
                tries += 1
                if tries > _MOST_TRIES:
                    raise
                self.pages_lost = True
                last, step = max(last, 0) + step, 2 * step
            else:
                return

    def rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        """What a query gives, up to the first damage."""
        try:
            yield from self._database.execute(query)
        except FAULTS:
            self.tables_lost = True

    def dicts(self, query: str) -> Iterator[Row]:
        """The same with the names of the columns."""
        try:
            yield from self._dicts(query)
        except FAULTS:
            self.tables_lost = True

    def sorted_pairs(self, table: str, first: str, second: str) -> Iterator[tuple[Any, ...]]:
        """Two columns of a table, sorted; nothing where there is no such table.

        A key may be its own order, and then a damaged page leads back to rows before it, again and again: what is out
        of order ends them.
        """
        if table not in self.names:
            return
        last, same = ((-1, 0), (-1, 0)), 0
        for row in self.rows(f"SELECT {first}, {second} FROM {table} ORDER BY {first}, {second}"):  # noqa: S608 - ours
            place = (_order(row[0]), _order(row[1]))
            same = same + 1 if place == last else 0
            if place < last or same > _MOST_SAME:
                self.tables_lost = True
                return
            yield row
            last = place

    def row(self, table: str, number: object) -> Row | None:
        """A row by its number."""
        if table not in self.names or type(number) is not int:
            return None
        query = f"SELECT ROWID AS ROWID, * FROM {table} WHERE ROWID = ?"  # noqa: S608 - our names
        try:
            return next(self._dicts(query, (number,)), None)
        except FAULTS:
            self.tables_lost = True
            return None

    def columns(self, table: str) -> frozenset[str]:
        """The names of a table's columns."""
        return frozenset(one[0] for one in self._database.execute(f"SELECT * FROM {table} LIMIT 0").description)  # noqa: S608

    def _dicts(self, query: str, values: tuple[object, ...] = ()) -> Iterator[Row]:
        cursor = self._database.execute(query, values)
        names = [one[0] for one in cursor.description]
        for row in cursor:
            yield dict(zip(names, row, strict=True))


def _order(value: object) -> tuple[int, Any]:
    """Where a value stands in SQLite's order (sqlite.org/datatype3.html, 4.1)."""
    if value is None:
        return (0, 0)
    return (1, value) if isinstance(value, (int, float)) else (2, value) if isinstance(value, str) else (3, value)


class Reactions:
    """Rows of reactions by the guid of what they are to; `inside` are those whose message is there."""

    def __init__(self) -> None:
        self.by_target: dict[str, list[int]] = {}
        self.inside: set[int] = set()

    def of(self, guid: object) -> list[int]:
        """The numbers of the rows."""
        return self.by_target.get(guid, []) if isinstance(guid, str) else []


class Beside:
    """Pairs of a message's number and something, sorted by number, read along with the messages."""

    def __init__(self, rows: Iterator[tuple[Any, ...]]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def of(self, number: int) -> list[Any]:
        """What belongs to this message; numbers may only grow from one call to the next."""
        found: list[Any] = []
        while self._next is not None and (type(self._next[0]) is not int or self._next[0] <= number):
            if self._next[0] == number:
                found.append(self._next[1])
            self._next = next(self._rows, None)
        return found


class Files:
    """Names of the export by the end of the path that a database gives."""

    def __init__(self, names: Iterable[str]) -> None:
        self._full: dict[str, str] = {}
        self._last: dict[str, str | None] = {}
        for name in names:
            steps = name.split("/")
            _, found, below = name.rpartition("Attachments/")
            self._full[below.casefold() if found else steps[-1]] = name
            tail = "/".join(steps[-2:]).casefold()
            self._last[tail] = None if tail in self._last else name

    def entry(self, path: str) -> str | None:
        """The file that this path names: below the folder of attachments, in a phone's backup, by its last steps."""
        _, found, below = path.rpartition("Attachments/")
        hidden = sha1(f"MediaDomain-{path.removeprefix('~/')}".encode("utf-8", "replace")).hexdigest()  # noqa: S324
        return (
            (self._full.get(below.casefold()) if found else None)
            or self._full.get(hidden)
            or self._last.get("/".join(path.split("/")[-2:]).casefold())
        )
