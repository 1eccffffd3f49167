"""Notices to whom the records are about, and for how long each forbids the release.

Rules:

- A notice holds what is released, never what is destroyed; that is a hold of its own. It ends by a court's order, by
  consent, because it was taken back, or when its days are over; each is an event.
- Days are those of the profile, counted from the day after the notice. Where the law names none, the notice names its
  last day. While the person's action at court runs, no day ends it.
- More notices may run at once; the release waits for the last.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, func, insert, select, update

from search.disclosure.calendars import WEEKDAYS, count_business_days, count_calendar_days
from search.disclosure.deadlines import ClockEventKind
from search.disclosure.fee_rules import profile_text
from search.disclosure.follow_tables import release_notices
from search.disclosure.follow_words import FollowWords, a_line, the_numbered
from search.disclosure.jurisdictions import DayUnit
from search.disclosure.request_types import NewEvent
from search.disclosure.requests import Requests
from storage.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from datetime import date

    from search.disclosure.calendars import AgencyCalendar
    from storage.transaction import Store, Transaction

ACTION: Final = "notice_action"
ENDED: Final = "notice_ended"
OTHER: Final = "other"
_OF_ALL: Final = "FERPA"


class NoticeEnd(StrEnum):
    """Why a notice holds nothing any more."""

    EXPIRED = "expired"
    COURT_ORDER = "court_order"
    CONSENT = "consent"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRule:
    """A kind of notice: how long it holds (None: as it says itself), and the clock of the profile that it is."""

    id: str
    title: str
    effect: str
    days: int | None
    unit: DayUnit
    clock: str | None
    citation: str
    confidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseNotice:
    """A notice that was sent, and how it stands."""

    request_id: str
    number: int
    kind: str
    sent: date
    until: date | None
    person: str
    action_at: datetime | None
    ended_at: datetime | None
    ended_by: NoticeEnd | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseHold:
    """Why nothing of a request may be released yet; without names, so that a refusal may say it.

    `until` is the last day on which it holds, None where no day ends it; `explanation` how it came about.
    """

    title: str
    until: date | None
    explanation: tuple[str, ...]
    citation: str
    confidence: str


@lru_cache(maxsize=32)
def notice_rules(profile_id: str) -> dict[str, NoticeRule]:
    """The kinds of notices under a law, by name: its own, FERPA's, and `other`.

    Raises:
        NotFound: there is no such profile.
    """
    stated: list[dict[str, Any]] = []
    for one in dict.fromkeys((profile_id.upper(), _OF_ALL)):
        stated += tomllib.loads(profile_text(one)).get("notice", [])
    rules = {one["id"]: _rule(one) for one in stated}
    rules[OTHER] = NoticeRule(
        id=OTHER,
        title="Notice",
        effect="Held until the day that the notice names.",
        days=None,
        unit=DayUnit.CALENDAR,
        clock=None,
        citation="the notice itself",
        confidence="U",
    )
    return rules


class ReleaseNotices:
    """The notices of one archive's requests."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._requests = Requests(store)
        self._words = FollowWords(store, "notice")

    def send(
        self, request_id: str, kind: str, person: str, sent: date, until: date | None, *, zone: Any, actor: str
    ) -> int:
        """Write down that a notice was sent; its number.

        Raises:
            NotFound: there is no such request.
            Conflict: it is closed.
            InvalidInput: the law has no such notice, no person or last day is said, or it was sent in the future.
        """
        with self._store.read() as connection:
            found = self._requests.get_open(connection, request_id)
        rules = notice_rules(found.profile)
        if kind not in rules:
            raise InvalidInput(f"{found.profile} has no notice {kind[:40]!r}; it has: {', '.join(sorted(rules))}")
        if (until is None) == (rules[kind].days is None):
            told = "names its days itself; leave out --until" if until else "names no days; give the last one: --until"
            raise InvalidInput(f"the law of {kind} {told}")
        if until is not None and until < sent:
            raise InvalidInput("a notice cannot end before it was sent; check --until")
        sealed = self._words.seal(found.id, {"person": a_line(person, "--person")})
        at = datetime.combine(sent, time.min, tzinfo=zone)
        with self._store.write() as transaction:
            event = NewEvent(kind=ClockEventKind.SUBJECT_NOTIFIED.value, at=at, reason=kind)
            noted = self._requests.note_in(transaction, found.id, event, actor=actor)
            mine = release_notices.c.request_id == found.id
            last = transaction.connection.execute(select(func.max(release_notices.c.number)).where(mine)).scalar()
            row = {
                "request_id": found.id,
                "number": (last or 0) + 1,
                "kind": kind,
                "sent": sent,
                "until": until,
                "position": noted.position,
                "sealed_notice": sealed,
            }
            transaction.connection.execute(insert(release_notices), [row])
        return (last or 0) + 1

    def went_to_court(self, request_id: str, number: int, *, at: datetime | None, actor: str) -> None:
        """Write down that the person brought an action: from then on no day ends the notice.

        Raises:
            NotFound: there is no such notice.
            Conflict: it holds nothing any more, or this is written down already.
        """
        with self._store.write() as transaction:
            one = self._running(transaction, request_id, number)
            if one.action_at is not None:
                raise Conflict(f"the action about notice {number} is written down already")
            noted = self._note(transaction, one, ACTION, at, None, actor)
            self._change(transaction, one, action_at=noted)

    def end(
        self, request_id: str, number: int, why: NoticeEnd, *, at: datetime | None, text: str | None, actor: str
    ) -> None:
        """Say that a notice holds nothing any more.

        Raises:
            NotFound: there is no such notice.
            Conflict: it was ended before.
            InvalidInput: the moment lies ahead.
        """
        with self._store.write() as transaction:
            one = self._running(transaction, request_id, number)
            noted = self._note(transaction, one, ENDED, at, text, actor, reason=why.value)
            self._change(transaction, one, ended_at=noted, ended_by=why.value)

    def of(self, connection: Connection, request_id: str) -> list[ReleaseNotice]:
        """The notices of a request, in order."""
        about = release_notices.c
        query = select(release_notices).where(about.request_id == request_id).order_by(about.number)
        rows = list(connection.execute(query))
        opened = self._words.opened(connection, request_id, [row.sealed_notice for row in rows])
        return [_notice(row, words["person"]) for row, words in zip(rows, opened, strict=True)]

    def running(self, connection: Connection) -> list[str]:
        """The requests with notices that nobody ended."""
        about = release_notices.c
        query = select(about.request_id).where(about.ended_by.is_(None)).distinct().order_by(about.request_id)
        return list(connection.execute(query).scalars())

    def _running(self, transaction: Transaction, request_id: str, number: int) -> ReleaseNotice:
        request = self._requests.get(transaction.connection, request_id)
        found = the_numbered(self.of(transaction.connection, request.id), number, "notice", "list")
        if found.ended_by is not None:
            raise Conflict(f"notice {number} ended already ({found.ended_by.value})")
        return found

    def _note(
        self,
        transaction: Transaction,
        one: ReleaseNotice,
        kind: str,
        at: datetime | None,
        text: str | None,
        actor: str,
        *,
        reason: str | None = None,
    ) -> datetime:
        event = NewEvent(kind=kind, at=at, clock=f"notice-{one.number}", reason=reason, text=text)
        return self._requests.note_in(transaction, one.request_id, event, actor=actor, closed_too=True).at

    def _change(self, transaction: Transaction, one: ReleaseNotice, **values: object) -> None:
        about = release_notices.c
        mine = (about.request_id == one.request_id, about.number == one.number)
        transaction.connection.execute(update(release_notices).where(*mine).values(values))


