"""Applying the rules to a whole archive: assign what has no series, evaluate every record, keep the run.

Rule: what a run costs follows what changed, not what is kept: verdicts are read from the table of due days
(`retention.due_days`), and holds are asked at each reading. Reads go in pages; writes are short. Every run is an event,
also when nothing was due. Nothing is destroyed here: an evaluation only says what the rules say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select

from retention.alike import AlikeRecords
from retention.assignment import Assignment, assign
from retention.clock_watch import ClockWatch
from retention.deciding import decided
from retention.due_days import PAGE, DueDays
from retention.due_reading import TOLD, listed_on, outside_of, read_due, verdicts_of
from retention.due_related import related_to
from retention.evaluation import Decision, Verdict
from retention.facts import local_day
from retention.known import KnownFacts
from retention.rule_assigning import RuleAssigning
from retention.rule_judging import RuleJudging
from retention.tables import retention_runs
from storage.active_records import IS_ACTIVE
from storage.catalogue import record_of
from storage.events import EventKind
from storage.tables import records

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from retention.library import RuleBook, ScheduleLibrary
    from retention.ports import RecordCatalogue, WholeHoldLookup
    from storage.records import Channel, Record, RecordKind
    from storage.transaction import Store

MOST_DAYS_AT_ONCE = 31

_LISTED = (Verdict.ELIGIBLE, Verdict.HELD, *(kind for kind in TOLD if kind is not Verdict.ELIGIBLE))


@dataclass(slots=True, kw_only=True)
class Evaluation:
    """What one pass found: ids by decision; `retain` and `permanent` are only counted."""

    today: date
    forecast: bool
    frozen: bool = False
    ids: dict[Verdict, list[str]] = field(default_factory=lambda: {kind: [] for kind in _LISTED})
    counted: dict[Verdict, int] = field(default_factory=lambda: dict.fromkeys(_LISTED, 0))
    not_due: int = 0

    def take(self, record_id: str, decision: Verdict, *, listed: bool = True) -> None:
        """Count one record, and name it if it is `listed`."""
        if decision not in self.counted:
            self.not_due += 1
            return
        self.counted[decision] += 1
        if listed:
            self.ids[decision].append(record_id)

    def counts(self) -> dict[str, int]:
        """How many of each."""
        return {**{kind.value: number for kind, number in self.counted.items()}, "not_due": self.not_due}

    def to_json(self) -> dict[str, Any]:
        """The object of `retention evaluate`."""
        return {
            "today": self.today.isoformat(),
            "forecast": self.forecast,
            "frozen": self.frozen,
            **{kind.value: sorted(found) for kind, found in self.ids.items()},
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
        assigning: gives series by rule; None: one that opens no records.
    """

    def __init__(
        self,
        store: Store,
        catalogue: RecordCatalogue,
        library: ScheduleLibrary,
        zone: ZoneInfo,
        holds: WholeHoldLookup | None = None,
        watch: ClockWatch | None = None,
        assigning: RuleAssigning | None = None,
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._library = library
        self._assigning = assigning or RuleAssigning(store, catalogue, library, RuleJudging(store, zone))
        self._zone = zone
        self._holds = holds
        self._alike = AlikeRecords()
        self.known = KnownFacts(store, zone, library)
        self.due = DueDays(store, library, zone.key, self.without_holds, related_to)
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
        """Put every active record without a series into that of the first matching rule; how many were."""
        return self._assigning.assign_pending(actor=actor)

    def settle(self, day: date, progress: Callable[[int], None] | None = None) -> None:
        """Bring the table of due days up to the ledger and on to a day; what follows may then ask it.

        Args:
            day: the day, at most the present one counts.
            progress: told how many records were decided about, page by page.
        """
        while True:
            self.due.settle(day, self.today(), progress)
            with self._store.read() as connection:
                if self.due.stands(connection, following=False):
                    return

    def evaluate(
        self, today: date, *, actor: str, progress: Callable[[int], None] | None = None, listed: bool = True
    ) -> Evaluation:
        """Say what the rules say of every active record on a day, and keep the run.

        Only records of which something changed are decided about, the others are read from the table of due days.

        Args:
            today: the day; later than the clock's makes a forecast.
            actor: who asked, as the ledger names him.
            progress: told how many records were decided about, page by page.
            listed: name the records; else they are only counted.
        """
        frozen = self.watch.look() is not None
        started = self._store.clock()
        self.assign_pending(actor=actor)
        self.settle(today, progress)
        evaluation = Evaluation(today=today, forecast=today > local_day(started, self._zone), frozen=frozen)
        with self._store.read() as connection:
            book = self._library.book(connection)
            held = frozenset() if self._holds is None else self._holds.all(connection)
            outside = self._read_table(connection, evaluation, held, listed=listed)
        for start in range(0, len(outside), PAGE):
            with self._store.read() as connection:
                page = self.active(connection, outside[start : start + PAGE])
                for record, decision in zip(page, self.without_holds(connection, page, today), strict=True):
                    verdict = Verdict.HELD if record.id in held else decision.decision
                    evaluation.take(record.id, verdict, listed=listed)
            if progress is not None:
                progress(len(page))
        self._keep(evaluation, book, started, actor)
        return evaluation

    def _read_table(
        self, connection: Connection, evaluation: Evaluation, held: frozenset[str], *, listed: bool
    ) -> tuple[str, ...]:
        """Take over what the table says of the day, and return the records of which it does not."""
        day = evaluation.today
        found = read_due(connection, day)
        apart = held.union(found.outside)
        of_held = verdicts_of(connection, held)
        inside = found.total - len(found.outside)
        beside = of_held.keys() - set(found.outside)
        evaluation.counted[Verdict.HELD] += len(beside)
        if listed:
            evaluation.ids[Verdict.HELD] += sorted(beside)
        for verdict in TOLD:
            number = found.counts.get(verdict, 0) - sum(of_held[one] is verdict for one in beside)
            evaluation.counted[verdict] += number
            if listed:
                names = (one for one, _ in listed_on(connection, day, verdict))
                evaluation.ids[verdict] += [one for one in names if one not in apart]
        evaluation.not_due += inside - sum(evaluation.counted.values())
        return found.outside

    def prove(self, *, actor: str, progress: Callable[[int], None] | None = None) -> tuple[str, ...]:
        """Decide about every record anew for the present day, and compare with the table; ids of those that differ.

        There are none, unless rows were changed behind the back of this program. What differs is made right.

        Args:
            actor: who asked, as the ledger names him.
            progress: told how many records were decided about, page by page.
        """
        self.assign_pending(actor=actor)
        self.settle(self.today(), progress)
        return tuple(self.due.prove(self.today(), self._each_alone, progress or (lambda _records: None)))

    def _each_alone(self, connection: Connection, page: Sequence[Record], day: date) -> list[Decision]:
        book, known = self._library.book(connection), self.known.of(connection, page)
        return [decided(book, known[record.id], (), day) for record in page]

    def candidates(self, day: date, progress: Callable[[int], None] | None = None) -> list[str]:
        """Ids of the records that the rules may let go on a day, holds apart, in order; decide about each again."""
        self.settle(day, progress)
        with self._store.read() as connection:
            found = {one for one, _ in listed_on(connection, day, Verdict.ELIGIBLE)}
            return sorted(found.union(outside_of(connection, day)))

    def waiting(self, day: date, progress: Callable[[int], None] | None = None) -> list[str]:
        """Ids of the records that may need an event on a day, in order; decide about each again."""
        self.settle(day, progress)
        with self._store.read() as connection:
            found = {one for one, _ in listed_on(connection, day, Verdict.NEEDS_EVENT)}
            return sorted(found.union(outside_of(connection, day)))

    def active(self, connection: Connection, record_ids: Sequence[str]) -> list[Record]:
        """Those of these records that are still there, in order of their id; at most a page."""
        chosen = (records.c.id.in_(record_ids), IS_ACTIVE)
        return [record_of(row) for row in connection.execute(select(records).where(*chosen).order_by(records.c.id))]

    def without_holds(self, connection: Connection, page: Sequence[Record], day: date) -> list[Decision]:
        """What the rules say about each of some records on a day, in their order, as if nobody held any."""
        book = self._library.book(connection)
        known = self.known.of(connection, page)
        return self._alike.decide(book, [known[record.id] for record in page], day)

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
