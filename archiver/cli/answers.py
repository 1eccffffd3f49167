"""`archiver answers`: what became of answering mail that was handed in, and who wants no answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archiver import answer_rows
from archiver.access import Act
from archiver.cli.session import command
from storage.errors import NotFound
from storage.events import EventKind

if TYPE_CHECKING:
    from archiver.cli.session import Session


@click.group("answers")
def answers() -> None:
    """Letters that answer mail which was handed in."""


@answers.command("list")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="The newest so many.")
@command
def list_answers(session: Session, limit: int) -> None:
    """List what became of answers: written, gathered for one letter, or why there is none."""
    session.principal(Act.RUN)
    archive = session.installation.archive
    with archive.store.read() as connection:
        counted = answer_rows.counts(connection)
        found = answer_rows.recent(connection, limit)
        off = len(answer_rows.opted_out(connection))
    listed = [
        {
            "submission": one.submission_id,
            "about": one.about.value,
            "state": one.state,
            "reason": one.reason,
            "letter": one.letter_id,
            "changed_at": one.changed_at.astimezone(archive.zone).isoformat(),
        }
        for one in found
    ]
    settings = session.installation.settings
    enabled = settings.mail.enabled and settings.answers.enabled
    lines = [] if enabled else ["Answers are not written: [mail] or [answers] is not enabled."]
    lines += [
        f"{one['changed_at']}  {one['submission']}  {one['about']}  {one['state']}"
        + (f": {one['reason']}" if one["reason"] else "")
        for one in listed
    ]
    lines.append(
        ", ".join(f"{count:,} {state}" for state, count in sorted(counted.items())) or "No mail was answered yet."
    )
    if off:
        lines.append(f"{off:,} {'custodian wants' if off == 1 else 'custodians want'} no answers")
    document = {"enabled": enabled, "states": counted, "opted_out": off, "answers": listed}
    session.show(document, "\n".join(lines))


@answers.command("off")
@click.argument("address")
@command
def switch_off(session: Session, address: str) -> None:
    """Send no more answers to the custodian with this address."""
    _switch(session, address, wanted=False)


@answers.command("on")
@click.argument("address")
@command
def switch_on(session: Session, address: str) -> None:
    """Send answers to the custodian with this address again."""
    _switch(session, address, wanted=True)


def _switch(session: Session, address: str, *, wanted: bool) -> None:
    who = session.principal(Act.RUN)
    archive = session.installation.archive
    with archive.store.write() as transaction:
        custodian_id = archive.custodians.find(transaction.connection, address)
        if custodian_id is None:
            raise NotFound(f"no custodian has the address {address}; see: archiver custodian list")
        changed = answer_rows.switch(transaction, custodian_id, wanted=wanted)
        if changed:
            payload = {"wanted": wanted}
            transaction.append(EventKind.ANSWERS_SWITCHED, actor=who.actor, subjects=(custodian_id,), payload=payload)
    word = "on" if wanted else "off"
    document = {"custodian": custodian_id, "answers": wanted, "changed": changed}
    session.show(document, f"answers to {address} are {word}" + ("" if changed else " already"))


COMMANDS = (answers,)
