"""SIGKILL at a system call of the running server's processes, chosen by call and number, under mail.

In each round every process of the server (two acceptors, examiner, follower, clock) gets a call and a number at which
the kernel kills it, while mails are sent. The supervisor starts them again; every third round it is killed with all of
them, at whatever it is doing. In the end nothing that was answered with 250 is lost and `verify` finds nothing.
"""

from __future__ import annotations

import contextlib
import os
import random
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from tests.archiver.commands import Office
from tests.faults.campaign import Campaign, Counts
from tests.faults.crash_replay.strace import refusal
from tests.faults.live_server import SERVES_AGAIN_SECONDS, LiveServer, armed, copy_of, new_server_office
from tests.journeys.service import eventually, is_running, wait_for_outcomes

if TYPE_CHECKING:
    import subprocess

# what each process calls between a mail's first byte and its place in the index, as strace counts it
_CALLS = {
    "smtp": (
        "futex", "epoll_pwait", "fsync", "pwrite64", "write", "pread64", "openat", "fcntl", "mkdir", "close", "read",
        "getrandom", "flock", "accept4", "epoll_ctl", "newfstatat", "getpid", "setsockopt",
    ),
    "examiner": (
        "pwrite64", "newfstatat", "pread64", "read", "openat", "lseek", "fsync", "close", "getrandom", "fcntl", "mmap",
        "poll", "futex", "flock", "writev", "stat", "getpid",
    ),
    "follower": ("pread64", "fsync", "fcntl", "pwrite64", "futex", "openat", "getpid", "flock", "close"),
    "clock": ("fsync", "pread64", "openat", "write", "newfstatat", "rename", "unlink", "read", "close", "fcntl"),
}  # fmt: skip
_LATEST = 12
_MOST_ROUNDS = 3  # for each kill that is asked for: in a round of a slow machine nobody may come so far
_ROUNDS_A_SERVER = 3
_KILLS_AN_ARCHIVE = 80
_ROUND_SECONDS = 3.0
_SESSIONS = 3
_LAZY = "clock"  # it wakes every few seconds, so no round waits for it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    office: Path
    folder: Path
    seed: int
    kills: int


def run(seed: int, count: int) -> Counts:
    """At least `count` processes killed."""
    if why := refusal():
        return Counts.skipped(f"NO SERVER WAS KILLED AT A SYSTEM CALL: {why}")
    with tempfile.TemporaryDirectory(prefix="kills-") as scratch:
        office = new_server_office(Path(scratch) / "new")
        chance = random.Random(seed)
        sizes = [min(_KILLS_AN_ARCHIVE, count - begun) for begun in range(0, count, _KILLS_AN_ARCHIVE)]
        batches = [
            _Batch(office=office.folder, folder=Path(scratch) / f"{number}", seed=chance.getrandbits(32), kills=kills)
            for number, kills in enumerate(sizes)
        ]
        workers = int(os.environ.get("FAULT_JOBS", os.cpu_count() or 1))
        if workers == 1 or len(batches) == 1:
            done = [_kill_often(batch) for batch in batches]
        else:
            with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
                done = list(pool.map(_kill_often, batches))
    slowest = max((float(one.notes["serves again (s)"]) for one in done), default=0.0)
    notes = {
        "slowest to serve again (s)": slowest,
        "mails answered with 250": sum(int(one.notes["accepted"]) for one in done),
        "points": sum(one.distinct for one in done),
    }
    return Counts(
        run=sum(one.run for one in done), failures=tuple(f for one in done for f in one.failures), notes=notes
    )


def _kill_often(batch: _Batch) -> Counts:
    """One archive, killed so often."""
    chance = random.Random(batch.seed)
    batch.folder.mkdir()
    server = LiveServer(
        office=copy_of(Office(folder=batch.office), batch.folder / "archive"),
        log=batch.folder / "log",
        name=f"kills {batch.seed}",
    )
    kills, rounds, points, failures = 0, 0, set(), []
    began = time.monotonic()
    try:
        while kills < batch.kills and rounds < _MOST_ROUNDS * batch.kills:
            if rounds % _ROUNDS_A_SERVER == 0:
                if rounds:
                    server.service.kill_everything()
                    kills += 1
                server.start()
                _note_silence(server, failures, "all of it was killed")
            rounds += 1
            killed = _one_round(server, chance)
            points |= killed
            kills += len(killed)
            _note_silence(server, failures, f"{sorted(killed)} were killed")
        wait_for_outcomes(server.office)
    finally:
        server.stop()
    failures += server.check()
    failures = [f"seed {batch.seed}: {one}" for one in failures]
    notes = {
        "serves again (s)": round(server.longest_silence, 1),
        "accepted": len(server.accepted),
        "seconds": round(time.monotonic() - began, 1),
    }
    return Counts(run=kills, distinct=len(points), failures=tuple(failures), notes=notes)


def _note_silence(server: LiveServer, failures: list[str], after: str) -> None:
    took = server.serves_again()
    if took >= SERVES_AGAIN_SECONDS:
        failures.append(f"it served again only {took:.0f} s after {after}")


def _one_round(server: LiveServer, chance: random.Random) -> set[tuple[str, str, int]]:
    """Arm a kill in every process, send mails until all are dead or time is up; which were killed where."""
    eventually(lambda: len(server.service.workers()) >= len(_CALLS))
    with contextlib.ExitStack() as stack:
        watched: dict[tuple[str, str, int], tuple[int, subprocess.Popen[bytes]]] = {}
        for name, process in server.service.workers().items():
            call = chance.choice(_CALLS[name.partition("-")[0]])
            number = chance.randrange(1, _LATEST) if name != _LAZY else 1
            watcher = stack.enter_context(armed(process, f"{call}:signal=SIGKILL:when={number}"))
            watched[name, call, number] = (process, watcher)
        over = threading.Event()
        sessions = [threading.Thread(target=_send_until, args=(server, over)) for _ in range(_SESSIONS)]
        for one in sessions:
            one.start()
        until = time.monotonic() + _ROUND_SECONDS
        busy = [watcher for point, (_, watcher) in watched.items() if point[0] != _LAZY]
        while time.monotonic() < until and any(watcher.poll() is None for watcher in busy):
            over.wait(0.05)
        over.set()
        for one in sessions:
            one.join()
        return {point for point, (process, _) in watched.items() if not is_running(process)}


def _send_until(server: LiveServer, over: threading.Event) -> None:
    while not over.is_set():
        server.send_one(patience=1.0)


CAMPAIGN = Campaign(name="kills at system calls", requires=1_000, quick=3, run=run)
