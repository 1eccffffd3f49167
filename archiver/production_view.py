"""Productions as people look at them: listed, found by page and by record, and asked back.

Rules:

- Which number has which record is told both ways, for as long as the request is kept.
- A record that somebody may not see stands in no list of his, and no page of it is found.
- What is asked back keeps its numbers; it is given again only when something else is decided of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archiver.access import Act, authorize
from archiver.seeing import hidden_records, no_such_record, note_viewed
from search.disclosure.production_types import page_number, read_page_number
from search.disclosure.productions import Productions
from search.disclosure.requests import Requests
from storage.errors import InvalidInput, NotFound
from storage.events import EventKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.disclosure.production_types import NumberedDocument, Production


def list_productions(installation: Installation, who: Principal, name: str) -> dict[str, Any]:
    """The productions of a request and what was asked back of them. Looking is an event.

    Raises:
        NotFound: there is no such request.
        Denied: this role may not.
    """
    authorize(who, Act.SEE_REQUESTS)
    store = installation.archive.store
    productions = Productions(store)
    with store.read() as connection:
        found = Requests(store).get(connection, name)
        made = productions.all_of(connection, found.id)
        back = productions.clawbacks(connection, found.id)
    note_viewed(installation.archive.store, who, found.id)
    zone = installation.archive.zone
    return {
        "request": found.number,
        "productions": [one.told() for one in made],
        "clawbacks": [
            {"clawback": one.number, "at": one.at.astimezone(zone).isoformat(), "reason": one.reason} for one in back
        ],
    }


def list_documents(installation: Installation, who: Principal, name: str, number: int) -> Iterator[dict[str, Any]]:
    """The documents of a production in the order of their pages, as far as one may see them. An event.

    Raises:
        NotFound: there is no such request or production.
        Denied: this role may not.
    """
    authorize(who, Act.SEE_REQUESTS)
    store = installation.archive.store
    productions = Productions(store)
    with store.read() as connection:
        found = Requests(store).get(connection, name)
        made = productions.get(connection, found.id, number)
        documents = productions.documents(connection, found.id, number)
        hidden = hidden_records(connection, who)
    note_viewed(installation.archive.store, who, found.id)
    return (document_told(made, one) for one in documents if one.record_id not in hidden)


def where_given(installation: Installation, who: Principal, wanted: str) -> list[dict[str, Any]]:
    """Where a record was given, in all productions of all requests; or, of a page number, what it is of. An event.

    Raises:
        NotFound: no page has this number, or there is no such record for this principal.
        InvalidInput: it is neither an id of a record nor a page number.
        Denied: this role may not.
    """
    authorize(who, Act.SEE_REQUESTS)
    archive = installation.archive
    productions, requests = Productions(archive.store), Requests(archive.store)
    with archive.store.read() as connection:
        hidden = hidden_records(connection, who)
        if wanted.startswith("rec_"):
            if wanted in hidden:
                raise no_such_record(wanted)
            archive.catalogue.get(connection, wanted)
            found = productions.of_record(connection, wanted)
        else:
            found = [productions.of_page(connection, *read_page_number(wanted))]
            if found[0][1].record_id in hidden:
                raise NotFound("no page that was produced has this number; see: archiver request produced")
        numbers = {one.request_id: requests.get(connection, one.request_id).number for one, _ in found}
    told = [{"request": numbers[made.request_id], **document_told(made, one)} for made, one in found]
    with archive.store.write() as transaction:
        subjects = tuple(dict.fromkeys(made.request_id for made, _ in found))
        transaction.append(EventKind.REQUESTS_VIEWED, actor=who.actor, subjects=subjects)
    return told


def claw_back(
    installation: Installation, who: Principal, name: str, pages: Sequence[str], reason: str
) -> dict[str, Any]:
    """Ask documents back that were given by mistake: all of each document of which a page is named.

    Raises:
        NotFound: there is no such request, or no page of it has such a number.
        InvalidInput: no page is named, or no reason.
        Conflict: it was asked back before.
        Denied: this role may not.
    """
    authorize(who, Act.PRODUCE)
    store = installation.archive.store
    productions = Productions(store)
    if not pages:
        raise InvalidInput("name the pages that are asked back, such as LAKE-000017")
    chosen: dict[tuple[int, int], tuple[int, NumberedDocument]] = {}
    made_by: dict[int, Production] = {}
    with store.read() as connection:
        found = Requests(store).get(connection, name)
        hidden = hidden_records(connection, who)
        for one in pages:
            made, document = productions.of_page(connection, *read_page_number(one))
            if made.request_id != found.id or document.record_id in hidden:
                raise NotFound(f"no page of request {found.number} has the number {one}")
            chosen[made.number, document.first_page] = (made.number, document)
            made_by[made.number] = made
    back = productions.claw_back(found.id, list(chosen.values()), reason, actor=who.actor)
    return {
        "request": found.number,
        "clawback": back.number,
        "at": back.at.astimezone(installation.archive.zone).isoformat(),
        "documents": [document_told(made_by[number], one) for number, one in chosen.values()],
    }


def document_told(made: Production, one: NumberedDocument) -> dict[str, Any]:
    """A document of a production as commands and the API tell it."""
    return {
        "production": made.number,
        "first": page_number(made.prefix, one.first_page),
        "last": page_number(made.prefix, one.last_page),
        "record": one.record_id,
        "component": one.component,
        "leaves": one.leaves.value,
        "clawback": one.clawback,
    }
