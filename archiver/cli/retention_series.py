"""`archiver retention assign`, `suggestions` and `unscheduled`: series given by people, and records without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.cli.session import command
from archiver.explaining import assign_series, explained_text
from archiver.suggesting_series import refuse_unsuggested_series, suggest_series
from archiver.unscheduled import list_unscheduled

if TYPE_CHECKING:
    from archiver.cli.session import Session

_SHOWN = 100


@click.command("assign")
@click.argument("record_id", metavar="ID")
@click.argument("series_id", metavar="SERIES")
@click.option("--why", required=True, metavar="TEXT", help="Why it belongs there.")
@click.option("--further", is_flag=True, help="Beside the series that it is in: the longest minimum counts.")
@click.option("--suggested", is_flag=True, help="Take a suggestion: refused where the series is not suggested.")
@command
def assign(session: Session, record_id: str, series_id: str, why: str, *, further: bool, suggested: bool) -> None:
    """Put a record into a SERIES of a current schedule by hand; rules of the schedule do not take it back."""
    who = session.principal(Act.KEEP_FACTS)
    if suggested:
        refuse_unsuggested_series(suggest_series(session.installation, who, record_id), series_id)
    document = assign_series(
        session.installation, who, record_id, series_id, why=why, further=further, suggested=suggested
    )
    session.show(document, explained_text(document))


@click.command("suggestions")
@click.argument("record_id", metavar="ID")
@command
def suggestions(session: Session, record_id: str) -> None:
    """List series that records of the same conversation or correspondents are in; nothing is assigned by it.

    Looking is an event in the ledger.
    """
    who = session.principal(Act.KEEP_FACTS)
    found = suggest_series(session.installation, who, record_id)
    lines = [f"{one['series']}  of {one['why']}: {one['records']:,} in it" for one in found]
    if found:
        lines.append(f"Take one with: archiver retention assign {record_id} SERIES --suggested --why TEXT")
    session.show({"suggestions": found}, "\n".join(lines) or "No record beside this one suggests a series.")


@click.command("unscheduled")
@command
def unscheduled(session: Session) -> None:
    """List records without a series, and which rule could not be judged; they are never destroyed."""
    who = session.principal(Act.EVALUATE)
    found = list_unscheduled(session.installation, who)
    lines = [f"{one['id']}  {one['since']}  {one['why']}" for one in found[:_SHOWN]]
    if len(found) > _SHOWN:
        lines.append(f"... and {len(found) - _SHOWN:,} more; --json lists all")
    doubts = sum(one["in_doubt"] for one in found)
    if found:
        lines.append(f"{len(found):,} records without a series, {doubts:,} of which a rule could not be judged")
    document = {"total": len(found), "in_doubt": doubts, "records": found}
    session.show(document, "\n".join(lines) or "Every record has a series.")
