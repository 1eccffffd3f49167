"""`archiver report`: how late messages were captured, and what was handed in for an employee."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.capture_lag import LIMIT_DAYS, LagQuestion, as_text, capture_lag
from archiver.cli.progress import counting
from archiver.cli.schedule import read_day
from archiver.cli.session import command, printable
from archiver.handed_in import as_text as statement_text
from archiver.handed_in import owner_of, render, statement
from archiver.receipts import ReceiptForm
from storage.errors import Conflict, InvalidInput
from storage.files import write_pieces

if TYPE_CHECKING:
    from archiver.cli.session import Session

_ENDINGS = {".json": ReceiptForm.JSON, ".html": ReceiptForm.HTML, ".htm": ReceiptForm.HTML, ".txt": ReceiptForm.TEXT}
_LONGEST_LIMIT = 36_500


@click.group("report")
def report() -> None:
    """Reports about what was captured."""


@report.command("capture-lag")
@click.option(
    "--days", type=click.IntRange(0, _LONGEST_LIMIT), default=LIMIT_DAYS, show_default=True, help="Days allowed."
)
@click.option("--working-days", "working", is_flag=True, help="Count Monday to Friday without [agency] holidays.")
@click.option("--custodian", "address", metavar="ADDRESS", help="Only this custodian's records.")
@command
def show_capture_lag(session: Session, days: int, working: bool, address: str | None) -> None:  # noqa: FBT001 - click
    """Show by custodian how many records were captured later than allowed after their message was sent."""
    who = session.principal(Act.READ_RECORD)
    installation = session.installation
    owner = None if address is None else owner_of(installation, who, address)
    question = LagQuestion(limit=days, working=working, custodian_id=owner)
    done = 0
    with counting(session, "Looking at records") as progress:

        def count(records: int) -> None:
            nonlocal done
            done += records
            progress(done, None)

        document = capture_lag(installation, who, question, count)
    session.show(document, as_text(document))


@report.command("statement")
@click.argument("custodian")
@click.option("--to", type=click.Path(path_type=Path), help="New file; its ending .html, .txt or .json says the form.")
@click.option("--format", "form", type=click.Choice([one.value for one in ReceiptForm]), help="Default: text.")
@click.option("--from", "first", metavar="DATE", help="First day, in the archive's zone.")
@click.option("--until", "last", metavar="DATE", help="Last day, included.")
@command
def show_statement(
    session: Session, custodian: str, to: Path | None, form: str | None, first: str | None, last: str | None
) -> None:
    """List all that was handed in for an employee: when, how, its outcome, reference and digest."""
    who = session.principal(Act.READ_RECORD)
    installation = session.installation
    document = statement(
        installation,
        who,
        owner_of(installation, who, custodian),
        first=None if first is None else read_day(first),
        last=None if last is None else read_day(last),
    )
    chosen = None if form is None else ReceiptForm(form)
    if to is not None:
        if to.exists():
            raise Conflict(f"{to} is there already; give the name of a new file")
        written = chosen or _ENDINGS.get(to.suffix.lower())
        if written is None:
            raise InvalidInput(f"the name {to} does not say the form; end it in .html, .txt or .json, or give --format")
        write_pieces(to, [render(document, written)])
        count = len(document["submissions"])
        session.show({"file": str(to), "submissions": count}, f"{count:,} submissions in {to}")
    elif chosen is None or session.as_json:
        session.show(document, statement_text(document))
    else:
        click.echo(printable(render(document, chosen).decode()), nl=False)


COMMANDS = (report,)
