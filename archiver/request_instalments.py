"""Instalments as acts of people and of the clock: planned, fetched, reminded of, left lying.

Rule: as with other due days an instalment is reminded of once a due day, with the number of the request and the day,
never with what it has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archiver.access import Act, authorize
from archiver.agency_days import agency_calendar
from archiver.seeing import note_viewed
from search.disclosure.calendars import count_business_days
from search.disclosure.instalments import Instalments, lies_until, unclaimed_rule
from search.disclosure.request_types import REMINDED, NewEvent
from search.disclosure.requests import Requests
from storage.outbox import Letter, Outbox

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.disclosure.instalments import Instalment
    from search.disclosure.request_types import DisclosureRequest

_ACTOR = "service:requests"


def add_instalment(installation: Installation, who: Principal, name: str, due: date, text: str) -> list[dict[str, Any]]:
    """Plan an instalment of a request; then as `list_instalments`.

    Raises:
        NotFound: there is no such request.
        Conflict: it is closed.
        InvalidInput: nothing is said of what it has.
        Denied: this role may not.
    """
    authorize(who, Act.KEEP_REQUESTS)
    Instalments(installation.archive.store).add(name, due, text, actor=who.actor)
    return list_instalments(installation, who, name, seen=False)


def claim_instalment(installation: Installation, who: Principal, name: str, number: int) -> list[dict[str, Any]]:
    """Say that the requester fetched an instalment; then as `list_instalments`.

    Raises:
        NotFound: there is no such request or instalment.
        Conflict: it is not produced, or was fetched before.
        Denied: this role may not.
    """
    authorize(who, Act.KEEP_REQUESTS)
    store = installation.archive.store
    with store.read() as connection:
        found = Requests(store).get(connection, name)
    Instalments(store).claim(found.id, number, actor=who.actor)
    return list_instalments(installation, who, name, seen=False)


def list_instalments(
    installation: Installation, who: Principal, name: str, *, seen: bool = True
) -> list[dict[str, Any]]:
    """The instalments of a request in order, and until when each lies to be fetched. An event.

    Raises:
        NotFound: there is no such request.
        Denied: this role may not.
    """
    authorize(who, Act.SEE_REQUESTS)
    archive = installation.archive
    with archive.store.read() as connection:
        found = Requests(archive.store).get(connection, name)
        rule = unclaimed_rule(found.profile)
        told = [
            {
                "request": found.number,
                "instalment": one.number,
                "due": one.due.isoformat(),
                "state": one.state,
                "text": one.text,
                "production": one.production,
                "produced_at": None
                if one.produced_at is None
                else one.produced_at.astimezone(archive.zone).isoformat(),
                "lies_until": None if (last := lies_until(one, rule, archive.zone)) is None else last.isoformat(),
                "citation": rule.citation if last is not None else None,
            }
            for one in Instalments(archive.store).of(connection, found.id)
        ]
    if seen:
        note_viewed(archive.store, who, found.id)
    return told


def instalments_text(told: Sequence[dict[str, Any]]) -> str:
    """`instalment list` for people."""
    lines = []
    for one in told:
        further = f", with {one['production']}" if one["production"] else ""
        lies = f", lies until {one['lies_until']} ({one['citation']})" if one["lies_until"] else ""
        lines.append(f"{one['instalment']}. due {one['due']}, {one['state']}{further}{lies}: {one['text']}")
    return "\n".join(lines) or "No instalment is planned. Plan one with: archiver request instalment add"


def step_instalments(installation: Installation, today: date) -> int:
    """Remind of instalments that are due soon, and mark those that lay for too long; how many were reminded of."""
    reminded = _remind(installation, today)
    archive = installation.archive
    instalments = Instalments(archive.store)
    with archive.store.read() as connection:
        found = [Requests(archive.store).get(connection, one) for one in instalments.lying(connection)]
        left = [
            one
            for request in found
            for one in instalments.of(connection, request.id)
            if (last := lies_until(one, unclaimed_rule(request.profile), archive.zone)) is not None and last < today
        ]
    for one in left:
        instalments.mark_left(one.request_id, one.number, actor=_ACTOR)
    return reminded


def _remind(installation: Installation, today: date) -> int:
    section = installation.settings.disclosure
    if not section.remind_to or not installation.settings.mail.enabled:
        return 0
    archive = installation.archive
    requests, instalments = Requests(archive.store), Instalments(archive.store)
    soon = count_business_days(agency_calendar(section, archive.zone), today, section.remind_days).day
    pressing: list[tuple[DisclosureRequest, Instalment]] = []
    with archive.store.read() as connection:
        for found in requests.all(connection, only_open=True):
            told = {(one.clock, one.until) for one in requests.events(connection, found.id) if one.kind == REMINDED}
            pressing += [
                (found, one)
                for one in instalments.of(connection, found.id)
                if one.state == "planned" and one.due <= soon and (one.clock, one.due) not in told
            ]
    outbox = Outbox(archive.store)
    for found, one in pressing:
        text = (
            f"Instalment {one.number} of request {found.number} is due on {one.due}.\n\n"
            f"What it has: archiver request instalment list {found.number}"
        )
        subject = f"Request {found.number}: instalment {one.number} due {one.due}"
        letters = [
            outbox.prepare(Letter(kind="requests", to=address, subject=subject, text=text, about=(found.id,)))
            for address in section.remind_to
        ]
        event = NewEvent(kind=REMINDED, clock=one.clock, until=one.due)
        with archive.store.write() as transaction:
            if requests.get(transaction.connection, found.id).open:
                requests.note_in(transaction, found.id, event, actor=_ACTOR)
                for letter in letters:
                    outbox.add(transaction, letter)
    return len(pressing)
