"""Whoever follows, builds or renews an index may be killed at any step: nothing is lost, doubled or left behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from search.index_set import Indexes
from storage.errors import Corrupt
from storage.identifiers import Prefix, new_id
from tests.every_case import every_case
from tests.search.building import parse
from tests.search.follower_kills import ACTOR
from tests.storage.archives import custodian, file_one, make_archive

ROOT = Path(__file__).parents[2]
INDEX = "search.fts_index.FtsIndex"
GENERATIONS = "search.generations.Generations"
KEYRING = "storage.keys.Keyring"
BEFORE, AFTER = "before", "after"
STEPS = (
    ("follow", "search.follower.Follower", "_open", 2, BEFORE),
    ("follow", INDEX, "add", 2, BEFORE),
    ("follow", INDEX, "add", 2, AFTER),
    ("follow", GENERATIONS, "_begin", 1, AFTER),
    ("follow", GENERATIONS, "_switch", 1, BEFORE),
    ("rebuild", KEYRING, "create_index_key", 1, BEFORE),
    ("rebuild", GENERATIONS, "_switch", 1, AFTER),
    ("rebuild", INDEX, "add", 2, AFTER),
    ("rebuild", GENERATIONS, "_switch", 2, BEFORE),
    ("rebuild", GENERATIONS, "_switch", 2, AFTER),
    ("rebuild", KEYRING, "destroy_index_key", 2, AFTER),
    ("renew", "search.fts_engine.FtsEngine", "renew", 1, AFTER),
    ("renew", GENERATIONS, "_switch", 1, BEFORE),
    ("renew", GENERATIONS, "_switch", 1, AFTER),
    ("renew", "search.generations", "remove_generation", 2, AFTER),
)


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """An archive, and the program that is killed on it; each step leaves it to the next as it found it after a kill."""
    folder = tmp_path_factory.mktemp("kills") / "archive"
    archive = make_archive(folder)
    owner = custodian(archive)
    command = [sys.executable, "-m", "tests.search.follower_kills", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        yield archive, owner, running
        running.stdin.close()
    archive.close()


@every_case(
    ("act", "owner", "step", "call", "when"), STEPS, ids=[f"{one[0]}: {one[4]} {one[2]} {one[3]}" for one in STEPS]
)
def test_a_kill_at_any_step_loses_and_doubles_nothing(program, act, owner, step, call, when):
    archive, custodian_id, running = program
    if act == "follow" and owner in {GENERATIONS, KEYRING}:
        give_up_the_index(archive)
    file_some(archive, custodian_id)
    if act != "follow":
        follow(archive)
    running.stdin.write(f"{act} {owner} {step} {call} {when}\n")
    running.stdin.flush()
    assert running.stdout.readline() == "killed\n"
    indexes = Indexes(archive)
    try:
        assert indexes.follower().catch_up().complete
        with archive.store.read() as connection:
            wanted = {row[0] for row in connection.exec_driver_sql("SELECT id FROM records")}
        assert sorted(indexes.index().ids(parse("heron"))) == sorted(wanted)
        # the next act on generations sweeps what was left, and goes on with what was begun
        indexes.generations().rebuild(actor=ACTOR)
        assert indexes.generations().only_present_left()
        assert indexes.generations().building() is None
        assert sorted(indexes.index().ids(parse("heron"))) == sorted(wanted)
    finally:
        indexes.close()


def file_some(archive, custodian_id: str) -> None:
    """Records enough for three batches."""
    for _ in range(3):
        file_one(archive, custodian_id, new_id(Prefix.EVENT).encode(), "the heron flies")


def follow(archive) -> None:
    indexes = Indexes(archive)
    indexes.follower().catch_up()
    indexes.close()


def give_up_the_index(archive) -> None:
    """As in an archive that has no index yet."""
    indexes = Indexes(archive)
    indexes.generations().retire_others(())
    with pytest.raises(Corrupt):
        indexes.generations().open(1)
    indexes.close()
