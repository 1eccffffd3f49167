"""How large records are, as captured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, func, select

from storage.tables import components, objects

if TYPE_CHECKING:
    from collections.abc import Sequence

_CHUNK: Final = 500


def sizes_of(connection: Connection, record_ids: Sequence[str]) -> dict[str, int]:
    """The bytes of each record over its components; what components share counts once in a record."""
    sizes: dict[str, int] = {}
    for start in range(0, len(record_ids), _CHUNK):
        each = (
            select(components.c.record_id, components.c.blob_id, objects.c.plain_size)
            .join(objects, objects.c.blob_id == components.c.blob_id)
            .where(components.c.record_id.in_(record_ids[start : start + _CHUNK]))
            .distinct()
            .subquery()
        )
        query = select(each.c.record_id, func.sum(each.c.plain_size).label("size")).group_by(each.c.record_id)
        sizes |= {row.record_id: int(row.size) for row in connection.execute(query)}
    return sizes
