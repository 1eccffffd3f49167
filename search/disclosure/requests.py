"""Disclosure requests: opened, followed by events, assigned and closed, each as one short transaction with its leaf.

Rules:

- Whatever happens to a request is an event of its own with the moment at which it happened, which may lie before that
  of writing it down, never after it. Nothing is changed or taken away; what was wrong is followed by what is right.
- Who asks and for what is sealed under the request's own key; texts written with an event stand in its leaf's payload.
- Clocks are never stored: they follow from the events, the profile and the calendar (`search.disclosure.deadlines`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, func, insert, select, update

from search.disclosure.deadlines import ClockEventKind
from search.disclosure.request_terms import Closing, check_terms, decode_terms, encode_terms
from search.disclosure.request_types import (
    CLOCK_KINDS,
    OTHER_KINDS,
    REOPENED,
    DisclosureRequest,
    Intake,
    NewEvent,
    PreparedRequest,
    RequestEvent,
    event_of,
    request_of,
)
from search.disclosure.tables import disclosure_requests, request_events
from storage.errors import Conflict, Corrupt, InvalidInput, NotFound
from storage.events import EventKind
from storage.identifiers import Prefix, new_id
from storage.sealing import SealKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from search.disclosure.deadlines import ClockEvent
    from search.disclosure.request_terms import RequestTerms
    from storage.transaction import Store, Transaction
    from storage.vault import HolderKey

_LONGEST_NOTE: Final = 100_000


class Requests:
    """The disclosure requests of one archive."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def prepare(self, terms: RequestTerms, intake: Intake) -> PreparedRequest:
        """Seal what a request says, outside any transaction; its id is given here, so that a hold can name it.

        Raises:
            InvalidInput: it asks for nothing.
        """
        checked = check_terms(terms)
        request_id = new_id(Prefix.REQUEST)
        vault = self._store.vault
        key = vault.fresh(request_id)
        sealed = vault.seal(key, SealKind.REQUEST, request_id, encode_terms(checked))
        wrapped = vault.wrap(key, self._store.current_epoch())
        return PreparedRequest(id=request_id, intake=intake, sealed=sealed, key=wrapped)

    def open_in(self, transaction: Transaction, prepared: PreparedRequest, *, actor: str) -> DisclosureRequest:
        """Open a request inside a transaction; its number goes on from the last one of the year of its receipt.

        Raises:
            InvalidInput: it came in the future.
        """
        intake, connection = prepared.intake, transaction.connection
        if intake.received_at > transaction.at:
            raise InvalidInput("a request cannot have come in the future; check --received")
        number = _next_number(connection, intake.received_at.astimezone(intake.zone).year)
        payload = {
            "number": number,
            "profile": intake.profile,
            "how": intake.how.value,
            "requester": intake.requester.value,
        }
        position = transaction.append(EventKind.REQUEST_OPENED, actor=actor, subjects=(prepared.id,), payload=payload)
        transaction.keep_key(prepared.key)
        row = {
            "id": prepared.id,
            "number": number,
            "state": "open",
            "profile": intake.profile,
            "requester": intake.requester.value,
            "circumstances": ",".join(sorted(intake.circumstances)),
            "how": intake.how.value,
            "received_at": intake.received_at,
            "opened_at": transaction.at,
            "position": position,
            "sealed_terms": prepared.sealed,
            "opening_tag": intake.tag,
        }
        connection.execute(insert(disclosure_requests), [row])
        first = NewEvent(kind=ClockEventKind.RECEIVED.value, at=intake.received_at)
        _add(transaction, prepared.id, first, position, actor)
        return self.get(connection, prepared.id)

    def note(self, request_id: str, event: NewEvent, *, actor: str) -> RequestEvent:
        """Write down what happened to an open request.

        Raises:
            NotFound: there is no such request.
            Conflict: it is closed.
            InvalidInput: the kind is none, it lies ahead, or its text is too long.
        """
        if event.kind not in CLOCK_KINDS and event.kind not in OTHER_KINDS:
            raise InvalidInput(f"there is no event {event.kind[:40]!r} of a request; see: archiver request note --help")
        if event.text is not None and len(event.text) > _LONGEST_NOTE:
            raise InvalidInput(f"a note has at most {_LONGEST_NOTE:,} characters; hand the rest in as a file")
        with self._store.write() as transaction:
            return self.note_in(transaction, request_id, event, actor=actor)

    def note_in(
        self, transaction: Transaction, request_id: str, event: NewEvent, *, actor: str, closed_too: bool = False
    ) -> RequestEvent:
        """Write down what happened inside a transaction; `closed_too` for what comes after the closing, as an appeal.

        Raises:
            NotFound: there is no such request.
            Conflict: it is closed.
            InvalidInput: it lies ahead.
        """
        found = self.get(transaction.connection, request_id)
        if not closed_too:
            refuse_closed(found)
        if event.at is not None and event.at > transaction.at:
            raise InvalidInput("what did not happen yet cannot be written down; check --at")
        payload = {"kind": event.kind, "text": event.text}
        position = transaction.append(EventKind.REQUEST_NOTED, actor=actor, subjects=(found.id,), payload=payload)
        return _add(transaction, found.id, event, position, actor)

    def assign(self, request_id: str, user_id: str | None, *, actor: str) -> DisclosureRequest:
        """Give a request to somebody, or to nobody.

        Raises:
            NotFound: there is no such request.
            Conflict: it is closed.
        """
        with self._store.write() as transaction:
            found = self.get(transaction.connection, request_id)
            refuse_closed(found)
            subjects = (found.id, *(() if user_id is None else (user_id,)))
            transaction.append(EventKind.REQUEST_ASSIGNED, actor=actor, subjects=subjects)
            change = update(disclosure_requests).where(disclosure_requests.c.id == found.id)
            transaction.connection.execute(change.values(assigned_to=user_id))
            return self.get(transaction.connection, found.id)

    def close_in(self, transaction: Transaction, request_id: str, closing: Closing, *, actor: str) -> DisclosureRequest:
        """Close a request inside a transaction; what has to end with it ends in the same one.

        Raises:
            NotFound: there is no such request.
            Conflict: it is closed already.
        """
        found = self.get(transaction.connection, request_id)
        refuse_closed(found)
        payload = {"closing": closing.value}
        position = transaction.append(EventKind.REQUEST_CLOSED, actor=actor, subjects=(found.id,), payload=payload)
        _add(transaction, found.id, NewEvent(kind=ClockEventKind.COMPLETED.value), position, actor)
        change = update(disclosure_requests).where(disclosure_requests.c.id == found.id)
        values = {"state": "closed", "closed_at": transaction.at, "closing": closing.value}
        transaction.connection.execute(change.values(values))
        return self.get(transaction.connection, found.id)

    def reopen_in(self, transaction: Transaction, request_id: str, *, actor: str) -> DisclosureRequest:
        """Open a closed request again inside a transaction; what happened before stays as it was written.

        Raises:
            NotFound: there is no such request.
            Conflict: it is open.
        """
        found = self.get(transaction.connection, request_id)
        if found.open:
            raise Conflict(f"request {found.number} is open; there is nothing to open again", request=found.id)
        position = transaction.append(EventKind.REQUEST_REOPENED, actor=actor, subjects=(found.id,))
        _add(transaction, found.id, NewEvent(kind=REOPENED), position, actor)
        change = update(disclosure_requests).where(disclosure_requests.c.id == found.id)
        transaction.connection.execute(change.values(state="open", closed_at=None, closing=None))
        return self.get(transaction.connection, found.id)

    def get(self, connection: Connection, name: str) -> DisclosureRequest:
        """A request by its id or number.

        Raises:
            NotFound: there is none.
        """
        about = disclosure_requests.c
        query = select(*_PLAIN).where((about.id == name) | (about.number == name))
        row = connection.execute(query).first()
        if row is None:
            raise NotFound(f"there is no request {name[:64]!r}; see: archiver request list")
        return request_of(row)

    def opened_with(self, connection: Connection, tag: bytes) -> DisclosureRequest | None:
        """The request that was opened with this tag."""
        row = connection.execute(select(*_PLAIN).where(disclosure_requests.c.opening_tag == tag)).first()
        return None if row is None else request_of(row)

    def get_open(self, connection: Connection, name: str) -> DisclosureRequest:
        """A request that is open.

        Raises:
            NotFound: there is none.
            Conflict: it is closed.
        """
        found = self.get(connection, name)
        refuse_closed(found)
        return found

    def all(self, connection: Connection, *, only_open: bool = False) -> list[DisclosureRequest]:
        """All requests, or the open ones, in the order in which they were received."""
        query = select(*_PLAIN).order_by(disclosure_requests.c.received_at, disclosure_requests.c.number)
        if only_open:
            query = query.where(disclosure_requests.c.state == "open")
        return [request_of(row) for row in connection.execute(query)]

    def terms(self, connection: Connection, request_id: str) -> RequestTerms:
        """Who asks for what.

        Raises:
            Corrupt: it is not what was sealed, or its key is gone.
        """
        query = select(disclosure_requests.c.sealed_terms).where(disclosure_requests.c.id == request_id)
        sealed = connection.execute(query).scalar_one()
        plain = self._store.vault.unseal(self.key(connection, request_id), SealKind.REQUEST, request_id, sealed)
        return decode_terms(plain)

    def events(self, connection: Connection, request_id: str) -> list[RequestEvent]:
        """What happened to a request, in the order in which it was written down."""
        query = select(request_events).where(request_events.c.request_id == request_id)
        return [event_of(row) for row in connection.execute(query.order_by(request_events.c.number))]

    def key(self, connection: Connection, request_id: str) -> HolderKey:
        """The key under which a request's texts are sealed.

        Raises:
            Corrupt: it is gone.
        """
        key = self._store.holder_keys(connection, [request_id]).get(request_id)
        if key is None:
            raise Corrupt("the key of a request is missing; run: archiver verify", request=request_id)
        return key


