"""Applying the rules to a whole archive: assign what has no series, evaluate every record, keep the run.

Rule: one linear pass in pages, each page a read transaction of its own; writes are short. Every run is an event,
also when nothing was due. Nothing is destroyed here: an evaluation only says what the rules say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select

from retention.assignment import Assignment, assign
from retention.clock_watch import ClockWatch
from retention.conflicts import combine
from retention.evaluation import Decision, Verdict, evaluate, under_holds
from retention.facts import local_day
from retention.known import Known, KnownFacts
from retention.tables import retention_runs, series_assignments
from storage.events import EventKind
from storage.records import Channel, RecordKind, RecordState
from storage.tables import records

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from retention.library import RuleBook, ScheduleLibrary
    from retention.ports import HoldLookup, RecordCatalogue
    from storage.records import Record
    from storage.transaction import Store

PAGE = 1_000
ASSIGN_PAGE = 200
MOST_DAYS_AT_ONCE = 31

_LISTED = (Verdict.ELIGIBLE, Verdict.HELD, Verdict.NEEDS_EVENT, Verdict.CONFLICT, Verdict.UNSCHEDULED)


@dataclass(slots=True, kw_only=True)
class Evaluation:
    """What one pass found: ids by decision; `retain` and `permanent` are only counted."""

    today: date
    forecast: bool
    frozen: bool = False
    ids: dict[Verdict, list[str]] = field(default_factory=lambda: {kind: [] for kind in _LISTED})
    not_due: int = 0

    def take(self, record_id: str, decision: Verdict) -> None:
        """Count one record."""
        found = self.ids.get(decision)
        if found is None:
            self.not_due += 1
        else:
            found.append(record_id)

    def counts(self) -> dict[str, int]:
        """How many of each."""
        return {**{kind.value: len(found) for kind, found in self.ids.items()}, "not_due": self.not_due}

    def to_json(self) -> dict[str, Any]:
        """The object of `retention evaluate`."""
        return {
            "today": self.today.isoformat(),
            "forecast": self.forecast,
            "frozen": self.frozen,
            **{kind.value: found for kind, found in self.ids.items()},
            "not_due": self.not_due,
        }


class RetentionService:
    """Retention of one archive.

    Args:
        store: the archive's database; its clock is the clock.
        catalogue: its records.
        library: its schedules.
        zone: the archive's zone, in which its days begin.
        holds: which holds records are under; None while no floor offers holds.
        watch: what tells a clock that jumped; None: one that asks this machine.
    """

    def __init__(
        self,
        store: Store,
        catalogue: RecordCatalogue,
        library: ScheduleLibrary,
        zone: ZoneInfo,
        holds: HoldLookup | None = None,
        watch: ClockWatch | None = None,
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._library = library
        self._zone = zone
        self._holds = holds
        self.known = KnownFacts(store, zone)
        self.watch = ClockWatch(store) if watch is None else watch

    def today(self) -> date:
        """The present day in the archive's zone."""
        return local_day(self._store.clock(), self._zone)

    def series_for(
        self, connection: Connection, kind: RecordKind, channel: Channel, custodian_id: str
    ) -> Assignment | None:
        """The series that the rules give a record on its arrival, or None."""
        return assign(kind, channel, custodian_id, self._library.book(connection).policies)

    def decide(self, connection: Connection, record: Record, today: date) -> Decision:
        """What the rules say about one record on a day."""
        return self.decide_all(connection, [record], today)[0]

    def decide_all(self, connection: Connection, page: Sequence[Record], today: date) -> list[Decision]:
        """What the rules say about each of some records on a day, in their order."""
        book, held = self._library.book(connection), self._held(connection, page)
        known = self.known.of(connection, page)
        return [decided(book, known[record.id], held.get(record.id, ()), today) for record in page]

    def assign_pending(self, *, actor: str) -> int:
        """Put every active record without a series into that of the first matching rule; how many were.

        Short transactions, repeatable: whoever was quicker has assigned, and nothing is assigned twice.
        """
        assigned = 0
        after = ""
        while True:
            with self._store.read() as connection:
                book = self._library.book(connection)
                page = connection.execute(_without_series(after)).all() if book.policies else []
            if not page:
                return assigned
            after = page[-1].id
            found = {row.id: _assignment(row, book) for row in page}
            chosen = {record_id: one for record_id, one in found.items() if one is not None}
            if chosen:
                assigned += self._write_assignments(book, chosen, actor)

    def _write_assignments(self, book: RuleBook, chosen: Mapping[str, Assignment], actor: str) -> int:
        with self._store.write() as transaction:
            connection = transaction.connection
            still = connection.execute(
                select(records.c.id).where(records.c.id.in_(list(chosen)), records.c.series_id.is_(None))
            ).scalars()
            rows = []
            for record_id in still.all():
                one = chosen[record_id]
                self._catalogue.assign_series(transaction, record_id, one.series_id, actor=actor, why=one.why)
                rows.append(
                    {
                        "record_id": record_id,
                        "series_id": one.series_id,
                        "schedule_id": book.schedule_id(one.series_id),
                        "how": "rule",
                        "actor": actor,
                        "at": transaction.at,
                    }
                )
            if rows:
                _number(connection, rows)
                connection.execute(insert(series_assignments), rows)
        return len(rows)

    def evaluate(self, today: date, *, actor: str, progress: Callable[[int], None] | None = None) -> Evaluation:
        """Evaluate every active record for a day and keep the run.

        Args:
            today: the day; later than the clock's makes a forecast.
            actor: who asked, as the ledger names him.
            progress: told how many records were looked at, page by page.
        """
        frozen = self.watch.look() is not None
        started = self._store.clock()
        self.assign_pending(actor=actor)
        evaluation = Evaluation(today=today, forecast=today > local_day(started, self._zone), frozen=frozen)
        after: str | None = None
        with self._store.read() as connection:
            book = self._library.book(connection)
        while True:
            with self._store.read() as connection:
                page = self._catalogue.page_records(connection, after, PAGE)
                active = [record for record in page if record.state is RecordState.ACTIVE]
                held = self._held(connection, active)
                known = self.known.of(connection, active)
            if not page:
                break
            after = page[-1].id
            for record in active:
                decision = decided(book, known[record.id], held.get(record.id, ()), today)
                evaluation.take(record.id, decision.decision)
            if progress is not None:
                progress(len(page))
        self._keep(evaluation, book, started, actor)
        return evaluation

    def _held(self, connection: Connection, page: Sequence[Record]) -> Mapping[str, tuple[str, ...]]:
        if self._holds is None:
            return {}
        return self._holds.on(connection, [record.id for record in page])

    def _keep(self, evaluation: Evaluation, book: RuleBook, started: datetime, actor: str) -> None:
        counts = evaluation.counts()
        with self._store.write() as transaction:
            run_id = f"run_{transaction.at:%Y%m%d%H%M%S%f}"
            payload = {
                "today": evaluation.today.isoformat(),
                "forecast": evaluation.forecast,
                "frozen": evaluation.frozen,
                "schedules": book.editions(),
                **counts,
            }
            position = transaction.append(
                EventKind.RETENTION_EVALUATED, actor=actor, subjects=(run_id,), payload=payload
            )
            row = {
                "id": f"{run_id}_{position}",
                "today": evaluation.today,
                "forecast": evaluation.forecast,
                "started_at": started,
                "finished_at": transaction.at,
                "position": position,
                **counts,
            }
            transaction.connection.execute(insert(retention_runs), [row])

    def due_days(self) -> tuple[date, ...]:
        """Days up to today for which no run completed, oldest first, at most `MOST_DAYS_AT_ONCE`.

        An archive that never ran starts today. A clock that was set back finds nothing due until it has caught
        up with the last completed day.
        """
        today = self.today()
        with self._store.read() as connection:
            last: date | None = connection.execute(
                select(func.max(retention_runs.c.today)).where(retention_runs.c.forecast.is_(False))
            ).scalar_one()
        if last is None:
            return (today,)
        missing = min((today - last).days, MOST_DAYS_AT_ONCE)
        return tuple(last + timedelta(days=number) for number in range(1, missing + 1))


