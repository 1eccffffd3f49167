"""`archiver person`, `record link`, `event` and what `retention` says of them, as a records officer uses them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.archiver.commands import Office, a_mail

if TYPE_CHECKING:
    from pathlib import Path

SCHEDULE = """format = 1
name = "district"
title = "T"
issuer = "I"
jurisdiction = "J"
edition = "1"
default_series = "LEFT"
[[series]]
id = "LEFT"
title = "A"
citation = "Act 1"
minimum = { trigger = "left_school", period = 5, unit = "year" }
[[series]]
id = "PLAIN"
title = "B"
citation = "Act 2"
minimum = { trigger = "created", period = 1, unit = "year" }
"""
ROSTER = (
    "\ufeffRef;First name;Last name;Born;Locker\r\nS1;Sam;Lee;2008-04-30;7\r\nS2;Ann;Poe;30.4.2008;8\r\n;No;Ref;;\r\n"
)


@pytest.fixture(scope="module")
def desk_once(new_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """An archive with a schedule and one mail about a pupil, and the record's id."""
    place = tmp_path_factory.mktemp("desk")
    office = Office(folder=shutil.copytree(new_archive, place / "archive"))
    (place / "s.toml").write_text(SCHEDULE, "utf-8")
    office.json("schedule", "load", str(place / "s.toml"))
    mail = place / "one.eml"
    mail.write_bytes(a_mail("Visit", "The parents of Sam Lee came by."))
    office.json("ingest", str(mail))
    (record,) = office.json("record", "list")
    return office.folder, record["id"]


@pytest.fixture
def desk(desk_once: tuple[Path, str], tmp_path: Path) -> tuple[Office, str]:
    """A copy of it, and the record's id."""
    folder, record_id = desk_once
    return Office(folder=shutil.copytree(folder, tmp_path / "archive")), record_id


def import_roster(office: Office, tmp_path: Path, *more: str) -> Any:
    path = tmp_path / "roster.csv"
    path.write_text(ROSTER, "utf-8")
    return office.json("person", "import", str(path), "--kind", "student", *more, status=6)


def test_a_roster_adds_whom_it_can_and_names_the_other_lines(desk: tuple[Office, str], tmp_path: Path):
    office, _ = desk
    tried = import_roster(office, tmp_path, "--dry-run")
    assert (tried["added"], tried["failed"], office.json("person", "list")) == (0, 2, [])
    report = import_roster(office, tmp_path)
    assert (report["seen"], report["added"], report["failed"], report["unknown_columns"]) == (3, 1, 2, 1)
    assert [one["line"] for one in report["problems"]] == [3, 4]
    assert import_roster(office, tmp_path)["unchanged"] == 1
    (person,) = office.json("person", "list")
    assert (person["ref"], person["name"], person["born"], person["records"]) == ("S1", "Sam Lee", "2008-04-30", 0)


@pytest.mark.parametrize("content", [b"name,born\nSam,2008-04-30\n", b"ref\n\xff\n", b'ref\n"' + b"x" * 200_000])
def test_what_is_no_roster_is_refused_in_one_sentence(desk: tuple[Office, str], tmp_path: Path, content: bytes):
    path = tmp_path / "roster.csv"
    path.write_bytes(content)
    answer = desk[0].run("person", "import", str(path), "--kind", "student", "--json")
    assert answer.status == 2
    assert "roster" in answer.error["message"]


def test_a_name_in_a_record_is_a_suggestion_until_somebody_takes_it(desk: tuple[Office, str], tmp_path: Path):
    office, record_id = desk
    import_roster(office, tmp_path)
    (found,) = office.json("record", "suggestions", record_id)["suggestions"]
    assert found["ref"] == "S1"
    assert office.json("retention", "explain", record_id)["links"] == []
    office.json("record", "link", record_id, "--person", "S1", "--role", "subject", "--suggested")
    (link,) = office.json("retention", "explain", record_id)["links"]
    assert (link["ref"], link["role"], link["how"]) == ("S1", "subject", "suggestion")
    assert office.json("record", "suggestions", record_id)["suggestions"] == []
    office.json("record", "link", record_id, "--person", "S1", "--suggested", status=3)


