"""Why a record is kept until a day: its decision with everything that it rests on, and what it still waits for.

Rule: what is shown is read from where the decision was read, at the same moment; nothing is computed a second way, but
for what superseded editions of the schedule would say of the same facts, which stands apart, too.
Dates that rest on what is only expected stand apart, as `projected_on`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archiver.access import Act, authorize
from archiver.destroyed_view import is_destroyed
from archiver.edition_changes import earlier_editions
from archiver.seeing import refuse_unseen
from archiver.supplying import documents_of, event_text
from retention.assigning import Assigning, history_of, series_of
from retention.clock_watch import frozen_in
from retention.hold_standing import HoldStanding
from retention.rule_assigning import doubt_of
from retention.waiting import by_event, waiting_records
from storage.events import EventKind
from storage.records import RecordState

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.wiring import Installation
    from storage.records import Record


def explain(installation: Installation, who: Principal, record_id: str, *, today: date | None = None) -> dict[str, Any]:
    """The decision about one record on a day, with events, links, series and holds. Looking is an event.

    Raises:
        Denied: this role may not.
        NotFound: there is no such record.
        Conflict: it was destroyed.
    """
    authorize(who, Act.EVALUATE)
    archive, retention = installation.archive, installation.retention
    day = retention.today() if today is None else today
    with archive.store.read() as connection:
        record = archive.catalogue.get(connection, record_id)
        refuse_unseen(connection, who, record)
        if record.state is not RecordState.ACTIVE:
            raise is_destroyed(record)
        decision = retention.decide(connection, record, day)
        own, further = series_of(connection, record_id)
        links = retention.known.links.of_records(connection, [record_id]).get(record_id, [])
        subjects = retention.known.subjects.open(connection, [one.subject_id for one in links])
        frozen = frozen_in(connection)
        held = HoldStanding().held(connection, [record_id]).get(record_id, ())
        document = {
            "id": record_id,
            "today": day.isoformat(),
            "forecast": day > retention.today(),
            "series": [one for one in (own, *further) if one is not None],
            **decision.to_json(),
            "links": [
                {
                    "about": subjects[one.subject_id].stated.about.value,
                    "ref": subjects[one.subject_id].stated.ref,
                    "kind": subjects[one.subject_id].stated.kind,
                    "role": one.role,
                    "how": one.how.value,
                    "by": one.actor,
                    "at": one.at.isoformat(),
                }
                for one in links
            ],
            "parents": retention.known.parents.of(connection, record_id),
            "doubt": doubt_of(connection, record_id),
            "events": _events(installation, connection, record),
            "assignments": history_of(connection, archive.ledger, record_id, installation.library),
            "earlier_editions": earlier_editions(installation, connection, record, decision, day),
            "holds": [one.hold for one in held],
            "held_because": [one.sentence() for one in held],
            "clock": None if frozen is None else frozen.to_json(),
        }
    with archive.store.write() as transaction:
        transaction.append(EventKind.SUBJECTS_VIEWED, actor=who.actor, subjects=(record_id,), payload={"shown": 1})
    return document


def explained_text(one: dict[str, Any]) -> str:
    """The same for people."""
    forecast = " (a forecast)" if one["forecast"] else ""
    lines = [f"On {one['today']}{forecast}: {one['decision'].replace('_', ' ')}"]
    lines += [f"  {reason}" for reason in one["reasons"]]
    lines.append(f"Eligible on     {one['eligible_on'] or '-'}")
    if one["projected_on"]:
        lines.append(f"Expected on     {one['projected_on']} (rests on what nobody confirmed; not a date)")
    lines.append(f"Latest          {one['latest_on'] or '-'}")
    lines += [
        f"Before          edition {past['edition']}, until {past['until']}: eligible on {past['eligible_on'] or '-'},"
        f" latest {past['latest_on'] or '-'} (by what is known now)"
        for past in one["earlier_editions"]
    ]
    if one["waits_for"]:
        lines.append(f"Waits for       {', '.join(one['waits_for'])}")
    lines += [f"Step            {step}" for step in one["steps"]]
    lines += [
        f"Is about        {link['about']} {link['ref']} as {link['role']} ({link['how']})" for link in one["links"]
    ]
    lines += [f"Depends on      {parent}" for parent in one["parents"]]
    if one["doubt"]:
        lines.append(f"In doubt        {one['doubt']}")
    lines += [f"Event           {event_text(event)}" for event in one["events"]]
    lines += [
        f"Series          {told['series'] or '-'} {told['change']} {told['at']} by {told['by']} ({told['how']}):"
        f" {told['why'] or '-'}"
        for told in one["assignments"]
    ]
    lines += [f"Held            {sentence}" for sentence in one["held_because"]]
    if one["clock"]:
        lines.append("The clock jumped and is not accepted; nothing counts as due: archiver retention clock show")
    return "\n".join(lines)


def assign_series(
    installation: Installation,
    who: Principal,
    record_id: str,
    series_id: str,
    *,
    why: str,
    further: bool,
    suggested: bool = False,
) -> dict[str, Any]:
    """Put a record into a series by hand; then as `explain`.

    Raises:
        Denied: this role may not.
        NotFound: there is no such record or series.
        Conflict: it is there already.
    """
    authorize(who, Act.KEEP_FACTS)
    archive = installation.archive
    assigning = Assigning(archive.store, archive.catalogue, installation.library)
    assigning.assign(record_id, series_id, why=why, actor=who.actor, further=further, suggested=suggested)
    return explain(installation, who, record_id)


def waiting(
    installation: Installation,
    who: Principal,
    *,
    event: str | None = None,
    today: date | None = None,
    progress: Callable[[int], None] = lambda _records: None,
) -> dict[str, Any]:
    """Records whose event nobody supplied, oldest first, and how many wait for which.

    Raises:
        Denied: this role may not.
    """
    authorize(who, Act.EVALUATE)
    archive, retention = installation.archive, installation.retention
    day = retention.today() if today is None else today
    found = waiting_records(archive.store, retention, day, progress)
    if event is not None:
        found = [one for one in found if event in one.waits_for]
    return {"today": day.isoformat(), "events": by_event(found), "records": [one.to_json() for one in found]}


def _events(installation: Installation, connection: Connection, record: Record) -> list[dict[str, Any]]:
    """Every event that counts for the record, in the order in which they were recorded."""
    known = installation.retention.known.of(connection, [record])[record.id]
    supplied = [*known.own, *(fact for one in known.linked for fact in one.supplied)]
    supplied += [fact for series in known.series for fact in known.by_series.get(series, ())]
    return documents_of(installation, connection, sorted(set(supplied), key=lambda one: one.position))
