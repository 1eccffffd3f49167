"""Records that go together or not at all: what lends its key to several, and the parts of one conversation's day.

Rule: a family is whole in a list or not in it. It is found by what the shredder refuses to split
(`storage.destruction_refusals`, `storage.destruction_rows.refuse_split`): records whose key is that of the submission
that they all came in with, and the parts that later exports added to one day. A part of a family that may not go yet
keeps all of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, select

from storage.active_records import IS_ACTIVE
from storage.conversation_tables import conversation_parts
from storage.tables import records

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from retention.disposition_types import Chosen

_CHUNK: Final = 500
APART: Final = "another part of the same conversation or submission may not go yet"


def chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Ids in pieces that one query takes."""
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))


class _Circles:
    """Names that belong together, found without recursion."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def head(self, name: str) -> str:
        above = self._above
        found = name
        while above.get(found, found) != found:
            found = above[found]
        while above.get(name, name) != found:
            above[name], name = found, above[name]
        return found

    def join(self, one: str, other: str) -> None:
        first, second = sorted((self.head(one), self.head(other)))
        self._above[second] = first


def families(connection: Connection, record_ids: Sequence[str]) -> tuple[Mapping[str, str], frozenset[str]]:
    """The name of each record's family, and the records of whose family an active one is not among these."""
    circles = _Circles()
    wanted = set(record_ids)
    lacking: set[str] = set()
    for chunk in chunks(record_ids):
        for bond, member in (*_parts(connection, chunk), *_lent(connection, chunk)):
            if member in wanted:
                circles.join(member, bond)
            else:
                lacking.add(bond)
    names = {one: circles.head(one) for one in record_ids}
    broken = {circles.head(bond) for bond in lacking}
    return names, frozenset(one for one, name in names.items() if name in broken)


def _parts(connection: Connection, chunk: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The active parts of the days of which these are parts, each with the first part, which names the day."""
    parts = conversation_parts.c
    days = set(connection.execute(select(parts.root_id).where(parts.record_id.in_(chunk))).scalars())
    joined = conversation_parts.join(records, records.c.id == parts.record_id)
    for some in chunks(sorted(days)):
        chosen = (parts.root_id.in_(some), IS_ACTIVE)
        for row in connection.execute(select(parts.root_id, parts.record_id).select_from(joined).where(*chosen)):
            yield row.root_id, row.record_id


def _lent(connection: Connection, chunk: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The active records of the submissions that lend these their key, each with its submission."""
    lenders = select(records.c.submission_id).where(
        records.c.id.in_(chunk), records.c.holder == records.c.submission_id
    )
    for some in chunks(sorted(set(connection.execute(lenders).scalars()))):
        chosen = (records.c.submission_id.in_(some), IS_ACTIVE)
        for row in connection.execute(select(records.c.submission_id, records.c.id).where(*chosen)):
            yield row.submission_id, row.id


def in_order(chosen: Sequence[Chosen]) -> list[tuple[int, Chosen]]:
    """Records in the order of a list, with the number of their family: families next to each other."""
    numbers: dict[str, int] = {}
    ordered = sorted(chosen, key=lambda one: (one.family, one.record_id))
    return [(numbers.setdefault(one.family, len(numbers) + 1), one) for one in ordered]
