"""Recording workloads and checking their crash states, many at a time."""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

from storage import transaction
from storage.keys import unlock
from tests.faults.crash_replay.disk import Content, Disk
from tests.faults.crash_replay.invariants import check_state
from tests.faults.crash_replay.states import crash_states
from tests.faults.crash_replay.strace import NotRecorded, record
from tests.faults.crash_replay.workloads import MUTANT, make_base
from tests.storage.archives import RECOVERY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PROJECT = Path(__file__).parents[3]
_MEMORY = Path("/dev/shm")
_PROGRAM = "tests.faults.crash_replay.workloads"
_DEEPLY_EACH = 40
_MUTANTS_DEEPLY_EACH = 4
_LIMIT_OF_FAILURES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One recording: which workload, drawn from which seed, how many distinct states of it, broken how."""

    workload: str
    seed: int
    states: int
    mutant: str = ""
    until_caught: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a job: states drawn, distinct ones that were checked, sentences about those that were bad.

    `not_recorded` says why there is nothing, which is a failure of the campaign itself.
    """

    job: Job
    drawn: int = 0
    checked: int = 0
    operations: int = 0
    bad: int = 0
    failures: tuple[str, ...] = ()
    not_recorded: str = ""


class Stage:
    """A folder that is made to hold one tree after the other, writing only what differs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._written: dict[str, tuple[bytes, tuple[int, int, int]]] = {}

    def set(self, files: dict[str, Content], folders: Iterable[str]) -> None:
        """Make the folder hold exactly this."""
        found, present = self._look()
        for path, signature in found.items():
            if path not in files:
                (self.folder / path).unlink()
            elif path in self._written and self._written[path][1] != signature:
                del self._written[path]
        wanted = set(folders)
        for path in sorted(present - wanted, reverse=True):
            (self.folder / path).rmdir()
        for path in sorted(wanted - present):
            (self.folder / path).mkdir()
        for path, content in files.items():
            written = self._written.get(path)
            if path in found and written is not None and written[0] == content.digest:
                continue
            whole = self.folder / path
            whole.unlink(missing_ok=True)
            whole.write_bytes(content.plain)
            self._written[path] = (content.digest, _signature(whole.stat()))

    def _look(self) -> tuple[dict[str, tuple[int, int, int]], set[str]]:
        found: dict[str, tuple[int, int, int]] = {}
        present: set[str] = set()
        waiting = [(str(self.folder), "")]
        while waiting:
            place, prefix = waiting.pop()
            with os.scandir(place) as entries:
                for entry in entries:
                    path = prefix + entry.name
                    if entry.is_dir(follow_symlinks=False):
                        present.add(path)
                        waiting.append((entry.path, f"{path}/"))
                    else:
                        found[path] = _signature(entry.stat())
        return found, present


def _signature(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_size, status.st_mtime_ns


def scratch() -> tempfile.TemporaryDirectory[str]:
    """A folder in memory where there is one: the states are many, and no disk needs to see them."""
    return tempfile.TemporaryDirectory(prefix="faults-", dir=_MEMORY if os.access(_MEMORY, os.W_OK) else None)


def replay(job: Job) -> Outcome:
    """Record one workload and check states of it until there are as many as the job says, or no more."""
    with ExitStack() as stack:
        place = stack.enter_context(scratch())
        disk_root = Path(place) / "disk"
        folder = disk_root / "archive"
        make_base(folder, job.seed)
        master = unlock(folder / "keys", RECOVERY).master
        program = [
            sys.executable,
            "-m",
            "tests.faults.crash_replay.workloads",
            job.workload,
            str(folder),
            str(job.seed),
        ]
        environment = {**os.environ, MUTANT: job.mutant}
        try:
            recording = record(program, disk_root, cwd=_PROJECT, environment=environment)
        except NotRecorded as error:
            return Outcome(job=job, not_recorded=str(error))
        shutil.rmtree(disk_root)
        disk_root.mkdir()
        stage, disk = Stage(disk_root), Disk(recording)
        # statements are compiled once for all states and not for each: that was half of the time
        stack.enter_context(mock.patch.object(transaction, "engine_for", functools.cache(transaction.engine_for)))
        seen: set[bytes] = set()
        drawn, failures, bad = 0, [], 0
        each = _MUTANTS_DEEPLY_EACH if job.until_caught else _DEEPLY_EACH
        for state in crash_states(recording, job.seed):
            if len(seen) >= job.states:
                break
            drawn += 1
            files, folders = disk.tree(state.length, state.harm)
            lines = recording.lines(state.length)
            name = state_name(files, folders, len(lines))
            if name in seen:
                continue
            seen.add(name)
            stage.set(files, folders)
            wrong = check_state(folder, master, lines, deeply=len(seen) % each == 0)
            if wrong:
                bad += 1
                if len(failures) < _LIMIT_OF_FAILURES:
                    failures.append(f"{job.workload} seed {job.seed}: {wrong[0]} ({state.told(recording)})")
                if job.until_caught:
                    break
    return Outcome(
        job=job,
        drawn=drawn,
        checked=len(seen),
        operations=len(recording.operations),
        bad=bad,
        failures=tuple(failures),
    )


def state_name(files: dict[str, Content], folders: frozenset[str], promises: int) -> bytes:
    """Equal for states that are equal: the same tree after the same promises."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(folders):
        digest.update(path.encode() + b"\x00")
    for path in sorted(files):
        digest.update(path.encode() + b"\x01" + files[path].digest)
    digest.update(b"\x02%d" % promises)
    return digest.digest()


def replay_all(jobs: list[Job]) -> Iterator[Outcome]:
    """All jobs, on as many cores as FAULT_JOBS says (all by default), in their order."""
    workers = int(os.environ.get("FAULT_JOBS", os.cpu_count() or 1))
    if workers == 1 or len(jobs) == 1:
        yield from map(replay, jobs)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(replay, jobs)
