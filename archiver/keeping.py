"""What a review decides: records that are kept beyond their period, and records that an officer has to review.

Rules:

- A record that officers keep leaves its batch and is not proposed again while it is in the same series, until somebody
  says so (`reopen`). Why stands in the leaf of each record, and goes with the record.
- A rule that ends in a review destroys nothing: the record is listed until an officer puts it into another series or
  decides to keep it in this one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, select

from archiver.access import Act, authorize, permits
from archiver.disposing import choosing, document_of, in_state, said_text
from archiver.signatories import signatory
from retention.disposition_choosing import Wanted
from retention.disposition_families import chunks
from retention.disposition_reading import read_grounds
from retention.disposition_types import OPEN
from retention.dispositions import drop
from retention.tables import disposition_records
from retention.transfers import keep, list_kept, reopen
from storage.catalogue import record_of
from storage.errors import Conflict, InvalidInput, NotFound
from storage.events import EventKind
from storage.records import RecordState
from storage.tables import records

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from archiver.access import Principal
    from archiver.wiring import Installation
    from storage.records import Record

MOST_AT_ONCE: Final = 1_000
KEPT: Final = "an officer decided to keep it"


def keep_in_batch(
    installation: Installation, who: Principal, batch_id: str, record_ids: Sequence[str], *, reason: str
) -> dict[str, Any]:
    """Keep records of an open batch, as its review or an office decided; they leave it. Then as `disposition show`.

    Raises:
        NotFound: there is no such batch.
        Conflict: it is withdrawn or executed.
        InvalidInput: no reason, no record, too many, or one that is not on its list.
        Denied: this role may not; it is an act of a person.
    """
    ids, said = _asked(who, record_ids, reason)
    with installation.archive.store.write() as transaction:
        connection = transaction.connection
        in_state(connection, batch_id, *OPEN)
        signatory(installation, connection, who)
        grounds = read_grounds(connection, batch_id)
        of = disposition_records.c
        numbers: dict[str, int] = {}
        for chunk in chunks(ids):
            chosen = (of.disposition_id == batch_id, of.record_id.in_(chunk), of.dropped.is_(None))
            numbers |= {
                row.record_id: row.ground for row in connection.execute(select(disposition_records).where(*chosen))
            }
        there = {one.id for one in _records(connection, ids) if one.state is RecordState.ACTIVE}
        for record_id in ids:
            if record_id not in numbers or record_id not in there:
                raise InvalidInput(f"{record_id[:64]!r} is not on the list of batch {batch_id}, or has left it")
        drop(transaction, batch_id, dict.fromkeys(ids, KEPT), actor=who.actor)
        for record_id in ids:
            series_id = grounds[numbers[record_id]].series_id
            keep(transaction, record_id, series_id, batch_id, actor=who.actor, reason=said)
    return document_of(installation, batch_id)


def keep_records(
    installation: Installation, who: Principal, record_ids: Sequence[str], *, reason: str
) -> dict[str, Any]:
    """Keep records in the series by which they are judged now, though their period is over.

    Raises:
        NotFound: there is no such active record.
        Conflict: no rule decides about one of them, so there is nothing to keep it from.
        InvalidInput: no reason, no record, or too many.
        Denied: this role may not; it is an act of a person.
    """
    ids, said = _asked(who, record_ids, reason)
    today = installation.retention.today()
    with installation.archive.store.read() as connection:
        found = _active(connection, ids)
        decisions = installation.retention.decide_all(connection, found, today)
        series = {one.id: decision.basis for one, decision in zip(found, decisions, strict=True)}
    with installation.archive.store.write() as transaction:
        signatory(installation, transaction.connection, who)
        _active(transaction.connection, ids)
        for record_id in ids:
            basis = series[record_id]
            if basis is None:
                raise Conflict(f"no rule decides about record {record_id}, so it is kept anyway", record=record_id)
            keep(transaction, record_id, basis.series_id, None, actor=who.actor, reason=said)
    return {"kept": list(ids)}


def reopen_records(
    installation: Installation, who: Principal, record_ids: Sequence[str], *, reason: str
) -> dict[str, Any]:
    """Say that records need not be kept any longer: their schedule decides again.

    Raises:
        NotFound: there is no such active record.
        Conflict: one of them is not kept by anybody's decision.
        InvalidInput: no reason, no record, or too many.
        Denied: this role may not; it is an act of a person.
    """
    ids, said = _asked(who, record_ids, reason)
    with installation.archive.store.write() as transaction:
        signatory(installation, transaction.connection, who)
        _active(transaction.connection, ids)
        for record_id in ids:
            if not reopen(transaction, record_id, actor=who.actor, reason=said):
                raise Conflict(f"nobody decided to keep record {record_id}", record=record_id)
    return {"reopened": list(ids)}


def kept_records(installation: Installation, who: Principal) -> list[dict[str, Any]]:
    """The records that officers keep, with who decided it, when and why. Looking at them is an event.

    Why speaks of a record, and is told to who may read records.

    Raises:
        Denied: this role may not.
    """
    authorize(who, Act.SEE_DISPOSITIONS)
    ledger, may_read = installation.archive.ledger, permits(who, Act.READ_RECORD)
    with installation.archive.store.read() as connection:
        found = [
            {
                "id": one.record_id,
                "series": one.series_id,
                "batch": one.batch_id,
                "at": event.at.isoformat(),
                "by": event.actor,
                "reason": (ledger.payload(connection, one.position) or {}).get("reason") if may_read else None,
                "position": one.position,
            }
            for one in list_kept(connection)
            for event in (ledger.event_at(connection, one.position).event,)
        ]
    with installation.archive.store.write() as transaction:
        transaction.append(EventKind.DISPOSITIONS_VIEWED, actor=who.actor, payload={"kept": len(found)})
    return found


def reviews(installation: Installation, who: Principal, day: date, *, series_id: str | None) -> list[dict[str, Any]]:
    """The records that an officer has to review by their schedule on a day. Looking at them is an event.

    Raises:
        Denied: this role may not.
    """
    authorize(who, Act.SEE_DISPOSITIONS)
    installation.judging().catch_up()
    installation.retention.assign_pending(actor=who.actor)
    found = [
        {
            "id": record_id,
            "series": ground.series_id,
            "since": ground.eligible_on.isoformat(),
            "citation": ground.citation,
            "reasons": list(ground.reasons),
        }
        for record_id, ground in choosing(installation).reviews(day, Wanted(series_id=series_id))
    ]
    with installation.archive.store.write() as transaction:
        transaction.append(EventKind.DISPOSITIONS_VIEWED, actor=who.actor, payload={"reviews": len(found)})
    return found


def _asked(who: Principal, record_ids: Sequence[str], reason: str) -> tuple[tuple[str, ...], str]:
    authorize(who, Act.PROPOSE_DISPOSITION)
    ids = tuple(dict.fromkeys(record_ids))
    if not 0 < len(ids) <= MOST_AT_ONCE:
        raise InvalidInput(f"name 1 to {MOST_AT_ONCE:,} records")
    return ids, said_text(reason, "--reason says why")


def _records(connection: Connection, ids: Sequence[str]) -> list[Record]:
    found: list[Record] = []
    for chunk in chunks(ids):
        found += [record_of(row) for row in connection.execute(select(records).where(records.c.id.in_(chunk)))]
    return found


def _active(connection: Connection, ids: Sequence[str]) -> list[Record]:
    found = [one for one in _records(connection, ids) if one.state is RecordState.ACTIVE]
    missing = set(ids) - {one.id for one in found}
    if missing:
        raise NotFound(f"there is no active record {min(missing)[:64]!r}")
    return found
