"""Making and opening an archive's folder: what lies where, with which rights, in which format version.

Rule: an archive exists when its `archive` row is committed; a half-made folder is refused and named. An older
program refuses a newer archive in one sentence.
"""

from __future__ import annotations

import os
import zoneinfo
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, inspect, select, text

from storage.catalogue import Catalogue
from storage.custodians import Custodians
from storage.errors import ArchiveError, Conflict, Corrupt, InvalidInput, NewerFormat, NotFound
from storage.events import EventKind
from storage.identifiers import Prefix, new_id
from storage.keys import Keyring, Secret, create_keys
from storage.ledger import Ledger
from storage.local_blobs import LocalBlobs
from storage.log_check import DAMAGED, KEPT, keep_log
from storage.submissions import Submissions
from storage.tables import archive, epochs, ledger_head, restrictions
from storage.transaction import Store, now
from storage.transcriptions import Transcriptions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection

    from storage.blobs import BlobStore

FORMAT = 3
_REVISION = "0003"  # of the database's schema, as the last file of storage/migrations/versions names it
FOLDERS = ("objects", "index", "keys", "ledger", "ledger/tile", "drafts", "tmp")
RESTORING = "restoring"
"""A file that lies in the folder as long as a restore is under way; it ends with the path of the backup."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """An opened archive: the parts of the storage floor, wired together."""

    folder: Path
    id: str
    zone: zoneinfo.ZoneInfo
    test_clock: bool
    created_at: datetime
    keyring: Keyring
    store: Store
    blobs: BlobStore
    submissions: Submissions
    custodians: Custodians
    catalogue: Catalogue
    transcriptions: Transcriptions
    ledger: Ledger

    def close(self) -> None:
        """Close the database."""
        self.store.close()


def read_zone(name: str) -> zoneinfo.ZoneInfo:
    """A time zone by its name.

    Raises:
        InvalidInput: there is none with this name.
    """
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidInput(f"{name!r} is not a time zone; write it like America/Los_Angeles") from error


def create_archive(
    folder: Path,
    secrets: Sequence[Secret],
    *,
    zone: str,
    test_clock: bool = False,
    actor: str,
    clock: Callable[[], datetime] = now,
) -> Archive:
    """Make a new archive in an empty or absent folder.

    Raises:
        Conflict: something is there already.
        InvalidInput: no such time zone.
    """
    read_zone(zone)
    if (folder / "keys" / "slots.json").exists():
        raise Conflict(f"{folder} already holds an archive; choose another folder with --data")
    if folder.exists() and not folder.is_dir():
        raise Conflict(f"{folder} is a file; choose an empty folder with --data")
    if folder.exists() and any(entry.name != "archiver.toml" for entry in folder.iterdir()):
        raise Conflict(f"{folder} is not empty; choose an empty folder with --data")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    for name in FOLDERS:
        (folder / name).mkdir(mode=0o700, exist_ok=True)
    archive_id = new_id(Prefix.ARCHIVE)
    keyring = create_keys(folder / "keys", archive_id, list(secrets))
    from storage.migrating import migrate  # noqa: PLC0415 - only who makes an archive pays for Alembic

    migrate(folder / "archive.db", keyring.database_key)
    store = Store(folder, keyring, clock)
    at = clock()
    with store.read() as connection:  # not `write`: it needs the very rows that are made here
        connection.execute(insert(ledger_head), [{"one": 1, "size": 0, "frontier": b""}])
        connection.execute(insert(epochs), [{"number": 1, "state": "current", "created_at": at}])
    with store.write() as transaction:
        row = {"id": archive_id, "format": FORMAT, "zone": zone, "test_clock": test_clock, "created_at": at}
        transaction.connection.execute(insert(archive), [row])
        facts = {"zone": zone, "test_clock": test_clock, "format": FORMAT}
        transaction.append(EventKind.ARCHIVE_CREATED, actor=actor, subjects=(archive_id,), payload=facts)
    os.sync()
    store.close()
    opened = open_archive(folder, keyring, clock)
    opened.ledger.publish_checkpoint()
    return opened


def _archive_row(store: Store) -> Any:
    """The row that makes an archive one, or None where init did not come so far."""
    with store.read() as connection:
        if not inspect(connection).has_table(archive.name):
            return None
        return connection.execute(select(archive)).first()


def _revision(store: Store) -> str:
    with store.read() as connection:
        return read_revision(connection)


def read_revision(connection: Connection) -> str:
    """The revision of the database's schema, as Alembic keeps it; empty where there is none."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def refuse_newer(found: int, revision: str) -> None:
    """Refuse the format or the schema of a newer version of this program; revisions are numbers of four digits.

    Raises:
        NewerFormat: it is one.
    """
    if found > FORMAT:
        raise NewerFormat(
            f"this archive has format {found} and this program knows up to {FORMAT}; use the newer program"
        )
    if revision > _REVISION:
        raise NewerFormat(
            f"the database of this archive has schema {revision[:32]} and this program knows up to {_REVISION}; "
            "use the newer program"
        )


