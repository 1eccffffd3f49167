"""What the index keeps of a record, taken out at its destruction: a `retention.ports.Traces`.

Rule: from the decision on a record is in no answer (the catalogue is asked in every search) and is soon removed;
at the roll every generation of every engine is written anew under a fresh key without it, because removed words stay
in an engine's files, and the old key dies, so that an old copy opens with nothing that is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from retention.ports import Absence
from search.index import IdScope, IndexOutdated
from search.queries import Between, Clock
from storage.errors import Corrupt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from search.generations import Generations
    from search.index_set import Indexes

_ANY = Between(Clock.CAPTURED, None, None)


class IndexTraces:
    """The indexes of an archive as an owner of derived bytes."""

    def __init__(self, indexes: Indexes) -> None:
        self._indexes = indexes

    @property
    def owner(self) -> str:
        """See `Traces.owner`."""
        return "index"

    def forget(self, record_ids: Sequence[str]) -> None:
        """See `Traces.forget`; an index that cannot be read finds nothing, and `erase` gives it up."""
        self._indexes.forget(record_ids)

    def erase(self, record_ids: Sequence[str], *, actor: str) -> None:
        """See `Traces.erase`."""
        self._indexes.renew_without(record_ids, actor=actor)

    def confirm(self, record_ids: Sequence[str]) -> tuple[Absence, ...]:
        """See `Traces.confirm`; each record is looked for in every generation, and older ones must be gone."""
        there: dict[str, int] = {}
        unread: list[int] = []
        numbers: list[int] = []
        for engine in self._indexes.engines:
            generations = self._indexes.generations(engine)
            generations.current()  # made, where there is none yet
            for one in generations.present():
                numbers.append(one.number)
                try:
                    there |= dict.fromkeys(_documents(generations, one.number, record_ids), one.number)
                except (Corrupt, IndexOutdated):
                    unread.append(one.number)
        alone = self._indexes.generations().only_present_left()
        which = f"generation {numbers[0]} is" if len(numbers) == 1 else f"generations {_listed(numbers)} are"
        detail = f"{which} the only one" if len(numbers) == 1 else f"{which} all there are"
        if not alone:
            detail = "an older generation is not destroyed yet"
        elif unread:
            detail = f"generation {_listed(unread)} cannot be read; run: archiver index rebuild"
        return tuple(
            Absence(
                owner=self.owner,
                record_id=one,
                absent=alone and not unread and one not in there,
                detail=f"generation {there[one]} has a document of it" if one in there else detail,
            )
            for one in record_ids
        )


def _documents(generations: Generations, number: int, record_ids: Sequence[str]) -> list[str]:
    index = generations.open(number, older=True)
    try:
        return list(index.ids(_ANY, allowed=IdScope(only=frozenset(record_ids))))
    finally:
        index.close()


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(str(number) for number in numbers)
