"""Writers of a Whoosh index in other programs: killed at any moment, and beside each other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from search.index import NOTHING_READ
from search.whoosh_index import open_whoosh_index
from tests.search.building import parse

KEY = b"k" * 32
# adds one document at a time, says its number when it is durable, and waits to be told to go on
WRITER = """
import sys
from pathlib import Path
from search import sealed_access
from search.whoosh_index import open_whoosh_index
from tests.search.building import document

first, count, dies = map(int, sys.argv[2:5])
store, written = sealed_access.Writing._store, 0

def counted(self, sealed):
    global written
    written += 1
    if written == dies:
        import os, signal
        os.kill(os.getpid(), signal.SIGKILL)
    return store(self, sealed)

sealed_access.Writing._store = counted
index = open_whoosh_index(Path(sys.argv[1]), b"k" * 32)
for number in range(first, first + count):
    index.add([document(number, text=f"roof word{number}x")], number)
    print(number, flush=True)
"""


def writer(path, first, count, dies=-1):
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), str(first), str(count), str(dies)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "gen-1.whoosh"
    open_whoosh_index(made, KEY, create=True).close()
    return made


def found(index):
    return {int(one.removeprefix("rec_")) for one in index.ids(parse("roof"))}


@pytest.mark.parametrize("dies", [2, 97])
def test_a_writer_killed_in_the_middle_of_a_file_loses_nothing_it_had_acknowledged(path, dies):
    child = writer(path, 1, 20, dies)
    acknowledged = [int(line) for line in child.communicate()[0].split()]
    assert child.returncode != 0
    assert len(acknowledged) < 20
    index = open_whoosh_index(path, KEY)
    last = acknowledged[-1] if acknowledged else 0
    there = found(index)
    assert there in (set(range(1, last + 1)), set(range(1, last + 2)))  # durable, and maybe not said any more
    assert index.position() == (max(there) if there else NOTHING_READ)
    index.check(thorough=True)
    index.add([], 50)
    assert not list(path.glob("scratch-*"))
    named = {name for segment in index._head.read().segments for name in segment.names}
    assert {one.name for one in path.iterdir()} == named | {"head", "write.lock"}
    index.close()


def test_two_programs_that_write_at_once_lose_nothing(path):
    children = [writer(path, 1, 6), writer(path, 101, 6)]
    for child in children:
        child.communicate()
        assert child.returncode == 0
    index = open_whoosh_index(path, KEY)
    assert found(index) == {*range(1, 7), *range(101, 107)}
    assert index.position() == 106
    index.check(thorough=True)
    index.close()
