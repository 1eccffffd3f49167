"""The table of due days: brought up to the ledger, moved on from day to day, and asked instead of every record.

Rules:

- A row is right because of what it was made by, never because somebody remembered to mark it: the cursor names the
  schedules, the program and the zone, and the place up to which the ledger was followed (`retention.due_scope`).
  Anything else makes every row again.
- Pages are read in one transaction and written in another, which is refused if a page was written in between: of two
  that work at once each row is that of the later reading. Whoever is killed goes on where the cursor stands.
- Without holds: those come before every verdict, and are asked when it is read.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, delete, func, insert, select, update

from retention.due_change import Validity, validity
from retention.due_scope import is_behind, records_touched, touched_after
from retention.due_tables import CHANGED, CHANGES, due_cursor, due_days
from storage.catalogue import record_of
from storage.many_rows import ManyRows
from storage.records import RecordState
from storage.tables import ledger_head, records

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import date

    from retention.evaluation import Decision
    from retention.library import RuleBook, ScheduleLibrary
    from storage.records import Record
    from storage.transaction import Store

    Decide = Callable[[Connection, Sequence[Record], date], Sequence[Decision]]
    Related = Callable[[Connection, RuleBook, Collection[str]], set[str]]

PAGE: Final = 1_000
_LEAVES: Final = 2_000
_TRIES: Final = 10
_ROWS = ManyRows(insert(due_days), *due_days.c.keys())
_ONE = due_cursor.c.one == 1


class MovedOn(Exception):
    """Another program was quicker, and what was read is not what stands any more: read again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """What the rows were made by; see `retention.due_tables`."""

    basis: str
    position: int
    swept: str | None
    turn: int


@cache
def program() -> str:
    """A digest of this floor's own files: rows that another program made are made again."""
    digest = hashlib.sha256()
    files = sorted(importlib.resources.files("retention").iterdir(), key=lambda one: one.name)
    for one in files:
        if one.is_file():
            digest.update(one.name.encode() + b"\x00" + hashlib.sha256(one.read_bytes()).digest())
    return digest.hexdigest()


