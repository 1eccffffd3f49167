"""The reference index: documents in memory, searched by the naive matcher. Slow, obvious, and always right."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from search.index import NOTHING_READ, IndexCounts, Order, SearchPage
from search.queries import leaves, matches, patterns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from search.documents import IndexDocument
    from search.index import IdScope
    from search.queries import Query


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
        self, query: Query, *, limit: int, offset: int = 0, order: Order = Order.DATE, allowed: IdScope | None = None
    ) -> SearchPage:
        """The records that match; by relevance means by how often the sought words stand in them."""
        found = self._matching(query, allowed)
        if order is Order.RELEVANCE:
            found.sort(key=lambda document: -_occurrences(query, document))
        page = found[offset : offset + limit]
        return SearchPage(len(found), tuple(document.record_id for document in page))

    def ids(self, query: Query, *, allowed: IdScope | None = None) -> Iterator[str]:
        """The id of every record that matches, newest first."""
        return iter([document.record_id for document in self._matching(query, allowed)])

    def counts(self) -> IndexCounts:
        """How much is indexed."""
        with self._lock:
            unsearchable = sum(document.unsearchable for document in self._documents.values())
            return IndexCounts(len(self._documents), unsearchable)

    def close(self) -> None:
        """Nothing is held open."""

    def _matching(self, query: Query, allowed: IdScope | None) -> list[IndexDocument]:
        with self._lock:
            documents = list(self._documents.values())
        found = [
            document
            for document in documents
            if (allowed is None or allowed.admits(document.record_id)) and matches(query, document)
        ]
        found.sort(key=lambda document: document.record_id)
        found.sort(key=lambda document: document.happened_at, reverse=True)
        return found


def _occurrences(query: Query, document: IndexDocument) -> int:
    return sum(
        f" {document.column(column)} ".count(f" {pattern.line} ")
        for words, positive in leaves(query)
        if positive
        for pattern in patterns(words)
        for column in pattern.columns
    )
