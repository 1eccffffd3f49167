"""The page about schedule files says everything that the loader knows, and what it shows can be loaded."""

from __future__ import annotations

import json
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from retention.calendars import Unit
from retention.checking import run_examples
from retention.evaluation import Verdict
from retention.facts import facts_from
from retention.rules import DEFAULT_EVENTS, DISPOSITION_CODES, TRIGGER_CODES, CaseKind, Trigger
from retention.schedule import load_schedule

PAGE = (Path(__file__).parents[2] / "docs" / "schedules.md").read_text(encoding="utf-8")


def _block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found.group(1)


def test_the_schedule_that_the_page_shows_can_be_loaded_and_passes():
    assert run_examples(load_schedule(_block("toml").encode(), "page.toml")) == ()


def test_the_facts_that_the_page_shows_can_be_read():
    assert facts_from(json.loads(_block("json")), ZoneInfo("UTC")).linked_series == "EX-20"


@pytest.mark.parametrize(("code", "trigger"), [(code, one) for code, one in TRIGGER_CODES.items() if code != "T0"])
def test_every_trigger_is_documented_with_its_code_and_events(code, trigger):
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| {code} | `{trigger.value}`"))
    assert all(kind in row for kind in DEFAULT_EVENTS.get(trigger, ()))


def test_every_other_word_is_documented():
    words = [*Unit, *DISPOSITION_CODES.values(), *Verdict, *CaseKind]
    assert [word.value for word in words if word.value not in PAGE] == []
    assert [code for code in DISPOSITION_CODES if f"| {code} |" not in PAGE] == []
    assert Trigger.NONE.value in PAGE
