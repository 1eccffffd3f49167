"""What the rules of the schedules say of records, judged by their columns, their custodian's roles, and opened.

Rules:

- A record is opened only where a rule that would decide asks for what it says; no index is asked. What a rule asks for
  is compared as a hold compares it (`RecordMatcher`), what its custodian was by the roster (`retention.roles`).
- The record's day is what an officer confirmed, else when it says that it was sent, else the day of its conversation;
  a day before 1970, or later than the one after its capture, is none.
- Every answer names parts of the rule, never what the record says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, select

from retention.assignment import AssignmentRule, Judgement, judge
from retention.conversation_days import days_talked
from retention.fact_log import FactAbout, Standing
from retention.facts import EARLIEST_ASSERTED, local_day
from retention.ports import Match, MatchOutcome
from retention.roles import Roles, was_held
from retention.tables import fact_events

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from retention.assignment import Policy
    from retention.ports import RecordMatcher
    from retention.record_opening import Opened, RecordOpening
    from retention.roles import HeldRole
    from storage.records import Record
    from storage.transaction import Store

_CHUNK: Final = 500
_OPENED: Final = 100  # descriptions at a time; one may hold the messages of a day
_NO: Final = Match(outcome=MatchOutcome.NO_MATCH, reason="")
_YES: Final = Match(outcome=MatchOutcome.MATCH, reason="")
_NO_DAY: Final = Match(
    outcome=MatchOutcome.CANNOT_TELL,
    reason="it does not say when it was, and its custodian's role was not the same all the time",
)
_NO_READER: Final = Match(outcome=MatchOutcome.CANNOT_TELL, reason="nobody opened it")
_UNOPENED: Final = Match(outcome=MatchOutcome.CANNOT_TELL, reason="the record cannot be opened")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the rules come to for a record, and the newest leaf that the answer knows of it."""

    judgement: Judgement
    position: int


