"""`archiver disposition`: two persons, everything asked again, and a certificate that a stranger can check."""

from __future__ import annotations

import functools
import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import update

from archiver.tables import users
from archiver.unlocking import unlock_folder
from archiver.wiring import open_installation
from tests.archiver.commands import PASSPHRASE, Office, a_mail

DAY = "2028-01-03"
SCHEDULE = """format = 1
name = "district"
title = "General records"
issuer = "Records Board"
jurisdiction = "J"
edition = "1"
adopted_on = 2000-01-01
default_series = "S"
[[series]]
id = "S"
title = "Routine letters"
citation = "Act 1"
minimum = { trigger = "created", period = 1, unit = "year" }
steps = [STEPS]
"""
NOTICE = '{ do = "notify_historical_society", wait_days = 60, party = "County" }, '


def schedule(office: Office, steps: str = '"destroy"', text: str = SCHEDULE) -> None:
    path = office.folder.parent / "schedule.toml"
    path.write_text(text.replace("STEPS", steps))
    office.json("schedule", "load", str(path))


@functools.cache  # a fixture that is imported is made again for every file; this is only copied from
def filled_from(new_archive: Path) -> Path:
    place = new_archive.with_name("dispositions")
    office = Office(folder=shutil.copytree(new_archive, place / "archive"))
    inbox = place / "inbox"
    inbox.mkdir()
    for name in ("walrus", "pelican", "heron"):
        (inbox / f"{name}.eml").write_bytes(a_mail(name.title(), f"A {name} came by."))
    office.json("ingest", str(inbox))
    tokens = {
        name: office.json("user", "add", name, "--role", role)["token"]
        for name, role in (("olga", "officer"), ("otto", "officer"), ("anna", "approver"), ("ria", "reviewer"))
    }
    (place / "tokens.json").write_text(json.dumps(tokens))
    return office.folder


@pytest.fixture(scope="module")
def filled_once(new_archive) -> Path:
    return filled_from(new_archive)


@pytest.fixture
def office(filled_once, tmp_path) -> Office:
    shutil.copy(filled_once.parent / "tokens.json", tmp_path)
    return Office(folder=shutil.copytree(filled_once, tmp_path / "archive"))


def act(office: Office, who: str, *arguments: str, status: int = 0, **environment: str):
    """A command of `disposition` as a user."""
    token = json.loads((office.folder.parent / "tokens.json").read_text())[who]
    environment = {"ARCHIVER_TOKEN": token, **environment}
    return office.json("disposition", *arguments, "--as", who, status=status, **environment)


def proposed(office: Office, steps: str = '"destroy"') -> str:
    schedule(office, steps)
    return act(office, "olga", "propose", "--today", DAY)["id"]


def opened(office: Office):
    return open_installation(office.folder, unlock_folder(office.folder, None, {"ARCHIVER_PASSPHRASE": PASSPHRASE}))


def hits(office: Office, word: str) -> int:
    return len(office.json("search", word)["hits"])


def test_a_batch_goes_from_proposal_to_a_certificate_that_is_proved_by_the_key(office, tmp_path):
    schedule(office)
    batch = act(office, "olga", "propose", "--today", DAY)
    assert (batch["records"], batch["state"], batch["forecast"], batch["test_archive"]) == (3, "proposed", True, True)
    first = batch["decisions"][0]
    assert (first["series"], first["citation"], first["edition"]) == ("S", "Act 1", "1")
    approved = act(office, "anna", "approve", batch["id"])
    assert (approved["state"], approved["chosen"]) == ("approved", 3)
    assert hits(office, "walrus") == 1
    done = act(office, "otto", "execute", batch["id"], "--at-once")
    assert (done["state"], done["destroyed"], done["confirmed"]) == ("executed", 3, True)
    assert hits(office, "walrus") == 0
    written = act(office, "olga", "certificate", batch["id"], "--to", str(tmp_path / "out"))
    path = tmp_path / "out" / f"{batch['id']}.json"
    key = tmp_path / "key"
    key.write_text(office.run("ledger", "key").out.splitlines()[0])
    verdict = office.json("verify", "bundle", str(path), "--key", str(key))
    assert verdict["faults"] == []
    assert verdict["trusted"]
    assert Path(written["files"][1]).read_bytes().startswith(b"%PDF-")
    assert office.run("verify", "--all").status == 0


@pytest.fixture
def certified(office, tmp_path) -> dict:
    batch = proposed(office)
    act(office, "anna", "approve", batch)
    act(office, "olga", "execute", batch, "--at-once")
    act(office, "olga", "certificate", batch, "--to", str(tmp_path / "out"))
    return json.loads((tmp_path / "out" / f"{batch}.json").read_text())


