"""What an employee is not told of his own record: holds, series, deadlines, and who else looked at it. Pure.

Rule: for him a record is active until it is destroyed. That somebody holds it, searches for it or reads it could
tell him of a request or an inquiry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from storage.events import EventKind

if TYPE_CHECKING:
    from archiver.access import Principal

_OPEN_EVENTS = frozenset(
    {
        EventKind.SUBMISSION_DEPOSITED.value,
        EventKind.SUBMISSION_DUPLICATE.value,
        EventKind.SUBMISSION_EXAMINED.value,
        EventKind.CONTAINER_UNPACKED.value,
        EventKind.RECORD_ARCHIVED.value,
        EventKind.RECORD_TRANSCRIBED.value,
        EventKind.RECORD_DESTROYED.value,
        EventKind.CONTAINER_DESTROYED.value,
    }
)


def record_for(principal: Principal, document: dict[str, Any]) -> dict[str, Any]:
    """The `record show` document as this principal may see it."""
    if principal.sees_only is None:
        return document
    nothing: dict[str, Any] = {"decision": None, "eligible_on": None, "latest_on": None, "reasons": []}
    state = "active" if document["state"] == "held" else document["state"]
    return {**document, "state": state, "holds": [], "series": None, "retention": nothing}


def events_for(principal: Principal, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The custody events that this principal may see."""
    if principal.sees_only is None:
        return events
    return [one for one in events if one["kind"] in _OPEN_EVENTS or one["actor"] == principal.actor]
