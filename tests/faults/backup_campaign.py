"""Restore drills: random archives, backups at random moments, some older than a destruction, and killed backups.

A drill passes when the root that comes back is the one that was saved, what was destroyed cannot be read again,
whatever else was saved can, and where leaves are missing the archive stays closed until the break is declared. Every
drill also kills backups at randomly drawn file operations: the increment before must stay whole, and the next backup
must work.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from storage.archive import open_archive
from storage.backup.accepting import accept_loss
from storage.backup.creating import create_backup
from storage.backup.ledger_part import root_at
from storage.backup.parts import check_part
from storage.backup.place import Place
from storage.backup.restoring import restore
from storage.errors import ArchiveError, Conflict
from storage.events import EventKind
from storage.keys import unlock
from tests.faults.campaign import Campaign, Counts
from tests.storage.archives import ACTOR, RECOVERY, make_archive
from tests.storage.backup.operations import Operations, readable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.archive import Archive
    from storage.backup.manifest import Manifest
    from storage.backup.restoring import RestoreReport

_KILLS = 6
_WRITES = (
    (os, "open"),
    (os, "write"),
    (os, "fsync"),
    (Path, "rename"),
    (Path, "unlink"),
    (Path, "mkdir"),
)


class Killed(BaseException):
    """What a program feels when it is killed; nothing that it does afterwards reaches the disk."""


@contextmanager
def killed_at(number: int) -> Iterator[list[int]]:
    """Let file operations happen up to the `number`-th, and none from then on; gives how many there were."""
    done = [0]

    def counted(real: Any) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            done[0] += 1
            if done[0] > number:
                raise Killed
            return real(*args, **options)

        return call

    patches = [mock.patch.object(owner, name, counted(getattr(owner, name))) for owner, name in _WRITES]
    for patch in patches:
        patch.start()
    try:
        yield done
    finally:
        for patch in patches:
            patch.stop()


class _Drill:
    """One drill in a folder of its own."""

    def __init__(self, folder: Path, draw: random.Random) -> None:
        self._folder = folder
        self._draw = draw
        self._place = folder / "place"
        self._archive = make_archive(folder / "archive")
        self._operations = Operations(self._archive, draw)
        self.failures: list[str] = []
        self.kills = 0
        self.older = 0
        self.breaks = 0

    def run(self) -> None:
        try:
            self._run()
        finally:
            self._archive.close()

    def _run(self) -> None:
        for _ in range(self._draw.randint(1, 3)):
            self._operations.run(self._draw.randint(2, 12))
            self._back_up()
        saved = readable(self._archive)
        roots = self._head()
        old = self._folder / "old place"
        shutil.copytree(self._place, old)
        before = set(self._operations.destroyed)
        self._operations.run(self._draw.randint(1, 6))
        self._operations.destroy(self._draw.randint(1, 3))
        self._archive.ledger.publish_checkpoint()
        since = set(self._operations.destroyed) - before
        self._kill_backups()
        self._restore_newest()
        self._restore_old(old, saved, roots, since)
        if self._draw.random() < 0.5:
            self._declare_break(old, saved)

    def _back_up(self) -> Manifest:
        return create_backup(self._archive, self._place, key_days=30, actor=ACTOR).manifest

    def _head(self) -> tuple[int, str]:
        newest = Place(self._place).newest(self._archive.keyring)
        assert newest is not None
        return newest.size, newest.root

    def _expect(self, holds: bool, sentence: str) -> None:  # noqa: FBT001 - what is expected, in one word
        if not holds:
            self.failures.append(sentence)

    def _kill_backups(self) -> None:
        place, keyring = Place(self._place), self._archive.keyring
        for _ in range(_KILLS):
            self._operations.file()
            before = place.newest(keyring)
            assert before is not None
            at = self._draw.randint(1, 120)
            with killed_at(at):
                try:
                    self._back_up()
                except Killed:
                    self.kills += 1
            newest = place.newest(keyring)
            self._expect(newest is not None and newest.number >= before.number, f"the kill at {at} lost a manifest")
            assert newest is not None
            try:
                for one in place.chain(newest.catalogue_from, newest, keyring):
                    check_part(self._place, one.catalogue)
                for one in place.chain(newest.keys_from, newest, keyring):
                    check_part(self._place, one.keys)
            except ArchiveError as error:
                self.failures.append(f"the kill at {at} damaged the backup: {error.message}")
        self._back_up()

    def _restored(self, place: Path, name: str, **options: Any) -> tuple[RestoreReport, Archive]:
        folder = self._folder / name
        report = restore(place, folder, RECOVERY, actor=ACTOR, **options)
        assert report.fixity is not None
        self._expect(not report.fixity.faults, f"{name}: {[one.detail for one in report.fixity.faults[:3]]}")
        self._expect(not report.object_faults, f"{name}: objects are missing")
        return report, open_archive(folder, unlock(folder / "keys", RECOVERY))

    def _restore_newest(self) -> None:
        _, archive = self._restored(self._place, "newest")
        size, root = self._head()
        with archive.store.read() as connection:
            self._expect(root_at(connection, size).hex() == root, "newest: another root came back")
        self._expect(readable(archive) == readable(self._archive), "newest: other records came back")
        archive.close()

    def _restore_old(self, old: Path, saved: dict[str, str], head: tuple[int, str], since: set[str]) -> None:
        report, archive = self._restored(old, "old", ledgers=[self._archive.folder / "ledger"])
        self.older += 1
        live = readable(self._archive)
        self._expect(since <= set(report.continuation.destroyed), "old: a destruction was not replayed")
        expected = {one: digest for one, digest in saved.items() if one in live}
        self._expect(readable(archive) == expected, "old: what was destroyed can be read, or what was kept cannot")
        with archive.store.read() as connection, self._archive.store.read() as ours:
            size = self._archive.ledger.head(ours).size
            common = min(size, archive.ledger.head(connection).size - 1)
            self._expect(root_at(connection, head[0]).hex() == head[1], "old: another root came back")
            self._expect(root_at(connection, common) == root_at(ours, common), "old: it is not the live ledger")
        archive.close()

    def _declare_break(self, old: Path, saved: dict[str, str]) -> None:
        anchor = self._folder / "anchor"
        anchor.write_bytes(self._archive.ledger.publish_checkpoint())
        report, archive = self._restored(old, "gap", anchors=[anchor])
        self._expect(report.missing_leaves > 0, "gap: nothing was missed")
        try:
            with archive.store.write():
                self.failures.append("gap: an archive that lacks leaves took a write")
        except Conflict:
            pass
        accepted = accept_loss(archive, actor="user:drill")
        archive = open_archive(self._folder / "gap", unlock(self._folder / "gap" / "keys", RECOVERY))
        with archive.store.read() as connection:
            first = archive.ledger.event_at(connection, 0).event
            self._expect(first.kind is EventKind.LOSS_ACCEPTED, "gap: the break is not declared")
            self._expect(first.facts == accepted.root, "gap: the break names another root")
        self._expect(readable(archive) == saved, "gap: other records came back")
        archive.close()
        self.breaks += 1


def run(seed: int, count: int) -> Counts:
    """So many drills; each restores two or three times and kills backups on the way."""
    failures: list[str] = []
    kills = older = breaks = 0
    for number in range(count):
        with tempfile.TemporaryDirectory() as folder:
            drill = _Drill(Path(folder), random.Random(f"{seed}/{number}"))
            drill.run()
            failures += [f"drill {seed}/{number}: {one}" for one in drill.failures]
            kills, older, breaks = kills + drill.kills, older + drill.older, breaks + drill.breaks
    notes = {"older than a destruction": older, "breaks declared": breaks, "backups killed": kills}
    return Counts(run=count, failures=tuple(failures), notes=notes)


CAMPAIGN = Campaign(name="restore drills", requires=20, quick=1, run=run)
