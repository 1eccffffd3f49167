"""Batches as their rows have them against what the ledger says of them: an act that was added or taken out is found.

Rule: every act on a batch has a leaf, written with its row in one transaction, and the state of a batch follows from
its acts. Whether the list is the one that was proposed is asked batch by batch (`archiver/disposition_evidence.py`).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from retention.disposition_types import KINDS, ActKind, State
from retention.tables import disposition_acts, dispositions

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from storage.ledger import Ledger

_PAGE: Final = 500
_ACT_OF: Final = {event: act for act, event in KINDS.items()}
_CLOSED_BY: Final = {ActKind.WITHDRAW: State.WITHDRAWN, ActKind.EXECUTE: State.EXECUTED}


def changed_batches(connection: Connection, ledger: Ledger) -> dict[str, str]:
    """Ids of the batches whose acts or state are not what their leaves say, each with what is wrong; without content.

    Raises:
        ValueError: a leaf is damaged.
    """
    said: defaultdict[str, dict[int, tuple[str, str]]] = defaultdict(dict)
    position = -1
    while events := ledger.events_after(connection, position, kinds=tuple(_ACT_OF), limit=_PAGE):
        position = events[-1].position
        for one in events:
            batch_id = one.event.subjects[0] if one.event.subjects else ""
            said[batch_id][one.position] = (_ACT_OF[one.event.kind].value, one.event.actor)
    rows: defaultdict[str, dict[int, tuple[str, str]]] = defaultdict(dict)
    acts = disposition_acts.c
    for row in connection.execute(select(acts.disposition_id, acts.position, acts.act, acts.actor)):
        rows[row.disposition_id][row.position] = (row.act, row.actor)
    states = {row.id: row.state for row in connection.execute(select(dispositions.c.id, dispositions.c.state))}
    wrong = dict.fromkeys(said.keys() - states.keys(), "the ledger says that it was proposed, and there is none such")
    for batch_id, state in states.items():
        if said.get(batch_id, {}) != rows.get(batch_id, {}):
            wrong[batch_id] = "who acted on it is not what the ledger says"
        elif state not in _may_be(said[batch_id]):
            wrong[batch_id] = f"by the acts in the ledger it cannot be {state}"
    return wrong


def _may_be(acts: dict[int, tuple[str, str]]) -> set[str]:
    """The states that a batch with these acts may have; how many approvals it takes is a setting."""
    kinds = {kind for kind, _ in acts.values()}
    closed = {state.value for act, state in _CLOSED_BY.items() if act.value in kinds}
    if closed:
        return closed
    approved = {State.APPROVED.value} if ActKind.APPROVE.value in kinds else set()
    return {State.PROPOSED.value, *approved}
