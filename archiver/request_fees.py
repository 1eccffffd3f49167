"""Fees of a request as acts of people: estimated, charged, asked for beforehand, paid, waived and given back.

Rules:

- An amount that is charged is one that was computed from quantities under the law of the request, never a free number.
- A deposit that is asked for stops the clocks that the law lets it stop, until it is paid in full.
- A request that is closed can still be paid and paid back; nothing more is charged for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from archiver.access import Act, authorize
from archiver.own_rates import own_rates
from archiver.requesting import clocks_of
from archiver.seeing import note_viewed
from search.disclosure.deadlines import ClockEventKind, ClockState
from search.disclosure.fee_rules import shipped_fees
from search.disclosure.fees import (
    CHARGED,
    DEPOSIT_ASKED,
    DEPOSIT_PAID,
    ESTIMATED,
    PAID,
    REFUNDED,
    WAIVED,
    Estimate,
    account_of,
    check_deposit,
    check_payment,
    check_waiver,
    estimate,
    money,
)
from search.disclosure.jurisdictions import shipped_profile
from search.disclosure.request_types import NewEvent
from search.disclosure.requests import Requests, refuse_closed
from storage.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from fractions import Fraction

    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.disclosure.fees import FeeAccount
    from search.disclosure.request_types import DisclosureRequest

_LATE: Final = (ClockState.LATE, ClockState.MET_LATE)
_KINDS: Final = frozenset({ESTIMATED, CHARGED, DEPOSIT_ASKED, DEPOSIT_PAID, PAID, WAIVED, REFUNDED})


def estimate_fees(
    installation: Installation,
    who: Principal,
    name: str,
    quantities: Mapping[str, Fraction],
    *,
    rates: Mapping[str, int],
    circumstances: frozenset[str],
    dry_run: bool = False,
) -> dict[str, Any]:
    """Compute what a request costs and write it down as its estimate; with `dry_run` only compute it.

    Raises:
        NotFound: there is no such request.
        Conflict: it is closed.
        InvalidInput: a quantity, rate or circumstance cannot be.
        Denied: this role may not.
    """
    authorize(who, Act.KEEP_REQUESTS)
    store = installation.archive.store
    requests = Requests(store)
    with store.read() as connection:
        found = requests.get_open(connection, name)
        made = _estimate(installation, connection, found, quantities, rates, circumstances)
    if not dry_run:
        event = NewEvent(kind=ESTIMATED, cents=made.cents, text="\n".join([made.text(), *made.notes]))
        with store.write() as transaction:
            requests.note_in(transaction, found.id, event, actor=who.actor)
    return {"request": found.number, "estimate": estimate_document(made), "noted": not dry_run}


def charge_fees(
    installation: Installation,
    who: Principal,
    name: str,
    quantities: Mapping[str, Fraction],
    *,
    rates: Mapping[str, int],
    circumstances: frozenset[str],
) -> dict[str, Any]:
    """Charge what quantities cost today under the law, line by line; then as `show_fees`.

    Raises:
        NotFound: there is no such request.
        Conflict: it is closed, or the law lets nothing of this be charged.
        InvalidInput: a quantity, rate or circumstance cannot be.
        Denied: this role may not.
    """
    authorize(who, Act.KEEP_REQUESTS)
    store = installation.archive.store
    requests = Requests(store)
    with store.write() as transaction:
        found = requests.get_open(transaction.connection, name)
        made = _estimate(installation, transaction.connection, found, quantities, rates, circumstances)
        if made.cents == 0:
            told = " ".join(f"{one.title}: {one.words} ({one.citation})" for one in made.lines)
            raise Conflict(f"there is nothing to charge. {told}".rstrip(), request=found.id)
        event = NewEvent(kind=CHARGED, cents=made.cents, text=made.text())
        requests.note_in(transaction, found.id, event, actor=who.actor)
    return show_fees(installation, who, found.id, seen=False)


def ask_deposit(installation: Installation, who: Principal, name: str, cents: int | None) -> dict[str, Any]:
    """Ask for a deposit, the most that the law allows where no amount is given; then as `show_fees`.

    Raises:
        NotFound: there is no such request.
        Conflict: it is closed, or the law allows no such deposit.
        Denied: this role may not.
    """
    authorize(who, Act.KEEP_REQUESTS)
    store = installation.archive.store
    requests = Requests(store)
    with store.write() as transaction:
        found = requests.get_open(transaction.connection, name)
        account = _account(requests, transaction.connection, found)
        schedule = shipped_fees(found.profile)
        if cents is None:
            percent = 0 if schedule.deposit is None else schedule.deposit.percent
            cents = (account.estimated or 0) * percent // 100 - account.deposit_asked
        check_deposit(schedule, account, cents)
        event = NewEvent(kind=DEPOSIT_ASKED, cents=cents)
        requests.note_in(transaction, found.id, event, actor=who.actor)
        if not account.deposit_open:
            asked = NewEvent(kind=ClockEventKind.FEE_ASKED.value)
            requests.note_in(transaction, found.id, asked, actor=who.actor)
    return show_fees(installation, who, found.id, seen=False)


def book_payment(
    installation: Installation, who: Principal, name: str, cents: int, *, deposit: bool, at: datetime | None = None
) -> dict[str, Any]:
    """Book what the requester paid, of the deposit or of what is owed; then as `show_fees`.

    Raises:
        NotFound: there is no such request.
        Conflict: it is more than what is open.
        InvalidInput: the moment lies ahead.
        Denied: this role may not.
    """
    authorize(who, Act.KEEP_REQUESTS)
    store = installation.archive.store
    requests = Requests(store)
    with store.write() as transaction:
        found = requests.get(transaction.connection, name)
        account = _account(requests, transaction.connection, found)
        what = "is open of the deposit" if deposit else "is owed; what was paid beyond is not taken"
        check_payment(account.deposit_open if deposit else account.owed, cents, what)
        kind = DEPOSIT_PAID if deposit else PAID
        event = NewEvent(kind=kind, at=at, cents=cents)
        requests.note_in(transaction, found.id, event, actor=who.actor, closed_too=True)
        if deposit and cents == account.deposit_open:
            answered = NewEvent(kind=ClockEventKind.FEE_ANSWERED.value, at=at)
            requests.note_in(transaction, found.id, answered, actor=who.actor, closed_too=True)
    return show_fees(installation, who, found.id, seen=False)


def waive_fees(
    installation: Installation, who: Principal, name: str, ground: str, *, cents: int | None, text: str | None
) -> dict[str, Any]:
    """Waive what is charged or estimated, all of it where no amount is given, on a ground of the law.

    Raises:
        NotFound: there is no such request.
        Conflict: it is closed, or more than there is.
        InvalidInput: the ground is none of the law's.
        Denied: this role may not.
    """
    authorize(who, Act.KEEP_REQUESTS)
    store = installation.archive.store
    requests = Requests(store)
    with store.write() as transaction:
        found = requests.get(transaction.connection, name)
        refuse_closed(found)
        account = _account(requests, transaction.connection, found)
        chosen = max(account.charged, account.estimated or 0) - account.waived if cents is None else cents
        check_waiver(shipped_fees(found.profile), account, chosen, ground)
        event = NewEvent(kind=WAIVED, cents=chosen, reason=ground, text=text)
        requests.note_in(transaction, found.id, event, actor=who.actor)
        if account.deposit_open and chosen >= (account.estimated or 0) - account.waived:
            answered = NewEvent(kind=ClockEventKind.FEE_ANSWERED.value)
            requests.note_in(transaction, found.id, answered, actor=who.actor)
    return show_fees(installation, who, found.id, seen=False)


def refund_fees(
    installation: Installation, who: Principal, name: str, cents: int | None, text: str | None
) -> dict[str, Any]:
    """Give back what was paid beyond what is charged, all of it where no amount is given.

    Raises:
        NotFound: there is no such request.
        Conflict: it is more than that.
        Denied: this role may not.
    """
    authorize(who, Act.KEEP_REQUESTS)
    store = installation.archive.store
    requests = Requests(store)
    with store.write() as transaction:
        found = requests.get(transaction.connection, name)
        account = _account(requests, transaction.connection, found)
        chosen = account.credit if cents is None else cents
        check_payment(account.credit, chosen, "was paid beyond what is charged")
        event = NewEvent(kind=REFUNDED, cents=chosen, text=text)
        requests.note_in(transaction, found.id, event, actor=who.actor, closed_too=True)
    return show_fees(installation, who, found.id, seen=False)


def show_fees(installation: Installation, who: Principal, name: str, *, seen: bool = True) -> dict[str, Any]:
    """The account of a request: sums, every booking, what is open, and whether a clock stands still for it.

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
        account = account_of(events)
        booked = [
            {
                "kind": one.kind,
                "cents": one.cents,
                "at": one.at.astimezone(archive.zone).isoformat(),
                "ground": one.reason,
                "text": (archive.ledger.payload(connection, one.position) or {}).get("text"),
            }
            for one in events
            if one.kind in _KINDS
        ]
        tolled = [one.clock for one in clocks_of(installation, found, events) if one.state is ClockState.TOLLED]
    if seen:
        note_viewed(archive.store, who, found.id)
    stops = any("fees" in one.tolled_by for one in shipped_profile(found.profile).clocks)
    return {
        "request": found.number,
        "estimated": account.estimated,
        "charged": account.charged,
        "deposit_asked": account.deposit_asked,
        "deposit_paid": account.deposit_paid,
        "paid": account.paid,
        "waived": account.waived,
        "refunded": account.refunded,
        "owed": account.owed,
        "credit": account.credit,
        "deposit_open": account.deposit_open,
        "deposit_stops_clocks": stops,
        "tolled_clocks": tolled,
        "booked": booked,
    }


