"""How far a review has come: counted once by a program, then carried along with the steps that it makes.

Rules:

- What was counted is told only while the last step of review and the last step of redaction of the request are those at
  which it was: nothing else changes how a record stands. Steps of other programs make it be counted anew.
- A step of few records is carried: how these stood before it and stand after it, read in its own transaction. It counts
  once that is committed.
- Whoever reads an earlier state than the kept one gets the counts of his.
"""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, func, select

from search.disclosure.redaction_tables import redaction_steps
from search.disclosure.review_rows import Decision, read_records
from search.disclosure.review_tables import review_records, review_steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from storage.transaction import Store, Transaction

_MOST_CARRIED: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counted:
    """How many records stand how (decision, and whether it is confirmed), as of the last step of each kind."""

    steps: tuple[int, int]
    records: Counter[tuple[str | None, bool]]


class Progress:
    """How far the reviews of one archive have come; get it with `progress_of`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, _Counted] = {}

    def told(self, connection: Connection, request_id: str) -> dict[str, int]:
        """How many records stand how, in a transaction that changed none: by decision, ``undecided``, ``confirmed``."""
        steps = _steps(connection, request_id)
        counted = self._kept.get(request_id)
        if counted is None or counted.steps != steps:
            counted = _Counted(steps=steps, records=_count(connection, request_id))
            self._keep(request_id, counted)
        counts = {one.value: 0 for one in Decision} | {"undecided": 0, "confirmed": 0, "records": 0}
        for (decision, confirmed), number in counted.records.items():
            counts[decision or "undecided"] += number
            counts["confirmed"] += number if confirmed else 0
            counts["records"] += number
        return counts

    @contextmanager
    def carried(self, store: Store, request_id: str, record_ids: Sequence[str]) -> Iterator[Transaction]:
        """A write transaction in which one step changes how these records stand, and no others."""
        known: _Counted | None = None
        with store.write() as transaction:
            connection = transaction.connection
            kept = self._kept.get(request_id)
            carries = len(record_ids) <= _MOST_CARRIED
            if kept is None or not carries or kept.steps != _steps(connection, request_id):
                yield transaction
            else:
                before = _count_these(connection, request_id, record_ids)
                yield transaction
                records = Counter(kept.records)
                records.subtract(before)
                records.update(_count_these(connection, request_id, record_ids))
                known = _Counted(steps=_steps(connection, request_id), records=records)
        if known is not None:
            self._keep(request_id, known)

    def _keep(self, request_id: str, counted: _Counted) -> None:
        with self._lock:
            kept = self._kept.get(request_id)
            if kept is None or kept.steps <= counted.steps:
                self._kept[request_id] = counted


_OF_STORES: WeakKeyDictionary[Store, Progress] = WeakKeyDictionary()
_MAKING: Final = threading.Lock()


def progress_of(store: Store) -> Progress:
    """What this program knows of the reviews of an archive."""
    with _MAKING:
        return _OF_STORES.setdefault(store, Progress())


def _steps(connection: Connection, request_id: str) -> tuple[int, int]:
    """The numbers of the last steps of review and of redaction."""
    lasts = (
        select(func.max(about.number)).where(about.request_id == request_id)
        for about in (review_steps.c, redaction_steps.c)
    )
    review, redaction = (connection.execute(last).scalar() or 0 for last in lasts)
    return review, redaction


def _count(connection: Connection, request_id: str) -> Counter[tuple[str | None, bool]]:
    """How all records of a request stand."""
    about = review_records.c
    query = select(about.decision, func.count().label("number"), func.count(about.confirmed_by).label("confirmed"))
    found: Counter[tuple[str | None, bool]] = Counter()
    for row in connection.execute(query.where(about.request_id == request_id).group_by(about.decision)):
        found[row.decision, True] += row.confirmed
        found[row.decision, False] += row.number - row.confirmed
    return found


def _count_these(
    connection: Connection, request_id: str, record_ids: Sequence[str]
) -> Counter[tuple[str | None, bool]]:
    """How these records stand."""
    these = read_records(connection, request_id, record_ids)
    return Counter(
        (None if one.decision is None else one.decision.value, one.confirmed_by is not None) for one in these
    )
