"""The storage floor by itself: sealing and opening by size, and making objects durable one by one or in batches."""

from __future__ import annotations

import argparse
import os
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.report import conditions, table, write_section
from benchmarks.scratch import ROOT, scratch_folder
from storage.blobs import SealedObject
from storage.local_blobs import LocalBlobs
from storage.sealing import SealKind, new_key, seal, unseal

if TYPE_CHECKING:
    from collections.abc import Callable

_SIZES = (1_024, 8_192, 65_536, 1 << 20, 16 << 20)
_OBJECT = 8_192
_BATCHES = (1, 2, 8, 64, 128)
_ARCHIVE, _NAME = "arc_bench", "sub_bench"


def _median_seconds(act: Callable[[], object], times: int, repeats: int = 5) -> float:
    """Seconds of one call: the median of some repeats of many calls each."""
    seen = []
    for _ in range(repeats):
        began = time.perf_counter()
        for _ in range(times):
            act()
        seen.append((time.perf_counter() - began) / times)
    return statistics.median(seen)


def measure_sealing() -> list[list[str]]:
    """Microseconds to seal and to open, by size of the plain bytes."""
    rows = []
    for size in _SIZES:
        key, plain = new_key(), os.urandom(size)
        sealed = seal(key, archive_id=_ARCHIVE, kind=SealKind.SUBMISSION, object_id=_NAME, plain=plain)
        times = max(2, min(2_000, (32 << 20) // size))

        def close(key: bytes = key, plain: bytes = plain) -> None:
            seal(key, archive_id=_ARCHIVE, kind=SealKind.SUBMISSION, object_id=_NAME, plain=plain)

        def open_again(key: bytes = key, sealed: bytes = sealed) -> None:
            unseal(key, archive_id=_ARCHIVE, kind=SealKind.SUBMISSION, object_id=_NAME, sealed=sealed)

        sealing, opening = _median_seconds(close, times), _median_seconds(open_again, times)
        cost = len(sealed) - size
        rows.append([f"{size:,}", f"{1e6 * sealing:,.1f}", f"{1e6 * opening:,.1f}", f"{cost:,}"])
    return rows


def measure_writing(folder: Path, objects: int) -> list[list[str]]:
    """Objects a second, durable, by how many are handed to the store together."""
    rows = []
    for batch in _BATCHES:
        root = folder / f"objects-{batch}"
        root.mkdir()
        blobs = LocalBlobs(root)
        ready = [SealedObject.of(os.urandom(_OBJECT)) for _ in range(objects)]
        os.sync()
        began = time.perf_counter()
        for start in range(0, objects, batch):
            blobs.write(ready[start : start + batch])
        rows.append([str(batch), f"{objects / (time.perf_counter() - began):,.0f}"])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=2_048, help="objects to write for each batch size")
    parser.add_argument("--place", type=Path, default=ROOT / ".work", help="folder for scratch files (default: .work)")
    chosen = parser.parse_args()
    with scratch_folder(chosen.place) as folder:
        about = conditions(folder)
        sealing = measure_sealing()
        writing = measure_writing(folder, chosen.objects)
    lines = [
        *about,
        "Sealing and opening in memory, whole container, in µs:",
        "",
        *table(["plain bytes", "seal", "open", "bytes added"], sealing),
        f"{chosen.objects:,} objects of {_OBJECT:,} bytes into an empty store, durable:",
        "",
        *table(["handed over together", "objects/s"], writing),
    ]
    write_section("storage", "Sealing and durable objects", lines)


if __name__ == "__main__":
    main()