def estimate_document(made: Estimate) -> dict[str, Any]:
    """An estimate; amounts in cents."""
    return {
        "cents": made.cents,
        "deposit_cents": made.deposit_cents,
        "lines": [
            {
                "unit": one.unit,
                "title": one.title,
                "cents": one.cents,
                "words": one.words,
                "citation": one.citation,
                "confidence": one.confidence,
            }
            for one in made.lines
        ],
        "notes": list(made.notes),
    }


def account_text(document: Mapping[str, Any]) -> str:
    """`fee show` for people."""
    if not document["booked"]:
        return "No fee was estimated or charged. Begin with: archiver request fee estimate REQUEST --pages N"
    lines = [f"Request {document['request']}: {money(document['owed'])} owed"]
    names = ("estimated", "charged", "deposit_asked", "deposit_paid", "paid", "waived", "refunded", "credit")
    lines += [f"  {one.replace('_', ' ')}: {money(document[one])}" for one in names if document[one]]
    if document["deposit_open"]:
        stops = "the clocks that the law names stand still" if document["deposit_stops_clocks"] else "no clock stops"
        lines.append(f"  {money(document['deposit_open'])} of the deposit is not paid; {stops}")
    lines += _booked(document["booked"])
    return "\n".join(lines)


def _booked(booked: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = []
    for one in booked:
        ground = f" ({one['ground']})" if one["ground"] else ""
        lines.append(f"{one['at'][:16]}  {one['kind'].replace('_', ' ')}: {money(one['cents'] or 0)}{ground}")
        lines += [f"    {line}" for line in (one["text"] or "").splitlines()]
    return lines


def _account(requests: Requests, connection: Connection, found: DisclosureRequest) -> FeeAccount:
    return account_of(requests.events(connection, found.id))


def _estimate(
    installation: Installation,
    connection: Connection,
    found: DisclosureRequest,
    quantities: Mapping[str, Fraction],
    rates: Mapping[str, int],
    circumstances: frozenset[str],
) -> Estimate:
    section = installation.settings.disclosure
    clocks = clocks_of(installation, found, Requests(installation.archive.store).events(connection, found.id))
    return estimate(
        shipped_fees(found.profile),
        quantities,
        requester=found.requester,
        rates=rates,
        own_rates=own_rates(section.fees, section.profile),
        circumstances=circumstances,
        late_clocks=frozenset(one.clock for one in clocks if one.state in _LATE),
    )
