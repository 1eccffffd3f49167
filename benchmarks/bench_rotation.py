"""Measure the rotation of the epoch key: wraps a second with their rows, and what a depositor waits meanwhile."""

from __future__ import annotations

import argparse
import statistics
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import insert

from benchmarks.report import conditions, table, write_section
from benchmarks.scratch import ROOT, scratch_folder
from storage.archive import create_archive
from storage.events import EventKind
from storage.identifiers import Prefix, new_id
from storage.keys import Secret, SlotKind
from storage.rotation import PAGE, Rotation
from storage.sealing import new_key
from storage.tables import wrapped_keys
from storage.vault import HolderKey

if TYPE_CHECKING:
    from storage.archive import Archive

_ACTOR = "operator:bench"
_ROWS = 1_000_000
_FILLED_TOGETHER = 20_000
_SAMPLES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationFigures:
    """One rotation: rows moved, seconds, and the waits of a writer beside it in milliseconds."""

    rows: int
    seconds: float
    waits: tuple[float, ...] = ()

    def row(self, name: str) -> list[str]:
        """As a row of the table."""
        waits = sorted(self.waits)
        typical = f"{statistics.median(waits):,.1f}" if waits else "-"
        worst = f"{waits[-1]:,.1f}" if waits else "-"
        rate = f"{self.rows / self.seconds:,.0f}"
        return [name, f"{self.rows:,}", f"{self.seconds:,.1f}", rate, str(len(waits) or "-"), typical, worst]


def fill(archive: Archive, rows: int) -> None:
    """Put so many wrapped keys into the archive, each of another holder."""
    vault = archive.store.vault
    for start in range(0, rows, _FILLED_TOGETHER):
        ready = []
        for _ in range(min(_FILLED_TOGETHER, rows - start)):
            wrapped = vault.wrap_row(HolderKey(new_id(Prefix.SUBMISSION), new_key()), 1)
            ready.append({"holder": wrapped.holder, "epoch": 1, "wrapped": wrapped.wrapped})
        with archive.store.write() as transaction:
            transaction.connection.execute(insert(wrapped_keys), ready)


def measure_wrapping(archive: Archive) -> tuple[float, float]:
    """Microseconds of one processor to unwrap and to wrap one key, without its row."""
    vault = archive.store.vault
    epoch = archive.store.current_epoch()
    keys = [HolderKey(new_id(Prefix.SUBMISSION), new_key()) for _ in range(_SAMPLES)]
    began = time.process_time()
    wrapped = [vault.wrap_row(one, epoch) for one in keys]
    between = time.process_time()
    for one in wrapped:
        vault.unwrap(one)
    ended = time.process_time()
    return 1e6 * (ended - between) / _SAMPLES, 1e6 * (between - began) / _SAMPLES


def rotate(archive: Archive, *, beside: bool) -> RotationFigures:
    """Rotate once; with `beside` another thread commits an event again and again, and its waits are taken."""
    waits: list[float] = []
    done = threading.Event()

    def write() -> None:
        while not done.is_set():
            began = time.perf_counter()
            with archive.store.write() as transaction:
                transaction.append(EventKind.RECORD_VIEWED, actor=_ACTOR)
            waits.append(1e3 * (time.perf_counter() - began))
            done.wait(0.01)

    writer = threading.Thread(target=write)
    if beside:
        writer.start()
    began = time.perf_counter()
    report = Rotation(archive).roll(_ACTOR)
    seconds = time.perf_counter() - began
    done.set()
    if beside:
        writer.join()
    return RotationFigures(rows=report.rewrapped, seconds=seconds, waits=tuple(waits))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=_ROWS, help="wrapped keys in the archive")
    parser.add_argument("--place", type=Path, default=ROOT / ".work", help="folder for scratch files (default: .work)")
    chosen = parser.parse_args()
    with scratch_folder(chosen.place) as folder:
        about = conditions(folder)
        secret = Secret(kind=SlotKind.RECOVERY, content=new_key())
        archive = create_archive(folder / "archive", [secret], zone="America/Chicago", actor=_ACTOR)
        fill(archive, chosen.rows)
        unwrapping, wrapping = measure_wrapping(archive)
        figures = [rotate(archive, beside=beside).row(name) for name, beside in (("alone", False), ("beside", True))]
        archive.close()
    lines = [
        *about,
        f"Unwrapping a key takes {unwrapping:.1f} µs of one core and wrapping it {wrapping:.1f} µs, without its row.",
        f"Rows are written {PAGE:,} at a time; `beside` a writer commits an event every 10 ms; its waits in ms:",
        "",
        *table(["rotation", "keys", "seconds", "keys/s", "commits beside", "typical wait", "worst wait"], figures),
    ]
    write_section("rotation", "Rotation of keys", lines)


if __name__ == "__main__":
    main()
