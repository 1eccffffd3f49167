"""Part files loaded into a new database: rows by rows, in the order in which increments carried them.

Rule: what a part says replaces what earlier parts said about the same ids; what is made from the rest (subjects,
hashes, the queue of examination) is made again here and never carried. Foreign keys are off while rows arrive out of
order, and all of them are checked at the end.
"""

from __future__ import annotations

import base64
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, insert, select, text

from storage.backup.place import SETTINGS
from storage.backup.rows import RowReader, carriage, chunks, tables_by
from storage.columns import CarriedBy, metadata
from storage.database import engine_for
from storage.errors import Corrupt
from storage.files import write_whole
from storage.tables import awaiting_examination, epochs, ledger_payloads, submissions, wrapped_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

_TOGETHER = 500
_EPOCH_FILE = "epoch/"


@contextmanager
def bare_connection(path: Path, key: bytes, *, durable: bool = False) -> Iterator[Connection]:
    """A connection with foreign keys off, committed at the end of the block.

    Unless `durable`, nothing is fsynced before the end: for a database that is made again after a kill.
    """
    engine = engine_for(path, key)
    try:
        with engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA foreign_keys = OFF")
            if not durable:
                driver.execute("PRAGMA synchronous = OFF")
            yield connection
            connection.commit()
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        engine.dispose()


class Loader:
    """Loads the lines of part files. `keys_folder` is where key files go; `settings` are those of the last part."""

    def __init__(self, connection: Connection, keys_folder: Path) -> None:
        self._connection = connection
        self._keys_folder = keys_folder
        self._reader: RowReader | None = None
        self._waiting: list[dict[str, Any]] = []
        self._epoch_files: set[str] = set()
        self.settings: bytes | None = None

    def load_catalogue(self, lines: Iterable[Any]) -> None:
        """Load a catalogue part.

        Raises:
            Corrupt: a line has no known form.
        """
        self.settings = None
        self._load(lines, self._replace_rows, _carried_rows())

    def load_keys(self, lines: Iterable[Any]) -> None:
        """Load a key part; its epochs' key files are those that are left in the end."""
        self._epoch_files.clear()
        self._load(lines, self._replace_keys, frozenset({epochs.name, wrapped_keys.name}))

    def finish(self) -> None:
        """Drop key files that a later part no longer carried, make the queue again, and check all references.

        Raises:
            Corrupt: a row refers to one that is not there.
        """
        for path in (self._keys_folder / "epoch").iterdir():
            if f"{_EPOCH_FILE}{path.name}" not in self._epoch_files:
                path.unlink()
        waiting = select(submissions.c.id, submissions.c.position).where(submissions.c.outcome.is_(None))
        self._connection.execute(insert(awaiting_examination).from_select(["submission_id", "position"], waiting))
        broken = self._connection.execute(text("PRAGMA foreign_key_check")).first()
        if broken is not None:
            raise Corrupt(f"a row of {broken[0]} in the backup refers to one of {broken[2]} that is not there")

    def _load(self, lines: Iterable[Any], replace: Callable[[list[str]], None], tables: frozenset[str]) -> None:
        for line in lines:
            if isinstance(line, list):
                if self._reader is None:
                    raise Corrupt("a part of the backup has a row of no table")
                self._waiting.append(self._reader.decode(line))
                if len(self._waiting) >= _TOGETHER:
                    self._flush()
                continue
            self._flush()
            self._obey(line, replace, tables)
        self._flush()
        self._reader = None
        self._connection.commit()

    def _obey(self, line: Any, replace: Callable[[list[str]], None], tables: frozenset[str]) -> None:
        match line:
            case {"table": str(name), "columns": list(columns)} if name in tables:
                self._reader = RowReader(name, columns)
            case {"whole": str(name)} if name in tables:
                self._connection.execute(delete(metadata.tables[name]))
            case {"replace": list(ids)}:
                replace(ids)
            case {"forget": list(positions)}:
                for chosen in chunks(positions):
                    gone = ledger_payloads.c.position.in_(chosen)
                    self._connection.execute(delete(ledger_payloads).where(gone))
            case {"file": str(name), "content": str(content)}:
                self._write_file(name, content)
            case _:
                raise Corrupt("a part of the backup has a line of no known form")

    def _flush(self) -> None:
        if self._waiting and self._reader is not None:
            self._connection.execute(insert(self._reader.table), self._waiting)
            self._waiting.clear()

    def _replace_rows(self, ids: list[str]) -> None:
        for table in tables_by(CarriedBy.SUBJECT):
            column = table.columns[carriage(table).column]
            for chosen in chunks(ids):
                self._connection.execute(delete(table).where(column.in_(chosen)))

    def _replace_keys(self, ids: list[str]) -> None:
        for chosen in chunks(ids):
            self._connection.execute(delete(wrapped_keys).where(wrapped_keys.c.holder.in_(chosen)))

    def _write_file(self, name: str, content: str) -> None:
        if name == SETTINGS:
            self.settings = base64.b64decode(content, validate=True)
            return
        number = name.removeprefix(_EPOCH_FILE)
        if not (name.startswith(_EPOCH_FILE) and number.isdecimal()):
            raise Corrupt("a part of the backup has a file of no known name")
        write_whole(self._keys_folder / "epoch" / number, base64.b64decode(content, validate=True))
        self._epoch_files.add(name)


def _carried_rows() -> frozenset[str]:
    carried = (CarriedBy.POSITION, CarriedBy.SUBJECT, CarriedBy.WHOLE)
    return frozenset(table.name for by in carried for table in tables_by(by))