def test_a_certificate_has_the_six_facts_and_the_method_and_says_that_the_archive_is_for_tests(certified):
    (series,) = certified["series"]
    assert (series["schedule"], series["item"], series["title"]) == ("district", "S", "Routine letters")
    assert series["inclusive_dates"] == {"first": "2026-03-02", "last": "2026-03-02"}
    assert series["volume"]["records"] == certified["count"] == 3
    assert series["volume"]["bytes"] == certified["bytes"] > 0
    assert series["disposition"]["action"] == "destroy"
    assert certified["method"]["technique"] == "cryptographic erase"
    assert "tests" in certified["remark"]
    assert len(certified["holds_checked_at"]) == 2
    assert [one["name"] for one in certified["approvals"]] == ["anna"]


def test_a_certificate_says_nothing_of_what_was_destroyed(certified):
    text = json.dumps(certified).casefold()
    assert not [word for word in ("walrus", "pelican", "heron", "mail.example", "jane") if word in text]


def test_every_record_has_its_salted_digest_from_the_deposit(certified):
    digests = {one["digest"] for one in certified["records"]}
    assert len(digests) == 3
    assert all(len(one) == 64 for one in digests)


@pytest.mark.parametrize(
    "change",
    [
        {"count": 2},
        {"proposed_for": "2020-01-01"},
        {"records": []},
        {"test_archive": False},
        {"approvals": []},
        {"type": "receipt"},
    ],
)
def test_a_certificate_that_was_changed_is_found_out(office, certified, tmp_path, change):
    path = tmp_path / "changed.json"
    path.write_text(json.dumps({**certified, **change}))
    answer = office.run("verify", "bundle", str(path), "--json")
    assert answer.status == 6


def test_the_proposer_may_not_approve(office):
    batch = proposed(office)
    assert "may not approve" in act(office, "olga", "approve", batch, status=4)["error"]["message"]


def test_a_second_approval_of_one_person_does_not_count_where_two_are_wanted(office):
    batch = proposed(office)
    two = {"ARCHIVER_SET_RETENTION__APPROVALS": "2"}
    assert act(office, "anna", "approve", batch, **two)["state"] == "proposed"
    act(office, "anna", "approve", batch, status=4, **two)
    act(office, "olga", "execute", batch, status=5, **two)
    assert act(office, "otto", "approve", batch, **two)["state"] == "approved"


def test_more_approvals_wanted_since_are_wanted_at_the_destruction_too(office):
    batch = proposed(office)
    act(office, "anna", "approve", batch)
    two = {"ARCHIVER_SET_RETENTION__APPROVALS": "2"}
    act(office, "olga", "execute", batch, status=5, **two)
    assert hits(office, "walrus") == 1


def test_one_token_under_two_names_is_one_person(office):
    batch = proposed(office)
    house = opened(office)
    with house.archive.store.write() as transaction:
        rows = {one.name: one.actor for one in house.users.list()}
        digest = transaction.connection.execute(
            users.select().with_only_columns(users.c.token_digest).where(users.c.id == rows["olga"])
        ).scalar_one()
        for name, given in (("olga", bytes(32)), ("otto", digest)):  # her token is given to another name
            change = update(users).where(users.c.id == rows[name]).values(token_digest=given)
            transaction.connection.execute(change)
    house.close()
    tokens = json.loads((office.folder.parent / "tokens.json").read_text())
    error = act(office, "otto", "approve", batch, status=4, ARCHIVER_TOKEN=tokens["olga"])["error"]
    assert "another person" in error["message"]


def test_whoever_may_not_is_refused(office):
    batch = proposed(office)
    act(office, "ria", "approve", batch, status=4)
    act(office, "anna", "propose", "--today", DAY, status=4)
    assert office.run("disposition", "approve", batch).status == 4
    assert office.run("disposition", "propose", "--today", DAY).status == 4


def test_a_forecast_is_not_approved_in_an_archive_that_is_not_for_tests(office, monkeypatch):
    batch = proposed(office)
    house = opened(office)
    with house.archive.store.write() as transaction:
        transaction.connection.exec_driver_sql("UPDATE archive SET test_clock = 0")
    house.close()
    error = act(office, "anna", "approve", batch, status=5)["error"]
    assert "forecast" in error["message"]


def test_what_is_held_is_not_proposed(office):
    schedule(office)
    walrus = office.json("search", "walrus")["hits"][0]["id"]
    office.json("hold", "place", "--reason", "Doe v. District", "--record", walrus)
    batch = act(office, "olga", "propose", "--today", DAY)
    assert batch["records"] == 2
    assert batch["left_out"]["held"] == 1


@pytest.mark.parametrize("after_approval", [False, True])
def test_what_was_held_since_is_dropped_and_listed_and_the_rest_goes_on(office, after_approval):
    batch = proposed(office)
    walrus = office.json("search", "walrus")["hits"][0]["id"]
    if after_approval:
        act(office, "anna", "approve", batch)
    office.json("hold", "place", "--reason", "Doe v. District", "--record", walrus)
    if not after_approval:
        act(office, "anna", "approve", batch)
    done = act(office, "olga", "execute", batch)
    assert (done["destroyed"], done["dropped"]) == (2, 1)
    (dropped,) = [one for one in done["decisions"] if one["fate"] == "dropped"]
    assert dropped["id"] == walrus
    assert "hld_" in dropped["reason"]
    assert hits(office, "walrus") == 1


