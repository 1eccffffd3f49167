"""Measure what one deposit waits until it is durable, with 1, 8 and 32 clients, beside what the disk alone asks.

Each client is a thread that deposits one mail after the other; all share one depositor, as the threads of a mail
acceptor do. The bare disk writes a file of the same size, syncs file and folder, and appends to a log that it syncs:
the two waits that every single deposit must have.
"""

from __future__ import annotations

import argparse
import os
import statistics
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.report import conditions, table, write_section
from benchmarks.scratch import ROOT, scratch_folder
from ingest.depositor import GroupDepositor
from ingest.submission import Handover
from storage.archive import create_archive
from storage.files import sync_folder
from storage.keys import Secret, SlotKind
from storage.records import Channel, Envelope
from storage.sealing import new_key

if TYPE_CHECKING:
    from collections.abc import Callable

_CLIENTS = (1, 8, 32)
_MAIL = 8_192


def _percentile(waits: list[float], share: float) -> float:
    return statistics.quantiles(waits, n=1_000, method="inclusive")[round(share * 1_000) - 1]


def _load(clients: int, each: int, act: Callable[[int, int], None]) -> tuple[list[float], float]:
    """Milliseconds of every act of so many threads, and how many acts a second all of them made."""
    waits: list[float] = []
    start = threading.Barrier(clients + 1)

    def work(client: int) -> None:
        mine = []
        start.wait()
        for number in range(each):
            began = time.perf_counter()
            act(client, number)
            mine.append(1e3 * (time.perf_counter() - began))
        waits.extend(mine)

    threads = [threading.Thread(target=work, args=(client,)) for client in range(clients)]
    for one in threads:
        one.start()
    start.wait()
    began = time.perf_counter()
    for one in threads:
        one.join()
    return waits, clients * each / (time.perf_counter() - began)


def measure_deposits(folder: Path, clients: int, total: int) -> list[str]:
    """One row of the table: an archive of its own, so many clients, `total` deposits."""
    secrets = [Secret(kind=SlotKind.RECOVERY, content=new_key()) for _ in range(2)]
    archive = create_archive(folder / f"archive-{clients}", secrets, zone="America/Chicago", actor="operator:bench")
    try:
        depositor = GroupDepositor(archive, actor="service:bench")

        def deposit(client: int, number: int) -> None:
            payload = f"Subject: {client} {number}\r\n\r\n".encode() + os.urandom(_MAIL)
            envelope = Envelope(submitter="client@home.example")
            depositor.deposit(
                Handover(channel=Channel.SMTP, account="smtp", custodian_id=None, envelope=envelope, payload=payload)
            )

        deposit(-1, 0)
        waits, rate = _load(clients, max(1, total // clients), deposit)
    finally:
        archive.close()
    return [
        str(clients),
        f"{rate:,.0f}",
        *(f"{_percentile(waits, share):,.1f}" for share in (0.5, 0.99)),
        f"{max(waits):,.1f}",
    ]


def measure_disk(folder: Path, total: int) -> list[str]:
    """The same row for the bare disk, one client."""
    objects = folder / "bare"
    objects.mkdir()
    log = os.open(folder / "bare.log", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)

    def write(client: int, number: int) -> None:
        descriptor = os.open(objects / f"{client}-{number}", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        os.write(descriptor, os.urandom(_MAIL))
        os.fsync(descriptor)
        os.close(descriptor)
        sync_folder(objects)
        os.write(log, os.urandom(4_096))
        os.fsync(log)

    try:
        waits, rate = _load(1, total, write)
    finally:
        os.close(log)
    return [
        "bare disk, 1",
        f"{rate:,.0f}",
        *(f"{_percentile(waits, share):,.1f}" for share in (0.5, 0.99)),
        f"{max(waits):,.1f}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deposits", type=int, default=4_000, help="deposits for each number of clients")
    parser.add_argument("--place", type=Path, default=ROOT / ".work", help="folder for scratch files (default: .work)")
    chosen = parser.parse_args()
    with scratch_folder(chosen.place) as folder:
        about = conditions(folder)
        rows = [measure_disk(folder, min(1_000, chosen.deposits))]
        rows += [measure_deposits(folder, clients, chosen.deposits) for clients in _CLIENTS]
    lines = [
        *about,
        f"Mails of {_MAIL:,} bytes; waits in ms from handing over until durable, committed and answered:",
        "",
        *table(["clients", "deposits/s", "p50", "p99", "longest"], rows),
    ]
    write_section("deposit", "Waiting for a deposit", lines)


if __name__ == "__main__":
    main()
