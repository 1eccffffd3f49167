"""Every engine finds what the naive matcher finds: a small run of what ``make differential`` does in full."""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from search.memory_index import MemoryIndex
from search.queries import leaves
from storage.errors import InvalidInput
from tests.differential.comparing import Comparison, Difference, naive_ids
from tests.differential.engines import build, opened, present_engines
from tests.differential.planted import FAULTS, Fault, FaultyEngine
from tests.differential.questions import Catalogue, Question, questions, understood
from tests.differential.records import drawn_documents
from tests.differential.shapes import Joined, Negated, Piece, constructs, shrunk, typed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from search.index import IdScope
    from search.queries import Query

SEED = 20250409
QUERIES = 200
FAULT_QUERIES = 300
DOCUMENTS = 200


@pytest.fixture(scope="module")
def documents():
    return drawn_documents(SEED, DOCUMENTS)


@pytest.fixture(scope="module")
def indexes(documents, tmp_path_factory):
    engines, _ = present_engines()
    folder = tmp_path_factory.mktemp("indexes")
    for engine in engines.values():
        build(engine, documents, folder, SEED)
    with opened(engines, folder) as made:
        yield made


@pytest.fixture(scope="module")
def tally(documents, indexes):
    comparison = Comparison(documents, Catalogue(documents), dict(indexes), shrink=50)
    asked = questions(SEED, documents)
    while comparison.tally.compared < QUERIES:
        comparison.compare(next(asked))
    return comparison.tally


@pytest.fixture(scope="module")
def right_answers(documents):
    """Queries with the scope of each and what the naive matcher finds."""
    found = []
    for asked in islice(questions(SEED, documents), FAULT_QUERIES):
        with suppress(InvalidInput):
            query = understood(asked.text, Catalogue(documents))
            found.append((query, asked.allowed, naive_ids(query, documents, asked.allowed)))
    return found


def test_every_engine_finds_what_the_naive_matcher_finds(tally):
    print(f"seed {SEED}")  # noqa: T201 - a failure shows it
    assert not tally.differences, "\n".join(map(Difference.told, tally.differences))


def test_no_engine_refuses_what_another_answers(tally):
    assert not tally.unanswered


def test_most_queries_find_something(tally):
    assert tally.with_hits > QUERIES * 0.55


def test_the_language_refuses_few_of_the_queries_drawn(tally):
    assert tally.refused < QUERIES * 0.1, tally.refusals


def test_both_engines_are_compared():
    engines, absent = present_engines()
    if absent:
        pytest.skip(f"1 engine of {len(engines) + len(absent)} is not there: {absent}")
    assert set(engines) == {"fts", "whoosh"}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_is_found(fault, documents, right_answers):
    engine = FaultyEngine(fault, documents)
    touched = [one for one in right_answers if engine.touches(*one[:2])]
    assert any(list(engine.ids(query, allowed=allowed)) != right for query, allowed, right in touched), len(touched)


def test_an_engine_without_fault_is_not_said_to_have_one(documents, right_answers):
    engine = FaultyEngine(Fault(name="none"), documents)
    for query, allowed, right in right_answers[:20]:
        assert list(engine.ids(query, allowed=allowed)) == right
        assert not engine.touches(query, allowed)


class _Broken(MemoryIndex):
    """Finds nothing where two words are asked for, and fails on one of them."""

    def ids(self, query: Query, *, allowed: IdScope | None = None) -> Iterator[str]:
        asked = [words.words for words, _ in leaves(query)]
        if any("of" in words for words in asked):
            raise RuntimeError("of")
        return iter(()) if any(len(words) == 2 for words in asked) else super().ids(query, allowed=allowed)


def test_what_an_engine_does_not_find_or_does_not_answer_is_told_by_the_smallest_query(documents):
    broken = _Broken()
    broken.add(documents, 0)
    comparison = Comparison(documents, Catalogue(documents), {"broken": broken})
    comparison.compare(Question(Joined(" OR ", (_piece("the"), _piece("the", "and", "of"))), None))
    comparison.compare(Question(Joined(" AND ", (Piece("lang:", ("de",), "lang:"), _piece("die", "der"))), None))
    raised, missing = comparison.tally.differences
    assert raised.remark == "it raises RuntimeError: of"
    assert raised.smallest == '"of"'
    assert missing.remark == "the ids differ"
    assert missing.smallest == '"die der"'
    assert missing.missing
    assert not missing.too_many


def test_the_same_seed_asks_the_same(documents):
    first, second = (list(islice(questions(7, documents), 50)) for _ in range(2))
    assert first == second
    assert first != list(islice(questions(8, documents), 50))


def test_what_is_drawn_uses_every_construct_of_the_language(documents):
    used = {name for asked in islice(questions(SEED, documents), 3000) for name in constructs(asked.shape)}
    fields = "from to cc participant correspondent custodian subject text filename account school hash has lang id size"
    assert {f"{name}:" for name in fields.split()} <= used
    assert {"AND", "OR", "NOT", "hyphen", "parentheses", "phrase", "near words", "prefix", "infix", "suffix"} <= used
    assert {"wildcard ?", "wildcard inside", "fuzzy", "expression", "exact:", "kind:", "channel:", "platform:"} <= used
    assert {"before:", "after:", "on:", "sent:", "captured:", "date in words", "what the catalogue knows"} <= used
    assert {"case", "accents", "emoji", "script without spaces", "phone number", "tag or name"} <= used


def test_a_difference_is_made_small():
    shape = Joined(" AND ", (Negated("-", Piece("word", ("a",))), Joined(" OR ", (_piece("b"), _piece("c", "d")))))
    assert typed(shape) == '-a AND ("b" OR "c d")'
    assert typed(shrunk(shape, lambda one: "d" in typed(one))) == '"d"'


def _piece(*words: str) -> Piece:
    return Piece("phrase", words, '"', '"')
