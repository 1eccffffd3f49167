"""The catalogue's answers to a search: which records are in a series, under a hold or request, due, restricted.

Rules:

- One query each, whatever the number of records; all in one reading of the database.
- A series is that of the assignment, and those that a record is in beside it. A hold is what `record show` names: what
  it holds by its rule, what cannot be told, what was not compared with it yet, and what contains such a record. A
  request is named by its number or id, and its records are those that were put before its reviewers.
  Verdicts are those of `retention evaluate` for today: a record that is held is due for nothing.
- ``active`` is every record, because no search finds one that is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Select, or_, select

from retention.calendars import Calendars
from retention.due_days import PAGE
from retention.due_reading import listed_on, outside_of
from retention.evaluation import Verdict
from retention.hold_sets import held_by, held_by_any
from retention.holds import open_holds
from retention.tables import further_series, holds
from search.disclosure.review_tables import review_records
from search.disclosure.tables import disclosure_requests
from search.queries import Among, Fact, Is, negation
from search.query_errors import nearest
from storage.access_tables import restricted_subjects
from storage.conversation_tables import superseded_records
from storage.errors import InvalidInput
from storage.tables import records

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from retention.library import RuleBook, ScheduleLibrary
    from retention.service import RetentionService
    from search.queries import Query
    from storage.transaction import Store

ANY: Final = "any"
NONE: Final = "none"
_MOST_NAMED: Final = 12
_VERDICTS: Final = {
    one.value: one for one in (Verdict.ELIGIBLE, Verdict.NEEDS_EVENT, Verdict.CONFLICT, Verdict.UNSCHEDULED)
}


def agency_calendars(book: RuleBook) -> Calendars | None:
    """Where the years of an agency end, by its current schedules; None where these do not agree.

    Without a schedule they are the default, 30 June.
    """
    found = {(one.schedule.calendars.fiscal_year_end, one.schedule.calendars.school_year_end) for one in book.loaded}
    if not book.loaded:
        return Calendars()
    return book.loaded[0].schedule.calendars if len(found) == 1 else None


class StoredCatalogue:
    """The catalogue of one archive.

    Args:
        store: its database.
        library: its schedules.
        service: what tells what is due.
    """

    def __init__(self, store: Store, library: ScheduleLibrary, service: RetentionService) -> None:
        self._store = store
        self._library = library
        self._service = service

    def answer(self, asked: Sequence[Is]) -> Mapping[Is, Query]:
        """The records of each of these facts; all as of one moment.

        Raises:
            InvalidInput: there is no such series, hold, request or state; ``fields["position"]`` says where.
        """
        if any(one.fact is Fact.STATE and one.value in _VERDICTS for one in asked):
            self._service.settle(self._service.today())
        with self._store.read() as connection:
            return {one: self._answer(connection, one) for one in asked}

    def _answer(self, connection: Connection, asked: Is) -> Query:
        match asked.fact:
            case Fact.SERIES:
                return self._series(connection, asked)
            case Fact.HOLD:
                return _hold(connection, asked)
            case Fact.STATE:
                return self._state(connection, asked)
            case Fact.REQUEST:
                return _request(connection, asked)
            case _:
                raise ValueError("this stands in every index")

    def _series(self, connection: Connection, asked: Is) -> Query:
        column = records.c.series_id
        if asked.value in (ANY, NONE):
            without = Among(_ids(connection, select(records.c.id).where(column.is_(None))))
            return without if asked.value == NONE else negation(without)
        series = self._series_named(connection, asked)
        mine = select(records.c.id).where(column == series)
        beside = select(further_series.c.record_id).where(further_series.c.series_id == series)
        return Among(_ids(connection, mine, beside))

    def _series_named(self, connection: Connection, asked: Is) -> str:
        """The identifier of a series, whatever the case in which it was written."""
        book = self._library.book(connection)
        known = {series.id for one in book.loaded for series in one.schedule.series}
        if asked.value in known or _is_used(connection, asked.value):
            return asked.value
        used = connection.execute(select(records.c.series_id).distinct()).scalars()
        known.update(one for one in used if one is not None)
        meant = {one.casefold(): one for one in known}.get(asked.value.casefold())
        if meant is not None:
            return meant
        raise _refusal(asked, f"there is no such series; {_named(known, asked.value, 'no schedule is loaded')}")

    def _state(self, connection: Connection, asked: Is) -> Query:
        match asked.value:
            case "active":
                return negation(Among(frozenset()))
            case "held":
                return Among(held_by_any(connection))
            case "restricted":
                return Among(_restricted(connection))
            case "superseded":
                return Among(_ids(connection, select(superseded_records.c.record_id)))
        verdict = _VERDICTS.get(asked.value)
        if verdict is None:
            raise _refusal(asked, "there is no such state; see docs/search.md")
        return Among(self._due(connection, verdict) - held_by_any(connection))

    def _due(self, connection: Connection, verdict: Verdict) -> frozenset[str]:
        """The records of a verdict today, holds apart; the rows were brought up to today before."""
        today = self._service.today()
        outside = sorted(set(outside_of(connection, today)))
        found = {one for one, _ in listed_on(connection, today, verdict)}
        for start in range(0, len(outside), PAGE):
            page = self._service.active(connection, outside[start : start + PAGE])
            decisions = self._service.without_holds(connection, page, today)
            found.update(one.id for one, said in zip(page, decisions, strict=True) if said.decision is verdict)
        return frozenset(found)


def _hold(connection: Connection, asked: Is) -> Query:
    standing = open_holds(connection)
    if asked.value in (ANY, NONE):
        held = Among(held_by(connection, standing))
        return held if asked.value == ANY else negation(held)
    mine = [one for one in standing if one.id == asked.value]
    if mine:
        return Among(held_by(connection, mine))
    if connection.execute(select(holds.c.id).where(holds.c.id == asked.value)).first() is not None:
        raise _refusal(asked, "this hold was released and holds nothing now; see: archiver hold show")
    raise _refusal(
        asked, f"there is no such hold; {_named((one.id for one in standing), asked.value, 'no hold is open')}"
    )


def _request(connection: Connection, asked: Is) -> Query:
    mine = select(review_records.c.record_id)
    if asked.value in (ANY, NONE):
        reviewed = Among(_ids(connection, mine))
        return reviewed if asked.value == ANY else negation(reviewed)
    known = disclosure_requests.c
    named = select(known.id).where(or_(known.id == asked.value, known.number == asked.value.upper()))
    request_id = connection.execute(named).scalar()
    if request_id is not None:
        return Among(_ids(connection, mine.where(review_records.c.request_id == request_id)))
    newest = select(known.number).order_by(known.position.desc())
    there = _named(connection.execute(newest).scalars(), asked.value, "none has been opened")
    raise _refusal(asked, f"there is no such request; {there}")


def _restricted(connection: Connection) -> frozenset[str]:
    about = restricted_subjects.c
    of = {scope: select(about.subject_id).where(about.scope == scope) for scope in ("record", "series", "custodian")}
    parts = (
        select(records.c.id).where(column.in_(of[scope]))
        for scope, column in (
            ("record", records.c.id),
            ("series", records.c.series_id),
            ("custodian", records.c.custodian_id),
        )
    )
    return _ids(connection, *parts)


def _is_used(connection: Connection, series: str) -> bool:
    return connection.execute(select(records.c.id).where(records.c.series_id == series).limit(1)).first() is not None


def _ids(connection: Connection, *queries: Select[Any]) -> frozenset[str]:
    """The ids that these queries give, in their one column; a million in a second."""
    found: set[str] = set()
    for query in queries:
        found.update(connection.execute(query).scalars())
    return frozenset(found)


def _named(known: Iterable[str], asked: str, if_none: str) -> str:
    """What there is, as far as it is short, with what is most like what was asked for."""
    ordered = sorted(known)
    if not ordered:
        return if_none
    near = nearest(asked, ordered)
    more = f" and {len(ordered) - _MOST_NAMED:,} more" if len(ordered) > _MOST_NAMED else ""
    hint = "" if near is None else f"; perhaps {near} is meant"
    return f"there are: {', '.join(ordered[:_MOST_NAMED])}{more}{hint}"


def _refusal(asked: Is, sentence: str) -> InvalidInput:
    return InvalidInput(sentence) if asked.position is None else InvalidInput(sentence, position=asked.position)
