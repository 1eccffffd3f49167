"""Verdicts wait where it was learned who somebody is, until the records in which he is are compared again.

Rules:

- Who a handle is may be learned after a record was judged (`storage.people`). From the commit of such an event on, each
  record with participants is without a valid verdict under every hold that has not followed the ledger up to it, and
  counts as held. Who follows looks again only at the records that the event touches, and then moves the hold's cursor.
- A cursor that is lost, or of another version, has followed nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, and_, exists, func, not_, select

from retention.tables import hold_cursors
from storage.participant_tables import record_participants
from storage.people import LEARNED
from storage.tables import ledger_leaves, records

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import ColumnElement

    from retention.holds import Hold

_NEWEST = select(func.coalesce(func.max(ledger_leaves.c.position), -1)).where(
    ledger_leaves.c.kind.in_([kind.value for kind in LEARNED])
)


def newest_learned(connection: Connection) -> int:
    """The place of the last event that may have changed who somebody is; -1 before any."""
    found: int = connection.execute(_NEWEST).scalar_one()
    return found


def unlearned(hold: Hold) -> ColumnElement[bool]:
    """For queries over `records`: whether who takes part in one may not be what a hold was compared with."""
    cursor = and_(
        hold_cursors.c.hold == hold.number,
        hold_cursors.c.version == hold.version,
        hold_cursors.c.position >= _NEWEST.scalar_subquery(),
    )
    followed = exists(select(hold_cursors.c.hold).where(cursor))
    talked = exists().where(record_participants.c.record_id == records.c.id)
    return and_(not_(followed), talked)


def behind(connection: Connection, standing: Iterable[Hold]) -> frozenset[int]:
    """The numbers of those of these holds that have not followed what was learned last."""
    reached = {(row.hold, row.version): row.position for row in connection.execute(select(hold_cursors))}
    newest = newest_learned(connection)
    return frozenset(hold.number for hold in standing if reached.get((hold.number, hold.version), -2) < newest)


def with_participants(connection: Connection, chunk: Sequence[str]) -> frozenset[str]:
    """Those of these records that have participants of whom something may be learned."""
    mine = record_participants.c.record_id
    return frozenset(connection.execute(select(mine).where(mine.in_(chunk))).scalars())
