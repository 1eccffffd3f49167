"""A poller against the scripted server, with everything that it needs, and what came of it."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from ingest.channel_health import SqlHealthLog
from ingest.channels.imap_poller import ImapPoller
from ingest.channels.imap_watcher import ImapWatcher
from ingest.imap_cursors import SqlCursorStore
from tests.ingest.imap_rows import memory_rows
from tests.ingest.smtp_service import RememberingDepositor

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.submission import Deposited, Handover
    from tests.ingest.imap_server import ImapServer

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
WAIT = 120.0


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


class ReadingDepositor(RememberingDepositor):
    """Reads what comes in pieces before it remembers it, and tells of each deposit."""

    def __init__(self) -> None:
        super().__init__()
        self.streamed = 0
        self.told = threading.Semaphore(0)

    def deposit(self, handover: Handover) -> Deposited:
        if not isinstance(handover.payload, bytes):
            handover = replace(handover, payload=b"".join(handover.payload.pieces()))
            self.streamed += 1
        deposited = super().deposit(handover)
        self.told.release()
        return deposited

    def wait_for(self, count: int) -> None:
        """Wait for so many deposits more."""
        for _ in range(count):
            assert self.told.acquire(timeout=WAIT), "nothing came"


class Bench:
    def __init__(self, server: ImapServer, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.depositor = ReadingDepositor()
        rows = memory_rows()
        self.cursors = SqlCursorStore(rows)
        self.health = SqlHealthLog(rows)
        self.clock = Clock()

    def poller(self, **settings: Any) -> ImapPoller:
        account = self.server.account(self.folder, **settings)
        return ImapPoller(account, self.depositor, self.cursors, self.health, self.clock)

    def poll(self, **settings: Any) -> Any:
        return self.poller(**settings).poll()

    def cursor(self, folder: str = "INBOX") -> Any:
        return self.cursors.load(self.server.account(self.folder).mailbox(folder))

    @property
    def got(self) -> list[bytes]:
        return sorted(self.depositor.payloads)


class StopAfter:
    """A stop that comes after so many pauses, and notes how long each would have been."""

    def __init__(self, waits: int) -> None:
        self.pauses: list[float | None] = []
        self._waits = waits

    def is_set(self) -> bool:
        return len(self.pauses) >= self._waits

    def wait(self, timeout: float | None = None) -> bool:
        self.pauses.append(timeout)
        return self.is_set()


class Watching:
    """A watcher in a thread of its own, stopped at the end of the block."""

    def __init__(self, poller: ImapPoller) -> None:
        self.stop = threading.Event()
        self._thread = threading.Thread(target=ImapWatcher(poller).run, args=(self.stop,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._thread.join(WAIT)
        assert not self._thread.is_alive(), "the watcher did not stop"


def mail(number: int) -> bytes:
    return b"Subject: mail %d\r\n\r\nbody \x00\xff %d\r\n" % (number, number)


def mails(*numbers: int) -> list[bytes]:
    return sorted(mail(number) for number in numbers)
