"""`archiver worker`: the programs that `serve` and `ingest` start; not for people."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from traceback import extract_tb

import click
import structlog

from archiver.forgetting import forgetting
from archiver.giving_way import give_way
from archiver.logs import configure
from archiver.problems import Exit
from archiver.unlocking import unlock_from_parent
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
from storage.transcriptions import ReadingPriority

log = structlog.get_logger()


_FOR_A_COMMAND = ReadingPriority.HANDED_IN  # it waits for those, and ends before others could be read
_SECOND = frozenset({WorkerRole.EXAMINER, WorkerRole.FOLLOWER, WorkerRole.CLOCK})


@click.command("worker", hidden=True)
@click.argument("role", type=click.Choice([role.value for role in WorkerRole]))
@click.option("--data", required=True, type=click.Path(path_type=Path))
@click.option("--fd", type=int, help="The listening socket that is inherited.")
@click.option("--first", is_flag=True, help="Do not give way to other programs: a person waits for this one.")
def worker(role: str, data: Path, fd: int | None, *, first: bool) -> None:
    """Do one kind of work until told to stop."""
    configure("INFO")
    installation = open_installation(data, unlock_from_parent(data))
    stop = Stop()
    stop.install_disk_watch(installation.archive.store.disk_failed)
    chosen = WorkerRole(role)
    if chosen in _SECOND and not first:
        give_way()
    try:
        with forgetting(installation):
            if chosen is WorkerRole.SMTP:
                run_smtp(installation, stop, fd if fd is not None else -1)
            elif chosen is WorkerRole.LMTP:
                run_lmtp(installation, stop, fd if fd is not None else -1)
            elif chosen is WorkerRole.WEB:
                run_web_server(installation, stop, fd if fd is not None else -1)
            else:
                stop.install()
                runs = {
                    WorkerRole.EXAMINER: partial(run_examiner, reads=_FOR_A_COMMAND) if first else run_examiner,
                    WorkerRole.FOLLOWER: run_follower,
                    WorkerRole.IMAP: run_imap,
                    WorkerRole.FOLDERS: run_folders,
                    WorkerRole.CLOCK: run_clock,
                }
                runs[chosen](installation, stop)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told without its text
        # where it happened, never what was being worked on: the text of an exception may quote content
        where = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in extract_tb(error.__traceback__)]
        log.error("worker.died", role=role, error=type(error).__name__, at=where[-4:])  # noqa: TRY400 - the same
        raise SystemExit(Exit.ERROR) from None
    finally:
        installation.close()
    if installation.archive.store.disk_failed.is_set():
        raise SystemExit(Exit.TRY_AGAIN)  # the supervisor starts it again


COMMANDS = (worker,)
