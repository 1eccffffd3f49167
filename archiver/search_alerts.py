"""Alerts as acts of people: set, listed, shown, paused and removed; each is an event.

Rules:

- An alert tells of what comes in after it was set. Its letters have a count and a link and no word of a record or of
  the query; who reads a letter has to sign in to see more.
- It is its owner's: it finds what he may see when it looks, and shows what he may see when he asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archiver.access import Act, Role, authorize
from archiver.saved_searches import note_view, saved_search
from archiver.search_finding import is_relative, said
from archiver.seeing import hidden_records
from search.alerts import Alerts, AlertState, no_such_alert
from storage.errors import InvalidInput
from storage.outbox import Letter
from storage.statements import plain_text

if TYPE_CHECKING:
    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.alerts import Alert

KIND = "alert"
PERIODS = {"hour": 1.0, "day": 24.0, "week": 168.0}


def add_alert(
    installation: Installation,
    who: Principal,
    name: str,
    query: str | None = None,
    *,
    saved: str | None = None,
    to: str | None = None,
    officers: bool = False,
    every_hours: float = PERIODS["day"],
) -> dict[str, Any]:
    """Set an alert; its letters go to one address, or to the officers that the settings name.

    Raises:
        InvalidInput: the query cannot be understood, the address is none, or the settings name no officers.
        NotFound: there is no such saved search.
        Denied: this role may not.
    """
    authorize(who, Act.WORK_SEARCHES)
    if (query is None) == (saved is None):
        raise InvalidInput("give a query or the name of a saved search with --saved, not both")
    if (to is None) != officers:
        raise InvalidInput("say who is told: --to ADDRESS or --officer")
    if officers and not installation.settings.alerts.officers:
        raise InvalidInput("the settings name no officers: set officers in [alerts] of archiver.toml, or give --to")
    if to is not None:
        Letter(kind=KIND, to=to, subject="", text="")
    text = query if saved is None else saved_search(installation, who, saved).query
    said(installation, text or "")
    made = _alerts(installation).add(name, plain_text(text or ""), to=to, every_hours=every_hours, owner=who.actor)
    return _document(installation, made, found=0, waiting=0)


def list_alerts(installation: Installation, who: Principal, *, removed: bool = False) -> list[dict[str, Any]]:
    """One's own alerts; who runs the archive without being a user sees all. Looking is an event.

    Raises:
        Denied: this role may not.
    """
    authorize(who, Act.WORK_SEARCHES)
    kept = _alerts(installation)
    owner = None if who.role is Role.OPERATOR else who.actor
    with installation.archive.store.read() as connection:
        found = kept.of_owner(connection, owner=owner, removed=removed)
        counts = kept.counts(connection)
        waiting = {one.id: len(kept.waiting(connection, one)[0]) for one in found}
    note_view(installation, who, {"alerts": len(found)})
    return [_document(installation, one, found=counts.get(one.id, 0), waiting=waiting[one.id]) for one in found]


def show_alert(installation: Installation, who: Principal, alert_id: str) -> dict[str, Any]:
    """One alert with the ids that it found, as far as one may see them now. An event.

    Raises:
        NotFound: there is none, or it is somebody else's.
        Denied: this role may not.
    """
    one = own_alert(installation, who, alert_id)
    kept = _alerts(installation)
    with installation.archive.store.read() as connection:
        hidden = hidden_records(connection, who)
        hits = [each for each in kept.hits(connection, alert_id) if each not in hidden]
        waiting = [each for each in kept.waiting(connection, one)[0] if each not in hidden]
    note_view(installation, who, {"alert": "shown"}, alert_id)
    return {**_document(installation, one, found=len(hits), waiting=len(waiting)), "records": hits}


def switch_alert(installation: Installation, who: Principal, alert_id: str, state: AlertState) -> dict[str, Any]:
    """Pause an alert, let it go on, or remove it.

    Raises:
        NotFound: there is none, or it is somebody else's.
        Conflict: it is so already.
        Denied: this role may not.
    """
    one = own_alert(installation, who, alert_id)
    _alerts(installation).switch(one, state, actor=who.actor)
    return {"id": alert_id, "state": state.value}


def own_alert(installation: Installation, who: Principal, alert_id: str) -> Alert:
    """An alert of one's own; of anybody for who runs the archive without being a user.

    Raises:
        NotFound: there is none, or it is somebody else's.
        Denied: this role may not.
    """
    authorize(who, Act.WORK_SEARCHES)
    with installation.archive.store.read() as connection:
        one = _alerts(installation).get(connection, alert_id)
    if one.owner != who.actor and who.role is not Role.OPERATOR:
        raise no_such_alert()
    return one


def alert_text(document: dict[str, Any]) -> str:
    """An alert for people."""
    to = document["to"] or "the officers"
    counts = f"{document['found']:,} found, {document['waiting']:,} not told yet"
    lines = [
        f"{document['id']}  {document['name']}  ({document['state']})",
        f"    {document['query']}",
        f"    to {to}, at most every {document['every_hours']:g} hours; {counts}",
    ]
    if document["relative"]:
        lines.append("    Its days are told from the day on which it looks.")
    if document["problem"]:
        lines.append(f"    {document['problem']}")
    return "\n".join(lines)


def _alerts(installation: Installation) -> Alerts:
    return Alerts(installation.archive.store)


def _document(installation: Installation, one: Alert, *, found: int, waiting: int) -> dict[str, Any]:
    problem = None
    relative = False
    try:
        relative = is_relative(installation, one.query)
    except InvalidInput as error:
        problem = f"it cannot be run: {error.message}"
    if problem is None and not installation.settings.mail.enabled:
        problem = "letters are not sent: set enabled in [mail] of archiver.toml"
    elif problem is None and one.to is None and not installation.settings.alerts.officers:
        problem = "the settings name no officers: set officers in [alerts] of archiver.toml"
    return {
        "id": one.id,
        "name": one.name,
        "query": one.query,
        "relative": relative,
        "to": one.to,
        "every_hours": one.every_hours,
        "state": one.state.value,
        "owner": one.owner,
        "created_at": one.created_at.isoformat(),
        "told_at": None if one.told_at is None else one.told_at.isoformat(),
        "position": one.position,
        "found": found,
        "waiting": waiting,
        "problem": problem,
    }
