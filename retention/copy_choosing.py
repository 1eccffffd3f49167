"""Which containers a batch of transport copies lists, and whether they still may be destroyed.

Rules:

- Both ask `retention.transport_copies`, and a container goes by the decision that was frozen or not at all, as
  `retention.disposition_choosing` has it for records.
- Files that make no record go with a container only where the list says so, by their number: with another number than
  was frozen it is dropped.
- A container whose outer one was dropped or is kept is dropped too.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from retention.disposition_copies import frozen_copies
from retention.disposition_reading import read_grounds
from retention.disposition_rechecking import differs
from retention.disposition_types import Chosen, State
from retention.transport_accounts import living_containers
from retention.transport_copies import choose_copies, still_within

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from retention.disposition_rechecking import Recheck
    from retention.disposition_types import Ground
    from retention.library import ScheduleLibrary
    from retention.transport_copies import CopyStanding, TransportCopies
    from storage.transaction import Store

_PAGE = 50


@dataclass(slots=True, kw_only=True)
class CopyChoice:
    """The containers that may be proposed, the outer before the inner; `others` counts, by why, those that stay."""

    chosen: list[Chosen] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)


class CopyChoosing:
    """Chooses the containers of batches.

    Args:
        store: the archive's database.
        library: its schedules.
        copies: judges containers.
    """

    def __init__(self, store: Store, library: ScheduleLibrary, copies: TransportCopies) -> None:
        self._store = store
        self._library = library
        self._copies = copies

    def standings(self, day: date, progress: Callable[[int], None] = lambda _done: None) -> dict[str, CopyStanding]:
        """How every container stands that can still be opened; a page is a read of its own."""
        with self._store.read() as connection:
            ids = living_containers(connection)
        found: dict[str, CopyStanding] = {}
        for start in range(0, len(ids), _PAGE):
            page = ids[start : start + _PAGE]
            with self._store.read() as connection:
                found |= self._copies.standings(connection, self._library.book(connection), page, day)
            progress(len(page))
        return found

    def choose(
        self, day: date, *, with_aside: bool, progress: Callable[[int], None] = lambda _done: None
    ) -> CopyChoice:
        """Go through all containers and choose those that may be destroyed on a day."""
        chosen, refused = choose_copies(self.standings(day, progress), with_aside=with_aside)
        return CopyChoice(
            chosen=[
                Chosen(record_id=one.account.id, family=one.account.id, size=one.account.size, ground=one.ground)
                for one in chosen
                if one.ground is not None
            ],
            others=Counter(refused.values()),
        )


class CopyRecheck:
    """Asks everything again, of containers of one batch; a `DestructionGuard`.

    Args:
        library: the archive's schedules.
        copies: judges containers.
        batch: what is asked of the batch itself, and not of what it lists.
        batch_id: its id.
        day: the day for which it is judged.
        expected: the state in which it must be.
    """

    def __init__(
        self,
        library: ScheduleLibrary,
        copies: TransportCopies,
        batch: Recheck,
        batch_id: str,
        day: date,
        *,
        expected: State,
    ) -> None:
        self._library = library
        self._copies = copies
        self._batch = batch
        self._batch_id = batch_id
        self._day = day
        self._expected = expected

    def refusal(self, connection: Connection) -> str | None:
        """Why nothing of the batch may be destroyed; see `Recheck.refusal`."""
        return self._batch.refusal(connection)

    def missing_steps(self, connection: Connection) -> dict[int, str]:
        """What is not recorded yet; see `Recheck.missing_steps`."""
        return self._batch.missing_steps(connection)

    def objections(self, connection: Connection, record_ids: Sequence[str]) -> Mapping[str, str]:
        """Why a container may not be destroyed now, by its id, as a clause; empty for none."""
        whole = self.refusal(connection)
        if whole is not None:
            return dict.fromkeys(record_ids, whole)
        grounds = read_grounds(connection, self._batch_id)
        missing = {} if self._expected is State.PROPOSED else self.missing_steps(connection)
        frozen = frozen_copies(connection, self._batch_id)
        standings = self._copies.standings(connection, self._library.book(connection), record_ids, self._day)
        said: dict[str, str] = {}
        for container_id in record_ids:
            number = frozen.get(container_id)
            standing = standings.get(container_id)
            if number is None:
                said[container_id] = "it is not on the list of the batch, or was dropped from it"
            elif standing is None:
                said[container_id] = "it is destroyed already"
            else:
                why = _against(standing, grounds[number]) or missing.get(number)
                if why is not None:
                    said[container_id] = why
        # what another page of the list has is judged with that page, and may go before
        around = {key: tuple(set(one.outer) - (set(frozen) - set(said))) for key, one in standings.items()}
        return said | still_within(around, said)


def _against(standing: CopyStanding, frozen: Ground) -> str | None:
    if standing.kept_by:
        return standing.kept_by[0]
    changed = differs(standing.ground, frozen)
    if changed is not None:
        return changed
    told = standing.aside_sentence
    if told is not None and told not in frozen.reasons:
        return "it has other files that make no record than when it was proposed; propose it again"
    return None
