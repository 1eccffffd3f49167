"""The tests of a file share a worker in the runs of `make test`, whatever the versions of the runner do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from tests.distribution import APART, group_of

ROOT = Path(__file__).parents[1]
A_FILE = """
import os, pathlib, pytest
@pytest.mark.parametrize("number", range(6))
def test_it(number):
    pathlib.Path(__file__).with_name(f"ran-{pathlib.Path(__file__).stem}-{number}").write_text(str(os.getpid()))
"""


def test_the_tests_of_a_file_run_in_one_worker_and_the_files_in_several(tmp_path):
    for name in ("test_a.py", "test_b.py"):
        (tmp_path / name).write_text(A_FILE, "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", "utf-8")
    program = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    own = ["-p", "tests.distribution", "-p", "no:cacheprovider", "."]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""}
    ended = subprocess.run([*program, *own], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    workers = defaultdict(set)
    for ran in tmp_path.glob("ran-*"):
        workers[ran.name.split("-")[1]].add(ran.read_text("utf-8"))
    assert {name: len(found) for name, found in workers.items()} == {"test_a": 1, "test_b": 1}
    assert workers["test_a"] != workers["test_b"]


def test_a_file_of_long_tests_that_share_nothing_is_given_to_several_workers():
    for file in APART:
        assert (ROOT / file).is_file()
        assert group_of(f"{file}::test_it[a]") != group_of(f"{file}::test_it[b]")
    assert group_of("tests/test_docs.py::test_it[a::b]") == "tests/test_docs.py"


def test_every_run_of_the_makefile_asks_for_this():
    lines = (ROOT / "Makefile").read_text("utf-8").splitlines()
    runs = [one for one in lines if "/pytest " in one and "--collect-only" not in one]
    assert runs
    assert all("--dist loadfile --no-loadscope-reorder" in one for one in runs)
