"""Fixity: how fast a whole archive is checked, with large objects and with small ones, against bare SHA-256 and AES.

Every plain byte costs two SHA-256 (of the sealed and of the plain bytes) and one AES-GCM; the ratio says how much of
that bare cost is reached.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import time
from pathlib import Path

from benchmarks.filling import ACTOR, add_custodian, fill
from benchmarks.report import conditions, table, write_section
from benchmarks.scratch import ROOT, scratch_folder
from storage.archive import create_archive
from storage.fixity import FixityCheck
from storage.keys import Secret, SlotKind
from storage.recovery import recover
from storage.sealing import SealKind, new_key, seal, unseal

_MEGABYTE = 1_000_000


def measure_machine() -> tuple[float, float]:
    """Megabytes a second of one core: SHA-256 alone, and both digests with opening, of 1 MB."""
    key, plain = new_key(), os.urandom(_MEGABYTE)
    sealed = seal(key, archive_id="arc_bench", kind=SealKind.SUBMISSION, object_id="sub_bench", plain=plain)

    def rate(repeats: int, *, whole: bool) -> float:
        began = time.process_time()
        for _ in range(repeats):
            hashlib.sha256(sealed).digest()
            if whole:
                opened = unseal(
                    key, archive_id="arc_bench", kind=SealKind.SUBMISSION, object_id="sub_bench", sealed=sealed
                )
                hashlib.sha256(opened).digest()
        return repeats * len(plain) / _MEGABYTE / (time.process_time() - began)

    return rate(300, whole=False), rate(300, whole=True)


def measure(folder: Path, name: str, count: int, size: int, bare: float) -> list[str]:
    """One archive, checked whole, with the files in the page cache as they were just written."""
    secret = Secret(kind=SlotKind.RECOVERY, content=os.urandom(32))
    archive = create_archive(folder / name, [secret], zone="America/Los_Angeles", actor=ACTOR)
    fill(archive, add_custodian(archive), count, size)
    began, used = time.perf_counter(), time.process_time()
    report = FixityCheck(archive).run()
    wall, cpu = time.perf_counter() - began, time.process_time() - used
    if report.faults or report.objects != count:
        raise SystemExit(f"{len(report.faults)} faults in {report.objects} objects of {count}")
    began = time.perf_counter()
    recover(archive, ACTOR)
    looked = time.perf_counter() - began
    archive.close()
    rate = report.bytes / _MEGABYTE / wall
    return [
        f"{count:,} of {size:,}",
        f"{wall:.2f}",
        f"{cpu:.2f}",
        f"{report.objects / wall:,.0f}",
        f"{rate:,.0f}",
        f"{rate / bare:.2f}",
        f"{looked:.3f}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", type=int, default=300, help="objects of 1 MB")
    parser.add_argument("--small", type=int, default=5_000, help="objects of 3 kB")
    parser.add_argument("--place", type=Path, default=ROOT / ".work", help="folder for scratch files (default: .work)")
    chosen = parser.parse_args()
    with scratch_folder(chosen.place) as folder:
        about = conditions(folder)
        digest, bare = measure_machine()
        rows = [
            measure(folder, "large", chosen.large, _MEGABYTE, bare),
            measure(folder, "small", chosen.small, 3_000, bare),
        ]
    lines = [
        *about,
        f"One core: SHA-256 {digest:,.0f} MB/s; both digests and opening {bare:,.0f} MB/s of CPU time (1 MB). The",
        "ratio is that of the wall-clock rate to the latter. `verify --all` checks database and ledger too; recovery",
        "is the whole look at the start of the services.",
        "",
        *table(
            ["objects of bytes", "verify, s", "CPU, s", "objects/s", "MB/s", "ratio", "recovery, s"],
            rows,
        ),
    ]
    write_section("verify", "Fixity and recovery", lines)


if __name__ == "__main__":
    main()
