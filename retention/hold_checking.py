"""Holds as their rows have them against what the ledger says of them: a row that was changed by hand is found.

Rule: a hold is placed, renewed and released by an event each, in the transaction that changes its row; so the row
follows from the events. Whoever writes to the rows
cannot write to leaves that are signed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from retention.tables import holds
from storage.events import EventKind

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from storage.ledger import Ledger

_PAGE: Final = 500
_KINDS: Final = (EventKind.HOLD_PLACED, EventKind.HOLD_RENEWED, EventKind.HOLD_RELEASED)


def changed_holds(connection: Connection, ledger: Ledger) -> dict[str, str]:
    """Ids of the holds whose row is not what their events say, each with what is wrong; without content.

    Raises:
        ValueError: a leaf is damaged.
    """
    placed: dict[str, int] = {}
    released: dict[str, int] = {}
    versions: dict[str, int] = {}
    position = -1
    while events := ledger.events_after(connection, position, kinds=_KINDS, limit=_PAGE):
        position = events[-1].position
        for one in events:
            hold_id = one.event.subjects[0] if one.event.subjects else ""
            if one.event.kind is EventKind.HOLD_PLACED:
                placed[hold_id], versions[hold_id] = one.position, 1
            elif one.event.kind is EventKind.HOLD_RENEWED:
                versions[hold_id] = versions.get(hold_id, 0) + 1
            else:
                released[hold_id] = one.position
    columns = (holds.c.id, holds.c.state, holds.c.version, holds.c.position, holds.c.released_position)
    rows = {row.id: row for row in connection.execute(select(*columns))}
    wrong = dict.fromkeys(placed.keys() - rows.keys(), "the ledger says that it was placed, and there is no such hold")
    for hold_id, row in rows.items():
        at = released.get(hold_id)
        if placed.get(hold_id) != row.position:
            wrong[hold_id] = "the ledger does not say that it was placed"
        elif (row.state == "released") != (at is not None) or row.released_position != at:
            said = "was released" if at is not None else "is open"
            wrong[hold_id] = f"by the ledger it {said}; its row says otherwise"
        elif row.version != versions[hold_id]:
            wrong[hold_id] = f"by the ledger its version is {versions[hold_id]}, in its row {row.version}"
    return wrong
