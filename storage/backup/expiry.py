"""When copies of keys are gone: what a certificate of destruction may promise about backups.

Rule: a promise covers the places that the archive knows, and holds while backups to them go on; a copy of a backup
place that somebody made elsewhere is outside of it, and certificates say so.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from storage.tables import backups

if TYPE_CHECKING:
    from datetime import datetime

    from storage.archive import Archive


def keys_gone_by(archive: Archive, key_days: int) -> datetime | None:
    """The moment by which every key part that lies in a backup place now is destroyed; None where there is no backup.

    A place's newest part cannot be younger than its last backup, and no part is kept for more than `key_days` days.
    """
    with archive.store.read() as connection:
        newest: datetime | None = connection.execute(select(func.max(backups.c.made_at))).scalar_one()
    return None if newest is None else newest + timedelta(days=key_days)
