"""Records without a series, with what the rules could not judge: never destroyed, so somebody has to look at them.

Rule: ids, days and what a rule asked for; never what a record says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from archiver.access import Act, authorize
from retention.rule_assigning import unscheduled

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.wiring import Installation

_PAGE: Final = 1_000
UNREACHED: Final = "no rule and no default series reaches it"
NOT_JUDGED: Final = "the rules were not asked about it yet; run: archiver retention evaluate"


def list_unscheduled(installation: Installation, who: Principal) -> list[dict[str, Any]]:
    """Every active record without a series, in the order of their ids: `id`, `since`, `why`, `in_doubt`.

    Raises:
        Denied: this role may not.
    """
    authorize(who, Act.EVALUATE)
    installation.assigning.assign_pending(actor=who.actor)
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        with installation.archive.store.read() as connection:
            rows = unscheduled(connection, after, _PAGE)
            asked = _asked(installation, connection)
        if not rows:
            return found
        after = rows[-1].id
        for row in rows:
            why = row.doubt or (UNREACHED if row.doubt == "" or not asked else NOT_JUDGED)
            since = row.captured_at.isoformat()
            found.append({"id": row.id, "since": since, "why": why, "in_doubt": bool(row.doubt)})


def _asked(installation: Installation, connection: Connection) -> bool:
    """Whether a rule asks for more than the plain columns; what was found out is kept only then."""
    policies = installation.library.book(connection).policies
    return any(not rule.is_plain for policy in policies for rule in policy.rules)
