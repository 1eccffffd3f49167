"""Series given by rule: active records without one are put into that of the first matching rule.

Rules:

- Short transactions in pages, repeatable: whoever was quicker has assigned, and nothing is assigned twice. What a
  person decided is never taken back here, and what a rule gave stays, whatever becomes of roles and rules afterwards.
- One thing takes a record out of its series: it was in a general or default one by rule, and what its pictures say was
  read since, or read better. Then it is judged again, and goes where a rule now sends it.
- What the rules leave without a series is not judged again before something happened that could change the answer: the
  record was read, an officer confirmed its date, it was learned who somebody is, a role changed, a schedule was loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Select, delete, exists, func, insert, or_, select

from retention.assignment_tables import LONGEST_DOUBT, series_cursor, series_judgements
from retention.tables import fact_events, further_series, series_assignments
from storage.active_records import IS_ACTIVE
from storage.catalogue import record_of
from storage.events import Event, EventKind
from storage.people import LEARNED
from storage.records import RecordState
from storage.tables import ledger_leaves, records
from storage.transcription_tables import transcriptions

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Connection

    from retention.assignment import Assignment
    from retention.library import RuleBook, ScheduleLibrary
    from retention.ports import RecordCatalogue
    from retention.rule_judging import Judged, RuleJudging
    from storage.transaction import Store

ASSIGN_PAGE: Final = 200


class RuleAssigning:
    """Gives the records of one archive the series that its schedules have for them."""

    def __init__(
        self, store: Store, catalogue: RecordCatalogue, library: ScheduleLibrary, judging: RuleJudging
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._library = library
        self._judging = judging

    def assign_pending(self, *, actor: str) -> int:
        """Put every active record without a series into that of the first matching rule; how many were."""
        with self._store.read() as connection:
            book = self._library.book(connection)
            is_past = _is_plain(book) and connection.execute(select(series_judgements.c.record_id)).first() is not None
        if is_past:  # what was in doubt under rules that are no more
            with self._store.write() as transaction:
                transaction.connection.execute(delete(series_judgements))
        if not book.policies:
            return 0
        assigned, after = self._again(actor), ""
        while True:
            with self._store.read() as connection:
                book = self._library.book(connection)
                head, plain = _head(connection), _is_plain(book)
                rows = connection.execute(_without_series(after, book).limit(ASSIGN_PAGE)).all()
            if not rows:
                return assigned
            after = rows[-1].id
            judged = self._judging.judge([record_of(row) for row in rows], book.policies)
            chosen = _assignments(judged)
            left = {} if plain else {one: judged[one] for one in judged if one not in chosen}
            if chosen or left:
                assigned += self._write(book, chosen, left, head, actor)

    def assign_asked(self, *, actor: str) -> int:
        """The same where a rule asks for more than the plain columns, by which a record gets its series on arrival."""
        with self._store.read() as connection:
            if _is_plain(self._library.book(connection)):
                return 0
        return self.assign_pending(actor=actor)

    def _again(self, actor: str) -> int:
        """Judge records again that a rule put into a general or default series, and that were read since."""
        assigned = 0
        while True:
            with self._store.read() as connection:
                book, head = self._library.book(connection), _head(connection)
                if not any(rule.opens for policy in book.policies for rule in policy.rules):
                    return assigned
                position = connection.execute(select(series_cursor.c.position)).scalar()
                # what was read before there was such a rule is of no interest
                page, reached = ([], head) if position is None else _read_since(connection, position, head)
                rows = _by_rule(connection, page, _second_best(book))
            if rows:
                judged = self._judging.judge([record_of(row) for row in rows], book.policies)
                before = {row.id: row.series_id for row in rows}
                chosen = {
                    record_id: one
                    for record_id, one in _assignments(judged).items()
                    if one.series_id != before[record_id]
                }
                assigned += self._write(book, chosen, {}, head, actor, before=before)
            if position != reached:
                with self._store.write() as transaction:
                    transaction.connection.execute(delete(series_cursor))
                    transaction.connection.execute(insert(series_cursor), [{"one": 1, "position": reached}])
            if reached >= head:
                return assigned

    def _write(
        self,
        book: RuleBook,
        chosen: Mapping[str, Assignment],
        left: Mapping[str, Judged],
        head: int,
        actor: str,
        *,
        before: Mapping[str, str] | None = None,
    ) -> int:
        """Write assignments, and what stays without one as of a ledger up to `head`; how many were assigned.

        Nothing is written of a record whose series is another than `before`, or none, by now.
        """
        with self._store.write() as transaction:
            connection = transaction.connection
            still = select(records.c.id, records.c.series_id).where(records.c.id.in_([*chosen, *left]), IS_ACTIVE)
            expected = before or {}
            open_ = [row.id for row in connection.execute(still).all() if row.series_id == expected.get(row.id)]
            rows = []
            for record_id in [one for one in open_ if one in chosen]:
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
            connection.execute(delete(series_judgements).where(series_judgements.c.record_id.in_([*chosen, *left])))
            doubts = [
                {"record_id": one, "position": head, "doubt": _words(left[one].judgement.doubts)}
                for one in open_
                if one in left
            ]
            if doubts:
                connection.execute(insert(series_judgements), doubts)
        return len(rows)


def unscheduled(connection: Connection, after: str, limit: int) -> Sequence[Any]:
    """Active records without a series behind an id: `id`, `captured_at`, and `doubt`, null where not judged yet."""
    query = select(records.c.id, records.c.captured_at, series_judgements.c.doubt)
    query = query.outerjoin(series_judgements, series_judgements.c.record_id == records.c.id)
    query = query.where(records.c.series_id.is_(None), records.c.state == RecordState.ACTIVE.value)
    return connection.execute(query.where(records.c.id > after).order_by(records.c.id).limit(limit)).all()


def doubt_of(connection: Connection, record_id: str) -> str | None:
    """What the rules could not judge of a record without a series; None where nothing was in doubt."""
    query = select(series_judgements.c.doubt).join(records).where(records.c.id == record_id)
    return connection.execute(query.where(records.c.series_id.is_(None))).scalar() or None


def _assignments(judged: Mapping[str, Judged]) -> dict[str, Assignment]:
    return {one: found for one, said in judged.items() if (found := said.judgement.assignment) is not None}


def _is_plain(book: RuleBook) -> bool:
    return all(rule.is_plain for policy in book.policies for rule in policy.rules)


def _second_best(book: RuleBook) -> set[str]:
    """The series from which a record goes where a specific rule reaches it."""
    defaults = {policy.default_series for policy in book.policies if policy.default_series is not None}
    return defaults.union(*(policy.general for policy in book.policies))


def _world(book: RuleBook) -> list[str]:
    """The kinds of event after which any record without a series is judged again."""
    rules = [rule for policy in book.policies for rule in policy.rules]
    kinds = [EventKind.SCHEDULE_LOADED]
    kinds += [EventKind.SUBJECT_CHANGED] if any(rule.roles for rule in rules) else []
    kinds += LEARNED if any(rule.opens for rule in rules) else []
    return [kind.value for kind in kinds]


def _head(connection: Connection) -> int:
    found: int = connection.execute(select(func.coalesce(func.max(ledger_leaves.c.position), -1))).scalar_one()
    return found


def _without_series(after: str, book: RuleBook) -> Select[Any]:
    """Active records without a series; of those that a rule had to be asked about only what may be judged otherwise."""
    query = select(records).where(
        records.c.series_id.is_(None), records.c.state == RecordState.ACTIVE.value, records.c.id > after
    )
    if not _is_plain(book):
        judged = series_judgements.c
        world = select(func.coalesce(func.max(ledger_leaves.c.position), -1)).where(
            ledger_leaves.c.kind.in_(_world(book))
        )
        read = exists().where(transcriptions.c.record_id == records.c.id, transcriptions.c.position > judged.position)
        told = exists().where(
            fact_events.c.target_id == records.c.id,
            or_(fact_events.c.position > judged.position, fact_events.c.withdrawn > judged.position),
        )
        query = query.outerjoin(series_judgements, judged.record_id == records.c.id).where(
            or_(judged.position.is_(None), judged.position < world.scalar_subquery(), read, told)
        )
    return query.order_by(records.c.id)


def _read_since(connection: Connection, position: int, head: int) -> tuple[list[str], int]:
    """Records of which pictures were read behind a position, some at a time, and how far that reaches."""
    leaves = ledger_leaves.c
    query = select(leaves.position, leaves.leaf).where(leaves.kind == EventKind.RECORD_TRANSCRIBED.value)
    rows = connection.execute(
        query.where(leaves.position > position).order_by(leaves.position).limit(ASSIGN_PAGE)
    ).all()
    ids = list(dict.fromkeys(Event.decode(row.leaf).subjects[0] for row in rows))
    return ids, rows[-1].position if len(rows) == ASSIGN_PAGE else max(head, position)


def _by_rule(connection: Connection, ids: Sequence[str], series: Collection[str]) -> Sequence[Any]:
    """Those of these active records that a rule put into one of these series, and nobody into a further one."""
    if not ids:
        return []
    history = series_assignments.c
    by_person = exists().where(history.record_id == records.c.id, history.how != "rule")
    further = exists().where(further_series.c.record_id == records.c.id)
    query = select(records).where(records.c.id.in_(ids), records.c.series_id.in_(sorted(series)))
    return connection.execute(query.where(IS_ACTIVE, ~by_person, ~further)).all()


def _words(doubts: Sequence[str]) -> str:
    """The first doubt, and how many more there are."""
    more = f" (and {len(doubts) - 1} more)" if len(doubts) > 1 else ""
    return doubts[0][: LONGEST_DOUBT - len(more)] + more if doubts else ""


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
