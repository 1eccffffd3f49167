"""Two officers, approvers, holds, facts and a clock at work on the same batches, transaction by transaction.

Beside each other run: officers who propose, withdraw, approve their own batch and execute; an approver; one person who
comes under a second name (the same custodian, or the same token); somebody who places and releases a hold; somebody who
puts a record elsewhere or says that it is of today; a clock that jumps, is noticed and is accepted. An execution is
killed at one of its transactions, and another person goes on with it. Each stops before each of its transactions, and
a seed says who goes on.

Afterwards the ledger and the records alone are asked (`tests/faults/disposition_history.py`).
"""

from __future__ import annotations

import hashlib
import os
import random
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

from archiver.wiring import Installation
from retention.clock_watch import frozen_in
from retention.disposition_types import OPEN, State
from retention.dispositions import list_batches, set_state
from tests.faults.campaign import Campaign, Counts
from tests.faults.disposition_acts import acts_of
from tests.faults.disposition_history import History
from tests.faults.disposition_programs import House, Round, destroying
from tests.faults.hold_programs import Turns
from tests.retention.held_records import ACTOR, keep, mail
from tests.storage.archives import custodian

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROUNDS_OF_ONE_ARCHIVE = 20
_SELDOM = 0.1
_BEGINNINGS = (
    (),
    ("proposer",),
    ("proposer", "approver"),
    ("proposer", "approver", "executor"),
    ("proposer", "twin"),
    ("rival", "approver"),
    ("proposer", "approver", "holder", "executor"),
)
"""Programs that come so far before the others begin; what chance alone would bring about too seldom."""


def run(seed: int, count: int) -> Counts:
    """Run `count` interleavings, in archives of some dozen each."""
    notes: Counter[str] = Counter()
    failures: list[str] = []
    traces: set[bytes] = set()
    begun = 0
    workers = int(os.environ.get("FAULT_JOBS", os.cpu_count() or 1))
    with ExitStack() as stack:
        each = map
        if workers > 1 and count > _ROUNDS_OF_ONE_ARCHIVE:
            each = stack.enter_context(ProcessPoolExecutor(workers, mp_context=get_context("spawn"))).map
        while len(traces) < count:
            rounds = [
                (seed, start, min(start + _ROUNDS_OF_ONE_ARCHIVE, begun + count - len(traces)))
                for start in range(begun, begun + count - len(traces), _ROUNDS_OF_ONE_ARCHIVE)
            ]
            for found, broken, noted in each(of_one_archive, rounds):
                traces |= found
                failures += broken
                notes.update(noted)
            begun = rounds[-1][2]
    return Counts(run=begun, distinct=len(traces), failures=tuple(failures), notes=notes)


def of_one_archive(rounds: tuple[int, int, int]) -> tuple[set[bytes], list[str], Counter[str]]:
    """The rounds from a number to another: digests of what they came to, broken promises, notes."""
    seed, start, end = rounds
    notes: Counter[str] = Counter()
    failures: list[str] = []
    traces: set[bytes] = set()
    memory = Path("/dev/shm")  # syncing is not what is tried here
    with (
        tempfile.TemporaryDirectory(prefix="dispositions-", dir=memory if memory.is_dir() else None) as place,
        mock.patch.object(Installation, "destroying", destroying),
    ):
        house = House(Path(place) / "archive", approvals=2 if start // _ROUNDS_OF_ONE_ARCHIVE % 3 == 2 else 1)
        try:
            for number in range(start, end):
                trace: list[str] = []
                broken = _round(house, random.Random(f"{seed}/{number}"), trace, notes)
                failures += [f"round {number} of seed {seed}: {one}" for one in broken]
                traces.add(hashlib.sha256("\n".join(trace).encode()).digest())
        finally:
            house.close()
    return traces, failures, notes


def _round(house: House, chance: random.Random, trace: list[str], notes: Counter[str]) -> Iterator[str]:
    """One interleaving; every promise that was broken."""
    archive = house.looker.archive
    with archive.store.read() as connection:
        before = house.head(connection)
    owner = custodian(archive, f"c{before}@district.example")
    old = house.clock() - timedelta(days=30)
    first, second = (keep(archive, owner, mail(), captured_at=old) for _ in range(2))
    turn = Round(
        records=(first, second, keep(archive, owner, mail(), captured_at=house.clock())),
        custodian_id=owner,
        before=before,
    )
    turns = Turns()
    acts = acts_of(house, turn, chance)
    for name, act in acts.items():
        turns.begin(name, house.installations[name].archive, act)
    _take_turns(turns, turn, chance, sorted(acts))
    trace += [turn.ways, *turns.trace]
    with archive.store.read() as connection:
        history = History(house, turn, connection)
        yield from history.broken(connection, notes)
        opened = {one.record.id for one in archive.catalogue.describe(connection, list(turn.records))}
    if opened != set(turn.records) - history.destroyed.keys():
        yield "a record was destroyed and can be read, or was not and cannot"
    notes["destroyed"] += len(history.destroyed)
    notes["certificates"] += len(turn.certificates)
    notes["killed while it executed"] += any("killed" in one for one in turns.trace)
    notes["batches"] += len(history.batches)
    notes["batches executed"] += sum(one.executed for one in history.batches.values())
    _clear(house, turn, history)


def _take_turns(turns: Turns, turn: Round, chance: random.Random, names: list[str]) -> None:
    kill_at = chance.randint(1, 14) if chance.random() < 0.4 else 0
    executed = 0

    def let(name: str) -> None:
        nonlocal executed
        if name == "executor" and name in turn.doing:
            executed += 1
            if executed == kill_at:
                turns.kill(name)
                return
        turns.let(name)

    for name in chance.choice(_BEGINNINGS):
        for _ in range(chance.randint(6, 30)):
            if name in turns.waiting:
                let(name)
    pace = {name: chance.choice((1, 3, 9)) for name in names}  # so that each comes far before the others, too
    while waiting := turns.waiting:
        busy = [name for name in waiting if name not in turn.idle]
        turn.over = not busy  # nobody is left who could bring what the others wait for
        # who waits looks again now and then
        weights = [pace[name] if turn.over or name in busy else _SELDOM for name in waiting]
        let(chance.choices(waiting, weights)[0])


def _clear(house: House, turn: Round, history: History) -> None:
    """Nothing of a round is left for the next: no moved clock, no hold, no open batch, no record."""
    looker = house.looker
    house.clock.offset = timedelta()
    with looker.archive.store.read() as connection:
        frozen = frozen_in(connection)
        held = [one.id for one in looker.holds.list(connection, only_open=True)]
    if frozen is not None:
        looker.retention.watch.accept(why="the round is over", actor=ACTOR)
    for hold_id in held:
        looker.holds.release(hold_id, reason="the round is over", actor=ACTOR)
    with looker.archive.store.write() as transaction:
        for one in list_batches(transaction.connection):
            if one.state in OPEN:
                set_state(transaction, one.id, State.WITHDRAWN)
    left = [one for one in turn.records if one not in history.destroyed]
    if left:
        destroying(looker).destroy(left, actor=ACTOR)


CAMPAIGN = Campaign(name="dispositions, interleaved", requires=10_000, quick=4, run=run)
