"""The programs behind `serve` and `ingest`: each does one kind of work on one archive until it is told to stop.

Rule: work that must not be done twice at a time is guarded by a lock on a file, which the kernel gives back
when a program dies, however it dies; so the next one takes over at once, and nothing is leased or timed out.

A worker reads the master key from its standard input and keeps that pipe: when it ends, the parent is gone and
the worker stops, after finishing what it has begun.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import threading
import time
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

import structlog

from archiver.reading_turns import PictureTurns
from archiver.unpacking_turns import unpack_in_turn, unpacker_of
from archiver.wiring import SERVICE_ACTOR
from ingest.examiner import BATCH as EXAMINED_TOGETHER
from storage.errors import ArchiveError, TemporarilyUnavailable
from storage.transcriptions import ReadingPriority

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from archiver.wiring import Installation

log = structlog.get_logger()

_GATHER_SECONDS = 0.25
_LOOK_SECONDS = 0.05
_GATHER_FOR_INDEX_SECONDS = 0.5  # a batch of the index costs the less for each record, the larger it is
_LOCK_SECONDS = 0.25
_FAULT_SECONDS = 2.0
_CHECKPOINT_SECONDS = 5.0


class WorkerRole(StrEnum):
    """What a worker does."""

    SMTP = "smtp"
    LMTP = "lmtp"
    FOLDERS = "folders"
    IMAP = "imap"
    EXAMINER = "examiner"
    FOLLOWER = "follower"
    CLOCK = "clock"
    WEB = "web"


class Stop:
    """Told when it is time to stop: by SIGTERM or SIGINT, or because the parent is gone."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def install(self, *, signals: bool = True) -> None:
        """Listen for signals (main thread only) and for the end of the parent's pipe."""
        if signals:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: self._event.set())
        threading.Thread(target=self._watch_parent, name="parent", daemon=True).start()

    def _watch_parent(self) -> None:
        while os.read(0, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    def install_disk_watch(self, disk_failed: threading.Event) -> None:
        """Stop once a sync has failed: only a fresh program knows again what is on the disk."""

        def watch() -> None:
            disk_failed.wait()
            log.error("worker.disk_failed")
            os.kill(os.getpid(), signal.SIGTERM)

        threading.Thread(target=watch, name="disk", daemon=True).start()

    def set(self) -> None:
        """It is time: a part of this program has ended, and the others shall."""
        self._event.set()

    def is_set(self) -> bool:
        """Whether it is time."""
        return self._event.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait at most so many seconds; whether it is time."""
        return self._event.wait(timeout)


@contextmanager
def role_lock(folder: Path, role: str, stop: Stop) -> Iterator[bool]:
    """Hold the lock of a role; waits until it is free. False if it was time to stop before."""
    descriptor = os.open(folder / "tmp" / f"{role}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if stop.wait(_LOCK_SECONDS):
                    yield False
                    return
            else:
                yield True
                return
    finally:
        os.close(descriptor)


def is_served(folder: Path, role: WorkerRole) -> bool:
    """Whether some program holds the lock of a role at this moment."""
    descriptor = os.open(folder / "tmp" / f"{role}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def work_until(
    stop: Stop, step: Callable[[], bool], *, gather_seconds: Callable[[], float] = lambda: _GATHER_SECONDS
) -> None:
    """Repeat a step until it is time to stop; the step says whether more is waiting than it took.

    Otherwise what comes next is left to gather for a moment: ten mails a second then cost four commits a second
    and not ten, and the receiver has the disk to itself in between. A fault is told and waited out.
    """
    while not stop.is_set():
        try:
            more = step()
        except TemporarilyUnavailable as error:
            log.warning("worker.waits", kind=error.kind)
            stop.wait(_FAULT_SECONDS)
            continue
        except ArchiveError as error:
            log.error("worker.fault", kind=error.kind)  # noqa: TRY400 - a traceback may quote content
            stop.wait(_FAULT_SECONDS)
            continue
        if not more:
            stop.wait(gather_seconds())


def _beside(stop: Stop, step: Callable[[], bool]) -> None:
    """Work in a thread: an error that nobody foresaw is told by its kind, and ends neither it nor the worker."""

    def guarded() -> bool:
        try:
            return step()
        except ArchiveError:
            raise
        except Exception as error:  # noqa: BLE001 - a thread's own traceback may quote content
            log.error("worker.fault", kind=type(error).__name__)  # noqa: TRY400 - as above
            stop.wait(_FAULT_SECONDS)
            return False

    work_until(stop, guarded)


def run_examiner(
    installation: Installation, stop: Stop, *, reads: ReadingPriority = ReadingPriority.CONVERSATION
) -> None:
    """Examine what waits; beside it unpack containers and read pictures, for which nobody else's mail waits.

    `reads` are the least urgent pictures that are read here.
    """
    folder = installation.archive.folder
    with role_lock(folder, WorkerRole.EXAMINER, stop) as mine:
        if not mine:
            return
        unpacker = unpacker_of(installation, f"{SERVICE_ACTOR}:examiner", stop.is_set)
        unpack = partial(unpack_in_turn, folder, unpacker)
        with PictureTurns(installation, f"{SERVICE_ACTOR}:pictures", stop.is_set, up_to=reads) as pictures:
            beside = [
                threading.Thread(target=_beside, args=(stop, step), name=name)
                for name, step in (("unpacking", unpack), ("pictures", pictures.read_in_turn))
            ]
            for thread in beside:
                thread.start()
            try:
                with installation.examiner() as examiner:
                    work_until(stop, lambda: examiner.examine_waiting() >= EXAMINED_TOGETHER)
            finally:
                stop.set()
                for thread in beside:
                    thread.join()


def run_follower(installation: Installation, stop: Stop, *, first: bool = False) -> None:
    """Bring the indexes up to the ledger; beside it link pictures to better evidence, for which no search waits.

    An index that is damaged or of another version is built anew beside that, too.

    With `first` a person waits for it: it pauses only as long as what is examined just now takes.
    """
    archive = installation.archive

    def pause() -> float:
        if not first:
            return _GATHER_FOR_INDEX_SECONDS
        with archive.store.read() as connection:
            coming = archive.submissions.awaiting(connection, limit=1)
        return _GATHER_FOR_INDEX_SECONDS if coming else _LOOK_SECONDS

    with role_lock(installation.archive.folder, WorkerRole.FOLLOWER, stop) as mine:
        if not mine:
            return
        keeper, engines = installation.index_keeper(stop.is_set), installation.indexes.engines
        steps = [("matching", installation.matcher().follow_batch), ("index", keeper.look_in_turn)]
        steps += [(f"following {one}", installation.follower(one).follow_batch) for one in engines[1:]]
        beside = [threading.Thread(target=_beside, args=(stop, step), name=name) for name, step in steps]
        for thread in beside:
            thread.start()
        try:
            work_until(stop, installation.follower().follow_batch, gather_seconds=pause)
        finally:
            stop.set()
            for thread in beside:
                thread.join()


def run_smtp(installation: Installation, stop: Stop, descriptor: int) -> None:
    """Receive mail on an inherited socket."""
    from archiver.channel_wiring import ArchiveDirectory, smtp_settings  # noqa: PLC0415 - only this worker pays for it
    from ingest.channel_health import SqlHealthLog  # noqa: PLC0415 - only this worker pays for it
    from ingest.channels.smtp import run_acceptor  # noqa: PLC0415 - only this worker pays for it

    stop.install(signals=False)  # the acceptor drains on the signal by itself
    listener = socket.socket(fileno=descriptor)
    run_acceptor(
        listener,
        smtp_settings(installation.settings.smtp),
        installation.depositor(f"{SERVICE_ACTOR}:smtp"),
        ArchiveDirectory(installation.archive),
        health=SqlHealthLog(installation.archive.store),
        clock=installation.archive.store.clock,
    )


def run_lmtp(installation: Installation, stop: Stop, descriptor: int) -> None:
    """Receive mail from a mail server of this machine on an inherited socket."""
    from archiver.channel_wiring import ArchiveDirectory, lmtp_settings  # noqa: PLC0415 - only this worker pays for it
    from ingest.channel_health import SqlHealthLog  # noqa: PLC0415 - only this worker pays for it
    from ingest.channels.smtp import run_acceptor  # noqa: PLC0415 - only this worker pays for it

    stop.install(signals=False)
    settings = installation.settings
    run_acceptor(
        socket.socket(fileno=descriptor),
        lmtp_settings(settings.smtp, settings.lmtp),
        installation.depositor(f"{SERVICE_ACTOR}:lmtp"),
        ArchiveDirectory(installation.archive),
        health=SqlHealthLog(installation.archive.store),
        clock=installation.archive.store.clock,
    )


def run_folders(installation: Installation, stop: Stop) -> None:
    """Watch every folder of the settings, each in a thread of its own."""
    from archiver.channel_wiring import ArchiveDirectory, folder_settings  # noqa: PLC0415 - only this worker pays for it
    from ingest.channel_health import SqlHealthLog  # noqa: PLC0415 - only this worker pays for it
    from ingest.channels.folder import FolderWatcher  # noqa: PLC0415 - only this worker pays for it

    archive = installation.archive
    with role_lock(archive.folder, WorkerRole.FOLDERS, stop) as mine:
        if not mine:
            return
        depositor = installation.depositor(f"{SERVICE_ACTOR}:folders")
        watchers = [
            FolderWatcher(
                folder_settings(name, section, archive),
                depositor,
                ArchiveDirectory(archive),
                SqlHealthLog(archive.store),
                archive.store.clock,
                monotonic=time.monotonic,
            )
            for name, section in installation.settings.folders.items()
        ]
        threads = [threading.Thread(target=one.run, args=(stop,), name="folder") for one in watchers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def run_imap(installation: Installation, stop: Stop) -> None:
    """Read every mailbox of the settings."""
    from archiver.imap_accounts import watch_accounts  # noqa: PLC0415 - only this worker pays for it

    with role_lock(installation.archive.folder, WorkerRole.IMAP, stop) as mine:
        if mine:
            watch_accounts(installation, stop)


def run_clock(installation: Installation, stop: Stop) -> None:
    """Evaluate retention daily, publish a checkpoint when the ledger's head has moved, and do the chores beside it."""
    from archiver.anchoring import publish_or_tell  # noqa: PLC0415 - only this worker pays for it
    from archiver.chores import Chores, chores_of, in_a_thread  # noqa: PLC0415 - only this worker pays for it
    from retention.clock import RetentionClock  # noqa: PLC0415 - only this worker pays for it

    archive = installation.archive
    with role_lock(archive.folder, WorkerRole.CLOCK, stop) as mine:
        if not mine:
            return
        clock = RetentionClock(installation.retention, watch=installation.retention.watch)
        clock.start()
        size = -1
        try:
            with in_a_thread(Chores(chores_of(installation)), stop.wait) as check:
                while not stop.is_set():
                    with archive.store.read() as connection:
                        head = archive.ledger.head(connection).size
                    if head != size and publish_or_tell(archive):
                        size = head
                    check()
                    stop.wait(_CHECKPOINT_SECONDS)
        finally:
            clock.stop()


def run_web_server(installation: Installation, stop: Stop, descriptor: int) -> None:
    """Serve the page and the API on an inherited socket."""
    from archiver.serving import run_web  # noqa: PLC0415 - only this worker pays for the web framework

    stop.install()
    run_web(installation, socket.socket(fileno=descriptor), stop)
