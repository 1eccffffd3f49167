"""`archiver person`: whom records are about, apart from the custodians whose records they are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.cli.progress import counting
from archiver.cli.schedule import read_day
from archiver.cli.session import command, exit_with
from archiver.persons import LARGEST_ROSTER, add_person, as_text, import_roster, list_persons, show_person
from archiver.problems import Exit
from retention.subjects import SubjectClass
from storage.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from archiver.cli.session import Session

_SHOWN = 1_000


@click.group("person")
def person() -> None:
    """Persons whom records are about: students, employees and others of whom a register keeps a reference."""


@person.command("add")
@click.argument("ref")
@click.option("--kind", required=True, metavar="KIND", help="What he is: student, employee, or another word.")
@click.option("--name", metavar="NAME", help="His full name; it is only used for suggestions.")
@click.option("--born", metavar="DATE", help="The day of birth, for series that ask for an age.")
@click.option("--custodian", metavar="ADDRESS", help="He is the custodian with this address.")
@command
def add(session: Session, ref: str, kind: str, name: str | None, born: str | None, custodian: str | None) -> None:
    """Add the person whose reference in your register is REF, or add to what is known of him."""
    who = session.principal(Act.KEEP_FACTS)
    day = None if born is None else read_day(born)
    document = add_person(session.installation, who, ref, kind=kind, name=name, born=day, custodian=custodian)
    session.show(document, f"{as_text(document)}  ({document['outcome']})")


@person.command("import")
@click.argument("roster", metavar="FILE.csv", type=click.Path(path_type=Path))
@click.option("--kind", metavar="KIND", help="What those are whose line says nothing.")
@click.option("--dry-run", is_flag=True, help="Say which lines cannot be taken, and take none.")
@command
def import_them(session: Session, roster: Path, kind: str | None, *, dry_run: bool) -> None:
    """Add the persons of a roster in CSV, UTF-8; the same roster again changes nothing.

    Its first line names the columns: ref, and kind, name (or first name, last name), born, custodian (or email).
    Exit status 6 where a line could not be taken.
    """
    who = session.principal(Act.KEEP_FACTS)
    done = 0
    with counting(session, "Importing") as progress:

        def count(lines: int) -> None:
            nonlocal done
            done += lines
            progress(done, None)

        report = import_roster(session.installation, who, _read(roster), kind=kind, dry_run=dry_run, progress=count)
    document = report.to_json() | {"dry_run": dry_run}
    lines = [f"line {one['line']}: {one['reason']}" for one in report.problems]
    told = ", ".join(f"{document[one]:,} {one}" for one in ("added", "changed", "unchanged", "failed"))
    lines.append(f"{report.left_out:,} lines cannot be taken; nothing was imported" if dry_run else told)
    if report.unknown_columns:
        session.note(f"Columns that are not known and were left out: {report.unknown_columns}")
    session.show(document, "\n".join(lines))
    if report.left_out:
        exit_with(Exit.FINDINGS)


@person.command("list")
@click.option("--all", "everything", is_flag=True, help="Cases and accounts too.")
@command
def list_them(session: Session, *, everything: bool) -> None:
    """List everybody, oldest first, with the number of his records. Looking at them is an event in the ledger."""
    who = session.principal(Act.KEEP_FACTS)
    found = list_persons(session.installation, who, about=None if everything else SubjectClass.PERSON)
    lines = [as_text(one) for one in found[:_SHOWN]]
    if len(found) > _SHOWN:
        lines.append(f"... and {len(found) - _SHOWN:,} more; --json lists all")
    empty = "No persons yet; add one with: archiver person add REF --kind KIND"
    session.show(found, "\n".join(lines) or empty)


@person.command("show")
@click.argument("ref")
@click.option(
    "--about",
    type=click.Choice([one.value for one in SubjectClass]),
    default=SubjectClass.PERSON.value,
    show_default=True,
    help="What the reference is of.",
)
@command
def show(session: Session, ref: str, about: str) -> None:
    """Show one, and the records that are about him. Looking is an event in the ledger."""
    who = session.principal(Act.KEEP_FACTS)
    document = show_person(session.installation, who, SubjectClass(about), ref)
    lines = [as_text(document), *(f"record  {one}" for one in document["record_ids"][:_SHOWN])]
    session.show(document, "\n".join(lines))


def _read(roster: Path) -> bytes:
    try:
        with roster.open("rb") as file:
            return file.read(LARGEST_ROSTER + 1)
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {roster}") from error
    except OSError as error:
        raise InvalidInput(f"{roster} cannot be read: {error.strerror}") from error


COMMANDS = (person,)
