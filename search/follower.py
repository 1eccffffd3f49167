"""Ledger → index, by position: the index may lag, it never misses.

Rules:

- Every `record.archived` and `record.transcribed` event after the index's position is read in order; its records are
  opened with the newest of what their pictures say, projected and added in the same durable step that moves the
  position. A crash anywhere repeats a batch, which changes nothing.
- Where it is learned who somebody is, the records in which he takes part are read again (`storage.people`). They may be
  many: what goes before the position moves is repeated by whoever was killed.
- The position also moves over events that concern no record, so that "reached" can be told from "behind".
- A record that cannot be opened does not stop the others. It stays missing from the index, and `Coverage` says
  how many are.
- One follower works at a time, by a lock on a file; another waits and profits.
- An index that has read more than the ledger holds belongs to another ledger: it is damage, not progress.
- A step reads the position from the same generation that it adds to: what takes a generation's place meanwhile has
  come less far, and must not be told that it has read what only the old one has.
"""

from __future__ import annotations

import time
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from search.index import NOTHING_READ, IdScope
from search.index_turns import turn
from search.projection import project
from search.queries import Between, Clock
from storage.errors import Corrupt, TemporarilyUnavailable
from storage.events import EventKind
from storage.people import LEARNED, NobodyKnown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from search.documents import IndexDocument
    from search.index import SearchIndex
    from search.pace import Pace
    from storage.archive import Archive
    from storage.people import People
    from storage.records import DescribedRecord
    from storage.transcriptions import StoredTranscription

