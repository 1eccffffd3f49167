"""Which record is about whom: links that a person made, or took from a suggestion, and may take back.

Rule: a suggestion is never a link; only an act of somebody is, with a leaf. A link that was taken back stays as a
row with the position of its end, until its record is destroyed: whom a record was about goes with the record.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, delete, insert, select, update

from retention.assignment_tables import record_parents, series_judgements
from retention.ports import Absence
from retention.tables import further_series, record_links
from storage.errors import Conflict, InvalidInput, NotFound
from storage.events import EventKind
from storage.records import RecordState
from storage.tables import records

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from storage.transaction import Store

_ROLE: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
_CHUNK: Final = 500
MOST_LINKS: Final = 500
"""Of one record: each is evaluated."""
_OF_RECORDS: Final = (record_links, further_series, record_parents, series_judgements)


class How(StrEnum):
    """How a link was made."""

    PERSON = "person"
    SUGGESTION = "suggestion"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLink:
    """A record is about a subject, in a role such as `subject` or `author`."""

    record_id: str
    subject_id: str
    role: str
    how: How
    actor: str
    at: datetime


class Links:
    """The links of one archive."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def link(self, record_id: str, subject_id: str, role: str, *, how: How, actor: str) -> bool:
        """Link a record to a subject; False where it is so already.

        Raises:
            InvalidInput: the role is not one word, or the record has too many links.
            NotFound: there is no such active record.
        """
        if not _ROLE.fullmatch(role):
            raise InvalidInput("a role is one word of a-z, 0-9 and _, such as subject or author; at most 32 long")
        mine = record_links.c
        with self._store.write() as transaction:
            connection = transaction.connection
            refuse_gone(connection, record_id)
            query = select(mine.subject_id, mine.role, mine.ended).where(mine.record_id == record_id)
            ended = {(row.subject_id, row.role): row.ended for row in connection.execute(query)}
            if (subject_id, role) in ended and ended[subject_id, role] is None:
                return False
            if len(ended) >= MOST_LINKS:
                raise InvalidInput(f"a record has at most {MOST_LINKS} links")
            payload = {"role": role, "how": how.value}
            subjects = (record_id, subject_id)
            position = transaction.append(EventKind.RECORD_LINKED, actor=actor, subjects=subjects, payload=payload)
            values = {"how": how.value, "actor": actor, "at": transaction.at, "position": position, "ended": None}
            chosen = (mine.record_id == record_id, mine.subject_id == subject_id, mine.role == role)
            if (subject_id, role) in ended:
                connection.execute(update(record_links).where(*chosen).values(values))
            else:
                row = {"record_id": record_id, "subject_id": subject_id, "role": role, **values}
                connection.execute(insert(record_links), [row])
        return True

    def unlink(self, record_id: str, subject_id: str, *, actor: str) -> int:
        """Take back every link of a record to a subject; how many there were.

        Raises:
            NotFound: there is no such active record.
            Conflict: they are not linked.
        """
        mine = record_links.c
        chosen = (mine.record_id == record_id, mine.subject_id == subject_id, mine.ended.is_(None))
        with self._store.write() as transaction:
            connection = transaction.connection
            refuse_gone(connection, record_id)
            roles = list(connection.execute(select(mine.role).where(*chosen)).scalars())
            if not roles:
                raise Conflict(f"record {record_id} is not linked to this; see: archiver retention explain {record_id}")
            subjects, payload = (record_id, subject_id), {"roles": roles}
            ended = transaction.append(EventKind.RECORD_UNLINKED, actor=actor, subjects=subjects, payload=payload)
            connection.execute(update(record_links).where(*chosen).values(ended=ended))
        return len(roles)

    def of_records(self, connection: Connection, record_ids: Sequence[str]) -> dict[str, list[RecordLink]]:
        """The links that stand, by record; in the order in which they were made."""
        found: dict[str, list[RecordLink]] = {}
        for chunk in _chunks(record_ids):
            mine = record_links.c
            query = select(record_links).where(mine.record_id.in_(chunk), mine.ended.is_(None))
            for row in connection.execute(query.order_by(mine.position)):
                found.setdefault(row.record_id, []).append(
                    RecordLink(
                        record_id=row.record_id,
                        subject_id=row.subject_id,
                        role=row.role,
                        how=How(row.how),
                        actor=row.actor,
                        at=row.at,
                    )
                )
        return found

    def of_subject(self, connection: Connection, subject_id: str) -> list[str]:
        """Ids of the records that are about a subject."""
        mine = record_links.c
        query = select(mine.record_id).where(mine.subject_id == subject_id, mine.ended.is_(None)).distinct()
        return sorted(connection.execute(query).scalars())


class LinkTraces:
    """Whom a record was about, what it depended on and which series it was in go with it; a `Traces`."""

    owner = "links"

    def __init__(self, store: Store) -> None:
        self._store = store

    def forget(self, record_ids: Sequence[str]) -> None:
        """Delete the links of these records; nothing is written where there are none."""
        for chunk in _chunks(record_ids):
            there = list(self._there(chunk))
            if there:
                with self._store.write() as transaction:
                    for table in _OF_RECORDS:
                        transaction.connection.execute(delete(table).where(table.c.record_id.in_(there)))

    def erase(self, record_ids: Sequence[str], *, actor: str) -> None:
        """Nothing is left to erase: the database overwrites what it deletes, and its log is cut before the roll."""
        del actor
        self.forget(record_ids)

    def confirm(self, record_ids: Sequence[str]) -> tuple[Absence, ...]:
        """Look for links of these records."""
        left = {one for chunk in _chunks(record_ids) for one in self._there(chunk)}
        return tuple(
            Absence(
                owner=self.owner,
                record_id=one,
                absent=one not in left,
                detail="a link to a person or case is left" if one in left else "no link to a person or case is left",
            )
            for one in record_ids
        )

    def _there(self, chunk: Sequence[str]) -> set[str]:
        found: set[str] = set()
        with self._store.read() as connection:
            for table in _OF_RECORDS:
                query = select(table.c.record_id).where(table.c.record_id.in_(chunk)).distinct()
                found.update(connection.execute(query).scalars())
        return found


def refuse_gone(connection: Connection, record_id: str) -> None:
    """Refuse to write about a record that is not there, or no more.

    Raises:
        NotFound: there is no such active record.
    """
    state = connection.execute(select(records.c.state).where(records.c.id == record_id)).scalar()
    if state != RecordState.ACTIVE.value:
        raise NotFound(f"there is no active record {record_id[:64]!r}; find its id with: archiver search")


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))
