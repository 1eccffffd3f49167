"""`archiver schedule`: the agency's records schedule, loaded, checked against its own examples, tried, shown, imported.

Rule: whatever reads a schedule FILE also takes `shipped:NAME`, one that came with the program.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from archiver.access import Act
from archiver.cli.schedule_changes import compare, load
from archiver.cli.schedule_files import SHIPPED, loaded_schedule, names_file, read_file, read_source
from archiver.cli.session import command, exit_with
from archiver.problems import Exit
from archiver.schedule_view import schedule_document, schedule_text, series_document, series_text
from retention.assignment_checking import refuse_unreadable
from retention.checking import run_examples, try_facts
from retention.facts import read_facts
from retention.schedule import load_schedule
from retention.schedules import read_shipped, shipped_names
from retention.washington import MAX_BYTES as MAX_REPLY
from retention.washington import import_washington
from search.rule_matching import RuleMatcher
from storage.archive import read_zone
from storage.errors import Conflict, InvalidInput, NotFound

if TYPE_CHECKING:
    from archiver.cli.session import Session
    from retention.schedule import Schedule

_TRY_ZONE = "UTC"


@click.group("schedule")
def schedule() -> None:
    """The records schedule: which series there are, and how long each is kept."""


schedule.add_command(load)
schedule.add_command(compare)


def read_day(text: str) -> date:
    """A day as typed.

    Raises:
        InvalidInput: no such day.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"{text!r} is not a day; write it like 2026-03-31") from error


@schedule.command("check")
@click.argument("file")
@command
def check(session: Session, file: str) -> None:
    """Read a schedule FILE and run the examples inside it; exit status 6 where one fails."""
    raw, name = read_source(file)
    read = load_schedule(raw, name)
    refuse_unreadable(read, name, RuleMatcher(ZoneInfo(_TRY_ZONE)))
    failures = run_examples(read)
    examples = sum(len(series.examples) for series in read.series)
    unwritten = [series.id for series in read.series if series.unwritten]
    document = {
        "schedule": read.name,
        "file": name,
        "series": len(read.series),
        "unwritten": unwritten,
        "without_examples": [series.id for series in read.series if not series.examples and not series.unwritten],
        "examples": examples,
        "failures": [
            {
                "series": one.series_id,
                "line": one.line,
                "example": one.example,
                "failures": list(one.failures),
                "reasons": list(one.reasons),
            }
            for one in failures
        ],
    }
    lines = [
        f"{name}, line {one.line or '?'}, series {one.series_id}: {one.example}: {'; '.join(one.failures)}"
        for one in failures
    ]
    if unwritten:
        lines.append(f"the rules of {len(unwritten)} series are not written yet: their records are kept")
    summary = f"{len(read.series)} series, {examples} examples, {len(failures)} failed"
    session.show(document, "\n".join([*lines, summary]))
    if failures:
        exit_with(Exit.FINDINGS)


@schedule.command("list")
@click.option("--shipped", is_flag=True, help="Those that came with the program, none of them in force.")
@command
def list_schedules(session: Session, *, shipped: bool) -> None:
    """List the schedules that were loaded, oldest first."""
    if shipped:
        every = [(one, load_schedule(read_shipped(one) or b"", one)) for one in shipped_names()]
        documents = [{"shipped": f"{SHIPPED}{name}", **schedule_document(one)} for name, one in every]
        lines = [f"{one['shipped']}  {one['edition']}  {len(one['series'])} series" for one in documents]
        lines.append("None of them is in force. Start from one with: archiver schedule show NAME --text")
        session.show(documents, "\n".join(lines))
        return
    session.principal(Act.EVALUATE)
    found = [one.to_json() for one in session.installation.library.all()]
    lines = [f"{one['name']}  {one['edition']}  {one['state']}  {one['series']} series" for one in found]
    session.show(found, "\n".join(lines) or "No schedule yet; load one with: archiver schedule load FILE")


