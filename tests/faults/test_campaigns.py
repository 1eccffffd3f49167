"""The quick tier of every fault campaign, drawn by a seed that is printed; FAULT_SEED repeats it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.every_case import every_case
from tests.faults.campaigns import NOT_POSSIBLE_HERE, all_campaigns, drawn_seed

ROOT = Path(__file__).parents[2]


_PROGRAMS = 5  # each imports all campaigns, which takes longer than most of the quick tiers
_NAMES = [one.name for one in all_campaigns()]


@pytest.mark.timeout(1_200)  # a machine that does much else at the same time
@pytest.mark.parametrize("names", [_NAMES[number::_PROGRAMS] for number in range(_PROGRAMS)], ids=", ".join)
def test_no_fault_of_the_quick_tier_breaks_a_promise(names):
    seed = drawn_seed()
    # in programs of their own: coverage would measure the same lines thousands of times
    program = [sys.executable, "-m", "tests.faults.campaigns", "--quick", "--seed", str(seed)]
    program += [word for name in names for word in ("--only", name)]
    # one core, for the others belong to the other tests; how soon a server serves again is told by the full runs
    beside_others = {**os.environ, "FAULT_JOBS": "1", "FAULT_SERVES_AGAIN": "240"}
    ended = subprocess.run(program, cwd=ROOT, env=beside_others, capture_output=True, text=True, check=False)
    if ended.returncode == NOT_POSSIBLE_HERE:
        pytest.skip(ended.stderr.strip().splitlines()[-1])
    assert ended.returncode == 0, f"FAULT_SEED={seed}\n{ended.stderr[-4000:]}\n{ended.stdout}"


def test_every_campaign_is_in_one_of_the_programs():
    assert sorted(name for number in range(_PROGRAMS) for name in _NAMES[number::_PROGRAMS]) == sorted(set(_NAMES))


def test_every_campaign_has_a_name_and_numbers_of_its_own():
    campaigns = all_campaigns()
    assert len(campaigns) >= 16
    assert all(0 < one.quick <= one.requires for one in campaigns)


@every_case("campaign", all_campaigns(), ids=lambda one: one.name)
def test_the_documentation_names_every_campaign_with_its_numbers(campaign):
    full = f"all ({campaign.requires})" if campaign.name == "mutants of our order" else f"{campaign.requires:,}"
    assert f"\n| {campaign.name} | {full} | {campaign.quick:,} |" in (ROOT / "docs" / "faults.md").read_text("utf-8")
