"""When the copies of keys in backup places are gone: what a certificate of destruction may say about backups.

Rule: nothing is foretold. A place is clear of the keys of a moment once a backup to it has ended whose oldest key part
was begun after that moment, because such a backup has overwritten the older parts there. Until then the place is
pending, also if no backup to it is made ever again. Known are the places of backups that ended and left their row; a
copy of a place that somebody made elsewhere is not known, and certificates say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from storage.tables import backups

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from storage.archive import Archive


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPlace:
    """A backup place by its tag, with its newest backup: when it began, its leaf, and the oldest keys that it left."""

    tag: bytes
    made_at: datetime
    position: int
    oldest_keys_at: datetime


def key_places(connection: Connection) -> tuple[KeyPlace, ...]:
    """Every place that a backup was made to, by its newest backup, in the order of the tags."""
    newest = select(func.max(backups.c.position)).group_by(backups.c.place_tag)
    query = select(backups).where(backups.c.position.in_(newest)).order_by(backups.c.place_tag)
    return tuple(
        KeyPlace(
            tag=bytes(row.place_tag), made_at=row.made_at, position=row.position, oldest_keys_at=row.oldest_keys_at
        )
        for row in connection.execute(query)
    )


def cleared_at(
    archive: Archive, connection: Connection, place: KeyPlace, moment: datetime, position: int
) -> datetime | None:
    """When a place was cleared of the keys of before a moment; None while it may hold some.

    Args:
        archive: whose place it is.
        connection: a read transaction.
        place: as `key_places` gives it.
        moment: from when on the keys do not exist any more.
        position: the leaf that witnesses this.
    """
    if place.position <= position or not moment < place.oldest_keys_at <= place.made_at:
        return None
    query = select(func.min(backups.c.position)).where(
        backups.c.place_tag == place.tag,
        backups.c.position > position,
        backups.c.oldest_keys_at > moment,
        backups.c.oldest_keys_at <= backups.c.made_at,  # a clock that was set back meanwhile proves nothing
    )
    first = connection.execute(query).scalar_one()
    return archive.ledger.event_at(connection, first).event.at  # its parts were destroyed before this leaf
