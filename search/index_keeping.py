"""Sees to it that each engine of an archive has an index that can be trusted and is of this version, by itself.

Rules:

- What another version built is built again beside it, held back so that deposits and searches have the machine; what
  is damaged is given up, and built again in its place. A rebuild that was killed goes on. Each is an event, and says
  its cause.
- Damage is mended by itself once a day. What is damaged again within a day has a cause that no rebuild mends, a disk
  above all: then it is told (`refused`), and somebody must look.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

from search.generation_rows import Cause, State, damage_of
from search.index_condition import Fitness, look_at_index
from search.pace import Pace
from storage.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Callable

    from search.generations import Generations
    from search.index_condition import IndexCondition
    from search.index_set import Indexes
    from storage.archive import Archive

LOOK_SECONDS: Final = 30.0
AGAIN_AFTER: Final = timedelta(days=1)
_SHARE: Final = 0.5
log = structlog.get_logger()


class IndexKeeper:
    """Looks at the indexes of one archive and builds anew what needs it.

    Args:
        archive: whose they are.
        indexes: what is kept.
        actor: who is named in the events.
        per_second: records a second at which it builds; 0 for no limit.
        stopping: whether it is time to stop; a rebuild is then left to the next program.
        monotonic: the clock that counts the seconds between two looks.
    """

    def __init__(
        self,
        archive: Archive,
        indexes: Indexes,
        *,
        actor: str,
        per_second: int = 0,
        stopping: Callable[[], bool] = lambda: False,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._archive = archive
        self._indexes = indexes
        self._actor = actor
        self._pace = Pace(per_second=per_second or None, share=_SHARE, stopping=stopping)
        self._stopping = stopping
        self._monotonic = monotonic
        self._next = float("-inf")
        self._given_up: set[int | None] = set()

    def look_in_turn(self) -> bool:
        """Look if it is time, or if somebody met damage; whether there is more to do at once, which is never so."""
        doubted = {self._indexes.generations(engine).doubted() for engine in self._indexes.engines} - {None}
        if doubted - self._given_up or self._monotonic() >= self._next:
            self._next = self._monotonic() + LOOK_SECONDS
            self.look()
        return False

    def look(self) -> None:
        """Look at each index, and build anew what needs it."""
        self._indexes.retire_others()
        for engine in self._indexes.engines:
            generations = self._indexes.generations(engine)
            doubted = generations.doubted()
            condition = look_at_index(self._archive, generations, thorough=doubted is not None)
            begun = [one for one in generations.present() if one.state is State.BUILDING]
            if condition.fitness is Fitness.DAMAGED:
                self._mend(generations, condition)
            elif condition.fitness is Fitness.OUTDATED:
                self._rebuild(generations, Cause.VERSION)
            elif begun:
                self._rebuild(generations, begun[0].cause or Cause.ASKED)
            if condition.fitness is Fitness.GOOD and doubted is not None:
                generations.trust(doubted)

    def _mend(self, generations: Generations, condition: IndexCondition) -> None:
        if refused(self._archive, condition):
            self._given_up.add(condition.generation)
            log.error("index.damaged_again", engine=condition.engine, generation=condition.generation)
        else:
            log.warning("index.damaged", engine=condition.engine, generation=condition.generation)
            self._rebuild(generations, Cause.DAMAGE)

    def _rebuild(self, generations: Generations, cause: Cause) -> None:
        try:
            found = generations.rebuild(actor=self._actor, cause=cause, pace=self._pace, stopping=self._stopping)
        except Conflict:
            return  # another program is at it
        log.info("index.rebuilt", engine=generations.engine.name, cause=cause.value, indexed=found.indexed)


def refused(archive: Archive, condition: IndexCondition) -> bool:
    """Whether an index is damaged and was mended within a day, so that nobody mends it again by itself."""
    if condition.fitness is not Fitness.DAMAGED:
        return False
    with archive.store.read() as connection:
        return damage_of(connection, condition.engine, archive.store.clock() - AGAIN_AFTER) > 0
