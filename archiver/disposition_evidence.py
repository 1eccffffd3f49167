"""Whether the rows of a batch are what the ledger says that persons did: asked before anything rests on them.

Rule: the list and the acts stand in rows, which somebody with the database's key could write; the leaves, which are
anchored, stand for them. Where they differ nothing is approved, executed or certified.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from retention.disposition_reading import listed, read_acts, read_grounds
from retention.disposition_types import KINDS, ActKind, BatchAction
from retention.dispositions import list_digest
from retention.transfers import answers_digest, contents_digest, sent_of
from storage.errors import Corrupt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from archiver.wiring import Installation
    from retention.disposition_types import DispositionBatch
    from storage.ledger import Ledger


def refuse_altered(installation: Installation, connection: Connection, batch: DispositionBatch) -> None:
    """Compare a batch with its leaves.

    Raises:
        Corrupt: its list, its day, who acted, or what went out and was answered is not what the ledger says.
    """
    if not is_as_said(installation.archive.ledger, connection, batch):
        raise Corrupt(f"batch {batch.id} is not what the ledger says of it; run: archiver verify --all")


def is_as_said(ledger: Ledger, connection: Connection, batch: DispositionBatch) -> bool:
    """Whether the rows of a batch are what its leaves say."""
    said = ledger.payload(connection, batch.position) or {}
    members = ((one.record_id, one.ground) for one in listed(connection, batch.id))
    digest = list_digest(members, read_grounds(connection, batch.id))
    same = said.get("list_sha256") == batch.list_sha256 == digest
    rows = (batch.action.value, batch.today.isoformat(), batch.forecast)
    same = same and (said.get("action"), said.get("today"), said.get("forecast")) == rows
    for one in read_acts(connection, batch.id):
        event = ledger.event_at(connection, one.position).event
        same = same and (event.kind, event.actor, event.subjects) == (KINDS[one.kind], one.signatory.actor, (batch.id,))
    if batch.action is BatchAction.TRANSFER:
        same = same and _is_as_sent(ledger, connection, batch.id)
    return same


def _is_as_sent(ledger: Ledger, connection: Connection, batch_id: str) -> bool:
    """Whether the rows of a transfer are those of its last package and of its answer, which was about that package."""
    said: dict[ActKind, Mapping[str, Any]] = {
        one.kind: ledger.payload(connection, one.position) or {} for one in read_acts(connection, batch_id)
    }
    package, answer = said.get(ActKind.PACKAGE), said.get(ActKind.ANSWER)
    rows = sent_of(connection, batch_id).values()
    packed = [(one.record_id, one.contents) for one in rows if one.contents]
    if {one.manifest_sha256 for one in rows if one.contents} - {(package or {}).get("manifest_sha256")}:
        return False
    if package is not None and package.get("contents_sha256") != contents_digest(packed):
        return False
    answered = [(one.record_id, one.answer) for one in rows if one.answer is not None]
    if answer is None:
        return not answered
    about = answer.get("manifest_sha256")
    if about is not None and about != (package or {}).get("manifest_sha256"):
        return False
    return answer.get("answers_sha256") == answers_digest(answered)