def notice_hold(rule: NoticeRule, notice: ReleaseNotice, calendar: AgencyCalendar) -> ReleaseHold:
    """What a notice that did not end holds, and until when, each day explained."""
    said = [f"Notice {notice.number} ({notice.kind}) was sent on {_day(notice.sent)}, which is not counted."]
    last = notice.until
    if rule.days is not None:
        counted = (
            count_business_days(calendar, notice.sent, rule.days)
            if rule.unit is DayUnit.BUSINESS
            else count_calendar_days(notice.sent, rule.days)
        )
        named = [f"{_day(one)} ({why})" for one, why in counted.skipped if why != WEEKDAYS[one.weekday()]]
        passed = f"; not counted: weekends{', ' if named else ''}{', '.join(named)}" if counted.skipped else ""
        said.append(f"{rule.days} {rule.unit.value} days end on {_day(counted.day)}{passed}.")
        last = counted.day
    elif last is not None:
        said.append(f"It names {_day(last)} as its last day.")
    if notice.action_at is not None:
        said.append(f"An action runs since {_day(notice.action_at.astimezone(calendar.zone).date())}; no day ends it.")
        last = None
    return ReleaseHold(
        title=rule.title,
        until=last,
        explanation=(*said, rule.effect),
        citation=rule.citation,
        confidence=rule.confidence,
    )


def _rule(stated: dict[str, Any]) -> NoticeRule:
    return NoticeRule(
        id=stated["id"],
        title=stated["title"],
        effect=stated["effect"],
        days=stated.get("days"),
        unit=DayUnit(stated.get("unit", "calendar")),
        clock=stated.get("clock"),
        citation=stated["citation"],
        confidence=stated["confidence"],
    )


def _notice(row: Any, person: str) -> ReleaseNotice:
    return ReleaseNotice(
        request_id=row.request_id,
        number=row.number,
        kind=row.kind,
        sent=row.sent,
        until=row.until,
        person=person,
        action_at=row.action_at,
        ended_at=row.ended_at,
        ended_by=None if row.ended_by is None else NoticeEnd(row.ended_by),
    )


def _day(day: date) -> str:
    return f"{day:%a} {day.isoformat()}"
