"""Query tree → SQL over FTS5. Pure: it makes text and parameters, and knows no connection.

Rules: whatever parts of a query ask for words only become one FTS5 expression, because FTS5 joins them on
sorted lists; the rest becomes SQL around it. No word of a query is ever read as syntax: words come from the
analyser and hold no quotation mark, and facts and moments travel as parameters.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from search.queries import (
    ATTACHMENT,
    And,
    Between,
    Clock,
    Fact,
    Is,
    Not,
    Or,
    Query,
    Words,
    disjunction,
    leaves,
    patterns,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from search.index import IdScope

MOST_RANKED: Final = 50  # BM25 costs words times records
_DEEPEST_EXPRESSION = 8  # FTS5's parser has a stack of 100; what is deeper is joined by SQL
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCK_COLUMN: Final = {Clock.HAPPENED: "d.happened_at", Clock.SENT: "d.sent_at", Clock.CAPTURED: "d.captured_at"}
_FACT_COLUMN: Final = {
    Fact.KIND: "d.kind",
    Fact.CHANNEL: "d.channel",
    Fact.PLATFORM: "d.platform",
    Fact.LANGUAGE: "d.language",
    Fact.CUSTODIAN_ID: "d.custodian_id",
}
MATCHING: Final = "d.doc IN (SELECT rowid FROM words WHERE words MATCH ?)"
_TRUE = "1"


def microseconds(moment: datetime) -> int:
    """A moment as whole microseconds since 1970, exact for every year of the calendar."""
    delta = moment.astimezone(UTC) - _EPOCH if moment.tzinfo is not UTC else moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition over ``docs AS d``, and an FTS5 expression that has to match too, if there is one."""

    match: str | None
    where: str
    parameters: tuple[str | int, ...]

    @property
    def plain(self) -> bool:
        """Whether the expression alone decides."""
        return self.match is not None and self.where == _TRUE


def translate_query(query: Query, allowed: IdScope | None) -> Condition:
    """What a query and a scope mean for the tables."""
    parts = list(query.parts) if isinstance(query, And) else [query]
    expression, rest = _gather(parts)
    conditions = [_condition(part) for part in rest]
    if allowed is not None and allowed.only is not None:
        conditions.append(("d.record_id IN (SELECT value FROM json_each(?))", (_json(allowed.only),)))
    if allowed is not None and allowed.without:
        conditions.append(("d.record_id NOT IN (SELECT value FROM json_each(?))", (_json(allowed.without),)))
    where, parameters = _join(" AND ", conditions) if conditions else (_TRUE, ())
    return Condition(expression, where, parameters)


def word_count(query: Query) -> int:
    """How many words and phrases a query names: what its evaluation costs."""
    return sum(1 for _ in leaves(query))


def ranking_expression(query: Query) -> str | None:
    """The FTS5 expression by which to rank: the first `MOST_RANKED` words asked for, any of them; None if none are."""
    sought = [_leaf(words) for words, positive in leaves(query) if positive]
    return " OR ".join(sought[:MOST_RANKED]) if sought else None


def _json(ids: frozenset[str]) -> str:
    return json.dumps(sorted(ids))


def _gather(parts: Sequence[Query]) -> tuple[str | None, list[Query]]:
    """The parts of a conjunction that one FTS5 expression can hold, and the others."""
    wanted, unwanted, rest = [], [], []
    for part in parts:
        inner = part.part if isinstance(part, Not) else part
        expression = _expression(inner)
        if expression is None:
            rest.append(part)
        elif isinstance(part, Not):
            unwanted.append((part, expression))
        else:
            wanted.append(expression)
    if not wanted:
        left_out = [part.part for part, _ in unwanted]
        return None, [*([Not(disjunction(left_out))] if left_out else []), *rest]
    expression = _grouped(" AND ", wanted)
    if unwanted:
        expression = f"({expression} NOT {_grouped(' OR ', [one for _, one in unwanted])})"
    return expression, rest


def _grouped(operator: str, expressions: Sequence[str]) -> str:
    return expressions[0] if len(expressions) == 1 else f"({operator.join(expressions)})"


def _leaf(words: Words) -> str:
    found = [
        f'{{{" ".join(pattern.columns)}}} : "{pattern.line}"{" *" if pattern.prefix else ""}'
        for pattern in patterns(words)
    ]
    return _grouped(" OR ", found)


def _expression(query: Query) -> str | None:
    """The query as an FTS5 expression, or None where it asks for more than words, or is too deep for one."""
    if isinstance(query, Words):
        return _leaf(query)
    if isinstance(query, And | Or) and query.depth <= _DEEPEST_EXPRESSION:
        if isinstance(query, And):
            expression, rest = _gather(query.parts)
            return None if rest else expression
        found = [_expression(part) for part in query.parts]
        expressions = [one for one in found if one is not None]
        return _grouped(" OR ", expressions) if len(expressions) == len(found) else None
    return None


def _join(operator: str, conditions: Sequence[tuple[str, tuple[str | int, ...]]]) -> tuple[str, tuple[str | int, ...]]:
    """The conditions joined as a balanced tree: SQLite refuses expressions more than 1,000 deep."""
    parameters = tuple(one for _, several in conditions for one in several)
    joined = [sql for sql, _ in conditions]
    while len(joined) > 1:
        pairs = [joined[at : at + 2] for at in range(0, len(joined), 2)]
        joined = [f"({operator.join(pair)})" if len(pair) > 1 else pair[0] for pair in pairs]
    return joined[0], parameters


def _matching(expression: str) -> tuple[str, tuple[str | int, ...]]:
    return MATCHING, (expression,)


def _condition(query: Query) -> tuple[str, tuple[str | int, ...]]:
    expression = _expression(query)
    if expression is not None:
        return _matching(expression)
    match query:
        case Not():
            sql, parameters = _condition(query.part)
            return f"NOT {sql}", parameters
        case And():
            gathered, rest = _gather(query.parts)
            conditions = [_matching(gathered)] if gathered is not None else []
            return _join(" AND ", conditions + [_condition(part) for part in rest])
        case Or():
            expressions = [(part, _expression(part)) for part in query.parts]
            words = [one for _, one in expressions if one is not None]
            conditions = [_matching(_grouped(" OR ", words))] if words else []
            return _join(" OR ", conditions + [_condition(part) for part, one in expressions if one is None])
        case Between():
            return _moments(query)
        case Is():
            return _fact(query)
        case Words():
            raise AssertionError("words are always an expression")


def _moments(query: Between) -> tuple[str, tuple[str | int, ...]]:
    column = _CLOCK_COLUMN[query.clock]
    conditions: list[tuple[str, tuple[str | int, ...]]] = [(f"{column} IS NOT NULL", ())]
    if query.start is not None:
        conditions.append((f"{column} >= ?", (microseconds(query.start),)))
    if query.end is not None:
        conditions.append((f"{column} < ?", (microseconds(query.end),)))
    return _join(" AND ", conditions)


def _fact(query: Is) -> tuple[str, tuple[str | int, ...]]:
    if query.fact is Fact.HAS:
        return ("d.has_attachment" if query.value == ATTACHMENT else "0"), ()
    if query.fact is Fact.ID:
        return "(d.record_id = ? OR d.submission_id = ?)", (query.value, query.value)
    # IS, because a record without a platform is none of any platform, also under NOT
    return f"({_FACT_COLUMN[query.fact]} IS ?)", (query.value,)