def decided(book: RuleBook, known: Known, holds: Sequence[str], today: date) -> Decision:
    """What the rules of all series of a record say, read for everybody whom it is about."""
    decisions = []
    for series_id in known.series or (None,):
        rule = book.rule_for(series_id, known.whole(series_id))
        decisions += [evaluate(facts, rule, (), today) for facts in known.readings(series_id, rule)]
    return under_holds(combine(decisions, today), holds)


def _without_series(after: str) -> Any:
    """The next page of active records without a series."""
    return (
        select(records.c.id, records.c.kind, records.c.channel, records.c.custodian_id)
        .where(records.c.series_id.is_(None), records.c.state == RecordState.ACTIVE.value, records.c.id > after)
        .order_by(records.c.id)
        .limit(ASSIGN_PAGE)
    )


def _assignment(row: Any, book: RuleBook) -> Assignment | None:
    return assign(RecordKind(row.kind), Channel(row.channel), row.custodian_id, book.policies)


def _number(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Give each row the number after the last of its record's history."""
    history = series_assignments
    query = (
        select(history.c.record_id, func.max(history.c.number).label("last"))
        .where(history.c.record_id.in_([row["record_id"] for row in rows]))
        .group_by(history.c.record_id)
    )
    last = {row.record_id: row.last for row in connection.execute(query)}
    for row in rows:
        row["number"] = last.get(row["record_id"], 0) + 1
