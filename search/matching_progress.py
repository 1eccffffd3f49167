"""Which records matching looks at next, and how far it has come. Rows in, rows out.

Rules:

- Only records of custodians of whom some picture was read are looked at: messages of everybody else are never digested.
  An archive without any picture pays nothing.
- A custodian begins with the first of his pictures that is read. What he had before is caught up on, in the order in
  which it was archived, before the ledger is followed any further; so what comes later is never missed, and nothing is
  looked at twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select, update
from sqlalchemy.sql.functions import min as least

from storage.events import EventKind
from storage.matching_tables import matched_custodians, message_cursor
from storage.records import RecordState
from storage.tables import records
from storage.transcription_tables import transcriptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from storage.ledger import Ledger

_FOLLOWED: Final = (EventKind.RECORD_ARCHIVED, EventKind.RECORD_TRANSCRIBED)
_PAGE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Records to look at, and where that leads.

    `position` is that of the ledger, or with `custodian` that of the last of his records that this looks at. `new` are
    custodians who begin here. `more` is whether something may lie behind it.
    """

    ids: tuple[str, ...]
    position: int
    custodian: str | None = None
    new: tuple[str, ...] = ()
    more: bool


def next_stretch(ledger: Ledger, connection: Connection, most: int) -> Stretch | None:
    """What comes next, of at most so many events or records; None where there is nothing."""
    place = _position(connection)
    if place is None:
        return None
    behind = select(matched_custodians).where(matched_custodians.c.whole.is_(False)).limit(1)
    for row in connection.execute(behind):
        return _earlier(connection, row.custodian_id, row.position, place, most)
    events = ledger.events_after(connection, place, kinds=_FOLLOWED, limit=most)
    if not events:
        return None
    ids = list(dict.fromkeys(one.event.subjects[0] for one in events if one.event.subjects))
    owners = _owners(connection, ids)
    known = set(connection.execute(select(matched_custodians.c.custodian_id)).scalars())
    read = [one.event.subjects[0] for one in events if one.event.kind is EventKind.RECORD_TRANSCRIBED]
    new = tuple(dict.fromkeys(owners[one] for one in read if one in owners and owners[one] not in known))
    if new:  # first what they had before, then these events
        return Stretch(ids=(), position=place, new=new, more=True)
    mine = tuple(one for one in ids if owners.get(one) in known)
    return Stretch(ids=mine, position=events[-1].position, more=len(events) == most)


def is_behind(ledger: Ledger, connection: Connection) -> bool:
    """Whether there is something to look at."""
    return next_stretch(ledger, connection, 1) is not None


def move(connection: Connection, stretch: Stretch) -> None:
    """Note that a stretch was looked at."""
    if stretch.new:
        rows = [{"custodian_id": one, "position": -1, "whole": False} for one in stretch.new]
        connection.execute(insert(matched_custodians), rows)
    if stretch.custodian is not None:
        row = update(matched_custodians).where(matched_custodians.c.custodian_id == stretch.custodian)
        connection.execute(row.values(position=stretch.position, whole=not stretch.more))
        return
    if connection.execute(update(message_cursor).values(position=stretch.position)).rowcount == 0:
        connection.execute(insert(message_cursor), [{"one": 1, "position": stretch.position}])


def _position(connection: Connection) -> int | None:
    """How far the ledger was followed; before anything was, up to the first picture that was read; None without any."""
    found: int | None = connection.execute(select(message_cursor.c.position)).scalar()
    if found is None:
        first: int | None = connection.execute(select(least(transcriptions.c.position))).scalar()
        return None if first is None else first - 1
    return found


def _earlier(connection: Connection, custodian_id: str, after: int, upto: int, most: int) -> Stretch:
    about = records.c
    query = select(about.id, about.position).where(
        about.custodian_id == custodian_id,
        about.state == RecordState.ACTIVE.value,
        about.position > after,
        about.position <= upto,
    )
    found = connection.execute(query.order_by(about.position).limit(most)).all()
    return Stretch(
        ids=tuple(row.id for row in found),
        position=found[-1].position if found else after,
        custodian=custodian_id,
        more=len(found) == most,
    )


def _owners(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for start in range(0, len(ids), _PAGE):
        query = select(records.c.id, records.c.custodian_id).where(records.c.id.in_(ids[start : start + _PAGE]))
        found |= {row.id: row.custodian_id for row in connection.execute(query)}
    return found
