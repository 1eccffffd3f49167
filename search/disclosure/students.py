"""Students in disclosure: records of a request about them, grounds on which they leave, the record of 34 CFR 99.32.

Rules:

- A record is about a student because a person said so, for the request or for good (links of the register count too).
- Nothing about a student leaves without a ground of 99.30 or 99.31. Where the ground asks for it, each disclosure is
  written down with who got it, which interest he has, what and when, in the production's own transaction.
- These rows are sealed under the student's own key and are kept for as long as the register knows him, which is never
  shorter than the education record is kept (99.32(a)(2)).
- A parent's or eligible student's request is one of access (99.10, 99.12): about all others nothing may be left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, delete, insert, select, update

from retention.tables import record_links, subjects
from search.disclosure.follow_words import FollowWords, a_line, a_text
from search.disclosure.requests import Requests
from search.disclosure.review_rows import chunks
from search.disclosure.student_grounds import OWN, WITHOUT_TRACE, DisclosureGround, disclosure_grounds
from search.disclosure.student_rows import StudentRows
from search.disclosure.student_tables import student_disclosures, student_grounds, student_links
from storage.errors import Conflict, InvalidInput, NotFound
from storage.events import EventKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from storage.transaction import Store, Transaction

KIND: Final = "student"
ALL_OTHERS: Final = ""
NO_RECORD: Final = ""
"""Stands for the record where a request itself asks for a student, whether or not a record is found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedGround:
    """A ground as an officer stated it: who gets the records, and the interest that he has in them."""

    ground: DisclosureGround
    party: str | None
    interest: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosureRow:
    """A row of a student's record of disclosures."""

    request_id: str
    record_id: str
    production: str
    number: int
    ground: str
    at: datetime
    party: str
    interest: str
    what: str


