"""A worker as a program: the key from the parent, the archive opened, one kind of work until told to stop.

Rule: what ends a worker that nobody foresaw is told by its kind and place, never by its text, which may quote content.
"""

from __future__ import annotations

from functools import partial
from traceback import extract_tb
from typing import TYPE_CHECKING

import structlog

from archiver.forgetting import forgetting
from archiver.giving_way import give_way
from archiver.logs import configure
from archiver.problems import Exit
from archiver.side_by_side import part
from archiver.unlocking import master_from_parent
from archiver.wiring import open_installation
from archiver.worker import (
    Stop,
    WorkerRole,
    run_clock,
    run_examiner,
    run_folders,
    run_follower,
    run_imap,
    run_lmtp,
    run_smtp,
    run_web_server,
)
from storage.keys import unlock_with_master
from storage.transcriptions import ReadingPriority

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from archiver.wiring import Installation

log = structlog.get_logger()

_FOR_A_COMMAND = ReadingPriority.HANDED_IN  # it waits for those, and ends before others could be read
_SECOND = frozenset({WorkerRole.EXAMINER, WorkerRole.FOLLOWER, WorkerRole.CLOCK})


def run_worker(roles: Sequence[str], folder: Path, *, descriptor: int = -1, first: bool = False) -> None:
    """Do one kind of work until told to stop, or several, each in a program of its own.

    Args:
        roles: values of `WorkerRole`.
        folder: the archive.
        descriptor: the listening socket, for a role that takes connections.
        first: a person waits for this one; it does not give way to other programs.

    Raises:
        SystemExit: it ended by a fault, or the disk failed.
    """
    configure("INFO")
    master = master_from_parent()
    chosen = WorkerRole(part(roles))
    installation = open_installation(folder, unlock_with_master(folder / "keys", master))
    stop = Stop()
    stop.install_disk_watch(installation.archive.store.disk_failed)
    if chosen in _SECOND and not first:
        give_way()
    try:
        with forgetting(installation):
            _run(chosen, installation, stop, descriptor, first=first)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told without its text
        # where it happened, never what was being worked on: the text of an exception may quote content
        where = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in extract_tb(error.__traceback__)]
        log.error("worker.died", role=chosen.value, error=type(error).__name__, at=where[-4:])  # noqa: TRY400 - the same
        raise SystemExit(Exit.ERROR) from None
    finally:
        installation.close()
    if installation.archive.store.disk_failed.is_set():
        raise SystemExit(Exit.TRY_AGAIN)  # the supervisor starts it again


def _run(role: WorkerRole, installation: Installation, stop: Stop, descriptor: int, *, first: bool) -> None:
    """Do the work of a role until it is time to stop; three of them take connections from a socket."""
    listening = {WorkerRole.SMTP: run_smtp, WorkerRole.LMTP: run_lmtp, WorkerRole.WEB: run_web_server}
    if role in listening:
        listening[role](installation, stop, descriptor)
        return
    stop.install()
    runs = {
        WorkerRole.EXAMINER: partial(run_examiner, reads=_FOR_A_COMMAND) if first else run_examiner,
        WorkerRole.FOLLOWER: partial(run_follower, first=first),
        WorkerRole.IMAP: run_imap,
        WorkerRole.FOLDERS: run_folders,
        WorkerRole.CLOCK: run_clock,
    }
    runs[role](installation, stop)
