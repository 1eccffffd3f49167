"""Memory of a program and everything that it started, sampled from outside while it runs.

Rule: the sum of resident sizes counts a shared page once for each program that has it, so it is an upper bound;
the proportional sum (smaps_rollup) counts each page once. Both are given, the second where the kernel lets us.
"""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from pathlib import Path
from typing import Self

_EVERY = 0.1
_PROPORTIONAL_EVERY = 10
_PAGE = os.sysconf("SC_PAGE_SIZE")


def _parents() -> dict[int, list[int]]:
    """Children by parent, of all programs."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                # the name in parentheses may hold anything, so count from its end
                fields = Path(entry.path, "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
            except OSError:
                continue
            children[int(fields[1])].append(int(entry.name))
    return children


def family(process: int) -> list[int]:
    """A program and all that descend from it."""
    children = _parents()
    found, waiting = [], [process]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += children.get(one, [])
    return found


def _resident(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _proportional(process: int) -> int:
    try:
        for line in Path(f"/proc/{process}/smaps_rollup").read_text("ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


class MemoryWatch:
    """Watches as long as its block runs; `resident` and `proportional` are the highest sums seen, in bytes."""

    def __init__(self, process: int) -> None:
        self.resident = 0
        self.proportional = 0
        self.programs = 0
        self._process = process
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        rounds = 0
        while not self._stop.wait(_EVERY):
            members = family(self._process)
            self.resident = max(self.resident, sum(map(_resident, members)))
            self.programs = max(self.programs, len(members))
            if rounds % _PROPORTIONAL_EVERY == 0:
                self.proportional = max(self.proportional, sum(map(_proportional, members)))
            rounds += 1