class Students:
    """What one archive knows of students in its requests."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._requests = Requests(store)
        self._words = FollowWords(store, "student ground")

    def link(self, request_id: str, record_id: str, student_id: str, *, suggested: bool, actor: str) -> None:
        """Say that a record of a request is about a student, or with `NO_RECORD` that the request asks for him.

        Raises:
            NotFound: there is no such request.
            Conflict: it is closed, or this was said before.
        """
        row = {"how": "suggestion" if suggested else "person", "actor": actor, "ended": None}
        with self._store.write() as transaction:
            connection = transaction.connection
            found = self._requests.get_open(connection, request_id)
            if student_id in self._linked(connection, found.id, [record_id]).get(record_id, ()):
                raise Conflict("this is linked to the student already", record=record_id)
            named = tuple(filter(None, (found.id, record_id, student_id)))
            position = transaction.append(EventKind.STUDENT_LINKED, actor=actor, subjects=named)
            connection.execute(delete(student_links).where(*_one(found.id, record_id, student_id)))
            whole = {"request_id": found.id, "record_id": record_id, "student_id": student_id, **row}
            connection.execute(insert(student_links), [{**whole, "at": transaction.at, "position": position}])

    def unlink(self, request_id: str, record_id: str, student_id: str, *, actor: str) -> None:
        """Take a link of a request back.

        Raises:
            NotFound: there is no such request or link.
            Conflict: the request is closed.
        """
        with self._store.write() as transaction:
            connection = transaction.connection
            found = self._requests.get_open(connection, request_id)
            if student_id not in self._linked(connection, found.id, [record_id]).get(record_id, ()):
                raise NotFound("this is not linked to the student in this request", record=record_id)
            named = tuple(filter(None, (found.id, record_id, student_id)))
            position = transaction.append(EventKind.STUDENT_UNLINKED, actor=actor, subjects=named)
            change = update(student_links).where(*_one(found.id, record_id, student_id))
            connection.execute(change.values(ended=position))

    def linked(self, connection: Connection, request_id: str, record_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The students whom these records are about, by record; those of the register's own links too."""
        found = {one: set(some) for one, some in self._linked(connection, request_id, record_ids).items()}
        about = record_links.c
        for some in chunks(record_ids):
            query = select(about.record_id, about.subject_id).join(subjects, subjects.c.id == about.subject_id)
            query = query.where(about.record_id.in_(some), about.ended.is_(None), subjects.c.kind == KIND)
            for row in connection.execute(query):
                found.setdefault(row.record_id, set()).add(row.subject_id)
        return {one: tuple(sorted(found[one])) for one in record_ids if one in found}

    def links_of(self, connection: Connection, request_id: str) -> list[tuple[str, str]]:
        """Record and student of each link of a request that stands, in order."""
        about = student_links.c
        query = select(about.record_id, about.student_id).where(about.request_id == request_id, about.ended.is_(None))
        return [(row.record_id, row.student_id) for row in connection.execute(query.order_by(*query.selected_columns))]

    def requests_about(self, connection: Connection, student_id: str) -> list[str]:
        """The requests that ask for a student, or of which a record is linked to him, oldest first."""
        about = student_links.c
        query = select(about.request_id).where(about.student_id == student_id, about.ended.is_(None)).distinct()
        return sorted(connection.execute(query).scalars())

    def state_ground(
        self,
        request_id: str,
        student_id: str,
        ground: str,
        *,
        party: str | None = None,
        interest: str | None = None,
        actor: str,
    ) -> None:
        """State on which ground a request gets records of a student; `ALL_OTHERS` for each of whom nothing is stated.

        Raises:
            NotFound: there is no such request.
            Conflict: it is closed.
            InvalidInput: the ground is none, it lacks party or interest, or it cannot be that of all others.
        """
        known = disclosure_grounds()
        if ground not in known:
            raise InvalidInput(f"there is no ground {ground[:40]!r}; there are: {', '.join(known)}")
        if ground == OWN and student_id == ALL_OTHERS:
            raise InvalidInput("a parent sees the records of his own child; name the student with --student")
        with self._store.read() as connection:
            found = self._requests.get_open(connection, request_id)
            asks = self._requests.terms(connection, found.id)
        who = party or asks.name or asks.organisation
        if known[ground].row and (not who or not interest):
            raise InvalidInput(f"{known[ground].citation}: say who gets it (--party) and his interest (--interest)")
        words = {
            "party": None if not who else a_line(who, "--party"),
            "interest": None if not interest else a_text(interest, "the interest"),
        }
        sealed = self._words.seal(found.id, words)
        with self._store.write() as transaction:
            self._requests.get_open(transaction.connection, found.id)
            named = (found.id, *filter(None, [student_id]))
            payload = {"ground": ground}
            position = transaction.append(EventKind.STUDENT_GROUND_SET, actor=actor, subjects=named, payload=payload)
            mine = (student_grounds.c.request_id == found.id, student_grounds.c.student_id == student_id)
            transaction.connection.execute(delete(student_grounds).where(*mine))
            row = {"request_id": found.id, "student_id": student_id, "ground": ground, "position": position}
            transaction.connection.execute(insert(student_grounds), [{**row, "sealed_party": sealed}])

    def grounds(self, connection: Connection, request_id: str) -> dict[str, StatedGround]:
        """The grounds that were stated for a request, by student."""
        query = select(student_grounds).where(student_grounds.c.request_id == request_id)
        rows = list(connection.execute(query.order_by(student_grounds.c.student_id)))
        opened, known = (
            self._words.opened(connection, request_id, [row.sealed_party for row in rows]),
            disclosure_grounds(),
        )
        return {
            row.student_id: StatedGround(ground=known[row.ground], party=words["party"], interest=words["interest"])
            for row, words in zip(rows, opened, strict=True)
        }

    def own(self, connection: Connection, request_id: str) -> tuple[str, ...]:
        """The students whose own records, or whose child's, a request asks for; none where it is no such request."""
        about = student_grounds.c
        query = select(about.student_id).where(about.request_id == request_id, about.ground == OWN)
        return tuple(sorted(connection.execute(query).scalars()))

    def without_ground(self, connection: Connection, request_id: str, record_ids: Sequence[str]) -> dict[str, int]:
        """The students of whom no ground is stated, with how many of these records are about each."""
        stated = self.grounds(connection, request_id)
        counts: dict[str, int] = {}
        for some in self.linked(connection, request_id, record_ids).values():
            for one in some:
                if _ground_for(stated, one) is None:
                    counts[one] = counts.get(one, 0) + 1
        return counts

    def record_disclosures(
        self,
        transaction: Transaction,
        request_id: str,
        production: str,
        record_ids: Sequence[str],
        *,
        what: Mapping[str, str],
        actor: str,
    ) -> int:
        """Write down in a production's transaction what is disclosed about students; how many rows.

        Args:
            transaction: the production's.
            request_id: the request's id.
            production: its number, as people call it.
            record_ids: the records that are given.
            what: by record, the pages of it, as ``LAKE-000017 to LAKE-000019``; without names.
            actor: who produces.

        Raises:
            Conflict: of a student no ground is stated.
        """
        connection = transaction.connection
        if missing := self.without_ground(connection, request_id, record_ids):
            raise Conflict(f"{_without(len(missing))}; see: archiver request student list", request=request_id)
        stated = self.grounds(connection, request_id)
        by_student: dict[str, list[str]] = {}
        for record_id, some in self.linked(connection, request_id, record_ids).items():
            for one in some:
                by_student.setdefault(one, []).append(record_id)
        number = self._requests.get(connection, request_id).number
        rows_of = StudentRows(self._store, connection, list(by_student))
        count = 0
        for student_id, mine in sorted(by_student.items()):
            ground = _ground_for(stated, student_id)
            if ground is None or not ground.ground.row:
                continue
            position = 0
            for some_ids in chunks(mine):
                named = (request_id, student_id, *some_ids)
                position = transaction.append(EventKind.STUDENT_DISCLOSED, actor=actor, subjects=named)
            rows = []
            for order, record_id in enumerate(mine, start=1):
                words = {
                    "party": ground.party,
                    "interest": ground.interest,
                    "request": number,
                    "what": what.get(record_id, ""),
                }
                rows.append(
                    {
                        "student_id": student_id,
                        "record_id": record_id,
                        "request_id": request_id,
                        "production": production,
                        "number": order,
                        "ground": ground.ground.id,
                        "at": transaction.at,
                        "position": position,
                        "sealed_row": rows_of.seal(student_id, words),
                    }
                )
            connection.execute(insert(student_disclosures), rows)
            count += len(rows)
        return count

    def disclosures(self, connection: Connection, student_id: str) -> list[DisclosureRow]:
        """A student's record of disclosures, oldest first.

        Raises:
            Corrupt: a row is not what was sealed, or the student's key is gone.
        """
        about = student_disclosures.c
        query = select(student_disclosures).where(about.student_id == student_id, about.record_id != NO_RECORD)
        rows = list(connection.execute(query.order_by(about.at, about.position, about.number)))
        rows_of = StudentRows(self._store, connection, [student_id])
        return [_row(row, rows_of.open(student_id, row.sealed_row)) for row in rows]

    def _linked(self, connection: Connection, request_id: str, record_ids: Sequence[str]) -> dict[str, list[str]]:
        about = student_links.c
        found: dict[str, list[str]] = {}
        for some in chunks(record_ids):
            query = select(about.record_id, about.student_id)
            query = query.where(about.request_id == request_id, about.record_id.in_(some), about.ended.is_(None))
            for row in connection.execute(query):
                found.setdefault(row.record_id, []).append(row.student_id)
        return found


def _ground_for(stated: Mapping[str, StatedGround], student_id: str) -> StatedGround | None:
    """The ground of a student: his own, that of all others, or that of others in a parent's request."""
    found = stated.get(student_id) or stated.get(ALL_OTHERS)
    if found is None and any(one.ground.id == OWN for one in stated.values()):
        # a parent's request is refused while another student can be told (archiver.student_access)
        return StatedGround(ground=disclosure_grounds()[WITHOUT_TRACE], party=None, interest=None)
    return found


def _without(students: int) -> str:
    some = "a student" if students == 1 else f"{students:,} students"
    return f"records are about {some} of whom no ground of 34 CFR 99.31 is stated"


def _one(request_id: str, record_id: str, student_id: str) -> tuple[Any, Any, Any]:
    about = student_links.c
    return about.request_id == request_id, about.record_id == record_id, about.student_id == student_id


def _row(row: Any, words: Mapping[str, Any]) -> DisclosureRow:
    return DisclosureRow(
        request_id=row.request_id,
        record_id=row.record_id,
        production=row.production,
        number=row.number,
        ground=row.ground,
        at=row.at,
        party=words["party"],
        interest=words["interest"],
        what=words["what"],
    )
