"""`archiver recover`: what an interruption left is finished or removed, and what is missing is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.anchoring import refuse_rollback
from archiver.cli.session import command, exit_with
from archiver.problems import Exit
from storage.recovery import recover as recover_archive

if TYPE_CHECKING:
    from archiver.cli.session import Session
    from storage.recovery import RecoveryReport


@click.command("recover")
@click.option("--dry-run", is_flag=True, help="Change nothing; say what would be done.")
@command
def recover(session: Session, *, dry_run: bool) -> None:
    """Finish or remove what an interruption left, and look for every object that a row names.

    `archiver serve` does the same when it starts. It may run beside the services. Exit status 6 where an object is
    missing, each named with its record, or the key of an epoch.
    """
    who = session.principal(Act.RUN)
    installation = session.installation
    for one in refuse_rollback(installation):
        session.note(f"anchor {one.place}: {one.detail}")
    destroying = installation.destroying()
    report = recover_archive(
        installation.archive,
        who.actor,
        finish_destructions=lambda: destroying.advance(actor=who.actor),
        dry_run=dry_run,
    )
    lines = [f"{report.objects:,} objects looked at", *told_of(report, dry_run=dry_run)]
    lines += [missing_line(one.blob_id, one.holder, one.record) for one in report.missing]
    session.show(report.to_json(), "\n".join(lines))
    if report.missing_count or report.lost_epochs:
        exit_with(Exit.FINDINGS)


def told_of(report: RecoveryReport, *, dry_run: bool = False) -> list[str]:
    """What a recovery did, a line each; nothing where there was nothing."""
    done = "would be removed" if dry_run else "removed"
    orphans = f"of interrupted deposits {done}; they were never acknowledged"
    if report.kept_because is not None:
        orphans = f"that no record names stay: {report.kept_because}"
    told: tuple[tuple[object, str], ...] = (
        (report.orphans, f"{report.orphans:,} objects {orphans}"),
        (report.temporaries, f"{report.temporaries:,} half-written files {done}"),
        (report.requeued, f"{report.requeued:,} submissions put back into the queue of the examiner"),
        (report.folders, f"folders made: {', '.join(report.folders)}"),
        (report.epochs_destroyed, f"keys of retired epochs destroyed: {', '.join(map(str, report.epochs_destroyed))}"),
        (report.rotating, "a rotation of the keys is not finished; the services go on with it"),
        (report.destructions, f"{report.destructions:,} destructions are not confirmed yet; the services go on"),
        (report.letters, f"{report.letters:,} letters wait to be sent"),
        (report.missing_count, f"{report.missing_count:,} objects are missing"),
    )
    lost = [
        f"keys/epoch/{one} is missing or damaged; restore that file from a backup: no record under it can be read"
        for one in report.lost_epochs
    ]
    return [line for found, line in told if found] + lost + list(report.remarks)


def missing_line(blob_id: str, holder: str, record: str) -> str:
    """One missing object, as a person reads it."""
    return f"MISSING  {record or holder}  object {blob_id}"


COMMANDS = (recover,)
