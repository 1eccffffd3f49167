"""`archiver retention`: what the schedule says of every record on a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.cli.progress import counting
from archiver.cli.retention_series import assign, suggestions, unscheduled
from archiver.cli.schedule import read_day
from archiver.cli.session import command, exit_with
from archiver.cli.simulate import simulate_command
from archiver.explaining import explain, explained_text, waiting
from archiver.problems import Exit

if TYPE_CHECKING:
    from archiver.cli.session import Session

_SHOWN = 100


@click.group("retention")
def retention() -> None:
    """What the records schedule says of the records."""


retention.add_command(simulate_command)
retention.add_command(assign)
retention.add_command(suggestions)
retention.add_command(unscheduled)


@retention.command("evaluate")
@click.option("--today", metavar="DATE", help="The day; later than today makes a forecast. Default: today.")
@click.option("--recompute", is_flag=True, help="First decide about every record anew, and compare.")
@command
def evaluate(session: Session, today: str | None, *, recompute: bool) -> None:
    """Decide about every record for a day; every record is listed or counted once. Nothing is destroyed.

    What did not change since the last run is read from a table. With --recompute it is not believed: every record is
    decided about anew, what the table said otherwise is listed as differences and made right, and the exit status is
    6 where there are any.
    """
    who = session.principal(Act.EVALUATE)
    service = session.installation.retention
    day = service.today() if today is None else read_day(today)
    session.installation.judging().catch_up()  # what is not compared with the holds yet would be told as held
    done = 0
    with counting(session, "Evaluating") as progress:

        def count(records: int) -> None:
            nonlocal done
            done += records
            progress(done, None)

        differing = service.prove(actor=who.actor, progress=count) if recompute else None
        evaluation = service.evaluate(day, actor=who.actor, progress=count)
    counts = evaluation.counts()
    forecast = " (a forecast)" if evaluation.forecast else ""
    if evaluation.frozen:
        session.note("The clock jumped; nothing counts as due until it is accepted: archiver retention clock show")
    lines = [f"On {day.isoformat()}{forecast}:", *(f"{number:>8,}  {name}" for name, number in counts.items())]
    document = evaluation.to_json()
    if differing is not None:
        document["differences"] = list(differing)
        lines.append(f"{len(differing):>8,}  records of which the table said otherwise")
        lines += [f"          {one}" for one in differing[:_SHOWN]]
    session.show(document, "\n".join(lines))
    if differing:
        exit_with(Exit.FINDINGS)


@retention.command("explain")
@click.argument("record_id", metavar="ID")
@click.option("--today", metavar="DATE", help="The day; later than today makes a forecast. Default: today.")
@command
def explain_one(session: Session, record_id: str, today: str | None) -> None:
    """Say why a record is kept until a day: rule, events, links, series, holds. Looking is an event in the ledger."""
    who = session.principal(Act.EVALUATE)
    day = None if today is None else read_day(today)
    document = explain(session.installation, who, record_id, today=day)
    session.show(document, explained_text(document))


@retention.command("waiting")
@click.option("--event", metavar="KIND", help="Only those that wait for this.")
@click.option("--today", metavar="DATE", help="The day; default: today.")
@command
def list_waiting(session: Session, event: str | None, today: str | None) -> None:
    """List records whose event nobody supplied, oldest first, and how many wait for which event."""
    who = session.principal(Act.EVALUATE)
    done = 0
    with counting(session, "Evaluating") as progress:

        def count(records: int) -> None:
            nonlocal done
            done += records
            progress(done, None)

        day = None if today is None else read_day(today)
        document = waiting(session.installation, who, event=event, today=day, progress=count)
    lines = [f"{one['records']:>8,}  {one['kind']}, the oldest since {one['oldest']}" for one in document["events"]]
    rows = document["records"]
    lines += [f"{one['id']}  {one['since']}  {one['series']}  {' or '.join(one['waits_for'])}" for one in rows[:_SHOWN]]
    if len(rows) > _SHOWN:
        lines.append(f"... and {len(rows) - _SHOWN:,} more; --json lists all")
    session.show(document, "\n".join(lines) or "No record waits for an event.")


@retention.group("clock")
def clock() -> None:
    """Whether the clock is believed; after a jump nothing counts as due until an officer accepts it."""


@clock.command("show")
@command
def show_clock(session: Session) -> None:
    """Look at the clock now, and say whether it is frozen. Exit status 6 where it is."""
    session.principal(Act.EVALUATE)
    service = session.installation.retention
    frozen = service.watch.look()
    document = {"today": service.today().isoformat(), "frozen": None if frozen is None else frozen.to_json()}
    if frozen is None:
        session.show(document, f"The clock is believed; today is {document['today']}.")
        return
    told = f"The clock jumped {frozen.jump.value}; it showed {frozen.since.isoformat()} when that was seen."
    session.show(document, f"{told}\nSet it right, then: archiver retention clock accept --why TEXT --as USER")
    exit_with(Exit.FINDINGS)


@clock.command("accept")
@click.option("--why", required=True, metavar="TEXT", help="How it is known that the clock is right now.")
@command
def accept_clock(session: Session, why: str) -> None:
    """Say that the clock is right as it is now; an act of a records officer, and an event in the ledger."""
    who = session.principal(Act.ACCEPT_CLOCK)
    service = session.installation.retention
    accepted = service.watch.accept(why=why, actor=who.actor)
    document = {"today": service.today().isoformat(), "accepted": accepted.to_json()}
    session.show(document, f"Accepted; today is {document['today']}.")


COMMANDS = (retention,)
