"""The indexes of one archive: for each engine of its settings the generations, the current one, and who follows it.

Rule: what is said of "the index" of an archive, that it is renewed, that a record is gone from it, is said of every
generation of every engine. An engine that the settings name no more loses its generations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.current_index import CurrentIndex
from search.engines import DEFAULT, engine_named
from search.generation_rows import State
from search.generations import Generations
from search.index import IndexOutdated
from storage.errors import Corrupt, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from search.follower import Follower
    from storage.archive import Archive
    from storage.people import People


class Indexes:
    """Every index of an archive; the first of `engines` answers where no engine is named.

    Raises:
        InvalidInput: there is no engine of such a name.
    """

    def __init__(self, archive: Archive, people: People | None = None, engines: Sequence[str] = (DEFAULT,)) -> None:
        self._archive = archive
        self._generations = {name: Generations(archive, people, engine_named(name)) for name in engines}
        self._current = {name: CurrentIndex(one) for name, one in self._generations.items()}

    @property
    def engines(self) -> tuple[str, ...]:
        """The names of the engines, the default first."""
        return tuple(self._generations)

    def generations(self, engine: str | None = None) -> Generations:
        """The generations of an engine, or of the default.

        Raises:
            InvalidInput: this archive has no index of it.
        """
        return self._generations[self._known(engine)]

    def index(self, engine: str | None = None) -> CurrentIndex:
        """The current generation of an engine, or of the default.

        Raises:
            InvalidInput: this archive has no index of it.
        """
        return self._current[self._known(engine)]

    def follower(self, engine: str | None = None) -> Follower:
        """Who follows the ledger for an engine, or for the default.

        Raises:
            InvalidInput: this archive has no index of it.
        """
        name = self._known(engine)
        return self._generations[name].follower_of(self._current[name])

    def retire_others(self) -> None:
        """Destroy the generations of engines that the settings name no more."""
        self.generations().retire_others(self.engines)

    def forget(self, record_ids: Sequence[str]) -> None:
        """Take records out of every generation; one that cannot be read finds nothing, and a renewal gives it up."""
        for generations in self._generations.values():
            for follower in self._followers(generations):
                try:
                    follower.forget(record_ids)
                except (Corrupt, IndexOutdated):
                    continue

    def renew_without(self, record_ids: Sequence[str], *, actor: str) -> None:
        """Write every generation anew without these records, and destroy the keys of what was.

        Raises:
            StorageFull: there is no space for a second index.
        """
        self.retire_others()
        for generations in self._generations.values():
            generations.renew_without(record_ids, actor=actor)

    def close(self) -> None:
        """Close whatever is open."""
        for index in self._current.values():
            index.close()

    def close_retired(self) -> None:
        """Close what is not current any more, and with it forget its key."""
        for index in self._current.values():
            index.close_retired()

    def _followers(self, generations: Generations) -> Iterator[Follower]:
        yield generations.follower_of(self._current[generations.engine.name])
        if generations.building() is not None:
            built = CurrentIndex(generations, State.BUILDING)
            try:
                yield generations.follower_of(built)
            finally:
                built.close()

    def _known(self, engine: str | None) -> str:
        name = self.engines[0] if engine is None else engine
        if name not in self._generations:
            listed = ", ".join(self.engines)
            raise InvalidInput(f"this archive has no index of {name!r}; it has: {listed} (settings, [search] engines)")
        return name
