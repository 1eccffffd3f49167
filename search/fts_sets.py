"""What a translated query matches: step by step by FTS5 where one expression says it, else as a set over all documents.

Rules:

- `Straight` is one expression, a stretch of time, and few documents in or out. FTS5 answers it without a list: a page
  costs what stands on it, a count 50 ns a hit.
- Anything else is a mask, one byte a document, made leaf by leaf; AND, OR and NOT of masks cost nothing beside it.
- Numbers are in the order of days. Where a stretch of time begins or ends within a day, the documents of that day
  are looked at one by one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from typing import Any as Anything

import numpy as np

from search.fts_match import All, Any, Except, Match, Numbered, Range
from search.fts_schema import PLACES, first_number, is_start_of_day
from search.fts_tokens import BEGINNING, EVERY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from search.fts_facts import Facts
    from search.fts_match import Node
    from search.stopping import Stop

_FEW: Final = 1_000
_CHUNK: Final = 20_000
_AT_ONCE: Final = 16
_MOST_REMEMBERED: Final = 100
_DAY: Final = 1 << PLACES
_HAPPENED = "(SELECT happened_at FROM docs WHERE doc = words.rowid)"


@dataclass(frozen=True, slots=True, eq=False)
class Straight:
    """Documents that match an expression, from `start` to `end`, among some and without others (numbers).

    `least` is the number of the first of them.
    """

    expression: str
    start: int | None = None
    end: int | None = None
    among: NDArray[np.int64] | None = None
    without: NDArray[np.int64] | None = None
    least: int | None = None

    @property
    def is_gathered(self) -> bool:
        """Whether FTS5 gathers all that match before it gives the first: for words by their beginning."""
        return BEGINNING in self.expression

    @property
    def is_plain(self) -> bool:
        """Whether the expression says it all."""
        return all(one is None for one in (self.start, self.end, self.among, self.without, self.least))

    @property
    def is_every(self) -> bool:
        """Whether it is every document."""
        return self.expression == EVERY and self.is_plain

    def condition(self) -> tuple[str, list[str | int]]:
        """What follows ``FROM words WHERE``, and its parameters."""
        parts: list[str] = ["words MATCH ?"]
        parameters: list[str | int] = [self.expression]

        def add(part: str, *values: str | int) -> None:
            parts.append(part)
            parameters.extend(values)

        if self.start is not None:
            first = first_number(self.start)
            add("words.rowid >= ?", first)
            if not is_start_of_day(self.start):
                add(f"(words.rowid >= ? OR {_HAPPENED} >= ?)", first + _DAY, self.start)
        if self.end is not None:
            last = first_number(self.end)
            within = not is_start_of_day(self.end)
            add("words.rowid < ?", last + _DAY if within else last)
            if within:
                add(f"(words.rowid < ? OR {_HAPPENED} < ?)", last, self.end)
        if self.least is not None:
            add("words.rowid >= ?", self.least)
        if self.among is not None:
            add("words.rowid IN (SELECT value FROM json_each(?))", json.dumps(self.among.tolist()))
        if self.without is not None:
            add("+words.rowid NOT IN (SELECT value FROM json_each(?))", json.dumps(self.without.tolist()))
        return " AND ".join(parts), parameters


def straight(node: Node) -> Straight | None:
    """The node as one expression and its conditions, if it can be."""
    parts = node.parts if isinstance(node, All) else (node,)
    found = Straight(EVERY)
    for part in parts:
        if isinstance(part, Match) and found.expression == EVERY:
            found = replace(found, expression=part.expression)
        elif isinstance(part, Range) and part.of == "happened":
            starts = [one for one in (found.start, part.start) if one is not None]
            ends = [one for one in (found.end, part.end) if one is not None]
            found = replace(found, start=max(starts, default=None), end=min(ends, default=None))
        elif isinstance(part, Numbered) and found.among is None and len(part.numbers) <= _FEW:
            found = replace(found, among=part.numbers)
        else:
            return None
    return found


def without_numbers(found: Straight, numbers: NDArray[np.int64]) -> Straight | None:
    """The same less these documents, if they are few enough to be passed over one by one."""
    if len(numbers) == 0:
        return found
    return replace(found, without=numbers) if len(numbers) <= _FEW else None


class Masks:
    """Sets of documents as masks over `Facts`, in one read transaction."""

    def __init__(self, connection: Anything, facts: Facts, stop: Stop | None) -> None:
        self._connection = connection
        self._facts = facts
        self._stop = stop
        self._marked: dict[str, NDArray[np.uint8]] = {}

    def of(self, node: Node) -> NDArray[np.bool_]:
        """Which documents are in the node; a mask that belongs to the caller."""
        facts = self._facts
        match node:
            case Match():
                mask = np.zeros(len(facts.numbers), dtype=np.bool_)
                self._mark(mask, node.expression)
            case Range():
                mask = _within(self._measure(node.of), node)
            case Numbered():
                mask = np.zeros(len(facts.numbers), dtype=np.bool_)
                mask[facts.places(node.numbers)] = True
            case Except():
                mask = ~self.of(node.part)
            case Any():
                mask = self._of_any(node)
            case All():
                mask = np.ones(len(facts.numbers), dtype=np.bool_)
                for part in node.parts:
                    mask &= self.of(part)
                    if not mask.any():
                        break
        return mask

    def _of_any(self, node: Any) -> NDArray[np.bool_]:
        mask = np.zeros(len(self._facts.numbers), dtype=np.bool_)
        expressions = [part.expression for part in node.parts if isinstance(part, Match)]
        for start in range(0, len(expressions), _AT_ONCE):
            self._mark(mask, " OR ".join(expressions[start : start + _AT_ONCE]))
        for part in node.parts:
            if not isinstance(part, Match):
                mask |= self.of(part)
        return mask

    def _measure(self, name: str) -> NDArray[np.int64]:
        facts = self._facts
        return {"happened": facts.happened, "captured": facts.captured, "size": facts.sizes}[name]

    def _mark(self, mask: NDArray[np.bool_], expression: str) -> None:
        """Add what an expression matches; what a query says again and again is asked once."""
        if self._stop is not None:
            self._stop.check()
        if (bits := self._marked.get(expression)) is None:
            found = np.zeros(len(mask), dtype=np.bool_)
            condition, parameters = Straight(expression).condition()
            for numbers in matching(self._connection, condition, parameters):
                found[self._facts.places(numbers)] = True
            bits = np.packbits(found)
            if len(self._marked) < _MOST_REMEMBERED:
                self._marked[expression] = bits
        mask |= np.unpackbits(bits, count=len(mask)).view(np.bool_)


def _within(measure: NDArray[np.int64], span: Range) -> NDArray[np.bool_]:
    mask = np.ones(len(measure), dtype=np.bool_)
    if span.start is not None:
        mask &= measure >= span.start
    if span.end is not None:
        mask &= measure < span.end
    return mask


def matching(connection: Anything, condition: str, parameters: list[str | int]) -> list[NDArray[np.int64]]:
    """The numbers that match, ascending, in pieces."""
    cursor = connection.execute(f"SELECT rowid FROM words WHERE {condition}", parameters)  # noqa: S608 - parts of ours
    found = []
    while rows := cursor.fetchmany(_CHUNK):
        found.append(np.fromiter((row[0] for row in rows), np.int64, len(rows)))
    return found
