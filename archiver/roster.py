"""The roster of students and staff as acts of people: loaded, counted, shown; each an event.

Rule: who keeps requests loads it, who reads records may see its names, and counts are all that is shown otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archiver.access import Act, authorize
from search.disclosure.rosters import LARGEST_ROSTER, Rosters, read_roster
from storage.bundle_verdict import open_regular
from storage.errors import InvalidInput
from storage.events import EventKind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.wiring import Installation
    from storage.archive import Archive


def load_roster(installation: Installation, who: Principal, raw: bytes) -> dict[str, Any]:
    """Make a table of students and staff the roster that holds.

    Raises:
        InvalidInput: it is no such table; says which lines are wrong.
        Denied: this role may not.
    """
    authorize(who, Act.KEEP_REQUESTS)
    loaded = _rosters(installation.archive).load(read_roster(raw), actor=who.actor)
    return {"version": loaded.number, "students": loaded.students, "staff": loaded.staff}


def show_roster(installation: Installation, who: Principal, *, names: bool = False) -> dict[str, Any]:
    """The rosters that were loaded, how many each lists, and with `names` who is on the one that holds. An event.

    Raises:
        Denied: this role may not.
    """
    authorize(who, Act.SEE_REQUESTS)
    if names:
        authorize(who, Act.READ_RECORD)
    archive = installation.archive
    rosters = _rosters(archive)
    users = {one.actor: one.name for one in installation.users.list()}
    with archive.store.read() as connection:
        versions = [
            {
                "version": one.number,
                "at": one.at.isoformat(),
                "by": users.get(one.actor, one.actor),
                "students": one.students,
                "staff": one.staff,
            }
            for one in rosters.all(connection)
        ]
        people = [
            {"name": one.name, "role": one.role.value, "aliases": list(one.aliases), "student_id": one.number}
            for one in (rosters.current(connection).entries if names else ())
        ]
    with archive.store.write() as transaction:
        transaction.append(EventKind.ROSTER_VIEWED, actor=who.actor, payload={"names": len(people)})
    return {"versions": versions, **({"people": people} if names else {})}


def roster_names(archive: Archive, connection: Connection, texts: Iterable[str]) -> tuple[str, ...]:
    """The record's own list: the names of the roster that holds which stand in a record's texts.

    Whoever asks for many records keeps `Rosters.current` and asks its `names_in`.
    """
    return _rosters(archive).current(connection).names_in(texts)


def read_roster_file(path: Path) -> bytes:
    """The bytes of a roster.

    Raises:
        InvalidInput: it is no plain file.
    """
    try:
        with open_regular(path) as file:
            return file.read(LARGEST_ROSTER + 1)
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path.name} is no file that can be read; give a table as CSV in UTF-8") from error


def _rosters(archive: Archive) -> Rosters:
    return Rosters(archive.store, archive.ledger)
