"""Backups: what the first one costs, what an increment costs beside it, and a restore with its check.

An increment should cost what is new, not what there is: the table gives both for an archive and for one three times
as large.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import archiver.backing_up  # noqa: F401 - a backup carries the tables of all floors
from benchmarks.filling import ACTOR, add_custodian, fill
from benchmarks.report import conditions, table, write_section
from benchmarks.scratch import ROOT, scratch_folder
from storage.archive import create_archive
from storage.backup.creating import create_backup
from storage.backup.restoring import restore
from storage.keys import Secret, SlotKind
from storage.transaction import now

if TYPE_CHECKING:
    from storage.archive import Archive

_MAIL = 3_000
_KEY_DAYS = 30


def _timed_backup(archive: Archive, place: Path, what: str) -> list[str]:
    began, used = time.perf_counter(), time.process_time()
    report = create_backup(archive, place, key_days=_KEY_DAYS, actor=ACTOR)
    wall, cpu = time.perf_counter() - began, time.process_time() - used
    return [what, f"{report.objects:,}", f"{report.bytes:,}", f"{wall:.2f}", f"{cpu:.2f}"]


def measure(folder: Path, records: int) -> list[list[str]]:
    """Rows for an archive of so many records: full, +1 %, nothing new, restore."""
    secret = Secret(kind=SlotKind.RECOVERY, content=os.urandom(32))
    archive = create_archive(folder / f"archive-{records}", [secret], zone="America/Los_Angeles", actor=ACTOR)
    custodian_id = add_custodian(archive)
    fill(archive, custodian_id, records, _MAIL)
    place = folder / f"place-{records}"
    rows = [_timed_backup(archive, place, f"{records:,} records, full")]
    fill(archive, custodian_id, records // 100, _MAIL)
    rows.append(_timed_backup(archive, place, f"{records:,} records, 1 % more"))
    rows.append(_timed_backup(archive, place, f"{records:,} records, nothing new"))
    archive.close()
    began, used = time.perf_counter(), time.process_time()
    restore(place, folder / f"restored-{records}", secret, actor=ACTOR, clock=now)
    wall, cpu = time.perf_counter() - began, time.process_time() - used
    return [*rows, [f"{records:,} records, restored and verified", "", "", f"{wall:.2f}", f"{cpu:.2f}"]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=5_000, help="records of the smaller archive")
    parser.add_argument("--place", type=Path, default=ROOT / ".work", help="folder for scratch files (default: .work)")
    chosen = parser.parse_args()
    with scratch_folder(chosen.place) as folder:
        about = conditions(folder)
        rows = [row for records in (chosen.records, 3 * chosen.records) for row in measure(folder, records)]
    lines = [
        *about,
        f"Mails of {_MAIL:,} bytes with their descriptions; place and archive on the same disk:",
        "",
        *table(["backup", "objects", "bytes written", "s", "CPU, s"], rows),
    ]
    write_section("backup", "Backup and restore", lines)


if __name__ == "__main__":
    main()
