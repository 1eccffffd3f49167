"""`archiver index`: rebuild, check, coverage and reconcile, as a user meets them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.archiver.commands import CUSTODIAN, Office

if TYPE_CHECKING:
    from pathlib import Path

    from tests.archiver.conftest import Filled


@pytest.fixture
def sound(office: Office, tmp_path: Path) -> Office:
    """An office with one record of which nothing can be read."""
    (tmp_path / "sound.bin").write_bytes(bytes(range(256)))
    office.json("ingest", str(tmp_path / "sound.bin"), "--custodian", CUSTODIAN)
    return office


@pytest.fixture
def own(filled: Filled, tmp_path: Path) -> Office:
    """A copy of what is filled, to be damaged."""
    return Office(folder=shutil.copytree(filled.office.folder, tmp_path / "archive"))


def index_file(office: Office) -> Path:
    (found,) = (office.folder / "index").glob("gen-*.db")
    return found


def test_coverage_says_what_is_covered_and_what_is_not(filled: Filled):
    found = filled.office.json("index", "coverage")
    assert (found["records"], found["indexed"], found["complete"], found["behind"]) == (5, 5, True, 0)
    assert found["submissions"] == {"unexamined": 0, "in_quarantine": 1, "failed": 0}
    assert (found["engine"], found["rebuild"], found["outdated"]) == ("fts", None, False)
    assert "1 handed in in quarantine" in filled.office.run("index", "coverage").out


def test_the_list_has_a_line_for_each_id_and_reason(filled: Filled):
    lines = [line.split("\t") for line in filled.office.run("index", "coverage", "--list").out.splitlines()]
    assert [reason for _, reason in lines] == ["in_quarantine"]
    assert lines[0][0].startswith("sub_")
    listed = filled.office.json("index", "coverage", "--list", "--reason", "in_quarantine")["listed"]
    assert listed == [{"id": lines[0][0], "reason": "in_quarantine"}]
    none = filled.office.run("index", "coverage", "--list", "--reason", "encrypted")
    assert (none.out, none.err) == ("", "nothing is left out\n")


def test_parts_that_could_not_be_read_are_counted_and_listed_by_reason(sound: Office):
    found = sound.json("index", "coverage", "--list")
    assert found["unsearchable"] == 1
    (reason,) = found["unread"]
    assert [one["reason"] for one in found["listed"]] == [reason]
    assert found["unread"] == {reason: 1}


@pytest.mark.parametrize(
    "options", [("--reason", "encrypted"), ("--list", "--reason", "weather"), ("--engine", "guess")]
)
def test_what_coverage_does_not_know_is_a_usage_error(office: Office, options: tuple[str, ...]):
    assert office.run("index", "coverage", *options).status == 2


def test_a_good_index_passes_the_check(filled: Filled):
    found = filled.office.json("index", "check", "--thorough")
    assert found["good"]
    (one,) = found["indexes"]
    assert (one["engine"], one["fitness"], one["detail"]) == ("fts", "good", None)
    assert one["reconciliation"]["missing"] == 0
    assert "good" in filled.office.run("index", "check").out


def test_a_missing_index_is_said_by_check_doctor_and_search_and_mended_by_one_command(own: Office):
    office = own
    index_file(office).unlink()
    checked = office.run("index", "check", "--json")
    assert checked.status == 6
    assert checked.document["indexes"][0]["fitness"] == "damaged"
    assert "archiver index rebuild" in checked.document["indexes"][0]["detail"]
    searched = office.run("search", "walrus", "--json")
    assert searched.status == 1
    assert "archiver index rebuild" in searched.error["message"]
    assert any("index" in line and "missing" in line for line in office.run("doctor").out.splitlines())
    assert office.json("index", "rebuild")["complete"]
    assert office.json("search", "walrus")["total"] == 1


def test_a_rebuild_may_be_held_back_and_begun_anew(own: Office):
    found = own.json("index", "rebuild", "--anew", "--records-per-second", "100000", "--engine", "fts")
    assert (found["indexed"], found["records"]) == (5, 5)


def test_reconciling_says_what_it_found(filled: Filled):
    (found,) = filled.office.json("index", "reconcile")["indexes"]
    assert found == {
        "engine": "fts",
        "records": 5,
        "missing": 0,
        "surplus": 0,
        "older": 0,
        "unreadable": 0,
        "repaired": True,
    }
    assert "agree" in filled.office.run("index", "reconcile").out


def test_a_second_engine_of_the_settings_has_an_index_and_coverage_of_its_own(own: Office):
    office = own
    assert office.run("index", "rebuild", "--engine", "whoosh").status == 2
    engines = {"ARCHIVER_SET_SEARCH__ENGINES": '["fts", "whoosh"]'}
    found = office.json("index", "rebuild", **engines)
    assert (found["engine"], found["indexed"]) == ("fts", 5)
    assert [(one["engine"], one["indexed"]) for one in found["others"]] == [("whoosh", 5)]
    assert office.json("index", "check", "--thorough", **engines)["good"]


def test_the_settings_name_only_engines_that_there_are(office: Office):
    answer = office.run("index", "check", ARCHIVER_SET_SEARCH__ENGINES='["guess"]')
    assert answer.status == 2
    assert "guess" in answer.err
