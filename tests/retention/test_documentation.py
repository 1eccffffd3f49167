"""The page about schedule files says everything that the loader knows, and what it shows can be loaded."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from zoneinfo import ZoneInfo

from retention.calendars import Unit
from retention.checking import run_examples
from retention.evaluation import Verdict
from retention.expressions import COMBINATORS, TERM_KEYS, read_expression
from retention.facts import facts_from
from retention.reading import Place
from retention.schedule import load_schedule
from retention.vocabulary import DEFAULT_EVENTS, DISPOSITION_CODES, TRIGGER_CODES, CaseKind, Trigger
from tests.every_case import every_case

PAGE = (Path(__file__).parents[2] / "docs" / "schedules.md").read_text(encoding="utf-8")


def _block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found.group(1)


def test_the_schedule_that_the_page_shows_can_be_loaded_and_passes():
    assert run_examples(load_schedule(_block("toml").encode(), "page.toml")) == ()


def test_the_facts_that_the_page_shows_can_be_read():
    assert facts_from(json.loads(_block("json")), ZoneInfo("UTC")).linked_series == "EX-20"


@every_case(("code", "trigger"), [(code, one) for code, one in TRIGGER_CODES.items() if code != "T0"])
def test_every_trigger_is_documented_with_its_code_and_events(code, trigger):
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| {code} | `{trigger.value}`"))
    assert all(kind in row for kind in DEFAULT_EVENTS.get(trigger, ()))


def test_every_rule_in_the_table_of_sentences_can_be_read():
    table = PAGE.split("## Sentences and how they are written")[1].split("\n## ")[0]
    trees = [tree for tree in re.findall(r"`(?:maximum = )?(\{.*\})` \|", table) if "trigger" in tree]
    assert len(trees) > 15
    for tree in trees:
        read_expression(tomllib.loads(f"tree = {tree}")["tree"], Place(file="page"), "tree")


def test_every_key_of_a_clock_and_every_combinator_is_documented():
    assert [key for key in TERM_KEYS if f"`{key}`" not in PAGE and key not in {"trigger", "period", "unit"}] == []
    assert [key for key in COMBINATORS if f"`{key} =" not in PAGE] == []


def test_every_other_word_is_documented():
    words = [*Unit, *DISPOSITION_CODES.values(), *Verdict, *CaseKind]
    assert [word.value for word in words if word.value not in PAGE] == []
    assert [code for code in DISPOSITION_CODES if f"| {code} |" not in PAGE] == []
    assert Trigger.NONE.value in PAGE
