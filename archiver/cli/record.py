"""`archiver record`: one record shown, exported with its proof, and where it has been."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.bagging import export_bag
from archiver.cli.progress import counting
from archiver.cli.record_links import link, suggestions, unlink
from archiver.cli.session import command, exit_with
from archiver.destroyed_view import destroyed_text
from archiver.exporting import all_record_ids, export_record, export_records
from archiver.listing import HELD, list_records
from archiver.listing import as_text as as_list_line
from archiver.problems import Exit
from archiver.reading import custody, show_record
from archiver.receipt_forms import as_text as as_text_receipt
from archiver.receipts import receipt
from archiver.record_view import as_text
from archiver.searching import not_looked_into, search_ids
from storage.errors import InvalidInput
from storage.records import RecordState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archiver.cli.session import Session
    from archiver.exporting import ExportReport

_STATES = (*(state.value for state in RecordState), HELD)


@click.group("record")
def record() -> None:
    """One record: what it says, where it came from, its proof."""


@record.command("show")
@click.argument("record_id", metavar="ID")
@click.option("--boxes", is_flag=True, help="With --json: every line read in pictures, with its place.")
@command
def show(session: Session, record_id: str, *, boxes: bool) -> None:
    """Show a record, or what is left of a destroyed one. Looking at it is an event in the ledger."""
    who = session.principal(Act.READ_RECORD)
    document = show_record(session.installation, who, record_id, boxes=boxes)
    gone = document["state"] not in (RecordState.ACTIVE.value, "held")
    session.show(document, destroyed_text(document) if gone else as_text(document))


@record.command("export")
@click.argument("record_ids", metavar="[ID]...", nargs=-1)
@click.option("--to", "folder", type=click.Path(path_type=Path), required=True, help="New or empty folder.")
@click.option("--all", "export_all", is_flag=True, help="Export every active record.")
@click.option("--query", metavar="QUERY", help="Export every record that this search finds.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["folder", "bagit"]),
    default="folder",
    show_default=True,
    help="Plain folders, or one bag (RFC 8493) with PREMIS events.",
)
@command
def export(
    session: Session, record_ids: tuple[str, ...], folder: Path, query: str | None, form: str, *, export_all: bool
) -> None:
    """Write records' components byte for byte, with metadata and a signed proof.

    Several IDs, --query or --all get a folder each, named by the record's id. Exit status 6 where one could not
    be exported, 3 where there was none. Check what was written anywhere with: archiver verify bundle DIR --key FILE
    """
    if [bool(record_ids), export_all, query is not None].count(True) != 1:
        raise InvalidInput("give the ids of the records to export, or --query QUERY, or --all")
    who = session.principal(Act.EXPORT)
    if len(record_ids) == 1 and form == "folder":
        done = export_record(session.installation, who, record_ids[0], folder.absolute())
        lines = [f"{one['sha256']}  {one['file']}" for one in done["files"]]
        session.show(done, "\n".join([*lines, f"metadata.json and proof.json beside them in {done['folder']}"]))
        return
    installation = session.installation
    total = None
    if export_all:
        with installation.archive.store.read() as connection:
            total = installation.archive.catalogue.count(connection, RecordState.ACTIVE)
        chosen: Iterable[str] = all_record_ids(installation)
    elif query is not None:
        coverage, chosen = search_ids(installation, who, query)
        for one in not_looked_into(coverage):
            session.note(one)
    else:
        chosen = dict.fromkeys(record_ids)
        total = len(chosen)
    write = export_bag if form == "bagit" else export_records
    with counting(session, "Exporting") as progress:
        report = write(installation, who, chosen, folder.absolute(), lambda done: progress(done, total))
    _show_report(session, report)


def _show_report(session: Session, report: ExportReport) -> None:
    lines = [f"{one['record']}: {one['reason']}" for one in report.failed]
    lines.append(f"{report.exported:,} records, {report.files:,} files, {report.bytes:,} bytes in {report.folder}")
    session.show(report.to_json(), "\n".join(lines))
    if report.failed:
        exit_with(Exit.FINDINGS)
    if not report.exported:
        session.note("Nothing there is to export: no record was chosen by that.")
        exit_with(Exit.NOT_FOUND)


@record.command("receipt")
@click.argument("submission_id", metavar="SUBMISSION")
@command
def show_receipt(session: Session, submission_id: str) -> None:
    """Print the receipt of a submission; the same as `archiver receipt SUBMISSION`."""
    who = session.principal(Act.READ_RECORD)
    document = receipt(session.installation, who, submission_id)
    session.show(document, as_text_receipt(document))


@record.command("custody")
@click.argument("record_id", metavar="ID")
@command
def show_custody(session: Session, record_id: str) -> None:
    """List every event of a record, from its deposit on."""
    who = session.principal(Act.READ_RECORD)
    events = custody(session.installation, who, record_id)
    lines = [
        f"{one['position']:>8}  {one['at']}  {one['kind']:<24}{one['actor']}"
        + (f"  (container {one['container']})" if one["container"] else "")
        for one in events
    ]
    session.show(events, "\n".join(lines))


@record.command("list")
@click.option("--state", type=click.Choice(_STATES), help="Only records in this state.")
@command
def show_list(session: Session, state: str | None) -> None:
    """List all records: id, kind, capture time, series, state; of what adds to an earlier record, to which."""
    who = session.principal(Act.READ_RECORD)
    documents = list(list_records(session.installation, who, state=state))
    lines = [as_list_line(one) for one in documents]
    session.show(documents, "\n".join(lines) or "No records yet; take some in with: archiver ingest PATH")


for one in (link, unlink, suggestions):
    record.add_command(one)

COMMANDS = (record,)
