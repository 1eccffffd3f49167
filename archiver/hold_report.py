"""What officers have to look at among the holds: records past their maximum, and what nobody could tell.

Rule: a hold beats every maximum (`retention/evaluation.py`), and what is kept too long for it is said, record by
record, with the holds that keep it. Where the rule of a record's series gives no day, there is nothing to report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from archiver.access import Act, authorize
from retention.hold_listing import counts_of, held_records
from retention.hold_standing import HoldStanding
from retention.holds import open_holds
from storage.catalogue import record_of
from storage.events import EventKind
from storage.tables import records

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from archiver.access import Principal
    from archiver.wiring import Installation

_PAGE: Final = 500


def hold_report(
    installation: Installation,
    who: Principal,
    today: date,
    progress: Callable[[int, int | None], None] = lambda _done, _total: None,
) -> dict[str, Any]:
    """Records past their maximum under hold on a day, and what of each hold waits for a decision. An event.

    Raises:
        Denied: this role may not.
    """
    authorize(who, Act.SEE_HOLDS)
    installation.judging().catch_up(thoroughly=True)
    archive = installation.archive
    with archive.store.read() as connection:
        standing = open_holds(connection)
        waiting = []
        held: set[str] = set()
        for hold in standing:
            counts = counts_of(connection, hold)
            held.update(record_id for record_id, _, _ in held_records(connection, hold))
            if counts.cannot_tell or counts.pending:
                waiting.append({"hold": hold.id, "cannot_tell": counts.cannot_tell, "pending": counts.pending})
    over: list[dict[str, Any]] = []
    ids = sorted(held)
    for start in range(0, len(ids), _PAGE):
        chunk = ids[start : start + _PAGE]
        with archive.store.read() as connection:
            page = [record_of(row) for row in connection.execute(select(records).where(records.c.id.in_(chunk)))]
            under = HoldStanding().on(connection, chunk)
            decisions = installation.retention.decide_all(connection, page, today)
        over += [
            {
                "id": record.id,
                "series": record.series_id,
                "latest_on": None if decision.latest_on is None else decision.latest_on.isoformat(),
                "holds": list(under.get(record.id, ())),
            }
            for record, decision in zip(page, decisions, strict=True)
            if decision.over_maximum
        ]
        progress(min(start + _PAGE, len(ids)), len(ids))
    with archive.store.write() as transaction:
        payload = {"report": today.isoformat(), "over_maximum": len(over)}
        transaction.append(EventKind.HOLDS_VIEWED, actor=who.actor, payload=payload)
    return {
        "today": today.isoformat(),
        "holds": len(standing),
        "held": len(ids),
        "over_maximum": sorted(over, key=lambda one: (one["latest_on"], one["id"])),
        "undecided": waiting,
    }
