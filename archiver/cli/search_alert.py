"""`archiver alert`: searches that are asked again of whatever comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.cli.session import command
from archiver.search_alerts import PERIODS, add_alert, alert_text, list_alerts, show_alert, switch_alert
from archiver.search_alerts_looking import AlertLooking
from search.alerts import AlertState

if TYPE_CHECKING:
    from archiver.cli.session import Session


@click.group("alert")
def alert() -> None:
    """Alerts: a letter when something comes in that a search finds."""


@alert.command("add")
@click.argument("name")
@click.argument("query", required=False)
@click.option("--saved", metavar="NAME", help="The query of this saved search, as it is now.")
@click.option("--to", metavar="ADDRESS", help="Who is told.")
@click.option("--officer", "officers", is_flag=True, help="The officers that [alerts] of the settings names are told.")
@click.option(
    "--every",
    type=click.Choice(list(PERIODS)),
    default="day",
    show_default=True,
    help="At most one letter in this time.",
)
@command
def add(
    session: Session, name: str, query: str | None, saved: str | None, to: str | None, every: str, *, officers: bool
) -> None:
    """Be told by letter when records come in that a query finds.

    A letter has a count and a link, and nothing of a record. The alert finds what you may see, and looks at what
    comes in from now on; `archiver serve` looks once a minute, once the index has read it.
    """
    who = session.principal(Act.WORK_SEARCHES)
    document = add_alert(
        session.installation,
        who,
        name,
        query,
        saved=saved,
        to=to,
        officers=officers,
        every_hours=PERIODS[every],
    )
    session.show(document, alert_text(document))


@alert.command("list")
@click.option("--removed", is_flag=True, help="Also those that were removed.")
@command
def list_all(session: Session, *, removed: bool) -> None:
    """List your alerts, with how many records they found; without --as those of everybody."""
    found = list_alerts(session.installation, session.principal(Act.WORK_SEARCHES), removed=removed)
    text = "\n".join(alert_text(one) for one in found)
    session.show(found, text or "There are no alerts yet; set one with: archiver alert add NAME QUERY --to ADDRESS")


@alert.command("show")
@click.argument("alert_id", metavar="ID")
@command
def show(session: Session, alert_id: str) -> None:
    """Show an alert and the id of every record that it found."""
    document = show_alert(session.installation, session.principal(Act.WORK_SEARCHES), alert_id)
    session.show(document, "\n".join([alert_text(document), *document["records"]]))


@alert.command("pause")
@click.argument("alert_id", metavar="ID")
@command
def pause(session: Session, alert_id: str) -> None:
    """Pause an alert; what comes in meanwhile is looked at when it goes on."""
    _switch(session, alert_id, AlertState.PAUSED)


@alert.command("resume")
@click.argument("alert_id", metavar="ID")
@command
def resume(session: Session, alert_id: str) -> None:
    """Let a paused alert go on, from where it had looked up to."""
    _switch(session, alert_id, AlertState.ACTIVE)


@alert.command("remove")
@click.argument("alert_id", metavar="ID")
@command
def remove(session: Session, alert_id: str) -> None:
    """Remove an alert; what it found stays to be read."""
    _switch(session, alert_id, AlertState.REMOVED)


@alert.command("check")
@command
def check(session: Session) -> None:
    """Look for all alerts now, as `archiver serve` does by itself."""
    who = session.principal(Act.RUN)
    session.installation.follower().catch_up()
    found, letters = AlertLooking(session.installation, actor=who.actor).step()
    session.show({"found": found, "letters": letters}, f"{found:,} records found, {letters:,} letters written")


def _switch(session: Session, alert_id: str, state: AlertState) -> None:
    document = switch_alert(session.installation, session.principal(Act.WORK_SEARCHES), alert_id, state)
    session.show(document, f"{alert_id} is {document['state']}")


COMMANDS = (alert,)
