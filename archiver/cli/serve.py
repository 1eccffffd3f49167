"""`archiver serve`: all services of an archive, supervised, until SIGTERM."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.cli.session import command
from archiver.logs import configure
from archiver.services import plan_services
from archiver.supervisor import Supervisor
from storage.errors import Conflict
from storage.events import EventKind

if TYPE_CHECKING:
    from archiver.cli.session import Session


@click.command("serve")
@command
def serve(session: Session) -> None:
    """Run the mail receiver, the mailbox pollers, the examiner, the index follower, the clock and the page.

    Runs in the foreground until SIGTERM or Ctrl-C, then finishes what it has begun and stops. Commands work
    beside it. Where it listens stands in archiver.toml.
    """
    who = session.principal(Act.RUN)
    installation = session.installation
    archive = installation.archive
    configure("INFO")
    lock = os.open(archive.folder / "tmp" / "serve.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise Conflict(f"the services of {archive.folder} are running already; stop them first") from error
    archive.ledger.publish_checkpoint()  # refuses where an older database was put back
    plan = plan_services(installation.settings)
    try:
        with archive.store.write() as transaction:
            transaction.append(EventKind.SERVICE_STARTED, actor=who.actor)
        supervisor = Supervisor(archive.folder, archive.keyring.master, plan.services)
        supervisor.install_signals()
        supervisor.start()
        addresses = {
            "smtp": None if plan.smtp_address is None else "{}:{}".format(*plan.smtp_address),
            "web": None if plan.web_address is None else "http://{}:{}/".format(*plan.web_address),
        }
        text = "\n".join(f"{name:<5}{where}" for name, where in addresses.items() if where is not None)
        session.show(addresses, f"{text}\nRunning; stop with Ctrl-C or SIGTERM.")
        supervisor.run()
        with archive.store.write() as transaction:
            transaction.append(EventKind.SERVICE_STOPPED, actor=who.actor)
        archive.ledger.publish_checkpoint()
    finally:
        plan.close()
        os.close(lock)


COMMANDS = (serve,)
