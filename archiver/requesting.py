"""Disclosure requests as acts of people: opened with their hold, followed, made longer, assigned.

Rules:

- A request that says what it reaches is opened together with a hold on it, in one transaction: nothing that matches,
  now or later, can be destroyed while it is open.
- Who may not see requests is told of none. Looking at one is an event.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from archiver.access import Act, authorize, permits
from archiver.agency_days import agency_calendar, chosen_profile
from archiver.request_repeats import opened_before, opening_tag
from archiver.request_view import request_document, request_line
from archiver.seeing import note_viewed
from retention.hold_rules import HoldTerms, Origin
from search.disclosure.deadlines import ClockEventKind, deadlines
from search.disclosure.jurisdictions import RequesterClass, shipped_profile
from search.disclosure.productions import Productions
from search.disclosure.request_tasks import RequestTasks
from search.disclosure.request_types import FEE_ACTS, NOTABLE_KINDS, Intake, NewEvent
from search.disclosure.requests import Requests, clock_events
from storage.errors import InvalidInput
from storage.events import EventKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.wiring import Installation
    from retention.ports import ContentRule
    from search.disclosure.deadlines import Deadline
    from search.disclosure.request_terms import Received, RequestTerms
    from search.disclosure.request_types import DisclosureRequest, RequestEvent


def open_request(
    installation: Installation,
    who: Principal,
    terms: RequestTerms,
    how: Received,
    *,
    received_at: datetime | None = None,
    profile: str | None = None,
    requester: RequesterClass = RequesterClass.GENERAL,
    circumstances: frozenset[str] = frozenset(),
    reach: ContentRule | None = None,
    key: str | None = None,
) -> dict[str, Any]:
    """Open a request and, where it says what it reaches, place its hold in the same transaction.

    Args:
        installation: the archive.
        who: an officer, or the operator.
        terms: who asks for what.
        how: the way it came.
        received_at: when it came, aware; now where not given.
        profile: whose law; the settings' where not given.
        requester: the class of the requester.
        circumstances: of the profile's clocks that run only sometimes, those that do.
        reach: what its hold reaches.
        key: what a program names the opening by; sent again, it opens nothing more.

    Raises:
        InvalidInput: it asks for nothing, came in the future, or a circumstance is none of the profile's.
        Conflict: the key opened another request.
        Denied: this role may not.
    """
    authorize(who, Act.KEEP_REQUESTS)
    archive, section = installation.archive, installation.settings.disclosure
    chosen = chosen_profile(section, profile)
    agency_calendar(section, archive.zone)  # refuses settings that no date can be computed from
    known = {one.only_when for one in chosen.clocks} - {None}
    if unknown := sorted(circumstances - known):
        told = f"it knows: {', '.join(sorted(one for one in known if one))}" if known else "it knows none"
        raise InvalidInput(f"the profile {chosen.id} knows no circumstance {unknown[0][:40]!r}; {told}")
    requests = Requests(archive.store)
    intake = Intake(
        profile=chosen.id,
        received_at=received_at or archive.store.clock(),
        how=how,
        zone=archive.zone,
        requester=requester,
        circumstances=circumstances,
        tag=opening_tag(installation, who, key),
    )
    prepared = requests.prepare(terms, intake)
    hold = None
    if reach is not None:
        about = HoldTerms(reason="a disclosure request is open", rule=reach)
        hold = installation.holds.prepare(about, origin=Origin.REQUEST, origin_id=prepared.id)
    with archive.store.write() as transaction:
        before = opened_before(installation, transaction.connection, terms, intake, received_at)
        opened = before or requests.open_in(transaction, prepared, actor=who.actor)
        if hold is not None and before is None:
            installation.holds.place_in(transaction, hold, actor=who.actor)
    return show_request(installation, who, opened.id, seen=False)


def hold_for_request(installation: Installation, who: Principal, name: str, reach: ContentRule) -> dict[str, Any]:
    """Place one more hold for an open request; it ends with it.

    Raises:
        NotFound: there is no such request.
        InvalidInput: it reaches nothing.
        Conflict: the request is closed.
        Denied: this role may not.
    """
    authorize(who, Act.KEEP_REQUESTS)
    requests = Requests(installation.archive.store)
    with installation.archive.store.read() as connection:
        found = requests.get(connection, name)
    about = HoldTerms(reason="a disclosure request is open", rule=reach)
    prepared = installation.holds.prepare(about, origin=Origin.REQUEST, origin_id=found.id)
    with installation.archive.store.write() as transaction:
        requests.get_open(transaction.connection, found.id)
        installation.holds.place_in(transaction, prepared, actor=who.actor)
    return show_request(installation, who, found.id, seen=False)


def list_requests(
    installation: Installation, who: Principal, *, closed: bool = False, after: str = "", limit: int | None = None
) -> list[dict[str, Any]]:
    """The open requests, or all, in the order in which they came, each with what is due next. Looking is an event.

    Args:
        installation: the archive.
        who: who looks.
        closed: whether also those that are closed.
        after: id or number of the request behind which the list begins; it may have been closed meanwhile.
        limit: most requests to list.

    Raises:
        NotFound: there is no request `after`.
        Denied: this role may not.
    """
    authorize(who, Act.SEE_REQUESTS)
    archive = installation.archive
    requests = Requests(archive.store)
    with archive.store.read() as connection:
        found = requests.all(connection, only_open=not closed)
        if after:
            last = requests.get(connection, after)
            found = [one for one in found if (one.received_at, one.number) > (last.received_at, last.number)]
        found = found[:limit]
        lines = [
            request_line(
                one,
                requests.terms(connection, one.id),
                _clocks(installation, connection, requests, one),
                archive.zone,
            )
            for one in found
        ]
    with archive.store.write() as transaction:
        transaction.append(EventKind.REQUESTS_VIEWED, actor=who.actor, payload={"shown": len(lines)})
    return lines


def show_request(installation: Installation, who: Principal, name: str, *, seen: bool = True) -> dict[str, Any]:
    """One request: who asks for what, its clocks with their explanations, what happened, tasks and holds.

    Raises:
        NotFound: there is no such request.
        Denied: this role may not.
    """
    authorize(who, Act.SEE_REQUESTS)
    archive = installation.archive
    requests = Requests(archive.store)
    with archive.store.read() as connection:
        found = requests.get(connection, name)
        events = requests.events(connection, found.id)
        document = request_document(
            found,
            requests.terms(connection, found.id),
            _clocks(installation, connection, requests, found),
            [(one, _text_of(installation, connection, one)) for one in events],
            RequestTasks(archive.store).of(connection, found.id),
            [one for one in installation.holds.list(connection) if one.origin_id == found.id],
            names={one.actor: one.name for one in installation.users.list()},
            zone=archive.zone,
        )
        document["productions"] = [one.told() for one in Productions(archive.store).all_of(connection, found.id)]
    if seen:
        note_viewed(archive.store, who, document["id"])
    return document


def note_event(installation: Installation, who: Principal, name: str, event: NewEvent) -> dict[str, Any]:
    """Write down what happened to a request; then as `show_request`. An extension is refused where it cannot count.

    Raises:
        NotFound: there is no such request.
        Conflict: it is closed.
        InvalidInput: the event is none, lies ahead, moves no clock, or is one of fees.
        Denied: this role may not.
    """
    authorize(who, Act.KEEP_REQUESTS)
    if event.kind in FEE_ACTS:
        act = f"archiver request fee {FEE_ACTS[event.kind]}"
        raise InvalidInput(f"{event.kind} is booked by the rules of the law, not noted; use: {act} REQUEST")
    if event.kind not in NOTABLE_KINDS:
        raise InvalidInput(f"this is nothing to be noted of a request; it is one of: {', '.join(NOTABLE_KINDS)}")
    archive = installation.archive
    requests = Requests(archive.store)
    with archive.store.read() as connection:
        found = requests.get(connection, name)
        if event.kind in (ClockEventKind.EXTENDED.value, ClockEventKind.AGREED.value):
            _refuse_void(installation, connection, requests, found, event)
    requests.note(found.id, event, actor=who.actor)
    return show_request(installation, who, found.id, seen=False)


def assign_request(installation: Installation, who: Principal, name: str, user: str | None) -> dict[str, Any]:
    """Give a request to a user who may see requests, or to nobody.

    Raises:
        NotFound: there is no such request or user.
        InvalidInput: his role may not see requests.
        Conflict: it is closed.
        Denied: this role may not.
    """
    authorize(who, Act.KEEP_REQUESTS)
    requests = Requests(installation.archive.store)
    requests.assign(name, None if user is None else user_who_sees(installation, user), actor=who.actor)
    return show_request(installation, who, name, seen=False)


def user_who_sees(installation: Installation, name: str) -> str:
    """The id of a user who may see requests.

    Raises:
        NotFound: there is no such user.
        InvalidInput: his role may not, or he is closed.
    """
    found = installation.users.find(name)
    if found.is_closed:
        raise InvalidInput(f"{found.name} is closed and can do nothing any more; see: archiver user list")
    if not permits(found, Act.SEE_REQUESTS):
        raise InvalidInput(f"a user with the role {found.role.value} may not see requests")
    return found.actor


def _clocks(
    installation: Installation, connection: Connection, requests: Requests, found: DisclosureRequest
) -> Sequence[Deadline]:
    return clocks_of(installation, found, requests.events(connection, found.id))


def clocks_of(
    installation: Installation, found: DisclosureRequest, events: Sequence[RequestEvent]
) -> Sequence[Deadline]:
    """The clocks of a request as they stand today."""
    archive = installation.archive
    return deadlines(
        shipped_profile(found.profile),
        agency_calendar(installation.settings.disclosure, archive.zone),
        clock_events(events),
        archive.store.clock().astimezone(archive.zone).date(),
        requester=found.requester,
        circumstances=found.circumstances,
    )


def _refuse_void(
    installation: Installation, connection: Connection, requests: Requests, found: DisclosureRequest, event: NewEvent
) -> None:
    """Refuse an extension or agreement that would move no clock: nobody must rely on one that does not count."""
    events = requests.events(connection, found.id)
    now = installation.archive.store.clock()
    last = events[-1]
    tried = replace(
        last,
        number=last.number + 1,
        kind=event.kind,
        at=event.at or now,
        clock=event.clock,
        reason=event.reason,
        until=event.until,
    )
    before = {one.clock: one for one in clocks_of(installation, found, events)}
    after = {one.clock: one for one in clocks_of(installation, found, [*events, tried])}
    if event.clock is not None and event.clock not in before:
        raise InvalidInput(f"there is no clock {event.clock[:40]!r}; there are: {', '.join(before)}")
    if any(after[name].due != before[name].due for name in before):
        return
    told = [line for name in before for line in after[name].explanation if line not in before[name].explanation]
    raise InvalidInput(" ".join(dict.fromkeys(told)) or "this moves no clock of the request")


def _text_of(installation: Installation, connection: Connection, one: RequestEvent) -> str | None:
    payload = installation.archive.ledger.payload(connection, one.position) or {}
    text: str | None = payload.get("text")
    return text
