"""Query tree → what the FTS5 index is asked: one expression where that is possible, else a tree of several. Pure.

Rules:

- Words, facts and patterns that stand for few words become one FTS5 expression with AND, OR and NOT; FTS5 steps through
  it without making a list. An expression is at most `_DEEPEST` deep, for FTS5's parser has a stack of 100, and joins at
  most `_MOST_JOINED` alternatives, for each is looked at for each record.
- Everything else stays a tree, whose leaves are answered each for itself (`search.fts_sets`).
- What only the index knows (codes of facts, numbers of records, words that are like something) is asked of a `Known`.

Sources: sqlite.org/fts5.html §3; sqlite.org/limits.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from search.fts_schema import microseconds
from search.fts_tokens import EVERY, SENT, fact_token, pattern_expressions, word_expressions
from search.queries import (
    Among,
    And,
    Between,
    Clock,
    Fact,
    Is,
    Like,
    Not,
    Or,
    Pattern,
    Query,
    Sized,
    Words,
    exact_columns,
    leaves,
    patterns,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from search.queries import Leaf

MOST_RANKED: Final = 50  # BM25 costs words times records
_DEEPEST: Final = 8
_MOST_JOINED: Final = 32


@dataclass(frozen=True, slots=True)
class Match:
    """Documents that an FTS5 expression matches; `depth` of its operators.

    Where it is every document but those of an expression, that one is `without`.
    """

    expression: str
    depth: int = 0
    without: str | None = None


@dataclass(frozen=True, slots=True)
class Range:
    """Documents with a measure, in microseconds or bytes, from `start` (included) to `end` (excluded); None is open."""

    of: str
    start: int | None
    end: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Numbered:
    """These documents: ascending numbers, each once."""

    numbers: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class All:
    """Documents that are in all parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """Documents that are in some part; none of none."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Except:
    """Documents that are not in the part."""

    part: Node


Node: TypeAlias = Match | Range | Numbered | All | Any | Except
NOTHING: Final = Any(())


class Known(Protocol):
    """What the index has to say for a query to be understood."""

    def code(self, name: str, value: str) -> int | None:
        """The code of a fact's value; None if no document ever had it."""

    def numbers(self, record_ids: frozenset[str]) -> NDArray[np.int64]:
        """The numbers of those of these records that are there, ascending."""

    def numbers_by_id(self, value: str) -> NDArray[np.int64]:
        """The numbers of the records that have this id, or are of the submission with it, ascending."""

    def expand(self, like: Like) -> dict[str, list[str]]:
        """The words that are like this, by the list that they stand in.

        Raises:
            InvalidInput: they are too many.
        """

    def beginning(self, pattern: Pattern, most: int) -> list[str] | None:
        """Expressions for the words that begin like the only word of a pattern; None if they are more than `most`."""


def translate_query(query: Query, known: Known) -> Node:
    """What a query means for the index."""
    match query:
        case Not():
            return exclude(translate_query(query.part, known))
        case And():
            return join_all([translate_query(part, known) for part in query.parts])
        case Or():
            return join_any([translate_query(part, known) for part in query.parts])
        case _:
            return _leaf(query, known)


def word_count(query: Query) -> int:
    """How many words and phrases a query names: what its ranking costs."""
    return sum(1 for _ in leaves(query))


def ranking_expression(query: Query) -> str | None:
    """The FTS5 expression by which to rank: the first `MOST_RANKED` words asked for, any of them; None if none are."""
    sought = [words for words, positive in leaves(query) if positive][:MOST_RANKED]
    return " OR ".join(one for words in sought for one in _words(words)) if sought else None


def exclude(node: Node) -> Node:
    """The documents that are not in it."""
    if isinstance(node, Except):
        return node.part
    if isinstance(node, Match) and node.without is not None:
        return Match(node.without, node.depth - 1)
    if isinstance(node, Match) and node.depth < _DEEPEST:
        return Match(f"({EVERY} NOT {node.expression})", node.depth + 1, node.expression)
    return Except(node)


