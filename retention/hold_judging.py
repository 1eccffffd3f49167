"""Verdicts: every record opened and compared with every open hold, once, and again when what it says has changed.

Rules:

- Nothing here decides what is held: until a record was judged it is (`retention.hold_standing`), so this may lag, stop
  and be killed anywhere. No search index is asked.
- A first pass over a hold looks at every record without a valid verdict; then the ledger is followed from its cursor.
  A cursor that is lost, or of another version, begins with a first pass again.
- Where it is learned who somebody is, the records in which he takes part are judged again; none of these is free of a
  hold before its cursor has passed that event (`retention.hold_learning`).
- Records are opened outside the write lock; what is written says which state of the record was read, and never takes
  the place of a verdict on a newer one.
- A record that cannot be opened is `CANNOT_TELL`. A hold that cannot be opened is not judged and goes on holding.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import structlog
from sqlalchemy import delete, insert, select

from retention.hold_learning import newest_learned
from retention.hold_listing import outcome_counts, pending, pending_count
from retention.hold_rules import plainly
from retention.hold_standing import newest_positions
from retention.holds import Hold, open_holds
from retention.ports import Match, MatchOutcome
from retention.record_opening import RecordOpening
from retention.tables import LONGEST_REASON, hold_cursors, hold_verdicts, holds
from storage.catalogue import record_of
from storage.errors import ArchiveError
from storage.events import EventKind
from storage.people import LEARNED, NobodyKnown
from storage.records import RecordState
from storage.tables import records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection

    from retention.holds import Holds
    from retention.ports import ContentRule, RecordMatcher
    from retention.record_opening import Opened
    from storage.archive import Archive
    from storage.ledger import LedgerEvent
    from storage.people import People
    from storage.transaction import Transaction

PAGE: Final = 500
_OPENED: Final = 100  # descriptions at a time; one may hold the messages of a day
_FOLLOWED: Final = (EventKind.RECORD_ARCHIVED, EventKind.RECORD_TRANSCRIBED, *LEARNED)
_PRUNED: Final = 5_000
UNOPENED: Final = Match(outcome=MatchOutcome.CANNOT_TELL, reason="the record cannot be opened")
log = structlog.get_logger()


class Judging:
    """Judges the records of one archive under its open holds.

    Args:
        archive: the records.
        holds: its holds.
        matcher: what compares an opened record with a rule.
        actor: who does it, for the ledger.
        people: who participants of records are known to be.
    """

    def __init__(
        self, archive: Archive, holds: Holds, matcher: RecordMatcher, *, actor: str, people: People | None = None
    ) -> None:
        self._archive = archive
        self._holds = holds
        self._matcher = matcher
        self._actor = actor
        self._people = people or NobodyKnown()
        self._opening = RecordOpening(archive, self._people)

    def catch_up(
        self, *, thoroughly: bool = False, progress: Callable[[int, int | None], None] = lambda _done, _total: None
    ) -> int:
        """Judge what waits, up to what is in the ledger now.

        Args:
            thoroughly: look for records without a valid verdict too where the cursor says that there are none.
            progress: told how many records were looked at, of how many where that is known.

        Returns:
            How many verdicts were written.
        """
        written = 0
        with self._archive.store.read() as connection:
            standing = self._readable(connection, open_holds(connection))
            cursors = {row.hold: row for row in connection.execute(select(hold_cursors))}
        first, following = [], defaultdict(list)
        for hold in standing:
            cursor = cursors.get(hold.number)
            if thoroughly or cursor is None or cursor.version != hold.version:
                first.append(hold)
            else:
                following[cursor.position].append(hold)
        for position, some in sorted(following.items()):
            written += self._follow(some, position)
        for hold in first:
            cursor = cursors.get(hold.number)
            is_new = cursor is None or cursor.version != hold.version
            written += self._pass(hold, progress, tell=is_new)
        self._prune()
        return written

    def _readable(self, connection: Connection, found: Sequence[Hold]) -> list[Hold]:
        readable = []
        for hold in found:
            try:
                self._holds.terms(connection, hold)
            except ArchiveError as error:
                log.error("hold.unreadable", hold=hold.id, kind=error.kind)  # noqa: TRY400 - may quote content
            else:
                readable.append(hold)
        return readable

    def _rule(self, hold: Hold) -> ContentRule:
        with self._archive.store.read() as connection:
            return self._holds.terms(connection, hold).rule

    def _follow(self, some: Sequence[Hold], position: int) -> int:
        """Read the ledger behind a position for holds that have all come so far."""
        archive, written = self._archive, 0
        while True:
            with archive.store.read() as connection:
                events = archive.ledger.events_after(connection, position, kinds=_FOLLOWED, limit=PAGE)
            if not events:
                return written
            ids = self._concerned(events)
            before, position = position, events[-1].position
            for start in range(0, max(len(ids), 1), PAGE):
                rows = self._judge(some, ids[start : start + PAGE])
                # also to where it was: another program may have moved it over what this one did not know yet
                reached = position if start + PAGE >= len(ids) else before
                with archive.store.write() as transaction:
                    written += _write(transaction.connection, rows)
                    for hold in some:
                        _move(transaction.connection, hold, reached)

    def _concerned(self, events: Sequence[LedgerEvent]) -> list[str]:
        """The records that these events bring, say more of, or of whose people they tell."""
        learned = [one for one in events if one.event.kind in LEARNED]
        brought = [one for one in events if one.event.kind not in LEARNED]
        ids = dict.fromkeys(one.event.subjects[0] for one in brought if one.event.subjects)
        if learned:
            with self._archive.store.read() as connection:
                ids |= dict.fromkeys(self._people.touched_by(connection, learned))
        return list(ids)

    def _pass(self, hold: Hold, progress: Callable[[int, int | None], None], *, tell: bool) -> int:
        """Look at every record that has no valid verdict under a hold."""
        archive, written, after = self._archive, 0, ""
        with archive.store.read() as connection:
            head = archive.ledger.head(connection).size - 1
            total = pending_count(connection, hold)
        if tell:
            # so that a pass that is broken off is begun again, and that what it wrote is found when it is released
            with archive.store.write() as transaction:
                _move(transaction.connection, replace(hold, version=0), -1)
        while True:
            with archive.store.read() as connection:
                ids = list(connection.execute(pending(hold, after).limit(PAGE)).scalars())
            if not ids:
                break
            after = ids[-1]
            rows = self._judge([hold], ids)
            with archive.store.write() as transaction:
                written += _write(transaction.connection, rows)
                # these rows may not know what another program's cursor has passed
                if newest_learned(transaction.connection) > head:
                    _move(transaction.connection, replace(hold, version=0), -1)
            progress(min(written, total), total)
        with archive.store.write() as transaction:
            _move(transaction.connection, hold, head)
            if tell:
                self._tell(transaction, hold)
        return written

    def _tell(self, transaction: Transaction, hold: Hold) -> None:
        """Leave an event that every record there is was compared with a hold, and what came out."""
        payload = {"version": hold.version, **outcome_counts(transaction.connection, hold)}
        transaction.append(EventKind.HOLD_JUDGED, actor=self._actor, subjects=(hold.id,), payload=payload)

    def preview(
        self, rule: ContentRule, progress: Callable[[int, int | None], None] = lambda _done, _total: None
    ) -> dict[MatchOutcome, list[str]]:
        """What a rule would find among all active records; nothing is written."""
        found: dict[MatchOutcome, list[str]] = {outcome: [] for outcome in MatchOutcome}
        archive, after, done = self._archive, "", 0
        with archive.store.read() as connection:
            total = archive.catalogue.count(connection, RecordState.ACTIVE)
        active = select(records.c.id).where(records.c.state == RecordState.ACTIVE.value).order_by(records.c.id)
        while True:
            with archive.store.read() as connection:
                ids = list(connection.execute(active.where(records.c.id > after).limit(PAGE)).scalars())
            if not ids:
                return found
            after, done = ids[-1], done + len(ids)
            for _, record_id, _, answer in self._answers([rule], ids):
                found[answer.outcome].append(record_id)
            progress(done, max(done, total))

    def outcomes(self, rule: ContentRule, ids: Sequence[str]) -> dict[str, MatchOutcome]:
        """What a rule would find of these active records; nothing is written, and destroyed ones are absent."""
        return {record_id: answer.outcome for _, record_id, _, answer in self._answers([rule], ids)}

    def _judge(self, some: Sequence[Hold], ids: Sequence[str]) -> list[dict[str, Any]]:
        """Verdict rows of these records; destroyed ones have none."""
        rules = [self._rule(hold) for hold in some]
        return [
            {
                "record_id": record_id,
                "hold": some[number].number,
                "version": some[number].version,
                "position": position,
                "outcome": answer.outcome.value,
                "reason": answer.reason[:LONGEST_REASON],
            }
            for number, record_id, position, answer in self._answers(rules, ids)
        ]

    def _answers(self, rules: Sequence[ContentRule], ids: Sequence[str]) -> Iterator[tuple[int, str, int, Match]]:
        """The number of a rule, a record, which state of the record was looked at, and the answer."""
        with self._archive.store.read() as connection:
            newest = newest_positions(connection, ids)
            rows = connection.execute(select(records).where(records.c.id.in_(list(newest)))).all()
        to_open: dict[str, list[int]] = defaultdict(list)
        for record in map(record_of, rows):
            for number, rule in enumerate(rules):
                answer = plainly(record, rule, self._archive.zone)
                if answer is None:
                    to_open[record.id].append(number)
                else:
                    yield number, record.id, newest[record.id], answer
        wanted = list(to_open)
        for start in range(0, len(wanted), _OPENED):
            opened, positions = self._opening.open(wanted[start : start + _OPENED])
            for record_id, position in positions.items():
                one = opened.get(record_id)
                for number in to_open[record_id]:
                    answer = UNOPENED if one is None else self._compare(one, rules[number])
                    yield number, record_id, position, answer

    def _compare(self, opened: Opened, rule: ContentRule) -> Match:
        record, read, known = opened
        return self._matcher.match(record, read, rule, known)

    def _prune(self) -> None:
        """Drop verdicts under holds that hold no more, some at a time."""
        gone = select(holds.c.number).where(holds.c.state != "open")
        with self._archive.store.read() as connection:
            numbers = list(connection.execute(gone).scalars())
            known = set(connection.execute(select(hold_cursors.c.hold)).scalars())
            left = [number for number in numbers if number in known]
        for number in left:
            with self._archive.store.write() as transaction:
                connection = transaction.connection
                mine = select(hold_verdicts.c.record_id).where(hold_verdicts.c.hold == number).limit(_PRUNED)
                ids = list(connection.execute(mine).scalars())
                for chunk in _chunks(ids):
                    chosen = (hold_verdicts.c.hold == number, hold_verdicts.c.record_id.in_(chunk))
                    connection.execute(delete(hold_verdicts).where(*chosen))
                if len(ids) < _PRUNED:
                    connection.execute(delete(hold_cursors).where(hold_cursors.c.hold == number))


def _write(connection: Connection, rows: Sequence[dict[str, Any]]) -> int:
    """Write verdicts, but none that was read before one that is there, and none on what was destroyed meanwhile."""
    by_id: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_id[row["record_id"]].append(row)
    kept = []
    for chunk in _chunks(list(by_id)):
        active = set(newest_positions(connection, chunk))
        there = select(hold_verdicts).where(hold_verdicts.c.record_id.in_(chunk))
        newer = {(row.record_id, row.hold): (row.version, row.position) for row in connection.execute(there)}
        fresh = [
            row
            for record_id in chunk
            for row in by_id[record_id]
            if record_id in active
            and newer.get((record_id, row["hold"]), (-1, -1)) <= (row["version"], row["position"])
        ]
        for number in {row["hold"] for row in fresh}:
            ids = [row["record_id"] for row in fresh if row["hold"] == number]
            chosen = (hold_verdicts.c.hold == number, hold_verdicts.c.record_id.in_(ids))
            connection.execute(delete(hold_verdicts).where(*chosen))
        kept += fresh
    if kept:
        connection.execute(insert(hold_verdicts), kept)
    return len(kept)


def _move(connection: Connection, hold: Hold, position: int) -> None:
    connection.execute(delete(hold_cursors).where(hold_cursors.c.hold == hold.number))
    row = {"hold": hold.number, "version": hold.version, "position": position}
    connection.execute(insert(hold_cursors), [row])


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + PAGE] for start in range(0, len(ids), PAGE))
