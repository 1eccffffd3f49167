"""A search of the FTS5 index, in one read transaction: how many match, a page of them, all of them.

Rules:

- Order by date: newest day first as the numbers are, and within a day by moment and then by id. Only the days that a
  page touches are looked at.
- Order by relevance: BM25 of the words asked for (sqlite.org/fts5.html §5.1.1), best first; facts count nothing in it.
  Records that match without any of these words come last. What is equal is in the order of days. Of more hits
  than `MOST_SCORED` the newest so many are ranked and the others follow by day; a word in so many tells little.
- A list of records is made only where no expression says what is asked.
"""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from search.fts_counts import count_matching
from search.fts_facts import unknown_record
from search.fts_match import MOST_RANKED, ranking_expression, translate_query, word_count
from search.fts_schema import PLACES, day_of
from search.fts_sets import Masks, Straight, matching, straight, without_numbers
from search.fts_tokens import COLUMN_WEIGHTS
from search.fts_writing import meta
from search.index import Order, SearchPage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from search.fts_facts import Facts, FactsInMemory
    from search.fts_known import KnownNow
    from search.fts_match import Node
    from search.index import IdScope
    from search.queries import Query
    from search.stopping import Stop

MOST_SCORED: Final = 300_000
_CHUNK: Final = 5_000
_FEW: Final = 20_000
_ALL_OF: Final = "SELECT words.rowid, d.happened_at, d.record_id FROM words LEFT JOIN docs AS d ON d.doc = words.rowid"
_SCORE: Final = f"bm25(words, {', '.join(map(str, COLUMN_WEIGHTS))})"


