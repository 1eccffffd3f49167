"""`archiver schedule load` and `compare`: before and after of an edition, and what keeps the edition of its day."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from archiver.unlocking import unlock_folder
from archiver.wiring import open_installation
from storage.events import EventKind
from tests.archiver.commands import CUSTODIAN, PASSPHRASE, Office, run
from tests.retention.held_records import keep

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage.archive import Archive

CAPTURED = datetime(2020, 3, 2, 20, tzinfo=UTC)  # noon of the same day in the archive's zone
SCHEDULE = """format = 1
name = "district"
title = "General records"
issuer = "Records Board"
jurisdiction = "J"
edition = "EDITION"
adopted_on = 2000-01-01
default_series = "S"
[[series]]
id = "S"
title = "Letters"
citation = "Act 1"
minimum = { trigger = "created", period = YEARS, unit = "year" }
steps = ["destroy"]
"""
DRAFTS = """[[series]]
id = "D"
title = "Drafts"
citation = "Act 2"
minimum = { trigger = "superseded" }
"""
TWO = "keep 2 years after the day it was made or sent; then destroy"
FORTY = "keep 40 years after the day it was made or sent; then destroy"


@contextmanager
def opened(office: Office) -> Iterator[Archive]:
    installation = open_installation(
        office.folder, unlock_folder(office.folder, None, {"ARCHIVER_PASSPHRASE": PASSPHRASE})
    )
    try:
        yield installation.archive
    finally:
        installation.close()


def write(folder: Path, edition: str, years: int, more: str = "") -> str:
    path = folder / f"{edition}.toml"
    path.write_text(SCHEDULE.replace("EDITION", edition).replace("YEARS", str(years)) + more)
    return str(path)


@pytest.fixture(scope="module")
def filled_once(new_archive, tmp_path_factory) -> Path:
    """Three mails of 2020 under a schedule of two years."""
    place = tmp_path_factory.mktemp("editions")
    office = Office(folder=shutil.copytree(new_archive, place / "archive"))
    office.json("schedule", "load", write(place, "1", 2))
    with opened(office) as archive:
        with archive.store.read() as connection:
            jane = archive.custodians.find(connection, CUSTODIAN) or ""
        for _ in range(3):
            keep(archive, jane, captured_at=CAPTURED)
    office.json("retention", "evaluate")
    return office.folder


@pytest.fixture(scope="module")
def unchanged(filled_once) -> Office:
    """The archive, for whoever leaves it as it is."""
    return Office(folder=filled_once)


@pytest.fixture
def office(filled_once, tmp_path) -> Office:
    return Office(folder=shutil.copytree(filled_once, tmp_path / "archive"))


def moved(dates: dict[str, Any]) -> dict[str, int]:
    return {name: number for name, number in dates["totals"].items() if number}


def test_a_dry_run_tells_before_and_after_and_loads_nothing(unchanged, tmp_path):
    told = unchanged.json("schedule", "load", write(tmp_path, "2", 40, DRAFTS), "--dry-run")
    assert (told["dry_run"], told["edition"]) == (True, "2")
    changes = told["changes"]
    assert changes["counts"] == {"added": 1, "removed": 0, "changed": 1, "unchanged": 0}
    assert [(one["id"], one["change"], one["before"], one["after"]) for one in changes["series"]] == [
        ("S", "changed", [TWO], [FORTY]),
        ("D", "added", [], ["keep until superseded or obsolete or rescinded"]),
    ]
    # eligible since 2022-03-03 by the first, not before 2060 by the second
    assert moved(changes["dates"]) == {"records": 3, "later": 3, "eligible_no_more": 3}
    assert [one["edition"] for one in unchanged.json("schedule", "list")] == ["1"]


def test_loading_tells_the_same_and_loads(office, tmp_path):
    path = write(tmp_path, "2", 40)
    expected = office.json("schedule", "load", path, "--dry-run")["changes"]
    told = office.json("schedule", "load", path)
    assert told["changes"] == expected
    assert (told["state"], told["edition"]) == ("current", "2")
    assert [one["state"] for one in office.json("schedule", "list")] == ["superseded", "current"]


def test_people_see_each_rule_before_and_after(unchanged, tmp_path):
    lines = unchanged.run("schedule", "load", write(tmp_path, "2", 40), "--dry-run").out.splitlines()
    assert lines[0] == "General records, edition 2: nothing was loaded"
    assert lines[lines.index("changed  S (rule)") + 1 :][:2] == [f"  - {TWO}", f"  + {FORTY}"]
    assert lines[-1] == "  S: 3 later, 3 eligible no more"


def test_a_shorter_rule_tells_what_it_makes_eligible_at_once(office, tmp_path):
    office.json("schedule", "load", write(tmp_path, "2", 40))
    told = office.json("schedule", "load", write(tmp_path, "3", 1), "--dry-run")["changes"]
    assert moved(told["dates"]) == {"records": 3, "earlier": 3, "eligible_at_once": 3}


def test_a_series_that_is_gone_leaves_its_records_without_a_day(unchanged, tmp_path):
    path = tmp_path / "2.toml"
    path.write_text(SCHEDULE.replace("EDITION", "2").replace("YEARS", "2").replace('"S"', '"T"'))
    told = unchanged.json("schedule", "load", str(path), "--dry-run")["changes"]
    assert told["counts"] == {"added": 1, "removed": 1, "changed": 0, "unchanged": 0}
    assert moved(told["dates"]) == {"records": 3, "undated": 3, "eligible_no_more": 3}


def test_the_same_file_again_changes_nothing(office, filled_once):
    told = office.json("schedule", "load", str(filled_once.parent / "1.toml"))
    assert told["changes"] is None
    assert len(office.json("schedule", "list")) == 1


def test_the_records_are_not_counted_where_nobody_wants_it(unchanged, tmp_path):
    told = unchanged.json("schedule", "load", write(tmp_path, "2", 40), "--dry-run", "--no-dates")
    assert told["changes"]["dates"] is None
    assert told["changes"]["counts"]["changed"] == 1


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_what_cannot_be_loaded_is_refused_dry_too(unchanged, tmp_path, dry):
    other = tmp_path / "other.toml"
    other.write_text(SCHEDULE.replace("EDITION", "1").replace("YEARS", "2").replace('"district"', '"other"'))
    answer = unchanged.run("schedule", "load", str(other), *dry, "--json")
    assert (answer.status, answer.error["kind"]) == (5, "conflict")


def test_two_files_are_compared_without_an_archive(tmp_path):
    answer = run("schedule", "compare", write(tmp_path, "1", 2), write(tmp_path, "2", 40), "--json", passphrase=None)
    assert answer.status == 0
    assert answer.document["dates"] is None
    assert answer.document["head"] == [{"what": "edition", "before": "1", "after": "2"}]
    assert [one["parts"] for one in answer.document["series"]] == [["rule"]]


def test_a_loaded_schedule_is_compared_with_a_file_and_records_are_counted(unchanged, tmp_path):
    told = unchanged.json("schedule", "compare", "district", write(tmp_path, "2", 40))
    assert moved(told["dates"]) == {"records": 3, "later": 3, "eligible_no_more": 3}


def test_a_superseded_edition_is_compared_with_the_one_after_it(office, tmp_path):
    office.json("schedule", "load", write(tmp_path, "2", 40))
    first = office.json("schedule", "list")[0]["id"]
    told = office.json("schedule", "compare", first, "district")
    assert (told["old"]["edition"], told["new"]["edition"]) == ("1", "2")
    assert moved(told["dates"])["later"] == 3


def test_what_is_not_there_cannot_be_compared(unchanged, tmp_path):
    answer = unchanged.run("schedule", "compare", "nowhere", write(tmp_path, "2", 40), "--json")
    assert (answer.status, answer.error["kind"]) == (3, "not_found")


def test_the_leaf_of_a_load_keeps_what_it_superseded_and_how_many_series_changed(office, tmp_path):
    first = office.json("schedule", "list")[0]["id"]
    office.json("schedule", "load", write(tmp_path, "2", 40))
    payload = _payloads(office, "schedule.loaded")[-1]
    assert payload["supersedes"] == first
    assert payload["series"] == {"added": 0, "removed": 0, "changed": 1, "unchanged": 0}


def test_an_explanation_says_what_earlier_editions_said_where_a_day_is_another(office, tmp_path):
    one = office.json("record", "list")[0]["id"]
    office.json("schedule", "load", write(tmp_path, "2", 2))
    assert office.json("retention", "explain", one)["earlier_editions"] == []
    office.json("schedule", "load", write(tmp_path, "3", 40))
    told = office.json("retention", "explain", one)
    assert told["eligible_on"] == "2060-03-03"
    # edition 1 said the same as edition 2, so the later of them is named
    (before,) = told["earlier_editions"]
    assert (before["edition"], before["eligible_on"], before["latest_on"]) == ("2", "2022-03-03", None)
    assert "Before          edition 2, until" in office.run("retention", "explain", one).out


def test_an_explanation_names_the_edition_that_had_a_series_which_is_gone(office, tmp_path):
    one = office.json("record", "list")[0]["id"]
    path = tmp_path / "2.toml"
    path.write_text(SCHEDULE.replace("EDITION", "2").replace("YEARS", "2").replace('"S"', '"T"'))
    office.json("schedule", "load", str(path))
    told = office.json("retention", "explain", one)
    assert (told["decision"], told["eligible_on"]) == ("unscheduled", None)
    assert [(past["edition"], past["eligible_on"]) for past in told["earlier_editions"]] == [("1", "2022-03-03")]


def test_what_was_executed_keeps_the_edition_under_which_it_was_decided(office, tmp_path):
    tokens = {
        name: office.json("user", "add", name, "--role", role)["token"]
        for name, role in (("olga", "officer"), ("anna", "approver"))
    }

    def act(who: str, *arguments: str) -> Any:
        return office.json("disposition", *arguments, "--as", who, ARCHIVER_TOKEN=tokens[who])

    batch = act("olga", "propose")["id"]
    act("anna", "approve", batch)
    assert act("olga", "execute", batch)["destroyed"] == 3
    told = office.json("schedule", "load", write(tmp_path, "2", 40))
    assert moved(told["changes"]["dates"]) == {}
    shown = act("olga", "show", batch)
    assert {(one["fate"], one["edition"], one["eligible_on"]) for one in shown["decisions"]} == {
        ("destroyed", "1", "2022-03-03")
    }


def test_what_was_only_proposed_is_dropped_under_the_next_edition(office, tmp_path):
    """The future is computed anew: nothing is destroyed by a rule that is superseded."""
    tokens = {
        name: office.json("user", "add", name, "--role", role)["token"]
        for name, role in (("olga", "officer"), ("anna", "approver"))
    }
    batch = office.json("disposition", "propose", "--as", "olga", ARCHIVER_TOKEN=tokens["olga"])["id"]
    office.json("schedule", "load", write(tmp_path, "2", 40))
    refused = office.run("disposition", "approve", batch, "--as", "anna", ARCHIVER_TOKEN=tokens["anna"])
    assert refused.status == 5


def _payloads(office: Office, kind: str) -> list[dict[str, Any]]:
    with opened(office) as archive, archive.store.read() as connection:
        found = archive.ledger.events_after(connection, -1, kinds=(EventKind(kind),), limit=100)
        return [archive.ledger.payload(connection, one.position) or {} for one in found]
