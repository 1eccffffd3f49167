"""The one way in: seal, make durable, commit, and only then answer.

Rule: when `deposit` returns, a loss of power loses nothing of it; when it raises, nothing was taken and the
sender still has the bytes. Concurrent deposits share their syncs in two stages, objects first, then rows: at
each stage the first of those that wait works for all of them, and while one group's rows are committed the next
group's objects are written. Each row is in a part of its own, so that one bad row fails alone.

What is large goes to the store in pieces and is durable before its group is formed, so that nobody waits for it
and its size is not the memory's; where its rows cannot be written, it is taken back.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

from ingest.submission import STREAMED_FROM, Deposited, Handover
from storage.blobs import SealedObject, StoredObject
from storage.errors import ArchiveError, InvalidInput, TemporarilyUnavailable
from storage.events import EventKind
from storage.sealed_streams import PIECE_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from storage.archive import Archive
    from storage.records import Submission
    from storage.submissions import PreparedSubmission
    from storage.transaction import Transaction

    Beside = Callable[[Transaction, list[Deposited | Exception]], None]

_LARGEST_GROUP = 128
_HELD_UP = timedelta(minutes=10)  # well below the age at which an object without a row is removed
_NEVER = threading.Event()  # the turn of what is deposited in a batch, which waits for nobody


@dataclass(slots=True, eq=False)
class _Ticket:
    """One deposit on its way: what was prepared, and what became of it."""

    prepared: PreparedSubmission
    answer: Deposited | None = None
    error: Exception | None = None
    written: bool | None = None  # None until staged; False where the bytes were known already
    staged_at: datetime | None = None
    turn: threading.Event = _NEVER

    @property
    def settled(self) -> bool:
        return self.answer is not None or self.error is not None

    def await_turn(self) -> None:
        """Wait until settled, or until it is this ticket's turn to lead."""
        self.turn.wait()
        self.turn.clear()


