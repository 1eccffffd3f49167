"""`archiver schedule`: the agency's records schedule, loaded, checked against its own examples, tried."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.cli.session import command, exit_with
from archiver.problems import Exit
from archiver.record_view import retention_document
from retention.checking import run_examples, try_facts
from retention.facts import read_facts
from retention.schedule import load_schedule
from storage.archive import read_zone
from storage.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from archiver.cli.session import Session

_TRY_ZONE = "UTC"


@click.group("schedule")
def schedule() -> None:
    """The records schedule: which series there are, and how long each is kept."""


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(f"the schedule file {path} does not exist") from error
    except OSError as error:
        raise InvalidInput(f"the schedule file {path} cannot be read: {error.strerror}") from error


def read_day(text: str) -> date:
    """A day as typed.

    Raises:
        InvalidInput: no such day.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"{text!r} is not a day; write it like 2026-03-31") from error


@schedule.command("load")
@click.argument("file", type=click.Path(path_type=Path))
@command
def load(session: Session, file: Path) -> None:
    """Load a schedule FILE (TOML); the earlier edition of the same name is superseded."""
    who = session.principal(Act.LOAD_SCHEDULE)
    loaded = session.installation.library.load(_read(file), file.name, actor=who.actor)
    document = loaded.to_json()
    session.show(document, f"{document['title']}, edition {document['edition']}: {document['series']} series loaded")


@schedule.command("check")
@click.argument("file", type=click.Path(path_type=Path))
@command
def check(session: Session, file: Path) -> None:
    """Read a schedule FILE and run the examples inside it; exit status 6 where one fails."""
    read = load_schedule(_read(file), file.name)
    failures = run_examples(read)
    examples = sum(len(series.examples) for series in read.series)
    document = {
        "schedule": read.name,
        "series": len(read.series),
        "examples": examples,
        "failures": [
            {"series": one.series_id, "example": one.example, "failures": list(one.failures)} for one in failures
        ],
    }
    lines = [f"{one.series_id}: {one.example}: {'; '.join(one.failures)}" for one in failures]
    session.show(
        document, "\n".join([*lines, f"{len(read.series)} series, {examples} examples, {len(failures)} failed"])
    )
    if failures:
        exit_with(Exit.FINDINGS)


@schedule.command("list")
@command
def list_schedules(session: Session) -> None:
    """List the schedules that were loaded, oldest first."""
    session.principal(Act.EVALUATE)
    found = [one.to_json() for one in session.installation.library.all()]
    lines = [f"{one['name']}  {one['edition']}  {one['state']}  {one['series']} series" for one in found]
    session.show(found, "\n".join(lines) or "No schedule yet; load one with: archiver schedule load FILE")


@schedule.command("try")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--series", "series_id", required=True, metavar="ID", help="The series to try.")
@click.option("--facts", type=click.Path(path_type=Path), required=True, metavar="FACTS.json", help="The facts.")
@click.option("--today", required=True, metavar="DATE", help="The day of the decision.")
@click.option("--zone", default=_TRY_ZONE, show_default=True, help="Zone in which moments among the facts are read.")
@command
def try_schedule(session: Session, file: Path, series_id: str, facts: Path, today: str, zone: str) -> None:
    """Say what a schedule FILE decides about a record of these facts, and why. Needs no archive."""
    known = read_facts(_read(facts), read_zone(zone))
    decision = try_facts(load_schedule(_read(file), file.name), series_id, known, read_day(today))
    document = {**retention_document(decision), "steps": list(decision.steps)}
    head = (
        f"{document['decision']}, eligible on {document['eligible_on'] or '-'}, latest {document['latest_on'] or '-'}"
    )
    session.show(document, "\n".join([head, *decision.reasons, *(f"step: {one}" for one in decision.steps)]))


COMMANDS = (schedule,)
