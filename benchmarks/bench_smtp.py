"""SMTP acceptance beside Postfix: mails of 8 kB in parallel sessions, each durable before its 250.

The load is Postfix's own `smtp-source` with the same flags for both; where it is absent, our own client. Waits are
measured by our own client in a second round, since `smtp-source` does not tell them. With `archiver ingest` running
beside, a probe asks for the write lock as another program would, and tells how long it waited.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from sqlalchemy import func, select

from benchmarks import postfix
from benchmarks.peers import install_peers
from benchmarks.report import conditions, percentile, table, write_section
from benchmarks.scratch import CUSTODIAN, INTAKE, SENDER, Scratch, add_common, make_archive, scratch_folder, unpack
from benchmarks.smtp_load import run_load
from storage.tables import submissions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archiver.wiring import Installation

_PROBE_SECONDS = 0.05
_BEGIN_SECONDS = 60.0
_DELIVERY_SECONDS = 120.0
_LOAD_SECONDS = 600
_WARM_UP = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is sent: so many mails of so many bytes in so many sessions at a time."""

    sessions: int
    mails: int
    size: int


@dataclass(slots=True, kw_only=True)
class Measured:
    """What was seen of one server: mails a second of each round, and the seconds that single mails waited."""

    name: str
    rates: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    lock_waits: list[float] = field(default_factory=list)
    beside: str = ""


class LockProbe:
    """Another writer: takes the write lock now and then for a transaction that changes nothing, and notes its waits."""

    def __init__(self, installation: Installation) -> None:
        self.waits: list[float] = []
        self._store = installation.archive.store
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_PROBE_SECONDS):
            began = time.perf_counter()
            with self._store.write():
                self.waits.append(time.perf_counter() - began)


def send(port: int, load: Load) -> float:
    """One round by `smtp-source`, or by our own client; mails a second. Ends the program where one was refused."""
    program = shutil.which("smtp-source") or shutil.which("smtp-source", path="/usr/sbin")
    if program is None:
        seconds, waits = run_load(
            "127.0.0.1", port, sessions=load.sessions, mails=load.mails, size=load.size, keep=False
        )
        if len(waits) != load.mails:
            sys.exit(f"only {len(waits)} of {load.mails} mails were taken")
        return load.mails / seconds
    flags = ["-s", str(load.sessions), "-m", str(load.mails), "-l", str(load.size), "-f", SENDER, "-t", INTAKE]
    began = time.perf_counter()
    subprocess.run([program, *flags, f"127.0.0.1:{port}"], check=True, timeout=_LOAD_SECONDS)
    return load.mails / (time.perf_counter() - began)


def wait_of_each(port: int, load: Load) -> list[float]:
    """Seconds from connecting to 250 of every mail of one round, by our own client."""
    _, waits = run_load("127.0.0.1", port, sessions=load.sessions, mails=load.mails, size=load.size, keep=False)
    if len(waits) != load.mails:
        sys.exit(f"only {len(waits)} of {load.mails} mails were taken")
    return waits


def measure_postfix(folder: Path, load: Load, runs: int) -> Measured | None:
    """Postfix into a Maildir, or None where it cannot run."""
    reason = postfix.available()
    if reason is not None:
        print(f"SKIPPED: {reason}", file=sys.stderr)
        return None
    measured = Measured(name="Postfix into a Maildir")
    with postfix.running(folder / "postfix", INTAKE.partition("@")[2]) as (port, delivered):
        expected = 0
        for number in range(runs + 1):
            if number < runs:
                measured.rates.append(send(port, load))
            else:
                measured.waits = wait_of_each(port, load)
            expected += load.mails
            until = time.monotonic() + _DELIVERY_SECONDS
            while not delivered.exists() or sum(1 for _ in delivered.iterdir()) < expected:
                if time.monotonic() > until:
                    sys.exit("Postfix did not deliver everything in time")
                time.sleep(0.2)
    return measured


def _count(installation: Installation, channel: str) -> int:
    with installation.archive.store.read() as connection:
        query = select(func.count()).select_from(submissions).where(submissions.c.channel == channel)
        counted: int = connection.execute(query).scalar_one()
    return counted