class GroupDepositor:
    """The `Depositor` of one program; any number of threads may call it."""

    def __init__(self, archive: Archive, *, actor: str) -> None:
        self._archive = archive
        self._actor = actor
        self._epoch = archive.store.current_epoch()
        self._queued: list[_Ticket] = []
        self._staged: list[_Ticket] = []
        self._staging = False
        self._committing = False
        self._queue_lock = threading.Lock()
        self._commit_lock = threading.Lock()

    def deposit(self, handover: Handover) -> Deposited:
        """See `ingest.submission.Depositor.deposit`."""
        ticket = _Ticket(self._prepare(handover), turn=threading.Event())
        with self._queue_lock:
            self._queued.append(ticket)
            leads, self._staging = not self._staging, True
        if not leads:
            ticket.await_turn()
        if not ticket.settled and ticket.written is None:
            self._lead_staging(ticket)
        if not ticket.settled:
            self._lead_commit()
        return _answer(ticket)

    def _lead_staging(self, ticket: _Ticket) -> None:
        """Make the objects durable of all that are queued (our own is the first), and line up for the commit.

        Returns when our own is settled, or when it is our turn to commit.
        """
        with self._queue_lock:
            group, self._queued = self._queued[:_LARGEST_GROUP], self._queued[_LARGEST_GROUP:]
        try:
            self._attempt(group, self._stage)
        finally:
            with self._queue_lock:
                heir = self._queued[0] if self._queued else None
                self._staging = heir is not None
                staged = [one for one in group if not one.settled]
                self._staged += staged
                commits = bool(staged) and not self._committing
                self._committing = self._committing or commits
            if heir is not None:
                heir.turn.set()
            for one in group:
                if one.settled and one is not ticket:
                    one.turn.set()
        if not commits and not ticket.settled:
            ticket.await_turn()

    def _lead_commit(self) -> None:
        """Commit all that are staged (our own is the first), then hand on to who was staged meanwhile."""
        with self._queue_lock:
            group, self._staged = self._staged, []
        try:
            self._attempt(group, self._commit)
        finally:
            with self._queue_lock:
                heir = self._staged[0] if self._staged else None
                self._committing = heir is not None
            if heir is not None:
                heir.turn.set()
            for one in group:
                one.turn.set()

    def deposit_many(
        self, handovers: Sequence[Handover], *, beside: Beside | None = None
    ) -> list[Deposited | Exception]:
        """Deposit a batch under one commit, in order; where the database refuses one alone, its error is its answer.

        `beside` is called in the transaction with what becomes of those that could be read, if any; what it writes
        is committed with them, and what it raises undoes them and is their answer.

        Raises:
            StorageFull, TemporarilyUnavailable: nothing of the batch was taken.
        """
        prepared = self._prepare_all(handovers)
        tickets = [_Ticket(one) for one in prepared if not isinstance(one, Exception)]
        self._attempt(tickets, self._stage)
        if not any(ticket.settled for ticket in tickets):
            self._attempt(tickets, lambda group: self._commit(group, beside))
        if tickets and all(ticket.error is not None for ticket in tickets):
            return [_answer(ticket) for ticket in tickets]
        settled = iter(tickets)
        return [one if isinstance(one, Exception) else _outcome(next(settled)) for one in prepared]

    def _prepare_all(self, handovers: Sequence[Handover]) -> list[PreparedSubmission | Exception]:
        """Each prepared, or why its source cannot be read; where the store refuses one, none of them is kept."""
        prepared: list[PreparedSubmission | Exception] = []
        try:
            for handover in handovers:
                try:
                    prepared.append(self._prepare(handover))
                except InvalidInput as error:
                    prepared.append(error)
        except BaseException:
            self._take_back([one for one in prepared if not isinstance(one, Exception)])
            raise
        return prepared

    def _take_back(self, prepared: Sequence[PreparedSubmission]) -> None:
        """Remove the objects that are durable already and that no row will name."""
        for one in prepared:
            if isinstance(one.sealed, StoredObject):
                with suppress(OSError, ArchiveError):  # an orphan that verify counts
                    self._archive.blobs.delete(one.sealed.blob_id)

    def _prepare(self, handover: Handover) -> PreparedSubmission:
        self._archive.store.refuse_if_failed()  # after a failed sync not even an object may be written and synced
        payload = handover.payload
        if not isinstance(payload, bytes):
            given: bytes | Iterator[bytes | memoryview] = payload.pieces()
        else:
            given = payload if len(payload) < STREAMED_FROM else _cut(payload)
        return self._archive.submissions.prepare(
            channel=handover.channel,
            account=handover.account,
            custodian_id=handover.custodian_id,
            envelope=handover.envelope,
            kind=handover.kind,
            payload=given,
            epoch=self._epoch,
            received_at=self._archive.store.clock(),
            actor=self._actor,
        )

    @staticmethod
    def _attempt(tickets: Sequence[_Ticket], step: Callable[[Sequence[_Ticket]], None]) -> None:
        try:
            step(tickets)
        except BaseException as error:
            # every caller of the group must learn that nothing was taken, even where this thread is interrupted
            refusal = error if isinstance(error, Exception) else TemporarilyUnavailable("interrupted; try again")
            for ticket in tickets:
                ticket.answer, ticket.error = None, refusal
            if refusal is not error:
                raise

    def _stage(self, tickets: Sequence[_Ticket]) -> None:
        """Make the objects durable of what is not known yet. No row names them so far."""
        archive = self._archive
        archive.store.refuse_if_failed()
        try:
            with archive.store.read() as connection:
                known = archive.submissions.known(connection, [ticket.prepared.tag for ticket in tickets])
            fresh = [ticket.prepared for ticket in tickets if ticket.prepared.tag not in known]
            archive.blobs.write([one.sealed for one in fresh if isinstance(one.sealed, SealedObject)])
        except BaseException:
            self._take_back([ticket.prepared for ticket in tickets])
            raise
        at = archive.store.clock()
        for ticket in tickets:
            ticket.staged_at = at
            ticket.written = ticket.prepared.tag not in known or isinstance(ticket.prepared.sealed, StoredObject)

    def _commit(self, tickets: Sequence[_Ticket], beside: Beside | None = None) -> None:
        with self._commit_lock:
            self._write_rows(tickets, beside)

    def _write_rows(self, tickets: Sequence[_Ticket], beside: Beside | None) -> None:
        archive = self._archive
        tags = [ticket.prepared.tag for ticket in tickets]
        added: set[str] = set()
        with archive.store.write() as transaction:
            # again under the lock: another program may have taken the same bytes meanwhile
            known = archive.submissions.known(transaction.connection, tags)
            fresh: dict[bytes, _Ticket] = {}
            repeats: list[_Ticket] = []
            for ticket in tickets:
                if ticket.prepared.tag in known or ticket.prepared.tag in fresh:
                    repeats.append(ticket)
                elif ticket.written and self._still_there(ticket, transaction.at):
                    fresh[ticket.prepared.tag] = ticket
                else:
                    # known a moment ago and destroyed since, so its object was not written, or swept up meanwhile
                    ticket.error = TemporarilyUnavailable("the stored bytes were removed just now; try again")
            for ticket, submission in self._add(transaction, list(fresh.values())):
                known[ticket.prepared.tag] = submission
                added.add(ticket.prepared.sealed.blob_id)
                ticket.answer = _deposited(ticket, submission, duplicate=False)
            for ticket in repeats:
                earlier = known.get(ticket.prepared.tag)
                if earlier is None:
                    ticket.error = TemporarilyUnavailable("the same bytes could not be taken just before; try again")
                    continue
                transaction.append(EventKind.SUBMISSION_DUPLICATE, actor=self._actor, subjects=(earlier.id,))
                ticket.answer = _deposited(ticket, earlier, duplicate=True)
            if beside is not None and tickets:
                beside(transaction, [_outcome(ticket) for ticket in tickets])
            epoch = transaction.epoch
        self._epoch = epoch
        for blob_id in {ticket.prepared.sealed.blob_id for ticket in tickets if ticket.written} - added:
            # committed by now: what cannot be tidied is an orphan that verify counts, not a refusal
            with suppress(OSError, ArchiveError):
                archive.blobs.delete(blob_id)

    def _still_there(self, ticket: _Ticket, at: datetime) -> bool:
        """Look again where this program was held up for long: recovery removes old objects that no row names."""
        assert ticket.staged_at is not None
        held_up = not timedelta(0) <= at - ticket.staged_at < _HELD_UP
        return not held_up or self._archive.blobs.contains(ticket.prepared.sealed.blob_id)

    def _add(self, transaction: Transaction, tickets: Sequence[_Ticket]) -> list[tuple[_Ticket, Submission]]:
        """Add all together; if the database refuses one of them, each alone, so that only that one fails."""
        if not tickets:
            return []
        submissions = self._archive.submissions
        try:
            with transaction.savepoint():
                added = submissions.add(transaction, [ticket.prepared for ticket in tickets])
                return list(zip(tickets, added, strict=True))
        except IntegrityError:
            pass
        settled: list[tuple[_Ticket, Submission]] = []
        for ticket in tickets:
            try:
                with transaction.savepoint():
                    settled.append((ticket, submissions.add(transaction, [ticket.prepared])[0]))
            except IntegrityError:
                ticket.error = TemporarilyUnavailable("the database refused this submission; try again")
        return settled


def _deposited(ticket: _Ticket, submission: Submission, *, duplicate: bool) -> Deposited:
    return Deposited(
        submission_id=submission.id,
        duplicate_of=submission.id if duplicate else None,
        position=submission.position,
        received_at=submission.received_at,
        sha256=ticket.prepared.sha256,
    )


def _cut(payload: bytes) -> Iterator[memoryview]:
    """A large payload in pieces, none of them a copy."""
    view = memoryview(payload)
    for start in range(0, len(payload), PIECE_BYTES):
        yield view[start : start + PIECE_BYTES]


def _outcome(ticket: _Ticket) -> Deposited | Exception:
    return ticket.error or _answer(ticket)


def _answer(ticket: _Ticket) -> Deposited:
    if ticket.error is not None:
        raise ticket.error
    assert ticket.answer is not None
    return ticket.answer
