"""A disclosure request as people and programs see it. Pure.

Rule: every date stands beside the sentences that explain it and the law that sets it, with how sure that reading is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from search.disclosure.deadlines import ClockState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from retention.holds import Hold
    from search.disclosure.deadlines import Deadline
    from search.disclosure.request_tasks import RequestTask
    from search.disclosure.request_terms import RequestTerms
    from search.disclosure.request_types import DisclosureRequest, RequestEvent

_PRESSING: Final = (ClockState.LATE, ClockState.RUNNING, ClockState.WAITING, ClockState.TOLLED)
_SURE: Final = {"V": "read in the source", "P": "read as a paraphrase", "U": "not verified; ask counsel"}


def request_line(
    found: DisclosureRequest, terms: RequestTerms, clocks: Sequence[Deadline], zone: tzinfo
) -> dict[str, Any]:
    """One row of `request list`, with what is due next; moments are told in the archive's zone."""
    pressing = [one for one in clocks if one.state in _PRESSING and one.due is not None] if found.open else []
    nearest = min(pressing, key=lambda one: (one.due, one.clock), default=None)
    return {
        "id": found.id,
        "number": found.number,
        "state": "open" if found.open else "closed",
        "title": terms.title,
        "received_at": found.received_at.astimezone(zone).isoformat(),
        "requester": found.requester.value,
        "profile": found.profile,
        "assigned_to": found.assigned_to,
        "due": None if nearest is None or nearest.due is None else nearest.due.isoformat(),
        "clock": None if nearest is None else nearest.clock,
        "late": any(one.state is ClockState.LATE for one in pressing),
        "closing": None if found.closing is None else found.closing.value,
    }


def clock_document(one: Deadline) -> dict[str, Any]:
    """One clock."""
    return {
        "clock": one.clock,
        "title": one.title,
        "duty": one.duty,
        "state": one.state.value,
        "started": None if one.started is None else one.started.isoformat(),
        "first_due": None if one.first_due is None else one.first_due.isoformat(),
        "due": None if one.due is None else one.due.isoformat(),
        "met_on": None if one.met_on is None else one.met_on.isoformat(),
        "late": list(one.late),
        "explanation": list(one.explanation),
        "citation": one.citation,
        "confidence": one.confidence,
    }


def request_document(
    found: DisclosureRequest,
    terms: RequestTerms,
    clocks: Sequence[Deadline],
    events: Sequence[tuple[RequestEvent, str | None]],
    tasks: Sequence[RequestTask],
    holds: Sequence[Hold],
    *,
    names: Mapping[str, str],
    zone: tzinfo,
) -> dict[str, Any]:
    """The document of `request show`; `names` are those of users by their ids."""
    return {
        **request_line(found, terms, clocks, zone),
        "how": found.how.value,
        "opened_at": found.opened_at.astimezone(zone).isoformat(),
        "closed_at": None if found.closed_at is None else found.closed_at.astimezone(zone).isoformat(),
        "assigned_to": names.get(found.assigned_to or "", found.assigned_to),
        "circumstances": sorted(found.circumstances),
        "from": {"name": terms.name, "organisation": terms.organisation, "contact": terms.contact},
        "text": terms.text,
        "clocks": [clock_document(one) for one in clocks],
        "events": [
            {
                "number": one.number,
                "kind": one.kind,
                "at": one.at.astimezone(zone).isoformat(),
                "clock": one.clock,
                "reason": one.reason,
                "until": None if one.until is None else one.until.isoformat(),
                "cents": one.cents,
                "by": names.get(one.actor, one.actor),
                "position": one.position,
                "text": text,
            }
            for one, text in events
        ],
        "tasks": [
            {
                "number": one.number,
                "text": one.text,
                "user": names.get(one.user_id or "", one.user_id),
                "due": None if one.due is None else one.due.isoformat(),
                "done_at": None if one.done_at is None else one.done_at.astimezone(zone).isoformat(),
            }
            for one in tasks
        ],
        "holds": [{"id": one.id, "state": "open" if one.open else "released"} for one in holds],
    }


def lines_text(lines: Sequence[Mapping[str, Any]]) -> str:
    """`request list` for people."""
    if not lines:
        return "No requests. Open one with: archiver request open --how email --file request.txt"
    told = []
    for one in lines:
        due = "closed" if one["state"] == "closed" else f"due {one['due']}" if one["due"] else "no day set"
        told.append(f"{one['number']}  {'LATE, ' if one['late'] else ''}{due:<16}  {one['title'][:70]}")
    return "\n".join(told)


def request_text(document: Mapping[str, Any]) -> str:
    """`request show` for people."""
    asks = document["from"]
    who = ", ".join(one for one in (asks["name"], asks["organisation"], asks["contact"]) if one) or "anonymous"
    lines = [
        f"{document['number']}  {document['title']}",
        f"{document['state']}, received {document['received_at'][:16]} by {document['how']}, from {who}",
        f"assigned to {document['assigned_to'] or 'nobody'}",
        "",
        document["text"],
    ]
    for one in document["clocks"]:
        due = f": {one['due']}" if one["due"] else ""
        lines += ["", f"{one['title']} ({one['state'].replace('_', ' ')}){due}", f"  {one['duty']}"]
        lines += [f"  {line}" for line in one["explanation"]]
        lines += [f"  {line}" for line in one["late"]]
        lines.append(f"  {one['citation']}; {_SURE[one['confidence']]}")
    if document["tasks"]:
        lines += ["", "Tasks"]
        for task in document["tasks"]:
            done = "done" if task["done_at"] else f"due {task['due'] or 'any day'}"
            lines.append(f"  {task['number']}. {task['text']} ({task['user'] or 'nobody'}, {done})")
    lines += ["", "What happened"]
    for event in document["events"]:
        further = [event["clock"], event["reason"], event["until"]]
        further.append(None if event["cents"] is None else f"{event['cents'] / 100:,.2f}")
        told = ", ".join(one for one in further if one)
        text = f"\n      {event['text']}" if event["text"] else ""
        lines.append(f"  {event['at'][:16]}  {event['kind']}{': ' + told if told else ''}  ({event['by']}){text}")
    if document.get("productions"):
        lines += ["", "Productions"]
        lines += [
            f"  {one['production']}. {one['first']} to {one['last']}, {one['made_at'][:10]}"
            for one in document["productions"]
        ]
    if document["holds"]:
        lines += ["", "Holds: " + ", ".join(f"{one['id']} ({one['state']})" for one in document["holds"])]
    return "\n".join(lines)
