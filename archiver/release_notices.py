"""Notices that hold a release, as acts of people and of the clock, and everything that holds a release today.

Rules:

- A production asks `release_holds` in its own transaction. It knows the notices that were sent and the clocks of the
  profile that forbid access until they have run; the answer has no name in it.
- Days that are over end a notice at once; the clock writes the event on the day after.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archiver.access import Act, authorize
from archiver.agency_days import agency_calendar
from archiver.requesting import clocks_of
from archiver.seeing import note_viewed
from search.disclosure.deadlines import ClockState
from search.disclosure.release_notices import NoticeEnd, ReleaseHold, ReleaseNotices, notice_hold, notice_rules
from search.disclosure.requests import Requests

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.disclosure.calendars import AgencyCalendar
    from search.disclosure.release_notices import ReleaseNotice
    from search.disclosure.request_types import DisclosureRequest

_ACTOR = "service:requests"


def release_holds(installation: Installation, connection: Connection, request_id: str) -> tuple[ReleaseHold, ...]:
    """What forbids the release of anything of a request today, in the order in which it began.

    Args:
        installation: the archive.
        connection: the transaction's, or a reading one.
        request_id: the request's id or number.

    Raises:
        NotFound: there is no such request.
    """
    archive = installation.archive
    requests = Requests(archive.store)
    found = requests.get(connection, request_id)
    calendar, today = _days(installation)
    rules = notice_rules(found.profile)
    notices = ReleaseNotices(archive.store).of(connection, found.id)
    holds = [
        hold
        for one in notices
        if one.ended_by is None and _still(hold := notice_hold(rules[one.kind], one, calendar), today)
    ]
    # what a notice says itself is not said a second time by the clock of its law
    told = {rules[one.kind].clock for one in notices}
    holds += [
        ReleaseHold(
            title=clock.title,
            until=clock.due,
            explanation=(*clock.explanation, clock.duty),
            citation=clock.citation,
            confidence=clock.confidence,
        )
        for clock in clocks_of(installation, found, requests.events(connection, found.id))
        if clock.state is ClockState.WAITING and clock.clock not in told
    ]
    return tuple(holds)


def send_notice(
    installation: Installation, who: Principal, name: str, *, kind: str, person: str, sent: date, until: date | None
) -> dict[str, Any]:
    """Write down that a notice was sent to somebody whom the records are about; then as `list_notices`.

    Raises:
        NotFound: there is no such request.
        Conflict: it is closed.
        InvalidInput: the law has no such notice, or a day is missing or cannot be.
        Denied: this role may not.
    """
    authorize(who, Act.KEEP_REQUESTS)
    archive = installation.archive
    ReleaseNotices(archive.store).send(name, kind, person, sent, until, zone=archive.zone, actor=who.actor)
    return list_notices(installation, who, name, seen=False)


def notice_action(
    installation: Installation, who: Principal, name: str, number: int, *, at: datetime | None
) -> dict[str, Any]:
    """Write down that the person went to court; then as `list_notices`.

    Raises:
        NotFound: there is no such request or notice.
        Conflict: it ended, or this is written down already.
        InvalidInput: the moment lies ahead.
        Denied: this role may not.
    """
    authorize(who, Act.KEEP_REQUESTS)
    store = installation.archive.store
    with store.read() as connection:
        found = Requests(store).get(connection, name)
    ReleaseNotices(store).went_to_court(found.id, number, at=at, actor=who.actor)
    return list_notices(installation, who, name, seen=False)


def end_notice(
    installation: Installation,
    who: Principal,
    name: str,
    number: int,
    why: NoticeEnd,
    *,
    at: datetime | None,
    text: str | None,
) -> dict[str, Any]:
    """Say that a notice holds nothing any more, by an order, by consent, or taken back; then as `list_notices`.

    Raises:
        NotFound: there is no such request or notice.
        Conflict: it ended before.
        InvalidInput: the moment lies ahead.
        Denied: this role may not.
    """
    authorize(who, Act.KEEP_REQUESTS)
    store = installation.archive.store
    with store.read() as connection:
        found = Requests(store).get(connection, name)
    ReleaseNotices(store).end(found.id, number, why, at=at, text=text, actor=who.actor)
    return list_notices(installation, who, name, seen=False)


def list_notices(installation: Installation, who: Principal, name: str, *, seen: bool = True) -> dict[str, Any]:
    """The notices of a request and what holds its release today. An event.

    Raises:
        NotFound: there is no such request.
        Denied: this role may not.
    """
    authorize(who, Act.SEE_REQUESTS)
    archive = installation.archive
    calendar, today = _days(installation)
    with archive.store.read() as connection:
        found = Requests(archive.store).get(connection, name)
        notices = ReleaseNotices(archive.store).of(connection, found.id)
        holds = release_holds(installation, connection, found.id)
    if seen:
        note_viewed(archive.store, who, found.id)
    return {
        "request": found.number,
        "notices": [_notice(found, one, calendar, today) for one in notices],
        "holds": [hold_document(one) for one in holds],
        "kinds": {
            one.id: {"title": one.title, "days": one.days, "unit": one.unit.value, "citation": one.citation}
            for one in notice_rules(found.profile).values()
        },
    }


def hold_document(one: ReleaseHold) -> dict[str, Any]:
    """A hold on release."""
    return {
        "title": one.title,
        "until": None if one.until is None else one.until.isoformat(),
        "explanation": list(one.explanation),
        "citation": one.citation,
        "confidence": one.confidence,
    }


def notices_text(document: dict[str, Any]) -> str:
    """`notice list` for people."""
    lines = []
    for one in document["notices"]:
        lines.append(f"{one['notice']}. {one['kind']} to {one['person']}, sent {one['sent']}: {one['state']}")
        lines += [f"   {line}" for line in one["explanation"]]
    lines = lines or [f"No notice was sent. Kinds: {', '.join(document['kinds'])}"]
    for hold in document["holds"]:
        lines.append(f"Nothing may be released {'until after ' + hold['until'] if hold['until'] else 'yet'}: ")
        lines[-1] += f"{hold['title']} ({hold['citation']})"
    return "\n".join(lines if document["holds"] else [*lines, "Nothing holds the release."])


def step_notices(installation: Installation, today: date) -> int:
    """Write down that notices ended whose days are over; how many. For the clock."""
    archive = installation.archive
    notices = ReleaseNotices(archive.store)
    calendar = agency_calendar(installation.settings.disclosure, archive.zone)
    with archive.store.read() as connection:
        over = [
            one
            for found in (Requests(archive.store).get(connection, one) for one in notices.running(connection))
            for one in notices.of(connection, found.id)
            if one.ended_by is None and not _still(_hold(found, one, calendar), today)
        ]
    for one in over:
        notices.end(one.request_id, one.number, NoticeEnd.EXPIRED, at=None, text=None, actor=_ACTOR)
    return len(over)


def refusals(holds: Sequence[ReleaseHold]) -> list[str]:
    """Each hold as a sentence that a refused production may say."""
    return [
        f"{one.title} ({one.citation}): {'held until ' + one.until.isoformat() if one.until else 'held by an action'}"
        for one in holds
    ]


def _notice(found: DisclosureRequest, one: ReleaseNotice, calendar: AgencyCalendar, today: date) -> dict[str, Any]:
    hold = _hold(found, one, calendar)
    if one.ended_by is not None:
        state = f"ended ({one.ended_by.value.replace('_', ' ')})"
    else:
        state = "holds" if _still(hold, today) else "its days are over"
    return {
        "notice": one.number,
        "kind": one.kind,
        "person": one.person,
        "sent": one.sent.isoformat(),
        "state": state,
        "until": None if hold.until is None else hold.until.isoformat(),
        "explanation": list(hold.explanation),
        "citation": hold.citation,
    }


def _hold(found: DisclosureRequest, one: ReleaseNotice, calendar: AgencyCalendar) -> ReleaseHold:
    return notice_hold(notice_rules(found.profile)[one.kind], one, calendar)


def _still(hold: ReleaseHold, today: date) -> bool:
    return hold.until is None or today <= hold.until


def _days(installation: Installation) -> tuple[AgencyCalendar, date]:
    archive = installation.archive
    calendar = agency_calendar(installation.settings.disclosure, archive.zone)
    return calendar, archive.store.clock().astimezone(archive.zone).date()
