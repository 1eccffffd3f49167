"""`archiver person`: whom records are about, apart from the custodians whose records they are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archiver.access import Act
from archiver.cli.progress import counting
from archiver.cli.schedule import read_day
from archiver.cli.session import command, exit_with
from archiver.person_roles import role_text
from archiver.persons import (
    LARGEST_ROSTER,
    add_person,
    as_text,
    import_roster,
    list_persons,
    set_role,
    show_person,
)
from archiver.problems import Exit
from retention.roles import HeldRole
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

    Its first line names the columns: ref, and kind, name (or first name, last name), born, custodian (or email);
    for roles that were held: role, from, until, one line for each.
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
    told = ", ".join(f"{document[one]:,} {one}" for one in ("added", "changed", "unchanged", "failed", "roles"))
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
    session.show(document, _shown(document))


@person.command("role")
@click.argument("ref")
@click.argument("role")
@click.option("--from", "since", metavar="DATE", help="The first day; without it he always held it.")
@click.option("--until", metavar="DATE", help="The last day; without it he still holds it.")
@click.option("--wrong", is_flag=True, help="Take it back: it was recorded with these days, and was not so.")
@command
def role(session: Session, ref: str, role: str, since: str | None, until: str | None, *, wrong: bool) -> None:
    """Record that a person held a ROLE, such as principal; rules of schedules ask for it by the day of a record.

    It counts where the person is a custodian: archiver person add REF --kind employee --custodian ADDRESS.
    """
    who = session.principal(Act.KEEP_FACTS)
    first, last = (None if day is None else read_day(day) for day in (since, until))
    held = HeldRole(role=role, since=first, until=last)
    document = set_role(session.installation, who, ref, held, wrong=wrong)
    if document["custodian"] is None:
        session.note("The person is no custodian, so no record is his; name his address: archiver person add")
    session.show(document, _shown(document))


def _shown(document: dict[str, Any]) -> str:
    roles = [role_text(one) for one in document["roles"]]
    records = [f"record  {one}" for one in document["record_ids"][:_SHOWN]]
    return "\n".join([as_text(document), *roles, *records])


def _read(roster: Path) -> bytes:
    try:
        with roster.open("rb") as file:
            return file.read(LARGEST_ROSTER + 1)
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {roster}") from error
    except OSError as error:
        raise InvalidInput(f"{roster} cannot be read: {error.strerror}") from error


COMMANDS = (person,)
