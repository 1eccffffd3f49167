"""`archiver ingest`: files, mailboxes and folders into the archive, every item accounted for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.cli.progress import counting
from archiver.cli.session import command, exit_with, printable
from archiver.intake import Intake
from archiver.problems import Exit, problem_of
from ingest.channels.files import KINDS, find_items
from storage.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from archiver.cli.session import Session
    from archiver.intake import IntakeReport

_SHOWN_PROBLEMS = 20


@click.command("ingest")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@click.option("--custodian", "address", metavar="ADDRESS", help="Whose records these are; else each sender's.")
@click.option("--kind", type=click.Choice(KINDS), help="What the files are, where it cannot be detected.")
@click.option("--items", type=click.Path(path_type=Path), metavar="FILE.jsonl", help="Write one line per item.")
@click.option("--no-wait", is_flag=True, help="Return when everything is durable, before it is examined.")
@click.option("--dry-run", is_flag=True, help="Only count what would be taken.")
@command
def ingest(
    session: Session,
    paths: tuple[Path, ...],
    address: str | None,
    kind: str | None,
    items: Path | None,
    *,
    no_wait: bool,
    dry_run: bool,
) -> None:
    """Take in mails, mailboxes (mbox, Maildir) and folders of them.

    Every item seen gets one outcome: archived, duplicate, quarantined, failed. The command returns when all
    of it can be found by search. Running it again takes only what is not there yet.
    """
    who = session.principal(Act.SUBMIT)
    for path in paths:
        if not path.exists():
            raise NotFound(f"{path} does not exist; give the path of a file or folder", path=str(path))
    if dry_run:
        counted = sum(1 for one in find_items(paths, kind) if one.problem is None)
        session.show({"seen": counted, "dry_run": True}, f"{counted:,} items would be taken.")
        return
    archive = session.installation.archive
    custodian_id = None
    if address is not None:
        with archive.store.read() as connection:
            custodian_id = archive.custodians.find(connection, address)
        if custodian_id is None:
            raise NotFound(f"no custodian has the address {address}; add one with: archiver custodian add")
    if items is not None and not items.absolute().parent.is_dir():
        raise InvalidInput(f"the folder of {items} does not exist; --items names a file that can be written")
    with counting(session, "Archiving") as progress:
        intake = Intake(
            session.installation, actor=who.actor, submitter=who.name, custodian_id=custodian_id, progress=progress
        )
        report = intake.run(find_items(paths, kind), wait=not no_wait)
    if items is not None:
        with items.open("w", encoding="utf-8") as lines:
            lines.writelines(json.dumps(one.to_json(), ensure_ascii=False) + "\n" for one in report.items)
    document = report.to_json()
    session.show(document, _text(document))
    _finish(report)


def _text(document: dict[str, object]) -> str:
    counts = ", ".join(
        f"{document[name]:,} {name}"
        for name in ("archived", "duplicate", "quarantined", "failed", "waiting")
        if document[name]
    )
    lines = [f"{document['seen']:,} seen: {counts or 'nothing'}; {document['records']:,} records"]
    problems = document["problems"]
    assert isinstance(problems, list)
    lines += [printable(f"{one['outcome']}: {one['source']}: {one['reason']}") for one in problems[:_SHOWN_PROBLEMS]]
    if len(problems) > _SHOWN_PROBLEMS:
        lines.append(f"and {len(problems) - _SHOWN_PROBLEMS:,} more; --items FILE.jsonl lists every item")
    return "\n".join(lines)


def _finish(report: IntakeReport) -> None:
    if report.stopped_by is not None:
        click.echo(f"archiver: stopped: {report.stopped_by.message}", err=True)
        exit_with(problem_of(report.stopped_by).exit)
    if not report.items:
        click.echo("archiver: there is nothing to take in there", err=True)
        exit_with(Exit.NOT_FOUND)
    if report.count("failed") or report.count("quarantined"):
        exit_with(Exit.FINDINGS)


COMMANDS = (ingest,)
