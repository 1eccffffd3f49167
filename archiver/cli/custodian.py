"""`archiver custodian`: the employees whose records are kept, and the addresses by which they are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.cli.session import command
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from archiver.cli.session import Session
    from storage.records import Custodian


@click.group("custodian")
def custodian() -> None:
    """Employees whose records are kept."""


def _document(one: Custodian) -> dict[str, object]:
    return {"id": one.id, "name": one.name, "addresses": list(one.addresses), "since": one.since.isoformat()}


@custodian.command("add")
@click.argument("address")
@click.option("--name", required=True, help="The employee's name.")
@click.option(
    "--also",
    multiple=True,
    metavar="ADDRESS",
    help="Another address of his, such as a personal one, or a telephone number.",
)
@command
def add(session: Session, address: str, name: str, also: tuple[str, ...]) -> None:
    """Add a custodian by his ADDRESS at work; give the personal ones that he forwards from with --also.

    So too the numbers of his telephones, by which exported messages name him: --also "+1 503 555 0123".
    """
    if not name.strip():
        raise InvalidInput("the name of a custodian cannot be empty; give it with --name")
    who = session.principal(Act.ADD_USERS)
    added = session.installation.archive.custodians.add(address, name=name, also=also, actor=who.actor)
    session.show(_document(added), f"{added.id}  {added.name}  {', '.join(added.addresses)}")


@custodian.command("list")
@command
def list_custodians(session: Session) -> None:
    """List all custodians."""
    session.principal(Act.ADD_USERS)
    archive = session.installation.archive
    with archive.store.read() as connection:
        found = archive.custodians.list(connection)
    lines = [f"{one.id}  {one.name}  {', '.join(one.addresses)}" for one in found]
    empty = "No custodians yet; add one with: archiver custodian add ADDRESS --name NAME"
    session.show([_document(one) for one in found], "\n".join(lines) or empty)


COMMANDS = (custodian,)
