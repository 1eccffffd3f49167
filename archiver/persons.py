"""Persons, cases and accounts for people and programs: added, read from a roster, listed, shown.

Rule: names and days of birth are content, so that only who keeps facts sees them, and looking at them is an event.
A roster is a table (RFC 4180) whose first line names its columns; a line that cannot be taken is named by its number
and the others are taken.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from archiver.access import Act, authorize
from archiver.person_roles import role_document, role_of
from retention.roles import StatedRole, checked_role
from retention.subjects import MOST_AT_ONCE, Kept, Subject, SubjectClass, SubjectFacts, check_subject
from retention.tables import record_links
from storage.errors import InvalidInput, NotFound
from storage.events import EventKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.wiring import Installation
    from retention.roles import HeldRole

LARGEST_ROSTER: Final = 64 << 20
_LONGEST_CELL: Final = 2_000
_MOST_PROBLEMS: Final = 1_000
_COLUMNS: Final = {
    "ref": "ref",
    "reference": "ref",
    "id": "ref",
    "external_id": "ref",
    "student_id": "ref",
    "employee_id": "ref",
    "kind": "kind",
    "role": "role",
    "name": "name",
    "first_name": "first",
    "last_name": "last",
    "born": "born",
    "birth_date": "born",
    "date_of_birth": "born",
    "custodian": "custodian",
    "email": "custodian",
    "from": "since",
    "since": "since",
    "role_from": "since",
    "until": "until",
    "role_until": "until",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stated:
    """What a line of a roster says of a person."""

    subject: SubjectFacts
    held: HeldRole | None


@dataclass(slots=True, kw_only=True)
class RosterReport:
    """What became of a roster's lines; problems by number of line, without content."""

    counts: Counter[Kept] = field(default_factory=Counter)
    problems: list[dict[str, Any]] = field(default_factory=list)
    left_out: int = 0
    unknown_columns: int = 0
    roles: int = 0

    def to_json(self) -> dict[str, Any]:
        """The object of `person import`."""
        kept = {one.value: self.counts[one] for one in Kept}
        failed = self.left_out
        return {
            "seen": sum(kept.values()) + failed,
            **kept,
            "failed": failed,
            "roles": self.roles,
            "unknown_columns": self.unknown_columns,
            "problems": self.problems,
        }


def add_person(
    installation: Installation,
    who: Principal,
    ref: str,
    *,
    kind: str,
    name: str | None = None,
    born: date | None = None,
    custodian: str | None = None,
) -> dict[str, Any]:
    """Add a person, or change what is known of him; then his document with `outcome`.

    Raises:
        Denied: this role may not.
        InvalidInput: reference, kind, name or day cannot be one.
        NotFound: no custodian has this address.
    """
    authorize(who, Act.KEEP_FACTS)
    custodian_id = None
    if custodian is not None:
        with installation.archive.store.read() as connection:
            custodian_id = installation.archive.custodians.find(connection, custodian)
        if custodian_id is None:
            raise NotFound("no custodian has this address; see: archiver custodian list")
    stated = SubjectFacts(
        about=SubjectClass.PERSON, kind=kind, ref=ref, name=name, born=born, custodian_id=custodian_id
    )
    subjects = installation.retention.known.subjects
    ((subject_id, kept),) = subjects.keep([stated], actor=who.actor)
    with installation.archive.store.read() as connection:
        (document,) = _documents(installation, connection, list(subjects.open(connection, [subject_id]).values()))
    return document | {"outcome": kept.value}


def import_roster(
    installation: Installation,
    who: Principal,
    raw: bytes,
    *,
    kind: str | None = None,
    dry_run: bool = False,
    progress: Callable[[int], None] = lambda _lines: None,
) -> RosterReport:
    """Take the persons of a roster; the same roster again changes nothing.

    Args:
        installation: the archive.
        who: who imports.
        raw: the file.
        kind: of persons whose line names none.
        dry_run: only say which lines cannot be taken.
        progress: told how many lines were done, portion by portion.

    Raises:
        Denied: this role may not.
        InvalidInput: it is no table, too large, or has no column for references.
    """
    authorize(who, Act.KEEP_FACTS)
    report = RosterReport()
    portion: list[_Stated] = []
    with installation.archive.store.read() as connection:
        tags = installation.archive.custodians.prefixes(connection, 32)
    for number, cells in _lines(raw, report):
        try:
            portion.append(_stated(installation, cells, kind, tags))
        except InvalidInput as error:
            report.left_out += 1
            if len(report.problems) < _MOST_PROBLEMS:
                report.problems.append({"line": number, "reason": error.message})
        if len(portion) == MOST_AT_ONCE:
            _keep(installation, who, portion, report, progress, dry_run=dry_run)
    if portion:
        _keep(installation, who, portion, report, progress, dry_run=dry_run)
    return report


def list_persons(
    installation: Installation, who: Principal, *, about: SubjectClass | None = SubjectClass.PERSON
) -> list[dict[str, Any]]:
    """Everybody of a class, or of all, oldest first, with the number of linked records. Looking is an event.

    Raises:
        Denied: this role may not.
    """
    authorize(who, Act.KEEP_FACTS)
    with installation.archive.store.read() as connection:
        found = _documents(installation, connection, installation.retention.known.subjects.list(connection, about))
    _viewed(installation, who, len(found))
    return found


def show_person(installation: Installation, who: Principal, about: SubjectClass, ref: str) -> dict[str, Any]:
    """One of them, with the ids of the records that are about him. Looking is an event.

    Raises:
        Denied: this role may not.
        NotFound: nobody has this reference.
    """
    authorize(who, Act.KEEP_FACTS)
    known = installation.retention.known
    with installation.archive.store.read() as connection:
        subject = known.subjects.find(connection, about, ref)
        (document,) = _documents(installation, connection, [subject])
        document["roles"] = [role_document(one) for one in known.roles.of_subject(connection, subject.id)]
        document["record_ids"] = known.links.of_subject(connection, subject.id)
    _viewed(installation, who, 1)
    return document


