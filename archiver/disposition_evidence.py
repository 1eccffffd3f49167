"""Whether the rows of a batch are what the ledger says that persons did: asked before anything rests on them.

Rule: the list and the acts stand in rows, which somebody with the database's key could write; the leaves, which are
anchored, stand for them. Where they differ nothing is approved, executed or certified.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from retention.disposition_reading import listed, read_acts, read_grounds
from retention.dispositions import KINDS, list_digest
from storage.errors import Corrupt

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from archiver.wiring import Installation
    from retention.dispositions import DispositionBatch


def refuse_altered(installation: Installation, connection: Connection, batch: DispositionBatch) -> None:
    """Compare a batch with its leaves.

    Raises:
        Corrupt: its list, its day, or who acted is not what the ledger says.
    """
    ledger = installation.archive.ledger
    said = ledger.payload(connection, batch.position) or {}
    members = [(one.record_id, one.ground) for one in listed(connection, batch.id)]
    digest = list_digest(members, read_grounds(connection, batch.id))
    same = said.get("list_sha256") == batch.list_sha256 == digest
    rows = (batch.action.value, batch.today.isoformat(), batch.forecast)
    same = same and (said.get("action"), said.get("today"), said.get("forecast")) == rows
    for one in read_acts(connection, batch.id):
        event = ledger.event_at(connection, one.position).event
        same = same and (event.kind, event.actor, event.subjects) == (KINDS[one.kind], one.signatory.actor, (batch.id,))
    if not same:
        raise Corrupt(f"batch {batch.id} is not what the ledger says of it; run: archiver verify --all")
