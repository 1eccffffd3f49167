"""The quick tier of every fuzz campaign; `make fuzz` runs the full numbers."""

import pytest

from tests.faults.campaigns import drawn_seed, run_one, told
from tests.fuzz.run import all_campaigns


@pytest.mark.parametrize("campaign", all_campaigns(), ids=lambda one: one.name)
def test_hostile_input_does_no_harm(campaign):
    seed = drawn_seed()
    print(f"{campaign.name}: seed {seed}")  # noqa: T201 - shown where it fails
    result = run_one(campaign, seed, full=False)
    if result.counts.skip_reason:
        pytest.skip(result.counts.skip_reason)
    assert result.passed, told(result)
