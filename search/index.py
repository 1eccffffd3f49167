"""What every search engine promises: a reader and a writer, tested by one conformance suite.

Rules:

- A search is exact: its total is the number of matching records, and every one of them can be reached.
- An index that cannot be read answers `Corrupt`, never "no hits".
- What is added is durable together with the ledger position it brings the index to; adding twice changes nothing.
- Rights are part of the search (`IdScope`), never a filter afterwards.
- A search can be ended from outside (`search.stopping`); then it raises, and gives no part as the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

from storage.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    from search.documents import IndexDocument
    from search.queries import Like, Query
    from search.stopping import Stop

MOST_EXPANSIONS: Final = 10_000
"""How many words of the index the patterns of a search may stand for; beyond it it is refused, never cut."""
NOTHING_READ: Final = -1
"""The position of an index that has read no event yet; ledger positions begin at 0."""


def too_many_words(most: int = MOST_EXPANSIONS) -> InvalidInput:
    """The refusal of patterns that stand for more words than `most`."""
    return InvalidInput(
        f"the patterns of this search stand for more than {most:,} words of the index; give more of their letters, or"
        " split the search into several"
    )


class IndexOutdated(Conflict):
    """The index was built by another version of engine, projection or analyser; it has to be built again."""


class Order(StrEnum):
    """`DATE`: newest first by asserted moment, else capture, then by id. `RELEVANCE`: the engine's own rank first.

    Of very many hits an engine may rank the newest only, and let the others follow.
    """

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
        self,
        query: Query,
        *,
        limit: int,
        offset: int = 0,
        order: Order = Order.DATE,
        allowed: IdScope | None = None,
        stop: Stop | None = None,
    ) -> SearchPage:
        """The records that match, from the `offset`-th on, at most `limit`.

        Raises:
            Corrupt: the index is damaged or not under this key.
            InvalidInput: its patterns stand for more than `MOST_EXPANSIONS` words, or are too dear to compare.
            SearchStopped: `stop` was asked.
        """

    def ids(self, query: Query, *, allowed: IdScope | None = None, stop: Stop | None = None) -> Iterator[str]:
        """The id of every record that matches, newest first, as of one moment.

        Raises:
            Corrupt: the index is damaged or not under this key.
            InvalidInput: its patterns stand for more than `MOST_EXPANSIONS` words, or are too dear to compare.
            SearchStopped: `stop` was asked.
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


class FacetName(StrEnum):
    """What hits can be counted by; values are ids, enumerated names, ISO 639 codes, or months as ``2025-03``."""

    CUSTODIAN = "custodian"
    CORRESPONDENT = "correspondent"
    PLATFORM = "platform"
    CHANNEL = "channel"
    KIND = "kind"
    LANGUAGE = "lang"
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """Hits by value, most first, then by value. A record counts once under each of its values; `without` have none.

    `others` is how many further values there are, of which nothing is shown.
    """

    name: FacetName
    counts: tuple[tuple[str, int], ...]
    others: int
    without: int


@dataclass(frozen=True, slots=True)
class Groups:
    """Which thread a record belongs to, which records say the same, and the signature by which near ones are known."""

    thread: bytes
    equal: bytes
    likeness: bytes


class IndexInsight(Protocol):
    """What can be said of many hits at once. As safe from threads as `IndexReader`."""

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
        """Exact counts of all hits by each of these, at most `most` values of each; months are those of `zone`.

        Raises:
            Corrupt: the index is damaged or not under this key.
            InvalidInput: its patterns stand for more than `MOST_EXPANSIONS` words, or are too dear to compare.
            SearchStopped: `stop` was asked.
        """

    def expand(self, like: Like, most: int, *, stop: Stop | None = None) -> tuple[str, ...]:
        """The words of the index that are like what was asked, sorted; one more than `most` where there are more.

        All that stand in the field are among them, and maybe others of the index, also of records that are removed or
        that one may not see: they are for finding, never for showing.

        Raises:
            Corrupt: the index is damaged or not under this key.
            InvalidInput: the pattern is too dear to compare.
            SearchStopped: `stop` was asked.
        """

    def groups(self, record_ids: Sequence[str]) -> dict[str, Groups]:
        """The groups of these records; unknown ids are left out."""

    def sharing(self, record_ids: Sequence[str], *, threads: bool) -> frozenset[str]:
        """These records, as far as they are known, and all that have directly in common what puts records together.

        With `threads` a link of a thread, else that they say the same. What belongs together is among them, one step
        further; whether it does says `search.grouping`.
        """
