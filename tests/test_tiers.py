"""A quick run leaves cases out and says how many; a thorough one leaves out none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import tiers

ROOT = Path(__file__).parents[1]


def skipped(cases):
    return [one.values for one in cases for mark in one.marks if mark.name == "skipif" and mark.args[0]]


def test_what_is_not_in_the_quick_tier_is_skipped_and_stays_a_case():
    cases = tiers.few([("a", 1), ("b", 2), ("c", 3)], quick=[("b", 2)])
    assert [one.values for one in cases] == [("a", 1), ("b", 2), ("c", 3)]
    assert skipped(cases) == ([] if tiers.THOROUGH else [("a", 1), ("c", 3)])
    assert tiers.tried(2, 300) == (300 if tiers.THOROUGH else 2)


def test_a_quick_case_that_is_no_case_is_refused():
    with pytest.raises(ValueError, match="no cases"):
        tiers.few([("a",)], quick=[("b",)])


def test_the_target_sets_what_the_tests_ask_for_and_runs_every_file_that_asks():
    recipe = re.search(r"^thorough:.*\n\t(.*)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert recipe is not None
    assert recipe[1].startswith("TESTS_THOROUGH=1 ")
    assert "grep -rl 'from tests.tiers import' tests" in recipe[1]
