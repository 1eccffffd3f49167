"""What belongs to records of a request: their threads, and what says the same or nearly the same, among its records.

Rule: a thread goes on through records that are before the reviewers, and through no others. The index is asked for what
shares something with the records that are known so far, until there is no more, so that the others of the request are
not read. Only what nearly says the same is compared with all of them, and where that takes very many steps (a chain of
answers of which each names the one before alone) all are read at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from search.disclosure.review import Review
from search.disclosure.review_rows import read_records
from search.grouping import Grouping, grouped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archiver.wiring import Installation
    from search.disclosure.request_types import DisclosureRequest
    from search.disclosure.review_rows import ReviewedRecord

_PAGE: Final = 5_000
_MOST_STEPS: Final = 64


def members_of(installation: Installation, found: DisclosureRequest) -> list[ReviewedRecord]:
    """Every record before the reviewers of a request, in the order of their ids."""
    store, review = installation.archive.store, Review(installation.archive.store)
    members: list[ReviewedRecord] = []
    while True:
        with store.read() as connection:
            after = members[-1].record_id if members else ""
            page = review.page(connection, found.id, after=after, limit=_PAGE)
        members += page
        if len(page) < _PAGE:
            return members


def belonging(
    installation: Installation, found: DisclosureRequest, record_ids: Sequence[str], by: Grouping
) -> list[str]:
    """These records of a request and what belongs to them, group by group in the order of their first ids."""
    if by is Grouping.NEAR:
        there = [one.record_id for one in members_of(installation, found)]
    else:
        there = _gathered(installation, found, record_ids, threads=by is Grouping.THREAD)
    chosen = frozenset(record_ids)
    groups = grouped(there, installation.index.groups(there), by)
    return [one for group in groups if not chosen.isdisjoint(group) for one in group]


def _gathered(
    installation: Installation, found: DisclosureRequest, record_ids: Sequence[str], *, threads: bool
) -> list[str]:
    """At least all records of the request that belong to these, directly or through others of it."""
    gathered, seen = set(record_ids), set(record_ids)
    fresh = list(record_ids)
    for _ in range(_MOST_STEPS):
        beside = installation.index.sharing(fresh, threads=threads) - seen
        seen |= beside
        with installation.archive.store.read() as connection:
            fresh = [one.record_id for one in read_records(connection, found.id, sorted(beside))]
        if not fresh:
            return sorted(gathered)
        gathered.update(fresh)
    return [one.record_id for one in members_of(installation, found)]