def test_a_new_edition_drops_what_was_proposed_under_the_old_one(office):
    batch = proposed(office)
    act(office, "anna", "approve", batch)
    schedule(office, text=SCHEDULE.replace('edition = "1"', 'edition = "2"'))
    done = act(office, "olga", "execute", batch)
    assert (done["destroyed"], done["dropped"]) == (0, 3)
    act(office, "olga", "certificate", batch, "--to", str(office.folder.parent / "out"), status=5)


def test_a_schedule_that_is_not_adopted_proposes_nothing(office):
    schedule(office, text=SCHEDULE.replace("adopted_on = 2000-01-01\n", ""))
    assert "not adopted" in act(office, "olga", "propose", "--today", DAY, status=5)["error"]["message"]


def test_what_its_schedule_transfers_is_not_destroyed(office):
    schedule(office, '"transfer_permanently"')
    error = act(office, "olga", "propose", "--today", DAY, status=5)["error"]
    assert "transfer permanently" in error["message"]


def test_steps_are_recorded_and_waited_for_before_approval(office):
    batch = proposed(office, '"archival_review", ' + NOTICE + '"destroy"')
    assert "archival_review" in act(office, "anna", "approve", batch, status=5)["error"]["message"]
    act(office, "olga", "step", batch, "1", "--reference", "Letter 7", "--on", "2027-12-01")
    assert "notify" in act(office, "anna", "approve", batch, status=5)["error"]["message"]
    act(office, "olga", "step", batch, "2", "--reference", "Letter 8", "--on", "2027-12-02")
    assert "wait" in act(office, "anna", "approve", batch, status=5)["error"]["message"]
    act(office, "olga", "step", batch, "2", "--reference", "Letter 8", "--on", "2027-11-01", status=0)
    assert "could not be before" in act(office, "anna", "approve", batch, status=5)["error"]["message"]
    act(office, "olga", "step", batch, "1", "--reference", "Letter 7", "--on", "2027-10-01")
    shown = act(office, "anna", "approve", batch)
    assert shown["state"] == "approved"
    assert [one["reference"] for one in shown["steps"]] == ["Letter 7", "Letter 8"]


def test_a_permission_that_the_schedule_asks_for_is_a_step(office):
    text = SCHEDULE + '\n[permission]\nrequired = true\nfrom = "Supervisor"\n'
    schedule(office, text=text)
    batch = act(office, "olga", "propose", "--today", DAY)
    assert [one["step"] for one in batch["steps"]] == ["permission (Supervisor)"]
    act(office, "anna", "approve", batch["id"], status=5)
    act(office, "olga", "step", batch["id"], "1", "--reference", "RMU-2 17")
    assert act(office, "anna", "approve", batch["id"])["state"] == "approved"


def test_a_step_that_nobody_asked_for_or_that_is_still_to_come_is_refused(office):
    batch = proposed(office, NOTICE + '"destroy"')
    act(office, "olga", "step", batch, "2", "--reference", "x", status=2)
    act(office, "olga", "step", batch, "1", "--reference", "x", "--on", "2030-01-01", status=2)
    act(office, "olga", "step", batch, "1", "--reference", " ", status=2)


def test_a_record_is_in_one_open_batch_until_that_is_withdrawn(office):
    batch = proposed(office)
    act(office, "otto", "propose", "--today", DAY, status=5)
    act(office, "otto", "withdraw", batch, "--reason", "a mistake")
    act(office, "anna", "approve", batch, status=5)
    act(office, "olga", "execute", batch, status=5)
    assert act(office, "otto", "propose", "--today", DAY)["records"] == 3


def test_what_is_only_proposed_is_not_executed_and_not_certified(office, tmp_path):
    batch = proposed(office)
    act(office, "olga", "execute", batch, status=5)
    act(office, "olga", "certificate", batch, "--to", str(tmp_path / "out"), status=5)
    assert not (tmp_path / "out").exists()


def test_there_is_no_certificate_before_absence_is_confirmed(office, tmp_path):
    batch = proposed(office)
    act(office, "anna", "approve", batch)
    act(office, "olga", "execute", batch)
    act(office, "olga", "certificate", batch, "--to", str(tmp_path / "out"), status=5)
    assert act(office, "olga", "execute", batch, "--at-once")["confirmed"]
    act(office, "olga", "certificate", batch, "--to", str(tmp_path / "out"))


def test_a_batch_that_nobody_knows_is_not_found(office):
    for arguments in (("show", "dsp_x"), ("approve", "dsp_x"), ("execute", "dsp_x")):
        assert act(office, "olga", *arguments, status=3)["error"]["kind"] == "not_found"


def test_the_list_is_empty_and_says_how_to_begin(office):
    assert "disposition propose" in office.run("disposition", "list").out
    proposed(office)
    assert len(office.json("disposition", "list")) == 1
