"""What forbids that something of a draft is left out: the port by which holds will be asked.

Rule: it is asked inside the transaction that would destroy something, under the write lock. Its answer names no matter
and no reason: who hands in learns that everything must be kept, and nothing more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sqlalchemy import Connection

KEEP_EVERYTHING = "everything of this custodian must be kept at present"


class DraftGuard(Protocol):
    """Asked before anything of an upload is left out, discarded, or let expire."""

    def must_keep(self, connection: Connection, custodian_id: str) -> bool:
        """Whether everything that is handed in for this custodian must be kept now."""
        ...


class NoHolds:
    """The guard of an archive in which nothing can be held yet."""

    def must_keep(self, connection: Connection, custodian_id: str) -> bool:
        """Nothing must."""
        del connection, custodian_id
        return False
