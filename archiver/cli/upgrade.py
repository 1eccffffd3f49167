"""`archiver upgrade`: an archive of an older version brought to this one's formats, ending with `verify`."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from archiver.access import Act
from archiver.cli.progress import counting
from archiver.cli.session import command, exit_with
from archiver.problems import Exit
from storage.errors import Conflict
from storage.fixity import FixityCheck
from storage.transaction import now
from storage.upgrading import finish, plan_upgrade
from storage.upgrading import upgrade as apply_upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.cli.session import Session
    from storage.upgrading import UpgradePlan


@click.command("upgrade")
@click.option("--check", is_flag=True, help="Only say what would be done, and whether there is space for it.")
@command
def upgrade(session: Session, *, check: bool) -> None:
    """Bring an archive that an older version wrote to the formats of this one.

    Stop the services first. A copy of the database is made beside it, the formats are changed, the search index is
    built again where that is needed, and everything is verified; then the copy is destroyed. If the command is
    interrupted, run it again: it goes on where it was. Exit status 6 where the check found faults; the copy stays.
    """
    who = session.principal(Act.RUN)
    keyring = session.keyring
    plan = plan_upgrade(session.folder, keyring)
    if check or not plan.due:
        session.show(_document(plan, upgraded=False, faults=None), _text(plan))
        return
    with _not_served(session):
        session.note(f"upgrading from format {plan.found} to {plan.wanted}")
        apply_upgrade(session.folder, keyring, actor=who.actor, clock=now)
        installation = session.installation
        for engine in installation.indexes.engines:
            installation.indexes.generations(engine).make_ready(actor=who.actor)
        installation.archive.ledger.publish_checkpoint()
        with counting(session, "Checking") as progress:
            report = FixityCheck(installation.archive, progress).run()
        if not report.faults:
            finish(session.folder)
    lines = [f"The archive has format {plan.wanted}: {report.objects:,} objects of {report.records:,} records checked."]
    lines += [f"FAULT  {fault.kind}  {fault.id}  {fault.detail}" for fault in report.faults]
    lines.append("No faults." if not report.faults else "The copy of the old database is kept; see docs/operations.md.")
    session.show(_document(plan, upgraded=True, faults=len(report.faults)), "\n".join(lines))
    if report.faults:
        exit_with(Exit.FINDINGS)


@contextmanager
def _not_served(session: Session) -> Iterator[None]:
    """Nothing may run beside it: programs of the older version would go on writing their format."""
    lock = os.open(session.folder / "tmp" / "serve.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict("the services are running; stop them, then run: archiver upgrade") from error
        yield
    finally:
        os.close(lock)


def _document(plan: UpgradePlan, *, upgraded: bool, faults: int | None) -> dict[str, Any]:
    return {
        "format": plan.wanted if upgraded else plan.found,
        "wanted": plan.wanted,
        "due": plan.due and not upgraded,
        "steps": list(plan.steps),
        "needed_bytes": plan.needed_bytes,
        "free_bytes": plan.free_bytes,
        "upgraded": upgraded,
        "faults": faults,
    }


def _text(plan: UpgradePlan) -> str:
    if not plan.due:
        return f"Nothing to do: the archive has format {plan.found}, which is this version's."
    if plan.found == plan.wanted:
        return "An upgrade was interrupted before its check; run: archiver upgrade"
    space = f"needs {plan.needed_bytes >> 20:,} MiB, {plan.free_bytes >> 20:,} MiB are free"
    return "\n".join([f"Format {plan.found} would become {plan.wanted}; {space}.", *plan.steps])


COMMANDS = (upgrade,)
