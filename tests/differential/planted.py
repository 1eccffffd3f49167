"""Engines with a fault planted in them: each must be told from the naive matcher by the queries that are drawn.

Each is the naive matcher itself, given something else than it was asked: another query, other documents, another scope,
or a part of the answer. So what is tried is the queries, and whether they find what an engine can get wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

from search import queries as tree
from search.documents import BOUNDARY, COLUMN_NUMBER, Column
from search.index import IdScope
from search.queries import Between, Like, Likeness, Sized, Words, replace_leaves
from tests.differential.comparing import naive_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from search.documents import IndexDocument
    from search.queries import Leaf, Pattern, Query


def _same(given: Any) -> Any:
    return given


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What an engine with this fault makes of what it is given."""

    name: str
    query: Callable[[Leaf], Query] = _same
    document: Callable[[IndexDocument], IndexDocument] = _same
    scope: Callable[[IdScope], IdScope | None] = _same
    answer: Callable[[list[str]], list[str]] = _same
    patterns: Callable[[Words], tuple[Pattern, ...]] = tree.patterns


class FaultyEngine:
    """As much of an engine as answers, wrong in one way."""

    def __init__(self, fault: Fault, documents: Sequence[IndexDocument]) -> None:
        self._fault = fault
        self._documents = [fault.document(document) for document in documents]

    def ids(self, query: Query, *, allowed: IdScope | None = None) -> Iterator[str]:
        """Every record that matches, as this engine sees it."""
        fault = self._fault
        seen = None if allowed is None else fault.scope(allowed)
        with patch("search.naive_matcher.patterns", fault.patterns):
            return iter(fault.answer(naive_ids(replace_leaves(query, fault.query), self._documents, seen)))

    def touches(self, query: Query, allowed: IdScope | None) -> bool:
        """Whether the fault can show by this query; asking is dear, and most faults touch few queries."""
        fault = self._fault
        return (
            (allowed is not None and fault.scope(allowed) != allowed)
            or replace_leaves(query, fault.query) != query
            or fault.patterns is not tree.patterns
            or (fault.document, fault.answer) != (_same, _same)
        )


def _words(leaf: Leaf, wrong: Callable[[Words], dict[str, Any]]) -> Leaf:
    return replace(leaf, **wrong(leaf)) if isinstance(leaf, Words) else leaf


def _near(leaf: Leaf, by: int) -> Leaf:
    return _words(leaf, lambda one: {"within": None if one.within is None else max(0, one.within + by)})


def _near_in_order(leaf: Leaf) -> Leaf:
    return _words(leaf, lambda one: {"within": None if one.within == 0 else one.within})


def _fuzzy(leaf: Leaf, by: int) -> Leaf:
    fuzzy = isinstance(leaf, Like) and leaf.how is Likeness.FUZZY
    return replace(leaf, distance=leaf.distance + by) if isinstance(leaf, Like) and fuzzy else leaf


def _like(leaf: Leaf, how: Likeness, old: str, new: str) -> Leaf:
    if not isinstance(leaf, Like) or leaf.how is not how:
        return leaf
    return replace(leaf, pattern=leaf.pattern.replace(old, new))


def _ends_included(leaf: Leaf) -> Leaf:
    if isinstance(leaf, Between) and leaf.end is not None:
        return replace(leaf, end=leaf.end + timedelta(microseconds=1))
    return leaf


def _begins_late(leaf: Leaf) -> Leaf:
    if isinstance(leaf, Between) and leaf.start is not None:
        return replace(leaf, start=leaf.start + timedelta(hours=1))
    return leaf


def _any_clock(leaf: Leaf) -> Leaf:
    return replace(leaf, clock=tree.Clock.HAPPENED) if isinstance(leaf, Between) else leaf


def _sized(leaf: Leaf) -> Leaf:
    return replace(leaf, below=leaf.below + 1) if isinstance(leaf, Sized) and leaf.below is not None else leaf


def _without_boundaries(document: IndexDocument) -> IndexDocument:
    lines = (" ".join(line.replace(BOUNDARY, " ").split()) for line in document.columns)
    return replace(document, columns=tuple(lines))


def _without_column(column: Column) -> Callable[[IndexDocument], IndexDocument]:
    place = COLUMN_NUMBER[column]
    return lambda one: replace(one, columns=(*one.columns[:place], "", *one.columns[place + 1 :]))


def _swapped(ids: list[str]) -> list[str]:
    return [*ids[1:2], *ids[:1], *ids[2:]]


def _fewer_stems(words: Words) -> tuple[Pattern, ...]:
    found = tree.patterns(words)
    stemmed = [one for one in found if one.columns[0].value.endswith("_stem")]
    return tuple(one for one in found if len(stemmed) < 2 or one is not stemmed[1])


def _short(document: IndexDocument) -> IndexDocument:
    """Only the first forty words of a line are indexed."""
    return replace(document, columns=tuple(" ".join(line.split(" ")[:40]) for line in document.columns))


def _ascii(document: IndexDocument) -> IndexDocument:
    return replace(document, columns=tuple(line.encode("ascii", "ignore").decode() for line in document.columns))


FAULTS: Final = (
    Fault(name="a phrase goes over the boundary of two parts", document=_without_boundaries),
    Fault(name="one variant of the stem is not asked for", patterns=_fewer_stems),
    Fault(name="near allows one word more", query=lambda leaf: _near(leaf, 1)),
    Fault(name="near allows one word less", query=lambda leaf: _near(leaf, -1)),
    Fault(name="words side by side have to stand in order", query=_near_in_order),
    Fault(name="a prefix is a whole word", query=lambda leaf: _words(leaf, lambda _: {"prefix": False, "exact": True})),
    Fault(name="a phrase is any of its words", query=lambda leaf: _words(leaf, lambda one: {"words": one.words[:1]})),
    Fault(name="exact is not asked for", query=lambda leaf: _words(leaf, lambda _: {"exact": False})),
    Fault(name="one changed letter more", query=lambda leaf: _fuzzy(leaf, 1)),
    Fault(name="one changed letter less", query=lambda leaf: _fuzzy(leaf, -1)),
    Fault(name="? may be no letter", query=lambda leaf: _like(leaf, Likeness.GLOB, "?", "*")),
    Fault(name="an expression fits a beginning", query=lambda leaf: _like(leaf, Likeness.REGEX, ".*", ".?")),
    Fault(name="the end of a range belongs to it", query=_ends_included),
    Fault(name="a range begins an hour late", query=_begins_late),
    Fault(name="sent and captured are one", query=_any_clock),
    Fault(name="a size that is too large by one byte", query=_sized),
    Fault(name="copies are not looked at", document=_without_column(Column.COPIED)),
    Fault(name="what a record has is not indexed", document=_without_column(Column.FLAGS)),
    Fault(name="only the beginning of a text is indexed", document=_short),
    Fault(name="letters outside of ASCII are lost", document=_ascii),
    Fault(name="what may not be seen is seen", scope=lambda scope: IdScope(only=scope.only)),
    Fault(name="only these is not heeded", scope=lambda scope: IdScope(without=scope.without)),
    Fault(name="not more than fifty hits", answer=lambda ids: ids[:50]),
    Fault(name="the first two change places", answer=_swapped),
)
