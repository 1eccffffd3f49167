"""One state of a Whoosh index, opened: its segments, and what a query finds in all of them together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from heapq import nsmallest
from typing import TYPE_CHECKING, Final

import numpy as np

from search.index import MOST_EXPANSIONS, Facet, FacetName, Groups, IndexCounts, Order, too_many_words
from search.shared_marks import marks_of
from search.term_patterns import word_test
from search.whoosh_facts import moment_of
from search.whoosh_match import SegmentSearch, Work, ranks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    from search.index import IdScope
    from search.queries import Like, Query
    from search.whoosh_head import Head
    from search.whoosh_match import Mask
    from search.whoosh_segments import OpenSegment

_AT_ONCE: Final = 1_000
_VALUES: Final = {
    FacetName.CUSTODIAN: "custodian_id",
    FacetName.PLATFORM: "platform",
    FacetName.CHANNEL: "channel",
    FacetName.KIND: "kind",
    FacetName.LANGUAGE: "language",
}


@dataclass(frozen=True, slots=True)
class Found:
    """What matches in one segment."""

    search: SegmentSearch
    mask: Mask

    @property
    def total(self) -> int:
        """How many documents."""
        return int(np.count_nonzero(self.mask))


class View:
    """The segments that one head names. One thread's at a time."""

    def __init__(self, sealed: bytes, head: Head, segments: Sequence[OpenSegment]) -> None:
        self.sealed = sealed
        self.head = head
        self.segments = tuple(segments)

    def close(self) -> None:
        """Close the segments; harmless when repeated."""
        for segment in self.segments:
            segment.close()

    def find(self, query: Query, allowed: IdScope | None, work: Work) -> list[Found]:
        """What matches, segment by segment.

        Raises:
            Corrupt: a file is damaged where it was read.
            InvalidInput: the query asks more than one search may.
            SearchStopped: it was asked to end.
        """
        work.spend(len(self.segments))
        words: dict[Like, Sequence[str]] = {}

        def expand(like: Like) -> Sequence[str]:
            if like not in words:
                words[like] = self.expanded(like, MOST_EXPANSIONS, work)
                if len(words[like]) > MOST_EXPANSIONS:
                    raise too_many_words()
            return words[like]

        found = []
        for segment in self.segments:
            search = SegmentSearch(segment, expand, work)
            mask = search.matching(query)
            if allowed is not None and allowed.only is not None:
                mask &= segment.facts.among("record_id", allowed.only)
            if allowed is not None and allowed.without:
                mask &= ~segment.facts.among("record_id", allowed.without)
            found.append(Found(search, mask))
        return found

    def totals(self) -> IndexCounts:
        """How many documents count, and of how many some part could not be read."""
        left = unsearchable = 0
        for opened in self.segments:
            removed = opened.segment.removed
            left += opened.segment.left
            unsearchable += int(np.count_nonzero(opened.facts.unsearchable))
            unsearchable -= sum(bool(opened.facts.unsearchable[number]) for number in removed)
        return IndexCounts(left, unsearchable)

    def page(self, found: Sequence[Found], query: Query, order: Order, offset: int, limit: int | None) -> list[str]:
        """The ids from the `offset`-th on: best first, then newest first, then by id."""
        scores = ranks([one.search for one in found], query) if order is Order.RELEVANCE else None
        keys: list[tuple[float, int, str]] = []
        for place, one in enumerate(found):
            numbers = np.flatnonzero(one.mask)
            ids = one.search.segment.facts.record_ids
            moments = one.search.segment.facts.happened[numbers].tolist()
            best = [0.0] * len(numbers) if scores is None else scores[place][numbers].tolist()
            keys += [
                (-score, -moment, ids[number])
                for score, moment, number in zip(best, moments, numbers.tolist(), strict=True)
            ]
        end = len(keys) if limit is None else offset + limit
        chosen = nsmallest(end, keys) if end * 8 < len(keys) else sorted(keys)
        return [record_id for _, _, record_id in chosen[offset:end]]

    def facet(self, found: Sequence[Found], name: FacetName, *, zone: tzinfo, most: int) -> Facet:
        """How many of what was found have each value."""
        counts: Counter[str | None] = Counter()
        without = 0
        for one in found:
            numbers = np.flatnonzero(one.mask).tolist()
            facts = one.search.segment.facts
            if name is FacetName.MONTH:
                moments = facts.happened
                counts.update(moment_of(int(moments[number])).astimezone(zone).strftime("%Y-%m") for number in numbers)
            elif name is FacetName.CORRESPONDENT:
                several = facts.values("correspondents")
                for number in numbers:
                    counts.update(set(several[number]))
                    without += not several[number]
            else:
                values = facts.values(_VALUES[name])
                counts.update(values[number] for number in numbers)
        without += counts.pop(None, 0) + counts.pop("", 0)
        ordered = sorted(((str(value), count) for value, count in counts.items()), key=lambda pair: (-pair[1], pair[0]))
        return Facet(name=name, counts=tuple(ordered[:most]), others=max(len(ordered) - most, 0), without=without)

    def positions(self, record_ids: Sequence[str]) -> dict[str, int]:
        """The ledger position of each of these records' documents; unknown ids are left out."""
        return {
            record_id: opened.facts.positions[number]
            for opened in self.segments
            for record_id, number in self._numbers(opened, record_ids)
        }

    def groups(self, record_ids: Sequence[str]) -> dict[str, Groups]:
        """The groups of these records; unknown ids are left out."""
        made: dict[str, Groups] = {}
        for opened in self.segments:
            columns = [opened.facts.values(name) for name in ("thread", "equal", "likeness")]
            for record_id, number in self._numbers(opened, record_ids):
                made[record_id] = Groups(*(bytes.fromhex(column[number]) for column in columns))
        return made

    def sharing(self, record_ids: Sequence[str], *, threads: bool) -> frozenset[str]:
        """These records, and all that have directly in common what puts records together."""
        asked = self.groups(record_ids)
        wanted = frozenset(one for groups in asked.values() for one in marks_of(groups, threads=threads))
        found = set(asked)
        for opened in self.segments if wanted else ():
            thread, equal = opened.facts.values("thread"), opened.facts.values("equal")
            for number, record_id in enumerate(opened.facts.record_ids):
                own = Groups(bytes.fromhex(thread[number]), bytes.fromhex(equal[number]), b"")
                if number not in opened.segment.removed and not wanted.isdisjoint(marks_of(own, threads=threads)):
                    found.add(record_id)
        return frozenset(found)

    @staticmethod
    def _numbers(opened: OpenSegment, record_ids: Sequence[str]) -> Iterator[tuple[str, int]]:
        for record_id in record_ids:
            number = opened.facts.numbers.get(record_id)
            if number is not None and number not in opened.segment.removed:
                yield record_id, number

    def expanded(self, like: Like, most: int, work: Work) -> tuple[str, ...]:
        """The words that are like what was asked, sorted; one more than `most` where there are more."""
        fits = word_test(like)
        found: set[str] = set()
        for segment in self.segments:
            words = tuple(segment.whole_words())
            for start in range(0, len(words), _AT_ONCE):
                work.spend(_AT_ONCE)
                found.update(filter(fits, words[start : start + _AT_ONCE]))
        return tuple(nsmallest(most + 1, found))
