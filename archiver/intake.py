"""Taking in what somebody hands to a command: deposit in batches, then wait until all of it can be found.

Rule: every item seen is counted once, under one outcome, with its reason; the sum is what was seen. A batch is
acknowledged when it is durable, so an interrupted run keeps what it took, and the same run again finds the
rest (what is there already is a duplicate).
"""

from __future__ import annotations

import hashlib
import shutil
import time
from typing import TYPE_CHECKING

from archiver.crew import Crew
from archiver.intake_pictures import PictureWait
from archiver.intake_report import Accounting, IntakeItem, IntakeReport, TakenContainer
from archiver.unpacking_turns import await_unpacked, unpacker_of, unpacking_turn
from ingest.containers import REMARK, Containers, ContainerState
from ingest.submission import Deposited, Handover
from ingest.superseding import say_again
from ingest.told import Told
from storage.errors import ArchiveError, StorageFull, TemporarilyUnavailable
from storage.records import Channel, Envelope, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from archiver.wiring import Installation
    from ingest.channels.files import FoundItem
    from ingest.containers import Container
    from ingest.depositor import GroupDepositor
    from ingest.formats.container_kinds import ContainerKind
    from storage.transaction import Transaction

_BATCH = 256
_BATCH_BYTES = 16 << 20
_POLL_SECONDS = 0.05
_LONGEST_POLL_SECONDS = 1.0
_SURELY_NOT_DONE = 4_000  # more a second than any examiner reads
_PATIENCE_SECONDS = 1_800.0
_SILENCE_SECONDS = 30
_FULL_DISK_SECONDS = 5.0
_FULL_DISK_BYTES = 4 << 20


