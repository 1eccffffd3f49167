"""`archiver disposition`: what its schedule lets go is destroyed or transferred, by two persons, with a certificate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.certificates import write_certificate
from archiver.cli import disposition_transfers
from archiver.cli.progress import counting
from archiver.cli.schedule import read_day
from archiver.cli.session import command
from archiver.disposing import (
    approve_batch,
    list_dispositions,
    propose_batch,
    record_step,
    show_batch,
    withdraw_batch,
)
from archiver.disposing_copies import propose_copies
from archiver.disposition_executing import execute_batch
from archiver.disposition_view import batch_text, listed_text
from retention.disposition_choosing import Wanted
from retention.disposition_types import BatchAction

if TYPE_CHECKING:
    from archiver.cli.session import Session


@click.group("disposition")
def disposition() -> None:
    """Disposition: proposed by one person, approved by another, executed, certified."""


@disposition.command("propose")
@click.option("--today", metavar="DATE", help="The day; later than today makes a forecast. Default: today.")
@click.option("--series", metavar="ID", help="Only records of this series.")
@click.option("--record", "ids", multiple=True, metavar="ID", help="Only this record; repeatable.")
@click.option(
    "--action",
    type=click.Choice([BatchAction.DESTROY.value, BatchAction.TRANSFER.value]),
    default=BatchAction.DESTROY.value,
    show_default=True,
    help="What the batch does.",
)
@click.option("--recipient", metavar="STEP", help="Only transfers by this step, as the refusal of several names it.")
@click.option(
    "--copies", is_flag=True, help="Mailbox files, exports and archives, as copies of the records out of them."
)
@click.option("--with-aside", is_flag=True, help="With --copies: also those with files that make no record.")
@command
def propose(
    session: Session,
    today: str | None,
    series: str | None,
    ids: tuple[str, ...],
    action: str,
    recipient: str | None,
    *,
    copies: bool,
    with_aside: bool,
) -> None:
    """Propose what may be destroyed, or transferred, on a day as a batch. Its list is frozen; nothing goes yet."""
    doing = BatchAction(action)
    if (copies and (series or ids or recipient or doing is BatchAction.TRANSFER)) or (with_aside and not copies):
        raise click.UsageError("--copies goes with --today and --with-aside only, and that only with --copies")
    if recipient and doing is not BatchAction.TRANSFER:
        raise click.UsageError("--recipient goes with --action transfer")
    wanted = Wanted(doing=doing, series_id=series, record_ids=frozenset(ids) or None, action=recipient)
    who = session.principal(Act.PROPOSE_DISPOSITION)
    installation = session.installation
    day = installation.retention.today() if today is None else read_day(today)
    with counting(session, "Evaluating") as progress:
        if copies:
            document = propose_copies(installation, who, day, with_aside=with_aside, progress=progress)
        else:
            document = propose_batch(installation, who, day, wanted=wanted, progress=progress)
    out = document["left_out"]
    lines = [batch_text(document), *([] if copies else [f"{out['held']:,} more are held"])]
    stay = "stay:" if copies else "are eligible, but"
    lines += [f"{one['records']:,} more {stay} {one['why']}" for one in out["not_destroyable"]]
    if out["in_open_batches"]:
        lines.append(f"{out['in_open_batches']:,} more are in other open batches")
    if out["beyond"]:
        lines.append(f"{out['beyond']:,} more are beyond the size of a batch; propose again for them")
    session.show(document, "\n".join(lines))


@disposition.command("list")
@command
def list_them(session: Session) -> None:
    """List all batches, oldest first. Looking at them is an event in the ledger."""
    who = session.principal(Act.SEE_DISPOSITIONS)
    found = list_dispositions(session.installation, who)
    lines = [
        f"{one['id']}  {one['state']:<10}{one['today']}  {one['action'].replace('_', ' ')}  {listed_text(one)}"
        for one in found
    ]
    session.show(found, "\n".join(lines) or "There is no batch; propose one with: archiver disposition propose")


@disposition.command("show")
@click.argument("batch_id", metavar="BATCH")
@command
def show(session: Session, batch_id: str) -> None:
    """Show a batch: who acted, which steps are missing, every record and why. Looking at it is an event."""
    who = session.principal(Act.SEE_DISPOSITIONS)
    document = show_batch(session.installation, who, batch_id)
    lines = [batch_text(document)]
    lines += [
        f"{one['id']}  {one['fate']:<13}{one['series']}  since {one['eligible_on']}  {one['reason'] or ''}".rstrip()
        for one in document["decisions"]
    ]
    session.show(document, "\n".join(lines))


@disposition.command("step")
@click.argument("batch_id", metavar="BATCH")
@click.argument("step", metavar="STEP")
@click.option("--reference", required=True, metavar="TEXT", help="Where it is written: a number, a letter, a date.")
@click.option("--on", "done_on", metavar="DATE", help="The day on which it was done; default: today.")
@command
def record(session: Session, batch_id: str, step: str, reference: str, done_on: str | None) -> None:
    """Record a step that the schedule asks for before destruction; STEP is its number in `disposition show`."""
    who = session.principal(Act.PROPOSE_DISPOSITION)
    day = None if done_on is None else read_day(done_on)
    document = record_step(session.installation, who, batch_id, step, reference=reference, done_on=day)
    session.show(document, batch_text(document))


@disposition.command("approve")
@click.argument("batch_id", metavar="BATCH")
@command
def approve(session: Session, batch_id: str) -> None:
    """Approve a batch that another person proposed; records that no longer qualify are dropped from it."""
    who = session.principal(Act.APPROVE_DISPOSITION)
    document = approve_batch(session.installation, who, batch_id)
    session.show(document, batch_text(document))


@disposition.command("withdraw")
@click.argument("batch_id", metavar="BATCH")
@click.option("--reason", required=True, metavar="TEXT", help="Why; say nothing of what the records say.")
@command
def withdraw(session: Session, batch_id: str, reason: str) -> None:
    """Withdraw a batch: nothing more of it is destroyed. Its records may be proposed again."""
    who = session.principal(Act.PROPOSE_DISPOSITION)
    document = withdraw_batch(session.installation, who, batch_id, reason=reason)
    session.show(document, batch_text(document))


@disposition.command("execute")
@click.argument("batch_id", metavar="BATCH")
@click.option("--at-once", is_flag=True, help="Roll the keys and confirm absence now, not with the daily roll.")
@command
def execute(session: Session, batch_id: str, *, at_once: bool) -> None:
    """Destroy the records of an approved batch, or remove what was transferred and accepted.

    What was interrupted goes on when it is said again; the service goes on with it too, in your name.
    """
    who = session.principal(Act.EXECUTE_DISPOSITION)
    with counting(session, "Destroying") as progress:
        document = execute_batch(session.installation, who, batch_id, at_once=at_once, progress=progress)
    session.show(document, batch_text(document))


@disposition.command("certificate")
@click.argument("batch_id", metavar="BATCH")
@click.option("--to", "folder", required=True, metavar="DIR", type=click.Path(path_type=Path), help="Folder for it.")
@command
def certificate(session: Session, batch_id: str, folder: Path) -> None:
    """Write the certificate of destruction or transfer, signed, as JSON and as PDF; only once absence is confirmed."""
    who = session.principal(Act.CERTIFY_DISPOSITION)
    written = write_certificate(session.installation, who, batch_id, folder)
    session.show(written, "\n".join(written["files"]))


for one in disposition_transfers.COMMANDS:
    disposition.add_command(one)

COMMANDS = (disposition,)
