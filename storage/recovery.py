"""Recovery: what an interruption left is finished or removed, and what it must never leave is named.

Rules:

- Everything here may be done twice, and while the service runs: what another program is in the middle of is
  young, or locked, and stays.
- Nothing is removed where the database is older than the published checkpoint, because the rows that would name
  these objects may be in the newer one; the caller checks the anchors elsewhere before.
- A row without its object is never mended here; whoever starts the services is told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select

from storage.archive import FOLDERS
from storage.backup.scratch import sweep_scratch
from storage.checkpoints import verify
from storage.destructions import unfinished_batches
from storage.epochs import lost_epochs
from storage.errors import Conflict, Corrupt
from storage.events import EventKind
from storage.files import erase, sync_folder
from storage.fixity_holdings import unqueued
from storage.local_blobs import sweep_parts
from storage.recovery_objects import MissingObject, ObjectSurvey, survey_objects
from storage.rotation import Rotation
from storage.shredding import Shredder
from storage.tables import awaiting_examination, outbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from storage.archive import Archive

ORPHAN_AGE = timedelta(hours=1)
_HALF_WRITTEN = "*.new"
_QUEUED_TOGETHER = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryReport:
    """What was found and done.

    `orphans` are objects that were removed because no row names them, `young` those that may still get one;
    `missing` names rows without an object, `missing_count` counts them all; `temporaries` are half-written files;
    `lost_epochs` live and their keys cannot be had; `requeued` are submissions that nobody would have examined;
    `epochs_destroyed` retired keys that still lay there;
    `destructions` batches that are not confirmed yet; `rotating` says that an epoch still drains; `letters` wait
    in the outbox, the oldest since `oldest_letter`.
    """

    objects: int = 0
    orphans: int = 0
    young: int = 0
    missing_count: int = 0
    missing: tuple[MissingObject, ...] = ()
    temporaries: int = 0
    requeued: int = 0
    folders: tuple[str, ...] = ()
    epochs_destroyed: tuple[int, ...] = ()
    lost_epochs: tuple[int, ...] = ()
    rewrapped: int = 0
    destructions: int = 0
    rotating: bool = False
    letters: int = 0
    oldest_letter: datetime | None = None
    kept_because: str | None = None
    remarks: tuple[str, ...] = field(default=())

    @property
    def did_something(self) -> bool:
        """Whether anything was changed or has to be told."""
        changed = (self.orphans, self.temporaries, self.requeued, self.rewrapped, self.missing_count)
        return any(changed) or bool(self.folders) or bool(self.epochs_destroyed)

    def to_json(self) -> dict[str, Any]:
        """As `archiver recover --json` prints it and the event's payload keeps it."""
        return {
            "objects": self.objects,
            "orphans_removed": self.orphans,
            "orphans_young": self.young,
            "missing": self.missing_count,
            "missing_objects": [
                {"object": one.blob_id, "submission": one.holder, "record": one.record or None} for one in self.missing
            ],
            "temporaries_removed": self.temporaries,
            "requeued": self.requeued,
            "folders_made": list(self.folders),
            "epochs_destroyed": list(self.epochs_destroyed),
            "epochs_lost": list(self.lost_epochs),
            "keys_rewrapped": self.rewrapped,
            "destructions_unfinished": self.destructions,
            "rotation_unfinished": self.rotating,
            "letters_waiting": self.letters,
            "oldest_letter": None if self.oldest_letter is None else self.oldest_letter.isoformat(),
            "orphans_kept_because": self.kept_because,
            "remarks": list(self.remarks),
        }


def make_folders(folder: Path) -> tuple[str, ...]:
    """Make those folders of an archive that are missing, such as after a restore by hand; durable, and named."""
    made = [name for name in FOLDERS if not (folder / name).is_dir()]
    for name in made:
        (folder / name).mkdir(mode=0o700, exist_ok=True)
        sync_folder((folder / name).parent)
    return tuple(made)


