"""Whether an index can be trusted: looked at from outside, before somebody trusts that it found nothing.

Rule: a fault is one of a closed list, found in this order: it cannot be opened (missing, another key, damaged), its
pages or its words are damaged, it has read more than the ledger holds, another version built it. What is damaged
is built again; what is only of another version goes on answering meanwhile, if its engine's version is the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from search.follower import AHEAD
from search.index import IndexOutdated
from storage.errors import Corrupt

OUTDATED: Final = "another version of this program built the search index; run: archiver index rebuild"

if TYPE_CHECKING:
    from search.generations import Generations
    from storage.archive import Archive


class Fitness(StrEnum):
    """What is to be done with a generation: nothing, or to build the next one beside it, or in its place."""

    GOOD = "good"
    OUTDATED = "outdated"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexCondition:
    """What a look at one current generation found; `sentence` says what is wrong, and what to do."""

    engine: str
    generation: int
    fitness: Fitness
    sentence: str | None
    thorough: bool

    def as_document(self) -> dict[str, object]:
        """As the command prints it."""
        return {
            "engine": self.engine,
            "generation": self.generation,
            "fitness": self.fitness.value,
            "detail": self.sentence,
            "thorough": self.thorough,
        }


def look_at_index(archive: Archive, generations: Generations, *, thorough: bool = False) -> IndexCondition:
    """Look at the current generation of an engine; every page and word of it where `thorough`."""
    number = generations.current()
    fitness, sentence = _look(archive, generations, number, thorough=thorough)
    if fitness is Fitness.DAMAGED and generations.current() != number:
        # switched between the row and the file
        return look_at_index(archive, generations, thorough=thorough)
    return IndexCondition(
        engine=generations.engine.name, generation=number, fitness=fitness, sentence=sentence, thorough=thorough
    )


def _look(archive: Archive, generations: Generations, number: int, *, thorough: bool) -> tuple[Fitness, str | None]:
    try:
        index = generations.open(number, older=True)
        try:
            index.check(thorough=thorough)
            reached = index.position()
        finally:
            index.close()
    except Corrupt as error:
        return Fitness.DAMAGED, error.message
    except IndexOutdated as error:
        return Fitness.OUTDATED, error.message
    with archive.store.read() as connection:
        head = archive.ledger.head(connection).size
    if reached >= head:
        return Fitness.DAMAGED, AHEAD
    if generations.is_outdated():
        return Fitness.OUTDATED, OUTDATED
    return Fitness.GOOD, None
