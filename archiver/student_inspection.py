"""A student's record of requests and disclosures, as the parent or eligible student may inspect it (34 CFR 99.32(c)).

Rules:

- It has every disclosure that left a row, and every request for his records, also where nothing was given on it. It
  names this student and no other.
- What a court keeps secret (99.32(d)(5)) does not stand in it, nor that something does not.
- Rows of records in a restricted class are counted for who has no grant, and not shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archiver.access import Act, authorize
from archiver.seeing import hidden_records
from archiver.student_disclosures import find_student
from search.disclosure.requests import Requests
from search.disclosure.student_grounds import SECRET, disclosure_grounds
from search.disclosure.student_requests import ANONYMOUS, StudentRequests
from search.disclosure.students import ALL_OTHERS, Students
from storage.events import EventKind

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.wiring import Installation


def disclosure_record(installation: Installation, who: Principal, student: str) -> dict[str, Any]:
    """A student's record of requests and disclosures (34 CFR 99.32), as his parent may inspect it. An event.

    Raises:
        NotFound: there is no such student.
        InvalidInput: several students have this name.
        Denied: this role may not.
    """
    authorize(who, Act.SEE_REQUESTS)
    authorize(who, Act.KEEP_FACTS)
    archive = installation.archive
    requests, students, known = Requests(archive.store), Students(archive.store), disclosure_grounds()
    one = find_student(installation, who, student)
    with archive.store.read() as connection:
        hidden = hidden_records(connection, who)
        rows = students.disclosures(connection, one.id)
        asked = _asked(installation, connection, one.id)
        numbers = {row.request_id: requests.get(connection, row.request_id).number for row in rows}
    with archive.store.write() as transaction:
        transaction.append(EventKind.STUDENTS_VIEWED, actor=who.actor, subjects=(one.id,))
    shown = [row for row in rows if row.record_id not in hidden]
    return {
        "student": {"ref": one.stated.ref, "name": one.stated.name},
        "disclosures": [
            {
                "at": row.at.astimezone(archive.zone).isoformat(),
                "party": row.party,
                "interest": row.interest,
                "ground": known[row.ground].title,
                "citation": known[row.ground].citation,
                "request": numbers[row.request_id],
                "production": row.production,
                "record": row.record_id,
                "what": row.what,
            }
            for row in shown
        ],
        "requests": asked,
        "not_shown": len(rows) - len(shown),
    }


def _asked(installation: Installation, connection: Connection, student_id: str) -> list[dict[str, Any]]:
    """The requests for a student's records, but for those that a court keeps secret (99.32(d)(5))."""
    archive = installation.archive
    requests, students = Requests(archive.store), Students(archive.store)
    rows = {row.request_id: row for row in StudentRequests(archive.store).of(connection, student_id)}
    told = []
    for request_id in sorted({*students.requests_about(connection, student_id), *rows}):
        found, stated = requests.get(connection, request_id), students.grounds(connection, request_id)
        ground, row = stated.get(student_id) or stated.get(ALL_OTHERS), rows.get(request_id)
        if ground is not None and ground.ground.id == SECRET:
            continue
        terms = requests.terms(connection, request_id)
        party = (ground and ground.party) or terms.name or terms.organisation or ANONYMOUS
        told.append(
            {
                "request": found.number,
                "received": found.received_at.astimezone(archive.zone).date().isoformat(),
                "party": party if row is None else row.party,
                "interest": (ground and ground.interest) if row is None else row.interest,
                "outcome": "open" if found.closing is None else found.closing.value,
            }
        )
    return told
