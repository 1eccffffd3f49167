"""The model of a disk that forgets: what a sync covers, what may be lost, and that a recording is read as it was."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from tests.faults.crash_replay.disk import ROOT, Disk, Harm, Kind, Operation, Recording
from tests.faults.crash_replay.states import CrashState, crash_states
from tests.faults.crash_replay.strace import NotRecorded, record, refusal

if TYPE_CHECKING:
    from pathlib import Path

FILE = 2
PROGRAM = """
import os, sys
root = sys.argv[1]
folder = os.open(root, os.O_RDONLY)
one = os.open("one.new", os.O_CREAT | os.O_WRONLY, dir_fd=folder)
os.write(one, b"first ")
os.pwrite(one, b"second", 6)
os.fsync(one)
os.rename(root + "/one.new", root + "/one")
os.fsync(folder)
os.write(1, b"kept\\n")
two = os.open(root + "/two", os.O_CREAT | os.O_WRONLY)
copy = os.dup(two)
os.write(copy, b"never synced")
os.unlink(root + "/old")
{more}
"""


def recording(*operations: Operation) -> Recording:
    made = Recording({ROOT: {}}, {})
    for one in operations:
        made.add(one)
    return made


def a_file(content: bytes = b"12345678") -> tuple[Operation, Operation]:
    name = Operation(kind=Kind.LINK, inode=FILE, folder=ROOT, name="a")
    return name, Operation(kind=Kind.WRITE, inode=FILE, offset=0, content=content)


def plain(disk: Disk, length: int, harm: dict[int, Harm]) -> dict[str, bytes]:
    return {path: one.plain for path, one in disk.tree(length, harm)[0].items()}


def test_a_sync_of_the_file_keeps_its_bytes_and_not_its_name():
    made = recording(*a_file())
    made.sync(2, FILE)
    assert made.pending(3) == [0]


def test_a_sync_of_the_folder_keeps_the_name_and_not_the_bytes():
    made = recording(*a_file())
    made.sync(2, ROOT)
    assert made.pending(3) == [1]


def test_a_sync_of_everything_keeps_everything_that_was_there_when_it_began():
    name, write = a_file()
    made = recording(name)
    began = len(made.operations)
    made.add(write)
    made.sync(began, None)
    assert made.pending(3) == [1]


def test_before_a_sync_has_ended_all_that_it_covers_may_be_lost():
    made = recording(*a_file())
    made.sync(2, None)
    assert made.pending(2) == [0, 1]
    assert made.pending(3) == []


@pytest.mark.parametrize(
    ("harm", "left"),
    [(Harm.LOST, b""), (Harm.TORN_END, b"1234"), (Harm.TORN_START, b"\0\0\0\x005678"), (Harm.ZEROS, bytes(8))],
)
def test_a_write_is_lost_torn_or_leaves_zeros(harm, left):
    assert plain(Disk(recording(*a_file())), 2, {1: harm}) == {"a": left}


def test_a_lost_rename_leaves_the_old_name_and_the_file_that_it_would_have_replaced():
    rename = Operation(kind=Kind.RENAME, inode=FILE, folder=ROOT, name="b", old_folder=ROOT, old_name="a")
    made = recording(*a_file(), rename)
    assert plain(Disk(made), 3, {}) == {"b": b"12345678"}
    assert plain(Disk(made), 3, {2: Harm.LOST}) == {"a": b"12345678"}


def test_the_states_of_a_seed_are_always_the_same_and_begin_with_all_lost():
    made = recording(*a_file(bytes(2_000)))
    first = list(crash_states(made, 7))
    assert first == list(crash_states(made, 7))
    assert first[0] == CrashState(2, {0: Harm.LOST, 1: Harm.LOST})
    assert {len(one.harm) for one in first} == {0, 1, 2}


def recorded(tmp_path: Path, more: str = "") -> Recording:
    if why := refusal():
        pytest.skip(f"NO SYSTEM CALL WAS RECORDED: {why}")
    root = tmp_path / "root"
    root.mkdir()
    (root / "old").write_bytes(b"old")
    program = [sys.executable, "-c", PROGRAM.format(more=more), str(root)]
    return record(program, root, cwd=tmp_path, environment=os.environ)


def test_a_recording_knows_what_was_changed_synced_and_said(tmp_path):
    made = recorded(tmp_path)
    disk, length = Disk(made), len(made.operations)
    assert plain(disk, length, {}) == {"one": b"first second", "two": b"never synced"}
    assert plain(disk, length, dict.fromkeys(made.pending(length), Harm.LOST)) == {
        "one": b"first second",
        "old": b"old",
    }
    said = next(at for at in range(length + 1) if made.lines(at))
    assert made.lines(said) == ["kept"]
    assert plain(disk, said, {}) == {"one": b"first second", "old": b"old"}


@pytest.mark.parametrize(
    "more", ["os.fork() or os._exit(0)", "os.sendfile(two, os.open(root + '/one', 0), 0, 5)"], ids=["fork", "sendfile"]
)
def test_what_the_model_does_not_follow_is_refused(tmp_path, more):
    with pytest.raises(NotRecorded):
        recorded(tmp_path, more)
