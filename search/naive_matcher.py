"""Whether a document matches a query: the plain meaning that every engine is tested against. Pure.

It reads a document's lines of words and nothing else, slowly and obviously. What only the catalogue knows has to be
replaced before (`search.queries.CATALOGUED`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.documents import BOUNDARY
from search.queries import (
    CATALOGUED,
    Among,
    And,
    Between,
    Clock,
    Fact,
    Is,
    Like,
    Not,
    Or,
    Sized,
    Words,
    exact_columns,
    patterns,
)
from search.term_patterns import word_test

if TYPE_CHECKING:
    from search.documents import IndexDocument
    from search.queries import Leaf, Pattern, Query


def matches(query: Query, document: IndexDocument) -> bool:
    """Whether a record matches: the plain meaning of a query, without any engine."""
    match query:
        case Not():
            return not matches(query.part, document)
        case And():
            return all(matches(part, document) for part in query.parts)
        case Or():
            return any(matches(part, document) for part in query.parts)
        case _:
            return _fits(query, document)


def _fits(query: Leaf, document: IndexDocument) -> bool:
    match query:
        case Words():
            return any(_stands(pattern, document) for pattern in patterns(query))
        case Like():
            return _is_like(query, document)
        case Is():
            return _is(query, document)
        case Sized():
            return (query.least is None or query.least <= document.size) and (
                query.below is None or document.size < query.below
            )
        case Between():
            return _between(query, document)
        case Among():
            return document.record_id in query.record_ids


def _stands(pattern: Pattern, document: IndexDocument) -> bool:
    if pattern.within is not None:
        sought = pattern.line.split(" ")
        return any(_near(sought, pattern.within, document.column(column)) for column in pattern.columns)
    phrase = f" {pattern.line}" if pattern.prefix else f" {pattern.line} "
    return any(phrase in f" {document.column(column)} " for column in pattern.columns)


def _near(sought: list[str], within: int, line: str) -> bool:
    """Whether all of these words stand in a line, with at most so many places between the outermost two."""
    last: dict[str, int] = {}
    wanted = frozenset(sought)
    for place, word in enumerate(line.split(" ")):
        if word in wanted:
            last[word] = place
            if len(last) == len(wanted) and place - min(last.values()) - 1 <= within:
                return True
    return False


def _is_like(query: Like, document: IndexDocument) -> bool:
    fits = word_test(query)
    words = {word for column in exact_columns(query.field) for word in document.column(column).split(" ")}
    return any(fits(word) for word in words - {"", BOUNDARY})


def _is(query: Is, document: IndexDocument) -> bool:
    if query.fact in CATALOGUED:
        raise ValueError("only the catalogue knows this; put its answer in the place of the question first")
    values: dict[Fact, tuple[str | None, ...]] = {
        Fact.KIND: (document.kind.value,),
        Fact.CHANNEL: (document.channel.value,),
        Fact.PLATFORM: (document.platform,),
        Fact.ID: (document.record_id, document.submission_id),
        Fact.LANGUAGE: (document.language,),
        Fact.CUSTODIAN_ID: (document.custodian_id,),
    }
    return query.value in values[query.fact]


def _between(query: Between, document: IndexDocument) -> bool:
    moment = {
        Clock.HAPPENED: document.happened_at,
        Clock.SENT: document.sent_at,
        Clock.CAPTURED: document.captured_at,
    }[query.clock]
    if moment is None:
        return False
    return (query.start is None or query.start <= moment) and (query.end is None or moment < query.end)
