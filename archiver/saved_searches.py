"""Saved searches as acts of people: kept under a name, shown, run, changed and removed; each is an event.

Rule: a query is understood before it is kept. It is run with the rights of whoever runs it, also where another shares
it, and where it tells days from today that is said, since it then finds others tomorrow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archiver.access import Act, authorize, permits
from archiver.search_finding import is_relative, said
from search.saved_searches import SavedSearches
from storage.errors import Denied, InvalidInput
from storage.events import EventKind
from storage.statements import plain_text

if TYPE_CHECKING:
    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.saved_searches import SavedSearch

RELATIVE = "Its days are told from the day on which it is run."


def save_search(
    installation: Installation, who: Principal, name: str, query: str, *, note: str | None = None, shared: bool = False
) -> dict[str, Any]:
    """Keep a query under a name.

    Raises:
        InvalidInput: the query cannot be understood, or name or note are not in order.
        Conflict: there is one of this name.
        Denied: this role may not search, or not share.
    """
    authorize(who, Act.SEARCH)
    if shared:
        authorize(who, Act.WORK_SEARCHES)
    said(installation, query)
    saved = _saved(installation).add(name, plain_text(query), note=note, shared=shared, owner=who.actor)
    return _document(installation, who, saved)


def list_saved(installation: Installation, who: Principal) -> list[dict[str, Any]]:
    """What one saved oneself, and what others share. Looking is an event.

    Raises:
        Denied: this role may not search.
    """
    authorize(who, Act.SEARCH)
    with installation.archive.store.read() as connection:
        found = _saved(installation).of_owner(connection, who.actor)
    note_view(installation, who, {"saved": len(found)})
    return [_document(installation, who, one) for one in found]


def saved_search(installation: Installation, who: Principal, name: str) -> SavedSearch:
    """The search of a name or id, to be run; its run is the event.

    Raises:
        NotFound: there is none that this principal may run.
        Conflict: several share the name.
        Denied: this role may not search.
    """
    authorize(who, Act.SEARCH)
    with installation.archive.store.read() as connection:
        return _saved(installation).named(connection, who.actor, name)


def show_saved(installation: Installation, who: Principal, name: str) -> dict[str, Any]:
    """One search with its note and what it means today. Looking is an event.

    Raises:
        NotFound, Conflict, Denied: see `saved_search`.
    """
    one = saved_search(installation, who, name)
    note_view(installation, who, {"saved": 1}, one.id)
    return _document(installation, who, one)


def change_saved(
    installation: Installation,
    who: Principal,
    name: str,
    *,
    rename: str | None = None,
    query: str | None = None,
    note: str | None = None,
    shared: bool | None = None,
) -> dict[str, Any]:
    """Change what was given of one's own search; the rest stays.

    Raises:
        InvalidInput: nothing was given, or what was given is not in order.
        NotFound, Conflict: there is no such search, or another of the new name.
        Denied: it is somebody else's.
    """
    one = _own(installation, who, name)
    given = {"name": rename, "query": query, "note": note, "shared": shared}
    changes = {part: value for part, value in given.items() if value is not None}
    if not changes:
        raise InvalidInput("say what is changed: --name, --query, --note, --share or --unshare")
    if shared:
        authorize(who, Act.WORK_SEARCHES)
    if query is not None:
        said(installation, query)
        changes["query"] = plain_text(query)
    return _document(installation, who, _saved(installation).change(one, actor=who.actor, **changes))


def remove_saved(installation: Installation, who: Principal, name: str) -> dict[str, Any]:
    """Remove one's own search; that there was one stays in the ledger.

    Raises:
        NotFound, Conflict: see `saved_search`.
        Denied: it is somebody else's.
    """
    one = _own(installation, who, name)
    _saved(installation).remove(one, actor=who.actor)
    return {"id": one.id, "name": one.name, "removed": True}


def note_view(installation: Installation, who: Principal, payload: dict[str, Any], *subjects: str) -> None:
    """Leave the event of having looked at somebody's work with searches."""
    with installation.archive.store.write() as transaction:
        transaction.append(EventKind.SEARCHES_VIEWED, actor=who.actor, subjects=subjects, payload=payload)


def saved_text(document: dict[str, Any]) -> str:
    """One search for people."""
    shared = "shared by another" if not document["mine"] else "shared" if document["shared"] else "mine"
    lines = [f"{document['name']}  ({shared})", f"    {document['query']}"]
    if document["problem"]:
        lines.append(f"    cannot be run: {document['problem']}")
    elif document["relative"]:
        lines.append(f"    {RELATIVE}")
    if document["note"]:
        lines += [f"    {line}" for line in document["note"].splitlines()]
    return "\n".join(lines)


def _saved(installation: Installation) -> SavedSearches:
    return SavedSearches(installation.archive.store)


def _own(installation: Installation, who: Principal, name: str) -> SavedSearch:
    one = saved_search(installation, who, name)
    if one.owner != who.actor and not permits(who, Act.RUN):
        raise Denied("this search is somebody else's; save one of your own with: archiver saved add")
    return one


def _document(installation: Installation, who: Principal, one: SavedSearch) -> dict[str, Any]:
    words: str | None = None
    problem: str | None = None
    relative = False
    try:
        words, relative = said(installation, one.query), is_relative(installation, one.query)
    except InvalidInput as error:  # another version of the language understood it
        problem = error.message
    return {
        "id": one.id,
        "name": one.name,
        "query": one.query,
        "words": words,
        "relative": relative,
        "problem": problem,
        "note": one.note,
        "shared": one.shared,
        "mine": one.owner == who.actor,
        "owner": one.owner,
        "created_at": one.created_at.isoformat(),
        "changed_at": one.changed_at.isoformat(),
    }
