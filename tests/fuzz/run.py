"""All fuzz campaigns: ``python -m tests.fuzz.run [--full | --quick] [--seed N] [--only NAME]...``.

Every `Campaign` of every ``tests/fuzz/*_fuzz.py`` is run, as for the fault campaigns: the seed is printed, the table
says what was required, what was run and what was wrong. The exit status is 1 where a campaign has a failure or ran too
little, else 3 where one could not run on this machine.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from tests.faults.campaign import Campaign
from tests.faults.campaigns import NOT_POSSIBLE_HERE, drawn_seed, run_one, table, told

_HERE = Path(__file__).parent


def all_campaigns() -> list[Campaign]:
    """Every campaign of every fuzz file, by name."""
    found: dict[str, Campaign] = {}
    for path in sorted(_HERE.glob("*_fuzz.py")):
        module = importlib.import_module(f"tests.fuzz.{path.stem}")
        found.update({one.name: one for one in vars(module).values() if isinstance(one, Campaign)})
    return [found[name] for name in sorted(found)]


def main(arguments: list[str] | None = None) -> int:
    """Run what the command line asks for; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run", description="Run the fuzz campaigns.")
    tier = parser.add_mutually_exclusive_group()
    tier.add_argument("--full", action="store_true", help="the required numbers (the default)")
    tier.add_argument("--quick", action="store_true", help="the numbers of the tier that `make test` runs")
    parser.add_argument("--seed", type=int, default=None, help="repeat a run; FAULT_SEED does the same")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="only campaigns of this name")
    chosen = parser.parse_args(arguments)
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
    print(table(results, "quick" if chosen.quick else "full"))  # noqa: T201
    if all(one.passed for one in results):
        return 0
    return 1 if any(not one.passed and not one.counts.skip_reason for one in results) else NOT_POSSIBLE_HERE


if __name__ == "__main__":
    sys.exit(main())
