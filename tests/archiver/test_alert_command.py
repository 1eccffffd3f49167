"""`archiver alert`: set, listed, paused, removed, and checked by hand."""

from __future__ import annotations

import shutil

import pytest

from tests.archiver.commands import CUSTODIAN, Office
from tests.archiver.search_work_scene import come_in, opened, user

TO = ("--to", "olga@agency.example")


@pytest.fixture
def office(searched, tmp_path) -> Office:
    return Office(folder=shutil.copytree(searched, tmp_path / "archive"))


def test_an_alert_is_set_listed_paused_and_removed(office):
    assert "archiver alert add" in office.run("alert", "list").out
    made = office.json("alert", "add", "Zoo", "walrus", *TO, "--every", "hour")
    assert (made["state"], made["every_hours"], made["found"]) == ("active", 1.0, 0)
    assert office.json("alert", "pause", made["id"])["state"] == "paused"
    assert office.run("alert", "pause", made["id"]).status == 5
    assert office.json("alert", "resume", made["id"])["state"] == "active"
    office.json("alert", "remove", made["id"])
    assert office.json("alert", "list") == []
    assert [one["state"] for one in office.json("alert", "list", "--removed")] == ["removed"]
    assert office.run("alert", "resume", made["id"]).status == 5
    assert office.run("alert", "show", "alr_none").status == 3


def test_what_comes_in_is_found_by_a_check_and_told_where_letters_are_sent(office):
    sends = {"ARCHIVER_SET_MAIL__ENABLED": "true"}
    made = office.json("alert", "add", "Zoo", "walrus", *TO)
    assert "letters are not sent" in made["problem"]
    installation = opened(office)
    try:
        record = come_in(installation, CUSTODIAN, "More", "One more walrus.")
    finally:
        installation.close()
    assert office.json("alert", "check") == {"found": 1, "letters": 0}
    assert office.json("alert", "check", **sends) == {"found": 0, "letters": 1}
    assert office.json("alert", "check", **sends) == {"found": 0, "letters": 0}
    assert office.json("alert", "show", made["id"])["records"] == [record]
    assert [one["kind"] for one in office.json("outbox", "list")["letters"]] == ["alert"]


@pytest.mark.parametrize(
    "words",
    [
        ["Zoo", "walrus"],
        ["Zoo", "walrus", "--to", "nobody"],
        ["Zoo", "walrus", *TO, "--officer"],
        ["Zoo", "walrus", "--officer"],
        ["Zoo", "(walrus", *TO],
        ["", "walrus", *TO],
        ["Zoo", *TO],
        ["Zoo", "walrus", *TO, "--every", "minute"],
    ],
)
def test_what_is_no_alert_is_refused(office, words):
    assert office.run("alert", "add", *words).status == 2


def test_an_employee_sets_none_and_a_reviewer_sees_his_own(office):
    jane = user(office, "jane", "employee", "--custodian", CUSTODIAN)
    vera = user(office, "vera", "reviewer")
    assert office.run("alert", "add", "Own", "bus", *TO, "--as", "jane", **jane).status == 4
    office.json("alert", "add", "Zoo", "walrus", *TO)
    made = office.json("alert", "add", "Own", "bus", *TO, "--as", "vera", **vera)
    assert [one["id"] for one in office.json("alert", "list", "--as", "vera", **vera)] == [made["id"]]
    assert len(office.json("alert", "list")) == 2
    assert office.run("alert", "check", "--as", "vera", **vera).status == 4