def recover(
    archive: Archive,
    actor: str,
    *,
    finish_destructions: Callable[[], object] | None = None,
    finish: bool = True,
    dry_run: bool = False,
) -> RecoveryReport:
    """Finish or remove what was interrupted, look for every object, and leave an event if there was anything.

    Args:
        archive: any archive that is opened.
        actor: who does it, for the ledger.
        finish_destructions: brings decided destructions further, with all owners of derived bytes; by default
            their objects are erased and no more.
        finish: finish rotations and destructions too, which may take long; without it they are only counted, for
            a start of the services, whose clock worker takes them up.
        dry_run: change nothing; the counts say what would be done.

    Raises:
        Conflict: the database is older than the published checkpoint; nothing was done.
        StorageFull, TemporarilyUnavailable: it could not be finished; the same again later goes on.
    """
    kept_because = _why_keep(archive)
    dry_run = dry_run or archive.store.restriction is not None
    remarks: list[str] = []
    folders = () if dry_run else make_folders(archive.folder)
    destroyed: tuple[int, ...] = ()
    rewrapped = 0
    lost = lost_epochs(archive.keyring, archive.store.read)
    if finish and not dry_run and not lost:
        try:
            (finish_destructions or _eraser(archive))()
            rotation = Rotation(archive).resume(actor)
            destroyed, rewrapped = rotation.destroyed, rotation.rewrapped
        except (Conflict, Corrupt) as error:  # told, and no reason not to look at the rest
            remarks.append(error.message)
    survey = survey_objects(archive, older_than=ORPHAN_AGE, remove=not dry_run and kept_because is None)
    report = RecoveryReport(
        **_counts(survey),
        temporaries=_sweep(archive, dry_run=dry_run),
        requeued=_requeue(archive, dry_run=dry_run),
        folders=folders,
        epochs_destroyed=destroyed,
        lost_epochs=lost,
        rewrapped=rewrapped,
        kept_because=kept_because,
        remarks=tuple(remarks),
        **_unfinished(archive),
    )
    if report.did_something and not dry_run and not lost:  # an event needs the key of the present epoch
        with archive.store.write() as transaction:
            transaction.append(EventKind.RECOVERY_MADE, actor=actor, payload=report.to_json())
    return report


def _why_keep(archive: Archive) -> str | None:
    """Why orphans must stay although they are old; None normally.

    Raises:
        Conflict: the database is older than what `ledger/checkpoint` names.
    """
    note = archive.ledger.published_checkpoint()
    if archive.store.restriction is not None:
        return "the archive may show and take nothing until it is settled what it lacks"
    if note is None:
        return "there is no ledger/checkpoint that would show that this is the newest database"
    try:
        checkpoint = verify(note, archive.ledger.public_key())
    except Corrupt as error:
        return f"ledger/checkpoint cannot be trusted: {error.message}"
    with archive.store.read() as connection:
        archive.ledger.must_extend(connection, checkpoint, "ledger/checkpoint")
    return None


def _eraser(archive: Archive) -> Callable[[], None]:
    def erase_decided() -> None:
        shredder = Shredder(archive)
        for batch in shredder.unfinished():
            shredder.erase(batch.id)

    return erase_decided


def _counts(survey: ObjectSurvey) -> dict[str, Any]:
    return {
        "objects": survey.objects,
        "orphans": survey.orphans,
        "young": survey.young,
        "missing_count": survey.missing_count,
        "missing": tuple(survey.missing),
    }


def _sweep(archive: Archive, *, dry_run: bool) -> int:
    """Half-written files: objects and drills that nobody is at any more, small files beside their place for an hour."""
    border = (archive.store.clock() - ORPHAN_AGE).timestamp()
    swept = 0 if dry_run else sweep_parts(archive.folder / "objects") + sweep_scratch(archive.folder.parent)
    for path in _half_written(archive.folder):
        try:
            if path.stat().st_mtime >= border:
                continue
            swept += 1
            if dry_run:
                continue
            if "keys" in path.relative_to(archive.folder).parts:
                erase(path)  # it may be a key that was to be destroyed
            else:
                path.unlink()
        except FileNotFoundError:
            continue  # finished meanwhile
    return swept


def _half_written(folder: Path) -> Iterator[Path]:
    yield from folder.glob(_HALF_WRITTEN)
    for name in ("keys", "ledger", "index", "tmp", "drafts"):
        yield from (folder / name).rglob(_HALF_WRITTEN)


def _requeue(archive: Archive, *, dry_run: bool) -> int:
    """Put submissions without an outcome back into the queue of the examiner."""
    after, count = "", 0
    while True:
        with archive.store.read() as connection:
            found = unqueued(connection, after, _QUEUED_TOGETHER)
        if not found:
            return count
        after = found[-1][0]
        count += len(found)
        if dry_run:
            continue
        with archive.store.write() as transaction:
            again = dict(found).keys() & dict(unqueued(transaction.connection, "", _QUEUED_TOGETHER)).keys()
            rows = [{"submission_id": one, "position": position} for one, position in found if one in again]
            if rows:
                transaction.connection.execute(insert(awaiting_examination), rows)


def _unfinished(archive: Archive) -> dict[str, Any]:
    with archive.store.read() as connection:
        waiting = connection.execute(select(func.count(), func.min(outbox.c.created_at)).select_from(outbox)).one()
        batches = len(unfinished_batches(connection))
    rotating = Rotation(archive).unfinished()
    return {"destructions": batches, "rotating": rotating, "letters": waiting[0], "oldest_letter": waiting[1]}