class Intake:
    """One run of `archiver ingest`."""

    def __init__(
        self,
        installation: Installation,
        *,
        actor: str,
        submitter: str,
        custodian_id: str | None,
        progress: Callable[[int, int | None], None],
        reading: Callable[[int, int | None], None] = lambda _done, _total: None,
        told: Told | None = None,
        say: Callable[[str], None] = lambda _: None,
        crew: Crew | None = None,
    ) -> None:
        self._crew = crew or Crew(installation.archive.folder)
        self._say = say
        self._is_told = False
        self._installation = installation
        self._told = told or Told()
        self._actor = actor
        self._depositor: GroupDepositor = installation.depositor(actor)
        self._submitter = submitter
        self._custodian_id = custodian_id
        self._progress = progress
        self._report = IntakeReport()
        self._seen = 0
        self._position = -1
        with installation.archive.store.read() as connection:
            self._since = installation.archive.ledger.head(connection).size
        self._pictures = PictureWait(installation, self._since, reading, say)
        self._containers = Containers(installation.archive, actor=actor)
        self._unpacker = unpacker_of(installation, actor)
        self.accounting = Accounting(installation.archive, self._containers, self._report)

    def run(self, found: Iterable[FoundItem], *, wait: bool) -> IntakeReport:
        """Deposit everything found; then, unless told not to, wait for outcomes and the index."""
        return self._run(lambda: self._deposit_all(found), wait=wait)

    def follow(self, container_id: str, source: str, *, fresh: bool) -> IntakeReport:
        """Take apart a container that was deposited just now, and wait as `run` does; `fresh` if it is a new one."""
        return self._run(lambda: self._unpack(container_id, source, fresh=fresh), wait=True)

    def _run(self, take: Callable[[], None], *, wait: bool) -> IntakeReport:
        began = time.monotonic()
        try:
            if wait:
                self._keep_up()
            try:
                take()
            except ArchiveError as error:
                self._report.stopped_by = error
            if wait:
                try:
                    self._wait()
                except TemporarilyUnavailable as error:
                    self._report.stopped_by = self._report.stopped_by or error
            self.accounting.conclude()
        finally:
            self._crew.dismiss()
        try:
            self._installation.archive.ledger.publish_checkpoint()
        except TemporarilyUnavailable as error:  # the account of the run must not be lost over it
            self._report.stopped_by = self._report.stopped_by or error
        self._report.seconds = time.monotonic() - began
        return self._report

    def _keep_up(self) -> None:
        self._crew.keep_up(self._installation.archive.keyring.master)

    def _deposit_all(self, found: Iterable[FoundItem]) -> None:
        batch: list[FoundItem] = []
        size = 0
        for one in found:
            if one.problem is not None:
                self._report.parts.append(IntakeItem(source=one.source, outcome=Outcome.FAILED, reason=one.problem))
                continue
            if one.container is not None:
                self._deposit(batch)
                batch, size = [], 0
                self._take_apart(one, one.container)
                continue
            batch.append(one)
            size += one.bytes_held
            if len(batch) >= _BATCH or size >= _BATCH_BYTES:
                self._deposit(batch)
                batch, size = [], 0
        self._deposit(batch)

    def _take_apart(self, one: FoundItem, kind: ContainerKind) -> None:
        """Deposit a container, and then what is in it; its members are read out of the stored bytes."""

        def admit(transaction: Transaction, answers: list[Deposited | Exception]) -> None:
            if isinstance(answers[0], Deposited):
                self._containers.admit(transaction, answers[0].submission_id, kind)

        try:
            answer = self._depositor.deposit_many([self._handover(one)], beside=admit)[0]
        except ArchiveError as error:
            self._report.parts.append(_refused(one, error))
            raise
        if isinstance(answer, Exception):
            self._report.parts.append(_refused(one, answer))
            return
        self._unpack(answer.submission_id, one.source, fresh=answer.duplicate_of is None, remark=one.remark)

    def _unpack(self, container_id: str, source: str, *, fresh: bool, remark: str | None = None) -> None:
        """Take a stored container apart, and those in it."""
        archive = self._installation.archive
        with archive.store.read() as connection:
            # the same bytes may have come in another container before, and be unpacked, or wait, with that one
            root = self._containers.get(connection, container_id).root_id
            before = self._containers.met_in_tree(connection, root)
        self._report.parts.append(
            TakenContainer(id=container_id, source=source, before=before, fresh=fresh, remark=remark)
        )
        if not fresh:
            say_again(archive, self._actor, container_id)
        seen = self._seen
        await_unpacked(self._installation, self._unpacker, root, lambda met: self._progress(seen + met, None))
        with archive.store.read() as connection:
            self._position = max(self._position, archive.ledger.head(connection).size - 1)
            self._seen += sum(self._containers.met_in_tree(connection, root).values())

    def _handover(self, one: FoundItem) -> Handover:
        told = self._told if one.container is not None else Told()
        # what was done to a container before it came here belongs to its envelope: no bytes tell it
        done = ((REMARK, one.remark),) if one.container is not None and one.remark is not None else ()
        return Handover(
            channel=Channel.CLI,
            account=told.account("cli"),
            custodian_id=self._custodian_id,
            envelope=Envelope(
                submitter=self._submitter, source=one.source, transport=(*told.transport(), *done, *one.beside)
            ),
            payload=one.payload,
            kind=one.kind,
        )

    def _deposit(self, batch: list[FoundItem]) -> None:
        if not batch:
            return
        try:
            answers = self._depositor.deposit_many([self._handover(one) for one in batch])
        except ArchiveError as error:
            self._report.parts += [_refused(one, error) for one in batch]
            raise
        known = [one.duplicate_of for one in answers if isinstance(one, Deposited) and one.duplicate_of is not None]
        with self._installation.archive.store.read() as connection:
            boxes = self._containers.among(connection, known)
        self._report.parts += [self._taken(one, answer, boxes) for one, answer in zip(batch, answers, strict=True)]
        self._seen += len(batch)
        self._progress(self._seen, None)

    def _taken(self, one: FoundItem, answer: Deposited | Exception, boxes: dict[str, Container]) -> IntakeItem:
        if isinstance(answer, Exception):
            return _refused(one, answer)
        taken = IntakeItem(source=one.source, submission=answer.submission_id, sha256=answer.sha256)
        if answer.duplicate_of is not None:
            taken.outcome = Outcome.DUPLICATE
            taken.reason = f"the same bytes are submission {answer.duplicate_of}"
            box = boxes.get(answer.duplicate_of)
            if box is not None and box.state is ContainerState.FAILED:  # then they are in no record, or not all of them
                taken.outcome = Outcome.FAILED
                taken.reason = f"the same bytes are the {box.kind} {box.id}, which failed; see: archiver container show"
            return taken
        taken.fresh, taken.reason = True, one.remark
        self._position = max(self._position, answer.position)
        return taken

    def _wait(self) -> None:
        """Wait until everything deposited has its outcome and is in the index.

        Raises:
            TemporarilyUnavailable: nothing has moved for half an hour; what was taken is safe and stays waiting.
            StorageFull: nothing moves and there is no space left; the same holds.
        """
        if self._position < 0:
            return
        archive = self._installation.archive
        total = self._seen
        waiting, goal, opened, settled = 0, None, False, False
        last, moved_at = None, time.monotonic()
        while True:
            with archive.store.read() as connection:
                if goal is None:
                    waiting = archive.submissions.waiting_until(connection, self._position)
                    goal = archive.ledger.head(connection).size - 1 if waiting == 0 else None
            if goal is not None and not opened and self._open_carried():
                goal = None
            opened = goal is not None
            reached = self._installation.index.position()
            if goal is not None and reached >= goal:
                if settled or not self._pictures.wait_until_read(self._position, goal, self._keep_up):
                    return
                settled, goal, moved_at = True, None, time.monotonic()  # what was read has to be in the index, too
            self._progress(total - min(waiting, total), total)
            if (waiting, reached) != last:
                last, moved_at = (waiting, reached), time.monotonic()
            else:
                self._look_at_stillness(time.monotonic() - moved_at)
            self._keep_up()
            # counting reads the whole queue, so a long one is not asked for before it can have ended
            time.sleep(max(_POLL_SECONDS, min(_LONGEST_POLL_SECONDS, waiting / _SURELY_NOT_DONE)))

    def _look_at_stillness(self, seconds: float) -> None:
        """End the wait where nothing has moved for too long, and say so before, once.

        Raises:
            TemporarilyUnavailable, StorageFull: as `_wait`.
        """
        if seconds > _PATIENCE_SECONDS:
            raise TemporarilyUnavailable(
                "everything is stored, but examination or the index does not go on; run: archiver doctor"
            )
        if seconds > _FULL_DISK_SECONDS and self._disk_is_full():
            raise StorageFull("everything taken is stored, but the disk is full: free some space and run it again")
        if seconds > _SILENCE_SECONDS and not self._is_told:
            self._is_told = True
            self._say("Nothing has moved for a while. All that was taken is stored; look beside with: archiver doctor")

    def _open_carried(self) -> bool:
        """Take apart what examination found mails of this run to carry; whether there is, or was, something of it.

        What others handed in is not waited for: a mailbox file of theirs may take hours.
        """
        archive = self._installation.archive
        with archive.store.read() as connection:
            roots = self._containers.open_in_mails(connection, self._since, self._position)
        if not roots:
            return False
        with unpacking_turn(archive.folder) as mine:
            for root in roots if mine else ():
                self._unpacker.unpack(root)
        with archive.store.read() as connection:
            self._position = max(self._position, archive.ledger.head(connection).size - 1)
        return True

    def _disk_is_full(self) -> bool:
        free = shutil.disk_usage(self._installation.archive.folder).free
        return free < _FULL_DISK_BYTES


def _digest(one: FoundItem) -> str | None:
    """The digest of bytes at hand; a large file that could not be taken is not read once more for it."""
    return hashlib.sha256(one.payload).hexdigest() if isinstance(one.payload, bytes) else None


def _refused(one: FoundItem, error: Exception) -> IntakeItem:
    reason = f"not taken: {error.message if isinstance(error, ArchiveError) else type(error).__name__}"
    return IntakeItem(source=one.source, outcome=Outcome.FAILED, reason=reason, sha256=_digest(one))
