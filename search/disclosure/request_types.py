"""A disclosure request and what happened to it, as plain columns have them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from search.disclosure.deadlines import ClockEvent, ClockEventKind
from search.disclosure.jurisdictions import RequesterClass
from search.disclosure.request_terms import Closing, Received

if TYPE_CHECKING:
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from storage.vault import WrappedKey

CLOCK_KINDS: Final = frozenset(kind.value for kind in ClockEventKind)
NOTE: Final = "note"
MESSAGE_IN: Final = "message_in"
MESSAGE_OUT: Final = "message_out"
FEE_ACTS: Final = {
    "fee_estimated": "estimate",
    "fee_charged": "charge",
    "deposit_asked": "deposit",
    "deposit_paid": "paid --deposit",
    "fee_paid": "paid",
    "fee_waived": "waive",
    "fee_refunded": "refund",
}
"""What is booked of fees, by the act of ``archiver request fee`` that books it under the rules of the law alone."""
REMINDED: Final = "reminded"
"""That somebody was reminded of a clock; only the service notes it."""
REOPENED: Final = "reopened"
"""That a closed request was opened again, after an appeal."""
LETTER: Final = "letter"
"""That a letter was made; `reason` is its kind, and its text has the SHA-256 of what was made."""
OTHER_KINDS: Final = (NOTE, MESSAGE_IN, MESSAGE_OUT)
"""What can be noted of a request beside what its clocks look at."""
_BY_ACTS: Final = (
    ClockEventKind.RECEIVED,
    ClockEventKind.COMPLETED,
    ClockEventKind.APPEALED,
    ClockEventKind.APPEAL_DECIDED,
)
NOTABLE_KINDS: Final = (*(kind.value for kind in ClockEventKind if kind not in _BY_ACTS), *OTHER_KINDS)
"""What somebody may write down of a request; receiving, closing, appealing one and its fees are acts of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosureRequest:
    """A request as its plain columns have it."""

    id: str
    number: str
    open: bool
    profile: str
    requester: RequesterClass
    circumstances: frozenset[str]
    how: Received
    received_at: datetime
    opened_at: datetime
    position: int
    assigned_to: str | None
    closed_at: datetime | None
    closing: Closing | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """How a request came; `zone` is the agency's, in which its year is told; `tag` what a program named it by."""

    profile: str
    received_at: datetime
    how: Received
    zone: ZoneInfo
    requester: RequesterClass = RequesterClass.GENERAL
    circumstances: frozenset[str] = frozenset()
    tag: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedRequest:
    """A request sealed and ready to be opened."""

    id: str
    intake: Intake
    sealed: bytes
    key: WrappedKey


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestEvent:
    """Something that happened to a request; `cents` is an amount of money, `until` a day that was agreed."""

    number: int
    kind: str
    at: datetime
    clock: str | None
    reason: str | None
    until: date | None
    cents: int | None
    actor: str
    position: int

    def as_clock_event(self) -> ClockEvent | None:
        """The same as clocks look at it; None where they do not."""
        if self.kind not in CLOCK_KINDS:
            return None
        return ClockEvent(
            kind=ClockEventKind(self.kind), at=self.at, clock=self.clock, reason=self.reason, until=self.until
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """What is to be noted of a request: `text` is sealed in the leaf's payload."""

    kind: str
    at: datetime | None = None
    clock: str | None = None
    reason: str | None = None
    until: date | None = None
    cents: int | None = None
    text: str | None = None


def request_of(row: Any) -> DisclosureRequest:
    """A row of `disclosure_requests`."""
    return DisclosureRequest(
        id=row.id,
        number=row.number,
        open=row.state == "open",
        profile=row.profile,
        requester=RequesterClass(row.requester),
        circumstances=frozenset(one for one in row.circumstances.split(",") if one),
        how=Received(row.how),
        received_at=row.received_at,
        opened_at=row.opened_at,
        position=row.position,
        assigned_to=row.assigned_to,
        closed_at=row.closed_at,
        closing=None if row.closing is None else Closing(row.closing),
    )


def event_of(row: Any) -> RequestEvent:
    """A row of `request_events`."""
    return RequestEvent(
        number=row.number,
        kind=row.kind,
        at=row.at,
        clock=row.clock,
        reason=row.reason,
        until=row.until,
        cents=row.cents,
        actor=row.actor,
        position=row.position,
    )
