"""`archiver participant`: who takes part in exported conversations, and who that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from archiver.access import Act
from archiver.cli.progress import counting
from archiver.cli.session import command
from archiver.participants import link_participant, list_participants, show_participant, unlink_participant

if TYPE_CHECKING:
    from archiver.cli.session import Session

_SHOWN = 1_000


@click.group("participant")
def participant() -> None:
    """People in exported conversations, by the names that the platforms give them, and who they are."""


@participant.command("list")
@click.option("--unresolved", is_flag=True, help="Only those of whom nobody knows who they are.")
@click.option("--platform", metavar="P", help="Only those of this platform, such as whatsapp.")
@command
def list_them(session: Session, platform: str | None, *, unresolved: bool) -> None:
    """List every handle that was met in exports, with who it is. Looking at it is an event in the ledger."""
    who = session.principal(Act.READ_RECORD)
    with counting(session, "Reading") as progress:
        found = list_participants(
            session.installation, who, unresolved=unresolved, platform=platform, progress=progress
        )
    left = sum(one["how"] is None for one in found)
    lines = [line for one in found[:_SHOWN] for line in _lines(one)]
    if len(found) > _SHOWN:
        lines.append(f"... and {len(found) - _SHOWN:,} more; --json lists all")
    if found:
        lines.append(f"{len(found):,} handles, {left:,} of them unresolved")
    empty = "Every handle is resolved." if unresolved else "No conversation has participants yet."
    session.show({"participants": found, "unresolved": left}, "\n".join(lines) or empty)


@participant.command("show")
@click.argument("handle_id", metavar="ID")
@command
def show(session: Session, handle_id: str) -> None:
    """Show one handle and the records in which it is. Looking at it is an event in the ledger."""
    who = session.principal(Act.READ_RECORD)
    _show(session, show_participant(session.installation, who, handle_id))


@participant.command("link")
@click.argument("handle_id", metavar="ID")
@click.option("--custodian", metavar="ADDRESS", help="It is the custodian with this address.")
@click.option("--name", metavar="NAME", help="It is the person of this full name, who is no custodian.")
@click.option("--address", metavar="ADDRESS", help="With --name: an address or telephone number of the person.")
@command
def link(session: Session, handle_id: str, custodian: str | None, name: str | None, address: str | None) -> None:
    """Say who a handle is. Old and new records show the name beside it from then on, and stay as they are.

    It is an event in the ledger; take it back with: archiver participant unlink ID
    """
    who = session.principal(Act.LINK_PARTICIPANT)
    document = link_participant(session.installation, who, handle_id, custodian=custodian, name=name, address=address)
    _show(session, document)


@participant.command("unlink")
@click.argument("handle_id", metavar="ID")
@command
def unlink(session: Session, handle_id: str) -> None:
    """Take back what was said with `participant link`. It is an event in the ledger."""
    who = session.principal(Act.LINK_PARTICIPANT)
    _show(session, unlink_participant(session.installation, who, handle_id))


def _show(session: Session, document: dict[str, Any]) -> None:
    lines = _lines(document | {"records": len(document["records"])})
    lines += [f"record   {one['id']}  {one['day'] or 'without a date'}" for one in document["records"][:_SHOWN]]
    if len(document["records"]) > _SHOWN:
        lines.append(f"... and {len(document['records']) - _SHOWN:,} more; --json lists all")
    session.show(document, "\n".join(lines))


def _lines(one: dict[str, Any]) -> list[str]:
    days = "" if one["first_day"] is None else f", {' to '.join(dict.fromkeys((one['first_day'], one['last_day'])))}"
    count = "1 record" if one["records"] == 1 else f"{one['records']:,} records"
    lines = [f"{one['id']}  {one['platform'] or '-'}  {one['handle']}  ({count}{days}, exports of {one['of']})"]
    if one["how"] is not None:
        address = f" <{one['address']}>" if one["address"] else ""
        lines.append(f"    is {one['name']}{address}, {one['how']}")
    elif one["suggestion"] is not None:
        lines.append(
            f"    perhaps {one['suggestion']['name']} <{one['suggestion']['custodian']}>: {one['suggestion']['why']}"
        )
    else:
        lines.append("    unresolved")
    return lines


COMMANDS = (participant,)
