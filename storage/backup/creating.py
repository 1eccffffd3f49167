"""Making a backup: a full one the first time, then increments that cost what is new.

Order, which a kill at any point leaves harmless: (1) what an earlier kill left is removed; (2) slots and keyring;
(3) rows, keys, settings and objects, page by page; (4) the part files durable; (5) the ledger; (6) the manifest, by
which the increment exists; (7) keys and chains that it supersedes are destroyed; (8) the event.

Keys (design page, Backups): a full key part is written again when half of the days that keys may be kept have passed,
and as soon as an epoch whose keys the place holds is destroyed; the older parts are then overwritten. So a copy of
destroyed keys does not outlive the next backup, and none is older than those days while backups are made.
"""

from __future__ import annotations

import base64
import os
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import metadata as distribution
from typing import TYPE_CHECKING

from sqlalchemy import select

from storage.archive import FORMAT
from storage.backup.account import tell
from storage.backup.copying import ObjectCopier
from storage.backup.increments import IncrementReader, Page, whole_digest
from storage.backup.ledger_part import copy_ledger, refuse_older
from storage.backup.manifest import Manifest
from storage.backup.parts import PartWriter
from storage.backup.place import CARRIED_FILES, SETTINGS, Place, judged
from storage.backup.rows import chunks, refuse_unknown_tables
from storage.errors import ArchiveError, Corrupt, TemporarilyUnavailable
from storage.files import sync_folder, write_whole
from storage.local_blobs import LocalBlobs, sweep_parts
from storage.merkle import Frontier
from storage.sealing import SealKind, unseal
from storage.tables import epochs, objects, wrapped_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from storage.archive import Archive
    from storage.backup.parts import Part

_ATTEMPTS = 5
_LEAST_BASE = 4 << 20  # below this a full catalogue is not worth sparing
_MOST_FAULTS = 10_000  # names that a manifest carries; where there are more, the next backup looks at every object


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupReport:
    """What a backup did. `bytes` are those written, `objects` those copied; `faults` name what could not be copied.

    An object stays among the faults of every further backup until it is copied, or erased by a destruction.
    `told` is false where the archive's own disk was full: the backup is complete, and only its event is missing.
    """

    manifest: Manifest
    bytes: int
    objects: int
    full: bool
    keys_full: bool
    keys_destroyed: int
    told: bool
    faults: dict[str, str] = field(default_factory=dict)


class _EpochGone(Exception):
    """An epoch was destroyed while its rows were being read: what was read cannot be opened any more."""


def create_backup(
    archive: Archive,
    root: Path,
    *,
    key_days: int,
    actor: str,
    progress: Callable[[int, int | None], None] | None = None,
) -> BackupReport:
    """Bring a backup place up to the present; the archive may be written to meanwhile.

    Args:
        archive: what is saved.
        root: the place; made if it is new.
        key_days: how many days a copy of keys may be kept.
        actor: who asked, as the ledger names him.
        progress: told how many objects were looked at, and of how many where that is known.

    Raises:
        InvalidInput, Conflict: the place cannot be used.
        StorageFull, TemporarilyUnavailable: a disk says no; the increment before stands.
        Corrupt: the place is damaged.
    """
    archive.store.refuse_if_restricted()
    with archive.store.read() as connection:
        refuse_unknown_tables(connection)
    place = Place.prepared(root, archive.folder, archive.keyring)
    with judged(root), place.held():
        newest = place.newest(archive.keyring)
        if newest is not None:
            refuse_older(archive, newest, root)
        place.tidy(newest)
        sweep_parts(root / "objects")
        manifest, copier = _write(archive, place, newest, key_days, progress)
        destroyed = place.tidy(manifest)
    told = tell(archive, root, manifest, actor)
    return BackupReport(
        manifest=manifest,
        bytes=manifest.catalogue.size + manifest.keys.size + copier.bytes,
        objects=copier.objects,
        full=manifest.is_full,
        keys_full=manifest.keys_from == manifest.number,
        keys_destroyed=destroyed,
        told=told,
        faults=copier.faults,
    )


def _write(
    archive: Archive,
    place: Place,
    newest: Manifest | None,
    key_days: int,
    progress: Callable[[int, int | None], None] | None,
) -> tuple[Manifest, ObjectCopier]:
    try:
        for attempt in range(_ATTEMPTS):
            with suppress(_EpochGone):
                return _Increment(archive, place, newest, key_days, progress).write(attempt)
    except Exception:
        with suppress(OSError, ArchiveError):
            place.tidy(newest)  # keys that no manifest names should not lie about until the next backup
        raise
    raise TemporarilyUnavailable("keys are being rotated faster than they can be saved; try again")


