"""Employees asked to search accounts of their own: asked, reminded, what they declare, and a signed copy of it.

Rules:

- An employee sees what he himself is asked, and by when; whose request it is and what is asked of others he does not.
- He declares in person; an officer may write down a declaration that lies before him on paper, and it says so.
- Letters have the accounts that were named and what to look for, since he must know; they go to his work address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from archiver.access import Act, Role, authorize
from archiver.search_statements import search_statement
from search.disclosure.asking import Asked, CustodianSearches, SearchResult
from search.disclosure.requests import Requests
from storage.bundle_searches import DECLARATION
from storage.errors import Conflict, Denied, NotFound
from storage.events import EventKind
from storage.outbox import Letter, Outbox
from storage.statements import plain_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.disclosure.asking import CustodianSearch
    from storage.records import Custodian

KIND: Final = "searches"
_ACTOR: Final = "service:requests"


def ask_custodian(
    installation: Installation,
    who: Principal,
    name: str,
    address: str,
    accounts: Sequence[str],
    subject: str,
    due: date | None,
) -> dict[str, Any]:
    """Ask an employee to search accounts of his own for a request; where letters are sent, he gets one.

    Raises:
        NotFound: there is no such request or custodian.
        InvalidInput: no account is named, or nothing to look for.
        Conflict: the request is closed.
        Denied: this role may not.
    """
    authorize(who, Act.KEEP_REQUESTS)
    archive = installation.archive
    searches = CustodianSearches(archive.store)
    with archive.store.read() as connection:
        found = Requests(archive.store).get_open(connection, name)
        custodian = _custodian(installation, connection, archive.custodians.find(connection, address))
    asked = Asked(accounts=tuple(accounts), subject=subject)
    sealed = searches.seal(found.id, asked)
    letter = None
    if installation.settings.mail.enabled:
        letter = Outbox(archive.store).prepare(_letter(installation, custodian, asked, due, found.id, again=False))
    with archive.store.write() as transaction:
        number = searches.ask_in(transaction, found.id, custodian.id, sealed, due, who.actor)
        if letter is not None:
            Outbox(archive.store).add(transaction, letter)
    with archive.store.read() as connection:
        return _document(installation, connection, searches.get(connection, found.id, number))


def list_searches(installation: Installation, who: Principal, name: str | None) -> list[dict[str, Any]]:
    """The custodian searches of a request, or what an employee is asked himself. Looking is an event.

    Raises:
        NotFound: there is no such request.
        Denied: this role may not.
    """
    archive = installation.archive
    searches = CustodianSearches(archive.store)
    if who.role is Role.EMPLOYEE:
        authorize(who, Act.DECLARE)
        with archive.store.read() as connection:
            mine = searches.of_custodian(connection, who.custodian_id or "")
            told = [_document(installation, connection, one) for one in mine]
    else:
        authorize(who, Act.SEE_REQUESTS)
        with archive.store.read() as connection:
            requests = Requests(archive.store)
            chosen = requests.all(connection, only_open=True) if name is None else [requests.get(connection, name)]
            found = [one for request in chosen for one in searches.of_request(connection, request.id)]
            told = [_document(installation, connection, one) for one in found]
    with archive.store.write() as transaction:
        transaction.append(EventKind.REQUESTS_VIEWED, actor=who.actor, payload={"searches": len(told)})
    return told


def declare_search(
    installation: Installation,
    who: Principal,
    name: str,
    number: int,
    result: SearchResult,
    facts: str,
    *,
    on_paper: bool = False,
) -> dict[str, Any]:
    """Write down what an employee declares of his search.

    Raises:
        NotFound: there is no such search, or it is not his.
        InvalidInput: the facts are too few to be relied on.
        Conflict: it is declared already, or the request is closed.
        Denied: an officer declares for an employee without his paper.
    """
    authorize(who, Act.DECLARE)
    archive = installation.archive
    searches = CustodianSearches(archive.store)
    with archive.store.read() as connection:
        one = _seen(installation, connection, who, name, number)
        custodian = _custodian(installation, connection, one.custodian_id)
        request = Requests(archive.store).get(connection, one.request_id)
    if who.role is not Role.EMPLOYEE and not on_paper:
        raise Denied("an employee declares for himself; write down a signed paper of his with --on-paper")
    declaration = {
        "request": request.number,
        "search": number,
        "custodian": {"name": plain_text(custodian.name), "address": plain_text(custodian.addresses[0])},
        "accounts": [plain_text(account) for account in one.asked.accounts],
        "subject": plain_text(one.asked.subject),
        "asked_at": one.asked_at.astimezone(archive.zone).isoformat(),
        "declared_at": archive.store.clock().astimezone(archive.zone).isoformat(),
        "declared_by": plain_text(who.name),
        "on_paper": on_paper,
        "result": result.value,
        "facts": plain_text(facts),
        "test_archive": archive.test_clock,
    }
    searches.declare(one.request_id, number, declaration, actor=who.actor)
    with archive.store.read() as connection:
        return _document(installation, connection, searches.get(connection, one.request_id, number))


def accept_declaration(installation: Installation, who: Principal, name: str, number: int) -> dict[str, Any]:
    """Say that a declaration satisfies.

    Raises:
        NotFound: there is no such search.
        Conflict: nothing is declared yet, or it was accepted already.
        Denied: this role may not.
    """
    authorize(who, Act.KEEP_REQUESTS)
    archive = installation.archive
    searches = CustodianSearches(archive.store)
    with archive.store.read() as connection:
        one = _seen(installation, connection, who, name, number)
    searches.accept(one.request_id, number, actor=who.actor)
    with archive.store.read() as connection:
        return _document(installation, connection, searches.get(connection, one.request_id, number))


def signed_declaration(installation: Installation, who: Principal, name: str, number: int) -> dict[str, Any]:
    """The signed copy of a declaration, which is checked offline.

    Raises:
        NotFound: there is no such search, or it is not his.
        Conflict: nothing is declared yet.
        Denied: this role may not.
    """
    authorize(who, Act.DECLARE)
    with installation.archive.store.read() as connection:
        one = _seen(installation, connection, who, name, number)
    if one.declaration is None or one.answered_position is None:
        raise Conflict("nothing is declared yet")
    position = one.answered_position
    return search_statement(installation, DECLARATION, one.request_id, "declared", one.declaration, position)


def remind_custodians(installation: Installation, today: date) -> int:
    """Remind employees whose day is over, once a week at most; how many. For the clock."""
    if not installation.settings.mail.enabled:
        return 0
    archive = installation.archive
    searches = CustodianSearches(archive.store)
    with archive.store.read() as connection:
        late = [
            (one, _custodian(installation, connection, one.custodian_id))
            for one in searches.unanswered(connection)
            if one.due is not None and (today - one.due).days > 7 * one.reminded
        ]
    for one, custodian in late:
        outbox = Outbox(archive.store)
        letter = outbox.prepare(_letter(installation, custodian, one.asked, one.due, one.request_id, again=True))
        with archive.store.write() as transaction:
            searches.remind_in(transaction, one, _ACTOR)
            outbox.add(transaction, letter)
    return len(late)


def _seen(
    installation: Installation, connection: Connection, who: Principal, name: str, number: int
) -> CustodianSearch:
    """A search that this principal may see; another's does not exist for an employee."""
    archive = installation.archive
    try:
        found = Requests(archive.store).get(connection, name)
        one = CustodianSearches(archive.store).get(connection, found.id, number)
    except NotFound:
        one = None
    if one is None or who.sees_only not in (None, one.custodian_id):
        raise NotFound(f"there is no custodian search {number} of {name[:64]!r}; see: archiver request searches")
    return one


