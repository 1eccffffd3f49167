"""The ledger's part of a backup: checkpoint and tiles, appended to and never erased.

Rule: the copy grows by what is new and is a log of its own that anybody can check (C2SP tlog-tiles). After a declared
break the log before it is kept whole beside the new one, under ``log-<number>/``.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from sqlalchemy import select

from storage.checkpoints import verify
from storage.errors import Conflict, Corrupt, StorageFull
from storage.files import sync_folder, write_whole
from storage.ledger_rows import CommittedRows, stored_hashes
from storage.merkle import EMPTY_ROOT, range_hash
from storage.tables import ledger_head
from storage.tiles import Tiles

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from storage.archive import Archive
    from storage.backup.manifest import Manifest

CHECKPOINT = "checkpoint"


def root_at(connection: Connection, size: int) -> bytes:
    """The root of the tree of the first `size` leaves.

    Raises:
        Corrupt: the ledger does not have so many.
    """
    return range_hash(0, size, stored_hashes(connection, size).subtree) if size else EMPTY_ROOT


def copy_ledger(archive: Archive, target: Path) -> None:
    """Bring a copy of the ledger up to the present head, and copy what earlier logs there are.

    Raises:
        Conflict: the archive's ledger is older than what it published.
        StorageFull, TemporarilyUnavailable: the copy cannot be written.
    """
    target.mkdir(mode=0o700, exist_ok=True)
    try:
        note = archive.ledger.publish_checkpoint()
    except StorageFull:  # the archive's own disk is full: what was published is copied all the same
        published = archive.ledger.published_checkpoint()
        if published is None:
            raise
        note = published
    head = verify(note, archive.ledger.public_key())
    copied = target / CHECKPOINT
    old = 0
    if copied.exists():
        try:
            old = verify(copied.read_bytes(), archive.ledger.public_key()).size
        except Corrupt:
            _set_aside(target, copied.read_bytes())
    for earlier in sorted((archive.folder / "ledger").glob("log-*")):
        _copy_earlier(earlier, target / earlier.name)
    if old <= head.size:
        Tiles(target).publish(CommittedRows(archive.store), old, head.size, head.root)
        write_whole(copied, note)


def _set_aside(target: Path, note: bytes) -> None:
    """Keep the copy of the log before a declared break; a copy that is only damaged is kept as that, too."""
    origin = note.split(b"\n", 1)[0].decode("ascii", "replace")
    number = origin.rpartition("/")[2]
    name = f"log-{number}" if number.isdecimal() else "log-1"
    while (target / name).exists():
        name += "-before"
    (target / name).mkdir(mode=0o700)
    for part in (CHECKPOINT, "tile"):
        if (target / part).exists():
            (target / part).rename(target / name / part)
    sync_folder(target / name)
    sync_folder(target)


def _copy_earlier(source: Path, target: Path) -> None:
    """Copy a log that grows no more; its checkpoint comes last, so one that is there is whole."""
    if (target / CHECKPOINT).exists():
        return
    aside = target.with_name(target.name + ".new")
    if aside.exists():
        shutil.rmtree(aside)
    copy_folder(source, aside)
    if target.exists():
        shutil.rmtree(target)
    aside.rename(target)
    sync_folder(target.parent)


def copy_folder(source: Path, target: Path) -> None:
    """Copy a folder of small files, durably."""
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in sorted(source.iterdir()):
        if path.is_symlink():
            continue  # a copy follows no link that somebody laid into a place
        if path.is_dir():
            copy_folder(path, target / path.name)
        elif path.is_file() and not path.name.endswith((".new", ".lock")):
            write_whole(target / path.name, path.read_bytes())
    sync_folder(target)


def refuse_older(archive: Archive, newest: Manifest, root: Path) -> None:
    """A backup that knows more than the archive, or other things, is never continued.

    Raises:
        Conflict: the archive is what should be restored, or one of both had an older copy put back.
    """
    with archive.store.read() as connection:
        head = archive.ledger.head(connection).size
        log = connection.execute(select(ledger_head.c.log)).scalar_one()
        begun = newest.log == log and newest.size <= head
        same = newest.log < log or (begun and root_at(connection, newest.size).hex() == newest.root)
    if same:
        return
    advice = "this archive is older: restore from that backup, or choose another folder"
    if begun:
        advice = (
            "one of both was worked with after an older copy was put back: keep both, see which one the anchors agree "
            "with (archiver ledger anchors), and choose another folder"
        )
    stated = f"the backup in {root} was made of a ledger of {newest.size} leaves that this one does not begin with"
    raise Conflict(f"{stated}; {advice}", leaves=head, backup=newest.size)
