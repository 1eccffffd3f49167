"""Appeals as acts of people: opened also after the closing, decided, shown with what is due for them.

Rule: that an appeal came after its last day is told beside it; it is taken all the same, since the body that decides
says whether it is too late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from archiver.access import Act, authorize
from archiver.request_view import clock_document
from archiver.requesting import clocks_of
from archiver.seeing import note_viewed
from search.disclosure.appeals import Appeals
from search.disclosure.requests import Requests

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.disclosure.appeals import Appeal, AppealOutcome

_CLOCKS: Final = ("appeal", "appeal_decision")


def open_appeal(
    installation: Installation, who: Principal, name: str, *, body: str, ground: str, received_at: datetime | None
) -> dict[str, Any]:
    """Write down that a request is appealed; then as `show_appeals`.

    Raises:
        NotFound: there is no such request.
        Conflict: an appeal to this body is pending.
        InvalidInput: body or ground are not said, or the day lies ahead.
        Denied: this role may not.
    """
    authorize(who, Act.KEEP_REQUESTS)
    store = installation.archive.store
    Appeals(store).open(name, body=body, ground=ground, received_at=received_at, actor=who.actor)
    return show_appeals(installation, who, name, seen=False)


def decide_appeal(
    installation: Installation,
    who: Principal,
    name: str,
    number: int,
    outcome: AppealOutcome,
    *,
    decision: str,
    changes: str | None,
    decided_at: datetime | None,
) -> dict[str, Any]:
    """Write down what was decided of an appeal; a reversal opens a closed request again. Then as `show_appeals`.

    Raises:
        NotFound: there is no such request or appeal.
        Conflict: it is decided already.
        InvalidInput: the decision, or what it changes, is not said; or the day cannot be.
        Denied: this role may not.
    """
    authorize(who, Act.KEEP_REQUESTS)
    again = Appeals(installation.archive.store).decide(
        name, number, outcome, decision=decision, changes=changes, decided_at=decided_at, actor=who.actor
    )
    return {**show_appeals(installation, who, name, seen=False), "opened_again": again}


def show_appeals(installation: Installation, who: Principal, name: str, *, seen: bool = True) -> dict[str, Any]:
    """The appeals of a request with the clocks that they have under its law. An event.

    Raises:
        NotFound: there is no such request.
        Denied: this role may not.
    """
    authorize(who, Act.SEE_REQUESTS)
    archive = installation.archive
    requests = Requests(archive.store)
    with archive.store.read() as connection:
        found = requests.get(connection, name)
        appeals = Appeals(archive.store).of(connection, found.id)
        clocks = clocks_of(installation, found, requests.events(connection, found.id))
    if seen:
        note_viewed(archive.store, who, found.id)
    last = next((one.due for one in clocks if one.clock == _CLOCKS[0]), None)

    def told(one: Appeal) -> dict[str, Any]:
        received = one.received_at.astimezone(archive.zone)
        return {
            "appeal": one.number,
            "received_at": received.isoformat(),
            "late": last is not None and received.date() > last,
            "body": one.body,
            "ground": one.ground,
            "decided_at": None if one.decided_at is None else one.decided_at.astimezone(archive.zone).isoformat(),
            "outcome": None if one.outcome is None else one.outcome.value,
            "decision": one.decision,
            "changes": one.changes,
        }

    return {
        "request": found.number,
        "state": "open" if found.open else "closed",
        "appeals": [told(one) for one in appeals],
        "clocks": [clock_document(one) for one in clocks if one.clock in _CLOCKS],
    }


def appeals_text(document: Mapping[str, Any]) -> str:
    """`appeal show` for people."""
    lines = [f"Request {document['request']} is {document['state']}."]
    for one in document["appeals"]:
        late = ", after its last day" if one["late"] else ""
        lines.append(f"{one['appeal']}. to {one['body']}, received {one['received_at'][:10]}{late}")
        lines.append(f"   ground: {one['ground']}")
        if one["outcome"] is None:
            lines.append("   pending; what is held for the request stays held")
        else:
            lines.append(f"   {one['outcome'].replace('_', ' ')} on {one['decided_at'][:10]}: {one['decision']}")
        if one["changes"]:
            lines.append(f"   what changes: {one['changes']}")
    if not document["appeals"]:
        lines.append("There is no appeal.")
    for one in document["clocks"]:
        due = f": {one['due']}" if one["due"] else ""
        lines += [f"{one['title']} ({one['state'].replace('_', ' ')}){due}", *(f"  {x}" for x in one["explanation"])]
    return "\n".join(lines)
