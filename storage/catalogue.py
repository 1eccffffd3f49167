"""The catalogue of records: added once, opened for readers, paged through for clocks and checks.

Rule: what was captured has no update. A record's series and state change, by acts that leave a leaf; what it
says is sealed and stays as it was read.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, insert, select, update

from storage.description_codec import decode, encode
from storage.errors import NotFound
from storage.events import EventKind, digest_of_facts
from storage.many_rows import ManyRows
from storage.records import Channel, Component, DescribedRecord, Description, Grade, Record, RecordKind, RecordState
from storage.sealing import SealKind
from storage.tables import components, descriptions, ledger_leaves, records
from storage.transaction import PreparedEvent, Transaction, prepare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.custodians import Custodians
    from storage.events import Event
    from storage.transaction import Store
    from storage.vault import HolderKey

_COMING_AND_GOING = (EventKind.RECORD_ARCHIVED, EventKind.RECORD_DESTROYED)
_RECORDS = ManyRows(insert(records), *records.c.keys())
_DESCRIPTIONS = ManyRows(insert(descriptions), *descriptions.c.keys())
_COMPONENTS = ManyRows(insert(components), *components.c.keys())


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedRecord:
    """A record sealed and ready to be added. `stored` are its components that are objects of their own."""

    record: Record
    holder: str
    sealed_description: bytes
    stored: tuple[tuple[Component, str], ...]
    event: PreparedEvent


class Catalogue:
    """The records of one archive."""

    def __init__(self, store: Store, custodians: Custodians) -> None:
        self._store = store
        self._custodians = custodians
        self._active: tuple[tuple[int | None, ...], int] | None = None

    def prepare(
        self,
        record: Record,
        description: Description,
        *,
        key: HolderKey,
        stored: Sequence[tuple[Component, str]],
        epoch: int,
        actor: str,
    ) -> PreparedRecord:
        """Seal a description under the holder's key.

        Args:
            record: its facts; the position is given when it is added.
            description: what was read, its stored components included.
            key: the record's own key, or that of the submission that lends it.
            stored: components that are objects of their own, with their blob ids.
            epoch: the current epoch.
            actor: who examined.
        """
        sealed = self._store.vault.seal(key, SealKind.DESCRIPTION, record.id, encode(description))
        blobs = (hashlib.sha256(sealed).hexdigest(), *(blob_id for _, blob_id in stored))
        subjects = [record.id, record.submission_id]
        if record.series_id is not None:
            subjects.append(f"series:{record.series_id}")
        event = prepare(
            self._store.vault,
            epoch,
            EventKind.RECORD_ARCHIVED,
            self._store.clock(),
            actor,
            subjects,
            blobs=blobs,
            facts=facts_digest(record),
        )
        return PreparedRecord(
            record=record, holder=key.holder, sealed_description=sealed, stored=tuple(stored), event=event
        )

    def add(self, transaction: Transaction, prepared: Sequence[PreparedRecord]) -> list[int]:
        """Write the rows and leaves of prepared records, in order.

        Returns:
            Their positions in the ledger.
        """
        positions = [transaction.append_prepared(one.event) for one in prepared]
        connection = transaction.connection
        _RECORDS.execute(connection, [_row_of(one, at) for one, at in zip(prepared, positions, strict=True)])
        _DESCRIPTIONS.execute(connection, [(one.record.id, one.sealed_description) for one in prepared])
        stored = [
            (component.id, one.record.id, component.role.value, blob_id)
            for one in prepared
            for component, blob_id in one.stored
        ]
        _COMPONENTS.execute(connection, stored)
        return positions

    def get(self, connection: Connection, record_id: str) -> Record:
        """The facts of one record.

        Raises:
            NotFound: there is none with this id.
        """
        row = connection.execute(select(records).where(records.c.id == record_id)).first()
        if row is None:
            raise NotFound(f"there is no record {record_id}; find its id with: archiver search", record=record_id)
        return record_of(row)

    def describe(self, connection: Connection, ids: Sequence[str]) -> list[DescribedRecord]:
        """These records, opened, in the order asked; unknown and destroyed ones are absent.

        Raises:
            Corrupt: a description is not what was sealed.
        """
        found: dict[str, DescribedRecord] = {}
        for start in range(0, len(ids), 500):
            query = select(records, descriptions.c.sealed_description).join(descriptions)
            rows = connection.execute(query.where(records.c.id.in_(ids[start : start + 500]))).all()
            keys = self._store.holder_keys(connection, [row.holder for row in rows])
            owners = self._custodians.open(connection, [row.custodian_id for row in rows])
            for row in rows:
                key = keys.get(row.holder)
                if key is None:
                    continue
                plain = self._store.vault.unseal(key, SealKind.DESCRIPTION, row.id, row.sealed_description)
                found[row.id] = DescribedRecord(
                    record=record_of(row), description=decode(plain), custodian=owners[row.custodian_id]
                )
        return [found[one] for one in ids if one in found]

    def page_records(self, connection: Connection, after: str | None, limit: int) -> list[Record]:
        """Records in order of their id, those after `after`, at most `limit`."""
        query = select(records).order_by(records.c.id).limit(limit)
        if after is not None:
            query = query.where(records.c.id > after)
        return [record_of(row) for row in connection.execute(query)]

    def of_submission(self, connection: Connection, submission_id: str) -> list[Record]:
        """The records that examination made of a submission."""
        query = select(records).where(records.c.submission_id == submission_id).order_by(records.c.id)
        return [record_of(row) for row in connection.execute(query)]

    def of_submissions(self, connection: Connection, ids: Sequence[str]) -> dict[str, list[str]]:
        """The ids of the records that were made of these submissions."""
        made: dict[str, list[str]] = {}
        query = select(records.c.submission_id, records.c.id).order_by(records.c.id)
        for row in connection.execute(query.where(records.c.submission_id.in_(ids))):
            made.setdefault(row.submission_id, []).append(row.id)
        return made

    def count(self, connection: Connection, state: RecordState | None = None) -> int:
        """How many records there are (in a state)."""
        query = select(func.count()).select_from(records)
        if state is not None:
            query = query.where(records.c.state == state.value)
        counted: int = connection.execute(query).scalar_one()
        return counted

    def count_active(self, connection: Connection) -> int:
        """How many records are active, in a read transaction; counted anew only where one came or went since.

        Every record that comes or goes has a leaf of its own, written in the same transaction.
        """
        leaves = ledger_leaves.c
        newest = [select(func.max(leaves.position)).where(leaves.kind == kind.value) for kind in _COMING_AND_GOING]
        moment = tuple(connection.execute(one).scalar() for one in newest)
        known = self._active
        if known is None or known[0] != moment:
            self._active = known = (moment, self.count(connection, RecordState.ACTIVE))
        return known[1]

    def stored_components(self, connection: Connection, record_id: str) -> dict[str, str]:
        """Blob ids of the record's components that are objects of their own, by component id."""
        query = select(components.c.id, components.c.blob_id).where(components.c.record_id == record_id)
        return {row.id: row.blob_id for row in connection.execute(query)}

    def assign_series(self, transaction: Transaction, record_id: str, series_id: str, *, actor: str, why: str) -> None:
        """Put a record into a series; an act with a leaf, its reason in the payload."""
        change = update(records).where(records.c.id == record_id).values(series_id=series_id)
        transaction.connection.execute(change)
        payload = {"series": series_id, "why": why}
        transaction.append(EventKind.RECORD_ASSIGNED, actor=actor, subjects=(record_id,), payload=payload)


