"""A batch of records for destruction as people and programs see it.

Rule: every record of the list is told with its decision and with what became of it; ids, dates, counts and what the
schedule says, never content.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from retention.disposition_reading import approvers, listed, read_acts, read_grounds, steps_done, tally
from retention.disposition_types import ActKind, BatchAction, State
from storage.destructions import BatchState, read_batch

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from archiver.wiring import Installation
    from retention.disposition_reading import Listed
    from retention.disposition_types import DispositionBatch, Ground, PersonalAct, Requirement
    from retention.schedule import Schedule

FORECAST = "a forecast: proposed for a day that was still to come"


def destructions_of(
    installation: Installation, connection: Connection, destruction_ids: Iterable[str], batch_id: str
) -> set[str]:
    """Those of the destructions that this batch led to, told by the payloads of their decisions."""
    ledger = installation.archive.ledger
    mine = set()
    for destruction_id in destruction_ids:
        said = ledger.payload(connection, read_batch(connection, destruction_id).position) or {}
        if said.get("disposition") == batch_id:
            mine.add(destruction_id)
    return mine


def fate_of(one: Listed, mine: set[str]) -> str:
    """What became of a record of a list; `destroyed` also where it was removed after a transfer."""
    if one.dropped is not None or (one.destruction_id is not None and one.destruction_id not in mine):
        return "dropped"
    return "chosen" if one.destruction_id is None else "destroyed"


def batch_document(
    installation: Installation, connection: Connection, batch: DispositionBatch, *, with_list: bool
) -> dict[str, Any]:
    """The document of `disposition show`, or with less the row of `disposition list`."""
    numbers = tally(connection, batch.id)
    mine = destructions_of(installation, connection, numbers.gone, batch.id)
    gone = sum(numbers.gone[one] for one in mine)
    dropped = numbers.dropped + sum(numbers.gone.values()) - gone
    acts = read_acts(connection, batch.id)
    grounds = read_grounds(connection, batch.id)
    ended = [read_batch(connection, one) for one in sorted(mine)]
    transferred = batch.action is BatchAction.TRANSFER
    loaded = {one.id: one.schedule for one in installation.library.all()}
    told = {number: _decision(ground, loaded) for number, ground in grounds.items()}
    row = {
        "id": batch.id,
        "state": batch.state.value,
        "action": batch.action.value,
        "today": batch.today.isoformat(),
        "forecast": batch.forecast,
        "series": batch.series_id,
        "proposed_at": batch.proposed_at.isoformat(),
        "proposed_by": acts[0].signatory.actor,
        "records": numbers.records,
        "bytes": numbers.size,
        "chosen": numbers.records - gone - dropped,
        "dropped": dropped,
        "destroyed": 0 if transferred else gone,
        "transferred": gone if transferred else 0,
        "confirmed": bool(ended) and all(one.state is BatchState.CONFIRMED for one in ended),
        "approvals": {
            "needed": installation.settings.retention.approvals,
            "given": [_of_act(one) for one in approvers(acts)],
        },
        "steps": _steps(grounds.values(), acts, installation, connection),
        "computation": [{"number": number, **one} for number, one in told.items()],
        "begun": next((_of_act(one) for one in acts if one.kind is ActKind.BEGIN), None),
        "package": _said(installation, connection, acts, ActKind.PACKAGE),
        "answer": _said(installation, connection, acts, ActKind.ANSWER),
    }
    if not with_list:
        return row
    return {
        **row,
        "test_archive": installation.archive.test_clock,
        "position": batch.position,
        "list_sha256": batch.list_sha256,
        "acts": [{"act": one.kind.value, **_of_act(one)} for one in acts],
        "destructions": [{"id": one.id, "state": one.state.value, "position": one.position} for one in ended],
        "decisions": [
            {
                "id": one.record_id,
                "fate": _fate_in_words(one, mine, transferred=transferred),
                "reason": one.dropped,
                "size": one.size,
                **told[one.ground],
            }
            for one in listed(connection, batch.id)
        ],
    }


def _fate_in_words(one: Listed, mine: set[str], *, transferred: bool) -> str:
    fate = fate_of(one, mine)
    return "transferred" if transferred and fate == "destroyed" else fate


def _said(
    installation: Installation, connection: Connection, acts: Sequence[PersonalAct], kind: ActKind
) -> dict[str, Any] | None:
    """The last act of a kind with what its leaf says; None where there is none."""
    last = next((one for one in reversed(acts) if one.kind is kind), None)
    if last is None:
        return None
    return {**(installation.archive.ledger.payload(connection, last.position) or {}), **_of_act(last)}


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
        f"{document['id']}  {document['state']}  {listed_text(document)}, {document['bytes']:,} bytes",
        f"for {document['today']}{', ' + FORECAST if document['forecast'] else ''}",
        f"proposed by {document['proposed_by']} on {document['proposed_at'][:10]}; {given} of {needed} approvals",
    ]
    for one in document["steps"]:
        done = "NOT RECORDED" if one["done_on"] is None else f"{one['done_on']}  {one['reference']}"
        wait = f", then wait {one['wait_days']} days" if one["wait_days"] else ""
        lines.append(f"step {one['number']}: {one['step']}{wait}: {done}")
    lines += _transfer_lines(document)
    gone = (
        f"{document['transferred']:,} transferred"
        if document["transferred"]
        else f"{document['destroyed']:,} destroyed"
    )
    lines.append(f"{gone}, {document['dropped']:,} dropped, {document['chosen']:,} as they were")
    if document["begun"] is not None and document["state"] == State.APPROVED.value:
        lines.append(f"{document['begun']['by']} began to execute it; the service goes on with it")
    if document["state"] == State.EXECUTED.value and (document["destroyed"] or document["transferred"]):
        lines.append(
            f"absence is confirmed; archiver disposition certificate {document['id']} --to FOLDER"
            if document["confirmed"]
            else "absence is confirmed at the next daily roll of the keys, or by: disposition execute --at-once"
        )
    return "\n".join(lines)


def listed_text(document: Mapping[str, Any]) -> str:
    """How many of what a batch lists."""
    copies = document["action"] == BatchAction.DESTROY_COPIES.value
    return f"{document['records']:,} {'transport copies' if copies else 'records'}"


def _transfer_lines(document: Mapping[str, Any]) -> list[str]:
    """How far a transfer is, for people."""
    if document["action"] != BatchAction.TRANSFER.value:
        return []
    package, answer = document["package"], document["answer"]
    lines = ["to be transferred"]
    if package is not None:
        lines = [f"package of {package['records']:,} records, manifest {package['manifest_sha256']}"]
    if answer is not None:
        counted = f"{answer['accepted']:,} accepted, {answer['declined']:,} declined"
        lines.append(f"answered on {answer['at'][:10]}: {counted}; {answer['reference']}")
    return lines
