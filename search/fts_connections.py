"""Connections to the file of an FTS5 index: some that read, one that writes, each in a transaction.

Rules:

- A read transaction sees one state of the index, whatever is added meanwhile. A connection on which anything failed is
  closed, for SQLCipher refuses everything on one that met a damaged page.
- A file that is missing is never made by asking for it.
- A search that was asked to stop is ended inside SQLite, too: between the rows by a handler, and inside FTS5, which
  has no rows to count, whenever it reads its next page (sqlite.org/c3ref/interrupt.html).
"""

from __future__ import annotations

import threading
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Final

from search.fts_counts import VOCABULARY
from storage.database import DatabaseError, open_encrypted, translate
from storage.errors import ArchiveError, Corrupt, TemporarilyUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from search.stopping import Stop

_MOST_IDLE: Final = 4
_READER_KIBIBYTES: Final = 24 << 10
_WRITER_KIBIBYTES: Final = 48 << 10
_STEPS: Final = 20_000


class Connections:
    """The connections of one index file. Safe from every thread."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._path = path
        self._key = key
        self._idle: list[Any] = []
        self._idle_lock = threading.Lock()
        self._writer: Any = None
        self._writer_lock = threading.Lock()
        self._closed = False

    @contextmanager
    def reading(self, stop: Stop | None = None) -> Iterator[Any]:
        """A connection in a read transaction.

        Raises:
            Corrupt: the file is missing or damaged.
            SearchStopped: `stop` was asked.
        """
        with self._idle_lock:
            connection = self._idle.pop() if self._idle else None
        try:
            if connection is None:
                connection = self._connect(_READER_KIBIBYTES)
                connection.execute(VOCABULARY)
            with nullcontext() if stop is None else _stopped_by(connection, stop):
                connection.execute("BEGIN")
                yield connection
                connection.execute("COMMIT")
        except BaseException as error:
            if connection is not None:
                connection.close()
            if stop is not None and isinstance(error, DatabaseError):
                stop.check()
            if isinstance(error, DatabaseError):
                raise refusal(error, self._path.name) from error
            raise
        with self._idle_lock:
            if not self._closed and len(self._idle) < _MOST_IDLE:
                self._idle.append(connection)
                return
        connection.close()

    @contextmanager
    def writing(self) -> Iterator[Any]:
        """The writing connection in a transaction, which is undone if the block fails."""
        with self._writer_lock:
            try:
                if self._writer is None:
                    self._writer = self._connect(_WRITER_KIBIBYTES)
                self._writer.execute("BEGIN IMMEDIATE")
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException as error:
                if self._writer is not None:
                    self._writer.close()  # undoes what was begun
                    self._writer = None
                if isinstance(error, DatabaseError):
                    raise refusal(error, self._path.name) from error
                raise

    def forget_idle(self) -> None:
        """Close what is not in use, so that the next reader opens the file anew."""
        with self._idle_lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def close(self) -> None:
        """Close every connection; harmless when repeated."""
        with self._writer_lock:
            self._closed = True
            self.forget_idle()
            if self._writer is not None:
                self._writer.close()
            self._writer = None

    def _connect(self, kibibytes: int) -> Any:
        if self._closed:
            raise TemporarilyUnavailable("the search index was closed meanwhile; search again")
        if not self._path.exists():
            raise Corrupt(f"the search index {self._path.name} is missing; run: archiver index rebuild")
        connection = open_encrypted(self._path, self._key)
        connection.execute(f"PRAGMA cache_size = -{kibibytes}")
        return connection


@contextmanager
def _stopped_by(connection: Any, stop: Stop) -> Iterator[None]:
    connection.set_progress_handler(lambda: stop.asked, _STEPS)
    try:
        with stop.ending(connection.interrupt), stop.working():
            yield
    finally:
        connection.set_progress_handler(None, 0)


def refusal(error: Exception, name: str) -> Exception:
    """The driver's error as one of ours; a file without our tables is as damaged as one that does not open."""
    found = translate(error, f"the search index {name}")
    if type(found) is ArchiveError:
        return Corrupt(f"the search index {name} is damaged; run: archiver index rebuild")
    return found
