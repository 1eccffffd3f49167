"""Better evidence of what pictures show, as it was found: from the picture's side, and from the other's.

Rule: only records that are there are named. A link says which messages, never what they say.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from storage.matching_tables import message_links
from storage.records import Grade, RecordKind, RecordState
from storage.tables import records

if TYPE_CHECKING:
    from sqlalchemy import Connection

PAIR: Final = "<IIB"
NO_PLACE: Final = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A record at the other end of a link; `pairs` are place in the transcript, place in the better one, and equality.

    `shown` is how many messages with words the pictures show. The place is None where the better one is one text.
    """

    record_id: str
    kind: RecordKind
    grade: Grade
    shown: int
    pairs: tuple[tuple[int, int | None, bool], ...]


def evidence_of(connection: Connection, record_id: str) -> tuple[Evidence, ...]:
    """Records that hold what the pictures of this one show: the best grade first, then the most messages."""
    return _linked(connection, record_id, is_picture=True)


def shown_by(connection: Connection, record_id: str) -> tuple[Evidence, ...]:
    """Records whose pictures show messages of this one."""
    return _linked(connection, record_id, is_picture=False)


def _linked(connection: Connection, record_id: str, *, is_picture: bool) -> tuple[Evidence, ...]:
    links = message_links.c
    mine, other = (links.pictured_id, links.better_id) if is_picture else (links.better_id, links.pictured_id)
    query = select(records.c.id, records.c.kind, records.c.grade, links.shown, links.pairs)
    query = query.join(records, records.c.id == other)
    query = query.where(mine == record_id, records.c.state == RecordState.ACTIVE.value)
    found = [
        Evidence(
            record_id=row.id,
            kind=RecordKind(row.kind),
            grade=Grade(row.grade),
            shown=row.shown,
            pairs=tuple(
                (shown, None if held == NO_PLACE else held, bool(equal))
                for shown, held, equal in struct.iter_unpack(PAIR, row.pairs)
            ),
        )
        for row in connection.execute(query)
    ]
    return tuple(sorted(found, key=lambda one: (one.grade.value, -len(one.pairs), one.record_id)))
