"""Which role a custodian held on a day: what the roster says of the persons that custodians are.

Rules:

- A role is one word, with a first and a last day, both included; where one is not given, it was always so before, or
  still is. The periods of one role may overlap; a person may hold several roles.
- What was wrong is taken back and stays to be read. Who holds a role that nobody recorded does not hold it.
- A record of March belongs to who its custodian was in March. Where its day is not known, a role is held if it was held
  on every day up to the capture, not held if on none of them, and otherwise nobody can tell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, insert, select, update

from retention.assignment_tables import subject_roles
from retention.tables import subjects
from storage.errors import Conflict, InvalidInput
from storage.events import EventKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from storage.transaction import Store

_ROLE: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
_MOST_OF_ONE: Final = 200
_CHUNK: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRole:
    """A role with the days on which it was held, both included; None: always before, or still."""

    role: str
    since: date | None = None
    until: date | None = None

    def on(self, day: date) -> bool:
        """Whether it was held on a day."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedRole:
    """Somebody says that a subject held a role."""

    subject_id: str
    held: HeldRole


def checked_role(held: HeldRole) -> HeldRole:
    """The same.

    Raises:
        InvalidInput: it is not one word, or ends before it begins.
    """
    if not _ROLE.fullmatch(held.role):
        raise InvalidInput("a role is one word of a-z, 0-9 and _, such as principal or teacher; at most 32 long")
    if held.since is not None and held.until is not None and held.until < held.since:
        raise InvalidInput("the role ends before it begins; put the earlier day first")
    return held


def was_held(periods: Iterable[HeldRole], wanted: Collection[str], day: date | None, captured: date) -> bool | None:
    """Whether one of the wanted roles was held on a day; None where the day is not known and makes the difference.

    Args:
        periods: what is recorded of the custodian.
        wanted: the roles.
        day: of the record; None where it is not known, but not after the day following `captured`.
        captured: when the archive took it.
    """
    mine = [one for one in periods if one.role in wanted]
    if day is not None:
        return any(one.on(day) for one in mine)
    last = captured + timedelta(days=1)
    if all(one.since is not None and one.since > last for one in mine):
        return False
    # every day up to the capture: periods that follow each other without a gap, from always to then
    reached: date | None = None
    for one in sorted(mine, key=lambda one: one.since or date.min):
        if one.since is not None and (reached is None or one.since > reached + timedelta(days=1)):
            return None
        if one.until is None or one.until >= last:
            return True
        reached = one.until if reached is None else max(reached, one.until)
    return None


class Roles:
    """The roles of the persons of one archive."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, stated: Sequence[StatedRole], *, actor: str) -> int:
        """Record roles; how many were new. All of them, or none.

        Raises:
            InvalidInput: one is not a role, or a person would have too many.
        """
        for one in stated:
            checked_role(one.held)
        if not stated:
            return 0
        with self._store.write() as transaction:
            connection = transaction.connection
            of = self._rows(connection, [one.subject_id for one in stated])
            rows = []
            for one in dict.fromkeys(stated):
                there = of.setdefault(one.subject_id, [])
                if any(known == one.held and ended is None for _, known, ended in there):
                    continue
                if len(there) >= _MOST_OF_ONE:
                    raise InvalidInput(f"at most {_MOST_OF_ONE} roles can be recorded of one person")
                payload = {"role": one.held.role, "since": _iso(one.held.since), "until": _iso(one.held.until)}
                subjects_of = (one.subject_id,)
                position = transaction.append(
                    EventKind.SUBJECT_CHANGED, actor=actor, subjects=subjects_of, payload=payload
                )
                number = len(there) + 1
                there.append((number, one.held, None))
                rows.append(
                    {
                        "subject_id": one.subject_id,
                        "number": number,
                        "role": one.held.role,
                        "since": one.held.since,
                        "until": one.held.until,
                        "position": position,
                    }
                )
            if rows:
                connection.execute(insert(subject_roles), rows)
        return len(rows)

    def take_back(self, subject_id: str, held: HeldRole, *, actor: str) -> None:
        """Say that a recorded role was wrong; it stays as a row and counts no more.

        Raises:
            Conflict: no such role with these days is recorded.
        """
        with self._store.write() as transaction:
            rows = self._rows(transaction.connection, [subject_id]).get(subject_id, [])
            number = next((number for number, known, ended in rows if known == held and ended is None), None)
            if number is None:
                raise Conflict("no such role with these days is recorded; see: archiver person show REF")
            payload = {"role": held.role, "since": _iso(held.since), "until": _iso(held.until), "wrong": True}
            ended = transaction.append(EventKind.SUBJECT_CHANGED, actor=actor, subjects=(subject_id,), payload=payload)
            mine = subject_roles.c
            chosen = (mine.subject_id == subject_id, mine.number == number)
            transaction.connection.execute(update(subject_roles).where(*chosen).values(ended=ended))

    def of_subject(self, connection: Connection, subject_id: str) -> list[HeldRole]:
        """The roles of a person, in the order in which they began."""
        found = [known for _, known, ended in self._rows(connection, [subject_id]).get(subject_id, []) if ended is None]
        return sorted(found, key=lambda one: (one.since or date.min, one.role))

    def of_custodians(self, connection: Connection, custodian_ids: Sequence[str]) -> Mapping[str, tuple[HeldRole, ...]]:
        """The roles of the persons that custodians are; absent where none is recorded."""
        found: dict[str, list[HeldRole]] = {}
        mine = subject_roles.c
        for start in range(0, len(custodian_ids), _CHUNK):
            chosen = subjects.c.custodian_id.in_(custodian_ids[start : start + _CHUNK])
            query = select(subjects.c.custodian_id, mine.role, mine.since, mine.until).join(subjects)
            for row in connection.execute(query.where(chosen, mine.ended.is_(None))):
                held = HeldRole(role=row.role, since=row.since, until=row.until)
                found.setdefault(row.custodian_id, []).append(held)
        return {custodian_id: tuple(held) for custodian_id, held in found.items()}

    def _rows(
        self, connection: Connection, subject_ids: Sequence[str]
    ) -> dict[str, list[tuple[int, HeldRole, int | None]]]:
        found: dict[str, list[tuple[int, HeldRole, int | None]]] = {}
        mine = subject_roles.c
        for start in range(0, len(subject_ids), _CHUNK):
            query = select(subject_roles).where(mine.subject_id.in_(subject_ids[start : start + _CHUNK]))
            for row in connection.execute(query.order_by(mine.number)):
                held = HeldRole(role=row.role, since=row.since, until=row.until)
                found.setdefault(row.subject_id, []).append((row.number, held, row.ended))
        return found


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
