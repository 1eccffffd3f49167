"""`archiver hold`: placed, shown, decided on and released by who may; and everybody else told what he may know."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from archiver.unlocking import unlock_folder
from archiver.wiring import open_installation
from tests.archiver.commands import CUSTODIAN, PASSPHRASE, Office, a_mail

if TYPE_CHECKING:
    from pathlib import Path

    from archiver.wiring import Installation

OTHER = "bob@agency.example"
LOCKED = (
    b"From: Bob <bob@mail.example>\r\nTo: Kim <kim@far.example>\r\nSubject: Locked\r\n"
    b"Date: Mon, 2 Mar 2026 10:00:00 -0800\r\nMessage-ID: <locked@mail.example>\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nsee this\r\n--b\r\n"
    b"Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=x.pdf\r\n\r\n"
    b"%PDF-1.4 broken\r\n--b--\r\n"
)
SCHEDULE = """format = 1
name = "district"
title = "T"
issuer = "I"
jurisdiction = "J"
edition = "1"
adopted_on = 2000-01-01
default_series = "S"
[[series]]
id = "S"
title = "A"
citation = "Act 1"
minimum = { trigger = "created", period = 1, unit = "year" }
maximum = { trigger = "created", period = 2, unit = "year" }
"""


@pytest.fixture(scope="module")
def filled_once(new_archive, tmp_path_factory):
    place = tmp_path_factory.mktemp("holds")
    office = Office(folder=shutil.copytree(new_archive, place / "archive"))
    office.json("custodian", "add", OTHER, "--name", "Bob Ray", "--also", "bob@mail.example")
    inbox = place / "inbox"
    inbox.mkdir()
    (inbox / "a.eml").write_bytes(a_mail("Budget", "A walrus came by the budget."))
    (inbox / "b.eml").write_bytes(a_mail("Roof", "The roof leaks."))
    (inbox / "c.eml").write_bytes(LOCKED)
    office.json("ingest", str(inbox))
    return office.folder


@pytest.fixture
def office(filled_once, tmp_path) -> Office:
    return Office(folder=shutil.copytree(filled_once, tmp_path / "archive"))


@pytest.fixture
def officer(office) -> dict[str, str]:
    return {"ARCHIVER_TOKEN": office.json("user", "add", "olga", "--role", "officer")["token"]}


def records(office: Office) -> dict[str, str]:
    """The ids of the three mails, by a word of each."""
    return {word: office.json("search", word)["hits"][0]["id"] for word in ("walrus", "roof", "see")}


def opened(office: Office) -> Installation:
    return open_installation(office.folder, unlock_folder(office.folder, None, {"ARCHIVER_PASSPHRASE": PASSPHRASE}))


def place(office: Office, *arguments: str) -> dict:
    return office.json("hold", "place", "--reason", "Doe v. District", *arguments)


def test_a_hold_on_a_query_holds_what_matches_and_what_cannot_be_read(office):
    ids = records(office)
    hold = place(office, "--query", "walrus", "--matter", "26-CV-1")
    assert hold["state"] == "open"
    assert (hold["reason"], hold["matter"], hold["origin"]) == ("Doe v. District", "26-CV-1", "officer")
    assert hold["rule"]["query"] == "walrus"
    assert hold["records"] == {"held": 2, "match": 1, "decided": 0, "cannot_tell": 1, "pending": 0, "freed": 0}
    listed = office.json("hold", "records", hold["id"])
    assert {one["id"]: one["ground"] for one in listed["records"]} == {
        ids["walrus"]: "match",
        ids["see"]: "cannot_tell",
    }
    assert office.run("hold", "records", hold["id"], "--ids").out.split() == sorted((ids["walrus"], ids["see"]))
    only = office.json("hold", "records", hold["id"], "--ground", "cannot_tell")
    assert [one["id"] for one in only["records"]] == [ids["see"]]


def test_what_comes_later_is_held_too(office, tmp_path):
    hold = place(office, "--query", "walrus")
    (tmp_path / "late.eml").write_bytes(a_mail("Late", "Another walrus."))
    office.json("ingest", str(tmp_path / "late.eml"))
    (late,) = [one["id"] for one in office.json("search", "another")["hits"]]
    assert office.json("record", "show", late)["holds"] == [hold["id"]]
    assert late in office.run("hold", "records", hold["id"], "--ids").out


def test_a_record_says_by_which_holds_it_is_held(office):
    ids = records(office)
    first, second = place(office, "--query", "walrus"), place(office, "--custodian", CUSTODIAN)
    shown = office.json("record", "show", ids["walrus"])
    assert (shown["state"], shown["retention"]["decision"]) == ("held", "held")
    assert shown["holds"] == [first["id"], second["id"]]
    assert f"Held by  {second['id']}" in office.run("record", "show", ids["walrus"]).out
    listed = {one["id"]: one["state"] for one in office.json("record", "list")}
    assert listed == {ids["walrus"]: "held", ids["roof"]: "held", ids["see"]: "held"}
    assert len(office.json("record", "list", "--state", "active")) == 0
    assert len(office.json("record", "list", "--state", "held")) == 3


def test_an_employee_is_told_of_no_hold(office):
    ids = records(office)
    place(office, "--query", "walrus")
    added = office.json("user", "add", "jane", "--role", "employee", "--custodian", CUSTODIAN)
    jane = {"ARCHIVER_TOKEN": added["token"]}
    listed = office.json("record", "list", "--as", "jane", **jane)
    assert {one["state"] for one in listed} == {"active"}
    assert ids["see"] not in {one["id"] for one in listed}  # nor of what is another's
    assert office.run("hold", "list", "--as", "jane", **jane).status == 4
    custody = office.run("record", "custody", ids["walrus"], "--as", "jane", **jane).out
    assert "hold" not in custody


@pytest.mark.parametrize("index", ["deleted", "stale", "wrong"])
def test_the_index_has_no_part_in_what_is_held(office, tmp_path, index):
    ids = records(office)
    files = office.folder / "index"
    if index == "deleted":
        shutil.rmtree(files)
        files.mkdir()
    before = shutil.copytree(files, tmp_path / "before")
    (tmp_path / "late.eml").write_bytes(a_mail("Late", "Another walrus."))
    if index == "stale":
        office.json("ingest", str(tmp_path / "late.eml"))
        shutil.rmtree(files)
        shutil.copytree(before, files)
    if index == "wrong":
        for one in files.glob("*.db*"):
            one.write_bytes(bytes(4096))
    hold = place(office, "--query", "walrus")
    held = set(office.run("hold", "records", hold["id"], "--ids").out.split())
    assert held >= {ids["walrus"], ids["see"]}
    assert ids["roof"] not in held
    assert len(held) == (3 if index == "stale" else 2)


def test_releasing_frees_what_no_other_hold_holds(office, officer):
    ids = records(office)
    first, second = place(office, "--query", "walrus"), place(office, "--record", ids["walrus"])
    done = office.json("hold", "release", first["id"], "--reason", "settled", "--as", "olga", **officer)
    assert (done["state"], done["released"]["reason"]) == ("released", "settled")
    assert (done["held_until_now"], done["freed"], done["held_by_others"]) == (2, 1, 1)
    assert office.json("record", "show", ids["see"])["holds"] == []
    assert office.json("record", "show", ids["walrus"])["holds"] == [second["id"]]
    assert [one["id"] for one in office.json("hold", "list")] == [second["id"]]
    assert [one["id"] for one in office.json("hold", "list", "--all")] == [first["id"], second["id"]]
    again = office.run("hold", "release", first["id"], "--reason", "x", "--as", "olga", **officer)
    assert (again.status, "released already" in again.err) == (5, True)


def test_a_release_without_a_reason_is_a_release_and_says_so(office, officer):
    hold = office.json("hold", "place", "--reason", "a case", "--custodian", OTHER)
    told = office.run("hold", "release", hold["id"], "--as", "olga", **officer)
    assert (told.status, "no reason was given" in told.err) == (0, True)
    shown = office.json("hold", "show", hold["id"])
    assert (shown["state"], shown["released"]["reason"]) == ("released", None)


def test_only_an_officer_releases_and_decides(office):
    hold = place(office, "--query", "walrus")
    record = records(office)["see"]
    assert office.run("hold", "release", hold["id"], "--reason", "x").status == 4
    assert office.run("hold", "renew", hold["id"], "--reason", "x").status == 4
    assert office.run("hold", "decide", hold["id"], record, "--free", "--reason", "x").status == 4
    for role, may_see in (("approver", 0), ("reviewer", 4), ("auditor", 4), ("administrator", 4)):
        token = {"ARCHIVER_TOKEN": office.json("user", "add", role, "--role", role)["token"]}
        assert office.run("hold", "list", "--as", role, **token).status == may_see
        placing = office.run("hold", "place", "--reason", "x", "--query", "a", "--as", role, **token)
        assert placing.status == 4
        assert office.run("hold", "release", hold["id"], "--reason", "x", "--as", role, **token).status == 4


def test_an_officer_decides_what_cannot_be_read(office, officer):
    ids = records(office)
    hold = place(office, "--query", "walrus")
    done = office.json(
        "hold", "decide", hold["id"], ids["see"], "--free", "--reason", "read it", "--as", "olga", **officer
    )
    assert done["records"] == [{"id": ids["see"], "holds": []}]
    assert office.json("hold", "show", hold["id"])["records"]["freed"] == 1
    refused = office.run(
        "hold", "decide", hold["id"], ids["walrus"], "--free", "--reason", "x", "--as", "olga", **officer
    )
    assert (refused.status, "matches this hold" in refused.err) == (5, True)
    neither = office.run("hold", "decide", hold["id"], ids["see"], "--reason", "x", "--as", "olga", **officer)
    assert neither.status == 2
    renewed = office.json("hold", "renew", hold["id"], "--reason", "again", "--as", "olga", **officer)
    assert (renewed["version"], renewed["records"]["cannot_tell"], renewed["records"]["freed"]) == (2, 1, 0)


def test_a_trial_places_nothing(office):
    ids = records(office)
    found = office.json("hold", "place", "--reason", "x", "--query", "walrus", "--dry-run")
    assert found == {"dry_run": True, "match": [ids["walrus"]], "cannot_tell": [ids["see"]], "not_held": 1}
    assert office.json("hold", "list") == []
    assert "place one with" in office.run("hold", "list").out


def test_who_does_not_wait_is_told_what_is_not_compared(office):
    hold = place(office, "--query", "walrus", "--no-wait")
    assert hold["records"]["pending"] == 3
    assert hold["records"]["held"] == 3


def test_people_days_and_accounts_are_rules_too(office):
    ids = records(office)
    assert place(office, "--correspondent", "kim@far.example")["records"]["match"] == 1
    assert place(office, "--account", "bob@mail.example")["records"]["match"] == 1
    hold = place(office, "--custodian", OTHER, "--until", "2026-03-01")
    assert hold["records"]["held"] == 0
    hold = place(office, "--custodian", OTHER, "--since", "2026-03-02", "--until", "2026-03-02")
    assert office.run("hold", "records", hold["id"], "--ids").out.split() == [ids["see"]]
    assert hold["rule"]["custodians"] == [OTHER]
    assert f"Custodians:    {OTHER}" in office.run("hold", "show", hold["id"]).out


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ((), 2, "say what is held"),
        (("--query", "a AND"), 2, "needs something to search for"),
        (("--custodian", "nobody@agency.example"), 3, "no custodian has this address"),
        (("--record", "rec_nix"), 3, "there is no record"),
        (("--since", "2026-02-30"), 2, "is not a day"),
        (("--since", "2026-02-02", "--until", "2026-01-01"), 2, "ends before it begins"),
        (("--account", "x:??"), 2, "no letter and no digit"),
    ],
)
def test_what_cannot_be_a_hold_is_refused(office, arguments, status, said):
    answer = office.run("hold", "place", "--reason", "x", *arguments)
    assert (answer.status, said in answer.err) == (status, True)
    assert office.json("hold", "list") == []


def test_a_reason_is_needed(office):
    assert office.run("hold", "place", "--query", "a").status == 2
    assert office.run("hold", "place", "--query", "a", "--reason", " ").status == 2
    assert office.run("hold", "show", "hld_nix").status == 3


def test_held_records_are_told_in_evaluations_and_those_past_their_maximum_in_the_report(office, tmp_path: Path):
    ids = records(office)
    (tmp_path / "s.toml").write_text(SCHEDULE, "utf-8")
    office.json("schedule", "load", str(tmp_path / "s.toml"))
    hold = place(office, "--query", "walrus")
    found = office.json("retention", "evaluate", "--today", "2030-01-01")
    assert set(found["held"]) == {ids["walrus"], ids["see"]}
    assert found["eligible"] == [ids["roof"]]
    assert office.json("hold", "report", "--today", "2026-06-01")["over_maximum"] == []
    report = office.json("hold", "report", "--today", "2030-01-01")
    assert [(one["id"], one["holds"]) for one in report["over_maximum"]] == [
        (one, [hold["id"]]) for one in sorted((ids["walrus"], ids["see"]))
    ]
    assert {one["latest_on"] for one in report["over_maximum"]} == {"2028-03-02"}
    assert report["undecided"] == [{"hold": hold["id"], "cannot_tell": 1, "pending": 0}]
    assert "over maximum since 2028-03-02" in office.run("hold", "report", "--today", "2030-01-01").out


def test_a_hold_says_what_was_destroyed_before_it(office):
    ids = records(office)
    installation = open_installation(
        office.folder, unlock_folder(office.folder, None, {"ARCHIVER_PASSPHRASE": PASSPHRASE})
    )
    try:
        batch_id = installation.destroying().destroy([ids["roof"]], actor="usr_1")
    finally:
        installation.close()
    hold = place(office, "--record", ids["roof"], "--record", ids["walrus"])
    (before,) = hold["destroyed_before"]
    assert (before["id"], before["destruction"]) == (ids["roof"], batch_id)
    assert before["position"] < hold["position"]
    assert hold["records"]["held"] == 1
    assert f"record {ids['roof']} was destroyed before" in office.run("hold", "show", hold["id"]).out
    assert place(office, "--query", "walrus")["destroyed_before_untold"] == 1


def test_the_archive_verifies_with_holds_and_names_one_that_is_damaged(office):
    hold = place(office, "--query", "walrus")
    assert office.json("verify")["faults"] == []
    installation = open_installation(
        office.folder, unlock_folder(office.folder, None, {"ARCHIVER_PASSPHRASE": PASSPHRASE})
    )
    try:
        with installation.archive.store.write() as transaction:
            transaction.connection.exec_driver_sql("UPDATE holds SET sealed_rule = x'00'")
    finally:
        installation.close()
    faults = office.json("verify", status=6)["faults"]
    assert [(one["kind"], one["id"]) for one in faults] == [("hold", hold["id"])]
    assert json.dumps(faults).count("walrus") == 0


@pytest.mark.parametrize(
    ("change", "names_it"),
    [
        ("UPDATE holds SET state = 'released'", True),
        ("UPDATE holds SET version = version + 1", True),
        ("DELETE FROM holds", True),
        ("UPDATE holds SET state = state", False),
    ],
)
def test_a_hold_whose_row_is_not_what_its_events_say_is_named(office, change, names_it):
    hold = place(office, "--query", "walrus")
    installation = opened(office)
    try:
        with installation.archive.store.write() as transaction:
            transaction.connection.exec_driver_sql(change)
    finally:
        installation.close()
    faults = office.json("verify", status=6 if names_it else 0)["faults"]
    named = [one for one in faults if (one["kind"], one["id"]) == ("hold", hold["id"])]
    assert (len(named) > 0) is names_it


def test_holds_that_were_renewed_and_released_verify(office, officer):
    for act in ("renew", "release"):
        hold = place(office, "--query", "walrus")
        office.json("hold", act, hold["id"], "--reason", "x", "--as", "olga", **officer)
    assert office.json("verify")["faults"] == []
