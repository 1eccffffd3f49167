"""`archiver schedule` and `archiver retention` as the command contract says them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from retention import schedules
from tests.archiver.commands import run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.archiver.conftest import Filled

DECISIONS = {"retain", "eligible", "needs_event", "permanent", "held", "conflict", "unscheduled"}
LISTS = ("eligible", "held", "needs_event", "conflict", "unscheduled")


@pytest.fixture
def schedule(tmp_path: Path) -> Path:
    path = tmp_path / "schedule.toml"
    path.write_bytes(schedules.read_example())
    return path


def tried(schedule: Path, facts: dict[str, Any], today: str, *more: str, series: str = "EX-10") -> Any:
    """`schedule try --json`, without any archive."""
    path = schedule.parent / "facts.json"
    path.write_text(json.dumps(facts), "utf-8")
    return run(
        "schedule", "try", str(schedule), "--series", series, "--facts", str(path), "--today", today, "--json", *more
    )


def test_a_try_says_the_decision_its_days_its_steps_and_why(schedule: Path):
    document = tried(schedule, {"created": "2024-03-01"}, "2027-06-30").document
    assert set(document) >= {"decision", "eligible_on", "latest_on", "steps", "reasons"}
    assert (document["decision"], document["eligible_on"]) == ("retain", "2027-07-01")
    assert document["decision"] in DECISIONS
    assert document["steps"]
    assert document["reasons"]


def test_a_try_on_the_first_day_is_eligible(schedule: Path):
    assert tried(schedule, {"created": "2024-03-01"}, "2027-07-01").document["decision"] == "eligible"


def test_a_try_without_the_event_that_starts_the_clock_needs_it(schedule: Path):
    answer = tried(schedule, {"created": "2024-03-01"}, "2044-03-01", series="EX-20")
    assert answer.document["decision"] == "needs_event"


@pytest.mark.parametrize(
    ("facts", "today", "series", "status"),
    [
        ({"created": "2024-03-01"}, "2027-02-30", "EX-10", 2),
        ({"created": "yesterday"}, "2027-02-28", "EX-10", 2),
        ({"invented": 1}, "2027-02-28", "EX-10", 2),
        ({"created": "2024-03-01"}, "2027-02-28", "EX-NONE", 3),
    ],
)
def test_a_try_that_cannot_be_made_is_an_error_and_no_decision(
    schedule: Path, facts: dict[str, Any], today: str, series: str, status: int
):
    answer = tried(schedule, facts, today, series=series)
    assert answer.status == status
    assert answer.error["message"]


def test_a_schedule_file_that_is_not_there_ends_with_3(tmp_path: Path):
    assert tried(tmp_path / "none.toml", {}, "2027-02-28").status == 3


def test_the_shipped_example_passes_its_own_examples(schedule: Path):
    answer = run("schedule", "check", str(schedule), "--json")
    assert answer.status == 0
    assert answer.document["failures"] == []
    assert answer.document["examples"] > 10


def test_a_schedule_whose_example_fails_ends_with_6(schedule: Path):
    text = schedule.read_text("utf-8").replace("eligible_on = 2027-07-01", "eligible_on = 2027-07-02", 1)
    schedule.write_text(text, "utf-8")
    answer = run("schedule", "check", str(schedule), "--json")
    assert answer.status == 6
    assert len(answer.document["failures"]) == 1


def test_an_evaluation_lists_or_counts_every_record_once(filled: Filled):
    document = filled.office.json("retention", "evaluate", "--today", "2026-12-01")
    assert set(document) >= {"today", "not_due", *LISTS}
    listed = [one for name in LISTS for one in document[name]]
    assert len(listed) == len(set(listed))
    assert len(listed) + document["not_due"] == len(filled.office.json("record", "list"))
    assert document["today"] == "2026-12-01"


def test_an_evaluation_for_a_later_day_is_a_forecast_in_which_more_is_eligible(filled: Filled):
    document = filled.office.json("retention", "evaluate", "--today", "2049-01-01")
    assert len(document["eligible"]) == 5
    assert document["forecast"] is True


def test_the_loaded_schedule_is_listed(filled: Filled):
    (listed,) = filled.office.json("schedule", "list")
    assert listed["name"] == "example-district"


def test_a_record_shows_its_series_and_what_the_schedule_says(filled: Filled):
    (record_id,) = filled.office.run("search", "--ids", "walrus").out.split()
    shown = filled.office.json("record", "show", record_id)
    assert shown["series"].endswith("EX-10")
    assert shown["retention"]["decision"] in DECISIONS
    assert shown["retention"]["reasons"]
