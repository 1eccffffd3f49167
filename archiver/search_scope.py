"""What a principal may find, as part of the query and of the ids that a search may see.

Rules:

- Everything that a search tells goes through `scope_of`: hits, totals, facets, groups, snippets, suggestions, reasons.
- Nobody finds what is no longer active; nor, unless he asks for it, a record in whose place another one stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archiver.seeing import hidden_records
from search.index import IdScope
from search.queries import Fact, Is, conjunction

if TYPE_CHECKING:
    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.index import SearchIndex
    from search.queries import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What one principal may find: a clause of the query if there is one, and the ids that he may not.

    `restricted` are the records that are there and hidden from him.
    """

    clause: Query | None
    allowed: IdScope
    restricted: frozenset[str]

    @property
    def is_part(self) -> bool:
        """Whether there may be active records that he may not see: of those no word may be told."""
        return self.clause is not None or bool(self.restricted)

    def bound(self, query: Query) -> Query:
        """The query within the clause."""
        return query if self.clause is None else conjunction((query, self.clause))


def scope_of(
    installation: Installation, principal: Principal, index: SearchIndex | None = None, *, superseded: bool = False
) -> Scope:
    """What this principal may find now, in this index or in that of the default engine.

    Raises:
        Corrupt: the index cannot be read.
    """
    with installation.archive.store.read() as connection:
        restricted = hidden_records(connection, principal)
    present = (index or installation.index).present()
    hidden = installation.visible.hidden(installation.archive.store, present, superseded=superseded)
    bound = principal.sees_only
    return Scope(
        clause=None if bound is None else Is(Fact.CUSTODIAN_ID, bound),
        allowed=IdScope(without=hidden | restricted if restricted else hidden),
        restricted=restricted,
    )