class RuleJudging:
    """Judges records of one archive by the rules of its schedules.

    Args:
        store: the archive's database.
        zone: the archive's zone.
        opening: opens records; None: what asks for what they say cannot be judged.
        matcher: compares an opened record with a rule; goes with `opening`.
    """

    def __init__(
        self,
        store: Store,
        zone: ZoneInfo,
        opening: RecordOpening | None = None,
        matcher: RecordMatcher | None = None,
    ) -> None:
        self._store = store
        self._zone = zone
        self._opening = opening
        self._matcher = matcher
        self._roles = Roles(store)

    def judge(self, page: Sequence[Record], policies: Sequence[Policy]) -> dict[str, Judged]:
        """What the rules come to for each of these records, by id; those that were destroyed meanwhile are absent."""
        columns = self._columns(page, policies)
        found: dict[str, Judged] = {}
        to_open = []
        for record in page:
            asking = _Asking(record, columns, None, None)
            judgement = judge(record.kind, record.channel, record.custodian_id, policies, asking)
            if asking.wants_open and self._opening is not None and self._matcher is not None:
                to_open.append(record)
            else:
                found[record.id] = Judged(judgement=judgement, position=record.position)
        for start in range(0, len(to_open), _OPENED):
            found |= self._opened(to_open[start : start + _OPENED], policies, columns)
        return found

    def _opened(self, some: Sequence[Record], policies: Sequence[Policy], columns: _Columns) -> dict[str, Judged]:
        assert self._opening is not None
        opened, positions = self._opening.open([one.id for one in some])
        found = {}
        for record in some:
            if record.id in positions:
                asking = _Asking(record, columns, self._matcher, opened.get(record.id))
                judgement = judge(record.kind, record.channel, record.custodian_id, policies, asking)
                found[record.id] = Judged(judgement=judgement, position=positions[record.id])
        return found

    def _columns(self, page: Sequence[Record], policies: Sequence[Policy]) -> _Columns:
        """Days and roles, where a rule asks for them."""
        if not any(rule.roles for policy in policies for rule in policy.rules):
            return _Columns(days={}, captured={}, roles={})
        with self._store.read() as connection:
            return _Columns(
                days=days_of(connection, page, self._zone),
                captured={one.id: local_day(one.captured_at, self._zone) for one in page},
                roles=self._roles.of_custodians(connection, sorted({one.custodian_id for one in page})),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """Of records: their days, where known, and those of their capture; of custodians their roles."""

    days: Mapping[str, date]
    captured: Mapping[str, date]
    roles: Mapping[str, tuple[HeldRole, ...]]


class _Asking:
    """Answers what rules ask of one record; remembers whether one asked for what it says."""

    def __init__(self, record: Record, columns: _Columns, matcher: RecordMatcher | None, opened: Opened | None) -> None:
        self._record = record
        self._columns = columns
        self._matcher = matcher
        self._opened = opened
        self.wants_open = False

    def __call__(self, rule: AssignmentRule) -> Match:
        by_role = self._by_role(rule) if rule.roles else _YES
        if by_role.outcome is MatchOutcome.NO_MATCH or not rule.opens:
            return by_role
        by_content = self._by_content(rule)
        if by_content.outcome is MatchOutcome.NO_MATCH or by_role.outcome is MatchOutcome.MATCH:
            return _joined(rule, by_role, by_content)
        return by_role

    def _by_role(self, rule: AssignmentRule) -> Match:
        record, columns = self._record, self._columns
        day = columns.days.get(record.id)
        held = columns.roles.get(record.custodian_id, ())
        answer = was_held(held, rule.roles, day, columns.captured[record.id])
        if answer is None:
            return _NO_DAY
        if not answer:
            return _NO
        when = "on every day that it can be of" if day is None else f"on {day}"
        return Match(outcome=MatchOutcome.MATCH, reason=f"its custodian was {' or '.join(sorted(rule.roles))} {when}")

    def _by_content(self, rule: AssignmentRule) -> Match:
        if self._matcher is None:
            self.wants_open = True
            return _NO_READER
        if self._opened is None:
            return _UNOPENED
        described, read, known = self._opened
        return self._matcher.match(described, read, rule.content(), known)


def _joined(rule: AssignmentRule, by_role: Match, by_content: Match) -> Match:
    """Both answers as one, where that by role is yes."""
    if by_content.outcome is not MatchOutcome.MATCH:
        return by_content
    asked = {"account": rule.accounts, "correspondent": rule.correspondents, "query": rule.query}
    names = [name for name, value in asked.items() if value]
    said = f"its {' and '.join(names)} {'match' if len(names) > 1 else 'matches'}"
    return Match(outcome=MatchOutcome.MATCH, reason=f"{by_role.reason}; {said}" if by_role.reason else said)


def days_of(connection: Connection, page: Sequence[Record], zone: ZoneInfo) -> dict[str, date]:
    """The day of each of these records; absent where it is not known, or cannot be believed."""
    ids = [one.id for one in page]
    confirmed: dict[str, date] = {}
    talked = days_talked(connection, ids, guessed=True)
    for chunk in _chunks(ids):
        mine = fact_events.c
        query = select(mine.target_id, mine.day).where(
            mine.target_id.in_(chunk),
            mine.about == FactAbout.RECORD.value,
            mine.kind == "created",
            mine.standing == Standing.HAPPENED.value,
            mine.withdrawn.is_(None),
        )
        confirmed |= {row.target_id: row.day for row in connection.execute(query.order_by(mine.position))}
    found = {}
    for record in page:
        day = confirmed.get(record.id) or _stated(record, talked.get(record.id), zone)
        if day is not None:
            found[record.id] = day
    return found


def _stated(record: Record, talked: date | None, zone: ZoneInfo) -> date | None:
    day = talked if record.sent_at is None else local_day(record.sent_at, zone)
    last = local_day(record.captured_at, zone) + timedelta(days=1)
    return day if day is not None and EARLIEST_ASSERTED <= day <= last else None


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))
