"""Reminding of due days, and letting go what was held for requests that are over; the clock's part of requests.

Rules:

- A clock is reminded of once a due day: where the day moves, once more. That it was is an event of the request, written
  in the same transaction as the letters.
- A letter has the number of the request, the duty and the day; never who asks nor for what.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from archiver.agency_days import agency_calendar
from archiver.custodian_asking import remind_custodians
from archiver.release_notices import step_notices
from archiver.request_closing import release_ended_holds
from archiver.request_instalments import step_instalments
from archiver.requesting import clocks_of
from search.disclosure.calendars import count_business_days
from search.disclosure.deadlines import ClockState
from search.disclosure.request_types import REMINDED, NewEvent
from search.disclosure.requests import Requests
from storage.outbox import Letter, Outbox

if TYPE_CHECKING:
    from datetime import date

    from archiver.wiring import Installation
    from search.disclosure.deadlines import Deadline
    from search.disclosure.request_types import DisclosureRequest
    from storage.outbox import PreparedLetter
    from storage.transaction import Store

KIND: Final = "requests"
_ACTOR: Final = "service:requests"


def step_requests(installation: Installation) -> tuple[int, int]:
    """Do what is due today; how many clocks were reminded of, and how many holds released."""
    archive = installation.archive
    today = archive.store.clock().astimezone(archive.zone).date()
    reminded = remind(installation, today) + remind_custodians(installation, today)
    reminded += step_instalments(installation, today)
    step_notices(installation, today)
    return reminded, release_ended_holds(installation, today)


def remind(installation: Installation, today: date) -> int:
    """Write letters for clocks that end soon or have ended, and note that it was done; how many clocks.

    Where the settings name nobody to remind, or letters are not sent, nothing is written.
    """
    section = installation.settings.disclosure
    if not section.remind_to or not section.profile or not installation.settings.mail.enabled:
        return 0
    archive = installation.archive
    requests = Requests(archive.store)
    calendar = agency_calendar(section, archive.zone)
    soon = count_business_days(calendar, today, section.remind_days).day
    pressing: list[tuple[DisclosureRequest, Deadline]] = []
    with archive.store.read() as connection:
        for found in requests.all(connection, only_open=True):
            events = requests.events(connection, found.id)
            told = {(one.clock, one.until) for one in events if one.kind == REMINDED}
            pressing += [
                (found, clock)
                for clock in clocks_of(installation, found, events)
                if clock.state in (ClockState.RUNNING, ClockState.LATE)
                and clock.due is not None
                and clock.due <= soon
                and (clock.clock, clock.due) not in told
            ]
    for found, clock in pressing:
        letters = [_letter(archive.store, found, clock, address) for address in section.remind_to]
        event = NewEvent(kind=REMINDED, clock=clock.clock, until=clock.due)
        with archive.store.write() as transaction:
            if requests.get(transaction.connection, found.id).open:
                requests.note_in(transaction, found.id, event, actor=_ACTOR)
                for letter in letters:
                    Outbox(archive.store).add(transaction, letter)
    return len(pressing)


def _letter(store: Store, found: DisclosureRequest, clock: Deadline, address: str) -> PreparedLetter:
    is_late = clock.state is ClockState.LATE
    subject = f"Request {found.number}: {'late since' if is_late else 'due'} {clock.due}"
    lines = [
        f"Request {found.number}: {clock.title}.",
        clock.duty,
        "",
        f"{'The last day was' if is_late else 'The last day is'} {clock.due}.",
        *clock.explanation,
        *clock.late,
        "",
        f"{clock.citation}. Everything about it: archiver request show {found.number}",
    ]
    letter = Letter(kind=KIND, to=address, subject=subject, text="\n".join(lines), about=(found.id,))
    return Outbox(store).prepare(letter)
