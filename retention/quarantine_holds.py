"""Which holds keep what lies in quarantine: nobody has compared it with any, because it became no record.

Rule: a hold that might reach it keeps it. Free is only what no open hold can be about: a hold of named records, or of
custodians where it is known whose it is and he is none of them. Whoever wants it judged assigns it to a custodian: then
it is a record, and is compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from retention.holds import open_holds
from storage.errors import ArchiveError
from storage.tables import submissions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retention.holds import Hold, Holds


def held_in_quarantine(connection: Connection, holds: Holds, submission_ids: Sequence[str]) -> dict[str, str]:
    """Why submissions in quarantine may not be destroyed, as a clause, by their ids; absent are those that are free."""
    standing = open_holds(connection)
    if not standing:
        return {}
    query = select(submissions.c.id, submissions.c.custodian_id).where(submissions.c.id.in_(submission_ids))
    found: dict[str, str] = {}
    for row in connection.execute(query):
        for hold in standing:
            if _might_reach(connection, holds, hold, row.custodian_id):
                found[row.id] = f"hold {hold.id} might reach it, and what became no record is compared with none"
                break
    return found


def _might_reach(connection: Connection, holds: Holds, hold: Hold, custodian_id: str | None) -> bool:
    try:
        rule = holds.terms(connection, hold).rule
    except ArchiveError:
        return True
    if rule.records:
        return False
    return not rule.custodian_ids or custodian_id is None or custodian_id in rule.custodian_ids
