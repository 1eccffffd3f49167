"""Series by rule as a records officer sees it: role at the message's date, words, facts, and what is in doubt."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.archiver.commands import CUSTODIAN, Office, a_mail, run

if TYPE_CHECKING:
    from pathlib import Path

SCHEDULE = """format = 1
name = "district"
title = "T"
issuer = "I"
jurisdiction = "J"
edition = "1"
default_series = "REST"
[[assign]]
series = "LAW"
query = "settlement"
[[assign]]
series = "HEADS"
role = "principal"
[[series]]
id = "LAW"
title = "A"
citation = "Act 1"
permanent = true
[[series]]
id = "HEADS"
title = "B"
citation = "Act 2"
permanent = true
[[series]]
id = "REST"
title = "C"
citation = "Act 3"
minimum = { trigger = "created", period = 1, unit = "year" }
[[series.case]]
kind = "copy_type"
when = { copy = "secondary" }
minimum = { trigger = "value_ended" }
"""
ROSTER = f"""ref,kind,email,role,from,until
E-1,employee,{CUSTODIAN},teacher,,2025-12-31
E-1,employee,{CUSTODIAN},principal,2026-01-01,
"""
SUBJECTS = {"teacher": "Before", "principal": "After", "law": "Case", "undated": "Never"}
MAILS = {
    "teacher": a_mail(SUBJECTS["teacher"], "The bus.", date="Mon, 1 Dec 2025 10:00:00 -0800"),
    "principal": a_mail(SUBJECTS["principal"], "The bus again.", date="Mon, 2 Mar 2026 10:00:00 -0800"),
    "law": a_mail(SUBJECTS["law"], "The settlement.", date="Mon, 2 Mar 2026 11:00:00 -0800"),
    "undated": a_mail(SUBJECTS["undated"], "The bus once more.").replace(b"Date:", b"X-Date:"),
}


@pytest.fixture(scope="module")
def desk_once(new_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """An archive with the schedule, the roster and the mails, and the record of each."""
    place = tmp_path_factory.mktemp("desk")
    office = Office(folder=shutil.copytree(new_archive, place / "archive"))
    (place / "s.toml").write_text(SCHEDULE, "utf-8")
    (place / "r.csv").write_text(ROSTER, "utf-8")
    office.json("schedule", "load", str(place / "s.toml"))
    assert office.json("person", "import", str(place / "r.csv"))["roles"] == 2
    inbox = place / "inbox"
    inbox.mkdir()
    for name, raw in MAILS.items():
        (inbox / f"{name}.eml").write_bytes(raw)
    office.json("ingest", str(inbox))
    shown = [office.json("record", "show", one["id"]) for one in office.json("record", "list")]
    names = {subject: name for name, subject in SUBJECTS.items()}
    ids = {names[one["original"]["subject"]]: one["id"] for one in shown}
    return office.folder, ids


@pytest.fixture
def desk(desk_once: tuple[Path, dict[str, str]], tmp_path: Path) -> tuple[Office, dict[str, str]]:
    folder, ids = desk_once
    return Office(folder=shutil.copytree(folder, tmp_path / "archive")), ids


def series(office: Office) -> dict[str, Any]:
    return {one["id"]: one["series"] for one in office.json("record", "list")}


def test_after_taking_in_each_record_has_the_series_that_its_rules_give_it(desk):
    office, ids = desk
    found = series(office)
    assert {name: found[record_id] for name, record_id in ids.items()} == {
        "teacher": "REST",
        "principal": "HEADS",
        "law": "LAW",
        "undated": None,
    }
    (told,) = office.json("retention", "explain", ids["principal"])["assignments"]
    assert (told["how"], told["by"]) == ("rule", "service:series")
    assert told["why"] == "rule 2 of schedule district, edition 1: its custodian was principal on 2026-03-02"


def test_what_could_not_be_judged_is_listed_with_the_reason_until_a_date_is_confirmed(desk):
    office, ids = desk
    document = office.json("retention", "unscheduled")
    assert (document["total"], document["in_doubt"]) == (1, 1)
    (one,) = document["records"]
    assert one["id"] == ids["undated"]
    assert one["why"].startswith("rule 2 of schedule district: it does not say when it was")
    assert office.json("retention", "explain", ids["undated"])["doubt"] == one["why"]
    day = ("--kind", "created", "--date", "2026-02-01")
    office.json("event", "add", "--record", ids["undated"], *day)
    assert office.json("retention", "unscheduled") == {"total": 0, "in_doubt": 0, "records": []}
    assert series(office)[ids["undated"]] == "HEADS"
    assert office.run("retention", "unscheduled").out == "Every record has a series.\n"


def test_a_role_is_recorded_shown_and_taken_back(desk):
    office, _ = desk
    days = ("--from", "2020-08-01", "--until", "2021-06-30")
    roles = office.json("person", "role", "E-1", "coach", *days)["roles"]
    assert {"role": "coach", "since": "2020-08-01", "until": "2021-06-30"} in roles
    assert "role    coach  2020-08-01 to 2021-06-30" in office.run("person", "show", "E-1").out
    assert len(office.json("person", "role", "E-1", "coach", *days, "--wrong")["roles"]) == len(roles) - 1
    assert office.run("person", "role", "E-1", "coach", *days, "--wrong").status == 5


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("E-2,employee,,Head,2024-13-01,", "the days of a role are not written like 2024-08-01"),
        ("E-2,employee,,head,2024-08-01,2024-07-01", "the role ends before it begins; put the earlier day first"),
        ("E-2,employee,,,2024-08-01,", "the line has days of a role, and no role"),
    ],
)
def test_a_line_with_a_role_that_cannot_be_is_named_by_its_number(desk, tmp_path, lines, reason):
    office, _ = desk
    path = tmp_path / "r.csv"
    path.write_text(f"{ROSTER.splitlines()[0]}\n{lines}\n", "utf-8")
    report = office.json("person", "import", str(path), status=6)
    assert report["problems"] == [{"line": 2, "reason": reason}]


def test_a_fact_about_a_record_chooses_the_case_of_its_series(desk):
    office, ids = desk
    about = ("event", "add", "--record", ids["teacher"], "--kind", "copy")
    told = office.json(*about, "--value", "secondary", "--source", "a form")
    assert (told["standing"], told["value"], told["date"], told["asked_for"]) == ("stated", "secondary", None, True)
    explained = office.json("retention", "explain", ids["teacher"])
    assert (explained["decision"], explained["waits_for"]) == ("needs_event", ["value_ended"])
    assert office.run(*about).status == 2
    assert office.run(*about, "--value", "secondary", "--date", "2024-01-01").status == 2
    assert office.run(*about, "--value", "secondary").status == 5


def test_a_record_depends_on_another_until_that_is_taken_back(desk):
    office, ids = desk
    child, parent = ids["teacher"], ids["law"]
    assert office.json("record", "link", child, "--parent", parent)["new"] is True
    later = office.json("retention", "explain", child, "--today", "2040-01-01")
    assert (later["decision"], later["parents"]) == ("retain", [parent])
    assert office.run("record", "link", parent, "--parent", child).status == 5
    assert office.run("record", "link", child, "--parent", parent, "--person", "E-1").status == 2
    office.json("record", "unlink", child, "--parent", parent)
    assert office.json("retention", "explain", child, "--today", "2040-01-01")["decision"] == "eligible"


def test_a_series_is_suggested_by_records_of_the_same_correspondents_and_taken_by_a_person(desk):
    office, ids = desk
    found = office.json("retention", "suggestions", ids["undated"])["suggestions"]
    assert {one["series"]: one["records"] for one in found} == {"HEADS": 1, "LAW": 1, "REST": 1}
    assert series(office)[ids["undated"]] is None
    assign = ("retention", "assign", ids["undated"], "HEADS", "--why", "as the others", "--suggested")
    assert [one["how"] for one in office.json(*assign)["assignments"]] == ["suggestion"]
    assert office.run("retention", "assign", ids["undated"], "NONE", "--why", "x", "--suggested").status == 3


def test_a_rule_that_no_record_can_be_asked_is_refused_when_it_is_checked_and_loaded(desk, tmp_path):
    office, _ = desk
    path = tmp_path / "s.toml"
    path.write_text(SCHEDULE.replace('query = "settlement"', 'query = "sent:last month"'), "utf-8")
    for answer in (run("schedule", "check", str(path), "--json"), office.run("schedule", "load", str(path), "--json")):
        assert answer.status == 2
        assert (answer.error["line"], answer.error["series"]) == (8, "LAW")


def test_what_was_given_on_arrival_is_explained_by_the_rule_of_then(desk, tmp_path):
    office, ids = desk
    path, mail = tmp_path / "s.toml", tmp_path / "five.eml"
    by_kind = SCHEDULE.replace("[[assign]]", '[[assign]]\nseries = "REST"\nkind = "email"\n[[assign]]', 1)
    path.write_text(by_kind.replace('edition = "1"', 'edition = "2"'), "utf-8")
    office.json("schedule", "load", str(path))
    mail.write_bytes(a_mail("Later", "The bus at last."))
    office.json("ingest", str(mail))
    (new,) = set(series(office)) - set(ids.values())
    path.write_text(SCHEDULE.replace('edition = "1"', 'edition = "3"'), "utf-8")
    office.json("schedule", "load", str(path))
    (told,) = office.json("retention", "explain", new)["assignments"]
    assert told["why"] == "rule 1 of schedule district, edition 2, on its arrival"


def test_a_schedule_is_shown_with_its_rules_in_their_order(desk):
    office, _ = desk
    document = office.json("schedule", "show", "district")
    assert document["assign"] == [
        {"series": "LAW", "query": "settlement"},
        {"series": "HEADS", "role": ["principal"]},
    ]
    shown = office.run("schedule", "show", "district").out
    assert "rule 1: query settlement: LAW\nrule 2: role principal: HEADS\nall others: REST\n" in shown