@contextmanager
def ingest_beside(scratch: Scratch, installation: Installation, mbox: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`archiver ingest` at work: its first mails are in when the block begins; ended with the block."""
    ingest = scratch.start("ingest", str(mbox), "--custodian", CUSTODIAN)
    try:
        until = time.monotonic() + _BEGIN_SECONDS
        while _count(installation, "cli") == 0:
            if ingest.poll() is not None or time.monotonic() > until:
                sys.exit("archiver ingest did not begin")
            time.sleep(0.02)
        yield ingest
    finally:
        if ingest.poll() is None:
            ingest.terminate()
        ingest.wait()


def warm_up(port: int, installation: Installation, sessions: int) -> int:
    """Send some mails and wait until they can be found, so that every service is up; how many were sent."""
    _, waits = run_load("127.0.0.1", port, sessions=sessions, mails=_WARM_UP, size=2_048, keep=False)
    archive = installation.archive
    until = time.monotonic() + _BEGIN_SECONDS
    while True:
        with archive.store.read() as connection:
            waiting = archive.submissions.waiting_until(connection, 1 << 62)
            head = archive.ledger.head(connection).size
        if not waiting and installation.index_has_reached(head - 1):
            return len(waits)
        if time.monotonic() > until:
            sys.exit("the services did not get ready")
        time.sleep(0.1)


def _state(ingest: subprocess.Popen[bytes]) -> str:
    return "" if ingest.poll() is None else " (it had ended before the round was over)"


def measure_ours(folder: Path, load: Load, runs: int, acceptors: int, mbox: Path | None) -> Measured:
    """`archiver serve` with all its services, examining and indexing what comes in; with `mbox`, ingest beside."""
    name = f"archiver serve, {acceptors} acceptor{'s' if acceptors > 1 else ''}"
    measured = Measured(name=name + (", `archiver ingest` beside" if mbox else ""))
    for number in range(runs + 1):
        # a fresh archive for each round: nothing that waits from the one before shares the processor
        place = folder / f"archive-{acceptors}-{bool(mbox)}-{number}"
        scratch = make_archive(place, settings=f"acceptors = {acceptors}\n")
        with scratch.serving() as addresses:
            port = int(addresses["smtp"].rpartition(":")[2])
            installation = scratch.open()
            try:
                before = warm_up(port, installation, load.sessions)
                if mbox is None:
                    _round(measured, port, load, last=number == runs)
                else:
                    with ingest_beside(scratch, installation, mbox) as ingest, LockProbe(installation) as probe:
                        _round(measured, port, load, last=number == runs)
                        measured.beside = measured.beside or _state(ingest)
                    measured.lock_waits += probe.waits
                taken = _count(installation, "smtp") - before
            finally:
                installation.close()
        if taken != load.mails:
            sys.exit(f"{load.mails} mails were answered with 250, and {taken} are in the archive")
        shutil.rmtree(scratch.folder)
    return measured


def _round(measured: Measured, port: int, load: Load, *, last: bool) -> None:
    if last:
        measured.waits = wait_of_each(port, load)
    else:
        measured.rates.append(send(port, load))


def _row(one: Measured, ours: float | None) -> list[str]:
    rate = statistics.median(one.rates)
    spread = f"{min(one.rates):,.0f} to {max(one.rates):,.0f}" if len(one.rates) > 1 else "one round"
    waits = [f"{1000 * value:,.0f}" for value in (percentile(one.waits, 0.5), percentile(one.waits, 0.99))]
    return [
        one.name + one.beside,
        f"{rate:,.0f}",
        spread,
        "" if ours is None else f"{rate / ours:.2f}",
        *waits,
        f"{1000 * max(one.waits):,.0f}",
    ]


def _lock_lines(measured: list[Measured]) -> list[str]:
    rows = []
    for one in measured:
        if one.lock_waits:
            shown = (percentile(one.lock_waits, 0.5), percentile(one.lock_waits, 0.99), max(one.lock_waits))
            rows.append([one.name, f"{len(one.lock_waits):,}", *(f"{1000 * value:,.0f}" for value in shown)])
    if not rows:
        return []
    return [
        "How long another program waited for its turn to write meanwhile, in ms (a probe that writes nothing):",
        "",
        *table(["beside", "turns", "p50", "p99", "worst"], rows),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common(parser)
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--mails", type=int, default=2_000)
    parser.add_argument("--size", type=int, default=8_192, help="bytes of each mail")
    parser.add_argument("--runs", type=int, default=3, help="the median of so many rounds (default: 3)")
    parser.add_argument("--acceptors", default="1,2,3", help="how many acceptor programs, tried in turn")
    parser.add_argument("--no-peers", action="store_true", help="ours only")
    chosen = parser.parse_args()
    load = Load(sessions=chosen.sessions, mails=chosen.mails, size=chosen.size)
    if not chosen.no_peers:
        install_peers(("postfix",))
    with scratch_folder(chosen.place) as folder:
        about = conditions(folder)
        mbox = None if chosen.corpus is None else unpack(chosen.corpus, folder, chosen.messages)
        peer = None if chosen.no_peers else measure_postfix(folder, load, chosen.runs)
        measured = [] if peer is None else [peer]
        for beside in [None] if mbox is None else [None, mbox]:
            for acceptors in (int(one) for one in chosen.acceptors.split(",")):
                print(f"{acceptors} acceptors, {'with' if beside else 'without'} ingest beside ...", file=sys.stderr)
                measured.append(measure_ours(folder, load, chosen.runs, acceptors, beside))
    reference = None if peer is None else statistics.median(peer.rates)
    with_source = shutil.which("smtp-source") is not None
    what = (
        f"{load.mails:,} mails of {load.size:,} bytes, {load.sessions} sessions, a connection for each mail, by "
        f"{'smtp-source' if with_source else 'our own client, since smtp-source is absent'}; median of {chosen.runs} "
        f"rounds. Peer: {postfix.version() if peer else 'Postfix skipped'}. "
        "Our examiner and follower are at work on what came in. Waits in ms, from connecting to 250, of one more round "
        "by our own client, which shares the machine."
    )
    lines = [
        *about,
        what,
        "",
        *table(
            ["server", "mails/s", "of the rounds", "to Postfix", "p50", "p99", "worst"],
            [_row(one, reference) for one in measured],
        ),
        *_lock_lines(measured),
    ]
    write_section("smtp", "SMTP acceptance, durable before 250", lines)


if __name__ == "__main__":
    main()
