"""Which records may be proposed for destruction, and whether those of a batch still may be destroyed.

Rules:

- Both ask the same questions of the same decision: eligible on the day, under no hold, the schedule adopted and in
  force, a last step that destroys. Nothing of the first answer is trusted at the second.
- A record goes by the decision that was frozen when it was proposed, or not at all: under another series, another
  edition or other steps it is dropped, and may be proposed anew.
- `Recheck` is a `DestructionGuard`: asked inside the destroying transaction, it also asks whether the batch still
  stands and whether enough persons approved it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, func, select

from retention.clock_watch import refuse_frozen
from retention.disposition_containers import kept_elsewhere
from retention.disposition_reading import approvers, read_acts, read_grounds, steps_done
from retention.disposition_steps import action_of, requirements, unmet, why_not
from retention.dispositions import MOST_RECORDS, Chosen, Ground, State, chunks, read_batch
from retention.evaluation import Verdict
from retention.tables import disposition_records
from storage.catalogue import record_of
from storage.records import RecordState
from storage.tables import components, objects, records

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from retention.evaluation import Decision
    from retention.library import RuleBook, ScheduleLibrary
    from retention.ports import RecordCatalogue
    from retention.service import RetentionService
    from storage.records import Record
    from storage.transaction import Store

_PAGE: Final = 1_000


@dataclass(slots=True, kw_only=True)
class Choice:
    """What one pass over all records found. `others` counts, by why, what is eligible and may not be proposed."""

    chosen: list[Chosen] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    held: int = 0
    beyond: int = 0


class Choosing:
    """Chooses and re-checks the records of batches.

    Args:
        store: the archive's database.
        catalogue: its records.
        library: its schedules.
        service: evaluates.
    """

    def __init__(
        self, store: Store, catalogue: RecordCatalogue, library: ScheduleLibrary, service: RetentionService
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._library = library
        self._service = service

    def choose(
        self, day: date, *, series_id: str | None = None, progress: Callable[[int], None] | None = None
    ) -> Choice:
        """Go through all records and choose those that may be destroyed on a day; at most `MOST_RECORDS`."""
        choice = Choice()
        after: str | None = None
        while True:
            with self._store.read() as connection:
                page = self._catalogue.page_records(connection, after, _PAGE)
                if not page:
                    return choice
                after = page[-1].id
                active = [one for one in page if one.state is RecordState.ACTIVE]
                if series_id is not None:
                    active = [one for one in active if one.series_id == series_id]
                self._choose_of(connection, active, day, choice)
            if progress is not None:
                progress(len(page))

    def _choose_of(self, connection: Connection, page: Sequence[Record], day: date, choice: Choice) -> None:
        book = self._library.book(connection)
        found: list[tuple[Record, Ground]] = []
        for record, decision in zip(page, self._service.decide_all(connection, page, day), strict=True):
            choice.held += decision.decision is Verdict.HELD
            if decision.decision is not Verdict.ELIGIBLE:
                continue
            refusal = why_not(decision, day)
            ground = ground_of(decision, book)
            if refusal is not None or ground is None:
                choice.others[refusal or "no current schedule has its series"] += 1
            elif len(choice.chosen) + len(found) >= MOST_RECORDS:
                choice.beyond += 1
            else:
                found.append((record, ground))
        kept = kept_elsewhere(connection, [record.id for record, _ in found])
        choice.others.update(kept.values())
        found = [one for one in found if one[0].id not in kept]
        sizes = _sizes(connection, [record.id for record, _ in found])
        choice.chosen += [
            Chosen(record_id=record.id, submission_id=record.submission_id, size=sizes.get(record.id, 0), ground=ground)
            for record, ground in found
        ]

    def recheck(self, batch_id: str, day: date, *, expected: State, approvals: int) -> Recheck:
        """What asks again whether records of a batch may be destroyed on a day."""
        return Recheck(self._library, self._service, batch_id, day, expected=expected, approvals=approvals)


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
    ) -> None:
        self._library = library
        self._service = service
        self._batch_id = batch_id
        self._day = day
        self._expected = expected
        self._approvals = approvals

    def refusal(self, connection: Connection) -> str | None:
        """Why nothing of the batch may be destroyed, as a clause; None if what remains of it may.

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
        """Why a record may not be destroyed now, by its id, as a clause; empty for none."""
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
            decisions = self._service.decide_all(connection, active, self._day)
            for record, decision in zip(active, decisions, strict=True):
                number = frozen.get(record.id)
                if number is None:
                    said[record.id] = "it is not on the list of the batch, or was dropped from it"
                    continue
                refusal = self._against(decision, grounds[number], book) or missing.get(number)
                if refusal is not None:
                    said[record.id] = refusal
        return {**kept_elsewhere(connection, record_ids), **said}

    def missing_steps(self, connection: Connection) -> dict[int, str]:
        """What is not recorded yet, or not long enough ago, by the number of the ground that asks for it."""
        done = steps_done(read_acts(connection, self._batch_id))
        found = {}
        for number, one in read_grounds(connection, self._batch_id).items():
            missing = unmet(one.requirements, done, self._day)
            if missing is not None:
                found[number] = missing
        return found

    def _against(self, decision: Decision, frozen: Ground, book: RuleBook) -> str | None:
        refusal = why_not(decision, self._day)
        if refusal is not None:
            return refusal
        now = ground_of(decision, book)
        if now is None or (now.series_id, now.schedule_id) != (frozen.series_id, frozen.schedule_id):
            return "it is in another series or under another edition than when it was proposed; propose it again"
        if (now.eligible_on, now.action, now.requirements) != (
            frozen.eligible_on,
            frozen.action,
            frozen.requirements,
        ):
            return "its computation is another than when it was proposed; propose it again"
        return None


def ground_of(decision: Decision, book: RuleBook) -> Ground | None:
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
        action=action_of(basis).value,
        reasons=decision.reasons,
        requirements=requirements(basis),
    )


def _frozen(connection: Connection, batch_id: str, chunk: Sequence[str]) -> dict[str, int]:
    members = disposition_records.c
    query = select(members.record_id, members.ground).where(
        members.record_id.in_(chunk), members.disposition_id == batch_id, members.dropped.is_(None)
    )
    return {row.record_id: row.ground for row in connection.execute(query)}


def _sizes(connection: Connection, record_ids: Sequence[str]) -> dict[str, int]:
    """The bytes of each record as captured, over its components; what components share counts once in a record."""
    sizes: dict[str, int] = {}
    for chunk in chunks(record_ids):
        each = (
            select(components.c.record_id, components.c.blob_id, objects.c.plain_size)
            .join(objects, objects.c.blob_id == components.c.blob_id)
            .where(components.c.record_id.in_(chunk))
            .distinct()
            .subquery()
        )
        query = select(each.c.record_id, func.sum(each.c.plain_size).label("size")).group_by(each.c.record_id)
        sizes |= {row.record_id: int(row.size) for row in connection.execute(query)}
    return sizes
