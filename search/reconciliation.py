"""The catalogue against the index, record by record: what is missing, surplus or older there, and its repair.

Rules:

- Compared is what the index should have read: records up to its ledger position. What came later is no finding.
- The catalogue is right. What is missing or older is read again, what is surplus is taken out; what cannot be opened
  stays missing, and is told to somebody. Every comparison is an event with its counts, and names no record.
- It goes in pages, each a short read, and never holds up the follower for longer than a batch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from search.coverage import active_pages
from search.queries import Between, Clock
from storage.active_records import IS_ACTIVE
from storage.errors import Corrupt
from storage.events import EventKind
from storage.tables import ledger_leaves, records
from storage.transcription_tables import transcriptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from search.current_index import CurrentIndex
    from search.engines import EngineIndex
    from search.follower import Follower
    from storage.archive import Archive

_PAGE: Final = 2_000
_CHUNK: Final = 500
_ANY: Final = Between(Clock.CAPTURED, None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What one comparison found: counts of records, and when it was made.

    `missing`, `surplus` and `older` (or of a ledger that is no more) are as it found them, `unreadable` how many of the
    missing could not be opened and still are. With `repaired` False nothing was changed.
    """

    engine: str
    at: datetime
    records: int
    missing: int
    surplus: int
    older: int
    unreadable: int
    repaired: bool = True

    @property
    def clean(self) -> bool:
        """Whether index and catalogue agree now."""
        return not self.unreadable and (self.repaired or not (self.missing or self.surplus or self.older))

    def as_document(self) -> dict[str, Any]:
        """As the command prints it, and as the event says it."""
        return {
            "engine": self.engine,
            "records": self.records,
            "missing": self.missing,
            "surplus": self.surplus,
            "older": self.older,
            "unreadable": self.unreadable,
            "repaired": self.repaired,
        }


class Reconciliation:
    """Compares one current index with the catalogue of its archive."""

    def __init__(self, archive: Archive, index: CurrentIndex, follower: Follower) -> None:
        self._archive = archive
        self._index = index
        self._follower = follower

    def run(
        self, *, actor: str, repair: bool = True, progress: Callable[[int, int | None], None] | None = None
    ) -> Reconciled:
        """Compare, repair what can be, and write the event; with `repair` False neither.

        Raises:
            Corrupt: the index cannot be read, or has read more than the ledger holds.
            IndexOutdated: another version of the engine built it.
            TemporarilyUnavailable: it was switched or closed meanwhile.
        """
        total = self._follower.coverage().records  # refuses an index that is ahead of the ledger
        index = self._index.present()
        reached = index.position()
        compared = missing = older = unreadable = 0
        for page in active_pages(self._archive):
            wanted = {record_id: position for record_id, position in page if position <= reached}
            newest = self._newest(wanted)
            there = index.document_positions(list(wanted))
            absent = [one for one in wanted if one not in there]
            stale = [one for one, position in there.items() if newest[one] <= reached and position != newest[one]]
            compared, missing, older = compared + len(wanted), missing + len(absent), older + len(stale)
            if repair and (absent or stale):
                # of a ledger that is no more, and what is right would not take its place
                if ahead := [one for one in stale if there[one] > newest[one]]:
                    self._follower.forget(ahead)
                read = self._follower.read_again([*absent, *stale])
                unreadable += len(self._still_active([one for one in absent if one not in read]))
            elif absent:
                unreadable += len(absent) - len(self._follower.readable(absent))
            if progress is not None:
                progress(compared, total)
        surplus = 0
        for some in self._not_active(index):
            surplus += len(some)
            if repair:
                self._follower.forget(some)
        found = Reconciled(
            engine=self._index.engine,
            at=self._archive.store.clock(),
            records=compared,
            missing=missing,
            surplus=surplus,
            older=older,
            unreadable=unreadable,
            repaired=repair,
        )
        if repair:
            with self._archive.store.write() as transaction:
                transaction.append(EventKind.INDEX_RECONCILED, actor=actor, payload=found.as_document())
                found = replace(found, at=transaction.at)
        return found

    def _newest(self, positions: dict[str, int]) -> dict[str, int]:
        """At which ledger position each of these records last got something to be found."""
        newest = dict(positions)
        ids = list(positions)
        rows = transcriptions.c
        for start in range(0, len(ids), _CHUNK):
            chosen = rows.record_id.in_(ids[start : start + _CHUNK])
            query = select(rows.record_id, func.max(rows.position).label("position")).where(chosen)
            with self._archive.store.read() as connection:
                for row in connection.execute(query.group_by(rows.record_id)):
                    newest[row.record_id] = max(newest[row.record_id], row.position)
        return newest

    def _still_active(self, ids: Sequence[str]) -> list[str]:
        """Those of these records that are active: what was destroyed meanwhile is rightly missing."""
        found: list[str] = []
        with self._archive.store.read() as connection:
            for start in range(0, len(ids), _CHUNK):
                chosen = records.c.id.in_(ids[start : start + _CHUNK])
                found += connection.execute(select(records.c.id).where(chosen, IS_ACTIVE)).scalars()
        return found

    def _not_active(self, index: EngineIndex) -> Iterator[list[str]]:
        """Pages of the records that have a document and are not active in the catalogue."""
        ids = sorted(index.ids(_ANY))
        for start in range(0, len(ids), _PAGE):
            some = ids[start : start + _PAGE]
            active = set(self._still_active(some))
            if over := [one for one in some if one not in active]:
                yield over


def last_reconciled(archive: Archive, engine: str) -> Reconciled | None:
    """What the newest comparison of an engine's index found; None if there was none, or nobody can read its event."""
    leaves = ledger_leaves.c
    query = select(leaves.position).where(leaves.kind == EventKind.INDEX_RECONCILED.value)
    with archive.store.read() as connection:
        for position in connection.execute(query.order_by(leaves.position.desc()).limit(16)).scalars().all():
            try:
                payload = archive.ledger.payload(connection, position)
            except Corrupt:
                continue
            if payload is not None and payload["engine"] == engine:
                at = archive.ledger.event_at(connection, position).event.at
                return Reconciled(at=at, **payload)
    return None
