"""What every search engine promises: a reader and a writer, tested by one conformance suite.

Rules:

- A search is exact: its total is the number of matching records, and every one of them can be reached.
- An index that cannot be read answers `Corrupt`, never "no hits".
- What is added is durable together with the ledger position it brings the index to; adding twice changes nothing.
- Rights are part of the search (`IdScope`), never a filter afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

from storage.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from search.documents import IndexDocument
    from search.queries import Query

NOTHING_READ: Final = -1
"""The position of an index that has read no event yet; ledger positions begin at 0."""


class IndexOutdated(Conflict):
    """The index was built by another version of engine, projection or analyser; it has to be built again."""


class Order(StrEnum):
    """`DATE`: newest first by asserted moment, else capture, then by id. `RELEVANCE`: the engine's own rank first."""

    DATE = "date"
    RELEVANCE = "relevance"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdScope:
    """Which records a search may see: `only` these if given, and none of `without`."""

    only: frozenset[str] | None = None
    without: frozenset[str] = frozenset()

    def admits(self, record_id: str) -> bool:
        """Whether this record may be seen."""
        return (self.only is None or record_id in self.only) and record_id not in self.without


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of a result: the exact number of all matching records, and the ids of this page in order."""

    total: int
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IndexCounts:
    """How many records an index holds, and of how many some part has no text that could be read."""

    indexed: int
    unsearchable: int


class IndexReader(Protocol):
    """Finding records. Safe to use from several threads, and beside a writer in another program."""

    def search(
        self, query: Query, *, limit: int, offset: int = 0, order: Order = Order.DATE, allowed: IdScope | None = None
    ) -> SearchPage:
        """The records that match, from the `offset`-th on, at most `limit`.

        Raises:
            Corrupt: the index is damaged or not under this key.
        """

    def ids(self, query: Query, *, allowed: IdScope | None = None) -> Iterator[str]:
        """The id of every record that matches, newest first, as of one moment.

        Raises:
            Corrupt: the index is damaged or not under this key.
        """

    def counts(self) -> IndexCounts:
        """How much is indexed."""


class IndexWriter(Protocol):
    """Bringing an index forward along the ledger."""

    def position(self) -> int:
        """The ledger position up to which (included) events have been read; `NOTHING_READ` at first."""

    def add(self, documents: Sequence[IndexDocument], position: int) -> None:
        """Add documents and move to `position`, in one durable step; the position never goes back.

        A document whose record is there already replaces it unless the one there is of a later position.
        """

    def remove(self, record_ids: Sequence[str], position: int) -> None:
        """Take records out and move to `position`, in one durable step; unknown ids are harmless."""


class SearchIndex(IndexReader, IndexWriter, Protocol):
    """Both, and a way to let go of it."""

    def present(self) -> SearchIndex:
        """The index that answers now, for steps of several calls: another may take its place between two of them."""

    def close(self) -> None:
        """Close every connection and file; harmless when repeated."""
