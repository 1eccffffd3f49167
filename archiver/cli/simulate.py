"""`archiver retention simulate`: what another schedule or hold would do over the coming years."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.cli.progress import counting
from archiver.cli.schedule import read_day
from archiver.cli.schedule_files import read_source
from archiver.cli.session import command
from archiver.holding import read_rule
from archiver.simulation import GroupBy, Proposal, simulate
from archiver.simulation_chart import chart
from archiver.simulation_text import simulation_text
from retention.library import checked_schedule
from retention.simulating import MOST_YEARS, Horizon
from storage.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from archiver.cli.session import Session
    from retention.ports import ContentRule


@click.command("simulate")
@click.option("--schedule", "files", multiple=True, metavar="FILE", help="As if this schedule was loaded, too.")
@click.option("--hold-record", "records", multiple=True, metavar="ID", help="As if this record was held.")
@click.option(
    "--hold-custodian",
    "custodians",
    multiple=True,
    metavar="ADDRESS",
    help="As if records of this custodian were held.",
)
@click.option(
    "--hold-account", "accounts", multiple=True, metavar="ACCOUNT", help="As if what happened on this account was held."
)
@click.option(
    "--hold-correspondent",
    "correspondents",
    multiple=True,
    metavar="WHO",
    help="As if what somebody else takes part in was held.",
)
@click.option("--hold-since", "since", metavar="DATE", help="First day of that hold, inclusive.")
@click.option("--hold-until", "until", metavar="DATE", help="Last day of that hold, inclusive.")
@click.option("--hold-query", "query", metavar="QUERY", help="As if what this search finds was held.")
@click.option("--without-hold", "without", multiple=True, metavar="ID", help="As if this hold was released.")
@click.option("--years", type=click.IntRange(1, MOST_YEARS), default=10, show_default=True, help="How far to look.")
@click.option("--today", metavar="DATE", help="The day to look from; default: today.")
@click.option(
    "--by",
    type=click.Choice([one.value for one in GroupBy]),
    default=GroupBy.SERIES.value,
    show_default=True,
    help="What the numbers are told by.",
)
@click.option("--months", is_flag=True, help="Every month in the table, not the years only.")
@click.option("--svg", type=click.Path(path_type=Path), metavar="FILE", help="Also draw it as a chart.")
@command
def simulate_command(
    session: Session,
    *,
    files: tuple[str, ...],
    records: tuple[str, ...],
    custodians: tuple[str, ...],
    accounts: tuple[str, ...],
    correspondents: tuple[str, ...],
    since: str | None,
    until: str | None,
    query: str | None,
    without: tuple[str, ...],
    years: int,
    today: str | None,
    by: str,
    months: bool,
    svg: Path | None,
) -> None:
    """Tell what another schedule or hold would do over the next years; nothing is changed.

    How many records become eligible, pass their maximum, are kept by holds, wait for an event, month by month: now, and
    with the proposal. Without any it tells what is to be expected as things are. The --hold options describe one hold
    as `archiver hold place` does.
    """
    who = session.principal(Act.EVALUATE)
    if svg is not None:
        _refuse_place(svg)
    installation = session.installation
    rule: ContentRule | None = None
    if any((records, custodians, accounts, correspondents, since, until, query is not None)):
        who = session.principal(Act.PLACE_HOLD)
        rule = read_rule(
            installation,
            records_named=records,
            custodians=custodians,
            accounts=accounts,
            correspondents=correspondents,
            since=None if since is None else read_day(since),
            until=None if until is None else read_day(until),
            query=query,
        )
    proposal = Proposal(
        schedules=tuple(checked_schedule(*read_source(file)) for file in files),
        hold=rule,
        without_holds=tuple(dict.fromkeys(without)),
    )
    day = installation.retention.today() if today is None else read_day(today)
    horizon = Horizon(today=day, years=years)
    with counting(session, "Simulating") as progress:
        document = simulate(installation, who, proposal, horizon=horizon, by=GroupBy(by), progress=progress)
    untold = document["present"]["totals"]["untold"]["records"]
    if untold:
        session.note(f"{untold:,} records count as held only until it is known; see: archiver hold list")
    if svg is not None:
        _write(svg, chart(document, horizon.months()))
        document["svg"] = str(svg)
    session.show(document, simulation_text(document, by_month=months))


def _refuse_place(path: Path) -> None:
    """Say at once, and not after a long count, that the chart cannot be written."""
    if path.exists():
        raise Conflict(f"{path} exists already; give a new file, so that nothing is overwritten")
    if not path.parent.is_dir():
        raise InvalidInput(f"{path} cannot be written: its folder does not exist")


def _write(path: Path, drawn: bytes) -> None:
    try:
        with path.open("xb") as file:
            file.write(drawn)
    except FileExistsError as error:
        raise Conflict(f"{path} exists already; give a new file, so that nothing is overwritten") from error
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}") from error
