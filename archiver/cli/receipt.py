"""`archiver receipt`: what the archive states about bytes that were handed in, signed and proved."""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.cli.progress import counting
from archiver.cli.session import command, exit_with, printable
from archiver.problems import Exit
from archiver.receipt_forms import as_text
from archiver.receipts import ReceiptForm, chosen_submissions, receipt, render, write_receipts
from storage.errors import Conflict, InvalidInput, NotFound
from storage.files import write_pieces

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archiver.access import Principal
    from archiver.cli.session import Session

_ENDINGS = {".html": ReceiptForm.HTML, ".htm": ReceiptForm.HTML, ".txt": ReceiptForm.TEXT}


@click.command("receipt")
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--to", type=click.Path(path_type=Path), help="New file, or a folder; a folder gets one file for each.")
@click.option(
    "--format", "form", type=click.Choice([one.value for one in ReceiptForm]), help="Default: text; in files json."
)
@click.option("--custodian", "address", metavar="ADDRESS", help="All submissions of this custodian.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only those received on this day or later.")
@command
def show_receipt(
    session: Session,
    ids: tuple[str, ...],
    to: Path | None,
    form: str | None,
    address: str | None,
    since: datetime | None,
) -> None:
    """Give the receipt of a submission, or of the one that a record was made of.

    The JSON form carries the proof; check it anywhere with: archiver verify bundle FILE --key KEY
    """
    who = session.principal(Act.READ_RECORD)
    batch = address is not None or since is not None
    if batch == bool(ids):
        raise InvalidInput("give the id of a submission or record, or --custodian ADDRESS, or --since DATE")
    chosen = None if form is None else ReceiptForm(form)
    if batch or len(ids) > 1 or (to is not None and to.is_dir()):
        if to is None:
            raise InvalidInput("several receipts go into a folder; name it with --to DIR")
        names = _of_custodian(session, address, since) if batch else dict.fromkeys(ids)
        _write_many(session, who, names, to, chosen or ReceiptForm.JSON)
        return
    document = receipt(session.installation, who, ids[0])
    if to is not None:
        if to.exists():
            raise Conflict(f"{to} is there already; give the name of a new file, or a folder")
        written = chosen or _ENDINGS.get(to.suffix.lower(), ReceiptForm.JSON)
        write_pieces(to, [render(document, written)])
        session.show({"submission": document["submission"], "file": str(to)}, f"{document['submission']}  {to}")
        return
    if chosen is None or session.as_json:
        session.show(document, as_text(document))
    else:
        click.echo(printable(render(document, chosen).decode()), nl=False)


def _of_custodian(session: Session, address: str | None, since: datetime | None) -> Iterable[str]:
    archive = session.installation.archive
    custodian_id = None
    if address is not None:
        with archive.store.read() as connection:
            custodian_id = archive.custodians.find(connection, address)
        if custodian_id is None:
            raise NotFound(f"no custodian has the address {address}; see: archiver custodian list")
    begin = None if since is None else datetime.combine(since.date(), time(), archive.zone)
    return chosen_submissions(session.installation, custodian_id, begin)


def _write_many(session: Session, who: Principal, names: Iterable[str], folder: Path, form: ReceiptForm) -> None:
    with counting(session, "Writing receipts") as progress:
        report = write_receipts(session.installation, who, names, folder, form, lambda done: progress(done, None))
    if not report.written and not report.failed:
        raise NotFound("nothing was handed in by this custodian in this time")
    lines = [f"{one['submission']}: {one['reason']}" for one in report.failed]
    lines.append(f"{report.written:,} receipts in {report.folder}")
    session.show(report.to_json(), "\n".join(lines))
    if report.failed:
        exit_with(Exit.FINDINGS)


COMMANDS = (show_receipt,)
