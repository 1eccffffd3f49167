"""Generations of the index: one file and one key each, one of them current, switched by a row.

Rules:

- ``index/gen-N.db`` is encrypted with the random key ``keys/index/N``. Destroying the key destroys the file,
  and every copy of it.
- A rebuild (from the ledger) and a renewal (from the current one, after a destruction) make generation N+1 beside
  the current one, which goes on answering; one transaction switches; then the old key and file are destroyed. A
  crash before the switch leaves the old generation, a crash after it leaves remains that the next rebuild, renewal
  or start sweeps away.
- Readers look at the row before each search and reopen when it has changed.
"""

from __future__ import annotations

import fcntl
import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, insert, select, update

from search.follower import Coverage, Follower
from search.fts_export import export_without
from search.fts_index import FtsIndex, open_fts_index
from search.index import IndexCounts, IndexOutdated, Order, SearchPage
from search.tables import index_generations
from storage.errors import Conflict, Corrupt, NotFound
from storage.events import EventKind
from storage.files import sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from search.documents import IndexDocument
    from search.index import IdScope
    from search.queries import Query
    from storage.archive import Archive
    from storage.people import People

ENGINE: Final = "fts"
_REMAINS = ("", "-wal", "-shm", "-journal")


class Generations:
    """The generations of one archive's index."""

    def __init__(self, archive: Archive, people: People | None = None) -> None:
        self._archive = archive
        self._people = people
        self._folder = archive.folder / "index"

    def current(self) -> int:
        """The number of the generation that answers; the first is made if there is none yet."""
        number = self._number("current")
        if number is not None:
            return number
        with self._building():
            number = self._number("current")
            if number is None:
                self._sweep()
                number = self._begin()
                open_fts_index(self.path(number), self._key(number), create=True).close()
                self._switch(number, None, {})
        return number

    def path(self, number: int) -> Path:
        """The file of a generation."""
        return self._folder / f"gen-{number}.db"

    def open(self, number: int) -> FtsIndex:
        """Open a generation.

        Raises:
            Corrupt: its file or its key is missing or damaged.
            IndexOutdated: another version built it.
        """
        return open_fts_index(self.path(number), self._key(number))

    def rebuild(self, *, actor: str, progress: Callable[[int, int], None] | None = None) -> Coverage:
        """Build the next generation from the ledger, switch to it, destroy the one before.

        Args:
            actor: who asked for it.
            progress: told the ledger position reached and the one to reach.

        Raises:
            Conflict: another rebuild is running.
        """
        with self._building(wait=False):
            self._sweep()
            number = self._begin()
            index = open_fts_index(self.path(number), self._key(number), create=True)
            try:
                follower = Follower(self._archive, index, people=self._people, lock_name=f"gen-{number}.lock")
                coverage = follower.catch_up(progress=progress)
            finally:
                index.close()
                (self._folder / f"gen-{number}.lock").unlink(missing_ok=True)
            facts = {"generation": number, "engine": ENGINE, "records": coverage.records, "indexed": coverage.indexed}
            self._switch(number, actor, facts)
            self._sweep()
        return coverage

    def renew_without(self, record_ids: Sequence[str], *, actor: str) -> int:
        """Make the next generation of what the current one holds less these records; returns its number.

        Far quicker than a rebuild, for nothing is read or analysed again; where the current one cannot be read, it
        is a rebuild. Either way the key of every older generation is destroyed when this returns.

        Raises:
            StorageFull: there is no space for a second index.
        """
        self.current()
        with self._building():
            self._sweep()
            old = self.current()
            try:
                source_key = self._key(old)
                self.open(old).close()
            except (Corrupt, IndexOutdated):
                readable = False
            else:
                readable = True
                number = self._begin()
                target_key = self._archive.keyring.index_key(number)
                export_without(self.path(old), source_key, self.path(number), target_key, record_ids)
                self._switch(number, actor, {"generation": number, "engine": ENGINE, "without": len(record_ids)})
                self._sweep()
        if not readable:
            self.rebuild(actor=actor)
        return self.current()

    def only_one_left(self) -> bool:
        """Whether no key and no file is left of any generation but the current one.

        A half-written key (``N.new``) does not count: an index is only made once its key has its name, so nothing was
        ever encrypted with that one.
        """
        number = self.current()
        files = {path.name.partition(".")[0] for path in self._folder.glob("gen-*")}
        folder = self._archive.folder / "keys" / "index"
        keys = {path.name for path in folder.iterdir() if path.suffix != ".new"}
        return files <= {f"gen-{number}"} and keys <= {str(number)}

    def make_ready(self, *, actor: str) -> int:
        """The current generation's number, rebuilt first if another version of this program built it."""
        number = self.current()
        try:
            self.open(number).close()
        except IndexOutdated:
            self.rebuild(actor=actor)
            number = self.current()
        return number

    def _key(self, number: int) -> bytes:
        try:
            return self._archive.keyring.index_key(number)
        except NotFound as error:
            raise Corrupt(f"the key of search index {number} is missing; run: archiver index rebuild") from error

    def _number(self, state: str) -> int | None:
        with self._archive.store.read() as connection:
            query = select(index_generations.c.number).where(index_generations.c.state == state)
            number: int | None = connection.execute(query).scalar()
        return number

    def _begin(self) -> int:
        """A row for the next generation, then its key: in this order a crash leaves nothing unnamed."""
        with self._archive.store.write() as transaction:
            highest = transaction.connection.execute(select(func.max(index_generations.c.number))).scalar()
            number = (highest or 0) + 1
            row = {"number": number, "engine": ENGINE, "state": "building", "created_at": transaction.at}
            transaction.connection.execute(insert(index_generations), [row])
        self._remove(number)  # left by a database that was rolled back since; no row of this one ever named it
        self._archive.keyring.create_index_key(number)
        return number

    def _remove(self, number: int) -> None:
        self._archive.keyring.destroy_index_key(number)
        for ending in _REMAINS:
            self.path(number).with_name(f"gen-{number}.db{ending}").unlink(missing_ok=True)

    def _switch(self, number: int, actor: str | None, facts: Mapping[str, object]) -> None:
        sync_folder(self._folder)
        with self._archive.store.write() as transaction:
            states = update(index_generations)
            old = states.where(index_generations.c.state == "current").values(state="retired")
            new = states.where(index_generations.c.number == number).values(state="current")
            transaction.connection.execute(old)
            transaction.connection.execute(new)
            if actor is not None:
                transaction.append(EventKind.INDEX_REBUILT, actor=actor, payload=facts)

    def _sweep(self) -> None:
        """Destroy what no row calls current: keys first, then files; needs the building lock."""
        with self._archive.store.read() as connection:
            query = select(index_generations.c.number).where(index_generations.c.state != "current")
            numbers = [row.number for row in connection.execute(query)]
        for number in numbers:
            self._remove(number)
        if numbers:
            sync_folder(self._folder)
            with self._archive.store.write() as transaction:
                given_up = update(index_generations).where(index_generations.c.state == "building")
                transaction.connection.execute(given_up.values(state="retired"))

    @contextmanager
    def _building(self, *, wait: bool = True) -> Iterator[None]:
        """The right to make generations, one program at a time."""
        descriptor = os.open(self._folder / "building.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError as error:
                raise Conflict("the search index is being rebuilt already; wait until that has ended") from error
            yield
        finally:
            os.close(descriptor)


class CurrentIndex:
    """A `SearchIndex` that is always the current generation, whichever that is by now."""

    def __init__(self, generations: Generations) -> None:
        self._generations = generations
        self._opened: tuple[int, FtsIndex] | None = None
        self._lock = threading.Lock()

    def present(self) -> FtsIndex:
        """The generation that is current now; it may be retired, and then closed, at any time."""
        return self._current()

    def position(self) -> int:
        """The ledger position up to which events have been read."""
        return self._current().position()

    def add(self, documents: Sequence[IndexDocument], position: int) -> None:
        """Add documents and move to `position`, in one durable step."""
        self._current().add(documents, position)

    def remove(self, record_ids: Sequence[str], position: int) -> None:
        """Take records out and move to `position`, in one durable step."""
        self._current().remove(record_ids, position)

    def search(
        self, query: Query, *, limit: int, offset: int = 0, order: Order = Order.DATE, allowed: IdScope | None = None
    ) -> SearchPage:
        """The records that match, from the `offset`-th on, at most `limit`."""
        return self._current().search(query, limit=limit, offset=offset, order=order, allowed=allowed)

    def ids(self, query: Query, *, allowed: IdScope | None = None) -> Iterator[str]:
        """The id of every record that matches, newest first."""
        return self._current().ids(query, allowed=allowed)

    def counts(self) -> IndexCounts:
        """How much is indexed."""
        return self._current().counts()

    def close(self) -> None:
        """Close the generation that is open, if one is."""
        with self._lock:
            if self._opened is not None:
                self._opened[1].close()
            self._opened = None

    def close_retired(self) -> None:
        """Close the generation that is open if it is not current any more, and with it forget its key."""
        if self._opened is None:
            return
        number = self._generations.current()
        with self._lock:
            if self._opened is not None and self._opened[0] < number:
                self._opened[1].close()
                self._opened = None

    def _current(self) -> FtsIndex:
        number = self._generations.current()
        with self._lock:
            if self._opened is not None and self._opened[0] == number:
                return self._opened[1]
            if self._opened is not None:
                self._opened[1].close()
                self._opened = None
            try:
                index = self._generations.open(number)
            except Corrupt:
                # between the row and the file another program may have switched; a second look tells
                newer = self._generations.current()
                if newer == number:
                    raise
                number, index = newer, self._generations.open(newer)
            self._opened = (number, index)
            return index
