"""Records and the containers around and in them: mailbox files, exports, archives.

Rules:

- Destroying a record whose bytes stand in a container that can still be opened would leave its content there, so it is
  neither proposed nor destroyed before the container is. The shredder refuses it too, record by record; here all of a
  page are told at once.
- The bytes of a mail that carries an export count as that container. While they are not accounted for, something may be
  nowhere else, so by its schedule such a mail does not go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, exists, or_, select

from retention.disposition_families import chunks
from storage.container_tables import CLOSED_WELL, DESTROYED, NO_CONTAINER, container_members, containers
from storage.tables import records, wrapped_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

IN_CONTAINER: Final = "the mailbox file or export that it came out of still holds it"
UNACCOUNTED: Final = "it carries an export that is not accounted for; see: archiver container list"


def kept_back(connection: Connection, record_ids: Sequence[str]) -> dict[str, str]:
    """Why records cannot be destroyed under their schedule yet, as a clause, by their ids."""
    found: dict[str, str] = {}
    for chunk in chunks(record_ids):
        lost = exists().where(
            container_members.c.container_id == containers.c.id,
            container_members.c.attempt == containers.c.attempt,
            container_members.c.outcome == "failed",
        )
        odd = or_(containers.c.state.not_in([CLOSED_WELL, NO_CONTAINER, DESTROYED]), containers.c.findings > 0, lost)
        joined = records.join(containers, containers.c.id == records.c.submission_id)
        query = select(records.c.id).select_from(joined).where(records.c.id.in_(chunk), odd)
        found |= dict.fromkeys(connection.execute(query).scalars(), UNACCOUNTED)
    return found | kept_elsewhere(connection, record_ids)


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
