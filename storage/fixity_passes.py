"""The scheduled check of everything: a pass over the archive in so many days, a slice at a time.

Rules:

- How much is due follows from the time that passed since the pass began, so that it ends within its days; where
  it stands is a row, so a restart neither skips nor repeats more than one slice.
- A slice is short: what was missed while the service was off is caught up by many of them, never by a long one.
- A slice that found something, each day, and each finished pass leave an event; a fault never stops a pass.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from storage.events import EventKind
from storage.fixity import END, FixityCheck
from storage.fixity_history import Scope, facts_of
from storage.fixity_report import FixityFault, Tally
from storage.tables import fixity_passes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from storage.archive import Archive
    from storage.fixity import Phase
    from storage.fixity_report import SealedColumn

SLICE_SECONDS = 3.0
_SHARE = 0.95  # of the days; the rest is for what has no count of its own
_TOLD_EVERY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class FixityPass:
    """One pass as its row says: where it stands and what it found. `done` counts submissions and leaves."""

    number: int
    started_at: datetime
    finished_at: datetime | None
    told_at: datetime
    cursor: str
    done: int
    records: int
    objects: int
    bytes: int
    faults: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceReport:
    """What one slice found."""

    number: int
    finished: bool
    objects: int
    faults: tuple[FixityFault, ...]


def newest_pass(archive: Archive) -> FixityPass | None:
    """The pass that runs, or the last one that did."""
    with archive.store.read() as connection:
        row = connection.execute(select(fixity_passes).order_by(fixity_passes.c.number.desc()).limit(1)).first()
    return None if row is None else FixityPass(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it


class FixityPasses:
    """Passes over one archive, each within `days` days (more than 0); `monotonic` measures a slice in seconds."""

    def __init__(
        self,
        archive: Archive,
        *,
        days: float,
        further: Sequence[SealedColumn] = (),
        phases: Sequence[Phase] = (),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._archive = archive
        self._period = timedelta(days=days)
        self._further = tuple(further)
        self._phases = tuple(phases)
        self._monotonic = monotonic

    def step(self, actor: str, *, seconds: float = SLICE_SECONDS) -> SliceReport | None:
        """Check what is due, for about so many seconds; None where nothing is due.

        Raises:
            TemporarilyUnavailable: where it stands cannot be written; the slice will be repeated.
        """
        now = self._archive.store.clock()
        running = newest_pass(self._archive)
        if running is None or (running.finished_at is not None and now >= running.started_at + self._period):
            running = self._begin(1 if running is None else running.number + 1)
        if running.finished_at is not None:
            return None
        check = FixityCheck(self._archive, further=self._further, phases=self._phases)
        extent = check.extent()
        share = (now - running.started_at) / (self._period * _SHARE)
        due = extent * share if share < 1 else float("inf")
        if running.done >= due:
            return None
        found, cursor = Tally(), running.cursor
        until = self._monotonic() + seconds
        for cursor, tally in check.walk(running.cursor):  # noqa: B007 - where it ended is kept
            found.add(tally)
            if self._monotonic() >= until or running.done + found.done >= due:
                break
        return self._keep(running, cursor, found, actor)

    def _begin(self, number: int) -> FixityPass:
        with self._archive.store.write() as transaction:
            row: dict[str, Any] = {
                "number": number,
                "started_at": transaction.at,
                "finished_at": None,
                "told_at": transaction.at,
                "cursor": "",
                **dict.fromkeys(("done", "records", "objects", "bytes", "faults"), 0),
            }
            transaction.connection.execute(insert(fixity_passes), [row])
        return FixityPass(**row)

    def _keep(self, running: FixityPass, cursor: str, found: Tally, actor: str) -> SliceReport:
        finished = cursor == END
        total = Tally(
            done=running.done + found.done,
            records=running.records + found.records,
            objects=running.objects + found.objects,
            bytes=running.bytes + found.bytes,
        )
        with self._archive.store.write() as transaction:
            told = finished or bool(found.faults) or transaction.at - running.told_at >= _TOLD_EVERY
            change = update(fixity_passes).where(fixity_passes.c.number == running.number)
            transaction.connection.execute(
                change.values(
                    cursor=cursor,
                    finished_at=transaction.at if finished else None,
                    told_at=transaction.at if told else running.told_at,
                    done=total.done,
                    records=total.records,
                    objects=total.objects,
                    bytes=total.bytes,
                    faults=running.faults + len(found.faults),
                )
            )
            if told:
                payload = facts_of(Scope.PASS if finished else Scope.SLICE, total, found.faults, running.number)
                transaction.append(EventKind.FIXITY_CHECKED, actor=actor, payload=payload)
        return SliceReport(number=running.number, finished=finished, objects=found.objects, faults=tuple(found.faults))
