"""Records whose bytes stand in a container that can still be opened: a mailbox file, an export, an archive.

Rule: destroying such a record would leave its content in the container, so it is neither proposed nor destroyed before
the container is. The shredder refuses it too, record by record; here all of a page are told at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, select

from retention.dispositions import chunks
from storage.container_tables import container_members
from storage.tables import records, wrapped_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

IN_CONTAINER: Final = "the mailbox file or export that it came out of still holds it"


def kept_elsewhere(connection: Connection, record_ids: Sequence[str]) -> dict[str, str]:
    """Why records cannot be destroyed yet, as a clause, by their ids; absent are those that stand alone."""
    found: dict[str, str] = {}
    for chunk in chunks(record_ids):
        cut_out = (
            select(records.c.id)
            .join(wrapped_keys, wrapped_keys.c.holder == records.c.submission_id)
            .where(records.c.id.in_(chunk), records.c.holder != records.c.submission_id)
        )
        taken_out = (
            select(records.c.id)
            .join(container_members, container_members.c.submission_id == records.c.submission_id)
            .join(wrapped_keys, wrapped_keys.c.holder == container_members.c.container_id)
            .where(records.c.id.in_(chunk))
        )
        for query in (cut_out, taken_out):
            found |= dict.fromkeys(connection.execute(query).scalars(), IN_CONTAINER)
    return found
