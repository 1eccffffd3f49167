"""The day of a conversation that a record holds, as the export prints it.

Rule: it is asserted by the export, like the date of a mail by its sender, and weighed as that. A day whose order of
day and month was guessed may be wrong by months and starts no clock. It stays known when the record is destroyed.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, select

from storage.conversation_tables import conversation_parts

if TYPE_CHECKING:
    from collections.abc import Sequence

_CHUNK: Final = 500
_GUESSED: Final = "guessed"


def days_talked(connection: Connection, record_ids: Sequence[str], *, guessed: bool = False) -> dict[str, date]:
    """The day of each of these records; absent for posts and mails, and where it is not known or cannot be read.

    Args:
        connection: a transaction.
        record_ids: the records.
        guessed: those too in whose dates the order of day and month was guessed.
    """
    found: dict[str, date] = {}
    parts = conversation_parts.c
    query = select(parts.record_id, parts.day).where(parts.day != "")
    if not guessed:
        query = query.where(parts.dates != _GUESSED)
    for start in range(0, len(record_ids), _CHUNK):
        for row in connection.execute(query.where(parts.record_id.in_(record_ids[start : start + _CHUNK]))):
            try:
                found[row.record_id] = date.fromisoformat(row.day)
            except ValueError:
                continue
    return found
