"""The unit of work: one writer at a time, one short transaction, ledger leaves inside it.

Rule: business rows and the leaf that witnesses them commit together or not at all, and positions are given
under the write lock, so they are dense and in commit order. Sealing is done before (`prepare`); inside the
lock nothing is sealed but what must follow the current epoch.
"""

from __future__ import annotations

import json
import os
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, exc, insert, select, update

from storage.database import (
    DatabaseError,
    LogName,
    WriteLock,
    engine_for,
    is_failed_sync,
    translate,
    truncate_log,
)
from storage.epochs import live_epochs, read_holder_keys
from storage.errors import Conflict, Corrupt, TemporarilyUnavailable
from storage.events import SALT_BYTES, Event, EventKind, payload_digest
from storage.identifiers import Prefix, new_id
from storage.log_check import lost_commits
from storage.many_rows import ManyRows
from storage.merkle import Frontier, leaf_hash
from storage.sealing import SealKind
from storage.tables import (
    ledger_head,
    ledger_leaves,
    ledger_nodes,
    ledger_payloads,
    ledger_subjects,
    wrapped_keys,
)
from storage.vault import HolderKey, Vault, WrappedKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from storage.keys import Keyring

_LOOK_SECONDS = 60.0  # who only reads keeps a destroyed epoch's key no longer; who is idle must ask `current_epoch`
_LOG_PATIENCE = 250  # milliseconds for which all writers wait with us
_LOG_PAUSE_SECONDS = 0.25
_LEAVES = ManyRows(insert(ledger_leaves), *ledger_leaves.c.keys())
_SUBJECTS = ManyRows(insert(ledger_subjects), *ledger_subjects.c.keys())
_PAYLOADS = ManyRows(insert(ledger_payloads), *ledger_payloads.c.keys())
_NODES = ManyRows(insert(ledger_nodes), *ledger_nodes.c.keys())
_KEYS = ManyRows(insert(wrapped_keys), *wrapped_keys.c.keys())
_STORED_LEVELS = 8  # of the interior nodes only each eighth level is stored; the rest follows from it


