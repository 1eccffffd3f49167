"""The nightly comparison of catalogue and index, and what is known to be wrong with the indexes.

Rule: it is due once a day, at the local time of the settings; whether it was made is asked of the ledger, so a restart
neither skips nor repeats it. Every page of an index is read with it; what is damaged is noted for who keeps the index
(`search.index_keeping`), and told to people where nothing mends it by itself.
"""

from __future__ import annotations

from datetime import time, timedelta
from typing import TYPE_CHECKING, Final

import structlog
from sqlalchemy import func, select

from search.index_condition import Fitness, look_at_index
from search.index_keeping import refused
from search.reconciliation import last_reconciled
from storage.events import EventKind
from storage.tables import ledger_leaves

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from archiver.wiring import Installation

_AGAIN: Final = "damaged again within a day of being built anew; see to its disk, then run: archiver index rebuild"
log = structlog.get_logger()


class NightlyReconciliation:
    """Compares each index of an archive with its catalogue, once a night."""

    def __init__(self, installation: Installation, *, actor: str) -> None:
        self._installation = installation
        self._actor = actor

    def step(self) -> None:
        """Compare what is due.

        Raises:
            ArchiveError: an index cannot be compared; those before it were.
        """
        installation = self._installation
        archive = installation.archive
        for engine in installation.indexes.engines:
            last = last_reconciled(archive, engine)
            since = archive.created_at if last is None else last.at
            at = time.fromisoformat(installation.settings.search.reconcile_at)
            if since >= last_turn(archive.store.clock(), at, archive.zone):
                continue
            generations = installation.indexes.generations(engine)
            condition = look_at_index(archive, generations, thorough=True)
            if condition.fitness is Fitness.DAMAGED:
                generations.doubt(condition.generation)
                continue
            found = installation.reconciliation(engine).run(actor=self._actor)
            log.info(
                "index.reconciled",
                engine=engine,
                records=found.records,
                missing=found.missing,
                surplus=found.surplus,
                older=found.older,
                unreadable=found.unreadable,
            )


def last_turn(now: datetime, at: time, zone: tzinfo) -> datetime:
    """The last moment, up to now, at which it was this local time; aware."""
    local = now.astimezone(zone)
    moment = local.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    if moment > local:
        day = (local - timedelta(days=1)).date()
        moment = moment.replace(year=day.year, month=day.month, day=day.day)
    return moment


class IndexFaults:
    """What is wrong with the indexes of an archive, looked at again and again; events are read when there are new."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._position: int | None = -1
        self._incomplete: tuple[str, ...] = ()

    def sentences(self) -> tuple[str, ...]:
        """A sentence for each fault; none where all is well, or is being mended."""
        installation = self._installation
        found = []
        for engine in installation.indexes.engines:
            condition = look_at_index(installation.archive, installation.indexes.generations(engine))
            if condition.fitness is Fitness.DAMAGED and condition.sentence is not None:
                again = refused(installation.archive, condition)
                found.append(f"{engine}: {_AGAIN if again else condition.sentence}")
        return (*found, *self._unreadable())

    def _unreadable(self) -> tuple[str, ...]:
        archive = self._installation.archive
        newest = select(func.max(ledger_leaves.c.position)).where(
            ledger_leaves.c.kind == EventKind.INDEX_RECONCILED.value
        )
        with archive.store.read() as connection:
            position: int | None = connection.execute(newest).scalar_one()
        if position != self._position:
            made = {one: last_reconciled(archive, one) for one in self._installation.indexes.engines}
            self._position = position
            self._incomplete = tuple(
                f"{engine}: {one.unreadable:,} of {one.records:,} records cannot be opened and no search finds them; "
                "run: archiver index coverage --list --reason unreadable"
                for engine, one in made.items()
                if one is not None and one.unreadable
            )
        return self._incomplete
