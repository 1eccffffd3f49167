"""Hits gathered into threads, into those that say the same, or nearly the same: one shown for each, all counted.

Rules: the total of records stays exact beside that of groups. A group has the hits of this search that belong
together, and no record beside them: what one may not find is in no count. The first hit in the order of the search
stands for its group.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from search.grouping import Grouping, grouped
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from archiver.search_asking import Asked
    from search.index import Order

NO_GROUPS: Final = "none"
GROUPINGS: Final = (NO_GROUPS, *(one.value for one in Grouping))
MOST_GROUPED: Final = 100_000
_MOST_NAMED: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupedPage:
    """A page of groups: how many records and groups there are, and the members of each group of the page."""

    records: int
    groups: int
    members: tuple[tuple[str, ...], ...]


def grouped_page(asked: Asked, by: str, *, limit: int, offset: int, order: Order) -> GroupedPage:
    """One page of the groups of all hits.

    Raises:
        InvalidInput: more hits than can be grouped.
        SearchStopped: it takes more than a search may.
    """
    page = asked.index.search(
        asked.bound, limit=MOST_GROUPED, order=order, allowed=asked.scope.allowed, stop=asked.stop
    )
    if page.total > MOST_GROUPED:
        raise InvalidInput(
            f"{page.total:,} records were found, and {MOST_GROUPED:,} can be grouped; ask for less, such as a year"
        )
    asked.stop.check()
    gathered = grouped(page.ids, asked.index.groups(page.ids), Grouping(by), asked.stop.check)
    return GroupedPage(records=page.total, groups=len(gathered), members=gathered[offset : offset + limit])


def group_document(by: str, members: tuple[str, ...]) -> dict[str, Any]:
    """What a hit says of its group; itself is the first of `ids`, of which the first hundred are named."""
    return {"by": by, "count": len(members), "ids": list(members[:_MOST_NAMED])}
