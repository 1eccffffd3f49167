"""`archiver serve`: all services of an archive, supervised, until SIGTERM."""

from __future__ import annotations

import fcntl
import os
import sys
from typing import TYPE_CHECKING

import click
import structlog

from archiver.access import Act
from archiver.anchoring import publish_or_tell, refuse_rollback
from archiver.channel_wiring import check_channels
from archiver.cli.recover import missing_line, told_of
from archiver.cli.session import command, exit_with
from archiver.forgetting import forgetting
from archiver.logs import configure
from archiver.problems import Exit
from archiver.services import plan_services
from archiver.supervisor import Supervisor
from storage.errors import Conflict
from storage.events import EventKind
from storage.recovery import make_folders, recover

if TYPE_CHECKING:
    from archiver.cli.session import Session

log = structlog.get_logger()


@click.command("serve")
@click.option("--despite-missing", is_flag=True, help="Start although objects or keys that records need are missing.")
@command
def serve(session: Session, *, despite_missing: bool) -> None:
    """Run the mail receivers, the pollers, the watched folders, the examiner, the index follower, the clock, the page.

    Runs in the foreground until SIGTERM or Ctrl-C, then finishes what it has begun and stops. Commands work
    beside it. Where it listens stands in archiver.toml.

    Before anything else it tidies up after an interruption, as `archiver recover` does. It does not start where an
    object or key is missing that a record needs (exit status 6), unless told to with --despite-missing.
    """
    who = session.principal(Act.RUN)
    installation = session.installation
    archive = installation.archive
    configure("INFO")
    make_folders(archive.folder)
    lock = os.open(archive.folder / "tmp" / "serve.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise Conflict(f"the services of {archive.folder} are running already; stop them first") from error
    for one in refuse_rollback(installation):
        session.note(f"anchor {one.place}: {one.detail}")
    publish_or_tell(archive)
    _recover(session, who.actor, despite_missing=despite_missing)
    check_channels(installation.settings, archive)
    plan = plan_services(installation.settings)
    try:
        with archive.store.write() as transaction:
            transaction.append(EventKind.SERVICE_STARTED, actor=who.actor)
        supervisor = Supervisor(archive.folder, archive.keyring.master, plan.services)
        supervisor.install_signals()
        supervisor.start()
        addresses = {
            "smtp": None if plan.smtp_address is None else "{}:{}".format(*plan.smtp_address),
            "lmtp": None if plan.lmtp_address is None else "{}:{}".format(*plan.lmtp_address),
            "lmtp_socket": None if plan.lmtp_socket is None else str(plan.lmtp_socket),
            "web": None if plan.web_address is None else "http://{}:{}/".format(*plan.web_address),
        }
        text = "\n".join(f"{name:<12}{where}" for name, where in addresses.items() if where is not None)
        session.show(addresses, f"{text}\nRunning; stop with Ctrl-C or SIGTERM.")
        with forgetting(installation):
            supervisor.run()
        with archive.store.write() as transaction:
            transaction.append(EventKind.SERVICE_STOPPED, actor=who.actor)
        publish_or_tell(archive)
    finally:
        plan.close()
        os.close(lock)


def _recover(session: Session, actor: str, *, despite_missing: bool) -> None:
    """Tidy up; a missing object is an alarm that somebody must have seen before the services run."""
    report = recover(session.installation.archive, actor, finish=False)
    for line in told_of(report):
        session.note(line)
    if not (report.missing_count or report.lost_epochs):
        return
    for number in report.lost_epochs:
        log.error("recovery.key_missing", epoch=number)
    for one in report.missing:
        print(missing_line(one.blob_id, one.holder, one.record), file=sys.stderr)
        log.error("recovery.missing", object=one.blob_id, submission=one.holder, record=one.record)
    if despite_missing:
        return
    advice = "restore them from a backup, or start with --despite-missing"
    told = ((report.missing_count, "objects"), (len(report.lost_epochs), "keys of epochs"))
    missing = " and ".join(f"{count} {what}" for count, what in told if count)
    print(f"archiver: {missing} are missing; {advice}", file=sys.stderr)
    session.show({"error": {"kind": "missing_objects", "message": advice, **report.to_json()}}, "")
    exit_with(Exit.FINDINGS)


COMMANDS = (serve,)
