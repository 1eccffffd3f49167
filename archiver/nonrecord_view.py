"""What somebody says is no record, as people and programs see it.

Rule: ids, dates, the reason of the list, and what became of it. What was written with a claim, or why it was refused,
speaks of a record: it is told to who may read records, as long as its leaf has it, and goes with the records. An
employee is told who he is and that others decided, not who they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from archiver.access import Act, permits
from retention.nonrecord_reasons import SENTENCES
from retention.nonrecords import ClaimState
from storage.destructions import BatchState, read_batch
from storage.records import RecordState
from storage.tables import records, submissions

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.wiring import Installation
    from retention.nonrecords import Claim, DoneAct


def claim_document(installation: Installation, connection: Connection, claim: Claim, who: Principal) -> dict[str, Any]:
    """The document of `nonrecord show`, as this principal may see it."""
    ledger = installation.archive.ledger
    may_read = permits(who, Act.READ_RECORD)
    asked = (ledger.payload(connection, claim.position) or {}) if may_read else {}
    refusal = None
    if may_read and claim.ended is not None and claim.state is ClaimState.REFUSED:
        refusal = (ledger.payload(connection, claim.ended.position) or {}).get("reason")
    state_of = _states(connection, claim)
    batch = None if claim.destruction_id is None else read_batch(connection, claim.destruction_id)
    return {
        "id": claim.id,
        "state": claim.state.value,
        "reason": claim.reason.value,
        "reason_text": SENTENCES[claim.reason],
        "note": asked.get("note"),
        "asked_at": claim.asked_at.isoformat(),
        "asked_by": _by(claim.asked, who),
        "position": claim.position,
        "records": [
            {"id": record_id, "state": state_of.get(record_id), "size": size} for record_id, size in claim.sizes.items()
        ],
        "acts": [
            {"act": one.act.value, "by": _by(one, who), "at": one.at.isoformat(), "position": one.position}
            for one in claim.acts
        ],
        "refusal": refusal,
        "destruction": claim.destruction_id,
        "confirmed": batch is not None and batch.state is BatchState.CONFIRMED,
        "confirmed_at": None if batch is None or batch.confirmed_at is None else batch.confirmed_at.isoformat(),
    }


def _states(connection: Connection, claim: Claim) -> dict[str, str]:
    states = select(records.c.id, records.c.state).where(records.c.id.in_(claim.record_ids))
    found = {row.id: row.state for row in connection.execute(states)}
    lying = select(submissions.c.id, submissions.c.outcome, submissions.c.sealed_envelope)
    for row in connection.execute(lying.where(submissions.c.id.in_(claim.record_ids))):
        found[row.id] = (row.outcome or "waiting") if row.sealed_envelope else RecordState.RELEASED.value
    return found


def _by(one: DoneAct, who: Principal) -> str | None:
    hidden = who.sees_only is not None and one.signatory.actor != who.actor
    return None if hidden else one.signatory.actor


def outcome_of(document: dict[str, Any]) -> str:
    """What became of a claim, as a sentence for people."""
    if document["state"] == ClaimState.AGREED.value:
        if document["confirmed"]:
            return f"released as not a record; absence was confirmed {document['confirmed_at']}"
        return (
            "released as not a record; nobody can open it any more, and the daily roll of the keys confirms its absence"
        )
    if document["state"] == ClaimState.REFUSED.value:
        return f"refused: {document['refusal'] or 'the reason went with the records'}"
    if document["state"] == ClaimState.WITHDRAWN.value:
        return "withdrawn"
    return "open: another person has to agree"


def claim_text(document: dict[str, Any]) -> str:
    """The document for people, on a terminal."""
    lines = [
        f"{document['id']}  {document['state']}",
        f"Reason   {document['reason']}: {document['reason_text']}",
        f"Asked    {document['asked_at']}{_person(document['asked_by'])}",
        f"Outcome  {outcome_of(document)}",
    ]
    if document["note"]:
        lines.append(f"Note     {document['note']}")
    if document["destruction"]:
        lines.append(f"Batch    {document['destruction']}")
    lines += [f"{one['id']}  {one['state']}  {one['size']:,} bytes" for one in document["records"]]
    return "\n".join(lines)


def _person(actor: str | None) -> str:
    return "" if actor is None else f" by {actor}"