class _Increment:
    """One increment being written."""

    def __init__(
        self,
        archive: Archive,
        place: Place,
        newest: Manifest | None,
        key_days: int,
        progress: Callable[[int, int | None], None] | None,
    ) -> None:
        self._archive = archive
        self._place = place
        self._newest = newest
        self._key_days = key_days
        self._progress = progress
        self._reader = IncrementReader(archive.store)
        self._copier = ObjectCopier(archive.blobs, LocalBlobs(place.root / "objects"))
        self._seen = 0
        self._number = 1 if newest is None else newest.number + 1
        self._open_faults = () if newest is None else newest.faults

    def write(self, attempt: int) -> tuple[Manifest, ObjectCopier]:
        """Write everything up to and with the manifest."""
        newest = self._newest
        made_at = self._archive.store.clock()
        log, size, live = self._reader.head()
        full = newest is None or newest.log != log or newest.chain_bytes > max(newest.base_bytes, _LEAST_BASE)
        full = full or len(self._open_faults) >= _MOST_FAULTS
        full_keys = full or self._keys_are_due(live) or attempt > 0
        self._copy_small_files()
        with ExitStack() as files:
            rows = files.enter_context(PartWriter(self._archive.keyring, self._place.root, "catalogue", self._number))
            keys = files.enter_context(PartWriter(self._archive.keyring, self._place.root, "keys", self._number))
            start = size if newest is None else newest.size
            if full:
                start = size
                doubtful = self._doubtful(log)
                for page in self._reader.catalogue(size):
                    self._take(page, rows, keys, doubtful)
            if full_keys:
                for page in self._reader.all_keys():
                    self._take(page, rows, keys)
            last = self._changes(start, rows, keys)
            self._try_again(() if full else self._open_faults)
            if not set(live if full_keys else newest.epochs if newest else ()) <= set(last.live_epochs):
                raise _EpochGone
            self._write_epochs(last, keys)
            self._write_settings(rows)
            catalogue, wrapped = rows.finish(), keys.finish()
            copy_ledger(self._archive, self._place.root / "ledger")
            if self._copier.found_whole:
                os.sync()
            manifest = self._manifest(last, catalogue, wrapped, made_at, full=full, full_keys=full_keys)
            self._place.write_manifest(manifest, self._archive.keyring)
        return manifest, self._copier

    def _doubtful(self, log: int) -> frozenset[str] | None:
        """What a killed backup may have left half in the place; None where that may be any object."""
        newest = self._newest
        if newest is None or newest.log != log or len(self._open_faults) >= _MOST_FAULTS:
            return None
        return self._reader.objects_since(newest.size) | set(self._open_faults)

    def _try_again(self, blob_ids: Sequence[str]) -> None:
        """Copy what earlier increments could not; no leaf names it any more."""
        for chosen in chunks(blob_ids):
            query = select(objects.c.blob_id, objects.c.sealed_size).where(objects.c.blob_id.in_(chosen))
            with self._archive.store.read() as connection:
                sizes = {row.blob_id: row.sealed_size for row in connection.execute(query)}
            self._copy(sizes)

    def _keys_are_due(self, live: Iterable[int]) -> bool:
        newest = self._newest
        assert newest is not None
        age = self._archive.store.clock() - newest.keys_at
        # less than nothing: the clock was set back, and what it said then would keep the keys for too long
        return not timedelta(0) <= age < timedelta(days=self._key_days) / 2 or not set(newest.epochs) <= set(live)

    def _copy_small_files(self) -> None:
        target = self._place.root / "archive"
        for name in sorted(CARRIED_FILES, key=lambda one: one == "slots.json"):
            content = (self._archive.folder / "keys" / name).read_bytes()
            if not (target / name).exists() or (target / name).read_bytes() != content:
                write_whole(target / name, content)
        sync_folder(target)  # what is there may be of a killed backup, and its name not durable yet

    def _write_settings(self, rows: PartWriter) -> None:
        """The settings name servers and files with secrets, so they travel sealed and are believed only so."""
        with suppress(FileNotFoundError):
            rows.file(SETTINGS, base64.b64encode((self._archive.folder / SETTINGS).read_bytes()).decode())

    def _changes(self, start: int, rows: PartWriter, keys: PartWriter) -> Page:
        known = {} if self._newest is None or start != self._newest.size else self._newest.whole
        for page in self._reader.changes(start, known):
            # what changed since the last increment can lie there only because a killed one began to copy it
            self._take(page, rows, keys)
        return page

    def _take(self, page: Page, rows: PartWriter, keys: PartWriter, doubtful: frozenset[str] | None = None) -> None:
        rows.replace(page.ids)
        rows.forget(page.positions)
        for name, found in page.rows.items():
            rows.rows(self._reader.codec(name), found)
        for name, found in page.whole.items():
            rows.whole(self._reader.codec(name), found)
        keys.replace(page.holders)
        keys.rows(self._reader.codec(wrapped_keys.name), page.keys)
        self._copy(page.blobs, doubtful)
        self._seen += len(page.blobs)
        if self._progress is not None:
            self._progress(self._seen, None)

    def _copy(self, blobs: Mapping[str, int], doubtful: frozenset[str] | None = None) -> None:
        before = len(self._copier.faults)
        sure = {} if doubtful is None else {one: size for one, size in blobs.items() if one not in doubtful}
        self._copier.copy(sure, trust_target=True)
        self._copier.copy({one: blobs[one] for one in blobs.keys() - sure.keys()}, trust_target=False)
        if len(self._copier.faults) > before:
            self._forgive_erased()

    def _forgive_erased(self) -> None:
        """An object whose row is gone by now was erased by a destruction since its row was read."""
        faults = self._copier.faults
        named: set[str] = set()
        for chosen in chunks(list(faults)):
            there = select(objects.c.blob_id).where(objects.c.blob_id.in_(chosen))
            with self._archive.store.read() as connection:
                named.update(connection.execute(there).scalars())
        for blob_id in [one for one in faults if one not in named]:
            del faults[blob_id]

    def _write_epochs(self, last: Page, keys: PartWriter) -> None:
        assert last.epochs is not None
        keys.whole(self._reader.codec(epochs.name), last.epochs)
        for number in last.live_epochs:
            content = self._epoch_file(number)
            keys.file(f"epoch/{number}", base64.b64encode(content).decode())

    def _epoch_file(self, number: int) -> bytes:
        """The sealed key of an epoch, seen to open."""
        keyring, name = self._archive.keyring, f"epoch/{number}"
        try:
            content = (self._archive.folder / "keys" / name).read_bytes()
            unseal(keyring.master, archive_id=self._archive.id, kind=SealKind.EPOCH_KEY, object_id=name, sealed=content)
        except (FileNotFoundError, Corrupt) as error:
            if number not in self._reader.head()[2]:
                raise _EpochGone from error
            raise Corrupt(f"the key file keys/{name} is missing or damaged; run: archiver verify") from error
        return content

    def _manifest(
        self, last: Page, catalogue: Part, wrapped: Part, made_at: datetime, *, full: bool, full_keys: bool
    ) -> Manifest:
        newest, number = self._newest, self._number
        whole = {} if newest is None else dict(newest.whole)
        whole.update({name: whole_digest(found) for name, found in last.whole.items()})
        base = catalogue.size if full or newest is None else newest.base_bytes
        return Manifest(
            archive=self._archive.id,
            archive_format=FORMAT,
            program=distribution.version("public-records-archiver"),
            number=number,
            previous=None if newest is None else self._place.digest(newest.number),
            made_at=made_at,
            log=last.log,
            size=last.size,
            root=Frontier.decode(last.size, last.frontier).root().hex(),
            catalogue=catalogue,
            keys=wrapped,
            catalogue_from=number if full or newest is None else newest.catalogue_from,
            keys_from=number if full_keys or newest is None else newest.keys_from,
            kept_from=newest.kept_from if newest is not None and not full else newest.catalogue_from if newest else 1,
            keys_at=made_at if full_keys or newest is None else newest.keys_at,
            epochs=last.live_epochs,
            whole=whole,
            objects=self._copier.objects,
            object_bytes=self._copier.bytes,
            chain_bytes=0 if full or newest is None else newest.chain_bytes + catalogue.size,
            base_bytes=base,
            faults=tuple(sorted(self._copier.faults)[:_MOST_FAULTS]),
        )