def test_an_event_of_a_linked_person_decides_and_is_explained_with_its_source(desk: tuple[Office, str]):
    office, record_id = desk
    office.json("person", "add", "S1", "--kind", "student", "--born", "2008-04-30")
    office.json("record", "link", record_id, "--person", "S1", "--role", "subject")
    assert office.json("retention", "waiting")["records"][0]["id"] == record_id
    added = office.json(
        "event", "add", "--person", "S1", "--kind", "graduated", "--date", "2019-06-10", "--source", "form 7"
    )
    assert added["asked_for"] is True
    document = office.json("retention", "explain", record_id)
    assert (document["decision"], document["eligible_on"]) == ("eligible", "2024-06-11")
    assert [(one["kind"], one["source"]) for one in document["events"]] == [("graduated", "form 7")]
    assert "Act 1" in document["reasons"][0]
    assert [(one["series"], one["how"]) for one in document["assignments"]] == [("LEFT", "rule")]
    assert office.json("retention", "evaluate")["eligible"] == [record_id]
    assert office.json("retention", "waiting")["records"] == []
    office.json("event", "withdraw", added["id"], "--why", "of another pupil")
    assert office.json("retention", "evaluate")["needs_event"] == [record_id]
    assert office.json("event", "list") == []
    assert [one["withdrawn"] for one in office.json("event", "list", "--withdrawn", "--person", "S1")] == [True]


def test_a_case_is_known_as_soon_as_it_is_named_and_a_person_is_not(desk: tuple[Office, str]):
    office, record_id = desk
    office.json("event", "add", "--case", "C-7", "--kind", "withdrawn", "--date", "2019-06-10")
    office.json("record", "link", record_id, "--case", "C-7", "--role", "subject")
    assert office.json("retention", "evaluate")["eligible"] == [record_id]
    office.json("record", "unlink", record_id, "--case", "C-7")
    assert office.json("retention", "evaluate")["eligible"] == []
    office.json("record", "link", record_id, "--person", "S9", "--role", "subject", status=3)
    office.json("event", "add", "--person", "S9", "--kind", "graduated", "--date", "2019-06-10", status=3)
    office.json("event", "add", "--series", "NONE", "--kind", "graduated", "--date", "2019-06-10", status=3)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--kind", "graduated", "--date", "2019-06-10"),
        ("--series", "LEFT", "--case", "C-1", "--kind", "graduated", "--date", "2019-06-10"),
        ("--series", "LEFT", "--kind", "graduated"),
        ("--series", "LEFT", "--kind", "graduated", "--date", "2019-02-30"),
        ("--series", "LEFT", "--kind", "graduated", "--date", "2019-06-10", "--cannot-happen"),
        ("--series", "LEFT", "--kind", "Two words", "--date", "2019-06-10"),
        ("--series", "LEFT", "--kind", "graduated", "--date", "2019-06-10", "--until", "2018-01-01"),
        ("--series", "LEFT", "--kind", "graduated", "--date", "2019-06-10", "--source", " "),
    ],
)
def test_an_event_that_cannot_be_one_is_refused(desk: tuple[Office, str], arguments: tuple[str, ...]):
    assert desk[0].run("event", "add", *arguments).status == 2


def test_a_custodians_address_names_him_and_a_kind_for_which_nobody_asks_is_said(desk: tuple[Office, str]):
    answer = desk[0].run(
        "event", "add", "--person", "jane@agency.example", "--kind", "separated", "--date", "2019-06-10"
    )
    assert answer.status == 0
    assert "custodian jane@agency.example" in answer.out
    assert "asks for separated" in answer.err


def test_a_series_given_by_hand_is_told_with_its_reason(desk: tuple[Office, str]):
    office, record_id = desk
    document = office.json("retention", "assign", record_id, "PLAIN", "--why", "it is about nobody")
    assert document["series"] == ["PLAIN"]
    assert document["assignments"][-1]["why"] == "it is about nobody"
    assert office.json("record", "show", record_id)["assignments"] == document["assignments"]
    assert "it is about nobody" in office.run("record", "show", record_id).out
    assert office.json("verify")["faults"] == []
    office.json("retention", "assign", record_id, "NONE", "--why", "so", status=3)


def test_only_an_officer_accepts_the_clock(desk: tuple[Office, str]):
    office, _ = desk
    assert office.json("retention", "clock", "show")["frozen"] is None
    assert office.run("retention", "clock", "accept", "--why", "so").status == 4
    token = office.json("user", "add", "olga", "--role", "officer")["token"]
    officer = ("retention", "clock", "accept", "--why", "so", "--as", "olga")
    assert office.run(*officer, ARCHIVER_TOKEN=token).status == 5  # nothing is frozen


def test_an_approver_may_ask_why_and_may_not_record_events(desk: tuple[Office, str]):
    office, record_id = desk
    token = office.json("user", "add", "paul", "--role", "approver")["token"]
    asked = office.run("retention", "explain", record_id, "--as", "paul", ARCHIVER_TOKEN=token)
    assert asked.status == 0
    event = ("event", "add", "--record", record_id, "--kind", "graduated", "--date", "2019-06-10", "--as", "paul")
    assert office.run(*event, ARCHIVER_TOKEN=token).status == 4
