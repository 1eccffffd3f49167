"""`archiver verify`: every stored byte and the whole ledger checked, every fault named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.checking import check_now
from archiver.cli.progress import counting
from archiver.cli.session import command, exit_with
from archiver.cli.verify_bundle import bundle, hand_down
from archiver.problems import Exit
from storage.fixity_history import read_history
from storage.fixity_passes import newest_pass

if TYPE_CHECKING:
    from archiver.cli.session import Session
    from storage.fixity_passes import FixityPass
    from storage.fixity_report import FixityFault

_LARGEST_SAMPLE = 1_000_000_000


@click.group("verify", invoke_without_command=True)
@click.option("--all", "check_all", is_flag=True, help="Check everything (the default).")
@click.option("--sample", type=click.IntRange(1, _LARGEST_SAMPLE), help="Check this many submissions, drawn at random.")
@click.option("--last", is_flag=True, help="Check nothing; say what the last checks found.")
@command
def verify(session: Session, sample: int | None, *, check_all: bool, last: bool) -> None:
    """Check that every stored byte is what was written, and that the ledger is whole.

    Exit status 6 where something is not; each fault names object and record. The services check everything by
    themselves within the days of the setting [fixity]; --last says what they found.
    """
    if hand_down():
        return
    if last and (check_all or sample is not None):
        raise click.UsageError("--last checks nothing: give it without --all and --sample")
    who = session.principal(Act.VERIFY)
    if last:
        _tell_last(session)
        return
    sample = None if check_all else sample
    with counting(session, "Checking") as progress:
        report, untold = check_now(session.installation.archive, actor=who.actor, sample=sample, progress=progress)
    if untold is not None:
        session.note(f"The check left no event: {untold}")
    ledger = f"ledger of {report.ledger_size:,} leaves, root {report.ledger_root}"
    lines = [f"{report.objects:,} objects of {report.records:,} records, {report.bytes:,} bytes; {ledger}"]
    lines += [_line(fault) for fault in report.faults]
    if report.destroyed:
        lines.append(f"{report.destroyed:,} records were destroyed; nothing of them is missed")
    if report.declared:
        lines.append(f"{report.declared:,} faults are what a restore declared lost")
    if report.orphans:
        lines.append(f"{report.orphans:,} objects belong to no record (left by interrupted deposits; harmless)")
    lines.append("No faults." if not report.faults else f"{len(report.faults):,} faults.")
    session.show(report.to_json(), "\n".join(lines))
    if report.faults:
        exit_with(Exit.FINDINGS)


def _tell_last(session: Session) -> None:
    archive = session.installation.archive
    history, running = read_history(archive), newest_pass(archive)
    document = {
        "whole": None if history.whole is None else history.whole.to_json(),
        "newest": None if history.newest is None else history.newest.to_json(),
        "running": None if running is None or running.finished_at is not None else _pass_json(running),
        "fault_count": history.fault_count,
        "faults": [fault.to_json() for fault in history.faults],
    }
    lines = ["Everything was never checked; run: archiver verify"]
    if history.whole is not None:
        at = history.whole.at.astimezone(archive.zone).isoformat(timespec="minutes")
        lines = [f"Everything was last checked by {at}: {history.whole.objects:,} objects"]
    if running is not None and running.finished_at is None:
        began = running.started_at.astimezone(archive.zone).isoformat(timespec="minutes")
        lines.append(f"A pass began {began} and has checked {running.objects:,} objects")
    lines += [_line(fault) for fault in history.faults]
    lines.append(f"{history.fault_count:,} faults are known." if history.fault_count else "No fault is known.")
    session.show(document, "\n".join(lines))
    if history.fault_count:
        exit_with(Exit.FINDINGS)


def _pass_json(running: FixityPass) -> dict[str, object]:
    return {
        "number": running.number,
        "started_at": running.started_at.isoformat(),
        "objects": running.objects,
        "bytes": running.bytes,
        "faults": running.faults,
    }


def _line(fault: FixityFault) -> str:
    return f"FAULT  {fault.kind}  {fault.id}  {fault.detail}"


verify.add_command(bundle)
COMMANDS = (verify,)
