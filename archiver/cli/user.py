"""`archiver user`: people who sign in, and their roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archiver.access import Act, RestrictedClass, Role
from archiver.cli.schedule import read_day
from archiver.cli.session import command
from archiver.restricting import grant, take_back
from search.query_dates import end_of
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
    document = [
        {
            "id": one.actor,
            "name": one.name,
            "role": one.role.value,
            "grants": sorted(one.grants),
            "closed": one.is_closed,
        }
        for one in found
    ]
    lines = [
        f"{one.actor}  {one.name} ({one.role.value})"
        + (f", may see {', '.join(sorted(one.grants))}" if one.grants else "")
        + (", closed" if one.is_closed else "")
        for one in found
    ]
    session.show(document, "\n".join(lines) or "No users yet; add one with: archiver user add NAME --role ROLE")


@user.command("token")
@click.argument("name")
@command
def new_token(session: Session, name: str) -> None:
    """Make a user's token anew, where it was lost or seen by others; the one before ends at once."""
    who = session.principal(Act.ADD_USERS)
    made = session.installation.users.renew_token(name, actor=who.actor)
    document = {"id": made.id, "name": made.name, "role": made.role.value, "token": made.token}
    session.show(document, f"{made.id}  {made.name} ({made.role.value})\ntoken: {made.token}")


@user.command("close")
@click.argument("name")
@command
def close(session: Session, name: str) -> None:
    """Take a user's token, web sessions and grants away, as of who has left. What was done stays under the name."""
    who = session.principal(Act.ADD_USERS)
    closed = session.installation.users.close(name, actor=who.actor)
    document = {"id": closed.actor, "name": closed.name, "role": closed.role.value, "closed": True}
    session.show(document, f"{closed.name} ({closed.role.value}) can no longer sign in or act")


@user.command("grant")
@click.argument("name")
@click.option("--class", "of", type=click.Choice([one.value for one in RestrictedClass]), required=True)
@click.option("--until", metavar="DATE", help="The last day of the grant, in the archive's zone; default: no end.")
@command
def grant_class(session: Session, name: str, of: str, until: str | None) -> None:
    """Let an officer, reviewer or approver see the records of a restricted class."""
    who = session.principal(Act.GRANT)
    end = None if until is None else end_of(read_day(until), session.installation.archive.zone)
    document = grant(session.installation, who, name, RestrictedClass(of), end)
    session.show(document, f"{document['user']} may see the class {of}{'' if until is None else f' until {until}'}")


@user.command("revoke")
@click.argument("name")
@click.option("--class", "of", type=click.Choice([one.value for one in RestrictedClass]), required=True)
@command
def revoke_class(session: Session, name: str, of: str) -> None:
    """Take a grant back; from the next search on its records are hidden again."""
    document = take_back(session.installation, session.principal(Act.GRANT), name, RestrictedClass(of))
    session.show(document, f"{document['user']} may no longer see the class {of}")


COMMANDS = (user,)
