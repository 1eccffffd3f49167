"""The other half of 34 CFR 99.32: requests for a student's records on which nothing about him was disclosed.

Rules:

- When a request ends that asked for a student, or of which a record was linked to him, and nothing about him was given
  on it, a row says who asked and with which interest, in the transaction that closes it. Where something was given, the
  rows of that say so already (`search.disclosure.students`).
- No row is written for those whose requests 99.32(d) exempts: a parent's own, and where the ground that was stated for
  him is one of which no disclosure leaves a row. That somebody asked and got what tells of nobody is written.
- A row is sealed under the student's key and kept beside those of disclosures, without a record and a production.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, delete, insert, select

from search.disclosure.requests import Requests
from search.disclosure.student_grounds import WITHOUT_TRACE
from search.disclosure.student_rows import StudentRows
from search.disclosure.student_tables import student_disclosures, student_links
from search.disclosure.students import ALL_OTHERS, NO_RECORD, Students
from storage.events import EventKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from search.disclosure.request_types import DisclosureRequest
    from search.disclosure.students import StatedGround
    from storage.transaction import Store, Transaction

ANONYMOUS: Final = "anonymous"
_ASKED: Final = "requested"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedRow:
    """A row of a request on which nothing about a student was disclosed."""

    request_id: str
    party: str
    interest: str | None


class StudentRequests:
    """The requests for students' records that ended without a disclosure."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._requests = Requests(store)
        self._students = Students(store)

    def record_in(self, transaction: Transaction, request: DisclosureRequest, *, actor: str) -> int:
        """Write down, in the transaction that closes a request, of whom nothing was disclosed on it; how many.

        Raises:
            Corrupt: the key of a student is gone.
        """
        connection = transaction.connection
        named = self._refused(connection, request.id)
        if not named:
            return 0
        terms = self._requests.terms(connection, request.id)
        rows_of = StudentRows(self._store, connection, list(named))
        for student_id, ground in named.items():
            words = {
                "party": (ground and ground.party) or terms.name or terms.organisation or ANONYMOUS,
                "interest": ground and ground.interest,
            }
            position = transaction.append(EventKind.STUDENT_REQUESTED, actor=actor, subjects=(request.id, student_id))
            about = student_disclosures.c
            mine = (about.student_id == student_id, about.request_id == request.id, about.record_id == NO_RECORD)
            connection.execute(delete(student_disclosures).where(*mine))  # a request that was opened again
            row = {
                "student_id": student_id,
                "record_id": NO_RECORD,
                "request_id": request.id,
                "production": "",
                "number": 0,
                "ground": _ASKED,
                "at": transaction.at,
                "position": position,
                "sealed_row": rows_of.seal(student_id, words),
            }
            connection.execute(insert(student_disclosures), [row])
        return len(named)

    def of(self, connection: Connection, student_id: str) -> list[AskedRow]:
        """The rows of a student, oldest first.

        Raises:
            Corrupt: a row is not what was sealed, or the student's key is gone.
        """
        about = student_disclosures.c
        query = select(about.request_id, about.sealed_row).where(
            about.student_id == student_id, about.record_id == NO_RECORD
        )
        rows = list(connection.execute(query.order_by(about.at, about.position)))
        rows_of, found = StudentRows(self._store, connection, [student_id]), []
        for row in rows:
            words = rows_of.open(student_id, row.sealed_row)
            found.append(AskedRow(request_id=row.request_id, party=words["party"], interest=words["interest"]))
        return found

    def _refused(self, connection: Connection, request_id: str) -> Mapping[str, StatedGround | None]:
        """The students of a request of whom nothing was disclosed on it and who get a row, with what was stated."""
        stated = self._students.grounds(connection, request_id)
        own = self._students.own(connection, request_id)
        links, given = student_links.c, student_disclosures.c
        query = select(links.student_id).where(links.request_id == request_id, links.ended.is_(None)).distinct()
        there = set(connection.execute(query).scalars())
        query = select(given.student_id).where(given.request_id == request_id, given.record_id != NO_RECORD).distinct()
        there.difference_update(connection.execute(query).scalars())
        found: dict[str, StatedGround | None] = {}
        for one in sorted(there):
            ground = stated.get(one) or stated.get(ALL_OTHERS)
            if ground is None and own:
                continue  # a parent asked for his own child's, not for another's
            if ground is None or ground.ground.row or ground.ground.id == WITHOUT_TRACE:
                found[one] = ground
        return found
