"""All records that are held, found from the holds: what a daily run subtracts without asking every record.

Rule: the same set as `retention.hold_standing` gives when it is asked of all records, by the same rows and queries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, select

from retention.hold_listing import held_records
from retention.hold_standing import HoldStanding
from retention.holds import open_holds
from storage.active_records import IS_ACTIVE
from storage.container_tables import container_members
from storage.tables import records

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from retention.holds import Hold

_CHUNK: Final = 500
_DEEPEST: Final = 64  # as `retention.hold_standing`


class HeldRecords:
    """Which records are held, asked of some or of all; a `WholeHoldLookup`."""

    def __init__(self) -> None:
        self._standing = HoldStanding()

    def on(self, connection: Connection, record_ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """Ids of the open holds that each of these active records is under; free ones are absent."""
        return self._standing.on(connection, record_ids)

    def all(self, connection: Connection) -> frozenset[str]:
        """Ids of all active records that are under a hold."""
        return held_by_any(connection)


def held_by_any(connection: Connection) -> frozenset[str]:
    """Ids of the active records that some open hold holds, itself or by what their bytes contain."""
    return held_by(connection, open_holds(connection))


def held_by(connection: Connection, some: Iterable[Hold]) -> frozenset[str]:
    """Ids of the active records that one of these open holds holds, itself or by what their bytes contain."""
    own = {record_id for hold in some for record_id, _, _ in held_records(connection, hold)}
    return frozenset(own | _around(connection, own)) if own else frozenset()


def _around(connection: Connection, held: set[str]) -> set[str]:
    """The active records whose bytes are, or contain, the submission that one of these came in with."""
    found: set[str] = set()
    seen: set[str] = set()
    level = {submission for chunk in _chunks(sorted(held)) for submission in _submissions_of(connection, chunk)}
    for _ in range(_DEEPEST + 1):
        fresh = sorted(level - seen)
        if not fresh:
            break
        seen.update(fresh)
        level = set()
        for chunk in _chunks(fresh):
            whole = select(records.c.id).where(
                records.c.submission_id.in_(chunk),
                records.c.holder == records.c.submission_id,
                IS_ACTIVE,
            )
            found.update(connection.execute(whole).scalars())
            members = container_members.c
            above = select(members.container_id).where(members.submission_id.in_(chunk)).distinct()
            level.update(connection.execute(above).scalars())
    return found


def _submissions_of(connection: Connection, chunk: Sequence[str]) -> list[str]:
    return list(connection.execute(select(records.c.submission_id).where(records.c.id.in_(chunk))).scalars())


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))
