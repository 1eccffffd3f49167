"""A command's own examiner and follower: forked before the archive is opened, or started as a program of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from archiver.crew import Crew
from archiver.unlocking import unlock_folder
from archiver.worker import WorkerRole, is_served
from tests.archiver.commands import PASSPHRASE, Office, new_office
from tests.journeys.service import PATIENCE, eventually, is_running

ROOT = Path(__file__).parents[2]
ROLES = (WorkerRole.EXAMINER, WorkerRole.FOLLOWER)
PROGRAM = """
import json, os, sys, threading
from pathlib import Path
from archiver.crew import Crew
from archiver.unlocking import unlock_folder
folder, threads, hand_over = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
left = threading.Event()
for _ in range(threads):
    threading.Thread(target=left.wait, daemon=True).start()
crew = Crew.in_reserve(folder)
before = [one for one in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]
if hand_over:
    crew.keep_up(unlock_folder(folder, None, os.environ).master)
    for line in sys.stdin:
        if line == "keep up\\n":
            crew.keep_up(unlock_folder(folder, None, os.environ).master)
        print(json.dumps({"forked": before, "programs": [one.pid for one in crew._programs]}), flush=True)
        if line == "end\\n":
            break
crew.dismiss()
print(json.dumps({"forked": before, "left": Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}))
"""


@pytest.fixture(scope="module")
def office(tmp_path_factory) -> Office:
    return new_office(tmp_path_factory.mktemp("crew") / "archive")


def begun(office: Office, *, threads: int = 0, hand_over: bool = True) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(office.folder), str(threads), str(int(hand_over))],
        cwd=ROOT,
        env={**os.environ, "ARCHIVER_PASSPHRASE": PASSPHRASE},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def told(program: subprocess.Popen[str], word: str) -> dict[str, list[int]]:
    assert program.stdin is not None
    assert program.stdout is not None
    program.stdin.write(f"{word}\n")
    program.stdin.flush()
    return json.loads(program.stdout.readline())


def ended(program: subprocess.Popen[str]) -> dict[str, list[int]]:
    assert program.stdin is not None
    assert program.stdout is not None
    program.stdin.write("end\n")
    program.stdin.flush()
    return json.loads(program.stdout.readlines()[-1])


def are_served(office: Office) -> bool:
    return all(is_served(office.folder, role) for role in ROLES)


def test_one_fork_serves_both_roles_until_it_is_dismissed(office):
    with begun(office) as program:
        here = told(program, "who")
        assert len(here["forked"]) == 1
        assert here["programs"] == [int(here["forked"][0])]
        eventually(lambda: are_served(office))
        assert ended(program)["left"] == []
    assert not any(is_served(office.folder, role) for role in ROLES)


def test_without_the_key_it_ends_by_itself(office):
    with begun(office, hand_over=False) as program:
        out, _ = program.communicate(timeout=PATIENCE)
    assert json.loads(out)["left"] == []


def test_a_fork_that_is_killed_is_started_again_as_a_program(office):
    with begun(office) as program:
        (first,) = told(program, "who")["programs"]
        eventually(lambda: are_served(office))
        os.kill(first, signal.SIGKILL)
        eventually(lambda: not is_running(first))
        # those that it had made end, too, each in its time
        eventually(lambda: first not in (told(program, "keep up")["programs"] or [first]) and are_served(office))
        assert ended(program)["left"] == []


def test_a_program_of_several_threads_is_not_copied(office):
    with begun(office, threads=1) as program:
        here = told(program, "who")
        assert here["forked"] == []
        assert len(here["programs"]) == 1
        eventually(lambda: are_served(office))
        assert ended(program)["left"] == []


def test_with_a_parent_that_is_killed_nothing_is_left(office):
    with begun(office) as program:
        (first,) = told(program, "who")["programs"]
        eventually(lambda: are_served(office))
        program.kill()
        eventually(lambda: not is_running(first))
        eventually(lambda: not any(is_served(office.folder, role) for role in ROLES))


def test_where_there_is_no_archive_nothing_is_begun(tmp_path):
    crew = Crew.in_reserve(tmp_path / "none")
    crew.dismiss()
    assert not (tmp_path / "none").exists()


def test_what_is_served_already_is_not_started(office):
    master = unlock_folder(office.folder, None, {"ARCHIVER_PASSPHRASE": PASSPHRASE}).master
    one, other = Crew(office.folder), Crew(office.folder)
    try:
        one.keep_up(master)
        eventually(lambda: are_served(office))
        other.keep_up(master)
        assert other._programs == {}
    finally:
        one.dismiss()
        other.dismiss()
