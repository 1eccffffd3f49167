"""`archiver frozen`: what a search found at one moment, kept and signed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.cli.progress import counting
from archiver.cli.session import command, exit_with
from archiver.frozen_sets import (
    SIDES,
    compare_frozen,
    compared_ids,
    freeze,
    frozen_ids,
    frozen_text,
    list_frozen,
    show_frozen,
    verify_frozen,
)
from archiver.frozen_writing import export_frozen
from archiver.problems import Exit
from archiver.searching import not_looked_into
from storage.records import RecordState

if TYPE_CHECKING:
    from archiver.cli.session import Session


@click.group("frozen")
def frozen() -> None:
    """Frozen results: what a search found at one moment, kept as it was."""


@frozen.command("make")
@click.argument("query", required=False)
@click.option("--saved", metavar="NAME", help="Run this saved search instead of a query.")
@click.option("--title", metavar="TEXT", help="What the set is for.")
@command
def make(session: Session, query: str | None, saved: str | None, title: str | None) -> None:
    """Search once and keep every id that is found, with how complete the search was."""
    who = session.principal(Act.WORK_SEARCHES)
    with counting(session, "records found") as progress:
        document = freeze(session.installation, who, query, saved=saved, title=title, progress=progress)
    session.show(document, frozen_text(document))
    for line in not_looked_into(document["coverage"]):
        session.note(line)


@frozen.command("list")
@command
def list_all(session: Session) -> None:
    """List the sets that you may see."""
    found = list_frozen(session.installation, session.principal(Act.WORK_SEARCHES))
    lines = [
        f"{one['id']}  {one['made_at_local'][:16]}  {one['total']:>9,}  {one['title'] or one['query']}" for one in found
    ]
    session.show(found, "\n".join(lines) or "Nothing is frozen yet; do it with: archiver frozen make QUERY")


@frozen.command("show")
@click.argument("set_id", metavar="ID")
@command
def show(session: Session, set_id: str) -> None:
    """Show a set: how it was found, and what became of its records since."""
    document = show_frozen(session.installation, session.principal(Act.WORK_SEARCHES), set_id)
    session.show(document, frozen_text(document))


@frozen.command("ids")
@click.argument("set_id", metavar="ID")
@click.option("--state", type=click.Choice([one.value for one in RecordState]), help="Only records in this state now.")
@click.option("--states", is_flag=True, help="Beside each id what the record is now.")
@command
def ids(session: Session, set_id: str, state: str | None, *, states: bool) -> None:
    """Print every id of a set, one a line, sorted, with no limit."""
    who = session.principal(Act.WORK_SEARCHES)
    for record_id, present in frozen_ids(session.installation, who, set_id, state):
        click.echo(f"{record_id}\t{present}" if states else record_id)


@frozen.command("compare")
@click.argument("first", metavar="ID")
@click.argument("second", metavar="OTHER")
@click.option("--ids", "side", type=click.Choice(SIDES), help="Print the ids that only one set has, or both.")
@command
def compare(session: Session, first: str, second: str, side: str | None) -> None:
    """Say what two sets have in common and what only one of them has."""
    who = session.principal(Act.WORK_SEARCHES)
    if side is not None:
        for record_id, _ in compared_ids(session.installation, who, first, second, side):
            click.echo(record_id)
        return
    document = compare_frozen(session.installation, who, first, second)
    lines = [
        f"{document['only_first']:>9,}  only in {first}",
        f"{document['only_second']:>9,}  only in {second}",
        f"{document['both']:>9,}  in both",
    ]
    session.show(document, "\n".join(lines))


@frozen.command("export")
@click.argument("set_id", metavar="ID")
@click.option("--to", "folder", type=click.Path(path_type=Path), required=True, help="Folder for the files.")
@click.option("--proofs", is_flag=True, help="Also a proof for each record that it is in the ledger; at most 10,000.")
@command
def export(session: Session, set_id: str, folder: Path, *, proofs: bool) -> None:
    """Write a set as files: the signed document, the ids, and what each record is now."""
    who = session.principal(Act.WORK_SEARCHES)
    with counting(session, "records written") as progress:
        document = export_frozen(session.installation, who, set_id, folder, proofs=proofs, progress=progress)
    lines = [*document["files"], f"check it with: archiver verify bundle {folder} --key FILE"]
    session.show(document, "\n".join(lines))


@frozen.command("verify")
@click.argument("set_id", metavar="ID")
@command
def verify(session: Session, set_id: str) -> None:
    """Check that a set is what was frozen, by its digests and its leaf. Exit status 6 where it is not."""
    document = verify_frozen(session.installation, session.principal(Act.WORK_SEARCHES), set_id)
    good = f"{document['total']:,} ids are those that were frozen"
    bound = "the ledger binds them" if document["bound"] else "what the ledger said of them was lost in a restore"
    session.show(document, "\n".join(f"FAULT  {one}" for one in document["faults"]) or f"{good}; {bound}")
    if document["faults"]:
        exit_with(Exit.FINDINGS)


COMMANDS = (frozen,)
