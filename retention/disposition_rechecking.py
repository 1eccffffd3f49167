"""Whether records may be proposed, and whether those of a batch still may go: the same questions, asked anew.

Rules:

- Both ask the same of the same decision: eligible on the day, under no hold, the schedule adopted and in force, steps
  that end in what the batch does, and no officer who keeps it. Nothing of the first answer is trusted at the second.
- A record goes by the decision that was frozen when it was proposed, or not at all: under another series, another
  edition or other steps it is dropped, and may be proposed anew.
- `Recheck` is a `DestructionGuard`: asked inside the destroying transaction, it also asks whether the batch still
  stands, whether enough persons approved it, and of a transfer whether its recipient accepted exactly these bytes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from retention.clock_watch import refuse_frozen
from retention.disposition_containers import kept_back
from retention.disposition_families import chunks
from retention.disposition_reading import approvers, read_acts, read_grounds, steps_done
from retention.disposition_steps import action_of, is_review, keeps_a_copy, requirements, unmet, why_not
from retention.disposition_types import Answer, BatchAction, Ground, State
from retention.dispositions import read_batch
from retention.evaluation import Verdict, barriers
from retention.tables import disposition_records
from retention.transfers import COPY_STAYS, KEPT, answered, kept, not_accepted
from storage.catalogue import record_of
from storage.records import RecordState
from storage.tables import records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from retention.evaluation import Decision
    from retention.library import RuleBook, ScheduleLibrary
    from retention.service import RetentionService
    from storage.records import Record

NO_SCHEDULE = "no current schedule has its series"


def judge(
    connection: Connection,
    decided: Sequence[tuple[Record, Decision]],
    book: RuleBook,
    day: date,
    doing: BatchAction,
) -> dict[str, tuple[Ground | None, str | None]]:
    """By the ids of records: on what a batch would rest, and why this may not be done with them, as a clause."""
    grounds = {record.id: ground_of(decision, book, doing) for record, decision in decided}
    due = [record.id for record, decision in decided if decision.decision is Verdict.ELIGIBLE]
    answers, keeps = answered(connection, due), kept(connection, due)
    found: dict[str, tuple[Ground | None, str | None]] = {}
    for record, decision in decided:
        ground = grounds[record.id]
        named = (record.id, "" if ground is None else ground.series_id)
        answer, transfer = answers.get(named, (None, ""))
        refusal = why_not(decision, day, doing, answer)
        if ground is not None and answer is Answer.DECLINED:
            said = f"the recipient of transfer {transfer} declined it"
            ground = replace(ground, reasons=(*ground.reasons, said))
        if refusal is None and ground is None:
            refusal = NO_SCHEDULE
        if refusal is None and named in keeps:
            refusal = KEPT
        found[record.id] = (ground, refusal)
    return found


def to_review(
    connection: Connection, decided: Sequence[tuple[Record, Decision]], book: RuleBook, day: date
) -> list[tuple[str, Ground]]:
    """Those of the records that an officer has to review and to put into a series anew, with why."""
    found = []
    for record, decision in decided:
        basis, ground = decision.basis, ground_of(decision, book, BatchAction.DESTROY)
        if decision.decision is not Verdict.ELIGIBLE or basis is None or ground is None:
            continue
        if is_review(basis) and not barriers(basis.authority, day):
            found.append((record.id, ground))
    keeps = kept(connection, [record_id for record_id, _ in found])
    return [(record_id, ground) for record_id, ground in found if (record_id, ground.series_id) not in keeps]


class Recheck:
    """Asks everything again, of records of one batch; a `DestructionGuard`."""

    def __init__(
        self,
        library: ScheduleLibrary,
        service: RetentionService,
        batch_id: str,
        day: date,
        *,
        expected: State,
        approvals: int,
        doing: BatchAction,
        accepted: bool,
    ) -> None:
        self._library = library
        self._service = service
        self._batch_id = batch_id
        self._day = day
        self._expected = expected
        self._approvals = approvals
        self._doing = doing
        self._accepted = accepted

    def refusal(self, connection: Connection) -> str | None:
        """Why nothing more of the batch may be done, as a clause; None if what remains of it may.

        Raises:
            Conflict: the clock is frozen.
        """
        refuse_frozen(connection)
        state = read_batch(connection, self._batch_id).state
        if state is not self._expected:
            return f"its batch is {state.value}"
        given = len(approvers(read_acts(connection, self._batch_id)))
        if given < self._approvals:
            return f"its batch has {given} of {self._approvals} approvals of other persons"
        return None

    def objections(self, connection: Connection, record_ids: Sequence[str]) -> Mapping[str, str]:
        """Why this may not be done with a record now, by its id, as a clause; empty for none."""
        whole = self.refusal(connection)
        if whole is not None:
            return dict.fromkeys(record_ids, whole)
        book = self._library.book(connection)
        grounds = read_grounds(connection, self._batch_id)
        # before approval a missing step is no reason to drop a record; it is one to refuse the approval
        missing = {} if self._expected is State.PROPOSED else self.missing_steps(connection)
        said: dict[str, str] = {}
        for chunk in chunks(record_ids):
            frozen = _frozen(connection, self._batch_id, chunk)
            page = [record_of(row) for row in connection.execute(select(records).where(records.c.id.in_(chunk)))]
            active = [one for one in page if one.state is RecordState.ACTIVE]
            said |= {one.id: f"it is {one.state.value}" for one in page if one.state is not RecordState.ACTIVE}
            decided = list(zip(active, self._service.decide_all(connection, active, self._day), strict=True))
            judged = judge(connection, decided, book, self._day, self._doing)
            for record, decision in decided:
                number = frozen.get(record.id)
                if number is None:
                    said[record.id] = "it is not on the list of the batch, or was dropped from it"
                    continue
                now, refusal = judged[record.id]
                refusal = refusal or differs(now, grounds[number]) or missing.get(number)
                if refusal is None and self._accepted and decision.basis is not None and keeps_a_copy(decision.basis):
                    refusal = COPY_STAYS
                if refusal is not None:
                    said[record.id] = refusal
        unanswered = not_accepted(connection, self._batch_id, record_ids) if self._accepted else {}
        return {**kept_back(connection, record_ids), **said, **unanswered}

    def missing_steps(self, connection: Connection) -> dict[int, str]:
        """What is not recorded yet, or not long enough ago, by the number of the ground that asks for it."""
        done = steps_done(read_acts(connection, self._batch_id))
        found = {}
        for number, one in read_grounds(connection, self._batch_id).items():
            missing = unmet(one.requirements, done, self._day)
            if missing is not None:
                found[number] = missing
        return found


def differs(now: Ground | None, frozen: Ground) -> str | None:
    """What became of a frozen ground, as a clause; None where it is the same."""
    if now is None or (now.series_id, now.schedule_id) != (frozen.series_id, frozen.schedule_id):
        return "it is in another series or under another edition than when it was proposed; propose it again"
    if (now.eligible_on, now.action, now.requirements) != (frozen.eligible_on, frozen.action, frozen.requirements):
        return "its computation is another than when it was proposed; propose it again"
    return None


def ground_of(decision: Decision, book: RuleBook, doing: BatchAction = BatchAction.DESTROY) -> Ground | None:
    """What a batch freezes of a decision; None where no current schedule has its series."""
    basis = decision.basis
    if basis is None or decision.eligible_on is None:
        return None
    schedule_id = book.schedule_id(basis.series_id)
    if schedule_id is None:
        return None
    return Ground(
        series_id=basis.series_id,
        schedule_id=schedule_id,
        eligible_on=decision.eligible_on,
        latest_on=decision.latest_on,
        citation=basis.citation,
        action=action_of(basis, doing),
        reasons=decision.reasons,
        requirements=requirements(basis, doing),
    )


def _frozen(connection: Connection, batch_id: str, chunk: Sequence[str]) -> dict[str, int]:
    members = disposition_records.c
    query = select(members.record_id, members.ground).where(
        members.record_id.in_(chunk), members.disposition_id == batch_id, members.dropped.is_(None)
    )
    return {row.record_id: row.ground for row in connection.execute(query)}
