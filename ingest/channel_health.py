"""When each channel was last tried, last worked and last brought something; times only.

Rule: a channel that falls silent must be seen to be silent. `last_tried` without `last_worked` is a fault,
`last_worked` long before now is a channel that does not run, and `last_item` tells silence from quiet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import insert, select, update

from ingest.tables import channel_health
from storage.records import Channel

if TYPE_CHECKING:
    from datetime import datetime

    from ingest.imap_cursors import Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The last moments of one account of a channel, each None where it never was."""

    channel: Channel
    account: str
    last_tried: datetime | None = None
    last_worked: datetime | None = None
    last_item: datetime | None = None


class HealthLog(Protocol):
    """Where channels say how they are."""

    def note(self, health: Health) -> None:
        """Keep the moments that are set; those that are None stay as they were."""
        ...


class SqlHealthLog:
    """`HealthLog` over the table of this floor."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def note(self, health: Health) -> None:
        """Update the row of this channel and account, or make it."""
        moments = {
            name: moment
            for name, moment in (
                ("last_tried", health.last_tried),
                ("last_worked", health.last_worked),
                ("last_item", health.last_item),
            )
            if moment is not None
        }
        if not moments:
            return
        key = (channel_health.c.channel == health.channel.value) & (channel_health.c.account == health.account)
        with self._rows.write() as transaction:
            changed = transaction.connection.execute(update(channel_health).where(key).values(**moments))
            if changed.rowcount == 0:
                names = {"channel": health.channel.value, "account": health.account}
                transaction.connection.execute(insert(channel_health), {**names, **moments})

    def all(self) -> tuple[Health, ...]:
        """Every account of every channel, in order of their names."""
        with self._rows.read() as connection:
            rows = connection.execute(
                select(channel_health).order_by(channel_health.c.channel, channel_health.c.account)
            ).all()
        return tuple(
            Health(
                channel=Channel(row.channel),
                account=row.account,
                last_tried=row.last_tried,
                last_worked=row.last_worked,
                last_item=row.last_item,
            )
            for row in rows
        )
