"""What a fixity check reads of a page of submissions: few queries, whatever hangs on each row.

Rule: rows are read as they are; whatever is missing stays absent, since its absence is what the check looks for.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from storage.events import EventKind
from storage.records import RecordState
from storage.tables import (
    components,
    descriptions,
    destructions,
    ledger_leaves,
    ledger_payloads,
    ledger_subjects,
    objects,
    records,
    submissions,
    wrapped_keys,
)
from storage.vault import WrappedKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection


@dataclass(slots=True)
class Bundle:
    """A submission's row with everything that is checked along with it, read in one go."""

    row: Any
    made: list[Any] = field(default_factory=list)
    parts: dict[str, list[Any]] = field(default_factory=dict)
    wrapped: dict[str, WrappedKey] = field(default_factory=dict)
    placed: dict[str, Any] = field(default_factory=dict)
    witnessed: frozenset[str] = frozenset()
    destroyed: bool = False
    unheard: bool = False

    @property
    def name(self) -> str:
        """The record that the submission became, or the submission itself."""
        return self.record or str(self.row.id)

    @property
    def record(self) -> str | None:
        """The record, where there is one."""
        return str(self.made[0].id) if self.made else None


def read_bundles(connection: Connection, after: str, limit: int, chosen: Sequence[str] | None) -> list[Bundle]:
    """The next `limit` submissions behind an id, of all or of those chosen (sorted), with what goes with them."""
    joined = submissions.outerjoin(objects, objects.c.blob_id == submissions.c.blob_id).join(
        ledger_leaves, ledger_leaves.c.position == submissions.c.position, isouter=True
    )
    query = (
        select(
            submissions.c.id,
            submissions.c.blob_id,
            submissions.c.size,
            submissions.c.sealed_envelope,
            objects.c.holder,
            objects.c.object_id,
            objects.c.kind,
            objects.c.sealed_size,
            objects.c.plain_size,
            ledger_leaves.c.leaf,
        )
        .select_from(joined)
        .order_by(submissions.c.id)
    )
    if chosen is None:
        query = query.where(submissions.c.id > after).limit(limit)
    else:
        query = query.where(submissions.c.id.in_(next_chosen(chosen, after, limit)))
    bundles = {row.id: Bundle(row) for row in connection.execute(query)}
    if bundles:
        _read_records(connection, bundles)
    return list(bundles.values())


def next_chosen(chosen: Sequence[str], after: str, limit: int) -> Sequence[str]:
    """The next `limit` of sorted ids behind one."""
    start = bisect_right(chosen, after)
    return chosen[start : start + limit]


def _read_records(connection: Connection, bundles: dict[str, Bundle]) -> None:
    about = (
        select(records, descriptions.c.sealed_description, ledger_leaves.c.leaf)
        .join(descriptions, descriptions.c.record_id == records.c.id, isouter=True)
        .join(ledger_leaves, ledger_leaves.c.position == records.c.position, isouter=True)
        .where(records.c.submission_id.in_(list(bundles)))
        .order_by(records.c.id)
    )
    by_record: dict[str, Bundle] = {}
    holders: dict[str, Bundle] = dict(bundles)
    for row in connection.execute(about):
        bundle = bundles[row.submission_id]
        bundle.made.append(row)
        by_record[row.id] = holders[row.holder] = bundle
    parts = select(components, objects).join(objects, isouter=True).where(components.c.record_id.in_(by_record))
    for row in connection.execute(parts):
        by_record[row.record_id].parts.setdefault(row.record_id, []).append(row)
    for row in connection.execute(select(wrapped_keys).where(wrapped_keys.c.holder.in_(holders))):
        holders[row.holder].wrapped[row.holder] = WrappedKey(row.holder, row.epoch, row.wrapped)
    gone = select(destructions.c.submission_id).where(destructions.c.submission_id.in_(bundles))
    for submission_id in connection.execute(gone).scalars():
        bundles[submission_id].destroyed = True


def read_events(connection: Connection, by_record: dict[str, Bundle]) -> None:
    """For the records of a page: the newest assignment to a series, and whether a leaf says destroyed."""
    about = ledger_subjects.join(ledger_leaves, ledger_leaves.c.position == ledger_subjects.c.position)
    mine = ledger_subjects.c.subject.in_(by_record)
    newest = (
        select(ledger_subjects.c.subject, func.max(ledger_subjects.c.position).label("position"))
        .select_from(about)
        .where(mine, ledger_leaves.c.kind == EventKind.RECORD_ASSIGNED.value)
        .group_by(ledger_subjects.c.subject)
        .subquery()
    )
    payloads = newest.outerjoin(ledger_payloads, ledger_payloads.c.position == newest.c.position).outerjoin(
        wrapped_keys, wrapped_keys.c.holder == ledger_payloads.c.event_id
    )
    query = select(newest.c.subject, ledger_payloads, wrapped_keys.c.epoch, wrapped_keys.c.wrapped)
    for row in connection.execute(query.select_from(payloads)):
        by_record[row.subject].placed[row.subject] = row
    destroyed = [row.id for one in by_record.values() for row in one.made if row.state != RecordState.ACTIVE.value]
    if destroyed:
        kind = ledger_leaves.c.kind == EventKind.RECORD_DESTROYED.value
        said = select(ledger_subjects.c.subject).select_from(about).where(mine, kind)
        for record_id in connection.execute(said).scalars():
            by_record[record_id].witnessed |= {record_id}
