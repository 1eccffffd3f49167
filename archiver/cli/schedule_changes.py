"""`archiver schedule load` and `compare`: an edition taken into the archive, or only held against another.

Rule: both tell the same before and after. What is loaded is loaded before the records are counted, so that whoever does
not wait for the count has lost nothing but the count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from archiver.access import Act
from archiver.cli.progress import counting
from archiver.cli.schedule_files import loaded_schedule, names_file, read_source
from archiver.cli.session import command
from archiver.edition_changes import changes_text, count_dates
from retention.comparing import compare_schedules
from retention.library import checked_schedule
from retention.schedule import load_schedule

if TYPE_CHECKING:
    from archiver.cli.session import Session
    from retention.library import RuleBook
    from retention.schedule import Schedule

_NO_DATES = "Compare the files only; do not count what it means for the records."


@click.command("load")
@click.argument("file")
@click.option("--dry-run", is_flag=True, help="Say what it would change, and load nothing.")
@click.option("--no-dates", is_flag=True, help=_NO_DATES)
@command
def load(session: Session, file: str, *, dry_run: bool, no_dates: bool) -> None:
    """Load a schedule FILE (TOML); the earlier edition of the same name is superseded.

    Tells what that changes: series, rules, and how many records may go earlier or later. What was executed already
    keeps the edition under which it was decided.
    """
    who = session.principal(Act.LOAD_SCHEDULE)
    raw, name = read_source(file)
    library = session.installation.library
    with session.installation.archive.store.read() as connection:
        before = library.book(connection)
    if dry_run:
        schedule = checked_schedule(raw, name, session.installation.rule_matcher())
        after = before.revised(schedule)
        state: dict[str, Any] = {"dry_run": True, "name": schedule.name, "edition": schedule.edition}
        told = f"{schedule.title}, edition {schedule.edition}: nothing was loaded"
    else:
        loaded = library.load(raw, name, actor=who.actor)
        schedule, state = loaded.schedule, loaded.to_json()
        with session.installation.archive.store.read() as connection:
            after = library.book(connection)
        told = f"{schedule.title}, edition {schedule.edition}: {len(schedule.series)} series loaded"
    earlier = next((one.schedule for one in before.loaded if one.schedule.name == schedule.name), None)
    if earlier is not None and earlier.sha256 == schedule.sha256:
        session.show({**state, "changes": None}, f"{told}; it is the same file as before, so nothing changes")
        return
    dates = None if no_dates else _dates(session, before, after)
    changes = compare_schedules(earlier, schedule)
    document = {**state, "changes": {**changes.to_json(), "dates": dates}}
    session.show(document, f"{told}\n{changes_text(changes, dates)}")


@click.command("compare")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW|FILE")
@click.option("--no-dates", is_flag=True, help=_NO_DATES)
@command
def compare(session: Session, old: str, new: str, *, no_dates: bool) -> None:
    """Compare two editions: a loaded schedule by its name or id, a FILE, or shipped:NAME.

    Where one of them was loaded, it also counts how many records may go earlier or later by the second than by the
    first. Nothing is loaded.
    """
    (first, loaded_first), (second, loaded_second) = _found(session, old), _found(session, new)
    changes = compare_schedules(first, second)
    dates = None
    if (loaded_first or loaded_second) and not no_dates:
        with session.installation.archive.store.read() as connection:
            book = session.installation.library.book(connection)
        dates = _dates(session, book.without(second.name).revised(first), book.without(first.name).revised(second))
    document = {
        "old": {"name": first.name, "edition": first.edition, "sha256": first.sha256},
        "new": {"name": second.name, "edition": second.edition, "sha256": second.sha256},
        **changes.to_json(),
        "dates": dates,
    }
    head = f"{first.name}, edition {first.edition}, and {second.name}, edition {second.edition}"
    session.show(document, f"{head}\n{changes_text(changes, dates)}")


def _found(session: Session, source: str) -> tuple[Schedule, bool]:
    """The schedule that is meant, and whether it is one of the archive."""
    if names_file(source):
        return load_schedule(*read_source(source)), False
    return loaded_schedule(session, source).schedule, True


def _dates(session: Session, before: RuleBook, after: RuleBook) -> dict[str, Any]:
    installation = session.installation
    with counting(session, "Counting") as progress:
        return count_dates(installation, before, after, today=installation.retention.today(), progress=progress)
