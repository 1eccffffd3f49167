"""`archiver event`: what happened to records, persons, cases, accounts and series, for their retention."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.cli.schedule import read_day
from archiver.cli.session import command
from archiver.supplying import add_event, event_text, list_events, withdraw_event
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from archiver.cli.session import Session

_ABOUT = {
    "record": ("ID", "It happened to this record."),
    "series": ("ID", "It happened to all records of this series."),
    "person": ("REF", "It happened to this person, or to the custodian with this address."),
    "case": ("REF", "It happened to this case."),
    "account": ("REF", "It happened to this account."),
}


def about_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of which one says what an event is about."""
    for name, (metavar, words) in reversed(_ABOUT.items()):
        function = click.option(f"--{name}", metavar=metavar, help=words)(function)
    return function


@click.group("event")
def event() -> None:
    """Events that retention depends on: dated, with a source; withdrawn, never deleted."""


@event.command("add")
@about_options
@click.option("--kind", required=True, metavar="KIND", help="What happened, as schedules say it: graduated, closed.")
@click.option("--date", "day", metavar="DATE", help="The day on which it happened.")
@click.option("--until", metavar="DATE", help="For what extends something, its end.")
@click.option("--source", metavar="TEXT", help="Where that was learned: a form, a register, a decision.")
@click.option("--value", metavar="WORD", help="In place of a date: KIND is a fact, and this is what is so.")
@click.option("--projected", is_flag=True, help="It is only expected; nothing becomes eligible by it.")
@click.option("--cannot-happen", is_flag=True, help="In place of a date: it cannot happen here.")
@command
def add(
    session: Session,
    kind: str,
    day: str | None,
    until: str | None,
    source: str | None,
    value: str | None,
    *,
    projected: bool,
    cannot_happen: bool,
    **about: str | None,
) -> None:
    """Record an event about a record, a series, a person, a case or an account; or a fact, such as copy or part.

    It counts for each record that is linked to whom it is about: archiver record link ID --person REF. The kinds
    created, received and provided confirm a date of a record.
    """
    who = session.principal(Act.KEEP_FACTS)
    if [day is not None, cannot_happen, value is not None].count(True) != 1:
        raise InvalidInput("give the day with --date, or --cannot-happen, or the --value of a fact")
    what, ref = _one(about)
    document = add_event(
        session.installation,
        who,
        about=what,
        ref=ref,
        kind=kind,
        day=None if day is None else read_day(day),
        until=None if until is None else read_day(until),
        source=source,
        projected=projected,
        value=value,
    )
    if not document["asked_for"]:
        session.note(f"No series of a current schedule asks for {kind}; the event is kept and moves nothing.")
    if document["later"]:
        session.note("The day lies in the future; record what is only expected with --projected.")
    session.show(document, event_text(document))


@event.command("list")
@about_options
@click.option("--withdrawn", is_flag=True, help="Also those that were withdrawn.")
@command
def list_them(session: Session, *, withdrawn: bool, **about: str | None) -> None:
    """List events, all or those about one thing. Looking at them is an event in the ledger."""
    who = session.principal(Act.KEEP_FACTS)
    what, ref = _one(about) if any(about.values()) else (None, "")
    found = list_events(session.installation, who, about=what, ref=ref, withdrawn=withdrawn)
    empty = "No events yet; record one with: archiver event add --record ID --kind KIND --date DATE"
    session.show(found, "\n".join(event_text(one) for one in found) or empty)


@event.command("withdraw")
@click.argument("event_id", metavar="ID")
@click.option("--why", required=True, metavar="TEXT", help="Why it was wrong.")
@command
def withdraw(session: Session, event_id: str, why: str) -> None:
    """Take an event back; it stays in the list of withdrawn ones and counts no more."""
    who = session.principal(Act.KEEP_FACTS)
    document = withdraw_event(session.installation, who, event_id, why=why)
    session.show(document, event_text(document))


def _one(about: dict[str, str | None]) -> tuple[str, str]:
    given = [(what, ref) for what, ref in about.items() if ref is not None]
    if len(given) != 1:
        raise InvalidInput("say what it is about with one of --record, --series, --person, --case, --account")
    return given[0]


COMMANDS = (event,)
