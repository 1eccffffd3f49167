"""`archiver disposition` of what is not destroyed: transfers with their packages and answers, what is kept, reviews."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.cli.progress import counting
from archiver.cli.schedule import read_day
from archiver.cli.session import command, exit_with
from archiver.disposition_view import batch_text
from archiver.keeping import keep_in_batch, keep_records, kept_records, reopen_records, reviews
from archiver.transfers import accept_batch, decline_batch, package_batch
from storage.identifiers import Prefix

if TYPE_CHECKING:
    from archiver.cli.session import Session

_WITH_FINDINGS = 6


@click.command("package")
@click.argument("batch_id", metavar="BATCH")
@click.option(
    "--to", "folder", required=True, metavar="DIR", type=click.Path(path_type=Path), help="New folder for it."
)
@command
def package(session: Session, batch_id: str, folder: Path) -> None:
    """Write the package of an approved transfer: a BagIt bag of its records with metadata, history and proofs.

    Each record that leaves is an event. What was interrupted goes on when the same is said again.
    """
    who = session.principal(Act.PROPOSE_DISPOSITION)
    with counting(session, "Packaging") as progress:
        document = package_batch(session.installation, who, batch_id, folder, progress=progress)
    lines = [f"{document['exported']:,} records, {document['bytes']:,} bytes in {document['folder']}"]
    lines += [f"NOT packaged: {one['record']}: {one['reason']}" for one in document["failed"]]
    lines.append(f"its recipient accepts it by the SHA-256 of manifest-sha256.txt: {document['manifest_sha256']}")
    session.show(document, "\n".join(lines))
    if document["failed"]:
        exit_with(_WITH_FINDINGS)


@click.command("accept")
@click.argument("batch_id", metavar="BATCH")
@click.option("--reference", required=True, metavar="TEXT", help="Where the acceptance is written.")
@click.option("--manifest", metavar="SHA256", help="The SHA-256 of manifest-sha256.txt that the recipient states.")
@click.option("--receipt", metavar="FILE", type=click.Path(path_type=Path), help="His receipt; its SHA-256 is kept.")
@click.option("--except", "declined", multiple=True, metavar="RECORD", help="A record that he declines; repeatable.")
@command
def accept(
    session: Session,
    batch_id: str,
    reference: str,
    manifest: str | None,
    receipt: Path | None,
    declined: tuple[str, ...],
) -> None:
    """Record that the recipient of a transfer accepted its last package; only then is our copy removed."""
    who = session.principal(Act.PROPOSE_DISPOSITION)
    document = accept_batch(
        session.installation,
        who,
        batch_id,
        reference=reference,
        manifest=manifest,
        receipt=receipt,
        declined=declined,
    )
    session.show(document, batch_text(document))


@click.command("decline")
@click.argument("batch_id", metavar="BATCH")
@click.option("--reference", required=True, metavar="TEXT", help="Where the answer is written.")
@command
def decline(session: Session, batch_id: str, reference: str) -> None:
    """Record that the recipient takes nothing of a transfer, with or without a package."""
    who = session.principal(Act.PROPOSE_DISPOSITION)
    document = decline_batch(session.installation, who, batch_id, reference=reference)
    session.show(document, batch_text(document))


@click.command("keep")
@click.argument("ids", metavar="[BATCH] RECORD...", nargs=-1, required=True)
@click.option("--reason", required=True, metavar="TEXT", help="Why; say nothing of what the records say.")
@command
def keep(session: Session, ids: tuple[str, ...], reason: str) -> None:
    """Keep records beyond their period, as a review decided; with BATCH they leave it.

    They are not proposed again while they are in the same series, until somebody says so with `reopen`.
    """
    who = session.principal(Act.PROPOSE_DISPOSITION)
    if ids[0].startswith(Prefix.DISPOSITION.value):
        document = keep_in_batch(session.installation, who, ids[0], ids[1:], reason=reason)
        session.show(document, batch_text(document))
        return
    document = keep_records(session.installation, who, ids, reason=reason)
    session.show(document, f"{len(document['kept']):,} records are kept")


@click.command("kept")
@command
def list_kept(session: Session) -> None:
    """List records that officers keep beyond their period, and why. Looking at them is an event."""
    who = session.principal(Act.SEE_DISPOSITIONS)
    found = kept_records(session.installation, who)
    lines = [f"{one['id']}  {one['series']}  since {one['at'][:10]}  {one['reason'] or '-'}" for one in found]
    session.show(found, "\n".join(lines) or "No record is kept by a decision of an officer")


@click.command("reopen")
@click.argument("ids", metavar="RECORD...", nargs=-1, required=True)
@click.option("--reason", required=True, metavar="TEXT", help="Why; say nothing of what the records say.")
@command
def reopen(session: Session, ids: tuple[str, ...], reason: str) -> None:
    """End what `keep` said of records: their schedule decides again."""
    who = session.principal(Act.PROPOSE_DISPOSITION)
    document = reopen_records(session.installation, who, ids, reason=reason)
    session.show(document, f"{len(document['reopened']):,} records may be proposed again")


@click.command("reviews")
@click.option("--today", metavar="DATE", help="The day; default: today.")
@click.option("--series", metavar="ID", help="Only records of this series.")
@command
def list_reviews(session: Session, today: str | None, series: str | None) -> None:
    """List records whose schedule asks an officer to review them and to put them into a series anew.

    Looking at them is an event. A record leaves the list by `archiver retention assign` or `archiver disposition keep`.
    """
    who = session.principal(Act.SEE_DISPOSITIONS)
    day = session.installation.retention.today() if today is None else read_day(today)
    found = reviews(session.installation, who, day, series_id=series)
    lines = [f"{one['id']}  {one['series']}  since {one['since']}" for one in found]
    session.show(found, "\n".join(lines) or "There is no record to review")


COMMANDS = (package, accept, decline, keep, list_kept, reopen, list_reviews)
