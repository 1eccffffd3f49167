"""A small file system that is really full, at a size drawn by the seed: 45x, nothing half-done, with space 250."""

from __future__ import annotations

import hashlib
import logging
import os
import random
import shutil
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from storage.keys import unlock
from storage.tables import submissions
from tests.faults.campaign import Campaign, Counts
from tests.faults.crash_replay.invariants import check_state
from tests.faults.crash_replay.workloads import make_base
from tests.faults.refusing_program import Receiving
from tests.storage.archives import RECOVERY, open_again

_ROOM = 96 << 10, 2 << 20  # the write-ahead log alone takes some hundred kibibytes
_MORE = 32 << 20
_REFUSALS = 4
_MOST_MAILS = 400


def run(seed: int, count: int) -> Counts:
    """`count` file systems filled up."""
    logging.getLogger("ingest").setLevel(logging.ERROR)  # it says each refusal, of which there are many here
    chance = random.Random(seed)
    failures: list[str] = []
    replies = Counter[str]()
    with tempfile.TemporaryDirectory(prefix="full-") as place:
        base, disk = Path(place) / "base", Path(place) / "disk"
        make_base(base, seed)
        disk.mkdir()
        needed = sum(path.stat().st_blocks * 512 for path in base.rglob("*")) + (1 << 20)
        if os.geteuid() != 0 or not _mount(disk, needed):
            return Counts.skipped("NO FULL FILE SYSTEM WAS TRIED: mounting one needs root")
        _unmount(disk)
        for _ in range(count):
            room = chance.randrange(*_ROOM)
            if not _mount(disk, needed):
                return Counts(run=0, failures=("a small file system could not be mounted a second time",))
            try:
                shutil.copytree(base, disk / "archive")
                used = shutil.disk_usage(disk).used
                _mount(disk, used + room, again=True)
                failures += [f"with {room} bytes free: {one}" for one in _fill_up(disk, used, chance, replies)]
            finally:
                _unmount(disk)
    return Counts(run=count, failures=tuple(failures), notes=dict(replies))


def _fill_up(disk: Path, used: int, chance: random.Random, replies: Counter[str]) -> list[str]:
    folder = disk / "archive"
    accepted: list[str] = []
    wrong: list[str] = []
    archive = open_again(folder)
    receiving = Receiving(archive)
    refused = 0
    for number in range(_MOST_MAILS):
        content = b"%d " % number + chance.randbytes(chance.randrange(1, 20_000))
        reply = receiving.reply(content)
        replies[reply[:3]] += 1
        if reply.startswith("250"):
            accepted.append(hashlib.sha256(content).hexdigest())
        else:
            refused += 1
        if not reply.startswith(("250", "45")):
            wrong.append(f"it answered {reply!r}")
        if refused == _REFUSALS:
            break
    if not refused:
        wrong.append("the disk was never full")
    _mount(disk, used + _MORE, again=True)
    if not receiving.reply(b"there is space again").startswith("250"):
        wrong.append("it refuses although there is space again")
    archive.close()
    wrong += check_state(folder, unlock(folder / "keys", RECOVERY).master, [], deeply=True)
    archive = open_again(folder)
    with archive.store.read() as connection:
        ids = list(connection.execute(submissions.select()).scalars())
        there = {hashlib.sha256(archive.submissions.content(connection, one)).hexdigest() for one in ids}
    archive.close()
    return [*wrong, *("a mail that was answered with 250 is lost" for _ in set(accepted) - there)]


def _mount(disk: Path, size: int, *, again: bool = False) -> bool:
    options = f"{'remount,' if again else ''}size={size}"
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _unmount(disk: Path) -> None:
    subprocess.run(["umount", "-l", str(disk)], check=True)


CAMPAIGN = Campaign(name="full file systems", requires=60, quick=2, run=run)
