"""Queries drawn from a seed: every construct of the language, alone and joined, mostly finding something.

Rule: what belongs together is drawn around one document, so that a conjunction finds at least that; what is left out,
and what stands beside it after ``OR``, is drawn around another.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from search.index import IdScope
from search.queries import CATALOGUED, Among, Is, replace_leaves
from search.query_language import parse_query
from tests.differential.facts import TODAY, FactWriter
from tests.differential.leaves import LeafWriter
from tests.differential.records import ZONE
from tests.differential.shapes import Joined, Negated, typed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from search.documents import IndexDocument
    from search.queries import Leaf, Query
    from tests.differential.shapes import Piece, Shape

_Writer = TypeVar("_Writer", bound="Callable[..., Piece | None]")
_SCOPED = 0.15  # so many searches see only a part of the records
_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Question:
    """A drawn query, and which records it may see."""

    shape: Shape
    allowed: IdScope | None

    @property
    def text(self) -> str:
        """As typed."""
        return typed(self.shape)


class Catalogue:
    """What a catalogue would say of a changing fact: the same part of the documents each time it is asked."""

    def __init__(self, documents: Sequence[IndexDocument]) -> None:
        self._ids = [document.record_id for document in documents]

    def resolve(self, query: Query) -> Query:
        """The query with such facts replaced by ids."""
        return replace_leaves(query, self._among)

    def _among(self, leaf: Leaf) -> Query:
        if not isinstance(leaf, Is) or leaf.fact not in CATALOGUED:
            return leaf
        chance = random.Random(f"{leaf.fact}:{leaf.value}")
        return Among(frozenset(chance.sample(self._ids, k=len(self._ids) // 3)))


def understood(text: str, catalogue: Catalogue) -> Query:
    """The tree of a query, asked on one fixed day.

    Raises:
        InvalidInput: the language refuses it.
    """
    return catalogue.resolve(parse_query(text, today=TODAY, zone=ZONE))


def questions(seed: int, documents: Sequence[IndexDocument]) -> Iterator[Question]:
    """Queries without end, the same for a seed and these documents."""
    asker = _Asker(random.Random(f"questions {seed}"), documents)
    while True:
        yield asker.question()


class _Asker:
    def __init__(self, chance: random.Random, documents: Sequence[IndexDocument]) -> None:
        self._chance = chance
        self._documents = documents
        self._leaves = LeafWriter(chance, documents)
        self._facts = FactWriter(chance)

    def question(self) -> Question:
        size = self._chance.choices((1, 2, 3, 4, 7), (40, 25, 18, 12, 5))[0]
        shape = self._shape(self._aim(), size, 1)
        return Question(shape, self._scope() if self._chance.random() < _SCOPED else None)

    def _scope(self) -> IdScope:
        ids = [document.record_id for document in self._documents]
        some = frozenset(self._chance.sample(ids, k=self._chance.randint(0, len(ids))))
        few = frozenset(self._chance.sample(ids, k=len(ids) // 10))
        return self._chance.choice((IdScope(only=some), IdScope(without=few), IdScope(only=some, without=few)))

    def _aim(self) -> IndexDocument:
        return self._chance.choice(self._documents)

    def _shape(self, target: IndexDocument, size: int, depth: int) -> Shape:
        if size == 1 or depth > _DEEPEST:
            # a leaf alone is left out of everything now and then
            piece = self._piece(target)
            return Negated(self._sign(), piece) if depth == 1 and self._chance.random() < 0.04 else piece
        operator = self._chance.choice((" ", " ", " AND ", " OR ", " OR "))
        count = self._chance.randint(2, min(3, size))
        shares = [size // count + (place < size % count) for place in range(count)]
        parts: list[Shape] = []
        for place, share in enumerate(shares):
            other = self._aim() if operator == " OR " else target
            if place and operator != " OR " and self._chance.random() < 0.25:
                parts.append(Negated(self._sign(), self._shape(self._aim(), share, depth + 1)))
            else:
                parts.append(self._shape(other, share, depth + 1))
        return Joined(operator, tuple(parts))

    def _sign(self) -> str:
        return self._chance.choice(("NOT ", "-"))

    def _piece(self, target: IndexDocument) -> Piece:
        """One thing asked for; a construct that the target cannot show is drawn from another document."""
        self._leaves.aim(target)
        while True:
            if self._chance.random() < 0.72:
                found = self._drawn_of(self._leaves.kinds)()
            else:
                found = self._drawn_of(self._facts.kinds)(target)
            if found is not None:
                return found
            if self._chance.random() < 0.2:
                target = self._aim()
                self._leaves.aim(target)

    def _drawn_of(self, kinds: Sequence[tuple[int, _Writer]]) -> _Writer:
        return self._chance.choices([one for _, one in kinds], [weight for weight, _ in kinds])[0]
