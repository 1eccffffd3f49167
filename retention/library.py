"""The schedules of one archive: loaded, superseded by their next edition, found again by series.

Rule: the file as loaded is kept and is what counts; everything else is computed from it. At most one edition of
a schedule is current, and a series identifier belongs to one current schedule only, so that a record's series is
never ambiguous.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, insert, select, update

from retention.assignment import Policy
from retention.assignment_checking import refuse_unreadable
from retention.checking import run_examples
from retention.comparing import compare_schedules
from retention.schedule import Schedule, load_schedule
from retention.series import FamilyOf
from retention.tables import schedules
from storage.errors import Conflict, InvalidInput
from storage.events import EventKind

if TYPE_CHECKING:
    from collections.abc import Collection

    from retention.facts import Facts
    from retention.ports import RecordMatcher
    from retention.rules import RetentionRule
    from storage.transaction import Store

PROPOSED: Final = "proposed"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSchedule:
    """A schedule of this archive; `id` names this edition as it was loaded."""

    id: str
    schedule: Schedule
    loaded_at: datetime
    current: bool

    def to_json(self) -> dict[str, Any]:
        """One row of `schedule list`."""
        authority = self.schedule.authority
        return {
            "id": self.id,
            "name": self.schedule.name,
            "title": self.schedule.title,
            "issuer": self.schedule.issuer,
            "edition": authority.edition,
            "adopted_on": None if authority.adopted_on is None else authority.adopted_on.isoformat(),
            "expires": None if authority.expires is None else authority.expires.isoformat(),
            "state": "current" if self.current else "superseded",
            "series": len(self.schedule.series),
            "loaded_at": self.loaded_at.isoformat(),
            "sha256": self.schedule.sha256,
        }


class RuleBook:
    """The current schedules at one moment, as one answer to "which rule" and "which series"."""

    def __init__(self, loaded: tuple[LoadedSchedule, ...]) -> None:
        self.loaded = loaded
        self._by_series = {series.id: one.schedule for one in loaded for series in one.schedule.series}
        self._ids = {series.id: one.id for one in loaded for series in one.schedule.series}
        self.policies = tuple(_policy(one.schedule) for one in loaded)
        self.families = frozenset(
            series.id for one in loaded for series in one.schedule.series if series.family is FamilyOf.CONVERSATION
        )

    def rule_for(self, series_id: str | None, facts: Facts) -> RetentionRule | None:
        """The rule of a series, or None where no current schedule has it.

        A series that goes with what a record is about also follows a series of another current schedule.
        """
        schedule = None if series_id is None else self._by_series.get(series_id)
        if schedule is None or series_id is None:
            return None
        target = facts.linked_series
        series = schedule.find(series_id)
        if series is not None and series.linked_by_fact and target is not None and schedule.find(target) is None:
            other = self._by_series.get(target)
            if other is not None:
                return other.rule_for(target, facts)
        return schedule.rule_for(series_id, facts)

    def revised(self, *proposed: Schedule) -> RuleBook:
        """What would be in force if these were loaded now, in this order; nothing is.

        Raises:
            Conflict: two schedules would have a series of the same identifier.
        """
        loaded = self.loaded
        for schedule in proposed:
            _refuse_shared_series(schedule, loaded)
            one = LoadedSchedule(
                id=PROPOSED, schedule=schedule, loaded_at=datetime.max.replace(tzinfo=UTC), current=True
            )
            loaded = (*(other for other in loaded if other.schedule.name != schedule.name), one)
        return RuleBook(loaded)

    def without(self, name: str) -> RuleBook:
        """What would be in force without the schedule of this name."""
        return RuleBook(tuple(one for one in self.loaded if one.schedule.name != name))

    def schedule_id(self, series_id: str) -> str | None:
        """The id of the loaded schedule that a series belongs to."""
        return self._ids.get(series_id)

    def editions(self) -> list[dict[str, str]]:
        """What was in force, for the record of a run."""
        return [
            {"name": one.schedule.name, "edition": one.schedule.edition, "sha256": one.schedule.sha256}
            for one in self.loaded
        ]


class ScheduleLibrary:
    """Loads schedules into one archive and reads them again; parsed texts are kept by their id.

    Args:
        store: the archive's database.
        matcher: says whether what assignment rules ask of records can be understood; None: nobody says.
    """

    def __init__(self, store: Store, matcher: RecordMatcher | None = None) -> None:
        self._store = store
        self._matcher = matcher
        self._parsed: dict[str, Schedule] = {}

    def load(self, raw: bytes, file: str, *, actor: str) -> LoadedSchedule:
        """Take a schedule into the archive; the earlier edition of the same name is superseded.

        The same file again changes nothing and is no error.

        Raises:
            InvalidInput: the file cannot be carried, or fails its own examples.
            Conflict: another current schedule has a series of the same identifier.
        """
        schedule = checked_schedule(raw, file, self._matcher)
        # compared before the lock is taken; only where somebody else was quicker it is done again
        compared = self._earlier(schedule.name)
        counts = _changes(compared, schedule)
        with self._store.write() as transaction:
            current = self._read(transaction.connection, only_current=True)
            same = next((one for one in current if one.schedule.name == schedule.name), None)
            if same is not None and same.schedule.sha256 == schedule.sha256:
                return same
            _refuse_shared_series(schedule, current)
            schedule_id = f"sch_{transaction.at:%Y%m%d%H%M%S%f}_{schedule.sha256[:16]}"
            position = transaction.append(
                EventKind.SCHEDULE_LOADED,
                actor=actor,
                subjects=(schedule_id,),
                payload={
                    "name": schedule.name,
                    "edition": schedule.edition,
                    "sha256": schedule.sha256,
                    "file": file,
                    "supersedes": None if same is None else same.id,
                    "series": counts if same == compared else _changes(same, schedule),
                },
            )
            named = schedules.c.name == schedule.name
            transaction.connection.execute(update(schedules).where(named).values(state="superseded"))
            row = {
                "id": schedule_id,
                "name": schedule.name,
                "edition": schedule.edition,
                "text": schedule.text,
                "sha256": schedule.sha256,
                "adopted": schedule.authority.adopted_on is not None,
                "state": "current",
                "loaded_at": transaction.at,
                "position": position,
            }
            transaction.connection.execute(insert(schedules), [row])
            loaded_at = transaction.at
        self._parsed[schedule_id] = schedule
        return LoadedSchedule(id=schedule_id, schedule=schedule, loaded_at=loaded_at, current=True)

    def all(self) -> tuple[LoadedSchedule, ...]:
        """Every schedule ever loaded, oldest first."""
        with self._store.read() as connection:
            return self._read(connection, only_current=False)

    def book(self, connection: Connection) -> RuleBook:
        """The current schedules."""
        return RuleBook(self._read(connection, only_current=True))

    def book_at(self, connection: Connection, moment: datetime) -> RuleBook:
        """The schedules that were current at a moment."""
        latest: dict[str, LoadedSchedule] = {}
        for one in self._read(connection, only_current=False):
            if one.loaded_at <= moment:
                latest[one.schedule.name] = one
        return RuleBook(tuple(sorted(latest.values(), key=lambda one: (one.loaded_at, one.id))))

    def superseded(
        self, connection: Connection, names: Collection[str], *, limit: int
    ) -> list[tuple[LoadedSchedule, datetime]]:
        """Superseded editions of the schedules of these names (of all, if none is given), each with its end.

        Args:
            connection: where they are read.
            names: of schedules.
            limit: at most so many are read, the newest.
        """
        query = select(schedules.c.id, schedules.c.name, schedules.c.loaded_at, schedules.c.state)
        if names:
            query = query.where(schedules.c.name.in_(names))
        found: list[tuple[LoadedSchedule, datetime]] = []
        ends: dict[str, datetime] = {}
        for row in connection.execute(query.order_by(schedules.c.position.desc())).all():
            end, ends[row.name] = ends.get(row.name), row.loaded_at
            if end is None or len(found) == limit:
                continue
            schedule = self._schedule(connection, row.id, row.name)
            found.append((LoadedSchedule(id=row.id, schedule=schedule, loaded_at=row.loaded_at, current=False), end))
        return found

    def _earlier(self, name: str) -> LoadedSchedule | None:
        with self._store.read() as connection:
            return next((one for one in self.book(connection).loaded if one.schedule.name == name), None)

    def _read(self, connection: Connection, *, only_current: bool) -> tuple[LoadedSchedule, ...]:
        query = select(schedules.c.id, schedules.c.loaded_at, schedules.c.state, schedules.c.name)
        if only_current:
            query = query.where(schedules.c.state == "current")
        return tuple(
            LoadedSchedule(
                id=row.id,
                schedule=self._schedule(connection, row.id, row.name),
                loaded_at=row.loaded_at,
                current=row.state == "current",
            )
            for row in connection.execute(query.order_by(schedules.c.position)).all()
        )

    def _schedule(self, connection: Connection, schedule_id: str, name: str) -> Schedule:
        parsed = self._parsed.get(schedule_id)
        if parsed is None:
            text = connection.execute(select(schedules.c.text).where(schedules.c.id == schedule_id)).scalar_one()
            parsed = self._parsed[schedule_id] = load_schedule(text.encode(), name)
        return parsed


def _changes(earlier: LoadedSchedule | None, schedule: Schedule) -> dict[str, int]:
    return compare_schedules(None if earlier is None else earlier.schedule, schedule).counts()


def checked_schedule(raw: bytes, file: str, matcher: RecordMatcher | None = None) -> Schedule:
    """A schedule that may be loaded.

    Raises:
        InvalidInput: the file cannot be carried, asks of records what the matcher cannot be asked, or fails its own
            examples.
    """
    schedule = load_schedule(raw, file)
    if matcher is not None:
        refuse_unreadable(schedule, file, matcher)
    failures = run_examples(schedule)
    if failures:
        first = failures[0]
        line = "" if first.line is None else f", line {first.line}"
        raise InvalidInput(
            f"{file}{line}, series {first.series_id}: {first.example}: {first.failures[0]};"
            " run: archiver schedule check",
            file=file,
            series=first.series_id,
            failed=len(failures),
            **({} if first.line is None else {"line": first.line}),
        )
    return schedule


def _refuse_shared_series(schedule: Schedule, current: tuple[LoadedSchedule, ...]) -> None:
    for one in current:
        if one.schedule.name == schedule.name:
            continue
        shared = next((series.id for series in schedule.series if one.schedule.find(series.id)), None)
        if shared is not None:
            raise Conflict(
                f"series {shared} is already in schedule {one.schedule.name}; give one of them another identifier",
                series=shared,
                schedule=one.schedule.name,
            )


def _policy(schedule: Schedule) -> Policy:
    return Policy(
        schedule=schedule.name,
        rules=schedule.assignments,
        default_series=schedule.default_series,
        general=frozenset(series.id for series in schedule.series if series.general),
        edition=schedule.edition,
    )
