"""The one way in: seal, make durable, commit, and only then answer.

Rule: when `deposit` returns, a loss of power loses nothing of it; when it raises, nothing was taken and the
sender still has the bytes. Concurrent deposits share one commit: whoever gets the commit lock first writes
for everybody who is queued behind it, each row in a part of its own, so that one bad row fails alone.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

from ingest.submission import Deposited, Handover
from storage.errors import ArchiveError, TemporarilyUnavailable
from storage.events import EventKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.archive import Archive
    from storage.records import Submission
    from storage.submissions import PreparedSubmission
    from storage.transaction import Transaction

_LARGEST_GROUP = 128


@dataclass(slots=True, eq=False)
class _Ticket:
    """One deposit on its way: what was prepared, and what became of it."""

    prepared: PreparedSubmission
    answer: Deposited | None = None
    error: Exception | None = None

    @property
    def settled(self) -> bool:
        return self.answer is not None or self.error is not None


class GroupDepositor:
    """The `Depositor` of one program; any number of threads may call it."""

    def __init__(self, archive: Archive, *, actor: str) -> None:
        self._archive = archive
        self._actor = actor
        self._epoch = archive.store.current_epoch()
        self._queue: list[_Ticket] = []
        self._queue_lock = threading.Lock()
        self._commit_lock = threading.Lock()

    def deposit(self, handover: Handover) -> Deposited:
        """See `ingest.submission.Depositor.deposit`."""
        ticket = _Ticket(self._prepare(handover))
        with self._queue_lock:
            self._queue.append(ticket)
        while not ticket.settled:
            with self._commit_lock:
                if ticket.settled:
                    break
                with self._queue_lock:
                    group, self._queue = self._queue[:_LARGEST_GROUP], self._queue[_LARGEST_GROUP:]
                self._settle(group)
        return _answer(ticket)

    def deposit_many(self, handovers: Sequence[Handover]) -> list[Deposited | Exception]:
        """Deposit a batch under one commit, in order; where the database refuses one alone, its error is its answer.

        Raises:
            StorageFull, TemporarilyUnavailable: nothing of the batch was taken.
        """
        tickets = [_Ticket(self._prepare(handover)) for handover in handovers]
        with self._commit_lock:
            self._settle(tickets)
        if all(ticket.error is not None for ticket in tickets):
            return [_answer(ticket) for ticket in tickets]
        return [ticket.error or _answer(ticket) for ticket in tickets]

    def _prepare(self, handover: Handover) -> PreparedSubmission:
        return self._archive.submissions.prepare(
            channel=handover.channel,
            account=handover.account,
            custodian_id=handover.custodian_id,
            envelope=handover.envelope,
            kind=handover.kind,
            payload=handover.payload,
            epoch=self._epoch,
            received_at=self._archive.store.clock(),
            actor=self._actor,
        )

    def _settle(self, tickets: Sequence[_Ticket]) -> None:
        try:
            self._commit(tickets)
        except BaseException as error:
            # every caller of the group must learn that nothing was taken, even where this thread is interrupted
            refusal = error if isinstance(error, Exception) else TemporarilyUnavailable("interrupted; try again")
            for ticket in tickets:
                ticket.answer, ticket.error = None, refusal
            if refusal is not error:
                raise

    def _commit(self, tickets: Sequence[_Ticket]) -> None:
        archive = self._archive
        tags = [ticket.prepared.tag for ticket in tickets]
        with archive.store.read() as connection:
            known = archive.submissions.known(connection, tags)
        written = [ticket.prepared.sealed for ticket in tickets if ticket.prepared.tag not in known]
        archive.blobs.write(written)
        added: set[str] = set()
        with archive.store.write() as transaction:
            # again under the lock: another program may have taken the same bytes meanwhile
            known = archive.submissions.known(transaction.connection, tags)
            fresh: dict[bytes, _Ticket] = {}
            repeats: list[_Ticket] = []
            for ticket in tickets:
                if ticket.prepared.tag in known or ticket.prepared.tag in fresh:
                    repeats.append(ticket)
                else:
                    fresh[ticket.prepared.tag] = ticket
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
            epoch = transaction.epoch
        self._epoch = epoch
        for sealed in written:
            if sealed.blob_id not in added:
                # committed by now: what cannot be tidied is an orphan that verify counts, not a refusal
                with suppress(OSError, ArchiveError):
                    archive.blobs.delete(sealed.blob_id)

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


def _answer(ticket: _Ticket) -> Deposited:
    if ticket.error is not None:
        raise ticket.error
    assert ticket.answer is not None
    return ticket.answer
