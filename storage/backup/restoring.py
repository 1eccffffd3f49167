"""An archive restored from a backup place onto an empty machine, with one secret that opens a slot.

Steps: (1) slots and keyring come back and are unlocked; (2) the manifests' chain and codes and every part's digest are
checked; (3) rows and keys are loaded; (4) the ledger is made again and continued from the newest copy found; (5) what
the ledger says was destroyed since is destroyed again; (6) objects are copied; (7) anchors are asked: where one,
or the checkpoint of a damaged copy, is newer than the ledger, the archive stays read-only and shows nothing, because a
missing leaf may be a destruction; (8) else the restore is written into the ledger; (9) everything is verified, and only
then the archive may be opened.

A restore that was killed is begun again by the same command: the folder says so until the last step.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from storage.anchors import Sighting, place_of, survey
from storage.archive import RESTORING, open_archive
from storage.backup.continuing import Continuation, continue_ledger, find_copies, log_of, write_losses
from storage.backup.copying import ObjectCopier
from storage.backup.ledger_part import copy_folder, root_at
from storage.backup.loading import bare_connection
from storage.backup.place import Place
from storage.backup.unpacking import checked_manifest, load_database, prepare_folder
from storage.checkpoints import origin_of, verifier_key
from storage.errors import Conflict, Corrupt, StorageFull
from storage.events import EventKind
from storage.files import sync_folder, write_whole
from storage.fixity import FixityCheck, FixityReport
from storage.keys import Keyring, unlock
from storage.local_blobs import LocalBlobs
from storage.shredding import Shredder
from storage.tables import ledger_head, objects, restrictions
from storage.transaction import now

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from storage.archive import Archive
    from storage.backup.manifest import Manifest
    from storage.checkpoints import Checkpoint
    from storage.fixity_report import SealedColumn
    from storage.keys import Secret

ANCHORED = "anchored"
"""Under ``ledger/``: the newest anchored checkpoint that a restored ledger does not reach, until that is settled."""

_PAGE = 1_000
_SHREDDED_TOGETHER = 500
_NAMED = 1_000  # ids of losses in the event's payload; all of them stand in the table


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreReport:
    """What came back. `missing_leaves` is more than 0 where an anchor is newer than every ledger that was found."""

    manifest: Manifest
    continuation: Continuation
    objects: int
    object_bytes: int
    object_faults: dict[str, str]
    missing_leaves: int
    size: int
    root: str
    fixity: FixityReport | None
    findings: tuple[str, ...] = field(default=())


def restore(
    root: Path,
    folder: Path,
    secret: Secret,
    *,
    actor: str,
    number: int | None = None,
    ledgers: Sequence[Path] = (),
    anchors: Sequence[Path] = (),
    anchors_of: Callable[[Path], Sequence[Path]] | None = None,
    clock: Callable[[], datetime] = now,
    progress: Callable[[int, int | None], None] | None = None,
    sample: int | None = None,
    further: Sequence[SealedColumn] = (),
) -> RestoreReport:
    """Restore an archive into an empty or absent folder.

    Args:
        root: the backup place.
        folder: where the archive goes.
        secret: opens one of the slots in the backup.
        actor: who restores, as the ledger names him.
        number: of the increment; the newest if left out.
        ledgers: further folders with copies of the ledger.
        anchors: files and folders with anchored checkpoints.
        anchors_of: those that the restored settings name, asked with the folder in which the settings lie.
        clock: the time of the events.
        progress: told how many objects were copied, and of how many.
        sample: verify only so many submissions at the end.
        further: sealed columns of the floors above, for the verification.

    Raises:
        NotFound: there is no backup, or something of it is missing.
        Conflict: the folder is not empty, or a ledger or anchor is of another history.
        Denied: no slot opens with the secret.
        Corrupt, NewerFormat: the backup is damaged, or too new.
        StorageFull: no space.
    """
    place = Place.existing(root)
    prepare_folder(place, folder)
    keyring = unlock(folder / "keys", secret)
    manifest = checked_manifest(place, keyring, number)
    findings: list[str] = []
    load_database(place, folder, keyring, manifest)
    found = _continue(place, folder, keyring, manifest, [root / "ledger", *ledgers])
    archive = open_archive(folder, keyring, clock, restoring=True)
    try:
        _destroy_again(archive, found)
        copier = _copy_objects(archive, place, progress)
        for earlier in sorted((root / "ledger").glob("log-*")):
            copy_folder(earlier, folder / "ledger" / earlier.name)
        archive.ledger.publish_checkpoint()
        named = () if anchors_of is None else anchors_of(folder)
        missing = _ask_anchors(archive, [*anchors, *named], found)
        if not missing:
            write_restored(archive, actor, manifest.number, manifest.size, found)
        report = FixityCheck(archive, further=further).run(sample)
        if any(fault.kind in {"ledger", "database"} for fault in report.faults):
            detail = report.faults[0].detail
            raise Corrupt(f"the restored ledger or database is damaged ({detail}); use another copy of the backup")
        findings += [*found.findings, *found.odd_anchors]
        with archive.store.read() as connection:
            head = archive.ledger.head(connection)
    finally:
        archive.close()
    os.sync()  # rows were loaded without a sync of their own
    (folder / RESTORING).unlink()
    sync_folder(folder)
    return RestoreReport(
        manifest=manifest,
        continuation=found,
        objects=copier.objects,
        object_bytes=copier.bytes,
        object_faults=copier.faults,
        missing_leaves=missing,
        size=head.size,
        root=head.root().hex(),
        fixity=report,
        findings=tuple(findings),
    )


def _continue(
    place: Place, folder: Path, keyring: Keyring, manifest: Manifest, folders: Sequence[Path]
) -> Continuation:
    found = Continuation()
    copies = find_copies(folders, keyring, found.findings)
    found.copies = tuple(copies)
    with bare_connection(folder / "archive.db", keyring.database_key) as connection:
        continue_ledger(connection, copies, found)
        if root_at(connection, manifest.size).hex() != manifest.root and manifest.log == _log(connection):
            raise Corrupt(f"the ledger of the backup in {place.root} is damaged; use another copy")
    return found


def _log(connection: object) -> int:
    number: int = connection.execute(select(ledger_head.c.log)).scalar_one()  # type: ignore[attr-defined]
    return number


def _destroy_again(archive: Archive, found: Continuation) -> None:
    """What was destroyed after the backup: its keys go first, then its rows; its objects are not even copied."""
    shredder = Shredder(archive)
    for start in range(0, len(found.destroyed), _SHREDDED_TOGETHER):
        with archive.store.write() as transaction:
            shredder.replay(transaction, found.destroyed[start : start + _SHREDDED_TOGETHER])
    for batch in shredder.unfinished():
        shredder.erase(batch.id)


def _copy_objects(archive: Archive, place: Place, progress: Callable[[int, int | None], None] | None) -> ObjectCopier:
    copier = ObjectCopier(LocalBlobs(place.root / "objects"), archive.blobs)
    with archive.store.read() as connection:
        sizes = connection.execute(select(objects.c.sealed_size)).scalars().all()
    needed, free = sum(sizes), shutil.disk_usage(archive.folder).free
    if needed > free:
        raise StorageFull(f"the objects need {needed >> 20:,} MiB and {free >> 20:,} MiB are free in {archive.folder}")
    after, done = "", 0
    while True:
        query = select(objects.c.blob_id, objects.c.sealed_size).where(objects.c.blob_id > after)
        with archive.store.read() as connection:
            rows = connection.execute(query.order_by(objects.c.blob_id).limit(_PAGE)).all()
        if not rows:
            return copier
        copier.copy({row.blob_id: row.sealed_size for row in rows}, trust_target=False)
        after, done = rows[-1].blob_id, done + len(rows)
        if progress is not None:
            progress(done, len(sizes))


def _ask_anchors(archive: Archive, anchors: Sequence[Path], found: Continuation) -> int:
    """How many leaves the newest anchor is ahead; where it is, the archive is restricted from here on.

    Raises:
        Conflict: an anchor is of another history, or of a log that no copy tells of.
    """
    with archive.store.read() as connection:
        log = _log(connection)
        keys = [verifier_key(origin_of(archive.id, one), archive.keyring.signing_key) for one in range(1, log + 16)]
        seen = survey([place_of(one) for one in anchors], keys)
        found.odd_anchors += [f"the anchor {one.place} {one.detail}" for one in seen.findings]
        size = archive.ledger.head(connection).size
        newest: Checkpoint | None = None
        # a copy of the ledger that could not be taken has been seen all the same, by its signed checkpoint
        copies = [Sighting(place=str(one.folder), checkpoint=one.checkpoint) for one in found.copies]
        for one in (*seen.sightings, *copies):
            number = log_of(one.checkpoint.origin, archive.id) or 0
            if number > log:
                raise Conflict(
                    f"the anchor {one.place} is of log {number}, which began by a declared break that no copy of the "
                    "ledger here tells of; give a newer copy with --ledger",
                    log=number,
                )
            if number == log and one.checkpoint.size <= size:
                archive.ledger.must_extend(connection, one.checkpoint, one.place)
            elif number == log and (newest is None or one.checkpoint.size > newest.size):
                newest = one.checkpoint
    if newest is None:
        return 0
    missing = newest.size - size
    write_whole(archive.folder / "ledger" / ANCHORED, newest.body().encode())
    with archive.store.write() as transaction:
        row = {"kind": "missing_leaves", "since": transaction.at, "missing_leaves": missing}
        transaction.connection.execute(insert(restrictions), [row])
        write_losses(transaction.connection, found, size)
    return missing


def write_restored(archive: Archive, actor: str, number: int, size: int, found: Continuation) -> None:
    """Write the restore into the ledger, and with it what it could not bring back."""
    lost = {sort: {"count": len(ids), "ids": ids[:_NAMED]} for sort, ids in found.lost.items()}
    facts = {
        "backup": number,
        "leaves": size,
        "continued": found.appended,
        "destroyed_again": len(found.destroyed),
        "lost": lost,
    }
    with archive.store.write() as transaction:
        position = transaction.append(EventKind.ARCHIVE_RESTORED, actor=actor, subjects=(archive.id,), payload=facts)
        write_losses(transaction.connection, found, position)
    archive.ledger.publish_checkpoint()
