"""Generations of one engine's index: a file and a key each, one of them current, switched by a row.

Rules:

- ``index/gen-N.*`` is encrypted with the random key ``keys/index/N``. Destroying the key destroys the file, and every
  copy of it.
- A rebuild makes the next generation beside the current one, which goes on answering; one transaction switches, and
  then the old key and file are destroyed. A rebuild that was killed goes on where it was. Where the current one cannot
  be read, the next one takes its place at once, still empty, and coverage says how far it has come.
- A renewal, after a destruction, writes anew what is current and what is being built, each without the records.
- A crash before a switch leaves the old generation, a crash after it leaves remains that no row calls present; these
  the next act on generations sweeps away, keys first.
- Readers look at the row before each search and reopen when it has changed (`search.current_index`).
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from search.current_index import CurrentIndex
from search.engines import DEFAULT, engine_named, remove_generation
from search.follower import Coverage, Follower
from search.generation_rows import Cause, Generation, State, begin, number_of, present, put, retire
from search.index import IndexOutdated
from search.index_turns import turn
from storage.errors import Conflict, Corrupt, NotFound
from storage.events import EventKind
from storage.files import sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from search.engines import Engine, EngineIndex
    from search.pace import Pace
    from storage.archive import Archive
    from storage.people import People

_CATCH_UP_SECONDS = 60.0
_TODO = "run: archiver index rebuild"


class Generations:
    """The generations of one engine in an archive."""

    def __init__(self, archive: Archive, people: People | None = None, engine: Engine | None = None) -> None:
        self.engine = engine or engine_named(DEFAULT)
        self._archive = archive
        self._people = people
        self._folder = archive.folder / "index"

    def current(self) -> int:
        """The number of the generation that answers; the first is made if there is none yet."""
        number = self._number(State.CURRENT)
        if number is None:
            with self._changing():
                number = self._number(State.CURRENT)
                if number is None:
                    self._sweep()
                    number = self._make_empty(Cause.FIRST)
                    self._switch(number, None, {})
        return number

    def building(self) -> int | None:
        """The number of the generation that is being built beside the current one, if one is."""
        return self._number(State.BUILDING)

    def present(self) -> tuple[Generation, ...]:
        """The rows of what is current and what is being built."""
        with self._archive.store.read() as connection:
            return tuple(one for one in present(connection) if one.engine == self.engine.name)

    def path(self, number: int) -> Path:
        """The file or folder of a generation."""
        return self._folder / f"gen-{number}.{self.engine.ending}"

    def open(self, number: int, *, older: bool = False) -> EngineIndex:
        """Open a generation.

        Raises:
            Corrupt: its file or its key is missing or damaged.
            IndexOutdated: another version built it; with `older`, another version of the engine.
        """
        try:
            return self.engine.open(self.path(number), self._key(number), older=older)
        except Corrupt as error:
            if _TODO in error.message:
                raise
            raise Corrupt(f"{error.message}; {_TODO}") from error

    def follower_of(self, index: CurrentIndex) -> Follower:
        """A follower of what is current or of what is being built."""
        return Follower(self._archive, index, people=self._people, lock_name=f"{index.name}.lock")

    def rebuild(
        self,
        *,
        actor: str,
        cause: Cause = Cause.ASKED,
        anew: bool = False,
        progress: Callable[[int, int], None] | None = None,
        pace: Pace | None = None,
        stopping: Callable[[], bool] | None = None,
    ) -> Coverage:
        """Build the next generation from the ledger, switch to it, destroy the one before.

        Args:
            actor: who asked for it.
            cause: why; for `DAMAGE` the present generation is given up at once.
            anew: build from the beginning, also where a rebuild was broken off.
            progress: told the ledger position reached and the one to reach.
            pace: holds it back between two batches.
            stopping: whether to leave off; what is built by then stays for the next rebuild.

        Raises:
            Conflict: another rebuild is running.
        """
        with self._rebuilding():
            if cause is Cause.DAMAGE or not self._is_readable(self.current(), older=True):
                return self._start_over(cause, actor).catch_up(progress=progress, pace=pace, stopping=stopping)
            self._begin_building(cause, anew=anew)
            built = CurrentIndex(self, State.BUILDING)
            try:
                follower = self.follower_of(built)
                coverage = follower.catch_up(progress=progress, pace=pace, stopping=stopping)
                # what came meanwhile, so that nothing that was found is missing after the switch
                while not (stopping is not None and stopping()) and built.position() < self._reached():
                    coverage = follower.catch_up(progress=progress, stopping=stopping)
            finally:
                built.close()
            if stopping is not None and stopping():
                return coverage
            with self._changing():
                number = self.building()
                if number is None:
                    raise Conflict(f"the index that was being built was given up meanwhile; {_TODO}")
                counted = {"records": coverage.records, "indexed": coverage.indexed}
                self._switch(number, actor, {**self._facts(number, cause), **counted})
                self._sweep()
        return coverage

    def renew_without(self, record_ids: Sequence[str], *, actor: str) -> int:
        """Make the next generation of what the current one holds less these records; returns its number.

        Nothing is read or analysed again; where the current one cannot be read, it is given up, and built again. Either
        way the key of every older generation is destroyed when this returns.

        Raises:
            StorageFull: there is no space for a second index.
        """
        self.current()
        follower = None
        with self._changing():
            self._sweep()
            # what is being built first: it takes the place of a current one that cannot be read
            for one in reversed(self.present()):
                try:
                    number = self._renew(one, record_ids)
                except (Corrupt, IndexOutdated):
                    if one.state is State.CURRENT:
                        follower = self._give_up(Cause.DAMAGE, actor)
                    else:
                        self._retire(one.number)
                else:
                    facts = {**self._facts(number, Cause.DESTRUCTION), "without": len(record_ids)}
                    self._switch(number, actor if one.state is State.CURRENT else None, facts, one.state)
            self._sweep()
        if follower is not None:
            follower.catch_up(_CATCH_UP_SECONDS)
        return self.current()

    def only_present_left(self) -> bool:
        """Whether no key and no file is left but of what is current or being built, of any engine.

        A half-written key (``N.new``) does not count: nothing is encrypted with a key before it has its name.
        """
        self.current()
        with self._archive.store.read() as connection:
            wanted = {str(one.number) for one in present(connection)}
        files = {path.name.partition(".")[0].removeprefix("gen-") for path in self._folder.glob("gen-*")}
        keys = {path.name for path in self._keys().iterdir() if path.suffix != ".new"}
        return files <= wanted and keys <= wanted

    def make_ready(self, *, actor: str) -> int:
        """The current generation's number, rebuilt first if another version of this program built it."""
        if self.is_outdated():
            self.rebuild(actor=actor, cause=Cause.VERSION)
        return self.current()

    def is_outdated(self) -> bool:
        """Whether another version of engine, projection or analyser built the current generation.

        Raises:
            Corrupt: its file or its key is missing or damaged.
        """
        try:
            self.open(self.current()).close()
        except IndexOutdated:
            return True
        return False

    def retire_others(self, engines: Collection[str]) -> None:
        """Destroy all generations of engines beside these, which nobody asks any more."""
        with self._archive.store.read() as connection:
            over = [one.number for one in present(connection) if one.engine not in engines]
        if over:
            with self._changing():
                self._retire(*over)
                self._sweep()

    def doubted(self) -> int | None:
        """The number of the current generation if somebody met damage in it."""
        number = self._number(State.CURRENT)
        return number if number is not None and self._doubt(number).exists() else None

    def doubt(self, number: int) -> None:
        """Remember that damage was met in a generation, so that whoever keeps the index looks at all of it."""
        with suppress(OSError):  # the disk that is damaged may refuse
            self._doubt(number).touch(mode=0o600)

    def trust(self, number: int) -> None:
        """Forget such a note: all of it was looked at."""
        self._doubt(number).unlink(missing_ok=True)

    def _doubt(self, number: int) -> Path:
        return self._folder / f"gen-{number}.doubt"

    def _is_readable(self, number: int, *, older: bool) -> bool:
        with suppress(Corrupt, IndexOutdated):
            self.open(number, older=older).close()
            return True
        return False

    def _begin_building(self, cause: Cause, *, anew: bool) -> None:
        """Have a generation to build, going on with one that was begun if it is of this version and whole."""
        with self._changing():
            number = self.building()
            if number is not None and (anew or not self._is_readable(number, older=False)):
                self._retire(number)
                number = None
            self._sweep()
            if number is None:
                self._switch(self._make_empty(cause), None, {}, State.BUILDING)

    def _start_over(self, cause: Cause, actor: str) -> Follower:
        with self._changing():
            self._sweep()
            return self._give_up(cause, actor)

    def _give_up(self, cause: Cause, actor: str) -> Follower:
        """Put in its place what is being built, or an empty one, which its follower fills; needs the lock."""
        number = self.building()
        if number is None or not self._is_readable(number, older=False):
            number = self._make_empty(cause)
        self._switch(number, actor, self._facts(number, cause))
        self._sweep()
        return self.follower_of(CurrentIndex(self))

    def _reached(self) -> int:
        """How far the current generation has come; nowhere if it cannot be read any more."""
        try:
            index = self.open(self.current(), older=True)
        except (Corrupt, IndexOutdated):
            return -1
        try:
            return index.position()
        finally:
            index.close()

    def _renew(self, one: Generation, record_ids: Sequence[str]) -> int:
        source_key = self._key(one.number)
        self.open(one.number, older=True).close()
        number = self._begin(Cause.DESTRUCTION)
        target_key = self._archive.keyring.index_key(number)
        self.engine.renew(self.path(one.number), source_key, self.path(number), target_key, record_ids)
        return number

    def _make_empty(self, cause: Cause) -> int:
        number = self._begin(cause)
        self.engine.open(self.path(number), self._key(number), create=True).close()
        sync_folder(self._folder)
        return number

    def _facts(self, number: int, cause: Cause) -> dict[str, object]:
        return {"generation": number, "engine": self.engine.name, "cause": cause.value}

    def _keys(self) -> Path:
        return self._archive.folder / "keys" / "index"

    def _key(self, number: int) -> bytes:
        try:
            return self._archive.keyring.index_key(number)
        except NotFound as error:
            raise Corrupt(f"the key of search index {number} is missing; {_TODO}") from error

    def _number(self, state: State) -> int | None:
        with self._archive.store.read() as connection:
            return number_of(connection, self.engine.name, state)

    def _begin(self, cause: Cause) -> int:
        """A row for the next generation, then its key: in this order a crash leaves nothing unnamed."""
        with self._archive.store.write() as transaction:
            number = begin(transaction, self.engine.name, cause)
        self._remove(number)  # left by a database that was rolled back since; no row of this one ever named it
        self._archive.keyring.create_index_key(number)
        return number

    def _remove(self, number: int) -> None:
        self._archive.keyring.destroy_index_key(number)
        remove_generation(self._folder, number)

    def _switch(
        self, number: int, actor: str | None, facts: Mapping[str, object], state: State = State.CURRENT
    ) -> None:
        sync_folder(self._folder)
        with self._archive.store.write() as transaction:
            put(transaction, self.engine.name, number, state)
            if actor is not None:
                transaction.append(EventKind.INDEX_REBUILT, actor=actor, payload=facts)

    def _retire(self, *numbers: int) -> None:
        with self._archive.store.write() as transaction:
            retire(transaction, numbers)

    def _sweep(self) -> None:
        """Destroy what no row calls current or being built: keys first, then files; needs the lock."""
        with self._archive.store.read() as connection:
            wanted = {one.number for one in present(connection)}
        names = [path.name.partition(".")[0] for path in self._keys().iterdir()]
        names += [path.name.partition(".")[0].removeprefix("gen-") for path in self._folder.glob("gen-*.*")]
        over = {int(name) for name in names if name.isdecimal()} - wanted
        for number in sorted(over):
            self._remove(number)
        if over:
            sync_folder(self._folder)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """The right to begin, switch and destroy generations of any engine, for a short while."""
        with turn(self._folder / "building.lock", wait=True):
            yield

    @contextmanager
    def _rebuilding(self) -> Iterator[None]:
        """The right to build this engine's next generation, however long it takes."""
        with turn(self._folder / f"rebuilding-{self.engine.name}.lock") as mine:
            if not mine:
                raise Conflict("the search index is being rebuilt already; wait until that has ended")
            yield