_PLAIN: Final = [column for column in disclosure_requests.c if column is not disclosure_requests.c.sealed_terms]


def clock_events(events: Sequence[RequestEvent]) -> list[ClockEvent]:
    """What of these the clocks look at."""
    found = (one.as_clock_event() for one in events)
    return [one for one in found if one is not None]


def refuse_closed(found: DisclosureRequest) -> None:
    """Refuse an act on a request that is closed.

    Raises:
        Conflict: it is.
    """
    if not found.open:
        raise Conflict(f"request {found.number} is closed; see: archiver request show {found.number}", request=found.id)


def _next_number(connection: Connection, year: int) -> str:
    beginning = f"{year}-"
    query = select(func.max(disclosure_requests.c.number)).where(disclosure_requests.c.number.startswith(beginning))
    last = connection.execute(query).scalar()
    return f"{beginning}{1 if last is None else int(last.removeprefix(beginning)) + 1:04d}"


def _add(transaction: Transaction, request_id: str, event: NewEvent, position: int, actor: str) -> RequestEvent:
    last = select(func.max(request_events.c.number)).where(request_events.c.request_id == request_id)
    row: dict[str, Any] = {
        "request_id": request_id,
        "number": (transaction.connection.execute(last).scalar() or 0) + 1,
        "kind": event.kind,
        "at": event.at or transaction.at,
        "clock": event.clock,
        "reason": event.reason,
        "until": event.until,
        "cents": event.cents,
        "actor": actor,
        "position": position,
    }
    transaction.connection.execute(insert(request_events), [row])
    del row["request_id"]
    return RequestEvent(**row)
