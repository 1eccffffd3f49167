"""The containers of a batch of transport copies: its frozen list, and what became of each of them.

Rule: the same values as of records, so that approval, execution and certificate ask a batch in one way; the id of a
container stands for record and submission alike, because it is a submission of which no record was made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, exists, insert, select, update

from retention.copy_tables import LONGEST_COPY_REASON, disposition_copies
from retention.disposition_types import OPEN
from retention.tables import dispositions
from storage.tables import destructions, submissions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from retention.disposition_types import Chosen

_CHUNK = 500


def write_copies(connection: Connection, batch_id: str, listed: Sequence[tuple[Chosen, int]]) -> None:
    """Write the list of a batch: containers in their order, each with the number of its ground."""
    rows = [
        {
            "disposition_id": batch_id,
            "ordinal": ordinal,
            "container_id": one.record_id,
            "ground": ground,
            "size": one.size,
        }
        for ordinal, (one, ground) in enumerate(listed, start=1)
    ]
    connection.execute(insert(disposition_copies), rows)


def copies_in_open_batches(connection: Connection, container_ids: Sequence[str]) -> set[str]:
    """Those of the containers that are in an open batch and not dropped from it."""
    found: set[str] = set()
    joined = disposition_copies.join(dispositions, dispositions.c.id == disposition_copies.c.disposition_id)
    for start in range(0, len(container_ids), _CHUNK):
        query = select(disposition_copies.c.container_id).select_from(joined)
        query = query.where(
            disposition_copies.c.container_id.in_(container_ids[start : start + _CHUNK]),
            disposition_copies.c.dropped.is_(None),
            dispositions.c.state.in_([one.value for one in OPEN]),
        )
        found.update(connection.execute(query).scalars())
    return found


def drop_copies(connection: Connection, batch_id: str, reasons: Mapping[str, str]) -> None:
    """Drop containers from the list of a batch; ids of anything else are none of it."""
    of = disposition_copies.c
    # what another program destroyed for this batch meanwhile is not dropped from it
    gone = exists().where(destructions.c.record_id == of.container_id)
    for container_id, reason in reasons.items():
        chosen = (of.disposition_id == batch_id, of.container_id == container_id, of.dropped.is_(None), ~gone)
        change = update(disposition_copies).where(*chosen).values(dropped=reason[:LONGEST_COPY_REASON])
        connection.execute(change)


def copies_of(batch_id: str) -> Select[Any]:
    """The whole list of a batch, in its order, with the columns that a list of records has."""
    members = disposition_copies.c
    joined = disposition_copies.join(submissions, submissions.c.id == members.container_id).outerjoin(
        destructions, destructions.c.record_id == members.container_id
    )
    chosen = (
        members.ordinal,
        members.container_id.label("record_id"),
        members.ground,
        members.ordinal.label("family"),
        members.size,
        members.dropped,
        members.container_id.label("submission_id"),
        submissions.c.received_at.label("captured_at"),
        submissions.c.received_at.label("sent_at"),
        destructions.c.batch_id,
        destructions.c.position,
    )
    query = select(*chosen).select_from(joined).where(members.disposition_id == batch_id)
    return query.order_by(members.ordinal)


def copies_left(batch_id: str, after: int, limit: int) -> Select[Any]:
    """The next containers of a list that are neither dropped nor destroyed."""
    members = disposition_copies.c
    waiting = (members.dropped.is_(None), members.ordinal > after, destructions.c.record_id.is_(None))
    return copies_of(batch_id).where(*waiting).limit(limit)


def frozen_copies(connection: Connection, batch_id: str) -> dict[str, int]:
    """The containers of a batch that are not dropped, with the numbers of their grounds."""
    members = disposition_copies.c
    query = select(members.container_id, members.ground).where(
        members.disposition_id == batch_id, members.dropped.is_(None)
    )
    return {row.container_id: row.ground for row in connection.execute(query)}
