"""Bringing an archive that an older version wrote to the present format, in steps that a kill may interrupt.

Rule: nothing is rewritten before a whole copy of the database lies beside it, each step is one transaction, and a
step that was done is known by what it left, so that the same command goes on where it was killed. The copy is
destroyed only after the upgraded archive was verified: it opens nothing new, but an old copy of wrapped keys must
not stay.

What carries a version: the database (`archive.format` and Alembic's revision), a sealed container (its header), a
ledger leaf (`v`), the key slots (`format`), and the index (rebuilt, never upgraded).
"""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from storage.archive import FORMAT, read_revision, refuse_newer
from storage.database import WriteLock, engine_for, open_encrypted
from storage.errors import Conflict, NotFound, StorageFull
from storage.events import EventKind
from storage.files import sync_folder
from storage.log_check import DAMAGED, KEPT, keep_log, lost_commits
from storage.tables import archive
from storage.transaction import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from storage.keys import Keyring

# what each format brought, as `archiver upgrade --check` says it
_BROUGHT = {
    2: "tables for letters, destructions, fixity passes, restores and backups; ledger tiles",
    3: "tables for mailbox files and what came out of them, answer mails, decisions on quarantine, text of pictures",
}
_COPY_BYTES = 1 << 20
_MARGIN = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class UpgradePlan:
    """What an upgrade would do. `found` and `wanted` are formats, sizes are bytes."""

    found: int
    wanted: int
    steps: tuple[str, ...]
    needed_bytes: int
    free_bytes: int
    unfinished: bool

    @property
    def due(self) -> bool:
        """Whether there is anything to do."""
        return self.found < self.wanted or self.unfinished


def copy_path(folder: Path, found: int) -> Path:
    """Where the copy of the database lies while an upgrade from this format is under way."""
    return folder / f"archive.db.format-{found}"


def _copies(folder: Path) -> list[Path]:
    return sorted([*folder.glob("archive.db.format-*"), *folder.glob("archive.db-copy-of-*")])


def plan_upgrade(folder: Path, keyring: Keyring) -> UpgradePlan:
    """Look at an archive without changing it.

    Raises:
        NotFound: there is no database.
        NewerFormat: a newer version of this program wrote it.
        Conflict: it was never completely made, or its log was damaged.
    """
    path = folder / "archive.db"
    if not path.exists():
        raise NotFound(f"{folder} has no archive.db; restore it from a backup")
    engine = engine_for(path, keyring.database_key)
    lock = WriteLock(folder / "write.lock")
    try:
        with engine.connect() as connection:
            found = connection.execute(select(archive.c.format)).scalar()
            revision = read_revision(connection)
        # before the engine is disposed of: closing its last connection folds the log into the database
        with lock.held(), closing(engine.raw_connection()) as raw:
            if lost_commits(raw.driver_connection, path.with_name("archive.db-wal")):
                keep_log(folder)
    finally:
        engine.dispose()
        lock.close()
    if (folder / KEPT).exists():
        raise Conflict(DAMAGED)
    if found is None:
        raise Conflict(f"{folder} holds an archive that was never completely made; remove it and run init again")
    refuse_newer(found, revision)
    size = sum(one.stat().st_size for one in (path, path.with_name("archive.db-wal")) if one.exists())
    return UpgradePlan(
        found=found,
        wanted=FORMAT,
        steps=tuple(f"format {number}: {_BROUGHT[number]}" for number in range(found + 1, FORMAT + 1)),
        needed_bytes=2 * size + _MARGIN if found < FORMAT else 0,
        free_bytes=shutil.disk_usage(folder).free,
        unfinished=bool(_copies(folder)),
    )


def upgrade(folder: Path, keyring: Keyring, *, actor: str, clock: Callable[[], datetime]) -> UpgradePlan:
    """Copy the database, apply what it lacks, and witness it; `finish` comes after the archive was verified.

    Raises:
        StorageFull: not enough space; nothing was changed.
        NotFound, NewerFormat, Conflict: as `plan_upgrade`.
    """
    plan = plan_upgrade(folder, keyring)
    if plan.found == plan.wanted:
        return plan
    copy = copy_path(folder, plan.found)
    if not copy.exists():
        if plan.free_bytes < plan.needed_bytes:
            raise StorageFull(
                f"the upgrade needs {plan.needed_bytes >> 20:,} MiB and {plan.free_bytes >> 20:,} MiB are free; "
                "free some space; nothing was changed"
            )
        _copy_database(folder, keyring, copy)
    from storage.migrating import migrate  # noqa: PLC0415 - only an upgrade pays for Alembic

    migrate(folder / "archive.db", keyring.database_key)
    store = Store(folder, keyring, clock)
    try:
        with store.write() as transaction:
            transaction.connection.execute(update(archive).values(format=FORMAT))
            facts = {"from": plan.found, "to": FORMAT}
            transaction.append(EventKind.ARCHIVE_UPGRADED, actor=actor, subjects=(keyring.archive_id,), payload=facts)
    finally:
        store.close()
    return plan


def finish(folder: Path) -> None:
    """Destroy the copies that upgrades left; call it once the archive was verified."""
    copies = _copies(folder)
    for one in copies:
        one.unlink()
    if copies:
        sync_folder(folder)


def _copy_database(folder: Path, keyring: Keyring, copy: Path) -> None:
    """A whole copy, durable before its name is; made under the write lock, with nothing left in the log."""
    path = folder / "archive.db"
    aside = copy.with_name(copy.name.replace("archive.db.", "archive.db-copy-of-"))
    lock = WriteLock(folder / "write.lock")
    try:
        with lock.held():
            connection = open_encrypted(path, keyring.database_key)
            try:
                busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            finally:
                connection.close()
            if busy:
                raise Conflict("another program reads the archive; stop it, then run: archiver upgrade")
            with path.open("rb") as source, aside.open("wb") as target:
                shutil.copyfileobj(source, target, _COPY_BYTES)
                target.flush()
                os.fsync(target.fileno())
            aside.rename(copy)
            sync_folder(folder)
    finally:
        lock.close()
