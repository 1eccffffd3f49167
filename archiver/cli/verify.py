"""`archiver verify`: every stored byte and the whole ledger checked, every fault named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.cli.progress import counting
from archiver.cli.session import command, exit_with
from archiver.problems import Exit
from storage.events import EventKind
from storage.fixity import FixityCheck

if TYPE_CHECKING:
    from archiver.cli.session import Session

_LARGEST_SAMPLE = 1_000_000_000


@click.command("verify")
@click.option("--all", "check_all", is_flag=True, help="Check everything (the default).")
@click.option("--sample", type=click.IntRange(1, _LARGEST_SAMPLE), help="Check this many submissions, drawn at random.")
@command
def verify(session: Session, sample: int | None, *, check_all: bool) -> None:
    """Check that every stored byte is what was written, and that the ledger is whole.

    Exit status 6 where something is not; each fault names the record.
    """
    if check_all:
        sample = None
    who = session.principal(Act.VERIFY)
    archive = session.installation.archive
    with counting(session, "Checking") as progress:
        report = FixityCheck(archive, progress).run(sample)
    facts = {"objects": report.objects, "records": report.records, "faults": len(report.faults), "sample": sample}
    if not any(fault.kind == "database" for fault in report.faults):
        with archive.store.write() as transaction:
            transaction.append(EventKind.FIXITY_CHECKED, actor=who.actor, payload=facts)
    ledger = f"ledger of {report.ledger_size:,} leaves, root {report.ledger_root}"
    lines = [f"{report.objects:,} objects of {report.records:,} records, {report.bytes:,} bytes; {ledger}"]
    lines += [f"FAULT  {fault.kind}  {fault.id}  {fault.detail}" for fault in report.faults]
    if report.orphans:
        lines.append(f"{report.orphans} objects belong to no record (left by interrupted deposits; harmless)")
    lines.append("No faults." if not report.faults else f"{len(report.faults)} faults.")
    session.show(report.to_json(), "\n".join(lines))
    if report.faults:
        exit_with(Exit.FINDINGS)


COMMANDS = (verify,)
