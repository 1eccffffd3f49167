"""The parts of a fixity check that belong to upper floors: holds, batches and frozen results are as the ledger says.

Rule: as in `storage.fixity`: a phase reads in pages, names what it finds by id and never stops at a fault.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from archiver.disposition_evidence import is_as_said
from retention.disposition_checking import changed_batches
from retention.dispositions import read_batch
from retention.hold_checking import changed_holds
from retention.tables import dispositions
from search.frozen_sets import FrozenSets, faults_of
from search.saved_tables import frozen_sets
from storage.errors import Corrupt, NotFound
from storage.fixity_report import Page, Tally

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from storage.archive import Archive
    from storage.fixity import Phase


class HoldPhase:
    """All holds at once, by the events that placed, renewed and released them."""

    name = "holds"
    limit = 1

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def page(self, after: str, limit: int) -> Page:
        """Compare every hold."""
        del after, limit
        tally = Tally()
        try:
            with self._archive.store.read() as connection:
                changed = changed_holds(connection, self._archive.ledger)
        except ValueError as error:
            raise Corrupt("a leaf cannot be read") from error
        for hold_id, detail in changed.items():
            tally.fault("hold", hold_id, detail)
        return Page(None, tally)


class DispositionPhase:
    """With the first page who acted on all batches, then the list of each batch."""

    name = "dispositions"
    limit = 20

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def page(self, after: str, limit: int) -> Page:
        """Compare the next `limit` batches behind an id."""
        tally, ledger = Tally(), self._archive.ledger
        query = select(dispositions.c.id).where(dispositions.c.id > after).order_by(dispositions.c.id).limit(limit)
        try:
            with self._archive.store.read() as connection:
                changed = {} if after else changed_batches(connection, ledger)
                ids = connection.execute(query).scalars().all()
                for one in ids:
                    if not self._is_as_said(connection, one):
                        changed.setdefault(one, "its list or what was done about it is not what the ledger says")
        except ValueError as error:
            raise Corrupt("a leaf cannot be read") from error
        for batch_id, detail in changed.items():
            tally.fault("disposition", batch_id, detail)
        return Page(ids[-1] if len(ids) == limit else None, tally)

    def _is_as_said(self, connection: Connection, batch_id: str) -> bool:
        try:
            return is_as_said(self._archive.ledger, connection, read_batch(connection, batch_id))
        except (NotFound, Corrupt, ValueError, KeyError):  # a leaf that is not there, a word that does not exist
            return False


class FrozenPhase:
    """The frozen results, each opened whole: its ids are those that its leaf names."""

    name = "frozen"
    limit = 5

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def page(self, after: str, limit: int) -> Page:
        """Compare the next `limit` sets behind an id."""
        tally, sets = Tally(), FrozenSets(self._archive.store)
        query = select(frozen_sets.c.id).where(frozen_sets.c.id > after).order_by(frozen_sets.c.id).limit(limit)
        with self._archive.store.read() as connection:
            ids = connection.execute(query).scalars().all()
            for one in ids:
                try:
                    faults = faults_of(sets, self._archive.ledger, connection, sets.get(connection, one))
                except (Corrupt, ValueError):
                    continue  # the walk over sealed columns names it
                for detail in faults:
                    tally.fault("frozen result", one, detail)
        return Page(ids[-1] if len(ids) == limit else None, tally)


def further_phases(archive: Archive) -> tuple[Phase, ...]:
    """What a check goes through beside what the storage floor knows of."""
    return (HoldPhase(archive), DispositionPhase(archive), FrozenPhase(archive))