def restriction_of(store: Store) -> str | None:
    """Why an archive may neither write nor show anything, as a sentence; None normally."""
    with store.read() as connection:
        row = connection.execute(select(restrictions)).first()
    if row is None:
        return None
    return (
        f"this archive was restored without the newest {row.missing_leaves} leaves of its ledger, among which records "
        "may have been destroyed, so it shows nothing and takes nothing; restore again with a newer copy of the ledger "
        "(--ledger), or accept the loss: archiver backup restore --accept-loss --as USER"
    )


def _log_restriction(folder: Path, store: Store) -> str | None:
    """Why an archive whose log was damaged may neither write nor show anything; None normally."""
    if not (folder / KEPT).exists():
        if not store.lost_commits():
            return None
        keep_log(folder)
    return DAMAGED


def open_archive(
    folder: Path, keyring: Keyring, clock: Callable[[], datetime] = now, *, restoring: bool = False
) -> Archive:
    """Open an archive whose keys are opened. `restoring` is for the restore itself, which comes before all else.

    Raises:
        NewerFormat: a newer version of this program wrote it.
        Conflict: it was never completely made or restored, or an older version wrote it and it was not upgraded.
        NotFound: the database is missing.
        Corrupt: it is damaged, or not of these keys.
    """
    if not (folder / "archive.db").exists():  # opening would make an empty one
        raise NotFound(f"{folder} has keys and no archive.db; restore it, or remove the folder if init was interrupted")
    if (folder / RESTORING).exists() and not restoring:
        raise Conflict(f"the archive in {folder} is not completely restored; run the same restore again")
    store = Store(folder, keyring, clock)
    try:
        row = _archive_row(store)
        if row is None:
            raise Conflict(f"{folder} holds an archive that was never completely made; remove it and run init again")
        revision = _revision(store)
        refuse_newer(row.format, revision)
        if row.format < FORMAT:
            raise Conflict(
                f"this archive has format {row.format} and this program writes format {FORMAT}; run: archiver upgrade",
                format=row.format,
            )
        if revision != _REVISION:
            raise Corrupt("the database's schema is not that of the archive's format; restore it from a backup")
        store.restriction = _log_restriction(folder, store) or restriction_of(store)
    except ArchiveError:
        store.close()
        raise
    blobs = LocalBlobs(folder / "objects", on_failure=store.disk_failed.set)
    custodians = Custodians(store)
    return Archive(
        folder=folder,
        id=row.id,
        zone=read_zone(row.zone),
        test_clock=row.test_clock,
        created_at=row.created_at,
        keyring=keyring,
        store=store,
        blobs=blobs,
        submissions=Submissions(store, blobs),
        custodians=custodians,
        catalogue=Catalogue(store, custodians),
        transcriptions=Transcriptions(store),
        ledger=Ledger(store, folder / "ledger"),
    )