class Reading:
    """One search; it ends with its transaction."""

    def __init__(
        self,
        connection: Any,
        known: KnownNow,
        facts: FactsInMemory,
        stop: Stop | None = None,
    ) -> None:
        self._connection = connection
        self._known = known
        self._facts = facts
        self._stop = stop

    def page(self, query: Query, allowed: IdScope | None, order: Order, offset: int, limit: int) -> SearchPage:
        """One page, and how many match."""
        node = translate_query(query, self._known)
        hits = self._straight(node, allowed)
        ranking = ranking_expression(query) if order is Order.RELEVANCE else None
        if hits is None or (hits.is_gathered and ranking is None and limit):
            # of words by their beginning FTS5 gathers all that match before it gives the first: once is enough
            numbers = self._numbers(node, allowed) if hits is None else self._all(hits)
            return SearchPage(len(numbers), self._page_of(numbers, ranking, offset, limit))
        total = self._count(hits)
        if total <= offset or not limit:
            return SearchPage(total, ())
        if ranking is None:
            return SearchPage(total, self._newest(self._first(hits, offset + limit), offset, limit))
        if word_count(query) > MOST_RANKED:
            return SearchPage(total, self._page_of(self._all(hits), ranking, offset, limit))
        return SearchPage(total, self._ids_in_turn(self._best(hits, total, offset, limit)))

    def _page_of(self, numbers: NDArray[np.int64], ranking: str | None, offset: int, limit: int) -> tuple[str, ...]:
        """A page of what matches, newest day first."""
        if ranking is None or not limit or len(numbers) <= offset:
            return self._newest(numbers, offset, limit)
        return self._ids_in_turn(self._ranked(ranking, numbers)[offset : offset + limit])

    def ids(self, query: Query, allowed: IdScope | None) -> list[str]:
        """Every record that matches, newest first."""
        node = translate_query(query, self._known)
        hits = self._straight(node, allowed)
        if hits is None:
            return list(_in_order(self._rows(self._numbers(node, allowed))))
        condition, parameters = hits.condition()
        # LEFT JOIN keeps SQLite from asking FTS5 once for every document instead of once, and shows what is missing
        rows = self._connection.execute(
            f"{_ALL_OF} WHERE {condition} ORDER BY words.rowid DESC",
            parameters,
        )
        return list(_in_order(rows))

    def places(self, query: Query, allowed: IdScope | None) -> tuple[Facts, NDArray[np.int64]]:
        """The facts of all documents, and where in them those that match stand, ascending."""
        node = translate_query(query, self._known)
        hits = self._straight(node, allowed)
        if hits is None or hits.is_every:
            facts = self._facts.of(self._connection, self._stop)
            every = np.arange(len(facts.numbers))
            return facts, every if hits is not None else np.flatnonzero(self._mask(node, allowed, facts))
        numbers = self._all(hits)[::-1]
        if len(numbers) <= _FEW:
            facts = self._facts.of_some(self._connection, numbers, self._stop)
        else:
            facts = self._facts.of(self._connection, self._stop)
        return facts, facts.places(numbers)

    def _straight(self, node: Node, allowed: IdScope | None) -> Straight | None:
        if allowed is not None and allowed.only is not None:
            return None
        found = straight(node)
        if found is None or allowed is None or not allowed.without:
            return found
        return without_numbers(found, self._known.numbers(allowed.without))

    def _mask(self, node: Node, allowed: IdScope | None, facts: Facts) -> NDArray[np.bool_]:
        mask = Masks(self._connection, facts, self._stop).of(node)
        if allowed is not None and allowed.only is not None:
            only = np.zeros(len(mask), dtype=np.bool_)
            only[facts.places(self._known.numbers(allowed.only))] = True
            mask &= only
        if allowed is not None and allowed.without:
            mask[facts.places(self._known.numbers(allowed.without))] = False
        return mask

    def _numbers(self, node: Node, allowed: IdScope | None) -> NDArray[np.int64]:
        """The numbers of what matches, newest day first."""
        facts = self._facts.of(self._connection, self._stop)
        return facts.numbers[self._mask(node, allowed, facts)][::-1]

    def _count(self, hits: Straight) -> int:
        if hits.is_every:
            return int(meta(self._connection)["indexed"])
        return count_matching(self._connection, hits)

    def _all(self, hits: Straight) -> NDArray[np.int64]:
        """The numbers of what matches, newest day first."""
        found = matching(self._connection, *hits.condition())
        return np.concatenate(found)[::-1] if found else np.zeros(0, np.int64)

    def _first(self, hits: Straight, enough: int) -> NDArray[np.int64]:
        """The numbers of the newest so many, and of all others of the last one's day."""
        condition, parameters = hits.condition()
        statement = f"SELECT rowid FROM words WHERE {condition}"  # noqa: S608 - ours
        order = " ORDER BY rowid DESC"
        rows = self._connection.execute(f"{statement}{order} LIMIT ?", (*parameters, enough)).fetchall()
        if len(rows) == enough:
            last = rows[-1][0]
            rest = (*parameters, day_of(last), last)
            rows += self._connection.execute(f"{statement} AND rowid >= ? AND rowid < ?{order}", rest).fetchall()
        return np.array([row[0] for row in rows], dtype=np.int64)

    def _newest(self, numbers: NDArray[np.int64], offset: int, limit: int) -> tuple[str, ...]:
        """The ids of a page; `numbers` go at least to the end of the day of its last."""
        if len(numbers) <= offset or not limit:
            return ()
        days = numbers >> PLACES
        begin = int(np.searchsorted(-days, -days[offset], side="left"))
        end = int(np.searchsorted(-days, -days[min(offset + limit, len(days)) - 1], side="right"))
        found = list(_in_order(self._rows(numbers[begin:end])))
        return tuple(found[offset - begin : offset - begin + limit])

    def _rows(self, numbers: NDArray[np.int64]) -> Iterator[tuple[int, int, str]]:
        """Number, moment and id of these documents, in their order, which is descending."""
        for start in range(0, len(numbers), _CHUNK):
            if self._stop is not None:
                self._stop.check()
            chunk = numbers[start : start + _CHUNK].tolist()
            rows = self._connection.execute(
                "SELECT doc, happened_at, record_id FROM docs WHERE doc IN (SELECT value FROM json_each(?))"
                " ORDER BY doc DESC",
                (json.dumps(chunk),),
            ).fetchall()
            if len(rows) != len(chunk):
                raise unknown_record()
            yield from rows

    def _best(self, hits: Straight, total: int, offset: int, limit: int) -> list[int]:
        after: list[int] = []
        if total > MOST_SCORED:
            if offset + limit > MOST_SCORED:
                after = self._all(hits)[max(offset, MOST_SCORED) : offset + limit].tolist()
            condition, parameters = hits.condition()
            last = f"SELECT rowid FROM words WHERE {condition} ORDER BY rowid DESC LIMIT 1 OFFSET ?"  # noqa: S608 - ours
            hits = replace(hits, least=self._connection.execute(last, (*parameters, MOST_SCORED - 1)).fetchone()[0])
        condition, parameters = hits.condition()
        rows = self._connection.execute(
            f"SELECT rowid, {_SCORE} AS score FROM words WHERE {condition}"  # noqa: S608 - ours
            " ORDER BY score, rowid DESC LIMIT ? OFFSET ?",
            (*parameters, limit, offset),
        )
        return [*(row[0] for row in rows.fetchall()), *after]

    def _ranked(self, ranking: str, numbers: NDArray[np.int64]) -> list[int]:
        """These, which are newest first, with the best first."""
        cursor = self._connection.execute(f"SELECT rowid, {_SCORE} FROM words WHERE words MATCH ?", (ranking,))  # noqa: S608 - ours
        scores = np.zeros(len(numbers))  # scores of BM25 are below 0, the best lowest
        while rows := cursor.fetchmany(_CHUNK):
            places = np.searchsorted(-numbers, [-row[0] for row in rows])
            for place, (number, score) in zip(places.tolist(), rows, strict=True):
                if place < len(numbers) and numbers[place] == number:
                    scores[place] = score
        ranked: list[int] = numbers[np.argsort(scores, kind="stable")].tolist()
        return ranked

    def _ids_in_turn(self, numbers: Iterable[int]) -> tuple[str, ...]:
        wanted = list(numbers)
        descending = np.sort(np.array(wanted, dtype=np.int64))[::-1]
        named = {number: record_id for number, _, record_id in self._rows(descending)}
        return tuple(named[number] for number in wanted)


def _in_order(rows: Iterable[tuple[int, int, str]]) -> Iterator[str]:
    """The ids of rows (number, moment, id) that come by descending numbers: newest first, then by id."""
    for _, several in groupby(rows, key=lambda row: row[0] >> PLACES):
        day = list(several)
        if any(row[2] is None for row in day):
            raise unknown_record()
        for _, _, record_id in sorted(day, key=lambda row: (-row[1], row[2])):
            yield record_id
