"""Unpacking: the members of a stored container become submissions of their own, each exactly once.

Rule: members are taken out of the stored bytes, never out of the file that was handed in, so that what the archive
holds is what was taken apart. A batch of members, the rows that count them and the leaf that names them are one
transaction; whoever is killed goes on behind the last member that was counted, and members that were deposited by an
attempt whose rows are gone are known again by their envelopes. What the container declares is held against what came
out when it is closed; a difference that nothing explains is a finding.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ingest.channels.files import printable_name
from ingest.container_accounts import account_of
from ingest.container_counts import bytes_out, folder_counts
from ingest.containers import (
    Container,
    ContainerState,
    MemberLine,
    MemberOutcome,
    container_kind_of,
)
from ingest.formats.container import Declared, MemberBroken, MemberKind, NoContainer, Remark
from ingest.told import circumstances_of
from ingest.unpacking_limits import UnpackingLimits
from ingest.unpacking_members import (
    MetMember,
    StreamedMember,
    handover_of,
    member_transport,
    source_of,
    told_kind,
)
from ingest.unpacking_session import UnpackingEnded, UnpackingSession
from storage.errors import Corrupt, InvalidInput, NotFound, TemporarilyUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ingest.containers import Containers
    from ingest.depositor import GroupDepositor
    from ingest.submission import Deposited
    from ingest.unpacking_codec import ToldMember
    from ingest.unpacking_session import RangeSource
    from storage.archive import Archive
    from storage.records import Submission
    from storage.submissions import SealedEnvelope
    from storage.transaction import PreparedEvent, Transaction

_BATCH = 256
_BATCH_BYTES = 8 << 20
_DAMAGED = "the stored bytes could not be opened; run: archiver verify"


class _Interrupted(Exception):
    """It is time to stop; the container stays open."""


@dataclass(slots=True)
class _Run:
    """One container being unpacked."""

    container: Container
    submission: Submission
    about: SealedEnvelope
    session: UnpackingSession
    source: str
    met: int = 0
    waiting: list[MetMember] = field(default_factory=list)
    waiting_bytes: int = 0
    remarks: list[Remark] = field(default_factory=list)
    declared: Declared = field(default_factory=Declared)


class Unpacker:
    """Unpacks the containers of one archive. One at a time works on an archive; who calls holds the lock.

    Args:
        archive: the archive.
        depositor: the way in for members.
        containers: their rows.
        limits: what one container may cost.
        allow_unconfined: as for `SandboxedReader`.
        stop: asked between batches whether it is time to stop.
    """

    def __init__(
        self,
        archive: Archive,
        depositor: GroupDepositor,
        containers: Containers,
        *,
        limits: UnpackingLimits | None = None,
        allow_unconfined: bool = False,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._archive = archive
        self._depositor = depositor
        self._containers = containers
        self._limits = limits or UnpackingLimits()
        self._allow_unconfined = allow_unconfined
        self._stop = stop
        self._faults: Counter[str] = Counter()

    def unpack(self, root_id: str, progress: Callable[[int], None] = lambda _: None) -> None:
        """Unpack a container and those in it, as far as they are open; `progress` is told how many members were met.

        Raises:
            SandboxUnavailable: no child can be started.
            StorageFull, TemporarilyUnavailable: the store takes nothing now; it goes on from there another time.
        """
        while not self._stop():
            with self._archive.store.read() as connection:
                one = self._containers.open_within(connection, root_id)
            if one is None:
                return
            with suppress(_Interrupted):
                self._unpack_one(one, progress)

    def unpack_waiting(self) -> bool:
        """Unpack the oldest container that is open, of those that failed least; whether there was one."""
        with self._archive.store.read() as connection:
            waiting = self._containers.all(connection, state=ContainerState.OPEN)
        if not waiting:
            return False
        root_id = min((one.root_id for one in waiting), key=self._faults.__getitem__)
        self._faults[root_id] += 1  # one that cannot be unpacked now stops no other
        self.unpack(root_id)
        del self._faults[root_id]
        return True

    def _unpack_one(self, one: Container, progress: Callable[[int], None]) -> None:
        archive = self._archive
        with archive.store.read() as connection:
            submission = archive.submissions.get(connection, one.id)
            about = archive.submissions.envelopes(connection, [one.id]).get(one.id)
            met = self._containers.members_met(connection, one)
            spent = bytes_out(connection, one.root_id)
            allowance = self._limits.bytes_for(archive.submissions.get(connection, one.root_id).size)
            try:
                content = archive.submissions.locate(connection, one.id)
            except NotFound:
                content = None
        if content is None or about is None:
            self._close(one, "it was destroyed before it was unpacked")
            return
        source = printable_name(about.envelope.source or one.id)
        try:
            with content.ranges() as ranges, self._session(one, ranges, spent, allowance, about) as session:
                self._take_all(_Run(one, submission, about, session, source, met=met), progress)
        except Corrupt:
            self._close(one, _DAMAGED)

    def _session(
        self, one: Container, ranges: RangeSource, spent: int, allowance: int, about: SealedEnvelope
    ) -> UnpackingSession:
        """A child of its own: no two containers share one, so that no member can reach another's."""
        return UnpackingSession(
            one.kind,
            ranges,
            limits=self._limits,
            spent=spent,
            allowance=allowance,
            about=circumstances_of(about.envelope, self._archive.zone.key),
            allow_unconfined=self._allow_unconfined,
        )

    def _take_all(self, run: _Run, progress: Callable[[int], None]) -> None:
        reason: str | None = None
        try:
            self._begin(run)
            for found in run.session.found():
                if isinstance(found, Remark):
                    run.remarks.append(found)
                elif isinstance(found, Declared):
                    run.declared = found
                else:
                    self._take(run, found)
                    progress(run.met)
        except NoContainer:
            self._containers.give_back(run.container)
            return
        except UnpackingEnded as error:
            reason = str(error)
        except Corrupt:
            reason = _DAMAGED
        self._flush(run)
        self._close(run.container, reason, run.declared, run.remarks)

    def _begin(self, run: _Run) -> None:
        one = run.container
        name = run.source.rpartition("/")[2]
        begun = run.session.open(name, reader=one.reader or "", after=run.met)
        if begun.after != run.met:  # another version of the reader, which may count in another way
            run.container = one = replace(one, attempt=one.attempt + 1)
            run.met = begun.after
        run.container = replace(one, reader=begun.reader)

    def _take(self, run: _Run, member: ToldMember) -> None:
        run.met += 1
        line = MemberLine(
            ordinal=run.met,
            path=printable_name(member.path),
            source=source_of(run.source, member, run.met),
            outcome=MemberOutcome.ASIDE if member.aside else MemberOutcome.FAILED,
            reason=member.problem if member.problem is not None else member.remark,
            is_slice=member.kind is MemberKind.SLICE,
        )
        if member.problem is not None:
            run.waiting.append(MetMember(line))
        elif member.content is not None:
            kind, line = told_kind(run.container, member, member.content, line)
            run.waiting.append(MetMember(line, kind, member.content))
            run.waiting_bytes += len(member.content)
        else:
            self._flush(run)
            self._take_streamed(run, member, line)
        if len(run.waiting) >= _BATCH or run.waiting_bytes >= _BATCH_BYTES:
            self._flush(run)

    def _take_streamed(self, run: _Run, member: ToldMember, line: MemberLine) -> None:
        pieces = run.session.pieces()
        try:
            first = next(pieces, b"")
        except MemberBroken as error:
            run.waiting.append(MetMember(replace(line, reason=str(error))))
            return
        kind, line = told_kind(run.container, member, first, line)
        streamed = StreamedMember(first, pieces)
        run.waiting.append(MetMember(line, kind, streamed))
        self._flush(run)
        if streamed.reason is not None:
            run.waiting.append(MetMember(replace(line, reason=streamed.reason)))
        if streamed.ended is not None:
            raise streamed.ended

    def _flush(self, run: _Run) -> None:
        """Deposit and count what waits, in one transaction; a member that breaks on its way is counted by the caller.

        Raises:
            _Interrupted: it is time to stop; what was counted stays counted.
        """
        batch, run.waiting, run.waiting_bytes = run.waiting, [], 0
        if not batch:
            return
        leaf = self._containers.leaf_of(run.container, [met.line for met in batch])
        handovers = [
            handover_of(run.container.id, run.submission, run.about, met) for met in batch if met.payload is not None
        ]

        def count(transaction: Transaction, answers: list[Deposited | Exception]) -> None:
            self._count(transaction, run, leaf, batch, answers)

        if handovers:
            for answer in self._depositor.deposit_many(handovers, beside=count):
                if isinstance(answer, Exception) and not isinstance(answer, InvalidInput):
                    raise answer
        else:
            with self._archive.store.write() as transaction:
                count(transaction, [])
        if self._stop():
            raise _Interrupted

    def _count(
        self,
        transaction: Transaction,
        run: _Run,
        leaf: PreparedEvent,
        batch: list[MetMember],
        answers: list[Deposited | Exception],
    ) -> None:
        waiting = iter(answers)
        lines: list[MemberLine] = []
        for met in batch:
            answer = None if met.payload is None else next(waiting)
            if isinstance(answer, Exception):
                raise TemporarilyUnavailable("a member could not be stored; try again")
            lines.append(met.line if answer is None else self._settled(transaction, run, met, answer))
        self._containers.write_members(transaction, run.container, leaf, lines)

    def _settled(self, transaction: Transaction, run: _Run, met: MetMember, answer: Deposited) -> MemberLine:
        line = replace(met.line, submission_id=answer.submission_id)
        inner = container_kind_of(met.kind)
        # the same bytes may have been kept unopened before, where they were nested too deep or handed in as a file
        opens = inner is not None and self._containers.find(transaction.connection, answer.submission_id) is None
        if opens and inner is not None:
            self._containers.admit(transaction, answer.submission_id, inner, within=run.container)
        repeats = answer.duplicate_of is not None and not self._is_ours(transaction, run, met, answer.submission_id)
        return replace(line, outcome=MemberOutcome.DUPLICATE if repeats and not opens else MemberOutcome.TAKEN)

    def _is_ours(self, transaction: Transaction, run: _Run, met: MetMember, submission_id: str) -> bool:
        """Whether an attempt at this container whose rows are gone deposited this very member."""
        found = self._archive.submissions.envelopes(transaction.connection, [submission_id]).get(submission_id)
        expected = member_transport(run.container.id, met.line.ordinal)
        return found is not None and found.envelope.transport[: len(expected)] == expected

    def _close(
        self, one: Container, reason: str | None, declared: Declared | None = None, remarks: Sequence[Remark] = ()
    ) -> None:
        said = declared or Declared()
        with self._archive.store.read() as connection:
            counts = self._containers.counts(connection, one)
        came = folder_counts(self._containers.manifest(one)) if said.folders else {}
        state = ContainerState.DONE if reason is None else ContainerState.FAILED
        self._containers.close(one, state, account_of(said, remarks, counts, came, reason))
