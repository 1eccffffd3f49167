"""Which documents of a segment a query matches, and how well: our tree over Whoosh's postings.

Rules:

- The tree is ours, and so is what joins its leaves: a mask over the documents of a segment. Whoosh's `And` of 1,000
  parts ends in a `RecursionError` (tried with 2.7.4); a mask is as deep as the query.
- A phrase is checked over the places that Whoosh keeps of its words, nearness as `search.naive_matcher` says.
- Work is counted, not timed: a query that would take long is refused with a sentence, and never cut.
- Rank is BM25 of the words and phrases asked for (Robertson and Zaragoza 2009, k1 = 1.2, b = 0.75), over all columns of
  a word together; documents that match without any of them have none.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from search.queries import (
    Among,
    And,
    Between,
    Fact,
    Is,
    Like,
    Not,
    Or,
    Query,
    Sized,
    Words,
    exact_columns,
    leaves,
    patterns,
)
from search.whoosh_codec import as_term, columns_bit, places_of
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from search.documents import Column
    from search.queries import Pattern
    from search.stopping import Stop
    from search.whoosh_segments import OpenSegment

MOST_WORK: Final = 20_000_000
_WORK_OF_A_WORD: Final = 20
_WORK_OF_PLACES: Final = 4
_K1: Final = 1.2
_B: Final = 0.75

Mask: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]
Numbers: TypeAlias = np.ndarray[Any, np.dtype[np.uint32]]
Counts: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]
_FACT_NAMES: Final = {
    Fact.KIND: "kind",
    Fact.CHANNEL: "channel",
    Fact.PLATFORM: "platform",
    Fact.LANGUAGE: "language",
    Fact.CUSTODIAN_ID: "custodian_id",
}


class Work:
    """How much one search has asked of the index so far."""

    def __init__(self, stop: Stop | None = None, most: int = MOST_WORK) -> None:
        self._stop = stop
        self._left = most

    def spend(self, amount: int) -> None:
        """Count some.

        Raises:
            InvalidInput: it is more than one search may ask.
            SearchStopped: the search was asked to end.
        """
        self._left -= amount
        if self._stop is not None:
            self._stop.check()
        if self._left < 0:
            raise InvalidInput(
                "this search asks more than the engine whoosh answers in reasonable time; narrow it, or search with the"
                " engine fts"
            )


class SegmentSearch:
    """One segment, being searched by one query."""

    def __init__(self, segment: OpenSegment, expand: Callable[[Like], Sequence[str]], work: Work) -> None:
        self.segment = segment
        self._expand = expand
        self._work = work
        self._documents = segment.segment.documents
        self._found: dict[tuple[Column, Pattern], tuple[Numbers, Counts]] = {}

    def matching(self, query: Query) -> Mask:
        """Which documents match, of those that count."""
        found = self._mask(query)
        if self.segment.segment.removed:
            found[list(self.segment.segment.removed)] = False
        return found

    def hits(self, column: Column, pattern: Pattern) -> tuple[Numbers, Counts]:
        """The documents in one column of which a pattern stands, and how often."""
        place = column, pattern
        if place not in self._found:
            self._found[place] = self._stands(column, pattern)
        return self._found[place]

    def _mask(self, query: Query) -> Mask:
        match query:
            case Not():
                return ~self._mask(query.part)
            case And():
                found = np.ones(self._documents, dtype=bool)
                for part in query.parts:
                    found &= self._mask(part)
                return found
            case Or():
                found = np.zeros(self._documents, dtype=bool)
                for part in query.parts:
                    found |= self._mask(part)
                return found
            case Words():
                sought = ((column, pattern) for pattern in patterns(query) for column in pattern.columns)
                return self._marked(self.hits(column, pattern)[0] for column, pattern in sought)
            case Like():
                columns = exact_columns(query.field)
                return self._marked(
                    self._any(column, words)[0] for column, words in self._standing(columns, self._expand(query))
                )
            case _:
                return self._fact(query)

    def _marked(self, several: Iterable[Numbers]) -> Mask:
        found = np.zeros(self._documents, dtype=bool)
        for numbers in several:
            found[numbers] = True
        return found

    def _fact(self, query: Is | Sized | Between | Among) -> Mask:
        facts = self.segment.facts
        match query:
            case Between():
                return facts.between(query.clock, query.start, query.end)
            case Among():
                return facts.among("record_id", query.record_ids)
            case Sized():
                found = np.ones(self._documents, dtype=bool)
                if query.least is not None:
                    found &= facts.sizes >= query.least
                if query.below is not None:
                    found &= facts.sizes < query.below
                return found
            case Is(fact=Fact.ID):
                wanted = frozenset({query.value})
                return facts.among("record_id", wanted) | facts.among("submission_id", wanted)
            case Is():
                return facts.among(_FACT_NAMES[query.fact], frozenset({query.value}))

    def _stands(self, column: Column, pattern: Pattern) -> tuple[Numbers, Counts]:
        words = [as_term(word) for word in pattern.line.split(" ")]
        if pattern.within is not None:
            distinct = [[word] for word in dict.fromkeys(words)]
            return self._together(column, distinct, lambda places: _near(places, pattern.within or 0))
        alternatives = [[word] for word in words]
        if pattern.prefix:
            alternatives[-1] = list(self.segment.begun_with(column, words[-1]))
        if len(words) == 1:
            return self._any(column, alternatives[0])
        return self._together(column, alternatives, _in_a_row)

    def _standing(self, columns: Sequence[Column], words: Iterable[str]) -> Iterator[tuple[Column, list[bytes]]]:
        """Which of these words stand in which of these columns."""
        known = self.segment.whole_words()
        here = [(as_term(word), known[word]) for word in words if word in known]
        for column in columns:
            bit = columns_bit(column)
            yield column, [term for term, standing in here if standing & bit]

    def _any(self, column: Column, words: Sequence[bytes]) -> tuple[Numbers, Counts]:
        """The documents with any of these words, and how often they have them."""
        counts = np.zeros(self._documents, dtype=np.float32)
        for word in words:
            self._work.spend(_WORK_OF_A_WORD)
            found = self.segment.postings(column, word)
            if found is not None:
                for numbers, weights, _ in found.blocks():
                    self._work.spend(len(numbers))
                    counts[np.asarray(numbers, dtype=np.uint32)] += np.asarray(weights, dtype=np.float32)
        documents = np.flatnonzero(counts).astype(np.uint32)
        return documents, counts[documents]

    def _together(
        self,
        column: Column,
        alternatives: Sequence[Sequence[bytes]],
        count: Callable[[list[list[int]]], int],
    ) -> tuple[Numbers, Counts]:
        """The documents with one word of each of these, standing as `count` finds at least once."""
        candidates: set[int] | None = None
        several: list[dict[int, list[bytes]]] = []
        for words in alternatives:
            values = self._values(column, words, candidates)
            candidates = set(values)
            several.append(values)
            if not candidates:
                return np.empty(0, dtype=np.uint32), np.empty(0, dtype=np.float32)
        numbers, counts = [], []
        for number in sorted(candidates or ()):
            self._work.spend(_WORK_OF_PLACES * len(several))
            places = [[place for value in values[number] for place in places_of(value)] for values in several]
            if often := count(places):
                numbers.append(number)
                counts.append(often)
        return np.array(numbers, dtype=np.uint32), np.array(counts, dtype=np.float32)

    def _values(self, column: Column, words: Sequence[bytes], among: set[int] | None) -> dict[int, list[bytes]]:
        """What Whoosh keeps of the places of any of these words, of those documents alone."""
        found: dict[int, list[bytes]] = {}
        for word in words:
            self._work.spend(_WORK_OF_A_WORD)
            postings = self.segment.postings(column, word)
            if postings is None:
                continue
            for numbers, _, values in postings.blocks():
                self._work.spend(len(numbers))
                for number, value in zip(numbers, values, strict=True):
                    if among is None or number in among:
                        found.setdefault(number, []).append(value)
        return found


def _in_a_row(places: list[list[int]]) -> int:
    """How often one place of each list follows one of the list before."""
    starts = set(places[0])
    for further, found in enumerate(places[1:], start=1):
        starts.intersection_update([place - further for place in found])
    return len(starts)


def _near(places: list[list[int]], within: int) -> int:
    """How often all stand with at most so many places between the outermost two, as the naive matcher counts them."""
    often = 0
    last: dict[int, int] = {}
    for place, which in sorted((place, which) for which, found in enumerate(places) for place in found):
        last[which] = place
        if len(last) == len(places) and place - min(last.values()) - 1 <= within:
            often += 1
    return often


def ranks(searches: Sequence[SegmentSearch], query: Query) -> list[Counts]:
    """How well each document of each segment fits the words asked for; 0 where none of them stands in it."""
    scores = [np.zeros(one.segment.segment.documents, dtype=np.float32) for one in searches]
    total = sum(one.segment.segment.documents for one in searches)
    words_in_all = sum(float(one.segment.facts.lengths.sum()) for one in searches)
    average = max(words_in_all / total, 1.0) if total else 1.0
    wanted = Counter(words for words, positive in leaves(query) if positive)
    for words in wanted:
        found = [
            [one.hits(column, pattern) for pattern in patterns(words) for column in pattern.columns] for one in searches
        ]
        often = []
        for one, several in zip(searches, found, strict=True):
            counts = np.zeros(one.segment.segment.documents, dtype=np.float32)
            for numbers, times in several:
                counts[numbers] = np.maximum(counts[numbers], times)
            often.append(counts)
        standing = sum(int(np.count_nonzero(counts)) for counts in often)
        rarity = math.log(1 + (total - standing + 0.5) / (standing + 0.5))
        for one, counts, score in zip(searches, often, scores, strict=True):
            length = _K1 * (1 - _B + _B * one.segment.facts.lengths / average)
            np.add(score, rarity * counts * (_K1 + 1) / (counts + length), out=score)
    return scores