def join_all(parts: Sequence[Node]) -> Node:
    """The documents that are in all of these; expressions become one."""
    flat = [one for part in parts for one in (part.parts if isinstance(part, All) else (part,))]
    joined = _intersected([one for one in flat if isinstance(one, Match)])
    if joined is None:
        # what many parts leave out is gathered once: each alone would be every document less a few
        unwanted = [one for one in flat if isinstance(one, Match) and one.without is not None]
        if len(unwanted) > 1:
            flat = [one for one in flat if not (isinstance(one, Match) and one.without is not None)]
            left_out = [Match(one.without or "", one.depth - 1) for one in unwanted]
            flat.append(exclude(join_any(left_out)))
            joined = _intersected([one for one in flat if isinstance(one, Match)])
    rest = [one for one in flat if joined is None or not isinstance(one, Match)]
    found = [*([joined] if joined is not None else []), *rest]
    return found[0] if len(found) == 1 else All(tuple(found))


def join_any(parts: Sequence[Node]) -> Node:
    """The documents that are in some of these; few expressions become one."""
    flat = [one for part in parts for one in (part.parts if isinstance(part, Any) else (part,))]
    matches = [one for one in flat if isinstance(one, Match)]
    joined = _joined(" OR ", matches) if len(matches) <= _MOST_JOINED else None
    rest = [one for one in flat if joined is None or not isinstance(one, Match)]
    found = [*([joined] if joined is not None else []), *rest]
    return found[0] if len(found) == 1 else Any(tuple(found))


def _intersected(matches: Sequence[Match]) -> Match | None:
    """Expressions joined by AND, then less what some of them leave out."""
    wanted = [one for one in matches if one.without is None]
    unwanted = [Match(one.without, one.depth - 1) for one in matches if one.without is not None]
    some = _joined(" AND ", wanted or [Match(EVERY)])
    left_out = _joined(" OR ", unwanted)
    if some is None or (unwanted and left_out is None):
        return None
    if left_out is None:
        return some if matches else None
    depth = max(some.depth, left_out.depth) + 1
    if depth > _DEEPEST or len(unwanted) > _MOST_JOINED:
        return None
    without = left_out.expression if not wanted else None
    return Match(f"({some.expression} NOT {left_out.expression})", depth, without)


def _joined(operator: str, matches: Sequence[Match]) -> Match | None:
    if not matches[1:]:
        return matches[0] if matches else None
    depth = max(one.depth for one in matches) + 1
    if depth > _DEEPEST:
        return None
    return Match(f"({operator.join(one.expression for one in matches)})", depth)


def _alternatives(expressions: Sequence[str]) -> Node:
    return join_any([Match(one) for one in expressions])


def _leaf(query: Leaf, known: Known) -> Node:
    match query:
        case Words():
            return _words_node(query, known)
        case Like():
            return _alternatives(word_expressions(exact_columns(query.field), known.expand(query)))
        case Is():
            return _fact(query, known)
        case Sized():
            return Range("size", query.least, query.below)
        case Between():
            return _moments(query)
        case Among():
            return Numbered(known.numbers(query.record_ids))


def _words(words: Words) -> list[str]:
    """The expressions of which any has to match, each once."""
    found = [one for pattern in patterns(words) for one in pattern_expressions(pattern)]
    return list(dict.fromkeys(found))


def _words_node(words: Words, known: Known) -> Node:
    if not words.prefix or len(words.words) > 1 or words.within is not None:
        return _alternatives(_words(words))
    expressions: list[str] = []
    for pattern in patterns(words):
        few = known.beginning(pattern, _MOST_JOINED)
        expressions += pattern_expressions(pattern) if few is None else few
    return _alternatives(expressions)


def _fact(query: Is, known: Known) -> Node:
    if query.fact is Fact.ID:
        return Numbered(known.numbers_by_id(query.value))
    name = "custodian" if query.fact is Fact.CUSTODIAN_ID else query.fact.value
    code = known.code(name, query.value)
    return NOTHING if code is None else Match(fact_token(code))


def _moments(query: Between) -> Node:
    start = None if query.start is None else microseconds(query.start)
    end = None if query.end is None else microseconds(query.end)
    measure = "captured" if query.clock is Clock.CAPTURED else "happened"
    within: Node = Match(EVERY) if start is None and end is None else Range(measure, start, end)
    # the moment of sending, where it is known, is that by which records are in order
    return join_all([Match(SENT), within]) if query.clock is Clock.SENT else within
