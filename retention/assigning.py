"""Series given by people: an officer puts a record into a series, or into a further one, and says why.

Rule: a rule of the schedule never takes back what a person decided (it reaches only what has no series). Of several
series all minima and maxima count (`retention.conflicts`). Who, how, when and why stand in the ledger; the history
is read from there, and the why goes with the record when it is destroyed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, delete, func, insert, select

from retention.assignment import assign
from retention.linking import refuse_gone
from retention.tables import further_series, series_assignments
from storage.errors import Conflict, InvalidInput, NotFound
from storage.events import EventKind
from storage.records import Channel, RecordKind
from storage.tables import records

if TYPE_CHECKING:
    from datetime import datetime

    from retention.library import RuleBook, ScheduleLibrary
    from retention.ports import RecordCatalogue
    from storage.ledger import Ledger
    from storage.transaction import Store, Transaction

_LONGEST: Final = 1_000
_MOST_SERIES: Final = 16
_SERIES: Final = "series:"
_ON_ARRIVAL: Final = "on its arrival"
_TOLD: Final = frozenset(
    {EventKind.RECORD_ARCHIVED, EventKind.RECORD_ASSIGNED, EventKind.SERIES_ADDED, EventKind.SERIES_ENDED}
)


class Assigning:
    """What people say of the series of records."""

    def __init__(self, store: Store, catalogue: RecordCatalogue, library: ScheduleLibrary) -> None:
        self._store = store
        self._catalogue = catalogue
        self._library = library

    def assign(
        self,
        record_id: str,
        series_id: str,
        *,
        why: str,
        actor: str,
        further: bool = False,
        suggested: bool = False,
    ) -> None:
        """Put a record into a series, in place of those it is in, or with `further` beside them.

        With `suggested` the history says that a person took a suggestion.

        Raises:
            InvalidInput: no reason is given, or it is in too many series.
            NotFound: there is no such active record, or no current schedule has the series.
            Conflict: it is there already.
        """
        reason = _reason(why)
        with self._store.write() as transaction:
            connection = transaction.connection
            refuse_gone(connection, record_id)
            book = self._library.book(connection)
            if book.schedule_id(series_id) is None:
                raise NotFound(f"no current schedule has a series {series_id[:64]!r}; see: archiver schedule show NAME")
            own, others = series_of(connection, record_id)
            if (series_id == own and (further or not others)) or (further and series_id in others):
                raise Conflict(f"record {record_id} is in series {series_id} already")
            if further and own is not None:
                self._add(transaction, record_id, series_id, reason, actor, len(others))
            else:
                how = "suggestion" if suggested else "person"
                self._replace(transaction, book, record_id, series_id, reason, actor, how)

    def _add(
        self, transaction: Transaction, record_id: str, series_id: str, reason: str, actor: str, there: int
    ) -> None:
        if there + 1 >= _MOST_SERIES:
            raise InvalidInput(f"a record is in at most {_MOST_SERIES} series")
        payload = {"series": series_id, "why": reason}
        position = transaction.append(EventKind.SERIES_ADDED, actor=actor, subjects=(record_id,), payload=payload)
        row = {"record_id": record_id, "series_id": series_id, "position": position}
        transaction.connection.execute(insert(further_series), [row])

    def _replace(
        self,
        transaction: Transaction,
        book: RuleBook,
        record_id: str,
        series_id: str,
        reason: str,
        actor: str,
        how: str,
    ) -> None:
        connection = transaction.connection
        for gone in series_of(connection, record_id)[1]:
            payload = {"series": gone, "why": reason}
            transaction.append(EventKind.SERIES_ENDED, actor=actor, subjects=(record_id,), payload=payload)
        connection.execute(delete(further_series).where(further_series.c.record_id == record_id))
        self._catalogue.assign_series(transaction, record_id, series_id, actor=actor, why=reason)
        history = series_assignments.c
        last = connection.execute(select(func.max(history.number)).where(history.record_id == record_id)).scalar_one()
        row = {
            "record_id": record_id,
            "number": (last or 0) + 1,
            "series_id": series_id,
            "schedule_id": book.schedule_id(series_id),
            "how": how,
            "actor": actor,
            "at": transaction.at,
        }
        connection.execute(insert(series_assignments), [row])


def series_of(connection: Connection, record_id: str) -> tuple[str | None, tuple[str, ...]]:
    """The series of a record, and its further ones in the order in which they were added."""
    own = connection.execute(select(records.c.series_id).where(records.c.id == record_id)).scalar()
    mine = further_series.c
    query = select(mine.series_id).where(mine.record_id == record_id).order_by(mine.position)
    return own, tuple(connection.execute(query).scalars())


def history_of(
    connection: Connection, ledger: Ledger, record_id: str, library: ScheduleLibrary
) -> list[dict[str, Any]]:
    """Every change of a record's series, oldest first: what, when, who, how, and why where that is kept."""
    history = series_assignments.c
    query = select(history.at, history.how).where(history.record_id == record_id)
    hows = {row.at: row.how for row in connection.execute(query)}
    told = []
    for one in ledger.events_about(connection, [record_id]):
        if one.event.kind not in _TOLD:
            continue
        series, why, how = None, None, "person"
        if one.event.kind is EventKind.RECORD_ARCHIVED:
            series = next((name.removeprefix(_SERIES) for name in one.event.subjects if name.startswith(_SERIES)), None)
            if series is None:
                continue
            how, why = "rule", _on_arrival(connection, library, record_id, series, one.event.at)
        else:
            payload = ledger.payload(connection, one.position) or {}
            series, why = payload.get("series"), payload.get("why")
            if one.event.kind is EventKind.RECORD_ASSIGNED:
                how = hows.get(one.event.at, "rule")
        change = {EventKind.SERIES_ADDED: "added", EventKind.SERIES_ENDED: "ended"}.get(one.event.kind, "assigned")
        at = one.event.at.isoformat()
        told.append({"change": change, "series": series, "at": at, "by": one.event.actor, "how": how, "why": why})
    return told


def _on_arrival(connection: Connection, library: ScheduleLibrary, record_id: str, series_id: str, at: datetime) -> str:
    """Why a record got its series on its arrival: by the schedules of then, which its plain columns tell."""
    row = connection.execute(select(records).where(records.c.id == record_id)).first()
    if row is not None:
        policies = library.book_at(connection, at).policies
        found = assign(RecordKind(row.kind), Channel(row.channel), row.custodian_id, policies)
        if found is not None and found.series_id == series_id:
            return f"{found.why}, {_ON_ARRIVAL}"
    return _ON_ARRIVAL


def _reason(why: str) -> str:
    cleaned = " ".join(why.split())
    if not cleaned or len(cleaned) > _LONGEST or not cleaned.isprintable():
        raise InvalidInput(f"say why, in 1 to {_LONGEST:,} printable characters; give it with --why")
    return cleaned
