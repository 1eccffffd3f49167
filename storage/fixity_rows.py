"""The fourth part of a fixity check: what stands in plain columns, and that the database itself holds together.

(21) Every page of every table and of its indexes can be read, no value breaks the rules of its column, and no row
names another that is not there. (22) The archive's own row says what its first event said, and exactly one epoch is
current. (23) The keyed digests by which a custodian is known are those of the addresses in his sealed identity.
(24) A destruction and each record of it stand at the leaf that witnesses them, and the record is in the state that the
decision led to.

SQLCipher authenticates pages (HMAC-SHA-512 over content, IV and page number), so a wrong value in a page that is whole
was written by somebody who has the database's key, or by a fault of a program.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from storage.columns import metadata
from storage.database import DatabaseError
from storage.destructions import DECISIONS
from storage.errors import ArchiveError, Corrupt, NotFound
from storage.events import Event, EventKind
from storage.fixity_report import Page, Tally
from storage.sealing import SealKind
from storage.tables import archive as archive_table
from storage.tables import (
    custodian_addresses,
    custodians,
    destruction_batches,
    destructions,
    epochs,
    ledger_leaves,
    records,
    wrapped_keys,
)
from storage.vault import WrappedKey

if TYPE_CHECKING:
    from storage.archive import Archive
    from storage.records import RecordState

_MOST_DETAILS = 20
_OF_SUBMISSIONS = (EventKind.CONTAINER_DESTROYED, EventKind.SUBMISSION_DESTROYED)


class TablePhase:
    """All tables, each in a read of its own (21). PostgreSQL holds these rules itself."""

    name = "tables"
    limit = 1

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def page(self, after: str, limit: int) -> Page:
        """One after the other; a damaged one does not hide the next."""
        del after, limit
        tally = Tally()
        for table in sorted(metadata.tables):
            try:
                for detail in self._absences(table):
                    tally.fault("database", table, detail)
            except (ArchiveError, DatabaseError) as error:
                tally.fault("database", table, str(error))
        return Page(None, tally)

    def _absences(self, table: str) -> list[str]:
        with self._archive.store.read() as connection:
            if connection.dialect.name != "sqlite":
                return []
            broken = connection.exec_driver_sql(f'PRAGMA quick_check("{table}")').scalars().all()
            details = sorted({str(one) for one in broken} - {"ok"})
            if details:  # a connection that met a damaged page refuses all others; a fresh one takes the next table
                connection.invalidate()
                raise Corrupt("; ".join(details[:_MOST_DETAILS]))
            absent = connection.exec_driver_sql(f'PRAGMA foreign_key_check("{table}")').all()
        named = sorted(Counter(row[2] for row in absent).items())
        return [f"{count} rows name a row of {parent} that is not there" for parent, count in named]


class SettingsPhase:
    """The few rows that the whole archive hangs on (22)."""

    name = "settings"
    limit = 1

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def page(self, after: str, limit: int) -> Page:
        """All at once."""
        del after, limit
        tally, ledger = Tally(), self._archive.ledger
        with self._archive.store.read() as connection:
            row = connection.execute(select(archive_table)).one()
            current = connection.execute(
                select(func.count()).select_from(epochs).where(epochs.c.state == "current")
            ).scalar_one()
            made = ledger.events_after(connection, -1, kinds=[EventKind.ARCHIVE_CREATED], limit=1)
            said = ledger.payload(connection, made[0].position) if made else None
        if row.id != self._archive.keyring.archive_id:
            tally.fault("settings", "archive", "the archive's row has another id than its keys")
        if said is not None and (row.zone, row.test_clock) != (said.get("zone"), said.get("test_clock")):
            tally.fault("settings", "archive", "zone or test clock are not those that the archive was made with")
        if current != 1:
            tally.fault("settings", "epochs", f"{current} epochs are current; it must be one")
        return Page(None, tally)


class AddressPhase:
    """Pages over the custodians (23): mail of an address whose digest is wrong would be an unknown sender's."""

    name = "addresses"
    limit = 500

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def page(self, after: str, limit: int) -> Page:
        """Compare the digests of the next `limit` custodians behind an id."""
        tally, vault = Tally(), self._archive.store.vault
        query = select(custodians, wrapped_keys.c.epoch, wrapped_keys.c.wrapped).outerjoin(
            wrapped_keys, wrapped_keys.c.holder == custodians.c.id
        )
        query = query.where(custodians.c.id > after).order_by(custodians.c.id).limit(limit)
        listed: dict[str, set[bytes]] = {}
        with self._archive.store.read() as connection:
            rows = connection.execute(query).all()
            mine = custodian_addresses.c.custodian_id.in_([row.id for row in rows])
            for one in connection.execute(select(custodian_addresses).where(mine)):
                listed.setdefault(one.custodian_id, set()).add(bytes(one.tag))
        for row in rows:
            try:
                key = vault.unwrap(WrappedKey(row.id, row.epoch, row.wrapped or b""))
                members = json.loads(vault.unseal(key, SealKind.CUSTODIAN, row.id, row.sealed_identity))
                expected = {self._archive.custodians.tag(one) for one in members["addresses"]}
            except (Corrupt, NotFound, ValueError, KeyError, TypeError):
                continue  # the walk over sealed columns names it
            if listed.get(row.id, set()) != expected:
                tally.fault("custodian", row.id, "the digests of the addresses are not those of the identity")
        return Page(rows[-1].id if len(rows) == limit else None, tally)


