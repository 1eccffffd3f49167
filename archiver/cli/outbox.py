"""`archiver outbox`: letters that wait to be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.cli.session import command, exit_with
from archiver.letters import sender_of
from archiver.problems import Exit
from storage.outbox import Outbox, WaitingLetter

if TYPE_CHECKING:
    from archiver.cli.session import Session

_SHOWN = 1_000


@click.group("outbox")
def outbox() -> None:
    """Letters of the archive that wait to be sent."""


@outbox.command("list")
@command
def list_letters(session: Session) -> None:
    """List the letters that wait: to whom, since when, and why the last attempt failed."""
    session.principal(Act.RUN)
    archive = session.installation.archive
    with archive.store.read() as connection:
        state = Outbox(archive.store).state(connection)
        waiting = Outbox(archive.store).waiting(connection, limit=_SHOWN)
    letters = [
        {
            "id": one.id,
            "kind": one.kind,
            "to": one.letter.to if isinstance(one, WaitingLetter) else None,
            "created_at": one.created_at.astimezone(archive.zone).isoformat(),
            "next_try": one.next_try.astimezone(archive.zone).isoformat(),
            "attempts": one.attempts,
            "problem": one.problem,
        }
        for one in waiting
    ]
    lines = [
        f"{one['id']}  {one['kind']}  {one['to'] or '?'}  since {one['created_at']}, {one['attempts']} attempts"
        + (f", last: {one['problem']}" if one["problem"] else "")
        for one in letters
    ]
    damaged = sum(one["to"] is None for one in letters)
    if damaged:
        lines.append(f"{damaged:,} cannot be opened, and stay; archiver verify names the damage, a backup mends it")
    if state.waiting > len(letters):
        lines.append(f"and {state.waiting - len(letters):,} more")
    document = {"waiting": state.waiting, "stuck": state.stuck, "letters": letters}
    session.show(document, "\n".join(lines) or "No letters wait.")


@outbox.command("retry")
@command
def retry(session: Session) -> None:
    """Try to send every letter that waits now. Exit status 6 where one cannot be handed over."""
    who = session.principal(Act.RUN)
    archive = session.installation.archive
    sender = sender_of(archive, session.installation.settings.mail)
    waiting = Outbox(archive.store).hurry()
    sent = failed = 0
    while sent + failed < waiting:
        done = sender.send_due(actor=who.actor)
        sent, failed = sent + done.sent, failed + done.failed
        if not (done.sent or done.damaged):
            break
    left = waiting - sent
    session.show({"sent": sent, "failed": failed, "waiting": left}, f"{sent:,} sent, {left:,} still wait")
    if left:
        exit_with(Exit.FINDINGS)


COMMANDS = (outbox,)