@schedule.command("show")
@click.argument("source", metavar="NAME|FILE")
@click.option("--series", "series_id", metavar="ID", help="Only this series, with all that is known about it.")
@click.option("--text", "as_text", is_flag=True, help="The file as it is, to start one of your own from.")
@command
def show(session: Session, source: str, series_id: str | None, *, as_text: bool) -> None:
    """Show a loaded schedule by its name, a FILE, or shipped:NAME, with every rule in words."""
    found, state = _shown(session, source)
    if as_text and not session.as_json:
        click.echo(found.text, nl=False)
        return
    if series_id is None:
        document = {**schedule_document(found), "state": state, **({"text": found.text} if as_text else {})}
        session.show(document, schedule_text(found, state))
        return
    series = found.find(series_id)
    if series is None:
        raise NotFound(f"schedule {found.name} has no series {series_id[:64]!r}", schedule=found.name)
    session.show({**series_document(series), "schedule": found.name, "state": state}, series_text(series))


def _shown(session: Session, source: str) -> tuple[Schedule, str]:
    """The schedule that is meant, and its state: current or superseded where it was loaded, else not loaded."""
    if names_file(source):
        return load_schedule(*read_source(source)), "not loaded"
    found = loaded_schedule(session, source)
    return found.schedule, "current" if found.current else "superseded"


@schedule.command("import")
@click.argument("reply", type=click.Path(path_type=Path))
@click.option("--to", type=click.Path(path_type=Path), required=True, metavar="FILE.toml", help="The file to write.")
@click.option("--edition", required=True, help="The edition, which the reply does not state.")
@click.option("--name", default="washington", show_default=True, help="What the schedule is called in this archive.")
@click.option("--source", default="", help="Where the reply came from; its file name, if not given.")
@command
def import_reply(session: Session, reply: Path, to: Path, edition: str, name: str, source: str) -> None:
    """Make a schedule file from a REPLY (JSON) of the Washington State Archives. Needs no archive.

    The file is inactive; exit status 6 where a rule has to be written by a person.
    """
    made = import_washington(read_file(reply, MAX_REPLY), name=name, edition=edition, source=source or reply.name)
    load_schedule(made.text.encode(), to.name)
    try:
        with to.open("x", encoding="utf-8") as file:
            file.write(made.text)
    except FileExistsError as error:
        raise Conflict(f"{to} exists already; give a new file, so that nothing is overwritten") from error
    except OSError as error:
        raise InvalidInput(f"{to} cannot be written: {error.strerror}") from error
    document: dict[str, Any] = {
        "file": str(to),
        "written": list(made.written),
        "unwritten": list(made.unwritten),
        "left_out": made.left_out,
    }
    lines = [f"{len(made.written)} rules written, to compare with the words beside them"]
    if made.left_out:
        lines.append(f"{made.left_out} series left out, as they are no longer active")
    if made.unwritten:
        lines.append(f"{len(made.unwritten)} rules to be written by hand: {', '.join(made.unwritten)}")
    lines.append(f"Check it with: archiver schedule check {to}")
    session.show(document, "\n".join(lines))
    if made.unwritten:
        exit_with(Exit.FINDINGS)


@schedule.command("try")
@click.argument("file")
@click.option("--series", "series_id", required=True, metavar="ID", help="The series to try.")
@click.option("--facts", type=click.Path(path_type=Path), required=True, metavar="FACTS.json", help="The facts.")
@click.option("--today", required=True, metavar="DATE", help="The day of the decision.")
@click.option("--zone", default=_TRY_ZONE, show_default=True, help="Zone in which moments among the facts are read.")
@command
def try_schedule(session: Session, file: str, series_id: str, facts: Path, today: str, zone: str) -> None:
    """Say what a schedule FILE decides about a record of these facts, and why. Needs no archive."""
    known = read_facts(read_file(facts), read_zone(zone))
    decision = try_facts(load_schedule(*read_source(file)), series_id, known, read_day(today))
    document = decision.to_json()
    head = (
        f"{document['decision']}, eligible on {document['eligible_on'] or '-'}, latest {document['latest_on'] or '-'}"
    )
    session.show(document, "\n".join([head, *decision.reasons, *(f"step: {one}" for one in decision.steps)]))


COMMANDS = (schedule,)
