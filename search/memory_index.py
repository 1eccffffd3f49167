"""The reference index: documents in memory, searched by the naive matcher. Slow, obvious, and always right."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

from search.documents import BOUNDARY
from search.index import (
    MOST_EXPANSIONS,
    NOTHING_READ,
    Facet,
    FacetName,
    Groups,
    IndexCounts,
    Order,
    SearchPage,
    too_many_words,
)
from search.naive_matcher import matches
from search.queries import Like, all_leaves, exact_columns, leaves, patterns
from search.shared_marks import marks_of
from search.term_patterns import word_test

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    from search.documents import IndexDocument
    from search.index import IdScope
    from search.queries import Query
    from search.stopping import Stop


class MemoryIndex:
    """A `SearchIndex` that lives as long as its object."""

    def __init__(self) -> None:
        self._documents: dict[str, IndexDocument] = {}
        self._position = NOTHING_READ
        self._lock = threading.Lock()

    def present(self) -> MemoryIndex:
        """Itself: no other takes its place."""
        return self

    def position(self) -> int:
        """The ledger position up to which events have been read."""
        return self._position

    def add(self, documents: Sequence[IndexDocument], position: int) -> None:
        """Add documents and move to `position`."""
        with self._lock:
            for document in documents:
                present = self._documents.get(document.record_id)
                if present is None or present.position <= document.position:
                    self._documents[document.record_id] = document
            self._position = max(self._position, position)

    def remove(self, record_ids: Sequence[str], position: int) -> None:
        """Take records out and move to `position`."""
        with self._lock:
            for record_id in record_ids:
                self._documents.pop(record_id, None)
            self._position = max(self._position, position)

    def search(
        self,
        query: Query,
        *,
        limit: int,
        offset: int = 0,
        order: Order = Order.DATE,
        allowed: IdScope | None = None,
        stop: Stop | None = None,
    ) -> SearchPage:
        """The records that match; by relevance means by how often the sought words stand in them."""
        found = self._matching(query, allowed, stop)
        if order is Order.RELEVANCE:
            found.sort(key=lambda document: -_occurrences(query, document))
        page = found[offset : offset + limit]
        return SearchPage(len(found), tuple(document.record_id for document in page))

    def ids(self, query: Query, *, allowed: IdScope | None = None, stop: Stop | None = None) -> Iterator[str]:
        """The id of every record that matches, newest first."""
        return iter([document.record_id for document in self._matching(query, allowed, stop)])

    def counts(self) -> IndexCounts:
        """How much is indexed."""
        with self._lock:
            unsearchable = sum(document.unsearchable for document in self._documents.values())
            return IndexCounts(len(self._documents), unsearchable)

    def facets(
        self,
        query: Query,
        names: Sequence[FacetName],
        *,
        zone: tzinfo,
        most: int,
        allowed: IdScope | None = None,
        stop: Stop | None = None,
    ) -> tuple[Facet, ...]:
        """Exact counts of all hits by each of these, at most `most` values of each; months are those of `zone`."""
        found = self._matching(query, allowed, stop)
        return tuple(_facet([_values(one, name, zone) for one in found], name, most) for name in names)

    def expand(self, like: Like, most: int, *, stop: Stop | None = None) -> tuple[str, ...]:
        """The words of the index that are like what was asked, sorted; one more than `most` where there are more."""
        if stop is not None:
            stop.check()
        fits = word_test(like)
        with self._lock:
            documents = list(self._documents.values())
        columns = exact_columns(like.field)
        words = {word for one in documents for column in columns for word in one.column(column).split(" ")}
        return tuple(sorted(filter(fits, words - {"", BOUNDARY}))[: most + 1])

    def groups(self, record_ids: Sequence[str]) -> dict[str, Groups]:
        """The groups of these records; unknown ids are left out."""
        with self._lock:
            found = [self._documents[one] for one in record_ids if one in self._documents]
        return {one.record_id: Groups(one.thread, one.equal, one.likeness) for one in found}

    def sharing(self, record_ids: Sequence[str], *, threads: bool) -> frozenset[str]:
        """These records, and all that have directly in common what puts records together."""
        asked = self.groups(record_ids)
        wanted = {mark for groups in asked.values() for mark in marks_of(groups, threads=threads)}
        with self._lock:
            everything = list(self._documents)
        known = self.groups(everything).items()
        return frozenset(asked) | {one for one, own in known if wanted & marks_of(own, threads=threads)}

    def document_positions(self, record_ids: Sequence[str]) -> dict[str, int]:
        """The ledger position of each of these records' documents; ids that are not there are left out."""
        with self._lock:
            return {one: self._documents[one].position for one in record_ids if one in self._documents}

    def check(self, *, thorough: bool) -> None:
        """Memory is always whole."""

    def close(self) -> None:
        """Nothing is held open."""

    def _matching(self, query: Query, allowed: IdScope | None, stop: Stop | None) -> list[IndexDocument]:
        with self._lock:
            documents = list(self._documents.values())
        likes = {leaf for leaf, _ in all_leaves(query) if isinstance(leaf, Like)}
        if sum(len(self.expand(like, MOST_EXPANSIONS)) for like in likes) > MOST_EXPANSIONS:
            raise too_many_words()
        found = []
        for document in documents:
            if stop is not None:
                stop.check()
            if (allowed is None or allowed.admits(document.record_id)) and matches(query, document):
                found.append(document)
        found.sort(key=lambda document: document.record_id)
        found.sort(key=lambda document: document.happened_at, reverse=True)
        return found


def _values(document: IndexDocument, name: FacetName, zone: tzinfo) -> tuple[str, ...]:
    local = document.happened_at.astimezone(zone)
    found: dict[FacetName, tuple[str | None, ...]] = {
        FacetName.CUSTODIAN: (document.custodian_id,),
        FacetName.CORRESPONDENT: document.correspondents,
        FacetName.PLATFORM: (document.platform,),
        FacetName.CHANNEL: (document.channel.value,),
        FacetName.KIND: (document.kind.value,),
        FacetName.LANGUAGE: (document.language,),
        FacetName.MONTH: (f"{local.year:04}-{local.month:02}",),
    }
    return tuple(dict.fromkeys(one for one in found[name] if one is not None))


def _facet(values: Sequence[tuple[str, ...]], name: FacetName, most: int) -> Facet:
    counts = Counter(value for several in values for value in several)
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    without = sum(not several for several in values)
    return Facet(name=name, counts=tuple(ordered[:most]), others=len(ordered[most:]), without=without)


def _occurrences(query: Query, document: IndexDocument) -> int:
    return sum(
        f" {document.column(column)} ".count(f" {pattern.line} ")
        for words, positive in leaves(query)
        if positive
        for pattern in patterns(words)
        for column in pattern.columns
    )
