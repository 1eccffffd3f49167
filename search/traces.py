"""What the index keeps of a record, taken out at its destruction: a `retention.ports.Traces`.

Rule: from the decision on a record is in no answer (the catalogue is asked in every search) and is soon removed;
at the roll the index is written anew under a fresh key without it, because removed words stay in FTS5's segments,
and the old key dies, so that an old copy of the file opens with nothing that is left.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from retention.ports import Absence
from search.follower import Follower
from search.index import IdScope, IndexOutdated
from search.queries import Between, Clock
from storage.errors import Corrupt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from search.generations import CurrentIndex, Generations
    from storage.archive import Archive

_ANY = Between(Clock.CAPTURED, None, None)


class IndexTraces:
    """The search index as an owner of derived bytes."""

    def __init__(self, archive: Archive, generations: Generations, index: CurrentIndex) -> None:
        self._generations = generations
        self._index = index
        self._follower = Follower(archive, index)

    @property
    def owner(self) -> str:
        """See `Traces.owner`."""
        return "index"

    def forget(self, record_ids: Sequence[str]) -> None:
        """See `Traces.forget`; an index that cannot be read finds nothing, and `erase` builds it anew."""
        with suppress(Corrupt, IndexOutdated):
            self._follower.forget(record_ids)

    def erase(self, record_ids: Sequence[str], *, actor: str) -> None:
        """See `Traces.erase`."""
        self._generations.renew_without(record_ids, actor=actor)

    def confirm(self, record_ids: Sequence[str]) -> tuple[Absence, ...]:
        """See `Traces.confirm`; each record is looked for in the current generation, and older ones must be gone."""
        number = self._generations.current()
        alone = self._generations.only_one_left()
        there = set(self._index.ids(_ANY, allowed=IdScope(only=frozenset(record_ids))))
        detail = f"generation {number} is the only one" if alone else "an older generation is not destroyed yet"
        return tuple(
            Absence(
                owner=self.owner,
                record_id=one,
                absent=alone and one not in there,
                detail=f"generation {number} has a document of it" if one in there else detail,
            )
            for one in record_ids
        )