class DestructionRowPhase:
    """Pages over destroyed records and containers and, with the first of them, over all batches (24)."""

    name = "destructions"
    limit = 500

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def page(self, after: str, limit: int) -> Page:
        """Compare the next `limit` destroyed records behind an id with their leaves."""
        tally = Tally()
        about = destructions.outerjoin(ledger_leaves, ledger_leaves.c.position == destructions.c.position)
        about = about.outerjoin(records, records.c.id == destructions.c.record_id)
        query = select(destructions, ledger_leaves.c.leaf, records.c.state).select_from(about)
        query = query.where(destructions.c.record_id > after).order_by(destructions.c.record_id).limit(limit)
        decided = select(destruction_batches.c.id, ledger_leaves.c.leaf).outerjoin(
            ledger_leaves, ledger_leaves.c.position == destruction_batches.c.position
        )
        with self._archive.store.read() as connection:
            rows = connection.execute(query).all()
            batches = connection.execute(decided).all() if not after else []
            chosen = destruction_batches.c.id.in_({row.batch_id for row in rows})
            leads_to = {row.id: _leads_to(row.leaf) for row in connection.execute(decided.where(chosen))}
        for row in rows:
            is_container = row.record_id == row.submission_id
            subjects = (row.record_id, *(() if is_container else (row.submission_id,)), row.batch_id)
            kinds = _OF_SUBMISSIONS if is_container else (EventKind.RECORD_DESTROYED,)
            if not any(_witnesses(row.leaf, kind, subjects) for kind in kinds):
                detail = "the row of its destruction does not stand at the leaf that witnesses it"
                tally.fault("destruction", row.record_id, detail, record=row.record_id)
            # a wrong decision is told below; what was taken and destroyed after a backup has no row after its restore
            elif not is_container and row.state is not None and leads_to.get(row.batch_id) not in (None, row.state):
                detail = f"it is marked as {row.state}, and the leaf that decided its destruction says otherwise"
                tally.fault("destruction", row.record_id, detail, record=row.record_id)
        for row in batches:
            if not any(_witnesses(row.leaf, kind, (row.id,)) for kind in DECISIONS):
                tally.fault("destruction", row.id, "the destruction does not stand at the leaf that decided it")
        return Page(rows[-1].record_id if len(rows) == limit else None, tally)


def _leads_to(leaf: Any) -> RecordState | None:
    """What the records of a batch are, by the leaf that decided it; None where it is no such leaf."""
    try:
        return DECISIONS.get(Event.decode(leaf or b"").kind)
    except ValueError:
        return None


def _witnesses(leaf: Any, kind: EventKind, subjects: tuple[str, ...]) -> bool:
    try:
        event = Event.decode(leaf or b"")
    except ValueError:
        return False
    return event.kind is kind and event.subjects[: len(subjects)] == subjects
