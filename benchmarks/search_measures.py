"""How long an index takes: by date, by relevance, to count, to count by facets; to build, and to take one record more.

Rules:

- Every time is of one call in this program, with the exact total in it. The first call of each query is not counted:
  caches are empty then. A query that takes long is asked less often.
- Only the adding is timed where documents are added; they are made meanwhile by another process, and a batch is what
  the follower takes.
"""

from __future__ import annotations

import multiprocessing
import time
from collections import defaultdict
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from benchmarks.index_documents import documents
from benchmarks.report import percentile
from benchmarks.search_queries import ZONE
from search.follower import BATCH
from search.index import FacetName, Order
from storage.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from multiprocessing.queues import Queue

    from benchmarks.search_queries import AskedQuery
    from search.documents import IndexDocument
    from search.engines import EngineIndex
    from search.queries import Query

PAGE: Final = 20
FACET_VALUES: Final = 10
MANY_HITS: Final = 300_000
_LONG = 1.5
_AHEAD = 8
MADE_TOGETHER: Final = 2_000


@dataclass(slots=True)
class Timed:
    """A query, what it found, and the seconds of each way to ask it."""

    asked: AskedQuery
    total: int = 0
    refusal: str = ""
    date: list[float] = field(default_factory=list)
    relevance: list[float] = field(default_factory=list)
    count: list[float] = field(default_factory=list)
    facets: list[float] = field(default_factory=list)


def measure(index: EngineIndex, queries: Sequence[AskedQuery], rounds: int) -> list[Timed]:
    """Ask every query in every way, so many times."""
    found = []
    for asked in queries:
        timed = Timed(asked)
        try:
            timed.total = index.search(asked.query, limit=PAGE).total
            for way, ask in _ways(index, asked.query).items():
                setattr(timed, way, repeated(ask, rounds))
        except ArchiveError as refusal:
            timed.refusal = str(refusal)
        found.append(timed)
    return found


def _ways(index: EngineIndex, query: Query) -> dict[str, Callable[[], object]]:
    return {
        "date": lambda: index.search(query, limit=PAGE),
        "relevance": lambda: index.search(query, limit=PAGE, order=Order.RELEVANCE),
        "count": lambda: index.search(query, limit=0),
        "facets": lambda: index.facets(query, tuple(FacetName), zone=ZONE, most=FACET_VALUES),
    }


def repeated(ask: Callable[[], object], rounds: int) -> list[float]:
    """Seconds of each of so many calls after one that is not counted; fewer where they take long."""
    ask()
    times: list[float] = []
    while len(times) < rounds and sum(times) < _LONG:
        began = time.perf_counter()
        ask()
        times.append(time.perf_counter() - began)
    return times


def by_kind(timed: Iterable[Timed]) -> dict[str, list[Timed]]:
    """By class, in the order of the queries."""
    found: dict[str, list[Timed]] = defaultdict(list)
    for one in timed:
        found[one.asked.kind].append(one)
    return found


def at(share: float, timed: Iterable[Timed], way: str) -> float:
    """The percentile of one way over all these queries, in seconds; not a number where none was asked."""
    values = [seconds for one in timed for seconds in getattr(one, way)]
    return percentile(values, share) if values else float("nan")


def made(count: int) -> Iterator[list[IndexDocument]]:
    """So many made documents in lists of `MADE_TOGETHER`; a process of its own is a little ahead of who takes them."""
    spawn = multiprocessing.get_context("spawn")
    lists: Queue[list[IndexDocument]] = spawn.Queue(_AHEAD)
    maker = spawn.Process(target=_make, args=(count, lists), daemon=True)
    maker.start()
    try:
        for _ in range(-(-count // MADE_TOGETHER)):
            yield lists.get()
    finally:
        maker.kill()
        maker.join()


def _make(count: int, lists: Queue[list[IndexDocument]]) -> None:
    source = documents(count)
    while several := list(islice(source, MADE_TOGETHER)):
        lists.put(several)


def add(index: EngineIndex, made_lists: Iterable[Sequence[IndexDocument]], batch: int = BATCH) -> float:
    """Add documents in durable batches; the seconds that the index took."""
    seconds = 0.0
    for several in made_lists:
        began = time.perf_counter()
        for start in range(0, len(several), batch):
            part = several[start : start + batch]
            index.add(part, part[-1].position)
        seconds += time.perf_counter() - began
    return seconds


def single_additions(index: EngineIndex, like: Sequence[IndexDocument]) -> list[float]:
    """Seconds of adding each of these as a new record, durably, one by one; they are taken out again."""
    times, position = [], index.position()
    ids = [f"rec_single{place:020d}" for place in range(len(like))]
    for record_id, document in zip(ids, like, strict=True):
        position += 1
        began = time.perf_counter()
        index.add([replace(document, record_id=record_id, position=position)], position)
        times.append(time.perf_counter() - began)
    index.remove(ids, position)
    return times
