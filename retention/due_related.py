"""Which records are decided by what is known of others: members of a family, and what depends on a record.

Rule: as `retention.families` reads it, and rather more than fewer: a record too many is read again, nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, select

from retention.assignment_tables import record_parents
from storage.conversation_tables import conversation_parts
from storage.tables import records

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from retention.library import RuleBook

_CHUNK: Final = 500


def related_to(connection: Connection, book: RuleBook, record_ids: Collection[str]) -> set[str]:
    """The records whose decision rests on what is known of these, beside these."""
    found: set[str] = set()
    for chunk in _chunks(record_ids):
        mine = record_parents.c
        found.update(connection.execute(select(mine.record_id).where(mine.parent_id.in_(chunk))).scalars())
    return found | _families(connection, book, found.union(record_ids))


def _families(connection: Connection, book: RuleBook, record_ids: Collection[str]) -> set[str]:
    parts = conversation_parts.c
    roots, threads, found = set[str](), set[bytes](), set[str]()
    for chunk in _chunks(record_ids):
        query = select(parts.root_id, parts.thread).where(parts.record_id.in_(chunk))
        for row in connection.execute(query):
            roots.add(row.root_id)
            threads.add(bytes(row.thread))
    for chunk in _chunks(roots):
        found.update(connection.execute(select(parts.record_id).where(parts.root_id.in_(chunk))).scalars())
    if not book.families:
        return found
    # a record that was put into another series leaves the family that it was of, so its own series does not count
    joined = select(parts.record_id).join(records, records.c.id == parts.record_id)
    joined = joined.where(records.c.series_id.in_(sorted(book.families)))
    for chunk in _chunks(threads):
        found.update(connection.execute(joined.where(parts.thread.in_(chunk))).scalars())
    return found


def _chunks(names: Iterable[Any]) -> Iterator[list[Any]]:
    ordered = sorted(names)
    return (ordered[start : start + _CHUNK] for start in range(0, len(ordered), _CHUNK))
