"""The default engine: SQLite FTS5 inside SQLCipher, without a copy of the content.

Rules:

- FTS5 gets the analyser's words and splits at the space (`search.fts_tokens`); what else a document has stands in
  tables beside it (`search.fts_schema`).
- One transaction adds documents and moves the ledger position; with `synchronous=FULL` it is durable.
- An index says by which engine, projection and analyser it was built. Any other is `IndexOutdated`.
- A missing or emptied file, a wrong key and a damaged page are `Corrupt`, never an empty result.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from search.analysis import ANALYSER_VERSION
from search.fts_check import check_quickly, check_thoroughly
from search.fts_connections import Connections
from search.fts_facets import count_facets, read_groups
from search.fts_facts import FactsInMemory
from search.fts_known import KnownNow
from search.fts_marks import MarksInMemory
from search.fts_numbers import NumbersInMemory
from search.fts_reading import Reading
from search.fts_schema import SCHEMA
from search.fts_terms import TermsInMemory
from search.fts_writing import COUNTERS, Memo, add_documents, known, meta, remove_documents
from search.index import NOTHING_READ, IndexCounts, IndexOutdated, Order, SearchPage
from search.projection import PROJECTION_VERSION
from storage.errors import Corrupt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import tzinfo
    from pathlib import Path

    from search.documents import IndexDocument
    from search.index import Facet, FacetName, Groups, IdScope
    from search.queries import Like, Query
    from search.stopping import Stop

ENGINE_VERSION: Final = 2
VERSION: Final = f"fts/{ENGINE_VERSION} projection/{PROJECTION_VERSION} analyser/{ANALYSER_VERSION}"


class FtsIndex:
    """A `SearchIndex` in one encrypted file; make it with `open_fts_index`."""

    def __init__(self, path: Path, key: bytes, *, clock: Callable[[], float] = time.thread_time) -> None:
        self._path = path
        self._connections = Connections(path, key)
        self._memo = Memo()
        self._facts = FactsInMemory()
        self._terms = TermsInMemory(clock)
        self._numbers = NumbersInMemory()
        self._marks = MarksInMemory()

    def present(self) -> FtsIndex:
        """Itself: a generation stays what it is."""
        return self

    def position(self) -> int:
        """The ledger position up to which events have been read."""
        with self._connections.reading() as connection:
            position: int = meta(connection)["position"]
            return position

    def add(self, documents: Sequence[IndexDocument], position: int) -> None:
        """Add documents and move to `position`, in one durable step."""
        with self._writing() as connection:
            add_documents(connection, self._memo, documents, position)

    def remove(self, record_ids: Sequence[str], position: int) -> None:
        """Take records out and move to `position`, in one durable step."""
        with self._writing() as connection:
            remove_documents(connection, record_ids, position)

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
        with self._reading(stop) as reading:
            return reading.page(query, allowed, order, offset, limit)

    def ids(self, query: Query, *, allowed: IdScope | None = None, stop: Stop | None = None) -> Iterator[str]:
        """The id of every record that matches, newest first, as of one moment."""
        # read at once: an iterator left open would hold back the write-ahead log's checkpoint
        with self._reading(stop) as reading:
            return iter(reading.ids(query, allowed))

    def counts(self) -> IndexCounts:
        """How much is indexed."""
        with self._connections.reading() as connection:
            said = meta(connection)
            return IndexCounts(said["indexed"], said["unsearchable"])

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
        with self._connections.reading(stop) as connection:
            facts, places = self._search_on(connection, stop).places(query, allowed)
            return count_facets(connection, facts, places, names, zone, most)

    def expand(self, like: Like, most: int, *, stop: Stop | None = None) -> tuple[str, ...]:
        """The words of the index that are like what was asked, sorted; one more than `most` where there are more."""
        with self._connections.reading(stop) as connection:
            found = self._terms.expand(connection, like, most, allowance=self._terms.allowance(), stop=stop)
        return tuple(sorted({word for words in found.values() for word in words})[: most + 1])

    def groups(self, record_ids: Sequence[str]) -> dict[str, Groups]:
        """The groups of these records; unknown ids are left out."""
        with self._connections.reading() as connection:
            return read_groups(connection, record_ids)

    def sharing(self, record_ids: Sequence[str], *, threads: bool) -> frozenset[str]:
        """These records, and all that have directly in common what puts records together."""
        with self._connections.reading() as connection:
            return self._marks.sharing(connection, record_ids, threads=threads)

    def document_positions(self, record_ids: Sequence[str]) -> dict[str, int]:
        """The ledger position of each of these records' documents; ids that are not there are left out."""
        with self._connections.reading() as connection:
            return {one: position for one, (_, position) in known(connection, list(record_ids)).items()}

    def check(self, *, thorough: bool) -> None:
        """Look whether it can be trusted: quickly, or every page of it.

        Raises:
            Corrupt: it is damaged.
        """
        self._connections.forget_idle()  # pages that a connection has read already are not looked at again
        with self._connections.reading() as connection:
            if thorough:
                check_thoroughly(connection)
            else:
                check_quickly(connection)

    def close(self) -> None:
        """Close every connection; harmless when repeated."""
        self._connections.close()

    def create(self) -> None:
        """Make the file and its tables."""
        os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        first = {"version": VERSION, "position": NOTHING_READ} | dict.fromkeys(COUNTERS, 0)
        with self._writing() as connection:
            for statement in SCHEMA:
                connection.execute(statement)
            connection.executemany("INSERT INTO meta VALUES (?, ?)", first.items())

    def check_version(self, *, older: bool = False) -> None:
        """Refuse an index of another engine, projection or analyser; with `older` of another engine only."""
        with self._connections.reading() as connection:
            row = connection.execute("SELECT value FROM meta WHERE name = 'version'").fetchone()
            if row is None:
                raise Corrupt(f"the search index {self._path.name} is incomplete; run: archiver index rebuild")
            built, present = str(row[0]), VERSION
            if older:
                built, present = built.partition(" ")[0], present.partition(" ")[0]
            if built != present:
                raise IndexOutdated("the search index was built by another version; run: archiver index rebuild")
            check_quickly(connection)

    @contextmanager
    def _reading(self, stop: Stop | None) -> Iterator[Reading]:
        with self._connections.reading(stop) as connection:
            yield self._search_on(connection, stop)

    def _search_on(self, connection: Any, stop: Stop | None) -> Reading:
        return Reading(connection, KnownNow(connection, self._terms, self._numbers, stop), self._facts, stop)

    @contextmanager
    def _writing(self) -> Iterator[Any]:
        try:
            with self._connections.writing() as connection:
                yield connection
        except BaseException:
            self._memo = Memo()  # it may know of what was undone
            raise


def open_fts_index(path: Path, key: bytes, *, create: bool = False, older: bool = False) -> FtsIndex:
    """Open an index, or make a new one.

    Args:
        path: its file.
        key: its raw 32-byte key.
        create: make it; the file must not exist yet.
        older: open it, too, where its projection or analyser alone is of another version.

    Raises:
        Corrupt: the file is missing, damaged, or not under this key.
        IndexOutdated: another version built it; build it again.
    """
    if path.exists() == create:
        detail = "exists already" if create else "is missing"
        raise Corrupt(f"the search index {path.name} {detail}; run: archiver index rebuild")
    index = FtsIndex(path, key)
    try:
        if create:
            index.create()
        else:
            index.check_version(older=older)
    except BaseException:
        index.close()
        raise
    return index
