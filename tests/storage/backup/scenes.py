"""An archive with a few records, its backup place, and what happens to both."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from archiver.backing_up import CARRIED
from storage.archive import Archive, open_archive
from storage.backup.creating import BackupReport, create_backup
from storage.backup.restoring import RestoreReport, restore
from storage.keys import unlock
from storage.shredding import Shredder
from tests.storage.archives import ACTOR, RECOVERY, Filed, custodian, file_one
from tests.storage.backup.operations import readable

if TYPE_CHECKING:
    from pathlib import Path

assert CARRIED  # every floor's tables, as any program that saves has them


class Scene:
    """An archive with a few records, a backup place, and the clock that both share."""

    def __init__(self, archive: Archive, folder: Path) -> None:
        self.archive = archive
        self.folder = folder
        self.place = folder / "place"
        self.owner = custodian(archive)
        self.late = timedelta()
        clock = archive.store.clock
        archive.store.clock = lambda: clock() + self.late

    def file(self, text: str) -> Filed:
        return file_one(self.archive, self.owner, text.encode())

    def back_up(self, days: int = 30) -> BackupReport:
        return create_backup(self.archive, self.place, key_days=days, actor=ACTOR)

    def destroy(self, *filed: Filed) -> None:
        shredder = Shredder(self.archive)
        with self.archive.store.write() as transaction:
            batch = shredder.decide(transaction, [one.record_id for one in filed], ACTOR, {})
        shredder.erase(batch)
        self.archive.ledger.publish_checkpoint()

    def anchor(self, name: str = "anchor") -> Path:
        path = self.folder / name
        path.write_bytes(self.archive.ledger.publish_checkpoint())
        return path

    def restore(self, name: str = "new", **options: Any) -> RestoreReport:
        return restore(self.place, self.folder / name, RECOVERY, actor=ACTOR, **options)

    def opened(self, name: str = "new") -> Archive:
        return open_archive(self.folder / name, unlock(self.folder / name / "keys", RECOVERY))


def is_readable(archive: Archive, filed: Filed) -> bool:
    return filed.submission_id in readable(archive)