def now() -> datetime:
    """The system's clock, in UTC; the default of everything that takes a clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class PreparedEvent:
    """An event ready to be appended: its leaf, and its payload sealed under a key of its own."""

    event: Event
    sealed_payload: bytes | None = None
    key: WrappedKey | None = None


class Transaction:
    """An open write transaction; made by `Store.write` only."""

    def __init__(self, connection: Connection, vault: Vault, at: datetime) -> None:
        self.connection = connection
        self.at = at
        self._vault = vault
        head = connection.execute(select(ledger_head.c.size, ledger_head.c.frontier)).one()
        try:
            self._frontier = Frontier.decode(head.size, head.frontier)
        except ValueError as error:
            raise Corrupt("the ledger's head is damaged; run: archiver verify") from error
        self.epoch, live = live_epochs(connection)
        vault.keep_only(live)
        self._events: list[PreparedEvent] = []
        self._keys: list[WrappedKey] = []

    def append(
        self,
        kind: EventKind,
        *,
        actor: str,
        subjects: Sequence[str] = (),
        payload: Mapping[str, Any] | None = None,
    ) -> int:
        """Prepare and append one event; for acts that come singly."""
        return self.append_prepared(prepare(self._vault, self.epoch, kind, self.at, actor, subjects, payload))

    def append_prepared(self, prepared: PreparedEvent) -> int:
        """Append an event to the ledger and return its position (from 0)."""
        self._events.append(prepared)
        if prepared.key is not None:
            self.keep_key(prepared.key)
        return self._frontier.size + len(self._events) - 1

    def keep_key(self, wrapped: WrappedKey) -> None:
        """Store a wrapped key, wrapped again where its epoch is no longer the current one.

        A key that was made just now is at hand, so its old epoch may be destroyed by then.
        """
        if wrapped.epoch != self.epoch:
            made = wrapped.opened
            key = self._vault.unwrap(wrapped) if made is None else HolderKey(wrapped.holder, made)
            wrapped = self._vault.wrap_row(key, self.epoch)
        self._keys.append(wrapped)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part that may fail alone: on an error its rows, keys and leaves are undone, and the error goes on."""
        events, keys = len(self._events), len(self._keys)
        try:
            with self.connection.begin_nested():
                yield
                self._flush_keys(keys)
        except BaseException:
            del self._events[events:], self._keys[keys:]
            raise

    def _flush_keys(self, start: int) -> None:
        _KEYS.execute(self.connection, [(key.holder, key.epoch, key.wrapped) for key in self._keys[start:]])
        del self._keys[start:]

    def flush(self) -> None:
        """Write what was gathered; called by the store just before it commits."""
        self._flush_keys(0)
        if not self._events:
            return
        leaves = [prepared.event.encode() for prepared in self._events]
        hashes = [leaf_hash(leaf) for leaf in leaves]
        first = self._frontier.size
        self._frontier, completed = self._frontier.append(hashes)
        events = list(enumerate([prepared.event for prepared in self._events], first))
        texts = zip(events, leaves, hashes, strict=True)
        _LEAVES.execute(self.connection, [(at, event.kind.value, leaf, hashed) for (at, event), leaf, hashed in texts])
        subjects = [(subject, at) for at, event in events for subject in dict.fromkeys(event.subjects)]
        _SUBJECTS.execute(self.connection, subjects)
        payloads = [
            (at, prepared.event.id, prepared.sealed_payload)
            for at, prepared in enumerate(self._events, first)
            if prepared.sealed_payload is not None
        ]
        _PAYLOADS.execute(self.connection, payloads)
        _NODES.execute(self.connection, [one for one in completed if one[0] % _STORED_LEVELS == 0])
        head = update(ledger_head).values(size=self._frontier.size, frontier=self._frontier.encode())
        self.connection.execute(head)
        self._events.clear()


def prepare(
    vault: Vault,
    epoch: int,
    kind: EventKind,
    at: datetime,
    actor: str,
    subjects: Sequence[str] = (),
    payload: Mapping[str, Any] | None = None,
    blobs: Sequence[str] = (),
    facts: str | None = None,
) -> PreparedEvent:
    """Build an event, and seal its payload (any JSON) under a fresh key wrapped under `epoch`."""
    event_id = new_id(Prefix.EVENT)
    if payload is None:
        return PreparedEvent(
            Event(
                id=event_id,
                kind=kind,
                actor=actor,
                at=at,
                subjects=tuple(subjects),
                blobs=tuple(blobs),
                facts=facts,
            )
        )
    # escaped, because a query or a file name may hold a lone surrogate, which UTF-8 cannot say
    plain = json.dumps(payload, sort_keys=True, separators=(",", ":")).encode()
    salt = os.urandom(SALT_BYTES)
    key = vault.fresh(event_id)
    event = Event(
        id=event_id,
        kind=kind,
        actor=actor,
        at=at,
        subjects=tuple(subjects),
        blobs=tuple(blobs),
        facts=facts,
        digest=payload_digest(salt, plain),
    )
    sealed = vault.seal(key, SealKind.EVENT_PAYLOAD, event_id, salt + plain)
    return PreparedEvent(event, sealed, vault.wrap(key, epoch))


