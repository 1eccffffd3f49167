"""The families of hits: the records of their threads, among those that somebody may see.

Rule: a thread is what the index says it is (`search.grouping`); a record without one is a family of its own.
Attachments are parts of their record and add nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from archiver.search_scope import scope_of
from search.frozen_ids import chunks
from search.grouping import thread_keys
from search.queries import Between, Clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.hit_report import FamilyHits, HitCount
    from search.index import IndexInsight

_ANY: Final = Between(Clock.CAPTURED, None, None)
_PAGE: Final = 1_000


def families_of(installation: Installation, who: Principal, count: HitCount) -> FamilyHits:
    """Count the records in the threads of the hits.

    Raises:
        Corrupt: the index is damaged.
    """
    scope, index = scope_of(installation, who), installation.index
    everything = tuple(index.ids(scope.bound(_ANY), allowed=scope.allowed))
    threads = thread_keys(_threads(index, everything))
    return count.in_families(
        ((one, threads.get(one, b"")) for one in count.ids()), ((one, threads.get(one, b"")) for one in everything)
    )


def _threads(index: IndexInsight, record_ids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    for some in chunks(record_ids, _PAGE):
        groups = index.groups(some)
        for record_id in some:
            yield record_id, groups[record_id].thread if record_id in groups else b""