def captured_facts(record: Record) -> dict[str, str | None]:
    """The captured facts of a record, those that have no update, as the digest in its leaf is taken over."""
    sent_at = None if record.sent_at is None else record.sent_at.astimezone(UTC).isoformat(timespec="microseconds")
    return {
        "id": record.id,
        "kind": record.kind.value,
        "submission": record.submission_id,
        "custodian": record.custodian_id,
        "channel": record.channel.value,
        "captured_at": record.captured_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "sent_at": sent_at,
        "grade": record.grade.value,
    }


def facts_digest(record: Record) -> str:
    """SHA-256 over the captured facts of a record, as the ledger leaf names them.

    Ids are random and times are not content, so the digest needs no salt. Series and state change later, by
    events of their own.
    """
    return digest_of_facts(captured_facts(record))


def has_facts_of(row: Any, event: Event) -> bool:
    """Whether a row of `records` has the facts that the leaf of its archiving names."""
    try:
        return facts_digest(record_of(row)) == event.facts
    except ValueError:
        return False


def _row_of(prepared: PreparedRecord, position: int) -> tuple[Any, ...]:
    """The row of a record, in the order of the columns of `records`."""
    one = prepared.record
    return (
        one.id,
        one.kind.value,
        one.submission_id,
        one.custodian_id,
        one.channel.value,
        one.captured_at,
        one.sent_at,
        one.series_id,
        one.state.value,
        one.grade.value,
        position,
        prepared.holder,
    )


def record_of(row: Any) -> Record:
    """A row of `records` as a record."""
    return Record(
        id=row.id,
        kind=RecordKind(row.kind),
        submission_id=row.submission_id,
        custodian_id=row.custodian_id,
        channel=Channel(row.channel),
        captured_at=row.captured_at,
        sent_at=row.sent_at,
        series_id=row.series_id,
        state=RecordState(row.state),
        grade=Grade(row.grade),
        position=row.position,
    )