class DueDays:
    """The due days of one archive.

    Args:
        store: the archive's database.
        library: its schedules.
        zone: the name of the archive's zone.
        decide: decides about records for a day, without holds.
        related: the records whose decision rests on what is known of these.
    """

    def __init__(self, store: Store, library: ScheduleLibrary, zone: str, decide: Decide, related: Related) -> None:
        self._store = store
        self._library = library
        self._zone = zone
        self._decide = decide
        self._related = related

    def settle(self, day: date, today: date, progress: Callable[[int], None] | None = None) -> None:
        """Bring the rows up to the ledger and on to a day; `progress` is told how many were made, page by page.

        Args:
            day: rows are made for it, or for `today` where it is later.
            today: the present day.
            progress: told how many records were looked at.
        """
        told = progress or (lambda _records: None)
        made_for = min(day, today)
        self._follow(made_for, told)
        self._move_on(made_for, today, told)
        with self._store.read() as connection:
            whole = self._is_whole(connection)
        if not whole:
            self._mend(made_for, told)

    def prove(self, day: date, decide: Decide, told: Callable[[int], None]) -> list[str]:
        """Decide about every record anew and compare with its row; ids of those of which the rows said otherwise.

        Their rows are made again. A page into which records come all the time is compared while none does, or is not.
        """
        found: list[str] = []
        after: str | None = ""
        tries = 0
        while after is not None:
            with self._store.read() as connection:
                cursor, stands = _cursor(connection), self.stands(connection)
                last, wrong = self._compare(connection, after, day, decide)
            if cursor is None or (wrong and not stands and tries < _TRIES):
                tries += 1
                self._follow(day, told)
                continue
            if wrong:
                try:
                    self._make(cursor, wrong, day)
                except MovedOn:
                    continue
            found += wrong if stands else ()
            after, tries = last, 0
            told(PAGE)
        return found

    def _compare(self, connection: Connection, after: str, day: date, decide: Decide) -> tuple[str | None, list[str]]:
        """The last record of the next page, None where it is the last, and those whose row is not what it should be."""
        query = select(records).where(records.c.id > after).order_by(records.c.id).limit(PAGE)
        page = [record_of(row) for row in connection.execute(query)]
        last = page[-1].id if len(page) == PAGE else None
        chosen = due_days.c.record_id > after
        if last is not None:
            chosen &= due_days.c.record_id <= last
        there = {row.record_id: row for row in connection.execute(select(due_days).where(chosen))}
        active = [one for one in page if one.state is RecordState.ACTIVE]
        wrong = [one for one in there if one not in {record.id for record in active}]
        for record, decision in zip(active, decide(connection, active, day), strict=True):
            row = there.get(record.id)
            holds = None if row is None else Validity(since_on=row.since_on, next_on=row.next_on)
            said = row is not None and holds is not None and row.verdict == decision.decision.value
            if not said or holds != validity(decision, day):
                wrong.append(record.id)
        return last, sorted(wrong)

    def stands(self, connection: Connection, *, following: bool = True) -> bool:
        """Whether all rows are by this program and these schedules; with `following`, up to the end of the ledger."""
        found = _cursor(connection)
        if found is None or found.basis != self._basis(self._library.book(connection)):
            return False
        return found.swept is None and not (following and is_behind(connection, found.position))

    def _basis(self, book: RuleBook) -> str:
        named = [program(), self._zone, *(one.id for one in book.loaded)]
        return hashlib.sha256(json.dumps(named).encode()).hexdigest()

    def _follow(self, day: date, told: Callable[[int], None]) -> None:
        """Make again what the ledger or another basis touches, until nothing does."""
        while True:
            with self._store.read() as connection:
                found, basis = _cursor(connection), self._basis(self._library.book(connection))
                if found is not None and found.basis == basis and found.swept is None:
                    touched, last = touched_after(connection, found.position, _LEAVES)
                    if last is None:
                        return
                    everything = touched.everything
                    ids = [] if everything else records_touched(connection, touched, self._related_in(connection))
            try:
                if found is None or found.basis != basis:
                    self._start_over(found, basis)
                elif found.swept is not None:
                    self._sweep(found, day, told)
                elif everything:
                    self._start_over(found, basis)
                else:
                    for start in range(0, len(ids), PAGE):
                        self._make(found, ids[start : start + PAGE], day)
                        told(len(ids[start : start + PAGE]))
                    assert last is not None
                    self._advance(found, last)
            except MovedOn:
                continue

    def _related_in(self, connection: Connection) -> Callable[[Connection, Collection[str]], set[str]]:
        book = self._library.book(connection)
        return lambda reading, found: self._related(reading, book, found)

    def _start_over(self, found: Cursor | None, basis: str) -> None:
        """Begin a pass over all records; what the ledger says from here on is followed after it."""
        with self._store.write() as transaction:
            connection = transaction.connection
            if _cursor(connection) != found:
                raise MovedOn
            size: int = connection.execute(select(ledger_head.c.size)).scalar_one()
            row = {"basis": basis, "position": size - 1, "swept": "", "turn": 0 if found is None else found.turn + 1}
            connection.execute(delete(due_cursor))
            connection.execute(insert(due_cursor), [{"one": 1, **row}])

    def _sweep(self, found: Cursor, day: date, told: Callable[[int], None]) -> None:
        """The next page of a pass over all records."""
        after = found.swept or ""
        with self._store.read() as connection:
            self._refuse_moved(connection, found)
            query = select(records).where(records.c.id > after).order_by(records.c.id).limit(PAGE)
            page = [record_of(row) for row in connection.execute(query)]
            rows = self._rows_of(connection, page, day)
        last = page[-1].id if page else None
        gone = due_days.c.record_id > after
        if last is not None:
            gone &= due_days.c.record_id <= last
        with self._store.write() as transaction:
            self._take_turn(transaction.connection, found, swept=last)
            transaction.connection.execute(delete(due_days).where(gone))
            _ROWS.execute(transaction.connection, rows)
        told(len(page))

    def _make(self, found: Cursor, ids: Sequence[str], day: date) -> None:
        """Make the rows of these records again; those that are no more lose theirs."""
        while True:
            with self._store.read() as connection:
                now = self._refuse_moved(connection, found)
                chosen = records.c.id.in_(ids)
                page = [record_of(row) for row in connection.execute(select(records).where(chosen))]
                rows = self._rows_of(connection, page, day)
            with self._store.write() as transaction:
                try:
                    self._take_turn(transaction.connection, now)
                except MovedOn:
                    continue
                transaction.connection.execute(delete(due_days).where(due_days.c.record_id.in_(ids)))
                _ROWS.execute(transaction.connection, rows)
                return

    def _rows_of(self, connection: Connection, page: Sequence[Record], day: date) -> list[tuple[Any, ...]]:
        active = [one for one in page if one.state is RecordState.ACTIVE]
        decisions = self._decide(connection, active, day)
        rows = []
        for record, decision in zip(active, decisions, strict=True):
            holds: Validity = validity(decision, day)
            rows.append((record.id, decision.decision.value, holds.since_on, holds.next_on))
        return rows

    def _advance(self, found: Cursor, position: int) -> None:
        with self._store.write() as transaction:
            now = self._refuse_moved(transaction.connection, found)
            self._take_turn(transaction.connection, now, position=position)

    def _refuse_moved(self, connection: Connection, found: Cursor) -> Cursor:
        """The cursor as it stands, in which only the turn may differ."""
        now = _cursor(connection)
        if now is None or (now.basis, now.position, now.swept) != (found.basis, found.position, found.swept):
            raise MovedOn
        return now

    def _take_turn(self, connection: Connection, found: Cursor, **changes: Any) -> None:
        """The first statement of every write; refused where another page was written since `found` was read."""
        mine = due_cursor.c
        chosen = (_ONE, mine.turn == found.turn, mine.basis == found.basis)
        changed = connection.execute(update(due_cursor).where(*chosen).values(turn=found.turn + 1, **changes))
        if changed.rowcount != 1:
            raise MovedOn

    def _move_on(self, day: date, today: date, told: Callable[[int], None]) -> None:
        """Make the rows again whose verdict changed by a day; on the present day also those made for a later one."""
        mine = due_days.c
        late = select(mine.record_id).where(CHANGES, mine.next_on <= day).order_by(mine.next_on)
        early = select(mine.record_id).where(CHANGED, mine.since_on > day).order_by(mine.since_on)
        for query in (late, early) if day == today else (late,):
            while True:
                with self._store.read() as connection:
                    found = _cursor(connection)
                    ids = list(connection.execute(query.limit(PAGE)).scalars())
                if not ids or found is None:
                    break
                try:
                    self._make(found, ids, day)
                except MovedOn:
                    self._follow(day, told)
                    continue
                told(len(ids))

    def _is_whole(self, connection: Connection) -> bool:
        """Whether each active record has a row; not asked while something was just added."""
        if not self.stands(connection):
            return True
        active = records.c.state == RecordState.ACTIVE.value
        there: int = connection.execute(select(func.count()).select_from(records).where(active)).scalar_one()
        rows: int = connection.execute(select(func.count()).select_from(due_days)).scalar_one()
        return there == rows

    def _mend(self, day: date, told: Callable[[int], None]) -> None:
        """Make the rows of records that have none, and take out those of records that are no more."""
        active = select(records.c.id).where(records.c.state == RecordState.ACTIVE.value)
        without = active.where(records.c.id.not_in(select(due_days.c.record_id)))
        beyond = select(due_days.c.record_id).where(due_days.c.record_id.not_in(active))
        with self._store.read() as connection:
            found = _cursor(connection)
            ids = sorted({*connection.execute(without).scalars(), *connection.execute(beyond).scalars()})
        try:
            for start in range(0, len(ids) if found is not None else 0, PAGE):
                assert found is not None
                self._make(found, ids[start : start + PAGE], day)
                told(len(ids[start : start + PAGE]))
        except MovedOn:  # another program made rows meanwhile, and the next run looks again
            return


def _cursor(connection: Connection) -> Cursor | None:
    row = connection.execute(select(due_cursor)).first()
    if row is None:
        return None
    return Cursor(basis=row.basis, position=row.position, swept=row.swept, turn=row.turn)
