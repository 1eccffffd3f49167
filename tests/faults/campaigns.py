"""All fault campaigns: ``python -m tests.faults.campaigns [--full | --quick] [--seed N] [--only NAME]...``.

Every `Campaign` of every ``tests/faults/*_campaign.py`` is run. The table says what was required, what was run and what
was not caught. The exit status is 1 where a campaign has a failure or ran too little, else 3 where one could not run
on this machine.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import random
import sys
import time
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

from tests.faults.campaign import Campaign, Counts
from tests.new_archives import tables_remembered

if TYPE_CHECKING:
    from collections.abc import Iterable

_HERE = Path(__file__).parent
_SEED = "FAULT_SEED"
NOT_POSSIBLE_HERE = 3
_CHEAP = {"time_cost": 1, "memory_cost": 8, "parallelism": 1}  # for passphrases: a quarter of the canaries went there


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A campaign that was run."""

    campaign: Campaign
    counts: Counts
    asked: int
    seed: int
    seconds: float

    @property
    def passed(self) -> bool:
        return not self.counts.failures and not self.counts.skip_reason and self.number >= self.asked

    @property
    def number(self) -> int:
        """What counts towards the required number: distinct faults where the campaign tells them apart."""
        return self.counts.distinct or self.counts.run


def all_campaigns() -> list[Campaign]:
    """Every campaign of every campaign file, by name."""
    found: dict[str, Campaign] = {}
    for path in sorted(_HERE.glob("*_campaign.py")):
        module = importlib.import_module(f"tests.faults.{path.stem}")
        found.update({one.name: one for one in vars(module).values() if isinstance(one, Campaign)})
    return [found[name] for name in sorted(found)]


def drawn_seed() -> int:
    """The seed that FAULT_SEED repeats, or a new one."""
    given = os.environ.get(_SEED)
    return int(given) if given else random.SystemRandom().getrandbits(32)


def run_one(campaign: Campaign, seed: int, *, full: bool) -> Result:
    """Run a campaign; what it raises is a failure of it and does not stop the others."""
    asked = campaign.requires if full else campaign.quick
    began = time.monotonic()
    try:
        with mock.patch.dict("storage.keys._ARGON2", _CHEAP), tables_remembered():
            counts = campaign.run(seed, asked)
    except Exception:  # noqa: BLE001 - one broken campaign must not hide what the others find
        counts = Counts(run=0, failures=(traceback.format_exc(),))
    return Result(campaign=campaign, counts=counts, asked=asked, seed=seed, seconds=time.monotonic() - began)


_COLUMNS = ("campaign", "tier", "required", "run", "distinct", "failures", "seconds", "seed")


def table(results: Iterable[Result], tier: str) -> str:
    """The results as a Markdown table."""
    rows = [f"| {' | '.join(_COLUMNS)} |", f"|{'---|' * len(_COLUMNS)}"]
    for one in results:
        counts = one.counts
        failures = "SKIPPED" if counts.skip_reason else str(len(counts.failures))
        cells = (one.campaign.name, tier, f"{one.asked:,}", f"{counts.run:,}", f"{counts.distinct or counts.run:,}")
        rows.append(f"| {' | '.join((*cells, failures, f'{one.seconds:.0f}', str(one.seed)))} |")
    return "\n".join(rows)


def told(result: Result) -> str:
    """What a campaign has to say beside its counts."""
    counts = result.counts
    lines = [f"{name}: {value}" for name, value in counts.notes.items()]
    if counts.skip_reason:
        lines.append(counts.skip_reason)
    if counts.failures:
        lines.append(counts.told())
        lines.append(f"repeat: FAULT_SEED={result.seed}, --only {result.campaign.name!r}")
    if result.number < result.asked and not counts.skip_reason:
        lines.append(f"only {result.number} of {result.asked} were run")
    return "\n".join(lines)


def main() -> int:
    """Run what the command line asks for; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.campaigns", description="Run the fault campaigns.")
    tier = parser.add_mutually_exclusive_group()
    tier.add_argument("--full", action="store_true", help="the required numbers (the default)")
    tier.add_argument("--quick", action="store_true", help="the numbers of the tier that `make test` runs")
    parser.add_argument("--seed", type=int, default=None, help=f"repeat a run; {_SEED} does the same")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="only campaigns of this name")
    parser.add_argument("--write", type=Path, default=None, metavar="FILE", help="also write the table to this file")
    chosen = parser.parse_args()
    seed = drawn_seed() if chosen.seed is None else chosen.seed
    campaigns = [one for one in all_campaigns() if not chosen.only or one.name in chosen.only]
    if not campaigns:
        known = ", ".join(one.name for one in all_campaigns())
        print(f"no campaign has that name; there are: {known}", file=sys.stderr)  # noqa: T201
        return 2
    results = []
    for campaign in campaigns:
        print(f"{campaign.name} (seed {seed}) …", file=sys.stderr, flush=True)  # noqa: T201
        results.append(run_one(campaign, seed, full=not chosen.quick))
        print(told(results[-1]), file=sys.stderr, flush=True)  # noqa: T201
    text = table(results, "quick" if chosen.quick else "full")
    print(text)  # noqa: T201
    if chosen.write is not None:
        machine = f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Linux {platform.release()}"
        chosen.write.write_text(f"# Fault campaigns, {machine}\n\n{text}\n", "utf-8")
    if all(one.passed for one in results):
        return 0
    not_run = [f"{one.campaign.name}: {one.counts.skip_reason}" for one in results if one.counts.skip_reason]
    print("; ".join(not_run), file=sys.stderr)  # noqa: T201
    return 1 if any(not one.passed and not one.counts.skip_reason for one in results) else NOT_POSSIBLE_HERE


if __name__ == "__main__":
    sys.exit(main())
