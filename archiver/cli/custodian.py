"""`archiver custodian`: the employees whose records are kept, and the addresses by which they are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.cli.session import command
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from datetime import datetime

    from archiver.cli.session import Session
    from storage.records import Custodian


@click.group("custodian")
def custodian() -> None:
    """Employees whose records are kept."""


def _document(one: Custodian) -> dict[str, object]:
    schools = [
        {"school": each.school, "since": None if each.since is None else each.since.isoformat()} for each in one.schools
    ]
    return {
        "id": one.id,
        "name": one.name,
        "addresses": list(one.addresses),
        "since": one.since.isoformat(),
        "schools": schools,
    }


def _line(one: Custodian) -> str:
    schools = "; ".join(
        each.school + (f" since {each.since}" if each.since is not None else "") for each in one.schools
    )
    return f"{one.id}  {one.name}  {', '.join(one.addresses)}" + (f"  ({schools})" if schools else "")


@custodian.command("add")
@click.argument("address")
@click.option("--name", required=True, help="The employee's name.")
@click.option(
    "--also",
    multiple=True,
    metavar="ADDRESS",
    help="Another address of his, such as a personal one, or a telephone number.",
)
@click.option("--school", help="Where he works, for school: in searches.")
@command
def add(session: Session, address: str, name: str, also: tuple[str, ...], school: str | None) -> None:
    """Add a custodian by his ADDRESS at work; give the personal ones that he forwards from with --also.

    So too the numbers of his telephones, by which exported messages name him: --also "+1 503 555 0123".
    """
    if not name.strip():
        raise InvalidInput("the name of a custodian cannot be empty; give it with --name")
    who = session.principal(Act.ADD_USERS)
    added = session.installation.archive.custodians.add(address, name=name, also=also, school=school, actor=who.actor)
    session.show(_document(added), _line(added))


@custodian.command("set")
@click.argument("address")
@click.option("--school", required=True, help="Where he works.")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    help="His first day there; without it, he worked there at all times, whatever was said before.",
)
@command
def change(session: Session, address: str, school: str, since: datetime | None) -> None:
    """Say where the custodian with this ADDRESS works.

    His records are found by school: as it was on their day, so one who moves keeps the school that he had before.
    """
    who = session.principal(Act.ADD_USERS)
    day = None if since is None else since.date()
    changed = session.installation.archive.custodians.work_at(address, school, since=day, actor=who.actor)
    session.show(_document(changed), _line(changed))


@custodian.command("list")
@command
def list_custodians(session: Session) -> None:
    """List all custodians."""
    session.principal(Act.ADD_USERS)
    archive = session.installation.archive
    with archive.store.read() as connection:
        found = archive.custodians.list(connection)
    lines = [_line(one) for one in found]
    empty = "No custodians yet; add one with: archiver custodian add ADDRESS --name NAME"
    session.show([_document(one) for one in found], "\n".join(lines) or empty)


COMMANDS = (custodian,)
