"""`archiver retention`: what the schedule says of every record on a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.cli.progress import counting
from archiver.cli.schedule import read_day
from archiver.cli.session import command

if TYPE_CHECKING:
    from archiver.cli.session import Session


@click.group("retention")
def retention() -> None:
    """What the records schedule says of the records."""


@retention.command("evaluate")
@click.option("--today", metavar="DATE", help="The day; later than today makes a forecast. Default: today.")
@command
def evaluate(session: Session, today: str | None) -> None:
    """Decide about every record for a day; every record is listed or counted once. Nothing is destroyed."""
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

        evaluation = service.evaluate(day, actor=who.actor, progress=count)
    counts = evaluation.counts()
    forecast = " (a forecast)" if evaluation.forecast else ""
    lines = [f"On {day.isoformat()}{forecast}:", *(f"{number:>8,}  {name}" for name, number in counts.items())]
    session.show(evaluation.to_json(), "\n".join(lines))


COMMANDS = (retention,)
