"""The part of a fixity check that looks at transcriptions.

(25) Each leaf that names a version of what a record's pictures say has its row, unless the record was destroyed; the
row's facts and sealed bytes are those that the leaf names; they open under the record's key. (26) No row stands there
that no leaf names.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, select

from storage.active_records import IS_ACTIVE
from storage.errors import Corrupt, NotFound
from storage.events import Event, EventKind
from storage.fixity_report import Page, Tally
from storage.tables import ledger_leaves, records, wrapped_keys
from storage.transcription_tables import transcriptions
from storage.transcriptions import has_facts_of, open_row
from storage.vault import WrappedKey

if TYPE_CHECKING:
    from storage.archive import Archive

_KIND = EventKind.RECORD_TRANSCRIBED.value
_NAME = "transcription"


class TranscriptionPhase:
    """Pages over the leaves that name versions (25)."""

    name = "transcriptions"
    limit = 100

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def page(self, after: str, limit: int) -> Page:
        """Check the versions of the next `limit` leaves behind a position."""
        tally = Tally()
        query = (
            select(
                ledger_leaves.c.position.label("at"),
                ledger_leaves.c.leaf,
                transcriptions,
                records.c.holder,
                wrapped_keys.c.epoch,
                wrapped_keys.c.wrapped,
            )
            .select_from(
                ledger_leaves.outerjoin(transcriptions, transcriptions.c.position == ledger_leaves.c.position)
                .outerjoin(records, records.c.id == transcriptions.c.record_id)
                .outerjoin(wrapped_keys, wrapped_keys.c.holder == records.c.holder)
            )
            .where(ledger_leaves.c.kind == _KIND, ledger_leaves.c.position > int(after or "-1"))
        )
        with self._archive.store.read() as connection:
            rows = connection.execute(query.order_by(ledger_leaves.c.position).limit(limit)).all()
            missing = {one: row.at for row in rows if row.record_id is None for one in _subjects(row.leaf)}
            active = select(records.c.id).where(records.c.id.in_(list(missing)), IS_ACTIVE)
            for record_id in connection.execute(active).scalars():
                detail = f"the version that leaf {missing[record_id]} names is not there"
                tally.fault(_NAME, record_id, detail, record=record_id)
        for row in rows:
            if row.record_id is not None:
                self._check(row, tally)
        return Page(str(rows[-1].at) if rows else None, tally)

    def _check(self, row: Any, tally: Tally) -> None:
        def fault(detail: str) -> None:
            tally.fault(_NAME, row.record_id, f"version {row.number}: {detail}", record=row.record_id)

        try:
            event = Event.decode(row.leaf)
        except ValueError:
            return  # the walk over the ledger names it
        if event.blobs != (hashlib.sha256(row.sealed_transcription).hexdigest(),):
            fault("it is not the one that its leaf names")
        elif row.record_id not in event.subjects or not has_facts_of(row, event):
            fault("its number, time or source are not those that its leaf names")
        if row.wrapped is None:
            fault("the key of its record is missing")
            return
        try:
            key = self._archive.store.vault.unwrap(WrappedKey(row.holder, row.epoch, row.wrapped))
            open_row(self._archive.store.vault, key, row)
        except (Corrupt, NotFound) as error:
            fault(error.message)
        except ValueError:
            fault("it cannot be read")


class TranscriptionRowPhase:
    """Pages over versions that no leaf names (26)."""

    name = "transcription-rows"
    limit = 500

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def page(self, after: str, limit: int) -> Page:
        """Look for the leaves of the next `limit` versions behind a record and a number."""
        tally, about = Tally(), transcriptions.c
        witnessed = and_(ledger_leaves.c.position == about.position, ledger_leaves.c.kind == _KIND)
        query = select(about.record_id, about.number, ledger_leaves.c.leaf).select_from(
            transcriptions.outerjoin(ledger_leaves, witnessed)
        )
        if after:
            record_id, _, number = after.rpartition(".")
            same = and_(about.record_id == record_id, about.number > int(number))
            query = query.where((about.record_id > record_id) | same)
        with self._archive.store.read() as connection:
            rows = connection.execute(query.order_by(about.record_id, about.number).limit(limit)).all()
        for row in rows:
            if row.leaf is None:
                detail = f"version {row.number}: no ledger leaf names it"
                tally.fault(_NAME, row.record_id, detail, record=row.record_id)
        return Page(f"{rows[-1].record_id}.{rows[-1].number}" if rows else None, tally)


def _subjects(leaf: bytes) -> tuple[str, ...]:
    try:
        return Event.decode(leaf).subjects
    except ValueError:
        return ()
