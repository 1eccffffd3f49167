"""EIO, ENOSPC, EDQUOT and short writes at each call of a deposit: answered with 45x, never with a 250 that is not true.

Two thirds of the faults are made in this program, at the n-th use of an operating-system call by its name; the others
by strace's fault injection, which reaches what SQLite does too. After each: mails that were answered with 250 are
there, nothing is half-done, the archive opens and goes on. A sync that failed is not tried again: the program is
read-only from then on, answers 45x, and a fresh one takes mail again.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from storage.keys import unlock
from storage.tables import submissions
from tests.faults.campaign import Campaign, Counts
from tests.faults.crash_replay.invariants import check_state
from tests.faults.crash_replay.replay import scratch
from tests.faults.crash_replay.strace import refusal
from tests.faults.crash_replay.workloads import make_base, payload
from tests.faults.refusing_program import Receiving
from tests.storage.archives import RECOVERY, open_again

if TYPE_CHECKING:
    from collections.abc import Callable

_PROJECT = Path(__file__).parents[2]
_MAILS = 5
_DISK_ERRORS = (errno.EIO, errno.ENOSPC, errno.EDQUOT)
_FULL = {errno.ENOSPC, errno.EDQUOT}
_SYNCS = {"fsync", "syncfs", "fdatasync"}
# calls of this program by name: each takes a descriptor or a path and may fail
_NAMED = ("open", "write", "fsync", "makedirs", "close", "short write")
_TRACED = ("fsync", "pwrite64", "write", "openat", "ftruncate", "mkdir", "pread64", "unlink", "close", "lseek")


@dataclass(frozen=True, slots=True)
class Point:
    """A fault: which call, its how-manieth use, and the error; 0 is a write that takes only a part."""

    call: str
    number: int
    code: int
    traced: bool = False

    def __str__(self) -> str:
        how = errno.errorcode.get(self.code, "short")
        return f"{how} at {self.call} {self.number}{' (kernel)' if self.traced else ''}"


class _Failing:
    """A call of `os` that fails once, at its n-th use; counts all uses."""

    def __init__(self, real: Callable[..., Any], point: Point) -> None:
        self._real = real
        self._point = point
        self.uses = 0
        self.after = 0

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        self.uses += 1
        if self.uses == self._point.number:
            if self._point.code == 0:
                descriptor, content = arguments
                return self._real(descriptor, bytes(content)[: max(1, len(content) // 3)])
            if self._point.call == "close":
                self._real(*arguments)  # Linux frees the descriptor whatever it says
            raise OSError(self._point.code, os.strerror(self._point.code))
        self.after += self.uses > self._point.number
        return self._real(*arguments, **options)


def run(seed: int, count: int) -> Counts:
    """`count` faults, drawn from all points of this program's calls and, where strace may, of the kernel's."""
    logging.getLogger("ingest").setLevel(logging.ERROR)  # it says each refusal, of which there are many here
    chance = random.Random(seed)
    why = refusal()
    with scratch() as place:
        base = Path(place) / "base"
        make_base(base, seed)
        points = _named_points(base, Path(place) / "counted", seed)
        traced = [] if why else _traced_points(base, Path(place) / "counted", seed)
        by_name = count if why else count - count // 3
        chosen = chance.sample(points, min(by_name, len(points)))
        chosen += chance.sample(traced, min(count - len(chosen), len(traced)))
        failures: list[str] = []
        hit = Counter[str]()
        for number, point in enumerate(chosen):
            folder = Path(place) / "archive"
            shutil.copytree(base, folder)
            tried = _try_traced if point.traced else _try_named
            wrong, outcome = tried(folder, point, seed + number)
            hit[outcome] += 1
            failures += [f"{point}: {one}" for one in wrong]
            shutil.rmtree(folder)
    notes: dict[str, str | int | float] = {"points known": len(points) + len(traced), **hit}
    if why:
        notes["NOT TRIED IN THE KERNEL"] = why
    return Counts(run=len(chosen), failures=tuple(failures), notes=notes)


def _named_points(base: Path, folder: Path, seed: int) -> list[Point]:
    """Every use of every named call by a few deposits, with every error."""
    shutil.copytree(base, folder)
    found: list[Point] = []
    for call in _NAMED:
        counting, _, _ = _receive(folder, Point(call, 0, errno.EIO), seed + len(found))
        codes = (0,) if call == "short write" else _DISK_ERRORS
        found += [Point(call, at, code) for at in range(1, counting + 1) for code in codes]
    shutil.rmtree(folder)
    return found


def _receive(folder: Path, point: Point, seed: int) -> tuple[int, list[tuple[str, str]], int]:
    """Receive mails with a fault armed: uses of its call, (reply, digest) a mail, and syncs after a failed one."""
    archive = open_again(folder)
    receiving = Receiving(archive)
    chance = random.Random(seed)
    answers: list[tuple[str, str]] = []
    name = point.call.removeprefix("short ")
    failing = _Failing(getattr(os, name), point)
    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(os, name, failing))
        for _ in range(_MAILS):
            content = payload(chance)
            answers.append((receiving.reply(content), hashlib.sha256(content).hexdigest()))
    archive.close()
    return failing.uses, answers, failing.after


def _try_named(folder: Path, point: Point, seed: int) -> tuple[list[str], str]:
    _, answers, syncs_after = _receive(folder, point, seed)
    wrong = _judge(folder, answers)
    refused = [reply for reply, _ in answers if not reply.startswith("250")]
    if point.code in _FULL and len(refused) > 1:
        wrong.append("it went on refusing after one lack of space")
    if point.call == "fsync" and point.code == errno.EIO:
        if not answers[-1][0].startswith("45"):
            wrong.append("it took mail after a failed sync")
        if syncs_after:
            wrong.append(f"it synced {syncs_after} times after a failed sync")
    return wrong, _outcome(refused)


def _outcome(refused: list[str]) -> str:
    if not refused:
        return "went on unharmed"
    return f"refused with {refused[0].split(' ', 1)[0]}" + (" for good" if len(refused) > 1 else " once")


def _judge(folder: Path, answers: list[tuple[str, str]]) -> list[str]:
    """Wrong replies, and what is wrong with the archive after what was answered with 250."""
    wrong = [f"it answered {reply!r}" for reply, _ in answers if not reply.startswith(("250", "45"))]
    master = unlock(folder / "keys", RECOVERY).master
    wrong += check_state(folder, master, [], deeply=True)
    archive = open_again(folder)
    with archive.store.read() as connection:
        ids = list(connection.execute(submissions.select()).scalars())
        there = {hashlib.sha256(archive.submissions.content(connection, one)).hexdigest() for one in ids}
    archive.close()
    lost = [digest for reply, digest in answers if reply.startswith("250") and digest not in there]
    return [*wrong, *("a mail that was answered with 250 is lost" for _ in lost)]


def _program(folder: Path, seed: int) -> list[str]:
    return [sys.executable, "-m", "tests.faults.refusing_program", str(folder), str(_MAILS), str(seed)]


def _traced_points(base: Path, folder: Path, seed: int) -> list[Point]:
    """Every use of every traced call after the program said that it is ready, with every error."""
    shutil.copytree(base, folder)
    trace = folder.with_suffix(".trace")
    calls = ",".join((*_TRACED, "syncfs"))
    strace = ["strace", "-f", "-y", "-qq", "-s", "16", "-e", f"trace={calls}", "-o", str(trace)]
    subprocess.run([*strace, *_program(folder, seed)], cwd=_PROJECT, capture_output=True, check=True)
    shutil.rmtree(folder)
    uses: Counter[str] = Counter()
    found: list[Point] = []
    ready = named = False
    for line in trace.read_text("utf-8", "replace").splitlines():
        matched = re.match(r"\d+ +(\w+)\((.*)", line)
        if matched is None:
            continue
        call, rest = matched.groups()
        uses[call] += 1
        if call == "write" and rest.startswith(("1, ", "1<")):
            if "writable" in rest:
                break
            ready = ready or "ready" in rest
        elif ready and call == "fsync" and f"<{folder}>" in rest and named:
            pass  # SQLite's own sync of the folder, whose error it passes over; ours before it covers the name
        elif ready:
            named = named or (call == "fsync" and f"<{folder}>" in rest)
            found += [Point(call, uses[call], code, traced=True) for code in _DISK_ERRORS]
    return found


def _try_traced(folder: Path, point: Point, seed: int) -> tuple[list[str], str]:
    code = errno.errorcode[point.code]
    injection = f"{point.call}:error={code}:when={point.number}"
    strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={point.call}", "-e", f"inject={injection}"]
    ended = subprocess.run([*strace, *_program(folder, seed)], cwd=_PROJECT, capture_output=True, check=False)
    lines = [line.split(" ") for line in ended.stdout.decode().splitlines()]
    answers = [(line[0], line[1]) for line in lines if len(line) == 2]
    wrong = _judge(folder, answers)
    if len(answers) != _MAILS:
        wrong.append(f"the program died: {ended.stderr.decode(errors='replace')[-300:]}")
    refused = [reply for reply, _ in answers if not reply.startswith("250")]
    if point.call in _SYNCS and point.code == errno.EIO and answers and not answers[-1][0].startswith("45"):
        wrong.append("it took mail after a failed sync")
    return wrong, f"{_outcome(refused)} (kernel)"


CAMPAIGN = Campaign(name="errors of the disk", requires=400, quick=5, run=run)
