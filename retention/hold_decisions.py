"""An officer says of records that a rule could not read whether a hold holds them.

Rules:

- Asked of are records that were judged `CANNOT_TELL` in what they say now; a match is not argued with, the hold is
  released or placed more narrowly; what was not judged yet is judged first.
- A decision holds for what the record says now, under the hold's present version. If more of the record is read later,
  it is judged again, and where that cannot tell either, decided again.
- Freeing a record is an event that names it and gives the reason, since it may be destroyed from then on.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, select

from retention.hold_learning import behind, with_participants
from retention.hold_standing import newest_positions, stands
from retention.holds import refuse_released
from retention.ports import MatchOutcome
from retention.tables import hold_decisions, hold_verdicts
from storage.errors import Conflict, InvalidInput, NotFound
from storage.events import EventKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retention.holds import Hold, Holds
    from storage.transaction import Store, Transaction

MOST_AT_ONCE: Final = 500  # a leaf names each of them


class Decision(StrEnum):
    """What an officer says of a record."""

    HELD = "held"
    FREE = "free"


def decide(
    store: Store,
    holds: Holds,
    hold_id: str,
    record_ids: Sequence[str],
    decision: Decision,
    *,
    reason: str,
    actor: str,
) -> int:
    """Decide about records under a hold, about all of them or none; returns the position of the leaf.

    Raises:
        InvalidInput: no record, or too many.
        NotFound: there is no such hold, or no such active record.
        Conflict: the hold is released, or one of the records can be told without a decision.
    """
    wanted = list(dict.fromkeys(record_ids))
    if not 0 < len(wanted) <= MOST_AT_ONCE:
        raise InvalidInput(f"decide about 1 to {MOST_AT_ONCE} records at once, not {len(wanted)}")
    with store.write() as transaction:
        hold = holds.get(transaction.connection, hold_id)
        refuse_released(hold)
        _refuse_told(transaction, hold, wanted)
        payload = {"decision": decision.value, "reason": reason}
        subjects = (hold_id, *wanted)
        position = transaction.append(EventKind.HOLD_DECIDED, actor=actor, subjects=subjects, payload=payload)
        mine = hold_decisions.c
        chosen = (mine.hold_id == hold_id, mine.record_id.in_(wanted))
        transaction.connection.execute(delete(hold_decisions).where(*chosen))
        rows = [
            {
                "record_id": one,
                "hold_id": hold_id,
                "version": hold.version,
                "position": position,
                "decision": decision.value,
            }
            for one in wanted
        ]
        transaction.connection.execute(insert(hold_decisions), rows)
    return position


def _refuse_told(transaction: Transaction, hold: Hold, wanted: Sequence[str]) -> None:
    connection = transaction.connection
    newest = newest_positions(connection, wanted)
    query = select(hold_verdicts).where(hold_verdicts.c.record_id.in_(wanted), hold_verdicts.c.hold == hold.number)
    verdicts = {row.record_id: row for row in connection.execute(query)}
    waits = with_participants(connection, wanted) if behind(connection, [hold]) else frozenset[str]()
    for record_id in wanted:
        if record_id not in newest:
            raise NotFound(f"there is no active record {record_id[:64]!r}; nothing was decided", hold=hold.id)
        verdict = None if record_id in waits else verdicts.get(record_id)
        held = stands(hold, newest[record_id], verdict, None)
        if held is not None and verdict is not None and verdict.outcome == MatchOutcome.CANNOT_TELL:
            continue
        if held is None:
            said = "is not under this hold"
        elif held.reason is None:
            said = "was not compared with this hold yet; try again later"
        else:
            said = "matches this hold; to free it, release the hold and place it more narrowly"
        raise Conflict(f"record {record_id} {said}; nothing was decided", hold=hold.id, record=record_id)
