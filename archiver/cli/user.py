"""`archiver user`: people who sign in, and their roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archiver.access import Act, Role
from archiver.cli.session import command
from storage.errors import NotFound

if TYPE_CHECKING:
    from archiver.cli.session import Session


@click.group("user")
def user() -> None:
    """People who sign in or act in person."""


@user.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role if role is not Role.OPERATOR]), required=True)
@click.option("--custodian", "address", metavar="ADDRESS", help="For an employee: his address as custodian.")
@command
def add(session: Session, name: str, role: str, address: str | None) -> None:
    """Add a user and print his token, which is shown now and never again."""
    who = session.principal(Act.ADD_USERS)
    archive = session.installation.archive
    custodian_id = None
    if address is not None:
        with archive.store.read() as connection:
            custodian_id = archive.custodians.find(connection, address)
        if custodian_id is None:
            raise NotFound(f"no custodian has the address {address}; add one with: archiver custodian add")
    added = session.installation.users.add(name, Role(role), actor=who.actor, custodian_id=custodian_id)
    document = {"id": added.id, "name": added.name, "role": added.role.value, "token": added.token}
    session.show(document, f"{added.id}  {added.name} ({added.role.value})\ntoken: {added.token}")


@user.command("list")
@command
def list_users(session: Session) -> None:
    """List all users."""
    session.principal(Act.ADD_USERS)
    found = session.installation.users.list()
    document = [{"id": one.actor, "name": one.name, "role": one.role.value} for one in found]
    lines = [f"{one.actor}  {one.name} ({one.role.value})" for one in found]
    session.show(document, "\n".join(lines) or "No users yet; add one with: archiver user add NAME --role ROLE")


COMMANDS = (user,)
