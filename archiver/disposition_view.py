"""A batch of records for destruction as people and programs see it.

Rule: every record of the list is told with its decision and with what became of it; ids, dates, counts and what the
schedule says, never content.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from retention.disposition_reading import Listed, approvers, listed, read_acts, read_grounds, steps_done
from retention.dispositions import ActKind, State
from storage.destructions import BatchState, read_batch

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from archiver.wiring import Installation
    from retention.disposition_steps import Requirement
    from retention.dispositions import DispositionBatch, Ground, PersonalAct
    from retention.schedule import Schedule

FORECAST = "a forecast: proposed for a day that was still to come"


def destructions_of(
    installation: Installation, connection: Connection, of: Iterable[Listed], batch_id: str
) -> set[str]:
    """The ids of the destructions that this batch led to, told by the payloads of their decisions."""
    ledger = installation.archive.ledger
    mine = set()
    for destruction_id in {one.destruction_id for one in of if one.destruction_id is not None}:
        said = ledger.payload(connection, read_batch(connection, destruction_id).position) or {}
        if said.get("disposition") == batch_id:
            mine.add(destruction_id)
    return mine


def fate_of(one: Listed, mine: set[str]) -> str:
    """What became of a record of a list."""
    if one.dropped is not None or (one.destruction_id is not None and one.destruction_id not in mine):
        return "dropped"
    return "chosen" if one.destruction_id is None else "destroyed"


def batch_document(
    installation: Installation, connection: Connection, batch: DispositionBatch, *, with_list: bool
) -> dict[str, Any]:
    """The document of `disposition show`, or with less the row of `disposition list`."""
    members = list(listed(connection, batch.id))
    mine = destructions_of(installation, connection, members, batch.id)
    fates = Counter(fate_of(one, mine) for one in members)
    acts = read_acts(connection, batch.id)
    grounds = read_grounds(connection, batch.id)
    loaded = {one.id: one.schedule for one in installation.library.all()}
    destroyed = [read_batch(connection, one) for one in sorted(mine)]
    row = {
        "id": batch.id,
        "state": batch.state.value,
        "action": batch.action.value,
        "today": batch.today.isoformat(),
        "forecast": batch.forecast,
        "series": batch.series_id,
        "proposed_at": batch.proposed_at.isoformat(),
        "proposed_by": acts[0].signatory.actor,
        "records": len(members),
        "bytes": sum(one.size for one in members),
        "chosen": fates["chosen"],
        "dropped": fates["dropped"],
        "destroyed": fates["destroyed"],
        "confirmed": bool(destroyed) and all(one.state is BatchState.CONFIRMED for one in destroyed),
        "approvals": {
            "needed": installation.settings.retention.approvals,
            "given": [_of_act(one) for one in approvers(acts)],
        },
        "steps": _steps(grounds.values(), acts, installation, connection),
    }
    if not with_list:
        return row
    return {
        **row,
        "test_archive": installation.archive.test_clock,
        "position": batch.position,
        "list_sha256": batch.list_sha256,
        "acts": [{"act": one.kind.value, **_of_act(one)} for one in acts],
        "destructions": [{"id": one.id, "state": one.state.value, "position": one.position} for one in destroyed],
        "decisions": [
            {
                "id": one.record_id,
                "fate": fate_of(one, mine),
                "reason": one.dropped,
                "size": one.size,
                **_decision(grounds[one.ground], loaded),
            }
            for one in members
        ],
    }


def _of_act(one: PersonalAct) -> dict[str, Any]:
    return {"by": one.signatory.actor, "at": one.at.isoformat(), "position": one.position}


def _decision(ground: Ground, loaded: Mapping[str, Schedule]) -> dict[str, Any]:
    schedule = loaded[ground.schedule_id]
    return {
        "series": ground.series_id,
        "citation": ground.citation,
        "schedule": schedule.name,
        "edition": schedule.edition,
        "eligible_on": ground.eligible_on.isoformat(),
        "latest_on": None if ground.latest_on is None else ground.latest_on.isoformat(),
        "action": ground.action,
        "reasons": list(ground.reasons),
    }


def wanted_steps(grounds: Iterable[Ground]) -> list[Requirement]:
    """Every step that the rules of a batch ask for, each name once, with the longest wait."""
    found: dict[str, Requirement] = {}
    for ground in grounds:
        for one in ground.requirements:
            known = found.get(one.name)
            if known is None or known.wait_days < one.wait_days:
                found[one.name] = one
    return list(found.values())


def _steps(
    grounds: Iterable[Ground], acts: Sequence[PersonalAct], installation: Installation, connection: Connection
) -> list[dict[str, Any]]:
    done: Mapping[str, Any] = steps_done(acts)
    last = {one.step: one for one in acts if one.kind is ActKind.STEP}
    found = []
    for number, one in enumerate(wanted_steps(grounds), start=1):
        act = last.get(one.name)
        said = {} if act is None else installation.archive.ledger.payload(connection, act.position) or {}
        found.append(
            {
                "number": number,
                "step": one.name,
                "wait_days": one.wait_days,
                "done_on": None if act is None else done[one.name].isoformat(),
                "reference": said.get("reference"),
                "recorded": None if act is None else _of_act(act),
            }
        )
    return found


def batch_text(document: Mapping[str, Any]) -> str:
    """A batch for people."""
    given, needed = len(document["approvals"]["given"]), document["approvals"]["needed"]
    lines = [
        f"{document['id']}  {document['state']}  {document['records']:,} records, {document['bytes']:,} bytes",
        f"for {document['today']}{', ' + FORECAST if document['forecast'] else ''}",
        f"proposed by {document['proposed_by']} on {document['proposed_at'][:10]}; {given} of {needed} approvals",
    ]
    for one in document["steps"]:
        done = "NOT RECORDED" if one["done_on"] is None else f"{one['done_on']}  {one['reference']}"
        wait = f", then wait {one['wait_days']} days" if one["wait_days"] else ""
        lines.append(f"step {one['number']}: {one['step']}{wait}: {done}")
    lines.append(
        f"{document['destroyed']:,} destroyed, {document['dropped']:,} dropped, {document['chosen']:,} as they were"
    )
    if document["state"] == State.EXECUTED.value and document["destroyed"]:
        lines.append(
            f"absence is confirmed; archiver disposition certificate {document['id']} --to FOLDER"
            if document["confirmed"]
            else "absence is confirmed at the next daily roll of the keys, or by: disposition execute --at-once"
        )
    return "\n".join(lines)