def _custodian(installation: Installation, connection: Connection, custodian_id: str | None) -> Custodian:
    found = [one for one in installation.archive.custodians.list(connection) if one.id == custodian_id]
    if not found:
        raise NotFound("no custodian has this address; see: archiver custodian list")
    return found[0]


def _letter(
    installation: Installation, custodian: Custodian, asked: Asked, due: date | None, request_id: str, *, again: bool
) -> Letter:
    agency = installation.settings.agency.name
    lines = [
        f"{custodian.name},",
        "",
        f"{agency} has to answer a request for public records. Messages about work are public records wherever they",
        "were sent, also on private telephones and accounts. Please look through these of yours:",
        "",
        *(f"  - {one}" for one in asked.accounts),
        "",
        f"for: {asked.subject}",
        "",
        "Hand in what you find, by upload or by forwarding it. What is purely personal stays with you; say so.",
        "Then declare what you searched, how and with which words, what you found, and what you left out and why.",
        "Do not delete anything that could belong to it.",
        *([] if due is None else ["", f"Please do so by {due.isoformat()}."]),
    ]
    subject = "Please search your own accounts" if not again else "Reminder: please search your own accounts"
    return Letter(
        kind=KIND, to=custodian.addresses[0], subject=subject, text="\n".join(lines), about=(request_id, custodian.id)
    )


def _document(installation: Installation, connection: Connection, one: CustodianSearch) -> dict[str, Any]:
    zone = installation.archive.zone
    request = Requests(installation.archive.store).get(connection, one.request_id)
    custodian = _custodian(installation, connection, one.custodian_id)
    return {
        "request": request.number,
        "number": one.number,
        "custodian": custodian.addresses[0],
        "accounts": list(one.asked.accounts),
        "about": one.asked.subject,
        "asked_at": one.asked_at.astimezone(zone).isoformat(),
        "due": None if one.due is None else one.due.isoformat(),
        "reminded": one.reminded,
        "result": None if one.result is None else one.result.value,
        "facts": None if one.declaration is None else one.declaration["facts"],
        "declared_at": None if one.answered_at is None else one.answered_at.astimezone(zone).isoformat(),
        "accepted": one.accepted_by is not None,
    }
