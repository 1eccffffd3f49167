"""Which records may be proposed for a batch: one pass over what may be eligible, then whole families only.

Rule: what is chosen is what `retention.disposition_rechecking.judge` has no objection to. A family of which a part may
not go stays whole, and of what is eligible and stays the reason is counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from retention.disposition_containers import kept_back
from retention.disposition_families import APART, families
from retention.disposition_rechecking import NO_SCHEDULE, Recheck, judge, to_review
from retention.disposition_types import BatchAction, Chosen, State
from retention.dispositions import MOST_RECORDS, in_open_batches
from retention.evaluation import Verdict
from retention.record_sizes import sizes_of
from storage.records import RecordState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from retention.disposition_types import Ground
    from retention.library import ScheduleLibrary
    from retention.ports import RecordCatalogue
    from retention.service import RetentionService
    from storage.records import Record
    from storage.transaction import Store

_PAGE: Final = 1_000


@dataclass(slots=True, kw_only=True)
class Choice:
    """What one pass found. `others` counts, by why, what is eligible and may not be proposed.

    `held` would be eligible but for a hold, `open_elsewhere` are in open batches, `beyond` are more than a batch takes.
    """

    chosen: list[Chosen] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    held: int = 0
    beyond: int = 0
    open_elsewhere: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which records a batch is for, and what it does; None for any.

    `series_id` is that of the record, `record_ids` are the only ones, `action` is what the rule prescribes, in the
    words of `retention.disposition_steps.action_of`.
    """

    doing: BatchAction = BatchAction.DESTROY
    series_id: str | None = None
    record_ids: frozenset[str] | None = None
    action: str | None = None

    def has(self, record: Record) -> bool:
        """Whether the record may be one of them, by what stands in its row."""
        return (
            record.state is RecordState.ACTIVE
            and self.series_id in (None, record.series_id)
            and (self.record_ids is None or record.id in self.record_ids)
        )


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

    def choose(self, day: date, wanted: Wanted, *, progress: Callable[[int], None] | None = None) -> Choice:
        """Go through what may be eligible and choose that with which this may be done; at most `MOST_RECORDS`.

        Which may be is read from the table of due days; each of these is decided about anew.
        """
        choice = Choice()
        ids = self._service.candidates(day, progress)
        for start in range(0, len(ids), _PAGE):
            with self._store.read() as connection:
                page = self._service.active(connection, ids[start : start + _PAGE])
                self._choose_of(connection, [one for one in page if wanted.has(one)], day, wanted, choice)
            if progress is not None:
                progress(len(page))
        with self._store.read() as connection:
            _leave_out_broken(connection, choice)
        return choice

    def reviews(self, day: date, wanted: Wanted) -> Iterator[tuple[str, Ground]]:
        """The records that an officer has to review on a day, with why; what officers decided to keep is left out."""
        ids = self._service.candidates(day)
        for start in range(0, len(ids), _PAGE):
            with self._store.read() as connection:
                book = self._library.book(connection)
                page = self._service.active(connection, ids[start : start + _PAGE])
                active = [one for one in page if wanted.has(one)]
                decided = list(zip(active, self._service.decide_all(connection, active, day), strict=True))
                found = to_review(connection, decided, book, day)
            yield from found

    def _choose_of(
        self, connection: Connection, page: Sequence[Record], day: date, wanted: Wanted, choice: Choice
    ) -> None:
        book = self._library.book(connection)
        decided = list(zip(page, self._service.decide_all(connection, page, day), strict=True))
        choice.held += sum(decision.decision is Verdict.HELD for _, decision in decided)
        due = [one for one in decided if one[1].decision is Verdict.ELIGIBLE]
        found: dict[str, Ground] = {}
        for record_id, (ground, refusal) in judge(connection, due, book, day, wanted.doing).items():
            if refusal is not None or ground is None:
                choice.others[refusal or NO_SCHEDULE] += 1
            elif wanted.action in (None, ground.action):
                found[record_id] = ground
        for record_id, why in kept_back(connection, list(found)).items():
            choice.others[why] += 1
            del found[record_id]
        for record_id in in_open_batches(connection, list(found)):
            choice.open_elsewhere += 1
            del found[record_id]
        room = MOST_RECORDS - len(choice.chosen)
        choice.beyond += max(0, len(found) - room)
        taken = dict(list(found.items())[:room])
        sizes = sizes_of(connection, list(taken))
        choice.chosen += [
            Chosen(record_id=record_id, family=record_id, size=sizes.get(record_id, 0), ground=ground)
            for record_id, ground in taken.items()
        ]

    def recheck(
        self,
        batch_id: str,
        day: date,
        *,
        expected: State,
        approvals: int,
        doing: BatchAction,
        accepted: bool = False,
    ) -> Recheck:
        """What asks again whether this may be done with records of a batch on a day; `accepted`: by the recipient."""
        return Recheck(
            self._library,
            self._service,
            batch_id,
            day,
            expected=expected,
            approvals=approvals,
            doing=doing,
            accepted=accepted,
        )


def _leave_out_broken(connection: Connection, choice: Choice) -> None:
    names, broken = families(connection, [one.record_id for one in choice.chosen])
    if broken:
        choice.others[APART] += len(broken)
    choice.chosen = [replace(one, family=names[one.record_id]) for one in choice.chosen if one.record_id not in broken]
