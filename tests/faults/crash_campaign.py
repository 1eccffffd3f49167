"""Crash replay of every workload, and the mutants of our own order that it must catch."""

from __future__ import annotations

import random

from tests.faults.campaign import Campaign, Counts
from tests.faults.crash_replay.mutants import MUTANTS
from tests.faults.crash_replay.replay import Job, replay_all
from tests.faults.crash_replay.strace import refusal
from tests.faults.crash_replay.workloads import WORKLOADS

_MOST_A_RECORDING = 5_000
_MOST_A_MUTANT = 2_500
_FEW_STATES = 1_000  # where fewer are asked for, only so many workloads are recorded; the seed draws them
_FEW_WORKLOADS = 6


def run(seed: int, count: int) -> Counts:
    """At least `count` distinct crash states, spread over the workloads; more recordings, not more of one."""
    if why := refusal():
        return Counts.skipped(f"NO CRASH STATE WAS TRIED: {why}")
    chance = random.Random(seed)
    workloads = chance.sample(sorted(WORKLOADS), _FEW_WORKLOADS) if count < _FEW_STATES else list(WORKLOADS)
    share = max(1, min(_MOST_A_RECORDING, -(-count // len(workloads))))
    drawn = checked = bad = recordings = 0
    failures: list[str] = []
    operations: dict[str, int] = {}
    while checked < count and recordings < 100 * len(workloads):
        rounds = max(1, round((count - checked) / (share * len(workloads))))
        seeds = [chance.getrandbits(32) for _ in range(rounds)]
        jobs = [Job(workload=name, seed=one, states=share) for one in seeds for name in workloads]
        for outcome in replay_all(jobs):
            recordings += 1
            drawn += outcome.drawn
            checked += outcome.checked
            bad += outcome.bad
            failures += outcome.failures
            operations[outcome.job.workload] = outcome.operations
            if outcome.not_recorded:
                return Counts(run=checked, failures=(f"{outcome.job.workload}: {outcome.not_recorded}",))
    notes = {"recordings": recordings, "bad": bad, **{f"operations of {name}": n for name, n in operations.items()}}
    return Counts(run=drawn, distinct=checked, failures=tuple(failures), notes=notes)


def run_mutants(seed: int, count: int) -> Counts:
    """`count` mutants, drawn; a failure is a mutant in which no crash state breaks a promise."""
    if why := refusal():
        return Counts.skipped(f"NO MUTANT WAS TRIED: {why}")
    chosen = random.Random(seed).sample(sorted(MUTANTS), min(count, len(MUTANTS)))
    jobs = [
        Job(workload=MUTANTS[name].workload, seed=seed, states=_MOST_A_MUTANT, mutant=name, until_caught=True)
        for name in chosen
    ]
    failures: list[str] = []
    needed: dict[str, str | int | float] = {}
    for outcome in replay_all(jobs):
        name = outcome.job.mutant
        needed[name] = outcome.checked
        if outcome.not_recorded:
            failures.append(f"mutant {name!r} could not be recorded: {outcome.not_recorded}")
        elif not outcome.bad:
            failures.append(f"mutant {name!r} was not caught in {outcome.checked} states of {outcome.job.workload}")
    return Counts(run=len(jobs), failures=tuple(failures), notes=needed)


CAMPAIGN = Campaign(name="crash replay", requires=100_000, quick=200, run=run)
MUTANT_CAMPAIGN = Campaign(name="mutants of our order", requires=len(MUTANTS), quick=1, run=run_mutants)
