"""Workers of one start stand and fall together, and what asked them to finish reaches all of them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from archiver.side_by_side import part
from tests.journeys.service import eventually, is_running

ROOT = Path(__file__).parents[2]
PROGRAM = """
import os, sys, signal, time
from archiver.side_by_side import part
name = part(["a", "b"])
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
os.write(1, f"{name} {os.getpid()}\\n".encode())
time.sleep(600)
"""


@pytest.fixture
def started():
    with subprocess.Popen([sys.executable, "-c", PROGRAM], cwd=ROOT, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        processes: dict[str, int] = {}
        try:
            for _ in "ab":
                name, process = program.stdout.readline().split()
                processes[name] = int(process)
            yield program, processes
        finally:
            for process in (program.pid, *processes.values()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)


def test_each_goes_on_as_a_program_of_its_own(started):
    program, processes = started
    assert set(processes) == {"a", "b"}
    assert len({program.pid, *processes.values()}) == 3


def test_asked_to_finish_all_finish_and_the_exit_is_none(started):
    program, processes = started
    program.terminate()
    assert program.wait(120) == 0
    assert not any(is_running(one) for one in processes.values())


@pytest.mark.parametrize("dies", ["a", "b"])
def test_with_one_that_is_killed_the_other_ends_and_the_exit_says_so(started, dies):
    program, processes = started
    os.kill(processes[dies], signal.SIGKILL)
    assert program.wait(120) == signal.SIGKILL
    eventually(lambda: not any(is_running(one) for one in processes.values()))


def test_one_name_makes_no_program():
    assert part(["a"]) == "a"