class Store:
    """The archive's database: readers as many as like, writers one at a time over all programs."""

    def __init__(self, folder: Path, keyring: Keyring, clock: Callable[[], datetime] = now) -> None:
        self.vault = Vault(keyring)
        self.keyring = keyring
        self.clock = clock
        self._engine = engine_for(folder / "archive.db", keyring.database_key)
        self._log = folder / "archive.db-wal"
        self._lock = WriteLock(folder / "write.lock")
        self._look_again_at = 0.0
        self.restriction: str | None = None
        self.disk_failed = threading.Event()
        self._log_name = LogName(self._engine, folder, self.disk_failed.set)

    def refuse_if_restricted(self) -> None:
        """Refuse what an archive may not do since it was restored, until that is settled.

        Raises:
            Conflict: says what is to be settled, and how.
        """
        if self.restriction is not None:
            raise Conflict(self.restriction)

    def refuse_if_failed(self) -> None:
        """Refuse to write anything, objects too, once a sync failed: no later one says what became of those pages.

        Raises:
            TemporarilyUnavailable: this program is read-only until it is started again.
        """
        if self.disk_failed.is_set():
            raise TemporarilyUnavailable("the archive is read-only after a disk error; check the disk and restart")

    @property
    def longest_wait(self) -> float:
        """The longest that this program waited for its turn to write, in seconds."""
        return self._lock.longest_wait

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """A write transaction: commits at the end of the block, or undoes everything.

        Raises:
            Conflict: the archive is read-only since it was restored.
            StorageFull, TemporarilyUnavailable, Corrupt: the database could not take it; nothing was written.
        """
        self.refuse_if_restricted()
        self.refuse_if_failed()
        at = self.clock()
        with self._translated(), self._lock.held(), self._engine.connect() as connection:
            self._log_name.make_durable()
            writer = connection.execution_options(immediate=True)
            with writer.begin():
                transaction = Transaction(writer, self.vault, at)
                yield transaction
                transaction.flush()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent read; keep it short, a long one holds back the checkpoint of the write-ahead log."""
        with self._translated(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except exc.IntegrityError:
            raise
        except exc.DBAPIError as error:
            if is_failed_sync(error.orig):
                self.disk_failed.set()
            raise translate(error.orig if error.orig is not None else error, "archive.db") from error
        except DatabaseError as error:
            raise translate(error, "archive.db") from error
        except exc.TimeoutError as error:
            raise TemporarilyUnavailable("too many readers at once; try again") from error

    def current_epoch(self) -> int:
        """The epoch under which new keys are wrapped; the keys of epochs that were destroyed are forgotten."""
        with self.read() as connection:
            return self._look_at_epochs(connection)

    def holder_keys(self, connection: Connection, holders: Sequence[str]) -> dict[str, HolderKey]:
        """The opened keys of these holders; a destroyed holder is absent.

        Raises:
            Corrupt: a row, or the key file of an epoch that lives, is missing or damaged.
            TemporarilyUnavailable: the keys were rotated over and over meanwhile.
        """
        if time.monotonic() >= self._look_again_at:
            self._look_at_epochs(connection)
        return read_holder_keys(self.vault, connection, holders, self.read)

    def _look_at_epochs(self, connection: Connection) -> int:
        current, live = live_epochs(connection)
        self.vault.keep_only(live)
        self._look_again_at = time.monotonic() + _LOOK_SECONDS
        return current

    def truncate_log(self, *, attempts: int = 40, wait: Callable[[float], None] = time.sleep) -> None:
        """Fold the write-ahead log into the database and cut it, so that what was deleted is in neither.

        Raises:
            TemporarilyUnavailable: some reader holds on to the log.
        """
        for attempt in range(attempts):
            if attempt:
                wait(_LOG_PAUSE_SECONDS)
            with self._translated(), self._lock.held():
                connection = self._engine.raw_connection()
                try:
                    if truncate_log(connection.driver_connection, patience_milliseconds=_LOG_PATIENCE):
                        return
                finally:
                    connection.close()
        raise TemporarilyUnavailable("the database's log is in use by a long reader; try again")

    def lost_commits(self) -> bool:
        """Whether the log's recovery left out durable commits; for who opens the archive. See `storage.log_check`."""
        with self._translated(), self._lock.held():
            connection = self._engine.raw_connection()
            try:
                return lost_commits(connection.driver_connection, self._log)
            finally:
                connection.close()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()
        self._lock.close()