BATCH = 512
FOLLOWED = (EventKind.RECORD_ARCHIVED, EventKind.RECORD_TRANSCRIBED, *LEARNED)
"""Events that bring something new to be found, or that change who somebody is."""
AHEAD: Final = "the search index is ahead of the ledger, as after a restore; run: archiver index rebuild"
_POLL_SECONDS = 0.02
_ANY = Between(Clock.CAPTURED, None, None)
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How complete a search is.

    `records` should be found by a search, `indexed` are, and of these `unsearchable` have some part whose text
    could not be read. `behind` is the number of ledger events not looked at yet.
    """

    records: int
    indexed: int
    unsearchable: int
    behind: int

    @property
    def complete(self) -> bool:
        """Whether every record that should be found is in the index."""
        # events that are not looked at yet but bring no record (a search, a view) take nothing from a search
        return self.indexed >= self.records


class Follower:
    """Brings one index up to the ledger of one archive."""

    def __init__(
        self,
        archive: Archive,
        index: SearchIndex,
        *,
        people: People | None = None,
        batch: int = BATCH,
        lock_name: str = "follower.lock",
        monotonic: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._archive = archive
        self._index = index
        self._people = people or NobodyKnown()
        self._batch = batch
        self._lock_path = archive.folder / "index" / lock_name
        self._monotonic = monotonic
        self._wait = wait
        self._records = 0
        self._begun: tuple[weakref.ref[SearchIndex], int] | None = None

    def follow_some(self) -> int:
        """Read one batch of events; the number of ledger positions gone forward, 0 if there is nothing to do.

        Also 0 while another follower is at it.
        """
        with turn(self._lock_path) as mine:
            return self._step()[0] if mine else 0

    def follow_batch(self) -> bool:
        """Read one batch of events; whether it was a full one, behind which there may be more."""
        with turn(self._lock_path) as mine:
            return mine and self._step()[1]

    def catch_up(
        self,
        limit_seconds: float | None = None,
        progress: Callable[[int, int], None] | None = None,
        pace: Pace | None = None,
        stopping: Callable[[], bool] | None = None,
    ) -> Coverage:
        """Follow until the ledger's present end is reached, or the time is over.

        Args:
            limit_seconds: give up after so long; None for never.
            progress: told the position reached and the one to reach, after each batch.
            pace: holds back between two batches.
            stopping: whether to leave off between two batches.
        """
        goal = self._head() - 1
        deadline = None if limit_seconds is None else self._monotonic() + limit_seconds
        while (reached := self._index.position()) < goal:
            late = deadline is not None and self._monotonic() >= deadline
            if late or (stopping is not None and stopping()):
                break
            began, records = (0.0 if pace is None else pace.now()), self._records
            if self.follow_some() == 0 and self._index.position() == reached:
                self._wait(_POLL_SECONDS)
            if progress is not None:
                progress(min(self._index.position(), goal), goal)
            if pace is not None:
                pace.hold_back(began, self._records - records)
        return self.coverage()

    def coverage(self) -> Coverage:
        """How complete a search is at this moment."""
        # the index first: what is archived between the two reads then counts as missing, never as surplus
        reached = self._index.position()
        counts = self._index.counts()
        with self._archive.store.read() as connection:
            records = self._archive.catalogue.count_active(connection)
            head = self._archive.ledger.head(connection).size
        _refuse_ahead(reached, head)
        return Coverage(
            records=records,
            indexed=counts.indexed,
            unsearchable=counts.unsearchable,
            behind=max(0, head - 1 - reached),
        )

    def forget(self, record_ids: Sequence[str]) -> None:
        """Take records out of the index, after a step that may have opened them before they were destroyed.

        From now on no step adds them again: whoever opens them finds nothing. Writes only where one is there.
        """
        with turn(self._lock_path, wait=True):
            there = list(self._index.ids(_ANY, allowed=IdScope(only=frozenset(record_ids))))
            if there:
                self._index.remove(there, NOTHING_READ)

    def read_again(self, record_ids: Sequence[str]) -> set[str]:
        """Put these records into the index as they are now; returns those that could be opened.

        In turn with every step, so that what is destroyed meanwhile does not come back. A document of a later ledger
        position stays (`IndexWriter.add`).
        """
        read: set[str] = set()
        with turn(self._lock_path, wait=True):
            index = self._index.present()
            for start in range(0, len(record_ids), self._batch):
                some = record_ids[start : start + self._batch]
                documents = self._documents(some)
                index.add(documents, NOTHING_READ)
                read.update(one.record_id for one in documents)
        return read

    def readable(self, record_ids: Sequence[str]) -> set[str]:
        """Those of these records that can be opened."""
        return {described.record.id for described, _ in self._open(record_ids)}

    def _head(self) -> int:
        with self._archive.store.read() as connection:
            return self._archive.ledger.head(connection).size

    def _step(self) -> tuple[int, bool]:
        """The number of ledger positions gone forward, and whether the batch was full."""
        index = self._index.present()
        try:
            return self._step_on(index)
        except (Corrupt, TemporarilyUnavailable):
            if self._index.present() is index:
                raise
            return 0, False  # another generation took its place and says by itself how far it has come

    def _step_on(self, index: SearchIndex) -> tuple[int, bool]:
        before = index.position()
        with self._archive.store.read() as connection:
            events = self._archive.ledger.events_after(connection, before, kinds=FOLLOWED, limit=self._batch)
            head = self._archive.ledger.head(connection).size
        _refuse_ahead(before, head)
        # a full page may have left events behind it; a short one means that all up to the head are read
        is_full = len(events) == self._batch
        position = events[-1].position if is_full else head - 1
        if position <= before:
            return 0, False
        known_to = self._known_to(index, before, head)
        learned = [event for event in events if event.event.kind in LEARNED and event.position >= known_to]
        brought = (event for event in events if event.event.kind not in LEARNED)
        ids = dict.fromkeys(event.event.subjects[0] for event in brought if event.event.subjects)
        if learned:
            with self._archive.store.read() as connection:
                ids |= dict.fromkeys(self._people.touched_by(connection, learned))
        chosen = list(ids)
        for start in range(0, max(len(chosen), 1), self._batch):
            some = chosen[start : start + self._batch]
            self._records += len(some)
            index.add(self._documents(some), position if start + self._batch >= len(chosen) else before)
        return position - before, is_full

    def _known_to(self, index: SearchIndex, before: int, head: int) -> int:
        """Up to which ledger position everything in the index was read with what was learned up to there.

        What is opened now is opened with all that is known now, so an index that this follower began has nothing to
        read again for what was learned before. Another follower does not know this, and reads some records twice.
        """
        if before == NOTHING_READ:
            self._begun = (weakref.ref(index), head)
        return self._begun[1] if self._begun is not None and self._begun[0]() is index else 0

    def _documents(self, ids: Sequence[str]) -> list[IndexDocument]:
        opened = self._open(ids)
        with self._archive.store.read() as connection:
            known = self._people.known(connection, [described for described, _ in opened])
        key = self._archive.keyring.digest_key
        return [project(described, read, known.get(described.record.id, {}), key) for described, read in opened]

    def _open(self, ids: Sequence[str]) -> list[tuple[DescribedRecord, StoredTranscription | None]]:
        """These records as far as they can be opened; destroyed ones are gone, and that is right."""
        archive = self._archive
        try:
            with archive.store.read() as connection:
                opened = archive.catalogue.describe(connection, ids)
                read = archive.transcriptions.latest(connection, ids)
                return [(one, read.get(one.record.id)) for one in opened]
        except Corrupt:
            if len(ids) == 1:
                log.warning("index.record_unreadable", record=ids[0])
                return []
        # one of them is damaged: find out which by opening each alone
        return [opened for record_id in ids for opened in self._open([record_id])]


def _refuse_ahead(reached: int, head: int) -> None:
    """Refuse an index that has read more than there is; the head must have been read after the position."""
    if reached >= head:
        raise Corrupt(AHEAD)
