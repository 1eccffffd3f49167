"""A parent's or eligible student's request: only his own is shown, and what names another student is marked to go.

Rules:

- Saying whose child it is makes a draft of every name and number of another student that is known; a reviewer makes
  them final, and adds what no list can know, such as a nickname or a face.
- Nothing leaves while a known name of another student stands in what would be given (34 CFR 99.12(a)). What cannot be
  looked through is told, record by record, and left to a person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from archiver.access import Act
from archiver.redacting import mark_found
from archiver.redaction_records import RequestRecords
from archiver.release_parts import PartReader
from archiver.student_disclosures import GIVEN, disclosure_blocks, find_student, given_records, student_subjects
from search.disclosure.marking import marks_of, part_name, states_of, unread_parts
from search.disclosure.other_students import found_in, other_students, still_standing
from search.disclosure.redactions import NewRedaction, Redactions
from search.disclosure.requests import Requests
from search.disclosure.rosters import Rosters
from search.disclosure.student_grounds import OWN
from search.disclosure.students import Students
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.disclosure.jurisdictions import Profile

LABEL: Final = "other student"
_OTHERS: Final = "OTHERS"
_AT_ONCE: Final = 100
_MOST_TOLD: Final = 5


def own_student(
    installation: Installation, who: Principal, name: str, student: str, *, code: str | None = None
) -> dict[str, Any]:
    """Say that a request asks for a student's own records, and make drafts of what names others in all its records.

    Args:
        installation: the archive.
        who: a reviewer or officer.
        name: the request's number or id.
        student: his reference or name.
        code: the ground of the drafts; FERPA's own in a request under FERPA, none otherwise.

    Raises:
        NotFound: there is no such request or student.
        Conflict: it is closed.
        InvalidInput: the ground is none of the law's.
        Denied: this role may not.
    """
    with RequestRecords(installation, who, name, Act.REVIEW) as records:
        codes = _codes(records.profile, code)
        store = installation.archive.store
        found = find_student(installation, who, student)
        students = Students(store)
        students.state_ground(records.request.id, found.id, OWN, actor=who.actor)
        with store.read() as connection:
            own = students.own(connection, records.request.id)
        others = other_students(records.roster, student_subjects(installation), own)
        ids = records.ids()
        marks: dict[str, list[NewRedaction]] = {}
        unread: dict[str, list[str]] = {}
        for one in records.each(ids):
            there = found_in(one.parts, others)
            states = states_of(there, one.marks)
            new = [place for place, state in zip(there, states, strict=True) if state is None]
            if new:
                marks[one.record_id] = [
                    NewRedaction(place=place, where=where, codes=codes, label=LABEL) for place, where in marks_of(new)
                ]
            if titles := unread_parts(one.parts):
                unread[one.record_id] = list(titles)
        steps = mark_found(installation, records, marks)
        if ids:
            records.note_read(ids)
    return {
        "request": records.request.number,
        "student": found.stated.ref,
        "looked_through": len(ids),
        "marked_records": len(marks),
        "marks": sum(map(len, marks.values())),
        "steps": steps,
        "unread": unread,
    }


def check_access(installation: Installation, who: Principal, name: str) -> dict[str, Any]:
    """Where names of other students would still stand in what a parent gets; and what cannot be looked through.

    Raises:
        NotFound: there is no such request.
        InvalidInput: it is no request for a student's own records.
        Denied: this role may not.
    """
    with RequestRecords(installation, who, name, Act.REVIEW) as records:
        store = installation.archive.store
        with store.read() as connection:
            own = Students(store).own(connection, records.request.id)
        if not own:
            raise InvalidInput("this request asks for nobody's own records; say whose: archiver request student own")
        others = other_students(records.roster, student_subjects(installation), own)
        ids = [one for one, stands in records.known(records.ids()).items() if stands.decision in GIVEN]
        standing, unread = [], {}
        for one in records.each(sorted(ids)):
            for found in still_standing(one.parts, one.marks, others, roster=records.roster):
                place = {"record": one.record_id, "part": part_name(found.part.place)}
                standing.append({**place, "words": found.words, "reason": found.reason})
            if titles := unread_parts(one.parts):
                unread[one.record_id] = list(titles)
        if ids:
            records.note_read(ids)
    return {"request": records.request.number, "looked_through": len(ids), "standing": standing, "unread": unread}


def parent_access_blocks(installation: Installation, connection: Connection, request_id: str) -> list[str]:
    """Why nothing may be given yet as far as students go: a ground that is missing, a name that a parent must not see.

    For a parent's request it opens every record that is to be given, so it is asked before a production is laid out,
    not while it is written.

    Args:
        installation: the archive.
        connection: a reading one.
        request_id: the request's id or number.
    """
    archive = installation.archive
    found = Requests(archive.store).get(connection, request_id)
    missing = disclosure_blocks(installation, connection, found.id)
    own = Students(archive.store).own(connection, found.id)
    if not own:
        return missing
    roster = Rosters(archive.store, archive.ledger).current(connection)
    others = other_students(roster, student_subjects(installation), own)
    ids = given_records(connection, found.id)
    redactions = Redactions(archive.store)
    standing = []
    with PartReader(installation) as reader:
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            marks = redactions.of(connection, found.id, some)
            for described in archive.catalogue.describe(connection, some):
                record_id = described.record.id
                parts = reader.record_parts(described)
                if still_standing(parts, marks.get(record_id, ()), others, roster=roster):
                    standing.append(record_id)
    if not standing:
        return missing
    more = f" and {len(standing) - _MOST_TOLD:,} more" if len(standing) > _MOST_TOLD else ""
    told = ", ".join(standing[:_MOST_TOLD])
    where = f"see: archiver request student check {found.number}"
    return [*missing, f"names of other students would be given (34 CFR 99.12(a)): records {told}{more}; {where}"]


def own_text(document: Mapping[str, Any]) -> str:
    """`student own` for people."""
    looked, marks = f"{document['looked_through']:,} records looked through", f"{document['marks']:,} drafts"
    lines = [f"{looked}; {marks} in {document['marked_records']:,} of them"]
    if document["marks"]:
        lines.append("Make them final with: archiver request redact final; then: archiver request student check")
    return "\n".join([*lines, *_unread(document)])


def check_text(document: Mapping[str, Any]) -> str:
    """`student check` for people."""
    lines = [f"{one['record']}  {one['part']}: {one['words']} ({one['reason']})" for one in document["standing"]]
    if not lines:
        lines = [f"{document['looked_through']:,} records looked through; no other student's name stands in them."]
    return "\n".join([*lines, *_unread(document)])


def _codes(profile: Profile, code: str | None) -> tuple[str, ...]:
    if code is not None:
        return (code,)
    return (_OTHERS,) if any(one.code == _OTHERS for one in profile.exemptions) else ()


def _unread(document: Mapping[str, Any]) -> list[str]:
    if not document["unread"]:
        return []
    lines = [f"  {record}: {', '.join(titles)}" for record, titles in document["unread"].items()]
    return ["Nothing can be found in these; look at them yourself:", *lines]
