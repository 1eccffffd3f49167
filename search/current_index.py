"""An index that is always the generation in one state, whichever that is by now: the one to search, or the one to fill.

Rules:

- The row is looked at before each act, and another generation is opened when it has changed; the one before is closed,
  and with it its key is forgotten.
- Damage that is met is remembered (`Generations.doubt`), and answered as `Corrupt`; it is never an empty result.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from search.engines import DEFAULT
from search.generation_rows import State
from search.index import IndexOutdated, Order
from storage.errors import Corrupt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    from search.documents import IndexDocument
    from search.engines import Engine, EngineIndex
    from search.index import Facet, FacetName, Groups, IdScope, IndexCounts, SearchPage
    from search.queries import Like, Query
    from search.stopping import Stop


class Kept(Protocol):
    """The generations of one engine, as far as this asks them (`search.generations.Generations`)."""

    @property
    def engine(self) -> Engine:
        """Whose they are."""

    def current(self) -> int:
        """The number of the generation that answers."""

    def building(self) -> int | None:
        """The number of the generation that is being built, if one is."""

    def open(self, number: int, *, older: bool = False) -> EngineIndex:
        """Open a generation."""

    def doubt(self, number: int) -> None:
        """Remember that damage was met in a generation."""


class CurrentIndex:
    """A `SearchIndex` of one engine: its current generation, or with `State.BUILDING` the one that is being built."""

    def __init__(self, generations: Kept, state: State = State.CURRENT) -> None:
        self._generations = generations
        self._state = state
        self._opened: tuple[int, EngineIndex] | None = None
        self._outdated = False
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """What whoever follows it is called among others."""
        if self._state is State.BUILDING:
            return f"building-{self.engine}"
        return "follower" if self.engine == DEFAULT else f"follower-{self.engine}"

    @property
    def engine(self) -> str:
        """The engine's name."""
        return self._generations.engine.name

    @property
    def outdated(self) -> bool:
        """Whether another version of projection or analyser built the generation that answers now.

        Raises:
            Corrupt: it is missing or damaged.
            IndexOutdated: another version of the engine built it.
        """
        self._present()
        return self._outdated

    def present(self) -> EngineIndex:
        """The generation that is current now; it may be retired, and then closed, at any time."""
        return self._present()

    def position(self) -> int:
        """The ledger position up to which events have been read."""
        with self._watched() as index:
            return index.position()

    def add(self, documents: Sequence[IndexDocument], position: int) -> None:
        """Add documents and move to `position`, in one durable step."""
        with self._watched() as index:
            index.add(documents, position)

    def remove(self, record_ids: Sequence[str], position: int) -> None:
        """Take records out and move to `position`, in one durable step."""
        with self._watched() as index:
            index.remove(record_ids, position)

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
        """The records that match, from the `offset`-th on, at most `limit`."""
        with self._watched() as index:
            return index.search(query, limit=limit, offset=offset, order=order, allowed=allowed, stop=stop)

    def ids(self, query: Query, *, allowed: IdScope | None = None, stop: Stop | None = None) -> Iterator[str]:
        """The id of every record that matches, newest first."""
        with self._watched() as index:
            return index.ids(query, allowed=allowed, stop=stop)

    def counts(self) -> IndexCounts:
        """How much is indexed."""
        with self._watched() as index:
            return index.counts()

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
        """Exact counts of all hits by each of these."""
        with self._watched() as index:
            return index.facets(query, names, zone=zone, most=most, allowed=allowed, stop=stop)

    def expand(self, like: Like, most: int, *, stop: Stop | None = None) -> tuple[str, ...]:
        """The words of the index that are like what was asked."""
        with self._watched() as index:
            return index.expand(like, most, stop=stop)

    def document_positions(self, record_ids: Sequence[str]) -> dict[str, int]:
        """The ledger position of each of these records' documents."""
        with self._watched() as index:
            return index.document_positions(record_ids)

    def groups(self, record_ids: Sequence[str]) -> dict[str, Groups]:
        """The groups of these records."""
        with self._watched() as index:
            return index.groups(record_ids)

    def sharing(self, record_ids: Sequence[str], *, threads: bool) -> frozenset[str]:
        """These records, and all that have directly in common what puts records together."""
        with self._watched() as index:
            return index.sharing(record_ids, threads=threads)

    def close(self) -> None:
        """Close the generation that is open, if one is."""
        with self._lock:
            if self._opened is not None:
                self._opened[1].close()
            self._opened = None

    def close_retired(self) -> None:
        """Close the generation that is open if it is not current any more, and with it forget its key."""
        if self._opened is None:
            return
        number = self._number()
        with self._lock:
            if self._opened is not None and self._opened[0] < number:
                self._opened[1].close()
                self._opened = None

    def _number(self) -> int:
        if self._state is State.CURRENT:
            return self._generations.current()
        number = self._generations.building()
        if number is None:
            raise Corrupt("no search index is being built any more; run: archiver index rebuild")
        return number

    @contextmanager
    def _watched(self) -> Iterator[EngineIndex]:
        """The present generation; damage that is met in it is remembered."""
        index = self._present()
        try:
            yield index
        except Corrupt:
            number = None if self._opened is None or self._opened[1] is not index else self._opened[0]
            if number is not None:
                self._generations.doubt(number)
            raise

    def _present(self) -> EngineIndex:
        number = self._number()
        with self._lock:
            if self._opened is not None and self._opened[0] == number:
                return self._opened[1]
            if self._opened is not None:
                self._opened[1].close()
                self._opened = None
            try:
                index = self._open(number)
            except Corrupt:
                # between the row and the file another program may have switched; a second look tells
                newer = self._number()
                if newer == number:
                    self._generations.doubt(number)
                    raise
                number, index = newer, self._open(newer)
            self._opened = (number, index)
            return index

    def _open(self, number: int) -> EngineIndex:
        try:
            index = self._generations.open(number)
        except IndexOutdated:
            index = self._generations.open(number, older=True)
            self._outdated = True
        else:
            self._outdated = False
        return index
