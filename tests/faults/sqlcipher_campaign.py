"""Crash replay of the database alone, encrypted and plain: what SQLCipher adds to the crash states of SQLite.

What is recorded is ``python -m tests.faults.sqlcipher_campaign FOLDER SEED KEY``; without a key it is plain SQLite.
"""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as driver

from tests.faults.campaign import Campaign, Counts
from tests.faults.crash_replay.disk import Disk
from tests.faults.crash_replay.replay import Stage, scratch, state_name
from tests.faults.crash_replay.states import crash_states
from tests.faults.crash_replay.strace import NotRecorded, record, refusal

_PROJECT = Path(__file__).parents[2]
_KEY = "5a" * 32
_ROWS = 30
_STATES_OF_SO_MANY = 2_000  # distinct crash states of that many rows, at least


def run(seed: int, count: int) -> Counts:
    """`count` distinct crash states, half of them of an encrypted database, half of a plain one."""
    if why := refusal():
        return Counts.skipped(f"NO CRASH STATE OF THE DATABASE ALONE WAS TRIED: {why}")
    drawn = checked = 0
    failures: list[str] = []
    notes: dict[str, str | int | float] = {}
    for name, key in (("encrypted", _KEY), ("plain", "")):
        try:
            tried, distinct, operations, wrong = _replay(seed, count // 2, key)
        except NotRecorded as error:
            return Counts(run=checked, failures=(str(error),))
        drawn, checked = drawn + tried, checked + distinct
        failures += [f"{name}: {one}" for one in wrong]
        notes |= {f"operations, {name}": operations, f"states, {name}": distinct, f"bad, {name}": len(wrong)}
    return Counts(run=drawn, distinct=checked, failures=tuple(failures), notes=notes)


def _replay(seed: int, count: int, key: str) -> tuple[int, int, int, list[str]]:
    with scratch() as place:
        root = Path(place) / "disk"
        root.mkdir()
        rows = _ROWS * (1 + count // _STATES_OF_SO_MANY)
        program = [sys.executable, "-m", "tests.faults.sqlcipher_campaign", str(root), str(seed), str(rows), key]
        recording = record(program, root, cwd=_PROJECT, environment=os.environ)
        for one in root.iterdir():
            one.unlink()
        stage, disk = Stage(root), Disk(recording)
        seen: set[bytes] = set()
        drawn, wrong = 0, []
        for state in crash_states(recording, seed):
            if len(seen) >= count:
                break
            drawn += 1
            files, folders = disk.tree(state.length, state.harm)
            lines = recording.lines(state.length)
            name = state_name(files, folders, len(lines))
            if name in seen:
                continue
            seen.add(name)
            stage.set(files, folders)
            wrong += [f"{fault} ({state.told(recording)})" for fault in _check(root, key, lines)]
    return drawn, len(seen), len(recording.operations), wrong


def _open(root: Path, key: str) -> Any:
    connection = driver.connect(str(root / "rows.db"), isolation_level=None)
    if key:
        connection.execute(f"PRAGMA key = \"x'{key}'\"")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _check(root: Path, key: str, lines: list[str]) -> list[str]:
    acknowledged = [int(line) for line in lines]
    if not acknowledged:
        return []  # making the database is not acknowledged
    try:
        connection = _open(root, key)
        there = [row[0] for row in connection.execute("SELECT id FROM rows ORDER BY id")]
        whole = connection.execute("PRAGMA integrity_check").fetchone()[0]
        connection.close()
    except driver.DatabaseError as error:
        return [f"the database does not open: {error}"]
    wrong = [] if whole == "ok" else [f"the database is damaged: {whole}"]
    if there != list(range(len(there))) or len(there) < len(acknowledged):
        wrong.append(f"{len(acknowledged)} rows were acknowledged and {len(there)} are there")
    return wrong


def main() -> None:
    """Insert rows, one commit each, of which some fill several pages; fold the log into the database on the way."""
    root, chance, rows, key = Path(sys.argv[1]), random.Random(int(sys.argv[2])), int(sys.argv[3]), sys.argv[4]
    connection = _open(root, key)
    connection.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, content BLOB)")
    for number in range(rows):
        connection.execute("INSERT INTO rows VALUES (?, ?)", (number, chance.randbytes(chance.randrange(9_000))))
        os.write(1, b"%d\n" % number)
        if number == rows // 2:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


CAMPAIGN = Campaign(name="database alone", requires=10_000, quick=100, run=run)

if __name__ == "__main__":
    main()
