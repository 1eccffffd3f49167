"""SQLite inside SQLCipher, reached through SQLAlchemy: the only file that knows the driver's settings.

Rule: the key travels as raw bytes through a connection creator, never in a URL or a log; every commit is
durable (`synchronous=FULL`); deleted content is overwritten (`secure_delete=ON`).

SQLAlchemy's own pysqlcipher dialect is not used: it would set a passphrase from the URL, and its default pool
closes connections under running threads.
"""

from __future__ import annotations

import errno
import fcntl
import os
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlcipher3.dbapi2 as driver
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from storage.errors import ArchiveError, Corrupt, StorageFull, TemporarilyUnavailable
from storage.files import sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DatabaseError = driver.DatabaseError
_BUSY_MILLISECONDS = 20_000
_CACHE_KIBIBYTES = 8_192
# SQLITE_IOERR_FSYNC and SQLITE_IOERR_DIR_FSYNC (sqlite.org/rescode.html), which the driver does not name; where the
# header of a new log cannot be synced, SQLite says no more than SQLITE_IOERR
_FAILED_SYNCS = {10, 10 | 4 << 8, 10 | 5 << 8}
_CHECKPOINT_PAGES = 4_000


def open_encrypted(path: Path, key: bytes, *, read_only: bool = False) -> Any:
    """One driver connection to an encrypted database, in autocommit mode; transactions are begun by the caller.

    Args:
        path: the database file; created (mode 0600) unless `read_only`.
        key: the raw 32-byte key.
        read_only: refuse writes; the file must exist.

    Raises:
        Corrupt: the file is not a database under this key.
        StorageFull: no space.
        TemporarilyUnavailable: the file cannot be opened, or the disk reports an error.
    """
    mode = "ro" if read_only else "rwc"
    if not read_only and not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    address = f"file:{_uri_path(path)}?mode={mode}"
    try:
        connection = driver.connect(address, uri=True, isolation_level=None, check_same_thread=False)
    except driver.DatabaseError as error:
        raise translate(error, path.name) from error
    try:
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIBIBYTES}")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA synchronous = FULL")
        if not read_only:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except driver.DatabaseError as error:
        connection.close()
        raise translate(error, path.name) from error
    return connection


def _uri_path(path: Path) -> str:
    """The path as SQLite's URI wants it: only these three characters have a meaning there."""
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def translate(error: Exception, name: str) -> Exception:
    """The driver's error as one of ours, by the primary result code (sqlite.org/rescode.html)."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == driver.SQLITE_FULL:
        return StorageFull(f"{name} cannot grow: the disk is full; free some space and try again")
    if code in {driver.SQLITE_BUSY, driver.SQLITE_LOCKED}:
        return TemporarilyUnavailable(f"{name} is busy; try again")
    if code == driver.SQLITE_IOERR:
        return TemporarilyUnavailable(f"{name} could not be read or written: the disk reports an error")
    if code in {driver.SQLITE_CANTOPEN, driver.SQLITE_NOMEM, driver.SQLITE_READONLY, driver.SQLITE_PERM}:
        return TemporarilyUnavailable(f"{name} cannot be opened or written now; check rights, memory and open files")
    if code in {driver.SQLITE_ERROR, driver.SQLITE_MISUSE, driver.SQLITE_SCHEMA}:
        return ArchiveError(f"{name} does not have the form that this program expects; was it made by another version?")
    return Corrupt(f"{name} cannot be read: it is damaged, or the key is not its key")


def is_failed_sync(error: BaseException | None) -> bool:
    """Whether a sync of the database or of its log failed, after which no later one says anything about those pages."""
    return getattr(error, "sqlite_errorcode", 0) in _FAILED_SYNCS


def engine_for(path: Path, key: bytes) -> Engine:
    """An engine over an encrypted database. Make a fresh one in every program; never carry one over a fork.

    A connection with the execution option ``immediate=True`` begins its transactions as writer.
    """
    engine = create_engine(
        "sqlite://",
        module=driver,
        creator=lambda: open_encrypted(path, key),
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=40,
        pool_reset_on_return="rollback",
    )

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        immediate = connection.get_execution_options().get("immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    @event.listens_for(engine, "handle_error")
    def _leave(context: Any) -> None:
        # SQLCipher refuses everything on a connection that met a damaged page; a fresh one reads what is whole
        code = getattr(context.original_exception, "sqlite_errorcode", 0) & 0xFF
        if code in {driver.SQLITE_CORRUPT, driver.SQLITE_NOTADB}:
            context.is_disconnect, context.invalidate_pool_on_disconnect = True, False

    return engine


def truncate_log(connection: Any, *, patience_milliseconds: int) -> bool:
    """Fold the write-ahead log of an idle driver connection into the database and cut it to nothing.

    False where a reader's snapshot still needs it (sqlite.org/c3ref/wal_checkpoint_v2.html): deleted content is then
    still in the log, sealed as it was.

    Args:
        connection: as `open_encrypted` gives it, in no transaction.
        patience_milliseconds: how long to wait for readers; writers wait as long.
    """
    connection.execute(f"PRAGMA busy_timeout = {patience_milliseconds}")
    try:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    return not busy


class LogName:
    """The name of the write-ahead log in its folder, durable before anything is committed into the log.

    SQLite syncs the folder only in the program that made the file, with that program's first commit, and passes over an
    error of that sync; another program that found the file there could acknowledge what a loss of power takes away.
    """

    def __init__(self, engine: Engine, folder: Path, on_failure: Callable[[], None]) -> None:
        self._folder = folder
        self._on_failure = on_failure
        self._durable = False
        event.listen(engine, "connect", self._forget)

    def _forget(self, *_: object) -> None:
        """A new connection may have made the log, or found one that was made just now."""
        self._durable = False

    def make_durable(self) -> None:
        """Sync the folder where that was not done since the last connection was made.

        Raises:
            StorageFull: no space for it; the next commit tries again.
            TemporarilyUnavailable: the disk reports an error; nothing more may be committed.
        """
        if self._durable:
            return
        self._durable = True  # before the sync: a connection made meanwhile takes it back
        try:
            sync_folder(self._folder)
        except OSError as error:
            self._durable = False
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise StorageFull("archive.db cannot grow: the disk is full; free some space and try again") from error
            self._on_failure()
            raise TemporarilyUnavailable("archive.db cannot be written: the disk reports an error") from error


class WriteLock:
    """One writer at a time, over all threads and programs: an advisory lock on a file beside the database.

    SQLite's own busy handler starves all but one writer; a queue on `flock` does not. The lock is held for one
    short transaction: nothing is sealed, parsed, printed or sent inside.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        self._thread_lock = threading.Lock()
        self.longest_wait = 0.0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock for the duration of the block."""
        asked = time.monotonic()
        with self._thread_lock:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            self.longest_wait = max(self.longest_wait, time.monotonic() - asked)
            try:
                yield
            finally:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give the descriptor back; again is allowed."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
