"""Whether an engine and the naive matcher find the same in the same order, and by which smallest query they differ.

Rules:

- The truth is `search.naive_matcher.matches`, asked of every document by itself.
- What is counted by facets is counted once more over the documents that it says should be found.
- An engine is brought to its documents as a follower would: in batches, older versions first, with records that are
  taken out again; what is gone and what is outdated must not be found.
- A query that the language refuses is refused for all, and is drawn anew. A query that only an engine refuses, for the
  number of words that a pattern stands for, is counted apart and never as equal.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from search.index import FacetName, Order
from search.memory_index import MemoryIndex
from search.naive_matcher import matches
from search.queries import Sized
from storage.errors import InvalidInput
from tests.differential.questions import understood
from tests.differential.records import ZONE
from tests.differential.shapes import constructs, shrunk, typed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import tzinfo

    from search.documents import IndexDocument
    from search.index import Facet, IdScope, SearchPage
    from search.queries import Query
    from tests.differential.questions import Catalogue, Question

_BATCH = 256
_PAGE = 7
_FACETS = tuple(FacetName)
_VALUES = 4


class Engine(Protocol):
    """As much of a `SearchIndex` as is compared."""

    def ids(self, query: Query, *, allowed: IdScope | None = None) -> Iterator[str]:
        """Every record that matches, newest first."""

    def search(
        self, query: Query, *, limit: int, offset: int = 0, order: Order = Order.DATE, allowed: IdScope | None = None
    ) -> SearchPage:
        """One page."""

    def facets(
        self,
        query: Query,
        names: Sequence[FacetName],
        *,
        zone: tzinfo,
        most: int,
        allowed: IdScope | None = None,
    ) -> tuple[Facet, ...]:
        """Counts of all hits."""


class Filled(Engine, Protocol):
    """An engine that takes documents."""

    def add(self, documents: Sequence[IndexDocument], position: int) -> None:
        """Add documents."""

    def remove(self, record_ids: Sequence[str], position: int) -> None:
        """Take records out."""


def fill(index: Filled, documents: Sequence[IndexDocument], seed: int) -> None:
    """Bring an engine to exactly these documents, by a way on which much else was there."""
    chance = random.Random(f"way {seed}")
    position = max((document.position for document in documents), default=0) + 1
    twentieth = len(documents) // 20
    # what was there before under the same id, or under one that is gone now, is another document of the same kind
    older = [
        replace(other, record_id=document.record_id, position=-1)
        for document, other in zip(chance.sample(documents, twentieth), documents, strict=False)
    ]
    gone = [replace(one, record_id=f"rec_gone{at}") for at, one in enumerate(chance.sample(documents, twentieth))]
    index.add([*older, *gone], 0)
    for start in range(0, len(documents), _BATCH):
        index.add(documents[start : start + _BATCH], position)
    index.remove([one.record_id for one in gone], position + 1)


def naive_ids(query: Query, documents: Iterable[IndexDocument], allowed: IdScope | None) -> list[str]:
    """What the naive matcher finds, newest first, then by id."""
    found = [one for one in documents if (allowed is None or allowed.admits(one.record_id)) and matches(query, one)]
    found.sort(key=lambda one: one.record_id)
    found.sort(key=lambda one: one.happened_at, reverse=True)
    return [one.record_id for one in found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A query by which an engine and the naive matcher differ: as drawn, as small as it was made, and by how much."""

    engine: str
    drawn: str
    smallest: str
    tree: str
    missing: tuple[str, ...]
    too_many: tuple[str, ...]
    remark: str

    def told(self) -> str:
        """In a few lines."""
        few = slice(0, 5)
        return (
            f"{self.engine} differs: {self.smallest!r}\n  {self.remark}; missing {len(self.missing)} "
            f"{list(self.missing[few])}, too many {len(self.too_many)} {list(self.too_many[few])}\n"
            f"  tree {self.tree[:600]}\n  drawn as {self.drawn[:600]!r}"
        )