def set_role(
    installation: Installation, who: Principal, ref: str, held: HeldRole, *, wrong: bool = False
) -> dict[str, Any]:
    """Record that a person held a role, or take back that he did; then his document with `roles`.

    Raises:
        Denied: this role may not.
        NotFound: nobody has this reference.
        InvalidInput: it is no role.
        Conflict: what is to be taken back was not recorded.
    """
    authorize(who, Act.KEEP_FACTS)
    known = installation.retention.known
    with installation.archive.store.read() as connection:
        subject = known.subjects.find(connection, SubjectClass.PERSON, ref)
    if wrong:
        known.roles.take_back(subject.id, checked_role(held), actor=who.actor)
    else:
        known.roles.add([StatedRole(subject_id=subject.id, held=held)], actor=who.actor)
    return show_person(installation, who, SubjectClass.PERSON, ref)


def as_text(one: dict[str, Any]) -> str:
    """A person, case or account as one line."""
    parts = [one["ref"], one["kind"], one["name"] or "-", one["born"] or "-", f"{one['records']:,} records"]
    return "  ".join([*parts, *(part for part in (one["custodian"],) if part)])


def _documents(installation: Installation, connection: Connection, found: list[Subject]) -> list[dict[str, Any]]:
    ids = [one.stated.custodian_id for one in found if one.stated.custodian_id is not None]
    custodians = installation.archive.custodians.open(connection, ids)
    mine = record_links.c
    query = select(mine.subject_id, func.count(mine.record_id.distinct()).label("records"))
    query = query.where(mine.ended.is_(None)).group_by(mine.subject_id)
    counts = {row.subject_id: row.records for row in connection.execute(query)} if found else {}
    return [
        {
            "id": one.id,
            "about": one.stated.about.value,
            "ref": one.stated.ref,
            "kind": one.stated.kind,
            "name": one.stated.name,
            "born": None if one.stated.born is None else one.stated.born.isoformat(),
            "custodian": None
            if one.stated.custodian_id not in custodians
            else custodians[one.stated.custodian_id].addresses[0],
            "records": counts.get(one.id, 0),
        }
        for one in found
    ]


def _viewed(installation: Installation, who: Principal, shown: int) -> None:
    with installation.archive.store.write() as transaction:
        transaction.append(EventKind.SUBJECTS_VIEWED, actor=who.actor, payload={"shown": shown})


def _keep(
    installation: Installation,
    who: Principal,
    portion: list[_Stated],
    report: RosterReport,
    progress: Callable[[int], None],
    *,
    dry_run: bool,
) -> None:
    if not dry_run:
        known = installation.retention.known
        kept = known.subjects.keep([one.subject for one in portion], actor=who.actor)
        report.counts.update(outcome for _, outcome in kept)
        stated = [
            StatedRole(subject_id=subject_id, held=one.held)
            for (subject_id, _), one in zip(kept, portion, strict=True)
            if one.held is not None
        ]
        report.roles += known.roles.add(stated, actor=who.actor)
    progress(len(portion))
    portion.clear()


def _lines(raw: bytes, report: RosterReport) -> Iterator[tuple[int, dict[str, str]]]:
    """Number (the header is 1) and known cells of each line that has any."""
    if len(raw) > LARGEST_ROSTER:
        raise InvalidInput(f"a roster has at most {LARGEST_ROSTER >> 20} MiB; split it")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput("the roster is not UTF-8; save it as CSV in UTF-8") from error
    head = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count))
    try:
        named = next(reader, [])
        columns = [_COLUMNS.get("_".join(one.strip().casefold().split())) for one in named]
        if not {"kind", "since", "until"} & set(columns):  # then it says what somebody is, and not since when
            columns = ["kind" if one == "role" else one for one in columns]
        report.unknown_columns = columns.count(None)
        if "ref" not in columns:
            raise InvalidInput("the first line of a roster names its columns, and one of them must be ref")
        for cells in reader:
            found = {
                column: cell.strip() for column, cell in zip(columns, cells, strict=False) if column and cell.strip()
            }
            if any(cell.strip() for cell in cells):
                yield reader.line_num, found
    except csv.Error as error:
        raise InvalidInput("the roster is no table that can be read; save it as CSV in UTF-8") from error


def _stated(installation: Installation, cells: dict[str, str], kind: str | None, tags: dict[bytes, str]) -> _Stated:
    if any(len(cell) > _LONGEST_CELL for cell in cells.values()):
        raise InvalidInput(f"a cell has at most {_LONGEST_CELL:,} characters")
    if "ref" not in cells:
        raise InvalidInput("the line has no reference")
    said = cells.get("kind", kind or "").casefold().replace(" ", "_")
    if not said:
        raise InvalidInput("nobody says what kind of person it is; add a column kind, or give --kind")
    name = cells.get("name") or " ".join(filter(None, (cells.get("first"), cells.get("last")))) or None
    born = None
    if "born" in cells:
        try:
            born = date.fromisoformat(cells["born"])
        except ValueError as error:
            raise InvalidInput("the day of birth is not written like 2008-04-30") from error
    custodian_id = None
    if "custodian" in cells:  # students have addresses too, which are no custodian's
        custodian_id = tags.get(installation.archive.custodians.tag(cells["custodian"]))
    subject = SubjectFacts(
        about=SubjectClass.PERSON, kind=said, ref=cells["ref"], name=name, born=born, custodian_id=custodian_id
    )
    return _Stated(subject=check_subject(subject), held=role_of(cells))
