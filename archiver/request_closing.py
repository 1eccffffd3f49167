"""The end of a request as an act of a person, and what ends by itself so many days after it.

Rules:

- Closing lets nothing go: the hold ends by itself so many days after the outcome as the law's profile says, and never
  while an appeal is open.
- Who asked for a student's records and got none of them is written into the student's record in the same transaction
  (34 CFR 99.32).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from archiver.access import Act, authorize
from archiver.requesting import show_request
from retention.hold_rules import Origin
from search.disclosure.appeals import last_change
from search.disclosure.jurisdictions import RequesterClass, shipped_profile
from search.disclosure.requests import Requests
from search.disclosure.student_requests import StudentRequests

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.disclosure.request_terms import Closing
    from search.disclosure.request_types import DisclosureRequest

_SERVICE: Final = "service:requests"


def close_request(installation: Installation, who: Principal, name: str, closing: Closing) -> dict[str, Any]:
    """Close a request; its holds end by themselves after the days that the profile names.

    Raises:
        NotFound: there is no such request.
        Conflict: it is closed already.
        Denied: this role may not.
    """
    authorize(who, Act.KEEP_REQUESTS)
    requests = Requests(installation.archive.store)
    with installation.archive.store.write() as transaction:
        found = requests.close_in(transaction, name, closing, actor=who.actor)
        StudentRequests(installation.archive.store).record_in(transaction, found, actor=who.actor)
    return show_request(installation, who, name, seen=False)


def release_ended_holds(installation: Installation, today: date) -> int:
    """Release the holds of requests whose days after the outcome are over; how many. For the clock."""
    archive = installation.archive
    requests = Requests(archive.store)
    with archive.store.read() as connection:
        standing = [one for one in installation.holds.list(connection, only_open=True) if one.origin is Origin.REQUEST]
        ended = []
        for hold in standing:
            found = requests.get(connection, hold.origin_id or "")
            last = release_day(installation, connection, found)
            if last is not None and last < today:
                ended.append(hold.id)
    for hold_id in ended:
        with archive.store.write() as transaction:
            reason = "the request is closed, and the days after its outcome are over"
            installation.holds.release_in(transaction, hold_id, reason=reason, actor=_SERVICE)
    return len(ended)


def release_day(installation: Installation, connection: Connection, found: DisclosureRequest) -> date | None:
    """The last day on which a closed request's holds hold; None while it is open or an appeal is pending."""
    outcome = None if found.closed_at is None else last_change(connection, found.id, found.closed_at)
    if outcome is None:
        return None
    profile = shipped_profile(found.profile)
    jailed = found.requester is RequesterClass.INCARCERATED
    days = profile.hold_days_incarcerated if jailed else profile.hold_days
    return outcome.astimezone(installation.archive.zone).date() + timedelta(days=days)