@dataclass(slots=True)
class Tally:
    """What was compared so far."""

    compared: int = 0
    with_hits: int = 0
    refused: int = 0
    unanswered: Counter[str] = field(default_factory=Counter)
    by_construct: Counter[str] = field(default_factory=Counter)
    hits_by_construct: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Take in what another counted."""
        self.compared += other.compared
        self.with_hits += other.with_hits
        self.refused += other.refused
        for mine, its in (
            (self.unanswered, other.unanswered),
            (self.by_construct, other.by_construct),
            (self.hits_by_construct, other.hits_by_construct),
            (self.refusals, other.refusals),
        ):
            mine.update(its)
        self.differences += other.differences


class Comparison:
    """Engines beside the naive matcher on the same documents."""

    def __init__(
        self, documents: Sequence[IndexDocument], catalogue: Catalogue, engines: dict[str, Engine], *, shrink: int = 500
    ) -> None:
        self._documents = documents
        self._by_id = {document.record_id: document for document in documents}
        self._catalogue = catalogue
        self._engines = engines
        self._shrink = shrink
        self.tally = Tally()
        self._counted = lru_cache(maxsize=1)(self._count_facets)  # all engines are asked the same, one after the other

    def compare(self, asked: Question) -> bool:
        """Compare one query on every engine; False where the language, or an engine, refuses it."""
        try:
            query = understood(asked.text, self._catalogue)
        except InvalidInput as refusal:
            self.tally.refused += 1
            self.tally.refusals[f"{str(refusal)[:80]} (e.g. {asked.text[:60]})"] += 1
            return False
        expected = naive_ids(query, self._documents, asked.allowed)
        answered = True
        for name, engine in self._engines.items():
            try:
                remark = self._verdict(engine, query, asked.allowed, expected)
            except InvalidInput as refusal:
                self.tally.unanswered[f"{name}: {str(refusal)[:80]}"] += 1
                answered = False
                continue
            if remark:
                self.tally.differences.append(self._smallest(name, engine, asked))
        if answered:
            self._count(asked, bool(expected))
        return answered

    def _count(self, asked: Question, hit: bool) -> None:  # noqa: FBT001 - one of two counts
        self.tally.compared += 1
        self.tally.with_hits += hit
        for construct in set(constructs(asked.shape)):
            self.tally.by_construct[construct] += 1
            self.tally.hits_by_construct[construct] += hit

    def _smallest(self, name: str, engine: Engine, asked: Question) -> Difference:
        def differs(shape: object) -> bool:
            try:
                query = understood(typed(shape), self._catalogue)  # type: ignore[arg-type]
                expected = naive_ids(query, self._documents, asked.allowed)
                return bool(self._verdict(engine, query, asked.allowed, expected))
            except InvalidInput:
                return False

        small = shrunk(asked.shape, differs, most=self._shrink)
        query = understood(typed(small), self._catalogue)
        expected = naive_ids(query, self._documents, asked.allowed)
        found = _found(engine, query, asked.allowed)
        return Difference(
            engine=name,
            drawn=asked.text,
            smallest=typed(small),
            tree=repr(query),
            missing=tuple(sorted(set(expected) - set(found))),
            too_many=tuple(sorted(set(found) - set(expected))),
            remark=self._verdict(engine, query, asked.allowed, expected) + (" (with a scope)" if asked.allowed else ""),
        )

    def _verdict(self, engine: Engine, query: Query, allowed: IdScope | None, expected: Sequence[str]) -> str:
        """In what an engine differs from what is expected; empty where it does not."""
        try:
            return _differing(engine, query, allowed, expected) or self._miscounted(engine, query, allowed, expected)
        except InvalidInput:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it raises is a difference, and the next query is asked
            return f"it raises {type(error).__name__}: {str(error)[:200]}"

    def _count_facets(self, ids: tuple[str, ...]) -> tuple[Facet, ...]:
        right = MemoryIndex()
        right.add([self._by_id[one] for one in ids], 0)
        return right.facets(Sized(None, None), _FACETS, zone=ZONE, most=_VALUES)

    def _miscounted(self, engine: Engine, query: Query, allowed: IdScope | None, expected: Sequence[str]) -> str:
        counted = self._counted(tuple(expected))
        found = engine.facets(query, _FACETS, zone=ZONE, most=_VALUES, allowed=allowed)
        wrong = [one.name.value for one, other in zip(found, counted, strict=True) if one != other]
        return f"the counts differ by {', '.join(wrong)}" if wrong else ""


def _differing(engine: Engine, query: Query, allowed: IdScope | None, expected: Sequence[str]) -> str:
    found = list(engine.ids(query, allowed=allowed))
    if found != list(expected):
        return "the ids differ" if set(found) != set(expected) or len(found) != len(expected) else "the order differs"
    middle = len(expected) // 2
    page = engine.search(query, limit=_PAGE, offset=middle, allowed=allowed)
    if page.total != len(expected):
        return f"the total is {page.total}, not {len(expected)}"
    if list(page.ids) != list(expected[middle : middle + _PAGE]):
        return "a page in the middle differs"
    ranked = engine.search(query, limit=len(expected) + 1, order=Order.RELEVANCE, allowed=allowed)
    if ranked.total != len(expected) or sorted(ranked.ids) != sorted(expected):
        return "by relevance other records are found"
    return ""


def _found(engine: Engine, query: Query, allowed: IdScope | None) -> list[str]:
    try:
        return list(engine.ids(query, allowed=allowed))
    except Exception:  # noqa: BLE001 - the remark says it
        return []


def run(comparison: Comparison, asked: Iterator[Question], count: int, told: Callable[[Difference], None]) -> Tally:
    """Compare until so many queries were answered by all; each difference is told as soon as it is found."""
    tally, known = comparison.tally, 0
    while tally.compared < count:
        comparison.compare(next(asked))
        for difference in tally.differences[known:]:
            told(difference)
        known = len(tally.differences)
    return tally
