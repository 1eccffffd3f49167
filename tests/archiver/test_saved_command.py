"""`archiver saved`: a query under a name, run with the rights of who runs it."""

from __future__ import annotations

import shutil

import pytest

from tests.archiver.commands import CUSTODIAN, Office
from tests.archiver.search_work_scene import user


@pytest.fixture
def office(searched, tmp_path) -> Office:
    return Office(folder=shutil.copytree(searched, tmp_path / "archive"))


def test_a_saved_search_finds_what_its_query_finds(office):
    office.json("saved", "add", "Zoo matter", "walrus")
    found = office.json("saved", "run", "zoo MATTER")
    assert (found["total"], found["name"]) == (2, "Zoo matter")
    ids = office.run("saved", "run", "Zoo matter", "--ids").out.split()
    assert sorted(ids) == sorted(office.run("search", "walrus", "--ids").out.split())


def test_a_query_that_cannot_be_understood_is_not_saved_and_the_place_is_told(office):
    answer = office.run("saved", "add", "Bad", "bus (walrus", "--json")
    assert answer.status == 2
    assert answer.error["position"] == 4
    assert office.json("saved", "list") == []
    assert "archiver saved add" in office.run("saved", "list").out


def test_days_told_from_today_stay_relative_and_that_is_said(office):
    made = office.json("saved", "add", "Lately", 'walrus after:"last month"')
    assert (made["relative"], made["query"]) == (True, 'walrus after:"last month"')
    assert office.json("saved", "add", "Fixed", "walrus after:2026-01-01")["relative"] is False
    assert "told from the day" in office.run("saved", "run", "Lately").err
    assert "told from the day" in office.run("saved", "show", "Lately").out


def test_an_employee_who_runs_a_shared_search_finds_his_own_records_only(office):
    jane = user(office, "jane", "employee", "--custodian", CUSTODIAN)
    office.json("saved", "add", "All budgets", "budget", "--share")
    assert office.json("saved", "run", "All budgets")["total"] == 2
    assert office.json("saved", "run", "All budgets", "--as", "jane", **jane)["total"] == 1


def test_what_is_not_shared_is_not_there_for_others(office):
    olga = user(office, "olga", "officer")
    office.json("saved", "add", "Mine", "budget")
    assert office.json("saved", "list", "--as", "olga", **olga) == []
    assert office.run("saved", "run", "Mine", "--as", "olga", **olga).status == 3


def test_nobody_changes_or_removes_what_is_somebody_elses(office):
    olga = user(office, "olga", "officer")
    vera = user(office, "vera", "reviewer")
    office.json("saved", "add", "Hers", "budget", "--share", "--as", "olga", **olga)
    for words in (["change", "Hers", "--query", "roof"], ["remove", "Hers"]):
        assert office.run("saved", *words, "--as", "vera", **vera).status == 4
    assert office.json("saved", "show", "Hers", "--as", "vera", **vera)["query"] == "budget"


def test_an_employee_may_save_and_not_share(office):
    jane = user(office, "jane", "employee", "--custodian", CUSTODIAN)
    assert office.run("saved", "add", "Own", "bus", "--as", "jane", **jane).status == 0
    assert office.run("saved", "add", "For all", "bus", "--share", "--as", "jane", **jane).status == 4
    assert office.run("saved", "change", "Own", "--share", "--as", "jane", **jane).status == 4


def test_who_may_not_search_may_not_save(office):
    ada = user(office, "ada", "administrator")
    assert office.run("saved", "add", "Own", "bus", "--as", "ada", **ada).status == 4


def test_what_is_changed_is_changed_and_the_rest_stays(office):
    office.json("saved", "add", "Own", "bus", "--note", "why")
    changed = office.json("saved", "change", "Own", "--name", "New", "--query", "roof", "--share")
    assert (changed["name"], changed["query"], changed["note"], changed["shared"]) == ("New", "roof", "why", True)
    assert office.json("saved", "change", "New", "--note", "", "--unshare")["note"] is None
    assert office.run("saved", "change", "New").status == 2
    assert office.run("saved", "show", "Own").status == 3


def test_a_removed_search_is_gone_and_every_fault_free(office):
    office.json("saved", "add", "Own", "bus")
    office.json("saved", "remove", "Own")
    assert office.run("saved", "run", "Own").status == 3
    assert office.json("verify")["faults"] == []
